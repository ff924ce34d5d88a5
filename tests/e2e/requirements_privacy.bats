#!/usr/bin/env bats
# A person's data: who saw it, how much goes out, handed out to him, and erased.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() { far_from_midnight && server_begin; }
teardown_file() { server_end; }

# new NAME [FIELD=VALUE...]: its number.
new() {
	local name=$1
	shift
	as sh-manager customer add name="$name" type=other category=regular \
		--source phone --json "$@" | jq -r .number
}

@test "R80 consent and its withdrawal are kept with who and why" {
	local number
	number=$(new 同意书商行 consent=given)
	ends 0 as sh-manager customer set "$number" consent=withdrawn \
		--reason 本人来电撤回
	ends 0 as auditor customer history "$number" --field consent
	has "$out" 本人来电撤回
	has "$out" sh-manager
}

@test "R80 all that is kept of a customer is handed out to him, once asked why" {
	local number
	number=$(new 本人数据商行 mobile=13800138111)
	as sh-manager contact add customer="$number" name=数据联系人 --source phone
	ends 2 as privacy customer subject-export "$number"
	has "$err" --reason
	ends 0 as privacy customer subject-export "$number" --reason 本人要求 \
		--out "$BATS_TEST_TMPDIR/data.json"
	same "$(stat -c %a "$BATS_TEST_TMPDIR/data.json")" 600
	out=$(cat "$BATS_TEST_TMPDIR/data.json")
	same "$(at '.customer[0].fields.name')" 本人数据商行
	same "$(at '.contact[0].fields.name')" 数据联系人
	ends 3 as sh-manager customer subject-export "$number" --reason 试
	ends 0 as auditor audit log method=customer.export user=privacy --json
	same "$(at '.rows[0].result')" ok
	lacks "$out" 本人要求
}

@test "R81 a list goes out with sealed values masked, and its way is logged" {
	new 批量外流商行 mobile=13800138222 >/dev/null
	ends 0 as sh-manager customer export name=批量外流商行
	has "$out" 批量外流商行
	lacks "$out" 13800138222
	ends 3 as sh-manager customer export name=批量外流商行 --clear --reason 试
	ends 0 as auditor audit log method=record.export --json
	same "$(at '.rows[0].user')" sh-manager
}

# What may be shown to others is no customer's: a generator makes it up.
@test "R92 what is shown to others is a company that was made up" {
	local file=$BATS_TEST_TMPDIR/company/customers-SH.csv
	ends 0 $PYTHON "$KEHU_TESTS/company/generate.py" --customers 5 \
		"$BATS_TEST_TMPDIR/company"
	sed -i -E 's/,(lina|wangfang|zhangwei|liuyang)(,|$)/,sh-sales\2/' "$file"
	ends 0 as loader customer import "$file" --dry-run --reason 演示 \
		--map-file "${file%.csv}.map"
	[ "$(wc -l <"$file")" -ge 2 ]
}

@test "I04 of two changes at once none is lost, and whoever had looked is told" {
	local number version
	number=$(new 并发更改商行)
	ends 0 as sh-manager customer get "$number" --json
	version=$(at .version)
	ends 0 as sh-manager customer set "$number" city=苏州 --reason 迁址
	ends 0 rpc sh-manager record.update "{\"entity\": \"customer\",
		\"id\": \"$number\", \"set\": {\"fax\": \"021-52345678\"},
		\"reason\": \"补\"}"
	ends 1 rpc sh-manager record.update "{\"entity\": \"customer\",
		\"id\": \"$number\", \"version\": \"$version\",
		\"set\": {\"city\": \"上海\"}, \"reason\": \"错\"}"
	has "$err" conflict
	ends 0 as sh-manager customer get "$number" --json
	same "$(at '.fields.city + .fields.fax')" 苏州021-52345678
}

@test "I05 a masked value is masked by the server, in every answer" {
	local number
	number=$(new 掩码商行 mobile=13800138333)
	ends 0 rpc auditor record.get \
		"{\"entity\": \"customer\", \"id\": \"$number\"}"
	lacks "$out" 13800138333
	has "$(at '.masked | join(" ")')" mobile
	ends 0 as auditor customer get "$number" --json
	lacks "$out" 13800138333
}

