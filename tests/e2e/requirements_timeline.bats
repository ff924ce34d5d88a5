#!/usr/bin/env bats
# What happens between a company and its customers: the requirements of orders, talks, feedback and pipeline.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() { far_from_midnight && server_begin; }
teardown_file() { server_end; }

# Makes a record of entity $2 as $1 with the fields that follow; its number is
# in $made.
add() {
	local user=$1 entity=$2
	shift 2
	ends 0 as "$user" --json "$entity" add "$@"
	made=$(at .number)
}

# A customer of $1, named $2; his number is in $number.
customer() {
	local user=$1 name=$2
	shift 2
	add "$user" customer "name=$name" type=other category=regular \
		source=phone "$@"
	number=$made
}

# The value of field $3 of record $2 of entity $1, as finance sees it.
value() {
	ends 0 as "${4:-finance}" --json "$1" get "$2"
	at ".fields.$3 // \"none\""
}

# A confirmed order of one product: $1 times $2.
ordered() {
	add loader product name=红茶
	product=$made
	add loader order "customer=$number" date=2026-03-15 status=draft
	order=$made
	add loader order_line "order=$order" "product=$product" \
		"quantity=$1" "unit_price=$2"
	ends 0 as loader order set "$order" status=confirmed
}

# Figure $1 of the customer in the sales report.
sold() {
	ends 0 as finance --json report sales --by customer --limit 1000
	jq -r --arg n "$number" ".rows[] | select(.customer == \$n) | .$1" <<<"$out"
}

@test "R19 a person points to the company that he works for, and his post there" {
	customer sh-manager 坦森机电
	company=$number
	ends 0 as sh-manager --json customer add name=王小明 type=person \
		category=regular source=visit "employer=$company" position=采购经理
	person=$(at .number)
	same "$(value customer "$person" employer)" "$company"
	same "$(value customer "$person" position)" 采购经理
	ends 0 as sh-manager --json customer find "employer = $company"
	same "$(at '[.rows[].number] | join(" ")')" "$person"
	ends 1 as sh-manager customer set "$person" employer=KHSH209900001
}

@test "R23 an order changes timeline and totals" {
	customer loader 交易公司
	ends 0 as finance --json customer dossier "$number"
	same "$(at '.timeline.rows | length')" 0
	ordered 10 18.00
	ends 0 as finance --json customer dossier "$number"
	same "$(at '.orders[0].number')" "$order"
	same "$(at '.orders[0].fields.amount')" 180.00
	same "$(at '.timeline.rows[0] | .entity + " " + .number + " " + .time')" \
		"order $order 2026-03-15"
	same "$(at '.counts.orders')" 1
	same "$(at .totals.sales)" 180.00
	same "$(at .totals.orders)" 1
}

@test "R24 a payment lets the balance fall by what was paid" {
	customer loader 收款公司
	ordered 10 18.00
	same "$(value customer "$number" receivable)" 180.00
	add finance payment "customer=$number" "order=$order" date=2026-03-20 \
		amount=100 method=transfer
	same "$(value customer "$number" receivable)" 80.00
}

@test "R25 a return lowers net sales and leaves gross sales as they are" {
	customer loader 退货公司
	ordered 10 18.00
	same "$(sold gross) $(sold net)" "180.00 180.00"
	add finance return "customer=$number" "order=$order" \
		"product=$product" date=2026-03-25 quantity=2 amount=36
	same "$(sold gross) $(sold net)" "180.00 144.00"
}

@test "R27 what was done for a customer stands on his timeline, newest first" {
	customer sh-manager 服务公司
	add sh-manager activity "customer=$number" kind=服务 \
		"at=$(day '-4 days')" content=换滤芯
	first=$made
	add sh-manager activity "customer=$number" kind=service \
		"at=$(day '-2 days')" content=年检
	second=$made
	add sh-support feedback "customer=$number" kind=repair desc=漏水 \
		"at=$(day '-3 days')" "due_at=$(day '+3 days')"
	middle=$made
	ends 0 as sh-support --json customer timeline "$number"
	same "$(at '[.rows[].number] | join(" ")')" "$second $middle $first"
	ends 0 as sh-support --json customer timeline "$number" --limit 2
	next=$(at .next)
	ends 0 as sh-support --json customer timeline "$number" --after "$next"
	same "$(at '[.rows[].number] | join(" ")')" "$first"
	ends 0 as sh-support --lang zh customer show "$number"
	has "$out" "服务; 换滤芯"
	has "$out" 反馈与服务
	ends 0 as sh-support customer timeline "$number" --csv
	has "$out" "$(day '-2 days')T00:00:00.000Z,activity,$second,"
}

