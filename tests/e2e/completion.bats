#!/usr/bin/env bats
# Completion in bash, zsh and fish: nouns to values, from what lies at hand.
# SPDX-License-Identifier: MIT
load ../tools/server

# The first kehu on the path answers the shells' questions, and says of all
# else the words that it was given.
setup_file() {
	server_begin
	mkdir "$BATS_FILE_TMPDIR/bin"
	cat >"$BATS_FILE_TMPDIR/bin/kehu" <<-'END'
		#!/bin/sh
		[ "$1" = __complete ] && exec "$KEHU_BIN/kehu" "$@"
		printf '<%s>' "$@"
		echo
	END
	chmod +x "$BATS_FILE_TMPDIR/bin/kehu"
	export PATH=$BATS_FILE_TMPDIR/bin:$PATH
	export KEHU_SERVER=127.0.0.1:$SERVER_PORT KEHU_USER=sh-manager
	ends 0 as sh-manager customer describe
	ends 0 as sh-clerk customer describe
	ends 0 as finance customer describe
	SCRIPTS=$(cd "$KEHU_TESTS/../client/completion" && pwd)
	export SCRIPTS
}
teardown_file() { server_end; }

offers() {
	kehu __complete -- "$@" | cut -f 1 | paste -sd ' '
}

# Types each line of standard input into the shell that the file begin starts,
# whose prompt is $1, and compares what the command was given: "typed text =>
# <word><word>".
typed() {
	local prompt=$1 line
	{
		cat "$KEHU_TESTS/tools/dialogue.exp"
		cat "$BATS_TEST_TMPDIR/begin"
		while IFS= read -r line; do
			printf 'say "%% " "%s"\nsee "\\r\\n%s"\n' \
				"${line%% => *}" "${line##* => }"
		done
		printf 'say "%% " exit\nends 0\n'
	} >"$BATS_TEST_TMPDIR/dialogue"
	PS1=$prompt expect -f "$BATS_TEST_TMPDIR/dialogue" </dev/null
}

# What every shell must make of the keys; \t is the tabulator.
lines() {
	cat <<-'END'
		kehu custo\tfi\tx => <customer><find><x>
		kehu --user sh-clerk custo\tfi\tx => <--user><sh-clerk><customer><find><x>
		kehu customer add cat\tre\tx => <customer><add><category=regular><x>
		kehu customer add source=ph\tcity=上海 cate\tvip => <customer><add><source=phone><city=上海><category=vip>
		kehu customer add 行\tx => <customer><add><行业=x>
		kehu customer find --sc\tow\tx => <customer><find><--scope><own><x>
		kehu customer find --scope=ow\tx => <customer><find><--scope=own><x>
		kehu customer find --fields name,city,gr\tx => <customer><find><--fields><name,city,gra
		kehu report sal\tgr\tbra\tx => <report><sales><group=branch><x>
		kehu help exit\tx => <help><exit-codes><x>
		kehu audit verify half.pr\tx => <audit><verify><half.proof><x>
	END
}

@test "bash completes nouns, verbs, flags, fields, values and files" {
	cd "$BATS_TEST_TMPDIR"
	touch half.proof
	cat >begin <<-'END'
		spawn -noecho bash --norc --noprofile -i
		say "% " "bind 'set enable-bracketed-paste off'; source $env(SCRIPTS)/kehu.bash"
	END
	{
		lines
		echo 'kehu customer add hy\tx => <customer><add><行业=x>'
	} | typed '% '
}

@test "bash lists what a value means" {
	cd "$BATS_TEST_TMPDIR"
	cat "$KEHU_TESTS/tools/dialogue.exp" - >dialogue <<-'END'
		spawn -noecho bash --norc --noprofile -i
		say "% " "source $env(SCRIPTS)/kehu.bash"
		see "% "
		send "kehu --lang zh customer add category=\t\t"
		see "regular  (普通)"
		send "vip\r"
		see "<category=vip>"
		say "% " exit
		ends 0
	END
	PS1='% ' expect -f dialogue </dev/null
}

