#!/usr/bin/env bats
# A whole trading company comes in by the ordinary import commands, and its published totals come out.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() {
	if [ ! -s "${KEHU_DATA:-/nonexistent}/northwind/orders.csv" ]; then
		echo "# SKIPPED: KEHU_DATA names no directory with northwind/" >&3
		return
	fi
	export BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	server_begin
	export NW=$BATS_FILE_TMPDIR/nw
	mkdir -p "$NW"
	prepare
}
teardown_file() { server_end; }

setup() {
	[ -n "${NW:-}" ] || skip "KEHU_DATA is not set"
}

# The book asks what Northwind's tables do not say: type, category, source of
# a customer, state of an order and a product.  Columns are added, none changed.
prepare() {
	$PYTHON - "$KEHU_DATA/northwind" "$NW" <<-'END'
		import csv, sys
		source, out = sys.argv[1:]
		def copy(name, columns, values):
		    with open(f"{source}/{name}", newline="", encoding="utf-8") as f, \
		            open(f"{out}/{name}", "w", newline="", encoding="utf-8") as g:
		        rows = csv.DictReader(f)
		        w = csv.DictWriter(g, rows.fieldnames + columns)
		        w.writeheader()
		        for row in rows:
		            w.writerow({**row, **dict(zip(columns, values(row)))})
		copy("customers.csv", ["Type", "Category", "Source"],
		     lambda r: ("company", "regular", "import"))
		copy("products.csv", ["Status"], lambda r: (
		    "discontinued" if r["Discontinued"] == "1" else "active",))
		copy("orders.csv", ["Status"], lambda r: (
		    "shipped" if r["ShippedDate"] else "confirmed",))
		copy("order_details.csv", [], lambda r: ())
	END
}

import_all() {
	as loader customer import "$NW/customers.csv" --map \
CustomerID=external_no,CompanyName=name,ContactName=contact.name,\
ContactTitle=contact.title,Address=address,City=city,Region=province,\
PostalCode=postcode,Country=country,Phone=phone,Fax=fax,Type=type,\
Category=category,Source=source &&
	as loader product import "$NW/products.csv" --ignore-unmapped --map \
ProductID=external_no,ProductName=name,QuantityPerUnit=unit,\
UnitPrice=unit_price,Status=status &&
	as loader order import "$NW/orders.csv" --ignore-unmapped --map \
OrderID=external_no,CustomerID=customer,OrderDate=date,\
RequiredDate=required_date,ShippedDate=shipped_date,Freight=freight,\
ShipAddress=ship_to,Status=status &&
	as loader order_line import "$NW/order_details.csv" --map \
OrderID=order,ProductID=product,UnitPrice=unit_price,Quantity=quantity,\
Discount=discount
}

# What the book holds, by the stock client: counts and exact sums.
figures() {
	$PYTHON - "$KEHU_TESTS/tools" "$SERVER_HOME" "$SERVER_PORT" <<-'END'
		import sys
		sys.path.insert(0, sys.argv[1])
		from collections import Counter
		from decimal import Decimal, ROUND_HALF_UP
		from server import Server
		server = Server(sys.argv[2])
		server.port = int(sys.argv[3])
		def shown(x):
		    return x.quantize(Decimal("0.01"), ROUND_HALF_UP)
		with server.connect("loader") as c:
		    get = lambda entity, *fields: [
		        r["fields"] for r in c.find_all(entity, limit=1000, fields=list(fields))]
		    customers = list(c.find_all("customer", limit=1000,
		                                fields=["external_no", "receivable", "country"]))
		    code = {r["number"]: r["fields"]["external_no"] for r in customers}
		    orders = get("order", "customer", "amount", "freight", "status")
		    lines = get("order_line", "quantity", "amount", "unit_price")
		    print("customers", len(customers))
		    print("countries", len({r["fields"]["country"] for r in customers}))
		    print("contacts", len(get("contact", "name")))
		    print("products", len(get("product", "name")))
		    print("orders", len(orders))
		    print("unshipped", sum(o["status"] == "confirmed" for o in orders))
		    print("lines", len(lines))
		    print("pieces", sum(Decimal(l["quantity"]) for l in lines).normalize())
		    print("freight", sum(Decimal(o["freight"]) for o in orders))
		    gross = sum(Decimal(l["quantity"]) * Decimal(l["unit_price"]) for l in lines)
		    print("gross", shown(gross))
		    print("net by lines", shown(sum(Decimal(l["amount"]) for l in lines)))
		    print("net by orders", shown(sum(Decimal(o["amount"]) for o in orders)))
		    of = Counter()
		    for o in orders:
		        of[code[o["customer"]]] += Decimal(o["amount"])
		    for who, much in of.most_common(3):
		        print(who, shown(much))
		    print("without", ",".join(sorted(set(code.values()) - set(of))))
		    owed = {r["fields"]["external_no"]: r["fields"].get("receivable") for r in customers}
		    print("receivable QUICK", shown(Decimal(owed["QUICK"])))
	END
}

