#!/usr/bin/env bats
# Spreadsheets as they come: every bad row is named, nothing of it is written, the mended file goes in.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() { server_begin; }
teardown_file() { server_end; }

setup() {
	file=$BATS_TEST_TMPDIR/客户台账.csv
	map=编号=external_no,名称=name,类型=type,类别=category,来源=source,手机=mobile,统一代码=uscc
}

header=编号,名称,类型,类别,来源,手机,统一代码

count() {
	ends 0 as sh-manager --json customer find --count "external_no prefix $1" ||
		ends 0 as sh-manager --json customer find --count --where \
			"external_no prefix $1"
	at .count
}

bring() {
	as sh-manager customer import "$@" --map "$map"
}

@test "UTF-8, UTF-8 with a mark and GB18030 give the same names" {
	for coding in plain mark gb; do
		printf '%s\n' "$header" \
			"$coding-1,喆囧镕个体户,个体工商户,普通,导入,13800138000," \
			>"$BATS_TEST_TMPDIR/utf8"
		case $coding in
		plain) cp "$BATS_TEST_TMPDIR/utf8" "$file" ;;
		mark) { printf '\357\273\277'; cat "$BATS_TEST_TMPDIR/utf8"; } >"$file" ;;
		gb) iconv -f UTF-8 -t GB18030 "$BATS_TEST_TMPDIR/utf8" >"$file" ;;
		esac
		ends 0 bring "$file"
		ends 0 as sh-manager --json customer find "external_no = $coding-1"
		same "$(at '.rows[0].fields.name')" 喆囧镕个体户
		same "$(at '.rows[0].fields.type')" sole_trader
		same "$(at '.rows[0].fields.source')" import
	done
}

@test "every bad row is named with line, column and reason; nothing is written" {
	printf '%s\n' "$header" \
		"bad-1,好公司甲,企业,普通,电话,,91110000600037341L" \
		"bad-2,坏手机,个人,普通,电话,1380013800," \
		"bad-3,坏代码,企业,普通,电话,,9.16E+17" \
		"bad-4,坏类别,个人,重要客户,电话,13800138001," \
		"bad-5,,个人,普通,电话,13800138002," \
		"bad-6,数字损坏,企业,普通,电话,,916201055811843000" \
		>"$file"
	ends 1 bring "$file"
	for line in 3 4 5 6 7; do
		grep -qE "(^|[^0-9])$line([^0-9]|\$)" <<<"$err$out" || same "line $line" told
	done
	has "$err$out" 手机
	has "$err$out" 统一代码
	has "$err$out" 类别
	has "$err$out" 'nothing was written'
	has "$err$out" '--errors BAD.csv'
	same "$(count bad-)" 0
}

@test "with --partial the good rows go in; the mended error file follows; nothing doubles" {
	printf '%s\n' "$header" \
		"mend-1,先进来的,个人,普通,电话,13800138011," \
		"mend-2,后补手机,个人,普通,电话,1380013," \
		"mend-3,也先进来,个人,普通,电话,13800138013," >"$file"
	ends 1 bring "$file" --partial --errors "$BATS_TEST_TMPDIR/错行.csv"
	same "$(count mend-)" 2
	same "$(grep -c mend- "$BATS_TEST_TMPDIR/错行.csv")" 1
	sed -i 's/,1380013,/,13800138012,/' "$BATS_TEST_TMPDIR/错行.csv"
	ends 0 bring "$BATS_TEST_TMPDIR/错行.csv" --ignore-unmapped
	same "$(count mend-)" 3
	ends 1 bring "$file" --partial
	same "$(count mend-)" 3
}

@test "a ragged row and an open quote are errors of the file, and nothing is written" {
	printf '%s\n' "$header" "rag-1,少列的,个人,普通" \
		"rag-2,好的,个人,普通,电话,13800138021," >"$file"
	ends 1 bring "$file"
	same "$(count rag-)" 0
	printf '%s\n' "$header" "rag-3,\"没有结尾,个人,普通,电话,13800138022," \
		"rag-4,好的,个人,普通,电话,13800138023," >"$file"
	ends 1 bring "$file"
	same "$(count rag-)" 0
}

@test "quoted commas, quotes and line ends are kept" {
	printf '%s\n%s' "编号,名称,类型,类别,来源,需求" \
		$'q-1,引号公司,other,普通,电话,"逗号,引号""和\n换行"\n' >"$file"
	ends 0 as sh-manager customer import "$file" --map \
		编号=external_no,名称=name,类型=type,类别=category,来源=source,需求=needs
	ends 0 as sh-manager --json customer find 'external_no = q-1'
	same "$(at '.rows[0].fields.needs')" $'逗号,引号"和\n换行'
}

@test "a column that is mapped to nothing is refused" {
	printf '%s\n' "$header,爱好" \
		"col-1,多一列,个人,普通,电话,13800138031,,钓鱼" >"$file"
	run bring "$file"
	[ "$status" -ne 0 ]
	has "$output" 爱好
	same "$(count col-)" 0
	ends 0 bring "$file" --ignore-unmapped
	same "$(count col-)" 1
}

