#!/usr/bin/env bats
# At a terminal: first login, guided entry, the editor, the pager.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() { server_begin; }
teardown_file() { server_end; }

# Runs the dialogue on standard input by expect; its words are in
# tools/dialogue.exp.
dialogue() {
	cat "$KEHU_TESTS/tools/dialogue.exp" - >"$BATS_TEST_TMPDIR/dialogue"
	expect -f "$BATS_TEST_TMPDIR/dialogue" </dev/null
}

# A shell script at the place of the editor; its file is in $1.
editor() {
	printf '#!/bin/sh\n%s\n' "$1" >"$BATS_TEST_TMPDIR/editor"
	chmod +x "$BATS_TEST_TMPDIR/editor"
	export EDITOR=$BATS_TEST_TMPDIR/editor VISUAL=
}

# Makes a person named $1 with mobile $2; his number is in $number.
add() {
	ends 0 as sh-manager --json customer add "name=$1" type=person \
		category=regular source=phone "mobile=$2" city=上海
	number=$(at .number)
}

fingerprint() {
	sed -n 's/.*fingerprint *\([0-9A-F]\{4\}\)-\([0-9A-F]\{4\}\).*/\1\2/p' \
		"$SERVER_HOME/init.out"
}

@test "a fingerprint that does not fit ends the login, nothing is kept" {
	dialogue <<-END
		start login --server 127.0.0.1:$SERVER_PORT --user sh-clerk
		say "fingerprint > " 0000-0000
		see "does not fit"
		ends 4
	END
	[ -z "$(find "$XDG_CONFIG_HOME" -name '*.pem' 2>/dev/null)" ]
}

@test "first login: fingerprint typed, a wrong password asked again, token kept" {
	password=$(cat "$SERVER_HOME/passwords/sh-clerk")
	dialogue <<-END
		start login --server 127.0.0.1:$SERVER_PORT --user sh-clerk
		say "fingerprint > " [string tolower $(fingerprint)]
		see "fingerprint kept"
		say "one-time code (not shown) > " "wrong wrong wrong"
		see "password is wrong"
		say "one-time code (not shown) > " "$password"
		see "sh-clerk (clerk, SH)"
		ends 0
		start whoami
		see sh-clerk
		ends 0
	END
}

# Makes the account $1; its one-time code is in $code.
enroll() {
	ends 0 as admin --json user create "$1" --role clerk --branch SH
	code=$(at .code)
}

@test "first login by a one-time code: the new password is asked at once" {
	enroll newcomer
	dialogue <<-END >"$BATS_TEST_TMPDIR/first"
		start login --server 127.0.0.1:$SERVER_PORT --ca $CA --user newcomer
		say "one-time code (not shown) > " "$code"
		see "must be changed first"
		see "at least 12 characters"
		say "New password (not shown) > " "hammer and tongs"
		say "Once more > " "hammer and thongs"
		see "are not the same"
		say "New password (not shown) > " "short"
		say "Once more > " "short"
		see "use at least 12 characters"
		say "New password (not shown) > " "hammer and tongs"
		say "Once more > " "hammer and tongs"
		see "The password was changed"
		see "newcomer (clerk, SH)"
		ends 0
		start --server 127.0.0.1:$SERVER_PORT --user newcomer customer find
		see "0 found"
		ends 0
	END
	lacks "$(cat "$BATS_TEST_TMPDIR/first")" hammer
	lacks "$(cat "$BATS_TEST_TMPDIR/first")" "$code"
	lacks "$(cat "$BATS_TEST_TMPDIR/first")" "kehu passwd"
}

@test "a first login that is broken off keeps nothing, the code still serves" {
	enroll waverer
	dialogue <<-END
		start login --server 127.0.0.1:$SERVER_PORT --ca $CA --user waverer
		say "one-time code (not shown) > " "$code"
		say "New password (not shown) > " "\\004"
		see "Nothing was changed"
		ends 2
		start --server 127.0.0.1:$SERVER_PORT --user waverer login --lang zh
		say "一次性开户码 (不显示) > " "$code"
		see "至少 12 个字符"
		say "新密码 (不显示) > " "hammer and tongs"
		say "再输一次 > " "hammer and tongs"
		see "waverer (clerk, SH)"
		ends 0
	END
}

