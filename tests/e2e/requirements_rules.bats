#!/usr/bin/env bats
# What a customer is: classes, tags, grades, and what follows from them.
# SPDX-License-Identifier: MIT
load ../tools/server
load ../tools/customers

setup_file() {
	far_from_midnight
	server_begin
	ends 0 as sh-manager --json product add name=纸箱 unit=只 category=箱 \
		unit_price=1
	PRODUCT=$(at .number)
	export PRODUCT
}
teardown_file() { server_end; }

# A confirmed order of $customer over $1, $2 months ago.
buys() {
	local day
	day=$(date -d "$(date +%Y-%m-01) -${2:-0} month" +%Y-%m-%d)
	ends 0 as sh-sales --json order add "customer=$customer" "date=$day" \
		status=confirmed
	order=$(at .number)
	ends 0 as sh-sales order_line add "order=$order" "product=$PRODUCT" \
		quantity=1 "unit_price=$1"
}

field() {
	ends 0 as sh-manager --json customer get "$customer"
	same "$(at ".fields.$1")" "$2"
}

found() {
	ends 0 as sh-manager --json customer find "$1"
	has "$out" "$customer"
}

@test "R21 several classes at once, and each can be searched by" {
	customer 分类甲 category=vip grade=A tags=华东,老客户 industry=F
	found 'category = vip and tags has 老客户'
	found 'grade = A and industry = F'
	ends 0 as sh-manager --json customer find 'category = prospect'
	lacks "$out" "$customer"
}

@test "R22 tags come and go, and a tag's new name keeps its members" {
	customer 标签甲 tags=重要,旧名
	first=$customer
	customer 标签乙 tags=旧名
	ends 0 as sh-manager --json tag rename customer 旧名 新名 --reason 统一
	same "$(at .renamed)" 2
	found 'tags has 新名'
	ends 0 as sh-manager --json customer find 'tags has 旧名'
	lacks "$out" "$customer"
	customer=$first
	found 'tags has 新名 and tags has 重要'
	ends 0 as sh-manager customer set "$customer" tags=重要
	ends 0 as sh-manager --json customer find 'tags has 新名'
	lacks "$out" "$customer"
}

@test "R49 a company has its own categories; one that goes is put in another's place" {
	ends 0 as admin dictionary set customer category partner 伙伴 Partner \
		--reason 新类别
	customer 伙伴甲 category=partner
	found 'category = 伙伴'
	ends 0 as admin dictionary set customer category partner 合作伙伴 \
		Partner --reason 改名
	found 'category = 合作伙伴'
	ends 1 as admin --yes dictionary remove customer category partner \
		nothing --reason 不用
	ends 0 as admin --yes dictionary remove customer category partner \
		regular --reason 不用
	field category regular
	ends 1 as sh-manager customer set "$customer" category=partner
	ends 3 as sh-manager dictionary set customer category x 某 X
}

@test "R50 a rule is defined, and explained with its numbers" {
	customer 规则甲 industry=J
	rule='{"rule":{"key":"bank","label":["金融","Finance"],
		"set":{"tags":"金融客户"},
		"when":["and",["=","industry","J"],[">","orders_year",0]]},
		"declassify":true,"reason":"金融客户另管"}'
	ends 0 as admin call rule.apply "$rule"
	field tags null
	buys 10
	found 'tags has 金融客户'
	ends 0 as sh-manager --json rule explain "$customer"
	has "$out" '"rule":"bank"'
	has "$out" '"name":"orders_year"'
	ends 0 as sh-manager rule explain "$customer"
	has "$out" bank
	has "$out" 'Grade B'
	ends 0 as sh-manager --lang zh rule explain "$customer"
	has "$out" '客户等级  B 级'
	ends 0 as admin --yes rule remove bank --reason 撤销
	echo 'rules: {of: nobody}' >"$BATS_TEST_TMPDIR/rules.yaml"
	ends 1 as admin --lang zh rule simulate "$BATS_TEST_TMPDIR/rules.yaml"
	has "$err" '规则有误: '
	# By the credit grade too: that is sealed, and somebody answers for it.
	rule='{"rule":{"key":"weak","label":["信用差","Weak credit"],
		"set":{"tags":"谨慎"},"when":["=","credit_grade","D"]},'
	ends 1 as admin call rule.apply "${rule%,}}"
	ends 0 as admin call rule.apply "$rule"'"declassify":true,"reason":"风控"}'
	ends 0 as finance customer set "$customer" credit_grade=D --reason 评级
	found 'tags has 谨慎'
	ends 0 as finance --json rule explain "$customer"
	has "$out" '"rule":"weak"'
	ends 0 as sh-sales --json rule explain "$customer"
	lacks "$out" weak
	ends 0 as finance customer set "$customer" credit_grade=A --reason 评级
	ends 0 as sh-manager customer get "$customer"
	lacks "$out" 谨慎
	ends 0 as admin --yes rule remove weak --reason 撤销
}