@test "R28 calls, visits, WeChat and e-mail are noted; the last contact follows by itself" {
	customer sh-manager 沟通公司
	same "$(value customer "$number" last_contact_at)" none
	for kind in phone wechat email visit; do
		add sh-manager activity "customer=$number" "kind=$kind" \
			"at=$(day '-3 days')" "content=谈$kind"
	done
	same "$(value customer "$number" last_contact_at)" \
		"$(day '-3 days')T00:00:00.000Z"
	add sh-manager activity "customer=$number" kind=拜访 \
		"at=$(day '-1 day')" content=上门
	same "$(value customer "$number" last_contact_at)" \
		"$(day '-1 day')T00:00:00.000Z"
	add sh-manager activity "customer=$number" kind=phone \
		"at=$(day '-9 days')" content=补记
	same "$(value customer "$number" last_contact_at)" \
		"$(day '-1 day')T00:00:00.000Z"
}

@test "R29 feedback goes from open to solved and closed, in time or on the overdue list" {
	customer sh-manager 投诉公司
	add sh-support feedback "customer=$number" kind=complaint desc=破损 \
		"due_at=$(day '-2 days')" priority=high
	late=$made
	add sh-support feedback "customer=$number" kind=question desc=何时到货 \
		"due_at=$(day '+5 days')"
	overdue="due_at < today and status in (open, in_progress)"
	ends 0 as sh-support --json feedback find "$overdue"
	same "$(at '[.rows[].number] | join(" ")')" "$late"
	ends 0 as sh-support feedback set "$late" status=in_progress \
		assignee=sh-clerk
	ends 1 as sh-support --json feedback set "$late" status=closed
	same "$(jq -r '.errors[0] | .rule + " " + .message' <<<"$err")" \
		"move it can become: open, resolved"
	ends 1 as sh-support --lang zh feedback set "$late" status=closed
	has "$err" "可以改为: 待处理, 已解决"
	ends 0 as sh-support --lang zh feedback describe status
	has "$out" "已关闭 > 处理中"
	ends 0 as sh-support feedback set "$late" status=resolved solution=换货
	ends 0 as sh-support --json feedback find "$overdue"
	same "$(at '.rows | length')" 0
	ends 0 as sh-support feedback set "$late" status=closed
}

@test "R30 an opportunity moves by stages, with who, when and how long; the report sums them" {
	customer sh-manager 商机公司 owner=sh-sales
	add sh-sales opportunity "customer=$number" name=年度采购 amount=100000
	deal=$made
	ends 1 as sh-sales --json opportunity set "$deal" stage=won
	same "$(jq -r '.errors[0].rule' <<<"$err")" move
	ends 0 as sh-sales opportunity set "$deal" stage=qualified
	ends 0 as sh-manager opportunity set "$deal" stage=proposal \
		--reason 客户要报价
	ends 0 as sh-sales --json opportunity stages "$deal"
	same "$(at '[.rows[] | .stage + ":" + .user] | join(" ")')" \
		"lead:sh-sales qualified:sh-sales proposal:sh-manager"
	same "$(at '.rows[2].reason')" 客户要报价
	same "$(at '[.rows[].seconds | type] | unique | join(" ")')" number
	same "$(at '.rows[1].since')" "$(at '.rows[0].until')"
	same "$(at '.rows[2].until')" null
	ends 0 as sh-sales --lang zh opportunity stages "$deal"
	has "$out" 方案报价
	ends 0 as sh-manager --json report pipeline
	same "$(at '.rows[] | select(.stage == "proposal") | .amount')" 100000.00
}

@test "R31 a customer has his owner and his service manager, who list their own" {
	customer sh-manager 专属公司 owner=sh-sales service_owner=sh-support
	ends 0 as sh-sales --json customer find --scope own
	has "$(at '[.rows[].number] | join(" ")')" "$number"
	ends 0 as sh-sales2 --json customer find --scope own
	lacks "$(at '[.rows[].number] | join(" ")')" "$number"
	ends 0 as sh-support --json customer find "service_owner = sh-support"
	same "$(at '[.rows[].number] | join(" ")')" "$number"
}