@test "a first login without a terminal asks nothing and says what to do" {
	enroll script
	(umask 077 && echo "$code" >"$SERVER_HOME/passwords/script")
	ends 0 as script login
	has "$err" "must be changed first"
	has "$err" "kehu passwd --new-password-file FILE"
	ends 0 as script --json login
	same "$(at .must_change)" true
	same "$(at .password_rule.least)" 12
}

@test "init asks a passphrase twice, and makes nothing of two that differ" {
	dialogue <<-END
		spawn -noecho $KEHU_BIN/kehud init \\
			--dir $BATS_TEST_TMPDIR/book --root-key passphrase \\
			--admin-password-file $SERVER_HOME/passwords/admin
		say "root key (not shown) > " "eight horses in a row"
		say "Once more (not shown) > " "eight houses in a row"
		see "the two differ"
		ends 2
	END
	[ ! -e "$BATS_TEST_TMPDIR/book" ]
}

@test "Ctrl-C where a password is asked for ends with 130" {
	dialogue <<-'END'
		start --server 127.0.0.1:$env(SERVER_PORT) --ca $env(CA) \
			--user sh-sales login
		say "one-time code (not shown) > " "\003"
		ends 130
	END
}

@test "guided entry: help, back, bad values, preview, change by number, save" {
	dialogue <<-'END'
		kehu sh-clerk customer add
		say "Name (required) > " "?"
		see "for example"
		say "Name (required) > " "-"
		see "a value is required"
		say "Name (required) > " "上海问答有限公司"
		say "Type (required) > " "9"
		see "one of: Company"
		say "Type (required) > " "com"
		say "USCC > " "91310115MA1K3QR738"
		see "the last character does not fit"
		say "USCC > " "!"
		say "reason > " "licence says so"
		see "Your role may not set this rule aside"
		say "USCC > " "91310115MA1K3QR736"
		say "Category (required) > " "<"
		say {USCC [91310115MA1K3QR736] > } ""
		say "Category (required) > " "Regular"
		say "Lead source (required) > " "2"
		say "City > " "上海"
		say "Landline > " "-"
		say "Mobile > " "139 1234 5678"
		say "E-mail > " ""
		say "WeChat id > " ""
		see "Preview"
		see "you typed 139 1234 5678"
		say "to change > " "99"
		see "no such row or field"
		say "to change > " "City"
		say {City [上海] > } "苏州"
		see "Preview"
		say "to change > " ""
		see "saved"
		ends 0
	END
	ends 0 as sh-manager --json customer find 'name = 上海问答有限公司'
	same "$(at '.rows[0].fields.city')" 苏州
	same "$(at '.rows[0].fields.mobile')" 13912345678
}

@test "guided entry in Chinese: a likely duplicate needs a reason" {
	add 重名测试员 13800138020
	dialogue <<-'END'
		kehu sh-manager --lang zh customer add
		say "客户名称 (必填) > " "重名测试员"
		say "客户类型 (必填) > " "geren"
		say "客户类别 (必填) > " "qz"
		say "客户来源 (必填) > " "电话"
		see "可能已有同一记录"
		say {[q 放弃] > } "c"
		say "理由 > " "同名, 已核实"
		say "城市 > " "<"
		say {客户来源 (必填) [电话] > } "1"
		say "城市 > " ""
		say "座机 > " ""
		say "手机 > " "1380013"
		see "手机为 11 位数字"
		say "手机 > " "13800138021"
		say "电子邮箱 > " ""
		say "微信号 > " ""
		say "告知同意 > " ""
		see "预览"
		say "修改 > " "y"
		see "已保存"
		ends 0
	END
	ends 0 as sh-manager --json customer find 'mobile = 13800138021'
	number=$(at '.rows[0].number')
	ends 0 as sh-manager --json customer history "$number"
	same "$(at '.versions[0].reason')" "同名, 已核实"
}

@test "guided entry given up stores nothing, exit 1" {
	dialogue <<-'END'
		kehu sh-clerk customer add
		say "Name (required) > " "放弃有限公司"
		see "Type (required) > "
		press "\004" "Nothing was changed"
		ends 1
	END
	ends 0 as sh-clerk --json customer find 'name = 放弃有限公司'
	same "$(at '.rows|length')" 0
}

