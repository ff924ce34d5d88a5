#!/usr/bin/env bats
# Amounts carry separators for people, derived ones too, and none for machines.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() {
	export BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	server_begin && sell
}
teardown_file() { server_end; }

sell() {
	ends 0 as loader --json customer add name=大额公司 type=other \
		category=regular source=phone credit_limit=9876543.21 \
		--reason 年度额度
	CUSTOMER=$(at .number)
	ends 0 as loader --json product add name=机床
	local product
	product=$(at .number)
	ends 0 as loader --json order add "customer=$CUSTOMER" date=2026-03-01 \
		freight=1234.50 status=confirmed --source import
	ORDER=$(at .number)
	ends 0 as loader order_line add "order=$ORDER" "product=$product" \
		quantity=2.5 unit_price=493827.004 discount=0.0001
	ends 0 as loader payment add "customer=$CUSTOMER" date=2026-03-02 \
		amount=2000.00
	export CUSTOMER ORDER
}

# $1: what people read; then the command.
shows() {
	local amount=$1
	shift
	ends 0 as loader "$@"
	has "$out" "$amount"
	same "$(grep -E '[0-9]{4,}\.[0-9]{2}\b' <<<"$out")" ""
	for form in --json --csv; do
		ends 0 as loader "$@" $form
		has "$out" "${amount//,/}"
		same "$(grep -E '[0-9],[0-9]{3}\.[0-9]' <<<"${out//\",\"/}")" ""
	done
}

@test "fields: entered, derived, and in lists" {
	shows 9,876,543.21 customer get "$CUSTOMER"
	shows 1,234.50 order get "$ORDER"
	shows 1,234.50 order find "customer = $CUSTOMER"
	shows 493,827.004 order_line find "order = $ORDER"
	shows 2,000.00 payment find "customer = $CUSTOMER"
}

@test "a sum is rounded once, where people read it" {
	ends 0 as loader order get "$ORDER" --field amount
	same "$out" 1234444.053249
	ends 0 as loader order get "$ORDER"
	has "$out" 1,234,444.05
	lacks "$out" .053
	ends 0 as loader order group --by status --sum amount,freight
	has "$out" "1,234,444.05"
	ends 0 as loader order_line get "$ORDER/1"
	has "$out" 0.0001
}

@test "what the book reckons" {
	shows 1,232,444.05 customer statement "$CUSTOMER"
	shows 1,232,444.05 customer ageing "$CUSTOMER"
	shows 8,644,099.16 customer credit "$CUSTOMER"
	ends 0 as loader customer dossier "$CUSTOMER"
	same "$(grep -E '[0-9]{4,}\.[0-9]{2}\b' <<<"$out")" ""
	ends 0 as loader customer timeline "$CUSTOMER"
	has "$out" "2,000.00"
	shows 1,234,444.05 report sales --by customer
}

@test "what is too large to be kept is refused, and no sum loses it" {
	local most=999999999999999.999999 order product
	ends 0 as loader --json product find
	product=$(at ".rows[0].number")
	ends 0 as loader --json order add "customer=$CUSTOMER" date=2026-03-05
	order=$(at .number)
	ends 0 as loader --json order_line add "order=$order" "product=$product" \
		"quantity=$most" unit_price=1
	same "$(at .fields.amount)" "$most"
	ends 1 as loader order_line add "order=$order" "product=$product" \
		"quantity=$most" unit_price=999999999 discount=0.000001
	has "$err" too_large
	ends 0 as loader order get "$order" --field amount
	same "$out" "$most"
}