@test "R74 feedback about the process itself is of a kind of its own, and counted" {
	customer sh-manager 流程公司
	add sh-clerk feedback "customer=$number" kind=process \
		desc=录入地址太慢 "due_at=$(day '+9 days')"
	add sh-clerk feedback "customer=$number" kind=流程意见 \
		desc=模板少一列 "due_at=$(day '+9 days')"
	ends 0 as sh-manager --json feedback group --by kind
	same "$(at '.rows[] | select(.by.kind == "process") | .count')" 2
}

@test "R75 staff say of a record that its phone is wrong, and a task comes of it" {
	customer sh-manager 错号公司 phone=021-52345678
	add sh-support feedback "customer=$number" kind=纠错 about=phone \
		desc=打不通 assignee=sh-clerk "due_at=$(day '+2 days')"
	task=$made
	ends 0 as sh-clerk --json feedback find \
		"kind = staff and assignee = sh-clerk and status = open"
	same "$(at '[.rows[].number] | join(" ")')" "$task"
	same "$(value feedback "$task" about sh-clerk)" phone
	customer sh-manager 销售公司 phone=021-52345678 owner=sh-sales
	add sh-sales feedback "customer=$number" kind=纠错 about=phone \
		desc=打不通 assignee=sh-clerk "due_at=$(day '+2 days')"
	same "$(value feedback "$made" about sh-clerk)" phone
	# It is others' to work on, and nothing of a customer that is not his.
	ends 3 as sh-sales feedback set "$made" desc=别的
	ends 1 as sh-sales2 --json feedback add "customer=$number" kind=纠错 \
		desc=打不通
	same "$(jq -r '.errors[].field' <<<"$err")" customer
}

@test "R76 feedback names the change that solved it, and no other entry will do" {
	customer sh-manager 改进公司 phone=021-52345678
	add sh-support feedback "customer=$number" kind=staff about=phone \
		desc=打不通 "due_at=$(day '+2 days')"
	task=$made
	ends 0 as sh-clerk customer set "$number" phone=021-52345699 \
		--reason 客户来电
	ends 0 as sh-clerk --json customer history "$number"
	change=$(at '.versions[-1].position')
	customer sh-manager 别的公司
	ends 0 as sh-clerk --json customer history "$number"
	other=$(at '.versions[-1].position')
	for wrong in "$other" 0 99999999; do
		ends 1 as sh-clerk --json feedback set "$task" status=resolved \
			"solved_by=$wrong" solution=已改
		same "$(jq -r '.errors[0].rule' <<<"$err")" change
	done
	ends 0 as sh-clerk feedback set "$task" status=resolved \
		"solved_by=$change" solution=已改
	same "$(value feedback "$task" solved_by sh-support)" "$change"
}

# An account for a test alone: a salesman of Shanghai named $1.
salesman() {
	(umask 077 && head -c 18 /dev/urandom | base64 \
		>"$SERVER_HOME/passwords/$1")
	ends 0 rpc admin user.create "{\"user\": \"$1\", \"branch\": \"SH\",
		\"roles\": [\"sales\"],
		\"password\": \"$(cat "$SERVER_HOME/passwords/$1")\"}"
}

@test "R77 statistics of each person: records made, entries refused, fields corrected later" {
	salesman counted
	add counted customer name=考核公司 type=other category=regular \
		source=phone city=上海
	number=$made
	ends 1 as counted customer set "$number" mobile=12
	ends 0 as sh-manager customer set "$number" city=杭州
	# Refusals are written down by and by.
	figures() {
		ends 0 as auditor --json user statistics counted &&
			same "$(at '.rows[0] |
				"\(.records) \(.invalid) \(.corrected)"')" "1 1 1"
	}
	eventually figures
	ends 3 as sh-sales user statistics
	ends 0 as sh-manager --lang zh user statistics counted
	has "$out" 被更正
}

@test "I03 who works in a branch, and who owns a customer, decides what is there" {
	customer sh-manager 沪上公司 owner=sh-sales
	here=$number
	customer hz-manager 杭州公司
	away=$number
	for user in sh-manager sh-clerk sh-support finance; do
		ends 0 as "$user" customer get "$here"
	done
	for user in sh-manager sh-clerk sh-support sh-sales2; do
		ends 1 as "$user" --json customer get "$away"
		same "$(jq -r .code <<<"$err")" not_found
	done
	ends 0 as finance customer get "$away"
	ends 0 as sh-sales customer get "$here"
	ends 1 as sh-sales2 --json customer get "$here"
	same "$(jq -r .code <<<"$err")" not_found
	ends 0 as sh-manager --json customer find --limit 1000
	lacks "$(at '[.rows[].number] | join(" ")')" "$away"
}