@test "Ctrl-C at a question says that nothing was changed, and ends with 130" {
	add 中断甲 13800138031
	local one=$number
	add 中断乙 13800138032
	dialogue <<-END
		kehu sh-clerk customer add
		say "Name (required) > " "中断有限公司"
		see "Type (required) > "
		send "com\003"
		see "Nothing was changed"
		ends 130
		kehu sh-manager customer merge $one $number
		see "\\[1\\] "
		send "\003"
		see "Nothing was changed"
		ends 130
		kehu sh-manager customer erase $one
		see "reason > "
		send "\003"
		see "Nothing was changed"
		ends 130
		set env(XDG_CONFIG_HOME) $BATS_TEST_TMPDIR
		start --server 127.0.0.1:$SERVER_PORT --user nobody login
		see "fingerprint > "
		send "\003"
		see "nothing was sent"
		ends 130
		kehu sh-manager shell
		see "> "
		send "customer archive $one\003"
		say "> " "customer find name=nobody"
		see "0 found"
		say "> " exit
		ends 0
	END
	ends 0 as sh-manager customer get "$one" --field status
	same "$out" prospect
}

@test "typed Chinese is mended character by character; full width digits choose" {
	dialogue <<-'END'
		kehu sh-clerk customer add
		see "Name (required) > "
		send "上海贸易公司\033\[D\033\[D\177\177京贸\001新\005\r"
		say "Type (required) > " "<"
		see {Name (required) [新上海京贸公司] > }
		send "\r"
		say "Type (required) > " "３"
		see "Category (required) > "
		send "\003"
		see "Nothing was changed"
		ends 130
	END
}

@test "who may not make a record is told before he types anything" {
	dialogue <<-'END'
		kehu auditor customer add
		see "You may not do this"
		ends 3
		kehu finance customer add
		see "You may not do this"
		ends 3
	END
}

@test "without a terminal nothing is asked: all that is missing is told" {
	ends 1 as sh-clerk --json customer add
	fields=$(jq -r '[.errors[].field]|unique|join(" ")' <<<"$err")
	same "$fields" "category name source type"
}

@test "edit: a refused value is told at the terminal, then edited again" {
	add 编辑甲 13800138022
	editor 'if [ -e "$0.once" ]; then sed -i "s/^website:.*/website: https:\/\/example.com/" "$1"
		else sed -i "s/^website:.*/website: nonsense here/" "$1"; touch "$0.once"; fi'
	dialogue <<-END
		kehu sh-manager customer edit $number
		see "begins with http"
		say {[q drop] > } "e"
		see "saved"
		ends 0
	END
	ends 0 as sh-manager customer get "$number" --field website
	same "$out" https://example.com
}

