#!/usr/bin/env bats
# Roles as files, and the second person, from the command line.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() { server_begin; }
teardown_file() { server_end; }

@test "a role comes out as a file, and the file says the same" {
	for role in sales finance manager privacy; do
		ends 0 as admin role get $role
		printf '%s\n' "$out" >"$BATS_TEST_TMPDIR/$role.yaml"
		ends 0 as admin --json role diff "$BATS_TEST_TMPDIR/$role.yaml"
		same "$(at '.levels|length')" 0
		same "$(at '.rights|length')" 0
	done
	has "$(cat "$BATS_TEST_TMPDIR/sales.yaml")" "customer.uscc: create"
}

@test "an edited file is shown as a difference, then applied" {
	file=$BATS_TEST_TMPDIR/support.yaml
	as admin role get support >"$file"
	sed -i 's/remark: read/remark: masked/' "$file"
	ends 0 as admin role diff "$file"
	has "$out" "remark"
	has "$out" "masked"
	has "$err" "kehu role apply"
	ends 0 as admin role apply "$file" --dry-run
	ends 0 as admin --json role diff "$file"
	same "$(at '.levels|map(select(.field=="remark"))|.[0].after')" masked
	ends 0 as admin role apply "$file" --reason 少看
	ends 0 as admin --json role diff "$file"
	same "$(at '.levels|length')" 0
}

@test "a file that does not fit is refused by its word" {
	file=$BATS_TEST_TMPDIR/bad.yaml
	as admin role get support | sed 's/remark: masked/remark: maskd/' >"$file"
	ends 1 as admin role apply "$file"
	has "$err" "maskd"
	echo 'rules: {}' >"$file"
	ends 2 as admin role apply "$file"
	has "$err" "roles"
	ends 2 as admin role apply "$BATS_TEST_TMPDIR/none.yaml"
}

@test "what two are wanted for waits, and says what comes next" {
	ends 0 as admin policy apply roles,export_clear --reason 制度 -y
	as admin role get support | sed 's/remark: masked/remark: read/' \
		>"$BATS_FILE_TMPDIR/back.yaml"
	ends 0 as admin role apply "$BATS_FILE_TMPDIR/back.yaml" --reason 复原
	has "$err" "second person"
	id=$(sed -n 's/.*kehu request show \([0-9a-f]*\).*/\1/p' <<<"$err")
	[ -n "$id" ]
	ends 0 as gm request list
	has "$out" "$id"
	ends 0 as gm request show "$id"
	has "$out" "role.apply"
	ends 2 as gm request approve "$id"
	ends 3 as admin request approve "$id" -y
	ends 0 as gm request approve "$id" -y
	has "$out" "remark"
	ends 0 as admin --json role diff "$BATS_FILE_TMPDIR/back.yaml"
	same "$(at '.levels|length')" 0
}

@test "a clear export waits, and then comes once" {
	ends 0 as sh-manager customer add name=导出客户 type=other \
		category=regular --source phone -y
	ends 0 as finance customer export --clear --reason 对账
	has "$err" "second person"
	id=$(sed -n 's/.*kehu request show \([0-9a-f]*\).*/\1/p' <<<"$err")
	ends 0 as gm request approve "$id" -y
	has "$err" "--request"
	ends 0 as finance customer export --clear --reason 对账 --request "$id"
	has "$out" "导出客户"
	ends 1 as finance customer export --clear --reason 对账 --request "$id"
}

@test "break-glass from the command line, told to all, ended early" {
	ends 0 as admin access break-glass manager --minutes 15 --reason 故障 -y
	has "$err" "second person"
	id=$(sed -n 's/.*kehu request show \([0-9a-f]*\).*/\1/p' <<<"$err")
	ends 0 as gm request approve "$id" -y
	ends 0 as sh-sales whoami
	has "$out" "故障"
	ends 0 as sh-sales audit log method=access.break_glass
	has "$out" "manager"
	ends 0 as gm access end "$id" -y
	ends 0 as sh-sales --json whoami
	same "$(at '.notices|length')" 0
}

@test "switching off waits as well" {
	ends 0 as admin policy apply -y
	has "$err" "second person"
	ends 0 as admin policy show
	has "$out" "export_clear"
}

@test "effective explains one field by role, line and class" {
	ends 0 as sh-sales user effective sh-sales customer mobile
	has "$out" "own write"
	has "$out" "role sales, grant 1: on own write, by the class contact"
	has "$out" "role sales, grant 2: on pool masked, by the class contact"
	ends 0 as sh-sales user effective sh-sales customer grade
	has "$out" "by a line for this field"
	ends 1 as sh-sales user effective sh-sales customer credit_limit
	KEHU_LANG=zh ends 0 as sh-sales user effective sh-sales 客户 手机
	has "$out" "角色 sales 第 2 条授权: 公海 遮盖"
}

@test "effective names who gave and who took" {
	ends 0 as admin user effective sh-sales customer credit_limit
	has "$out" "no grant of these roles reaches it"
	cat >"$BATS_TEST_TMPDIR/no-contact.yaml" <<-YAML
		roles:
		  no-contact: { label: [不见联系方式, No contact], deny: [contact] }
	YAML
	ends 0 as admin policy show
	as gm request approve "$(as admin --json request list |
		jq -r '.rows[0].request')" -y
	ends 0 as admin role apply "$BATS_TEST_TMPDIR/no-contact.yaml"
	ends 0 as admin user update sh-support --role support,no-contact
	ends 0 as admin user effective sh-support customer mobile
	has "$out" "role support, grant 1"
	has "$out" "role no-contact denies the class contact"
	ends 0 as admin user effective sh-support customer
	has "$out" "no-contact"
	ends 0 as admin user update sh-support --role support
}

@test "the schema comes out as a file, and another one goes in" {
	file=$BATS_TEST_TMPDIR/schema.yaml
	ends 0 as admin schema get
	printf '%s\n' "$out" >"$file"
	ends 0 as admin --json schema apply "$file" --dry-run
	same "$(at '.changes|length')" 0
	sed -i 's/^      short_name:$/      plate: { id: 120, label: [车牌, Plate], type: text, max: 9, class: identity }\n&/' "$file"
	ends 0 as admin schema apply "$file" --reason 车牌
	has "$out" "plate"
	has "$err" "role get"
	ends 1 as sh-manager customer find 'plate = x'
	as admin role get manager >"$BATS_TEST_TMPDIR/manager.yaml"
	ends 0 as admin role diff "$BATS_TEST_TMPDIR/manager.yaml"
	has "$out" "plate"
	ends 0 as admin role apply "$BATS_TEST_TMPDIR/manager.yaml" --reason 车牌
	ends 0 as sh-manager customer find 'plate = x'
	sed -i 's/type: text, max: 9/type: int/' "$file"
	ends 1 as admin schema apply "$file"
	has "$err" "customer.plate: type stays"
}

@test "the first administrator hands half of his roles over" {
	ends 0 as admin user split-admin ops -y
	has "$out" "system"
	has "$out" "Code"
	ends 0 as admin --json whoami
	same "$(at '.roles|join(",")')" admin
	ends 1 as admin user split-admin more -y
}
