#!/usr/bin/env bats
# From nothing to a logged-in session: init, run, login, and honest refusals.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() { server_begin; }
teardown_file() { server_end; }

@test "init makes a directory that its owner alone can enter" {
	same "$(stat -c %a "$SERVER_DATA")" 700
	for file in data.mdb kehud.conf tls/ca.crt tls/ca.key tls/server.crt \
		tls/server.key keys audit.vkey; do
		[ -e "$SERVER_DATA/$file" ] || same "$file" there
	done
	same "$(stat -c %a "$SERVER_DATA/tls/ca.key")" 600
	same "$(find "$SERVER_DATA/keys" -type f -perm /077)" ""
}

@test "init says what to do next" {
	has "$(cat "$SERVER_HOME/init.out")" "kehud run"
}

@test "a second init leaves the directory alone" {
	before=$(sha256sum "$SERVER_DATA"/tls/* "$SERVER_DATA"/keys/*)
	run "$KEHU_BIN/kehud" init --dir "$SERVER_DATA" --admin other \
		--admin-password-file "$SERVER_HOME/passwords/admin"
	[ "$status" -ne 0 ]
	same "$(sha256sum "$SERVER_DATA"/tls/* "$SERVER_DATA"/keys/*)" "$before"
}

@test "init takes a schema of one's own, and makes nothing of a bad one" {
	own=$BATS_TEST_TMPDIR/own.yaml
	sed 's/max: 30,/maxx: 30,/' "$KEHU_TESTS/../server/schema/default.yaml" >"$own"
	ends 1 "$KEHU_BIN/kehud" init --dir "$BATS_TEST_TMPDIR/book" \
		--schema "$own" --admin-password-file "$SERVER_HOME/passwords/admin"
	has "$err" "customer.short_name: there is no key maxx"
	[ ! -e "$BATS_TEST_TMPDIR/book" ]
	sed -i 's/maxx: 30,/max: 31,/' "$own"
	ends 0 "$KEHU_BIN/kehud" init --dir "$BATS_TEST_TMPDIR/book" \
		--schema "$own" --admin-password-file "$SERVER_HOME/passwords/admin"
}

@test "the certificate names localhost and 127.0.0.1" {
	names=$(openssl x509 -in "$SERVER_DATA/tls/server.crt" -noout \
		-ext subjectAltName)
	has "$names" "DNS:localhost"
	has "$names" "IP Address:127.0.0.1"
}

@test "a second kehud on the same directory is refused" {
	run timeout 20 "$KEHU_BIN/kehud" run --dir "$SERVER_DATA" \
		--listen 127.0.0.1:0
	[ "$status" -ne 0 ] && [ "$status" -ne 124 ]
	ends 0 as admin whoami
}

@test "whoami tells user, roles and branch" {
	ends 0 as sh-sales --json whoami
	same "$(at .user)" sh-sales
	same "$(at '.roles|join(",")')" sales
	same "$(at .branch)" SH
}

@test "login keeps a token, so that the next command needs no password" {
	ends 0 as sh-sales login
	ends 0 "$KEHU_BIN/kehu" --server "127.0.0.1:$SERVER_PORT" --ca "$CA" \
		--user sh-sales --json whoami
	same "$(at .user)" sh-sales
	token=$(find "$HOME" -name '*.token')
	same "$(stat -c %a "$token")" 600
	ends 0 as sh-sales logout
	same "$(find "$HOME" -name '*.token')" ""
	ends 3 "$KEHU_BIN/kehu" --server "127.0.0.1:$SERVER_PORT" --ca "$CA" \
		--user sh-sales whoami </dev/null
}

@test "where nothing can be kept a login says so, and what works all the same" {
	HOME=/proc/none XDG_CONFIG_HOME= XDG_STATE_HOME= XDG_RUNTIME_DIR= \
		ends 1 as admin login
	has "$err" "could not be kept"
	has "$err" "kehu whoami --ca FILE --password-file FILE"
	HOME=/proc/none XDG_CONFIG_HOME= XDG_STATE_HOME= XDG_RUNTIME_DIR= \
		ends 0 as admin whoami
}

@test "a wrong password and an unknown user get one answer, exit 3" {
	echo "certainly not this one" >"$BATS_TEST_TMPDIR/wrong"
	chmod 600 "$BATS_TEST_TMPDIR/wrong"
	for user in sh-sales2 nobody-of-this-name; do
		ends 3 "$KEHU_BIN/kehu" --server "127.0.0.1:$SERVER_PORT" \
			--ca "$CA" --user $user --json \
			--password-file "$BATS_TEST_TMPDIR/wrong" whoami
		same "$(jq -r .code <<<"$err")" unauthenticated
		printf '%s' "$err" >"$BATS_TEST_TMPDIR/said.$user"
	done
	cmp "$BATS_TEST_TMPDIR"/said.*
}

@test "exit codes: refused 1, usage 2, denied 3, unreachable 4" {
	ends 1 as sh-manager customer get KHSH202699999
	ends 2 as sh-manager customer frobnicate
	ends 2 as sh-manager customer find --no-such-flag
	ends 3 as sh-sales audit verify
	ends 4 "$KEHU_BIN/kehu" --server 127.0.0.1:1 --ca "$CA" --user admin \
		--password-file "$SERVER_HOME/passwords/admin" whoami
}

@test "a server whose authority is not the pinned one is not trusted, exit 4" {
	openssl req -x509 -newkey ed25519 -nodes -keyout /dev/null \
		-subj /CN=other -out "$BATS_TEST_TMPDIR/other.crt" 2>/dev/null
	ends 4 "$KEHU_BIN/kehu" --server "127.0.0.1:$SERVER_PORT" \
		--ca "$BATS_TEST_TMPDIR/other.crt" --user admin \
		--password-file "$SERVER_HOME/passwords/admin" whoami
	lacks "$out" admin
}

@test "a password file that others can read is refused" {
	cp "$SERVER_HOME/passwords/sh-sales" "$BATS_TEST_TMPDIR/open"
	chmod 644 "$BATS_TEST_TMPDIR/open"
	run "$KEHU_BIN/kehu" --server "127.0.0.1:$SERVER_PORT" --ca "$CA" \
		--user sh-sales --password-file "$BATS_TEST_TMPDIR/open" whoami
	[ "$status" -ne 0 ]
}

@test "passwd changes the password; the old one is of no use" {
	echo "brand-new-Secret-2026" >"$BATS_TEST_TMPDIR/new"
	chmod 600 "$BATS_TEST_TMPDIR/new"
	ends 0 as sh-support passwd --new-password-file "$BATS_TEST_TMPDIR/new"
	ends 3 as sh-support whoami
	cp "$BATS_TEST_TMPDIR/new" "$SERVER_HOME/passwords/sh-support"
	ends 0 as sh-support whoami
}

@test "a command that lacks a word says so before it asks anything" {
	ends 2 as admin user disable
	has "$err" "kehu user disable NAME"
	ends 2 as admin access break-glass
	has "$err" "kehu access break-glass ROLE"
}

@test "a misspelt noun is refused with a near one, never answered with 0 rows" {
	ends 1 as sh-clerk custmer find 示例
	same "$out" ""
	has "$err" "There is no custmer."
	has "$err" "Did you mean:  customer"
	ends 1 as sh-clerk --json custmer find 示例
	same "$(jq -r .code <<<"$err")" unknown
	ends 1 as admin user effective sh-clerk brnch
	has "$err" "Did you mean:  branch"
	ends 2 as admin usr list
	has "$err" "kehu user list"
}

@test "what is misspelt in a report's name or a mapping is named" {
	ends 1 as sh-clerk report slaes
	has "$err" "There is no slaes."
	echo "Name,Kind" >"$BATS_TEST_TMPDIR/rows.csv"
	ends 2 as sh-clerk customer import "$BATS_TEST_TMPDIR/rows.csv" \
		--map Name=nme
	has "$err" "There is no field nme"
	has "$err" "Did you mean:  name"
}

@test "of a report's words the nearest is suggested, and what there is" {
	ends 1 as sh-manager report slaes
	has "$err" "Did you mean:  sales"
	has "$err" "There are:  abc, conversion"
	ends 1 as sh-manager report sales --by brnch
	has "$err" "Did you mean:  branch"
	has "$err" "There are:  customer, branch, owner, month, product"
	ends 1 as sh-manager report sales gruop=branch
	has "$err" "gruop: There is no such parameter."
	has "$err" "Did you mean:  group"
	ends 1 as sh-manager report abc --by clas
	has "$err" "Did you mean:  class"
	ends 1 as sh-manager report sales --by name
	has "$err" "There are:  customer, branch"
	# What he may not know of is neither offered nor near.
	ends 1 as sh-support report slaes
	lacks "$err" sales,
	ends 1 as sh-support report quality --by payment_methd
	lacks "$err" "payment_method"
}

@test "of a misspelt flag those are near that the command takes" {
	ends 2 as sh-clerk customer find --limt 4
	has "$err" "Did you mean:  --limit"
	has "$err" "kehu customer find --help"
	ends 2 as sh-clerk customer find --form 4
	lacks "$err" --from
	ends 2 as sh-clerk customer statement KH1 --form 4
	has "$err" "Did you mean:  --from"
}

@test "a misspelt field is named, not its value" {
	ends 1 as sh-clerk customer find mobil=13800138000
	has "$err" "There is no field mobil"
	has "$err" "Did you mean:  mobile (Mobile)"
	lacks "$err" 13800138000
}

@test "pinyin is understood as what it stands for" {
	ends 1 as sh-clerk customer find dengji=A
	has "$err" "Did you mean:  grade (Grade)"
	ends 1 as sh-clerk customer find khjl=sh-sales
	has "$err" "Did you mean:  owner (Owner)"
	ends 1 as sh-clerk customer add name=拼音公司 type=qiye category=pt
	has "$err" "Did you mean:  company (Company)"
	has "$err" "Did you mean:  regular (Regular)"
	ends 1 as sh-clerk dingdan find
	has "$err" "Did you mean:  order"
	# The limit (信用额度) is hidden from her.
	ends 1 as sh-clerk customer find xinyongedu=1
	lacks "$err" credit_limit
	ends 1 as sh-manager customer find xinyongedu=1
	has "$err" "credit_limit (Credit limit)"
}

@test "what a report offers to be grouped by, it takes" {
	local user name word count=0
	for user in sh-manager sh-support; do
		ends 0 as $user --json report
		at '.rows[]|.name + " " + (.words.group // [])[]' \
			>"$BATS_TEST_TMPDIR/words"
		while read -r name word; do
			ends 0 as $user report "$name" --by "$word"
			count=$((count + 1))
		done <"$BATS_TEST_TMPDIR/words"
	done
	[ $count -gt 100 ]
}

@test "of a misspelt choice the nearest is suggested" {
	ends 1 as sh-clerk customer add name=近似公司 type=compny 客户类别=普痛
	has "$err" "Did you mean:  company (Company)"
	has "$err" "Did you mean:  regular (Regular)"
	ends 1 as sh-clerk customer find 'category = vpi'
	has "$err" "Did you mean:  vip (VIP)"
	ends 1 as sh-clerk customer add name=近似公司 --source phne
	has "$err" "Did you mean:  phone (Phone)"
}

@test "what is refused is called as it was typed, with where to look it up" {
	ends 1 as sh-manager report nonsense
	has "$err" "There is no nonsense."
	has "$err" "kehu report"
	ends 1 as sh-manager tag rename custmer 甲 乙
	has "$err" "There is no custmer."
	ends 1 as sh-manager undo 999999 --yes
	has "$err" "x 999999: "
	lacks "$err" "position:"
	ends 1 as sh-manager undo nonsense
	has "$err" "request nonsense"
	has "$err" "kehu undo"
	ends 1 as sh-manager request show nonsense
	has "$err" "kehu request list"
	ends 2 as sh-manager rule get --out rules.yaml
	has "$err" "kehu rule get --help"
	ends 2 as sh-manager customer show KHSH1 KHSH2
	has "$err" "KHSH2 is one word too many."
}

@test "an account is shown to people without what is for machines" {
	ends 0 as sh-manager --json customer add name=账单公司 type=person \
		category=regular source=phone
	number=$(at .number) id=$(at .id)
	ends 0 as finance customer statement "$number"
	has "$out" "$number"
	lacks "$out" "$id"
	lacks "$out" version
	has "$err" "0 found"
	ends 0 as auditor audit verify
	lacks "$err" "0 found"
	ends 0 as sh-manager customer get "$number" --meta
	has "$out" "Confirmed by"
	ends 0 as sh-manager --lang zh customer get "$number" --meta
	has "$out" 确认人
}

@test "a word without a field to look in is an empty answer, in JSON too" {
	ends 0 as sh-clerk --json order find 示例
	same "$(at '.rows | length')" 0
}

@test "tokens and requests are listed with --all" {
	ends 0 as admin token list --all
	ends 0 as admin request list --all
}

@test "an empty list says 0 found" {
	ends 0 as admin certificate list
	same "$out" ""
	has "$err" "0 found"
}

@test "what is not UTF-8 is refused before it is sent, exit 2" {
	ends 2 as sh-clerk customer find $'\xff\xfe'
	has "$err" "is not UTF-8"
}

@test "a closed standard output is an error; nothing takes its place" {
	ends 1 bash -c 'exec "$0" "$@" >&-' "$KEHU_BIN/kehu" \
		--server "127.0.0.1:$SERVER_PORT" --ca "$CA" --user admin \
		--password-file "$SERVER_HOME/passwords/admin" user list
	has "$err" "standard output could not be written"
}

@test "kehud says what is wrong with its command line" {
	ends 2 "$KEHU_BIN/kehud" frobnicate
	has "$err" "frobnicate is no command"
	ends 2 "$KEHU_BIN/kehud" run
	has "$err" "--dir DIR, the book's folder, is missing"
	ends 2 "$KEHU_BIN/kehud" run "$SERVER_DATA" --dir "$SERVER_DATA"
	has "$err" "is one word too many"
}

@test "help and the version need no server" {
	ends 0 "$KEHU_BIN/kehu" --help
	has "$out$err" customer
	ends 0 "$KEHU_BIN/kehud" --help
	has "$out$err" init
	ends 0 "$KEHU_BIN/kehu" --version
	same "$out" "$("$KEHU_BIN/kehu" version)"
	same "kehud${out#kehu}" "$("$KEHU_BIN/kehud" --version)"
}

@test "SIGTERM ends the server with 0, and what was stored is there again" {
	export SERVER_HOME=$BATS_TEST_TMPDIR/own
	mkdir -p "$SERVER_HOME"
	server_init "$SERVER_HOME"
	server_start
	ends 0 as admin branch add code=BJ name=北京
	kill -TERM "$SERVER_PID"
	status=0
	wait "$SERVER_PID" || status=$?
	same "$status" 0
	server_start
	ends 0 as admin --json branch get BJ
	same "$(at .fields.name)" 北京
	server_stop
}