@test "two columns for one field are refused, and named" {
	printf '%s\n' "$header,名称" \
		"two-1,先名,个人,普通,电话,13800138032,,后名" >"$file"
	ends 2 bring "$file"
	has "$err" "Two columns go into name: 名称 and 名称."
	same "$(count two-)" 0
}

@test "a column without a name is refused if anything is in it" {
	printf '%s\n' "$header,," \
		"non-1,无名列,个人,普通,电话,13800138033,,,钓鱼" >"$file"
	ends 2 bring "$file"
	has "$err" "These columns go nowhere: column 9"
	sed -i s/钓鱼// "$file"
	ends 0 bring "$file"
	same "$(count non-)" 1
}

@test "a dry run checks every row and writes nothing" {
	printf '%s\n' "$header" "dry-1,演习,个人,普通,电话,13800138041," >"$file"
	ends 0 bring "$file" --dry-run
	same "$(count dry-)" 0
}

@test "another row under a known former number is an error unless --update" {
	printf '%s\n' "$header" "upd-1,先名,个人,普通,电话,13800138051," >"$file"
	ends 0 bring "$file"
	sed -i s/先名/后名/ "$file"
	ends 1 bring "$file"
	ends 0 bring "$file" --update
	ends 0 as sh-manager --json customer find 'external_no = upd-1'
	same "$(at '.rows[0].fields.name')" 后名
}

@test "a field that the role may not write is refused for import as for set" {
	printf '%s\n' "编号,名称,类型,类别,来源,信用额度" \
		"lim-1,想要额度,other,普通,电话,99999" >"$file"
	run as sh-manager customer import "$file" --reason 试 --map \
		编号=external_no,名称=name,类型=type,类别=category,来源=source,信用额度=credit_limit
	[ "$status" -eq 1 ] || [ "$status" -eq 3 ]
	same "$(count lim-)" 0
}

@test "who may not make customers imports none" {
	printf '%s\n' "$header" "no-1,客服导入,个人,普通,电话,13800138061," >"$file"
	ends 3 as sh-support customer import "$file" --map "$map"
	has "$err" "not allowed"
	same "$(count no-)" 0
}

@test "thousand rows, thirty bad: all thirty are found" {
	{
		echo "$header"
		for n in $(seq 1 1000); do
			mobile=$((13700000000 + n))
			[ $((n % 33)) -ne 0 ] || mobile=12
			echo "k-$n,客户第$n,个人,普通,电话,$mobile,"
		done
	} >"$file"
	ends 1 bring "$file" --errors "$BATS_TEST_TMPDIR/bad.csv"
	has "$err" 'refused rows: '
	same "$(grep -c 'k-' "$BATS_TEST_TMPDIR/bad.csv")" 30
	same "$(count k-)" 0
}

@test "a value that only one may have is refused in the later line, however far below" {
	{
		echo "$header"
		echo "far-1,远甲有限公司,企业,普通,电话,,91110000600037341L"
		for n in $(seq 2 1500); do echo "far-$n,远方客户$n,其他,普通,电话,,"; done
		echo "far-x,远乙有限公司,企业,普通,电话,,91110000600037341l"
		echo "far-7,又是七号,其他,普通,电话,,"
		echo "far-7,还是七号,其他,普通,电话,,"
	} >"$file"
	ends 1 bring "$file" --errors "$BATS_TEST_TMPDIR/bad.csv"
	has "$(grep far-x "$BATS_TEST_TMPDIR/bad.csv")" "the same value as in line 2"
	same "$(grep -c 'the same value as in line 8' "$BATS_TEST_TMPDIR/bad.csv")" 2
	same "$(count far-)" 0
	ends 1 bring --json "$file"
	same "$(at "[.errors[] | [.line, .field, .rule]] | tojson")" \
		'[[1502,"uscc","unique"],[1503,"external_no","unique"],[1504,"external_no","unique"]]'
	# A row that is bad anyway takes no value from a later one.
	sed -i '2s/普通/没有这一类/' "$file"
	ends 1 bring --json "$file"
	same "$(at "[.errors[] | [.line, .field]] | tojson")" \
		'[[2,"category"],[1503,"external_no"],[1504,"external_no"]]'
}

@test "rows of one file that may be the same are told with both lines" {
	printf '%s\n' "$header" \
		"twin-1,上海双生贸易有限公司,其他,普通,电话,13800138071," \
		"twin-2,双生兄弟,其他,普通,电话,13800138072," \
		"twin-3,上海双生贸易（有限公司）,其他,普通,电话,+86 138 0013 8071," \
		"twin-4,双生之弟,其他,普通,电话,13800138072," \
		"twin-5,独生贸易,其他,普通,电话,13800138073," >"$file"
	ends 0 bring "$file" --dry-run
	has "$err$out" "line 4 may be the same as line 2   score 90"
	has "$err$out" "line 5 may be the same as line 3   score 60"
	lacks "$err$out" "line 6 may be"
	ends 0 bring --json "$file"
	same "$(at ".duplicates | tojson")" \
		'[{"line":4,"same_as_line":2,"score":90},{"line":5,"same_as_line":3,"score":60}]'
	same "$(count twin-)" 5
}

