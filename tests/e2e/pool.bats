#!/usr/bin/env bats
# The pool: who may take whom out of it, how many, and who falls back.
# SPDX-License-Identifier: MIT
load ../tools/server
load ../tools/customers

setup_file() { far_from_midnight && server_begin; }
teardown_file() { server_end; }

# A customer whom nobody owns, in Shanghai's pool.
pooled() {
	customer "$1"
	ends 0 as sh-manager customer set "$customer" owner= --reason 公海
}

@test "the pool's customer is masked until he is claimed, and then the claimer's" {
	customer 公海甲 mobile=13800138000
	ends 0 as sh-sales customer release "$customer" --reason 无需求
	has "$err" "$customer"
	ends 0 as sh-sales2 --json customer pool
	has "$(at '[.rows[].number] | join(" ")')" "$customer"
	ends 0 as sh-sales2 --json customer get "$customer"
	same "$(at .fields.mobile)" "138****8000"
	ends 1 as hz-sales customer claim "$customer"
	has "$err" "No such record"
	ends 3 as sh-support customer claim "$customer"
	ends 0 as sh-sales2 customer claim "$customer" --dry-run
	same "$(value "$customer" owner)" none
	ends 0 as sh-sales2 customer claim "$customer"
	has "$err" "1 of 20 today"
	ends 0 as sh-sales2 --json customer get "$customer"
	same "$(at .fields.mobile)" 13800138000
	same "$(value "$customer" owner_since)" "$(day today)"
	ends 1 as sh-sales customer get "$customer"
	ends 1 as sh-sales2 customer claim "$customer"
	has "$err" "yours already"
	ends 1 as sh-manager customer claim "$customer"
	has "$err" "has an owner"
	ends 1 as sh-sales customer release "$customer" --reason 不是我的
	ends 0 as gm customer history "$customer" --field owner
	has "$out" 无需求
}

@test "who gave a customer up waits until he may have him again" {
	pooled 公海乙
	ends 1 as sh-sales customer claim "$customer"
	has "$err" "again from $(day '+30 days')"
	ends 0 as sh-sales2 customer claim "$customer"
	ends 2 as sh-sales2 customer release "$customer"
	ends 0 as sh-sales2 customer release "$customer" --reason 无意向
	ends 1 as sh-sales2 customer claim "$customer"
	# Whoever may name an owner hands over, which is no claim.
	ends 0 as sh-manager customer set "$customer" owner=sh-sales
	same "$(value "$customer" owner)" sh-sales
	# Nobody gives himself a customer by a change of the field.
	ends 0 as sh-manager customer release "$customer" --reason 收回
	ends 3 as sh-sales2 customer set "$customer" owner=sh-sales2
}

@test "a day's claims and those owned at once are bounded by rules in versions" {
	ends 0 as admin rule get
	echo "$out" >"$BATS_TEST_TMPDIR/rules.yaml"
	sed 's/a_day: 20/a_day: 3/; s/owned: 300/owned: 2/' <<<"$out" \
		>"$BATS_TEST_TMPDIR/few.yaml"
	ends 0 as admin --json rule apply "$BATS_TEST_TMPDIR/few.yaml" \
		--reason 收紧
	same "$(at '[.changes[].part] | join(" ")')" pool
	local all=() n
	for n in 1 2 3 4 5; do
		ends 0 as hz-manager --json customer add "name=公海上限$n" \
			type=other category=regular source=phone
		all+=("$(at .number)")
		ends 0 as hz-manager customer release "${all[-1]}" --reason 放
	done
	ends 0 as hz-sales customer claim "${all[0]}" "${all[1]}"
	has "$err" "2 of 3 today, 2 of 2 at once"
	ends 1 as hz-sales customer claim "${all[2]}"
	has "$err" "2 customers are the most"
	ends 0 as hz-sales customer release "${all[0]}" --reason 换
	ends 0 as hz-sales customer claim "${all[2]}"
	ends 0 as hz-sales customer release "${all[1]}" --reason 换
	ends 1 as hz-sales customer claim "${all[3]}"
	has "$err" "again from $(day '+1 day')"
	has "$err" "rule claims"
	same "$(value "${all[3]}" owner gm)" none
	# A claim that somebody takes back stays counted.
	ends 0 as auditor --json audit log user=hz-sales method=customer.claim
	same "$(at '[.rows[] | select(.result == "ok")] | length')" 3
	ends 0 as admin rule apply "$BATS_TEST_TMPDIR/rules.yaml" --reason 放宽
}

# The rules of the book with $1 in place of the pool's dates and returns.
pool_rules() {
	ends 0 as admin --json rule get
	jq --argjson pool "$1" '.document | .pool += $pool' \
		<<<"$out" >"$BATS_TEST_TMPDIR/rules.yaml"
	ends 0 as admin rule apply "$BATS_TEST_TMPDIR/rules.yaml" \
		--declassify --reason 公海
}

@test "who is idle too long falls back by rule, and his owner is told before" {
	local idle
	customer 久未往来
	idle=$customer
	ends 0 as loader order add "customer=$idle" "date=$(day '-40 days')" \
		status=confirmed
	customer 常来往
	ends 0 as loader order add "customer=$customer" "date=$(day today)" \
		status=confirmed
	pool_rules '{"active":["last_order_at"],"returns":[{"key":"quiet",
		"label":["久未往来","Quiet"],"days":45,"warn":7}]}'
	ends 0 as sh-sales --json due
	same "$(at '[.rows[] | select(.what == "pool") |
		"\(.number) \(.due)"] | join("; ")')" "$idle $(day '+5 days')"
	ends 0 as sh-manager due sh-sales
	has "$out" "Back to the pool"
	ends 0 as gm rule explain "$idle"
	has "$out" "$(day '+5 days')"
	pool_rules '{"returns":[{"key":"quiet","label":["久未往来","Quiet"],
		"days":40}]}'
	ends 0 as gm rule simulate
	has "$out" quiet
	same "$(value "$idle" owner)" sh-sales
	ends 0 as admin --yes rule run --reason 月底
	same "$(value "$idle" owner)" none
	same "$(value "$customer" owner)" sh-sales
	ends 0 as gm customer history "$idle" --field owner
	has "$out" quiet
	ends 1 as sh-sales customer claim "$idle"
	has "$err" "again from"
	ends 0 as sh-sales2 customer claim "$idle"
}

@test "the timeline tells who had him before whom, and why" {
	customer 几经转手
	ends 0 as sh-sales customer release "$customer" --reason 无需求
	ends 0 as sh-sales2 customer claim "$customer"
	ends 0 as sh-sales2 order add "customer=$customer" "date=$(day yesterday)"
	ends 0 as sh-sales2 --json customer timeline "$customer" --limit 2
	same "$(at '.rows | map([.from, .fields.owner, .reason] | map(. // "-")
		| join(" ")) | join("; ")')" \
		"- sh-sales2 -; sh-sales - 无需求"
	next=$(at .next)
	ends 0 as sh-sales2 --json customer timeline "$customer" --limit 2 \
		--after "$next"
	same "$(at '[.rows[].entity] | join(" ")')" order
	ends 0 as gm customer timeline "$customer"
	has "$out" "sh-sales -> the pool; 无需求"
	has "$out" "Owner"
	# Who has had one owner alone has none of it.
	customer 从未转手
	ends 0 as gm --json customer timeline "$customer"
	same "$(at '.rows | length')" 0
}
