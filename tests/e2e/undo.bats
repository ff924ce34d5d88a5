#!/usr/bin/env bats
# One request is taken back whole: a change, an import; and done again when it is said.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() { server_begin; }
teardown_file() { server_end; }

# The newest position in $1's list that is not undone.
newest() {
	ends 0 as "$1" --json undo
	at '[.rows[]|select((.undone or .undoes)|not).position][0]'
}

person() {
	ends 0 as sh-clerk --json customer add "name=$1" type=person \
		category=regular source=phone "mobile=$2"
	number=$(at .number)
}

@test "undo alone lists my changes and changes nothing" {
	person 列表甲 13800138101
	ends 0 as sh-clerk undo
	has "$out" "$number"
	has "$out" record.create
	lacks "$out" 列表甲
	ends 0 as sh-clerk --lang zh undo
	has "$out" 已撤销
	ends 0 as sh-sales --json undo
	same "$(at '.rows|length')" 0
	ends 0 as sh-clerk customer get "$number"
}

@test "undo takes one change back with its reason, --redo does it again" {
	person 撤销甲 13800138102
	ends 0 as sh-clerk customer set "$number" mobile=13900138102
	position=$(newest sh-clerk)
	ends 2 as sh-clerk undo "$position"
	ends 0 as sh-clerk undo "$position" --dry-run
	ends 0 as sh-clerk customer get "$number" --field mobile
	same "$out" 13900138102
	ends 0 as sh-clerk undo "$position" --reason 号码录错 --yes
	ends 0 as sh-clerk customer get "$number" --field mobile
	same "$out" 13800138102
	ends 0 as sh-clerk --json customer history "$number" --field mobile
	has "$(at '.versions[-1].reason')" "undo of $position: 号码录错"
	undone=$(at '.versions[-1].position')
	ends 1 as sh-clerk --json undo "$undone" --yes
	same "$(jq -r .rule <<<"$err")" redo
	ends 0 as sh-clerk undo "$undone" --redo --yes
	ends 0 as sh-clerk customer get "$number" --field mobile
	same "$out" 13900138102
}

@test "what somebody changed since is named, and nothing is done" {
	person 冲突甲 13800138103
	position=$(newest sh-clerk)
	ends 0 as sh-manager customer set "$number" mobile=13900138103
	ends 1 as sh-clerk --json undo "$position" --yes
	same "$(jq -r '.errors[0]|.record + " " + .field + " " + .rule' \
		<<<"$err")" "$number mobile changed_since"
	ends 1 as sh-clerk undo "$position" --yes
	has "$err" "$number"
	ends 0 as sh-clerk customer get "$number" --field mobile
	same "$out" 13900138103
}

import() {
	ends 0 as sh-manager --json customer import "$BATS_TEST_TMPDIR/in.csv" \
		--map "编号=external_no,名称=name,类型=type,类别=category,手机=mobile"
}

@test "an import is taken back whole, and the mended file goes in" {
	{
		echo 编号,名称,类型,类别,手机
		for n in {1000..2199}; do
			echo "YC-$n,导入户$n,个人,普通,1380013$n"
		done
	} >"$BATS_TEST_TMPDIR/in.csv"
	import
	same "$(at .new)" 1200
	id=$(at .request_id)
	ends 0 as sh-manager --json customer find --count --limit 1 \
		'external_no prefix YC-'
	same "$(at .count)" 1200
	ends 0 as sh-manager undo "$id" --reason 列错位 --yes
	ends 0 as sh-manager --json customer find --count --limit 1 --archived \
		'external_no prefix YC-'
	same "$(at .count)" 0
	ends 1 as sh-manager undo "$id" --yes
	import
	same "$(at .new)" 1200
	ends 0 as auditor --json audit verify
	same "$(at .bad)" 0
}

@test "a payment that is taken back leaves the balance, an order the totals" {
	person 余额甲 13800138104
	ends 0 as loader --json order add "customer=$number" date=2026-03-01 \
		status=confirmed --source import
	order=$(at .number)
	ends 0 as loader --json product add name=茶
	ends 0 as loader order_line add "order=$order" \
		"product=$(at .number)" quantity=2 unit_price=50
	ends 0 as loader payment add "customer=$number" date=2026-03-02 amount=30
	ends 0 as finance customer get "$number" --field receivable
	same "$out" 70.00
	ends 0 as loader undo "$(newest loader)" --yes
	ends 0 as finance customer get "$number" --field receivable
	same "$out" 100.00
	ends 0 as loader --json payment find "customer = $number"
	same "$(at '.rows|length')" 0
	ends 0 as loader undo "$(newest loader)" --yes
	ends 0 as finance customer get "$number" --field receivable
	same "$out" 0.00
}
