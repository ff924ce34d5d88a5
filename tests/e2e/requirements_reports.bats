#!/usr/bin/env bats
# Reports: what the requirements of reports and analysis ask, through kehu.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() {
	export BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	server_begin && fill
}
teardown_file() { server_end; }

# A record of entity $2 as $1 with the fields that follow; its number in $made.
add() {
	local user=$1 entity=$2
	shift 2
	ends 0 as "$user" --json "$entity" add "$@"
	made=$(at .number)
}

# add_order CUSTOMER DATE PRODUCT PRICE
add_order() {
	add loader order "customer=$1" "date=$2" status=draft
	local order=$made
	add loader order_line "order=$order" "product=$3" quantity=1 \
		"unit_price=$4"
	ends 0 as loader order set "$order" status=confirmed
}

# Three customers of two branches and three salesmen, two products, a return.
fill() {
	local tea ink big middle small
	add loader product name=红茶 && tea=$made
	add loader product name=墨盒 && ink=$made
	add sh-manager customer name=大客户公司 type=other category=vip \
		source=phone owner=sh-sales && big=$made
	add sh-manager customer name=中客户公司 type=other category=regular \
		source=exhibition owner=sh-sales2 review_due_at=2020-01-01
	middle=$made
	add hz-manager customer name=小客户公司 type=other category=regular \
		source=phone owner=hz-sales && small=$made
	add hz-manager customer name=王小明 type=person category=prospect \
		source=phone owner=hz-sales
	add_order "$big" 2026-01-10 "$tea" 300.00
	add_order "$big" 2026-02-10 "$ink" 425.00
	add_order "$middle" 2026-02-20 "$tea" 200.00
	add_order "$small" 2026-03-01 "$ink" 100.00
	add loader return "customer=$big" date=2026-02-15 amount=25.00
}

# Cell $2 of the row of $out whose first column is $1.
cell() {
	jq -r --arg of "$1" --arg key "$2" '.columns[0] as $first |
		.rows[] | select(.[$first] == $of) | .[$key]' <<<"$out"
}

@test "R55 customers of high value come first, and RFM cells tell the rest" {
	ends 0 as gm --json report sales --limit 2
	same "$(at '.rows | length')" 2
	same "$(at '.rows[0].name')" 大客户公司
	same "$(at '.rows[0].net')" 700.00
	same "$(at .more)" 1
	ends 0 as gm --json report abc
	same "$(at '[.rows[].class] | join("")')" AAB
	ends 0 as gm --json report abc border=below
	same "$(at '[.rows[].class] | join("")')" ABC
	ends 0 as gm --json report rfm at=2026-03-31 bins=3
	same "$(at '.rows[] | select(.name == "大客户公司") | "\(.r)\(.f)\(.m)"')" 133
	ends 0 as gm --json report rfm at=2026-03-31 bins=3 --by cell
	same "$(at .total.customers)" 3
}

@test "R68 sales by customer, period and branch are the sums of one's own rows" {
	ends 0 as gm --json report sales --by branch
	same "$(cell SH net)" 900.00
	same "$(cell SH gross)" 925.00
	same "$(cell HZ net)" 100.00
	same "$(at .total.net)" 1000.00
	ends 0 as gm --json report sales --by month --from 2026-02 --to 2026-03
	same "$(cell 2026-02 net)" 600.00
	same "$(at .total.net)" 700.00
	ends 0 as sh-sales --json report sales
	same "$(at .total.net)" 700.00
	same "$(at '.rows | length')" 1
	ends 0 as hz-manager --json report sales --by owner
	same "$(cell hz-sales net)" 100.00
	same "$(at .total.net)" 100.00
	# Whoever may not read an input has no report, not a smaller one.
	ends 1 as sh-support report sales
	lacks "$(as sh-support report)" sales
}

