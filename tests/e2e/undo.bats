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
	has "$out" "Made  Customer  $number"
	lacks "$out" record.create
	lacks "$out" 列表甲
	ends 0 as sh-clerk --lang zh undo
	has "$out" "新建  客户"
	ends 0 as sh-sales --json undo
	same "$(at '.rows|length')" 0
	ends 0 as sh-sales undo
	same "$out" ""
	has "$err" "There is nothing to take back."
	ends 0 as sh-clerk customer get "$number"
}

@test "what undo cannot take back is not listed" {
	person 列表乙 13800138107
	ends 0 as sh-clerk customer confirm "$number" mobile
	position=$(newest sh-clerk)
	ends 0 as sh-clerk --json undo
	lacks "$out" record.confirm
	# The newest is still that the record was made.
	same "$(at ".rows[]|select(.position == $position).method")" record.create
	ends 1 as sh-clerk --json undo $((position + 1)) --yes
	ends 0 as sh-clerk undo "$position" --yes
	ends 0 as sh-clerk undo
	lacks "$out" "$number"
	ends 0 as sh-clerk undo --redo
	has "$out" "Took back  Customer  $number"
}

@test "what would be refused says so in the list, and why" {
	person 列表丙 13800138108
	ends 0 as sh-manager --json customer add name=列表丁 type=other \
		category=regular source=phone
	pooled=$(at .number)
	ends 0 as sh-manager customer release "$pooled" --reason 公海
	ends 0 as sh-sales customer claim "$pooled"
	ends 0 as sh-sales --json undo
	same "$(at '.rows[0]|[.method, .refused]|join(" ")')" \
		"customer.claim denied"
	ends 0 as sh-sales undo
	has "$out" "not yours to take back"
	ends 3 as sh-sales undo "$(newest sh-sales)" --yes
	# Of the two that set the same, the newer one goes first.
	ends 0 as sh-clerk customer set "$number" mobile=13900138108
	ends 0 as sh-clerk customer set "$number" mobile=13700138108
	ends 0 as sh-clerk --json undo
	same "$(at '.rows[:3]|map(.refused // "-")|join(" ")')" \
		"- conflict conflict"
	same "$(at '.rows[1].rule')" changed_since
	ends 0 as sh-clerk undo
	has "$out" "changed since"
	# It was tried without a trace.
	rpc auditor audit.find '{"method":"change.undo","user":"sh-clerk"}' |
		jq -e '[.rows[]|select(.result == "conflict")] == []'
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
	ends 0 as sh-manager undo
	same "$(grep -c Imported <<<"$out")" 1
	has "$out" "$id"
	ends 0 as sh-manager undo "$id" --reason 列错位 --yes
	has "$err" "ok 1200 withdrawn"
	same "$(wc -l <<<"$err")" 1
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

# Runs the dialogue on standard input by expect; see tools/dialogue.exp.
dialogue() {
	cat "$KEHU_TESTS/tools/dialogue.exp" - >"$BATS_TEST_TMPDIR/dialogue"
	expect -f "$BATS_TEST_TMPDIR/dialogue" </dev/null
}

@test "at a terminal undo lists, asks which, asks whether, and does it" {
	person 对话甲 13800138106
	position=$(newest sh-clerk)
	dialogue <<-END
		kehu sh-clerk undo
		see "$number"
		say "Which one? (Enter: none) > " $position
		see "Take back: Made  $number"
		say "\[y/N\]" n
		see "Nothing was changed"
		ends 1
		kehu sh-clerk undo
		say "Which one? (Enter: none) > " ""
		ends 0
		kehu sh-clerk undo
		say "Which one? (Enter: none) > " $position
		say "\[y/N\]" y
		see "withdrawn"
		ends 0
	END
	ends 0 as sh-clerk --json customer get "$number"
	same "$(at .withdrawn)" true
}

@test "a merger is taken back like any other change, by whoever may merge" {
	for n in 甲 乙; do
		ends 0 as sh-manager --json customer add "name=并户$n公司" \
			type=other category=regular source=phone "city=城$n"
		numbers[${#numbers[@]}]=$(at .number)
	done
	ends 0 rpc sh-manager customer.merge "{\"survivor\": \"${numbers[0]}\",
		\"loser\": \"${numbers[1]}\", \"reason\": \"重复\",
		\"choose\": {\"city\": \"loser\"}}"
	ends 0 as sh-manager customer get "${numbers[1]}" --field city
	same "$out" 城乙
	position=$(newest sh-manager)
	ends 1 as sh-clerk undo "$position" --yes
	ends 0 as sh-manager undo "$position" --reason 误并 --yes
	ends 0 as sh-manager customer get "${numbers[0]}" --field city
	same "$out" 城甲
	ends 0 as sh-manager customer get "${numbers[1]}" --field name
	same "$out" 并户乙公司
	ends 1 as sh-manager undo "$position" --yes
	ends 0 as auditor --json audit verify
	same "$(at .bad)" 0
}