@test "zsh completes nouns, verbs, flags, fields, values and files" {
	command -v zsh >/dev/null || skip "no zsh"
	cd "$BATS_TEST_TMPDIR"
	touch half.proof
	cat >begin <<-'END'
		spawn -noecho zsh -f -i
		say "% " "fpath=($env(SCRIPTS) \$fpath); autoload -Uz compinit; compinit -u -D"
	END
	{
		lines
		echo 'kehu customer add hy\tx => <customer><add><行业=x>'
	} | typed '%% '
}

@test "fish completes nouns, verbs, flags, fields, values and files" {
	command -v fish >/dev/null || skip "no fish"
	cd "$BATS_TEST_TMPDIR"
	touch half.proof
	local line want
	while IFS='|' read -r line want; do
		ends 0 fish --no-config -c "source $SCRIPTS/kehu.fish
			complete -C '$line'"
		same "$line $(head -n 1 <<<"$out" | tr '\t' '|')" "$line $want"
	done <<-'END'
		kehu custo|customer|Customer
		kehu --user sh-clerk customer fi|find|search
		kehu customer add cat|category=|Category
		kehu --lang zh customer add category=re|category=regular|普通
		kehu customer add 行|行业=|Industry
		kehu customer find --sc|--scope|range over these records alone
		kehu customer find --scope ow|own
		kehu customer find --fields name,cit|name,city|City
		kehu report sales group=bra|group=branch
		kehu help exit|exit-codes
		kehu audit verify half.pr|half.proof
	END
}

@test "a role is offered what it may know of, without the server" {
	has " $(offers --user finance customer find credit) " " credit_limit= "
	lacks " $(offers --user sh-clerk customer find credit) " credit_limit
	lacks " $(offers --user finance customer '') " " add "
	has "$(offers customer '')" "get find"
	lacks " $(offers contact '') " " dossier "
	# Nobody is asked.
	ASAN_OPTIONS=detect_leaks=0 strace -f -e trace=network -o "$BATS_TEST_TMPDIR/calls" \
		"$KEHU_BIN/kehu" __complete -- customer add c >"$BATS_TEST_TMPDIR/out"
	has "$(cat "$BATS_TEST_TMPDIR/out")" category=
	lacks "$(cat "$BATS_TEST_TMPDIR/calls")" connect
	lacks "$(cat "$BATS_TEST_TMPDIR/calls")" socket
}

@test "numbers are offered that the person himself used, of their entity" {
	ends 0 as sh-manager --json customer add name=补全甲 type=person \
		category=regular source=phone
	local number
	number=$(at .number)
	ends 0 as sh-manager customer get "$number"
	same "$(offers customer get '')" ""
	cat "$KEHU_TESTS/tools/dialogue.exp" - >"$BATS_TEST_TMPDIR/dialogue" <<-END
		kehu sh-manager customer get $number
		see 补全甲
		ends 0
		kehu sh-manager customer get KH-NONE
		ends 1
	END
	expect -f "$BATS_TEST_TMPDIR/dialogue" </dev/null
	same "$(offers customer get '')" "$number"
	same "$(offers customer set KH)" "$number"
	same "$(offers customer merge X "${number%??}")" "$number"
	same "$(offers order get '')" ""
	same "$(offers --user sh-clerk customer get '')" ""
	local file
	file=$(find "$XDG_STATE_HOME/kehu" -name '*.recent')
	same "$(stat -c %a "$file")" 600
	same "$(cat "$file")" "customer $number"
}

@test "what a shell would run or a terminal obey is never offered" {
	cd "$BATS_TEST_TMPDIR"
	export XDG_CONFIG_HOME=$PWD
	mkdir -p kehu/profiles
	touch 'kehu/profiles/good.conf' 'kehu/profiles/$(id).conf' \
		'kehu/profiles/a b.conf' $'kehu/profiles/\e[31m.conf'
	same "$(offers --profile '')" good
}