@test "R51 much and steady is A, some is B, the rest is C" {
	customer 等级甲
	field grade C
	buys 500000 3
	field grade B
	for month in 0 1 2 4 5 6; do buys 500000 "$month"; done
	field grade A
	ends 0 as sh-manager --json rule explain "$customer"
	same "$(at '.rows[] | select(.field == "grade") | .rule')" grade_a
	has "$out" '"name":"unevenness"'
	[[ $(at '.rows[]|select(.field == "grade").numbers[]|
		select(.name == "unevenness").value') =~ ^[0-9]+$ ]]
}

@test "R52 who grows is another class at once, and history says by which rule" {
	customer 成长甲
	buys 10
	field grade B
	for month in 0 1 2 3 4 5; do buys 30000 "$month"; done
	field grade A
	ends 0 as sh-manager --json customer history "$customer"
	has "$out" '"source":"rule"'
	has "$out" 'rule grade_a, version'
	# What a rule made beside somebody's own change is no reason of his.
	ends 0 as sh-manager --json customer history "$customer" --field name
	same "$(at '.versions[0].reason')" null
	ends 0 as sh-manager customer history "$customer" --field grade
	has "$out" "rule grade_a, version"
	ends 0 as sh-manager --lang zh customer history "$customer" --field grade
	has "$out" "规则 grade_a, 第"
	lacks "$out" rule
}

@test "R53 a class carries a policy, and the customer shows what holds" {
	customer 政策甲 category=vip
	ends 0 as sh-manager --json customer policy "$customer"
	same "$(at '.rows[] | select(.attribute == "priority") | .value')" 1
	same "$(at '.rows[] | select(.attribute == "priority") | .policy')" vip
	ends 0 as sh-manager customer set "$customer" category=regular
	ends 0 as sh-manager --json customer policy "$customer"
	same "$(at '.rows[] | select(.attribute == "priority") | .value')" 3
	ends 0 as sh-manager customer policy "$customer"
	has "$out" 3
}

@test "R54 the first order makes a prospect a customer" {
	customer 转正甲
	field status prospect
	buys 10
	field status active
	ends 0 as gm --json report conversion
	has "$out" conver
}

@test "R56 who is archived is in no list, and found when asked for" {
	customer 归档甲
	ends 0 as sh-manager --yes customer archive "$customer" --reason 停业
	ends 0 as sh-manager --json customer find 归档甲
	lacks "$out" "$customer"
	ends 0 as sh-manager --json customer find 归档甲 --archived
	has "$out" "$customer"
}

@test "R61 what is derived is right with the write that moves it" {
	customer 自动甲
	buys 120
	field last_order_at "$(date +%Y-%m-01)"
	field grade B
	ends 0 as sh-sales order set "$order" status=cancelled
	field last_order_at null
	field grade C
}

@test "R89 a rule acts on an event, audited, as nobody's right" {
	customer 自动乙
	rule='{"rule":{"key":"call_back","label":["回访","Call back"],
		"set":{"next_follow_at":14},
		"when":["and",["empty","next_follow_at"],[">","orders_year",0]]},
		"declassify":true,"reason":"新单两周后回访"}'
	ends 0 as admin call rule.apply "$rule"
	# Finance may write the order, and not the date of the next call.
	ends 3 as finance customer set "$customer" next_follow_at=2030-01-01
	buys 10
	field next_follow_at "$(day '14 days')"
	ends 0 as sh-manager --json customer history "$customer" \
		--field next_follow_at
	has "$out" call_back
	ends 0 as admin --yes rule remove call_back --reason 撤销
	ends 0 as auditor --json audit log method=rule.apply
	has "$out" '新单两周后回访'
}
