#!/usr/bin/env bats
# What is written where: files that one names, pipes that close, full disks.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() {
	server_begin
	cd "$BATS_FILE_TMPDIR" || return 1
	{
		echo name,type,category,source
		for i in {1..200}; do
			echo "很长的名字用来把管道填满$i,person,regular,phone"
		done
	} >rows.csv
	as loader customer import rows.csv \
		--map name=name,type=type,category=category,source=source
}
teardown_file() { server_end; }
setup() { cd "$BATS_TEST_TMPDIR" || return 1; }

@test "a file in a folder that is not there is refused before anything is asked" {
	local words
	for words in "sh-manager report sales --html none/x.html" \
		"sh-manager customer export -o none/x.csv" \
		"sh-manager customer template -o none/x.csv" \
		"admin token create ERP sh-clerk -o none/x.token" \
		"loader customer import $BATS_FILE_TMPDIR/rows.csv --map name=name --errors none/x.csv"; do
		ends 2 as $words
		has "$err" "there is no folder none"
		ends 2 as $words --lang zh
		has "$err" "没有文件夹 none"
	done
	[ ! -e none ]
	ends 0 as admin token list --all
	lacks "$out" ERP
	ends 2 as sh-manager customer export -o .
	has "$err" "it is a folder"
}

@test "what is no plain file is written to, never replaced" {
	ln -s /proc/self/fd/1 out.csv
	ends 0 as sh-manager customer export --encoding utf-8 -o out.csv
	has "$out" 很长的名字用来把管道填满200
	[ -L out.csv ]
	touch real.csv
	ln -s real.csv link.csv
	ends 0 as sh-manager customer export -o link.csv
	[ -L link.csv ]
	has "$(cat real.csv)" 很长的名字用来把管道填满200
	ends 1 as sh-manager customer export -o /dev/full
	has "$err" "no space is left"
	[ -c /dev/full ]
}

@test "a disk that is full is told and ends with 1, whatever the form" {
	local form
	for form in --csv --json --jsonl --wide; do
		local status=0
		as sh-manager $form customer find --limit 200 \
			>/dev/full 2>err || status=$?
		same "$form $status" "$form 1"
		has "$(cat err)" "could not be written"
	done
}

@test "a reader that goes away early is no failure" {
	local form
	for form in --csv --json --jsonl --wide; do
		as sh-manager $form customer find --all --limit 50 2>err |
			head -n 1 >head
		same "${PIPESTATUS[0]}" 0
		same "$(wc -l <head)" 1
	done
}

@test "a stream that is closed is no other's place" {
	local status=0 client=("$KEHU_BIN/kehu" --server "127.0.0.1:$SERVER_PORT"
		--ca "$CA" --user gm --password-file "$SERVER_HOME/passwords/gm")
	# What is said there would else go into the connection, and end it.
	"${client[@]}" shell <<<$'customer find 填满200\ncustomer find 填满100' \
		>found 2>&-
	has "$(cat found)" 填满100
	ends 0 as auditor --json audit log user=gm method=session.login
	same "$(at '.rows | length')" 1
	"${client[@]}" customer find 填满200 >found 2>err <&- || status=$?
	same $status 0
	has "$(cat found)" 填满200
	as sh-manager customer find 填满200 >&- 2>err || status=$?
	same $status 1
	has "$(cat err)" "could not be written"
}

@test "what is wrong with a flag or a file is said in words" {
	ends 2 as sh-manager customer find --limit many
	has "$err" "--limit takes a whole number"
	ends 2 as sh-manager --lang zh customer find --limit many
	has "$err" "整数"
	ends 2 as loader customer import none.csv --map a=name
	has "$err" "There is no file none.csv"
}

@test "a flag of a sister command is shown where it is taken" {
	ends 2 as sh-manager customer history KH1 --at 2026-01-01
	has "$err" "kehu customer get --at"
	ends 2 as sh-manager order get 1 --limit 3
	has "$err" "kehu order find --limit"
	lacks "$err" "order dossier"
}

@test "long work is silent on a pipe, and answers SIGUSR1 with one line" {
	local kept=kept
	relay $kept 20000
	"$KEHU_BIN/kehu" --server "127.0.0.1:$RELAY_PORT" --ca "$CA" \
		--user loader --password-file "$SERVER_HOME/passwords/loader" \
		customer import "$BATS_FILE_TMPDIR/rows.csv" --timeout 600 \
		--map name=name,type=type,category=category,source=source \
		>out 2>err 3>&- </dev/null &
	local client=$!
	sent() { [ "$(stat -c %s $kept.near)" -gt 20000 ]; }
	eventually sent
	lacks "$(cat err)" checking
	kill -USR1 $client
	told() { grep -qx 'checking  0%  0/200' err; }
	eventually told
	same "$(grep -c checking err)" 1
	kill $client
	wait $client || :
}

# The cells of workbook $1, a row a line: text as it stands, a number after #.
cells() {
	$PYTHON - "$1" <<-'END'
		import re, sys, xml.etree.ElementTree as tree, zipfile
		name = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
		page = zipfile.ZipFile(sys.argv[1]).read("xl/worksheets/sheet1.xml")
		for row in tree.fromstring(page).iter(name + "row"):
		    print("|".join("".join(c.itertext()) if c.get("t") else
		                   "#" + "".join(c.itertext()) for c in row))
		for chosen in re.findall("<formula1>(.*?)</formula1>", page.decode()):
		    print("choose", chosen)
	END
}

@test "a workbook keeps codes as text, and amounts as numbers" {
	ends 0 as loader --json customer add name==SUM\(1+9\)食品 type=person \
		category=regular source=phone mobile=13800138099 \
		external_no=000123456789012345678
	local customer
	customer=$(at .number)
	ends 0 as loader --json product add name=面粉 unit_price=12.5
	local product
	product=$(at .number)
	ends 0 as loader --json order add "customer=$customer" date=2026-02-03
	local order
	order=$(at .number)
	ends 0 as loader order_line add "order=$order" \
		"product=$product" quantity=3 unit_price=1234567.89
	ends 0 as loader order set "$order" status=confirmed
	ends 0 as loader customer export "number = $customer" -o one.xlsx
	has "$err" "1 rows in one.xlsx (xlsx)"
	same "$(stat -c %a one.xlsx)" 600
	has "$(cells one.xlsx)" "$customer|000123456789012345678|=SUM(1+9)食品"
	has "$(cells one.xlsx)" "|138****8099|"
	lacks "$(cells one.xlsx)" choose
	ends 0 as loader order_line export -o lines.xlsx
	has "$(cells lines.xlsx)" "#1234567.89"
	ends 0 as gm report sales --by branch -o report.xlsx
	has "$(cells report.xlsx)" "SH"
	has "$(cells report.xlsx)" "|#3703703.67"
	ends 0 as gm --lang zh report sales --by customer -o report.csv
	has "$(cat report.csv)" $'\t=SUM(1+9)食品'
	has "$(cat report.csv)" ,3703703.67,
}

@test "an empty form as a workbook offers what may be chosen" {
	ends 0 as sh-clerk --lang zh customer template -o form.xlsx
	has "$err" 'CSV UTF-8'
	has "$(cells form.xlsx)" "客户名称|客户类型"
	has "$(cells form.xlsx)" 'choose "VIP,普通,潜在"'
	ends 0 as sh-clerk customer template -o form.xlsx
	has "$(cells form.xlsx)" 'choose "Resident id,Passport,hk'
	ends 1 as loader customer import form.xlsx
	has "$err" 'save it as "CSV UTF-8"'
}
