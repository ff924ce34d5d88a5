#!/usr/bin/env bats
# What waits for somebody, and whose it is: reviews, follow-ups, hand-over.
# SPDX-License-Identifier: MIT
load ../tools/server
load ../tools/customers

setup_file() { far_from_midnight && server_begin; }
teardown_file() { server_end; }

@test "R57 the review plan gives each class its date, and the list finds who is past it" {
	customer 审核甲 category=vip
	vip=$customer
	customer 审核乙
	same "$(value "$vip" review_due_at)" "$(day '+91 days')"
	same "$(value "$customer" review_due_at)" "$(day '+365 days')"
	ends 0 as sh-manager customer set "$customer" category=vip
	same "$(value "$customer" review_due_at)" "$(day '+91 days')"
	ends 0 as sh-manager customer set "$vip" review_due_at=2026-01-05
	ends 0 as sh-manager --json customer find 'review_due_at <= today'
	same "$(at '[.rows[].number] | join(" ")')" "$vip"
}

@test "R58 a review that holds sets its day and the next one, a failed one does not" {
	customer 复核 review_due_at=2026-02-01
	ends 0 as sh-sales review add "customer=$customer" result=failed
	same "$(value "$customer" review_due_at)" 2026-02-01
	same "$(value "$customer" reviewed_at)" none
	ends 0 as sh-sales --json review add "customer=$customer" \
		result=corrected note=电话已更正
	review=$(at .number)
	same "$(value "$customer" reviewed_at)" "$(day today)"
	same "$(value "$customer" review_due_at)" "$(day '+365 days')"
	ends 0 as gm --json review get "$review"
	same "$(at .fields.created_by)" sh-sales
	same "$(at .fields.result)" corrected
	ends 0 as gm --json customer history "$customer" --field reviewed_at
	has "$out" review
	# An older one that is entered late says nothing new.
	ends 0 as sh-sales review add "customer=$customer" result=passed \
		at=2026-01-01
	same "$(value "$customer" reviewed_at)" "$(day today)"
}

@test "R60 the review plan is kept in versions, tried out before it holds" {
	ends 0 as admin rule get
	sed 's/review_due_at: 365/review_due_at: 180/' <<<"$out" \
		>"$BATS_TEST_TMPDIR/plan.yaml"
	ends 0 as admin rule apply "$BATS_TEST_TMPDIR/plan.yaml" \
		--declassify --reason 半年一审
	customer 新计划
	same "$(value "$customer" review_due_at)" "$(day '+180 days')"
	ends 0 as admin rule get 1
	has "$out" 'review_due_at: 365'
	ends 0 as admin rule get 2
	has "$out" 'review_due_at: 180'
}

# Numbers on the list of $1, of kind $2, with more arguments.
due() {
	local user=$1 what=$2
	shift 2
	ends 0 as "$user" --json due "$@"
	at "[.rows[] | select(.what == \"$what\") | .number] | join(\" \")"
}

@test "R59 a record has its steward, and the list is each steward's own" {
	customer 维护人甲 steward=sh-sales2 review_due_at=2026-03-01
	mine=$customer
	customer 维护人乙 review_due_at=2026-03-02
	has "$(due sh-sales review)" "$customer"
	lacks "$(due sh-sales review)" "$mine"
	same "$(due sh-manager review sh-sales2)" "$mine"
	ends 0 as sh-manager due sh-sales2
	has "$out" "$mine"
	has "$err" "1 due"
}

@test "R90 a follow-up is on its owner's list, and the manager's once it is late" {
	customer 跟进甲 "next_follow_at=$(day '-3 days')"
	soon=$customer
	customer 跟进乙 "next_follow_at=$(day '-9 days')"
	late=$customer
	customer 跟进丙 "next_follow_at=$(day '+2 days')"
	same "$(due sh-sales follow_up)" "$late $soon"
	same "$(due sh-manager follow_up)" "$late"
	ends 0 as sh-manager --json due
	same "$(at ".rows[] | select(.number == \"$late\") |
		\"\(.escalated) \(.late) \(.whose)\"")" "true 9 sh-sales"
	same "$(due sh-manager follow_up --days 2)" "$late $soon"
	# Another branch's manager, and who may not give it away, get none.
	same "$(due hz-manager follow_up)" ""
	same "$(due sh-clerk follow_up)" ""
	ends 0 as sh-sales customer set "$late" next_follow_at=
	same "$(due sh-manager follow_up)" ""
}