@test "I08 an erased customer leaves a number, and the log holds" {
	local number
	number=$(new 将被抹除商行 mobile=13800138444)
	as sh-manager contact add customer="$number" name=将抹除联系人 --source phone
	ends 3 as sh-manager customer erase "$number" --reason 试 --yes
	ends 2 as privacy customer erase "$number" --reason 本人要求
	has "$err" --yes
	ends 0 as privacy customer erase "$number" --reason 本人要求 --dry-run
	has "$out$err" "2 records would be erased"
	ends 0 as sh-manager customer get "$number"
	ends 0 as privacy customer erase "$number" --reason 本人要求 --yes
	ends 0 as gm customer get "$number" --json
	same "$(at .erased)" true
	lacks "$out" 将被抹除
	ends 1 as sh-manager customer dossier "$number"
	ends 0 as gm customer history "$number"
	lacks "$out" 将被抹除
	ends 0 as sh-manager contact find name=将抹除联系人 --json
	same "$(at '.rows | length')" 0
	ends 0 as auditor audit verify --json
	same "$(at .bad)" 0
	[ "$(at .erased)" -ge 2 ]
	# The keys are turned within seconds: no older copy opens any more.
	retired() {
		as auditor audit log method=key.retire --json |
			jq -e '.rows | length >= 1' >/dev/null
	}
	eventually retired
	ends 0 as gm customer find name=掩码商行 --json
	same "$(at '.rows | length')" 1
}

@test "I10 invoice data hang on the customer, with a checked tax number" {
	local number
	number=$(new 开票资料商行)
	ends 0 as finance invoice add customer="$number" title=开票资料商行 \
		tax_no=91310000631696382C --source phone
	ends 0 as finance invoice find customer="$number" --json
	same "$(at '.rows[0].fields.title')" 开票资料商行
	ends 1 as finance invoice add customer="$number" title=错 \
		tax_no=91310000631696382D --source phone
	has "$err" "Tax"
}

@test "I12 looking at one after the other ends at the quota of the day" {
	local number i
	number=$(as sh-sales customer add name=限量商行 type=other \
		category=regular source=phone mobile=13800138555 --json |
		jq -r .number)
	as admin role get sales >"$BATS_TEST_TMPDIR/sales.yaml"
	sed '/^  sales:/a\    quota: { sealed: 3 }' \
		"$BATS_TEST_TMPDIR/sales.yaml" >"$BATS_TEST_TMPDIR/few.yaml"
	ends 0 as admin role apply "$BATS_TEST_TMPDIR/few.yaml" --reason 限量
	for i in 1 2 3; do
		ends 0 as sh-sales customer get "$number" --json
	done
	ends 3 as sh-sales customer get "$number" --json
	has "$err" quota
	ends 0 as sh-sales customer find --json
	ends 0 as admin role apply "$BATS_TEST_TMPDIR/sales.yaml" --reason 复原
}

@test "I13 erasing needs a second person where that is switched on" {
	local number id
	number=$(new 双人商行)
	ends 0 as admin policy apply erase --reason 内控 -y
	ends 0 as privacy customer erase "$number" --reason 本人要求 --yes
	has "$err" "second person"
	id=$(sed -n 's/.*kehu request show \([0-9a-f]*\).*/\1/p' <<<"$err")
	ends 0 as gm customer get "$number" --json
	same "$(at '.fields.name')" 双人商行
	ends 3 as privacy request approve "$id" -y
	ends 0 as gm request approve "$id" -y
	ends 0 as gm customer get "$number" --json
	same "$(at .erased)" true
}

@test "I14 who looked at a bank account stands in the log, with its fields" {
	local number
	number=$(new 看银行商行)
	ends 0 as finance bank add customer="$number" bank_name=工商银行 \
		account_no=6222020200012345678 account_name=看银行商行 \
		kind=corporate --source phone
	ends 0 as finance bank find customer="$number" --json
	has "$out" 6222020200012345678
	ends 0 as auditor audit log user=finance method=record.find --json
	same "$(at '.rows[0].records[0].entity')" bank
	lacks "$out" 6222020200012345678
}