@test "rows of one customer are stored in the file's order, whatever lies between" {
	ends 0 as loader --json product add name=同序货
	product=$(at .number)
	printf '%s\n' "$header" 同序-1,同序甲,其他,普通,电话,, 同序-2,同序乙,其他,普通,电话,, >"$file"
	ends 0 bring "$file"
	orders=()
	for n in 0 1 2; do
		ends 0 as loader --json order add customer=同序-$((n % 2 + 1)) date=2026-01-0$((n + 1))
		orders+=("$(at .number)")
	done
	# Of three batches, each with rows of both customers.
	{
		echo 订单,行号,产品,数量,单价
		for n in $(seq 1 2100); do
			echo "${orders[$((n % 7 % 3))]},$n,$product,1,$n"
		done
	} >"$file"
	ends 0 as loader order_line import "$file" \
		--map 订单=order,行号=line,产品=product,数量=quantity,单价=unit_price
	for order in "${orders[@]}"; do
		ends 0 as loader --json order_line find "order = $order" \
			--fields line --limit 1000
		same "$(at '.rows | length >= 600')" true
		same "$(at '.rows | sort_by(.fields.line) | map(.number | sub(".*/"; "") | tonumber) | . == [range(1; length + 1)]')" true
	done
}

ROWS=8000

# How often that row is there: 1 or 0.
there() {
	ends 0 as sh-manager --json customer find --count "external_no = \"$1\""
	at .count
}

# How many customers there are.
all() {
	ends 0 as sh-manager --json customer find --count
	at .count
}

# Begins an import in the background and returns when its first row is there.
# Its later half goes nowhere: the relay passes what a dry run sends, which has
# each row once, and half as much again.
begin_import() {
	local kept=$BATS_TEST_TMPDIR/kept
	$PYTHON - "$1" $ROWS >"$file" <<-'END'
		import sys
		print("编号,名称,类型,类别,来源,手机,统一代码")
		for i in range(int(sys.argv[2])):
		    print(f"{sys.argv[1]}{i},断电客户{i},个人,普通,导入,,")
	END
	relay "$kept.dry"
	SERVER_PORT=$RELAY_PORT ends 0 bring "$file" --dry-run
	wait "$RELAY"
	relay "$kept" $(($(stat -c %s "$kept.dry.near") * 3 / 2))
	"$KEHU_BIN/kehu" --server "127.0.0.1:$RELAY_PORT" --ca "$CA" \
		--user sh-manager --password-file \
		"$SERVER_HOME/passwords/sh-manager" customer import "$file" \
		--map "$map" --timeout 600 >"$BATS_TEST_TMPDIR/first" 2>&1 \
		3>&- </dev/null &
	client=$!
	begun() {
		same "$(there "$1")" 1
	}
	eventually begun "${1}0"
}

@test "an import that was killed goes on where it was, and nothing is doubled" {
	before=$(all)
	begin_import kill-
	kill -9 $client
	wait $client || :
	same "$(there kill-$((ROWS - 1)))" 0
	ends 0 bring --json "$file"
	same "$(($(at .new) + $(at .same)))" $ROWS
	[ "$(at .same)" -gt 0 ]
	same "$(($(all) - before))" $ROWS
	ends 0 bring --json "$file"
	same "$(at .new)/$(at .same)" 0/$ROWS
}

@test "Ctrl-C ends an import with what is under way, a second one at once" {
	local got=0
	before=$(all)
	begin_import stop-
	kill -INT $client
	said() { grep -q "under way" "$BATS_TEST_TMPDIR/first"; }
	eventually said
	kill -0 $client
	kill -INT $client
	wait $client || got=$?
	same $got 130
	ends 0 bring --json "$file"
	same "$(($(at .new) + $(at .same)))" $ROWS
	same "$(($(all) - before))" $ROWS
}

@test "an import whose server dies ends with 4, and goes on when it is back" {
	local port=$SERVER_PORT got=0
	before=$(all)
	begin_import dead-
	kill -9 "$SERVER_PID"
	wait $client || got=$?
	same $got 4
	# Told once, not once for each batch that was under way; and not that
	# nothing was written.
	same "$(grep -c "^x .*connection" "$BATS_TEST_TMPDIR/first")" 1
	grep "^x stopped" "$BATS_TEST_TMPDIR/first"
	has "$(cat "$BATS_TEST_TMPDIR/first")" "again goes on from there"
	lacks "$(cat "$BATS_TEST_TMPDIR/first")" "nothing was written"
	server_start "$port"
	same "$(there dead-$((ROWS - 1)))" 0
	ends 0 bring --json "$file"
	same "$(($(at .new) + $(at .same)))" $ROWS
	same "$(($(all) - before))" $ROWS
	server_stop # teardown knows the first one alone
}