@test "R90 feedback waits for who has it until it is solved" {
	customer 反馈
	ends 0 as sh-manager --json feedback add "customer=$customer" \
		kind=complaint assignee=sh-support due_at=2026-05-01 desc=漏发
	feedback=$(at .number)
	has "$(due sh-support feedback)" "$feedback"
	has "$(due sh-manager feedback)" "$feedback"
	# It goes by its customer's name.
	ends 0 as sh-support --json due
	same "$(at ".rows[] | select(.number == \"$feedback\") |
		\"\(.customer) \(.title)\"")" "$customer 反馈"
	ends 0 as sh-manager feedback set "$feedback" status=resolved \
		solution=补发
	lacks "$(due sh-support feedback)" "$feedback"
	# What nobody has yet is at once the list's of who may give it to somebody.
	ends 0 as sh-manager --json feedback add "customer=$customer" \
		kind=complaint "due_at=$(day '-1 day')" desc=无人处理
	feedback=$(at .number)
	ends 0 as sh-manager --json due
	same "$(at ".rows[] | select(.number == \"$feedback\") |
		\"\(.escalated) \(.late) \(.whose)\"")" "false 1 "
	lacks "$(due sh-sales feedback)" "$feedback"
}

@test "I11 what was a leaver's is another's, one request a duty, with the reason" {
	customer 移交甲 service_owner=sh-sales
	first=$customer
	customer 移交乙 service_owner=sh-support
	ends 0 as sh-manager --json feedback add "customer=$customer" \
		kind=question assignee=sh-sales desc=问
	feedback=$(at .number)
	ends 3 as sh-sales --yes customer transfer sh-sales sh-sales2 \
		--reason 自己转走
	ends 2 as sh-manager --yes customer transfer sh-sales sh-sales2
	ends 0 as sh-manager --json customer transfer sh-sales sh-sales2 \
		--reason 离职 --dry-run
	found=$(at .found)
	same "$(at .moved)" 0
	ends 0 as sh-manager --json --yes customer transfer sh-sales sh-sales2 \
		'name = 移交甲' --reason 先交一个
	same "$(at .moved)" 2
	same "$(value "$first" owner)/$(value "$first" service_owner)" \
		sh-sales2/sh-sales2
	same "$(value "$customer" owner)" sh-sales
	ends 0 as sh-manager --json --yes customer transfer sh-sales sh-sales2 \
		--reason 离职
	same "$(at .moved)" $((found - 2))
	same "$(value "$customer" owner)/$(value "$customer" service_owner)" \
		sh-sales2/sh-support
	ends 0 as sh-manager --json feedback get "$feedback"
	same "$(at .fields.assignee)" sh-sales2
	ends 0 as sh-sales --json customer find
	same "$(at '.rows | length')" 0
	ends 0 as sh-sales2 --json customer get "$customer"
	ends 0 as gm --json customer history "$customer" --field owner
	has "$out" 离职
	ends 0 as auditor --json audit log user=sh-manager method=record.batch
	same "$(at '[.rows[] | select(.result == "ok")] | length')" 4
}

@test "R63 a number that fails is flagged, listed, and mended by a new one" {
	customer 失联 mobile=13800138000 email=li.si@example.com.cn
	ends 0 as sh-sales customer set "$customer" mobile_bad=true \
		email_bad=true --reason 停机
	ends 0 as sh-manager --json customer find \
		'mobile_bad = true or email_bad = true'
	same "$(at '[.rows[].number] | join(" ")')" "$customer"
	ends 0 as sh-sales customer set "$customer" city=上海
	same "$(value "$customer" mobile_bad)" true
	ends 0 as sh-sales customer set "$customer" mobile=13900139000
	same "$(value "$customer" mobile_bad)" none
	same "$(value "$customer" email_bad)" true
	ends 0 as sh-manager --json customer history "$customer" \
		--field mobile_bad
	has "$out" changed
	ends 0 as sh-sales customer confirm "$customer" email --reason 已收到
	same "$(value "$customer" email_bad)" none
	# Not by who may not change the number itself.
	ends 3 as sh-support customer set "$customer" mobile_bad=true
}
