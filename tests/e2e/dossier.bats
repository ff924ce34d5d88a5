#!/usr/bin/env bats
# A customer on one page: the important on one screen, the rest within reach, masked values marked.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() {
	server_begin
	ends 0 as loader --json customer add name=一页公司 type=other \
		category=regular source=phone city=上海 remark=老客户 \
		owner=sh-sales
	number=$(at .number)
	rpc loader record.batch "$(jq -nc --arg of "$number" '{items: [
		(range(12) | {op: "create", entity: "contact", fields: {
			customer: $of, name: "王小明", mobile: "13800138\(100 + .)"}}),
		(range(40) | {op: "create", entity: "order", fields: {
			customer: $of, date: "2026-03-\(10 + . % 20)"}})]}')" \
		>"$BATS_FILE_TMPDIR/made"
	export number
}
teardown_file() { server_end; }

@test "the page is one screen, and names the commands for the rest" {
	ends 0 as sh-manager customer show "$number" --width 100
	[ "$(wc -l <<<"$out")" -le 45 ]
	has "$out" "$number  一页公司"
	has "$out" "Contact (12)"
	has "$out" "Timeline  Order 40"
	has "$err" "kehu contact find 'customer = $number'"
	has "$err" "kehu customer timeline $number"
	same "$(grep -c "2026-03-" <<<"$out")" 10
}

@test "what is masked is marked, what is hidden is not there" {
	ends 0 as finance customer set "$number" credit_limit=60000 \
		--reason 评估
	ends 0 as finance customer show "$number"
	has "$out" "50000-100000 (masked)"
	ends 0 as auditor customer show "$number"
	has "$out" "**** (masked)"
	ends 0 as sh-sales customer show "$number"
	lacks "$out" "50000"
	lacks "$out" "Credit limit"
	ends 0 as sh-sales --lang zh customer show "$number"
	has "$out" "联系人 (12)"
}

@test "it is a customer's, by each of his names and by no other word" {
	ends 0 as sh-manager 客户 show "$number"
	has "$out" 一页公司
	ends 2 as sh-manager order show "$number"
	ends 2 as sh-manager customer show
	ends 1 as sh-manager customer show KHSH209900001
	ends 1 as hz-manager customer show "$number"
	ends 1 as admin customer show "$number"
}

@test "the timeline comes page by page, as table, CSV and JSON Lines" {
	ends 0 as sh-manager --json customer timeline "$number" --limit 30
	next=$(at .next)
	ends 0 as sh-manager --csv customer timeline "$number" --limit 200
	same "$(wc -l <<<"$out")" 41
	has "$out" "time,entity,number,content"
	ends 0 as sh-manager --jsonl customer timeline "$number" --after "$next"
	same "$(wc -l <<<"$out")" 10
	ends 0 as sh-manager customer timeline "$number" --limit 3
	has "$err" "--after "
	ends 1 as sh-manager customer timeline "$number" --after "$next"x
}
