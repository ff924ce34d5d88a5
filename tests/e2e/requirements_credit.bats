#!/usr/bin/env bats
# What a customer may owe, what he owes, and what stops his orders.
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

# A customer of sh-sales with a limit of $2 and terms of 30 days: $customer.
buyer() {
	customer "$1"
	ends 0 as finance customer set "$customer" "credit_limit=$2" \
		credit_days=30 --reason 初评
}

# An order of $customer with one line of $2: $order.  $3: its date.
orders() {
	ends 0 as sh-sales --json order add "customer=$customer" \
		"date=${3:-2026-05-01}" status=draft
	order=$(at .number)
	ends 0 as sh-sales order_line add "order=$order" "product=$PRODUCT" \
		quantity=1 "unit_price=$2"
	ends "$1" as sh-sales order set "$order" status=confirmed
}

pays() {
	ends 0 as finance payment add "customer=$customer" date=2026-06-01 \
		"amount=$1" ${2:+"order=$2"}
}

# Refusals reach the log within a second: the newest entry of user $1 with
# method $2 comes to have the value $4 at $3.
logged() {
	newest() {
		ends 0 as auditor --json audit log "user=$1" "method=$2" \
			--limit 1 && same "$(at ".rows[0].$3")" "$4"
	}
	eventually newest "$@"
}

@test "R12 only finance and the general manager set a limit, and say why" {
	buyer 限额甲 5000
	ends 1 as finance customer set "$customer" credit_limit=6000
	has "$err" reason
	ends 3 as sh-manager customer set "$customer" credit_limit=9 --reason 试
	# These may not know that there is one.
	ends 1 as sh-clerk customer set "$customer" credit_limit=9 --reason 试
	ends 1 as sh-sales customer set "$customer" credit_limit=9 --reason 试
	logged sh-clerk record.update result unknown
	ends 0 as gm customer set "$customer" credit_limit=6000 --reason 增额
	ends 0 as finance --json customer credit "$customer"
	same "$(at .fields.credit_limit)" 6000.00
	same "$(at .available)" 6000.00
}

@test "R13 ratings form a dated list; the last one holds" {
	buyer 评级甲 100
	ends 0 as finance customer set "$customer" credit_grade=BBB --reason 初评
	ends 0 as gm customer set "$customer" credit_grade=AA --reason 复评
	ends 0 as finance --json customer credit "$customer"
	same "$(at '[.grades[].new]|join(" ")')" "BBB AA"
	same "$(at '[.grades[].user]|join(" ")')" "finance gm"
	same "$(at '.grades[1].old')" BBB
	same "$(at '.grades[1].reason')" 复评
	same "$(at '[.grades[].at|length]|unique|length')" 1
	same "$(at .fields.credit_grade)" AA
	ends 0 as sh-sales --json customer credit "$customer"
	same "$(at '.grades|length')" 0
	same "$(at .fields.credit_grade)" null
}

@test "R14 paid, owed and overdue follow from the rows" {
	buyer 往来甲 5000
	orders 0 905.00 2026-05-01
	pays 300 "$order"
	orders 0 95.00 "$(day today)"
	ends 0 as sh-sales --json customer credit "$customer"
	same "$(at .fields.receivable)" 700.00
	same "$(at .overdue)" 605.00
	ends 0 as sh-sales --json customer statement "$customer"
	same "$(at .credit)" 300.00
	same "$(at .closing)" 700.00
	pays 605
	ends 0 as sh-sales --json customer credit "$customer"
	same "$(at .overdue)" 0.00
	same "$(at .fields.receivable)" 95.00
}

@test "R69 usage of the limit, what is overdue and the rating are at hand" {
	buyer 风险甲 1000
	ends 0 as finance customer set "$customer" credit_grade=C --reason 评
	orders 0 800.00
	ends 0 as finance --json customer credit "$customer"
	same "$(at '.fields.receivable + " of " + .fields.credit_limit')" \
		"800.00 of 1000.00"
	same "$(at .available)" 200.00
	same "$(at .overdue)" 800.00
	same "$(at .fields.credit_grade)" C
	same "$(at .stopped)" false
	# Each look at the limit is in the log.
	ends 0 as auditor --json audit log user=finance \
		method=customer.credit --limit 1
	has "$out" credit_limit
}