expected() {
	cat <<-'END'
		customers 91
		countries 21
		contacts 91
		products 77
		orders 830
		unshipped 21
		lines 2155
		pieces 51317
		freight 64942.69
		gross 1354458.59
		net by lines 1265793.04
		net by orders 1265793.04
		QUICK 110277.31
		ERNSH 104874.98
		SAVEA 104361.95
		without FISSA,PARIS
		receivable QUICK 110277.31
	END
}

@test "everything is imported, and the published totals come out" {
	import_all
	figures | diff <(expected) -
}

@test "importing again doubles nothing" {
	import_all
	figures | diff <(expected) -
}

@test "accents and spaces of the source are kept" {
	ends 0 as loader --json customer find 'external_no = ANTON'
	same "$(at '.rows[0].fields.name')" "Antonio Moreno Taquería"
	same "$(at '.rows[0].fields.address')" "Mataderos  2312"
}

@test "the sales report gives the same sums" {
	ends 0 as loader --json report sales group=customer
	same "$(at .total.net)" 1265793.04
	same "$(at .total.orders)" 830
	same "$(at '.rows[0].net')" 110277.31
	same "$(at '.rows[1].net')" 104874.98
	same "$(at '.rows[2].net')" 104361.95
	for group in product branch month; do
		ends 0 as loader --json report sales --by $group
		same "$(at .total.net)" 1265793.04
	done
	ends 0 as loader --json report sales --from 1997-01-02 --to 1997-12-30
	ends 0 as loader --json report sales --by month --from 1996-07-02
	same "$(at .total.net)" 1265793.04
}

@test "ABC, RFM and retention are of the same sums" {
	ends 0 as loader --json report abc
	same "$(at .total.net)" 1265793.04
	same "$(at '.rows | length')" 89
	same "$(at '.rows[0].net')" 110277.31
	same "$(at '.rows[2].upto')" 0.2524
	same "$(at '[.rows[].class] | group_by(.) | map(length) | join(" ")')" \
		"$(classes)"
	ends 0 as loader --json report rfm at=1998-05-06
	same "$(at .total.net)" 1265793.04
	same "$(at .total.orders)" 830
	same "$(at '.rows[0].r')" 5
	ends 0 as loader --json report retention period=year
	same "$(at .total.customers)" 89
}

# How many customers of each class, from the CSV files alone.
classes() {
	$PYTHON - "$KEHU_DATA/northwind" <<-'END'
		import collections, csv, sys
		from decimal import Decimal
		rows = lambda name: csv.DictReader(
		    open(f"{sys.argv[1]}/{name}", newline="", encoding="utf-8"))
		who = {o["OrderID"]: o["CustomerID"] for o in rows("orders.csv")}
		of = collections.Counter()
		for l in rows("order_details.csv"):
		    of[who[l["OrderID"]]] += Decimal(l["Quantity"]) * \
		        Decimal(l["UnitPrice"]) * (1 - Decimal(l["Discount"]))
		whole, before, count = sum(of.values()), 0, [0, 0, 0]
		for _, value in of.most_common():
		    count[(before * 100 >= 80 * whole) +
		          (before * 100 >= 95 * whole)] += 1
		    before += value
		print(*count)
	END
}

@test "a run of rules grades by the same classes" {
	local document='{"of": "customer", "metrics": {"net":
		{"label": ["净", "Net"], "sum": ["sales", "-returns"]}, "abc":
		{"label": ["类", "Class"], "class_of": "net", "limits": [80, 95]}},
		"list": [
		{"key": "a", "label": ["甲", "A"], "set": {"tags": "classA"},
		 "when": ["=", "abc", 1]},
		{"key": "b", "label": ["乙", "B"], "set": {"tags": "classB"},
		 "when": ["=", "abc", 2]},
		{"key": "c", "label": ["丙", "C"], "set": {"tags": "classC"},
		 "when": ["and", ["=", "abc", 3], [">", "net", 0]]}]}'
	ends 0 as admin call rule.apply "{\"document\": $document,
		\"declassify\": true, \"reason\": \"ABC\"}"
	ends 0 as admin --yes rule run
	for class in A B C; do
		ends 0 as loader --json customer find "tags has class$class" \
			--count
		at .count
	done | paste -sd ' ' | diff <(classes) -
}

@test "the log of the whole import verifies" {
	ends 0 as auditor --json audit verify
	same "$(at .bad)" 0
	[ "$(at .values)" -gt 10000 ]
}
