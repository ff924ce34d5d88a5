#!/usr/bin/env bats
# What waits for somebody, and whose it is: reviews, follow-ups, hand-over.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() { server_begin; }
teardown_file() { server_end; }

# A customer of sh-sales named $1, of category $2: $customer.
customer() {
	local name=$1 category=$2
	shift 2
	ends 0 as sh-manager --json customer add "name=$name" type=other \
		"category=$category" source=phone owner=sh-sales "$@"
	customer=$(at .number)
}

# Field $2 of customer $1 as the general manager sees it.
value() {
	ends 0 as gm --json customer get "$1"
	at ".fields.$2 // \"none\""
}

day() {
	date -u -d "$1" +%F
}

@test "R57 the review plan gives each class its date, and the list finds who is past it" {
	customer 审核甲 vip
	vip=$customer
	customer 审核乙 regular
	same "$(value "$vip" review_due_at)" "$(day '+91 days')"
	same "$(value "$customer" review_due_at)" "$(day '+365 days')"
	ends 0 as sh-manager customer set "$customer" category=vip
	same "$(value "$customer" review_due_at)" "$(day '+91 days')"
	ends 0 as sh-manager customer set "$vip" review_due_at=2026-01-05
	ends 0 as sh-manager --json customer find 'review_due_at <= today'
	same "$(at '[.rows[].number] | join(" ")')" "$vip"
}

@test "R58 a review that holds sets its day and the next one, a failed one does not" {
	customer 复核 regular review_due_at=2026-02-01
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
	customer 新计划 regular
	same "$(value "$customer" review_due_at)" "$(day '+180 days')"
	ends 0 as admin rule get 1
	has "$out" 'review_due_at: 365'
	ends 0 as admin rule get 2
	has "$out" 'review_due_at: 180'
}