@test "R69 who owes, how much is overdue, how far his limit is used, his rating" {
	ends 0 as gm --json customer find 'name = 大客户公司'
	ends 0 as finance customer set "$(at '.rows[0].number')" \
		credit_limit=1000.00 credit_grade=BB --reason 年审
	ends 0 as gm --json report credit
	same "$(at '.rows[0].name')" 大客户公司
	same "$(at '.rows[0].owed')" 700.00
	same "$(at '.rows[0].overdue')" 700.00
	same "$(at '.rows[0].usage')" 0.7000
	same "$(at '.rows[0].credit_grade')" BB
	same "$(at '.rows[1].usage')" null
	same "$(at .total.owed)" 1000.00
	ends 0 as hz-manager --json report credit
	same "$(at .total.owed)" 100.00
	# Whoever may not read limits has no such report.
	ends 1 as sh-sales report credit
	hidden=${err//credit/nonsense}
	ends 1 as sh-sales report nonsense
	same "$err" "$hidden"
	lacks "$(as sh-sales report)" credit
}

@test "R70 one customer's full report, and the profile of each class" {
	ends 0 as gm --json customer find 'name = 大客户公司'
	ends 0 as gm customer dossier "$(at '.rows[0].number')"
	has "$out" 大客户公司
	has "$out" 2026-02-10
	ends 0 as gm --json report sales --by category
	same "$(cell vip net)" 700.00
	same "$(cell vip orders)" 2
	same "$(cell regular share)" 0.3000
	ends 0 as gm --json report abc --by class border=below
	same "$(cell A customers_share)" 0.3333
	same "$(cell A net)" 700.00
	same "$(at .total.customers)" 3
}

@test "R71 products by class of customer, best sellers first" {
	ends 0 as gm --json report sales --by product,category
	same "$(at '.rows[0] | "\(.name) \(.category) \(.net)"')" "墨盒 vip 425.00"
	same "$(at '.rows[1] | "\(.name) \(.category) \(.net)"')" "红茶 vip 300.00"
	same "$(at '.rows[2] | "\(.name) \(.category) \(.net)"')" \
		"红茶 regular 200.00"
	# A return without its product stands by itself.
	same "$(at '.rows[-1] | "\(.product)\(.net)"')" "-25.00"
	ends 0 as gm --json report retention period=month
	same "$(cell 2026-02 kept)" 1
	same "$(cell 2026-02 new)" 1
	ends 0 as gm --json report conversion
	same "$(cell phone customers)" 3
	same "$(cell phone buyers)" 2
	same "$(cell exhibition conversion)" 1.0000
}

@test "R72 records are counted and summed by the fields that one may read" {
	ends 0 as gm --json order group --by status --sum amount
	same "$(at '.rows[0].count')" 4
	same "$(at '.rows[0].sum.amount')" 1025.00
	ends 0 as sh-sales --json customer group --by grade
	same "$(at .count)" 1
	ends 0 as gm --json report sales --by industry,owner
	same "$(at .total.net)" 1000.00
	ends 1 as sh-sales customer group --by credit_grade
	ends 1 as sh-sales report sales --by credit_grade
}

@test "R73 completeness, validity and overdue reviews by branch and by clerk" {
	ends 0 as gm --json report quality
	same "$(cell SH customers)" 2
	same "$(cell SH completeness)" 100.0
	same "$(cell SH overdue)" 1
	same "$(cell SH invalid)" 0
	# A person without a mobile and a note of consent: four of six.
	same "$(cell HZ completeness)" 83.0
	same "$(cell HZ complete)" 0.5000
	# What was stored before there was a rule breaks it from then on.
	ends 0 rpc admin schema.document '{}'
	jq '(.result // .).document | .entities.customer.rules += [
		{key: "short_given", refuse: "name", pattern: "[^大]*",
		 message: ["名称不用大字", "no name is big"]}]' \
		<<<"$out" >"$BATS_TEST_TMPDIR/own.yaml"
	ends 0 as admin schema apply "$BATS_TEST_TMPDIR/own.yaml" --reason x --yes
	ends 0 as gm --json report quality
	same "$(cell SH invalid)" 1
	same "$(cell HZ invalid)" 0
	ends 0 as gm --json report quality --by created_by
	same "$(cell sh-manager overdue)" 1
	same "$(cell hz-manager overdue)" 0
}

@test "R68 a report is a table, CSV and JSON, and the list has what one may run" {
	ends 0 as gm report
	for name in abc conversion credit feedback pipeline quality retention rfm sales
	do has "$out" "$name"; done
	ends 0 as gm --lang zh report feedback
	has "$out" 类别
	ends 1 as gm --lang zh report sales --from 2026-06 --to 2026-01
	has "$err" '--from: 起始日在截止日之后'
	ends 1 as gm report rfm --by class
	has "$err" '--by: '
	ends 0 as gm report sales --by branch
	has "$out" "1,000.00"
	has "$out" "100.00%"
	ends 0 as gm --csv report sales --by branch
	has "$out" "branch,name,orders,gross,returns,net,share"
	has "$out" "SH,上海总部,3,925.00,25.00,900.00,0.9000"
	# A program finds its columns also where there is no row.
	ends 0 as gm --csv report sales --by branch --to 1990-01
	same "$(tr -d '\r' <<<"$out")" "branch,name,orders,gross,returns,net,share"
	ends 0 as gm __complete report sa
	same "$out" $'sales\tSales'
	ends 0 as gm __complete report sales gr
	same "$out" group=
	ends 0 as gm __complete report sales group=br
	same "$out" group=branch
	ends 0 as gm __complete -- report sales --by pro
	same "$out" product
	ends 0 as gm __complete report rfm ties=
	same "$out" "ties=low
ties=high"
	ends 2 as gm report sales branch
	ends 1 as gm report sales --by nothing
}