@test "I06 an order past the limit waits as a draft, whoever confirms it" {
	buyer 控制甲 1000
	orders 0 900
	orders 1 100.01
	has "$err" draft
	lacks "$out$err" 1000
	lacks "$out$err" 900
	first=$err
	ends 1 as sh-manager order set "$order" status=shipped
	ends 1 as finance order set "$order" status=closed
	ends 0 as sh-sales order get "$order" --field status
	same "$out" draft
	# Neither by an import ...
	printf 'customer,date,status,external_no\n%s,2026-05-02,confirmed,A1\n' \
		"$customer" >"$BATS_TEST_TMPDIR/orders.csv"
	ends 0 as finance order import "$BATS_TEST_TMPDIR/orders.csv" --yes
	printf 'order,product,quantity,unit_price\nA1,%s,1,100.01\n' \
		"$PRODUCT" >"$BATS_TEST_TMPDIR/lines.csv"
	ends 1 as finance order_line import "$BATS_TEST_TMPDIR/lines.csv" --yes
	# ... nor on hold, however small, and in the same words.
	pays 900
	ends 1 as finance customer set "$customer" credit_hold=yes
	ends 0 as finance customer set "$customer" credit_hold=yes --reason 查
	ends 1 as sh-sales order set "$order" status=confirmed
	same "$err" "$first"
	ends 1 as finance customer set "$customer" credit_hold=no --reason 好
	logged sh-sales record.update why credit_hold
	# Two persons let it through, up to an amount.
	ends 3 as sh-sales credit release "$customer" --reason 急 --yes
	ends 0 as finance --json credit release "$customer" --amount 150 \
		--reason 款在途 --yes
	request=$(at .pending)
	ends 1 as sh-sales order set "$order" status=confirmed
	ends 3 as finance request approve "$request" --yes
	ends 0 as gm request approve "$request" --yes
	ends 0 as sh-sales order set "$order" status=confirmed
	orders 1 50
	ends 0 as finance --json customer history "$customer" \
		--field release_until
	same "$(at '.versions[0].reason')" 款在途
}

@test "I07 statement and ageing agree with what is owed, to the cent" {
	buyer 对账甲 100000
	orders 0 100.10 2026-01-31
	first=$order
	orders 0 200.20 2026-03-01
	pays 50.05 "$first"
	pays 60
	ends 0 as finance return add "customer=$customer" date=2026-06-02 \
		amount=0.25
	ends 0 as sh-sales --json customer statement "$customer" \
		--from 2026-02 --to 2026-06
	same "$(at .opening)" 100.10
	same "$(at '[.rows[].balance]|join(" ")')" \
		"300.30 250.25 190.25 190.00"
	same "$(at .closing)" 190.00
	ends 0 as sh-sales --json customer ageing "$customer" --at 2026-06-30
	# 60 and the return pay what is left of the first, then the second.
	same "$(at '[.rows[]|.open + " " + .bucket]|join(", ")')" \
		"190.00 90+"
	same "$(at '.buckets["90+"]')" 190.00
	same "$(at .balance)" 190.00
	ends 0 as sh-sales --csv customer statement "$customer"
	same "$(wc -l <<<"$out")" 6
	ends 0 as sh-sales customer ageing "$customer"
	has "$out" 190.00
	ends 3 as sh-clerk customer statement "$customer"
	ends 3 as sh-support customer ageing "$customer"
}

@test "I09 who is frozen or on the black list orders nothing" {
	buyer 冻结甲 5000
	orders 0 10
	for status in suspended blacklisted; do
		ends 0 as sh-manager customer set "$customer" "status=$status"
		ends 1 as sh-sales order add "customer=$customer" \
			date=2026-05-03
		ends 1 as sh-sales order_line add "order=$order" \
			"product=$PRODUCT" quantity=1 unit_price=1
	done
	pays 10
	# From the black list he comes back by steps, or by who may override.
	ends 1 as sh-sales customer set "$customer" status=active
	ends 1 as sh-sales customer set "$customer" status=erased
	ends 0 as sh-sales customer set "$customer" status=suspended
	ends 0 as sh-manager customer set "$customer" status=active
	ends 0 as sh-sales order add "customer=$customer" date=2026-05-03
}