@test "edit: what somebody else wrote meanwhile is shown, not overwritten unasked" {
	add 编辑乙 13800138023
	editor "sed -i 's/^city:.*/city: 无锡/' \"\$1\"
		[ -e \"\$0.done\" ] || \"$KEHU_BIN/kehu\" --server 127.0.0.1:$SERVER_PORT \
		--ca $CA --user loader --password-file $SERVER_HOME/passwords/loader \
		customer set $number city=杭州 </dev/null >/dev/null 2>&1
		touch \"\$0.done\""
	dialogue <<-END
		kehu sh-manager customer edit $number
		see "Now there"
		see "杭州"
		say {[q drop] > } "q"
		ends 1
	END
	ends 0 as sh-manager customer get "$number" --field city
	same "$out" 杭州
	dialogue <<-END
		kehu sh-manager customer edit $number
		see "saved"
		ends 0
	END
	ends 0 as sh-manager customer get "$number" --field city
	same "$out" 无锡
}

@test "edit: a line that is no field of mine is named by its number" {
	add 编辑丙 13800138024
	editor 'echo "credit_limt: 5" >>"$1"'
	dialogue <<-END
		kehu sh-manager customer edit $number
		see "credit_limt: 5"
		say {[q drop] > } ""
		ends 1
	END
	[ -z "$(find "$XDG_RUNTIME_DIR" -name '*.form')" ]
}

@test "the pager runs only for what is taller than the screen" {
	dialogue <<-'END'
		set env(KEHU_PAGER) "sed s/^/PAGED:/"
		set stty_init "rows 10 columns 80"
		start help exit-codes
		see "130"
		ends 0
		start help
		see "PAGED:"
		ends 0
		start --no-pager help
		expect {
			"PAGED:" { fail "paged although --no-pager" }
			eof {}
		}
	END
	KEHU_PAGER="sed s/^/PAGED:/" ends 0 "$KEHU_BIN/kehu" help
	lacks "$out" PAGED:
}

@test "a pipe and a terminal show the same rows" {
	add 同样内容 13800138025
	dialogue <<-'END' >"$BATS_TEST_TMPDIR/terminal"
		set stty_init "rows 50 columns 500"
		kehu sh-manager customer find 同样内容
		ends 0
	END
	ends 0 as sh-manager customer find 同样内容
	same "$(tr -d '\r' <"$BATS_TEST_TMPDIR/terminal" | grep 同样内容)" \
		"$(grep 同样内容 <<<"$out")"
}

@test "--json says the same in both languages, errors too" {
	for words in "customer find" "customer set KH0 name=x" "nosuch thing" \
		"customer archive KH0"; do
		as sh-manager --lang zh --json $words >"$BATS_TEST_TMPDIR/zh" 2>&1 || :
		as sh-manager --lang en --json $words >"$BATS_TEST_TMPDIR/en" 2>&1 || :
		cmp "$BATS_TEST_TMPDIR/zh" "$BATS_TEST_TMPDIR/en"
	done
}

@test "a lost answer names the request id; the same command again stores once" {
	local failed=0
	dialogue <<-'END' >"$BATS_TEST_TMPDIR/lost" || failed=$?
		kehu sh-manager shell
		say "> " "customer find name=nobody"
		see "0 found"
		see "> "
		exec kill -STOP $env(SERVER_PID)
		send "customer add name=断线客户 type=person category=regular source=phone mobile=13800138026 --timeout 1\r"
		see "It is not known whether"
		see "--request-id"
		exec kill -CONT $env(SERVER_PID)
		say "> " "exit"
		ends 0
	END
	kill -CONT "$SERVER_PID"
	cat "$BATS_TEST_TMPDIR/lost"
	same $failed 0
	id=$(grep -o 'request-id [0-9a-f-]*' "$BATS_TEST_TMPDIR/lost" | head -n 1)
	ends 0 as sh-manager customer add name=断线客户 type=person \
		category=regular source=phone mobile=13800138026 \
		--request-id "${id#request-id }"
	ends 0 as sh-manager --json customer find 'name = 断线客户'
	same "$(at '.rows|length')" 1
}

@test "a line that is lost at the login leaves no doubt" {
	# So much goes on that the login is under way, and no more.
	relay "$BATS_TEST_TMPDIR/kept" 300
	SERVER_PORT=$RELAY_PORT ends 4 as sh-manager --lang en --timeout 1 \
		customer archive KH1 --reason x
	has "$err" "was lost (no answer in time)"
	lacks "$err" "not known whether"
}

@test "a server under another authority is not spoken to, exit 4" {
	openssl req -x509 -newkey ed25519 -nodes -days 2 -subj /CN=other \
		-keyout "$BATS_TEST_TMPDIR/other.key" \
		-out "$BATS_TEST_TMPDIR/other.crt" 2>/dev/null
	ends 4 "$KEHU_BIN/kehu" --server "127.0.0.1:$SERVER_PORT" \
		--ca "$BATS_TEST_TMPDIR/other.crt" --user sh-manager \
		--password-file "$SERVER_HOME/passwords/sh-manager" whoami
	has "$err" "cannot be trusted"
	has "$err" "nothing was sent"
}

@test "find --all is one answer, however many pages it took" {
	for n in 1 2 3; do add "整页客户$n" "1380013803$n"; done
	ends 0 as sh-manager --json customer find --all --limit 2 \
		'name prefix 整页客户'
	same "$(at '.rows|length')" 3
	same "$(jq -s length <<<"$out")" 1
	ends 0 as sh-manager --csv customer find --all --limit 2 \
		--fields 客户名称 'name prefix 整页客户'
	same "$(head -n 1 <<<"$out" | tr -d '\r')" number,name
	same "$(wc -l <<<"$out")" 4
}

@test "merging asks for each field that differs, and a no changes nothing" {
	add 合并甲 13800138101
	local one=$number
	add 合并乙 13800138102
	local other=$number
	dialogue <<-END
		kehu sh-manager customer merge $one $other
		say "Name:  1 合并甲   2 合并乙   \[1\]" 2
		say "\[1\] " ""
		say "Merge $other into $one?" n
		see "Nothing was changed"
		ends 1
		kehu sh-manager customer merge $one $other --reason 重复
		say "2 合并乙   \[1\]" 2
		say "\[1\] " ""
		say "Merge $other into $one?" y
		see 合并乙
		ends 0
	END
	ends 0 as sh-manager --json customer get "$other"
	[ "$(at .fields.name)" = 合并乙 ]
	[ "$(at .merged_into)" = "$one" ]
}
