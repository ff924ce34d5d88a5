#!/usr/bin/env bats
# Help answers offline for every command, and its examples are true.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() { server_begin; }
teardown_file() { server_end; }

kehu() { "$KEHU_BIN/kehu" "$@" </dev/null; }

# All commands, a line each, as one types them.
commands() {
	kehu help | sed -n 's/^  \(.\{11\}\) \(.\{14\}\) .*/\1 \2/p' |
		grep -v '^--\|^kehu ' | sed 's/^ENTITY/customer/; s/ *$//; s/  */ /'
}

@test "every command's help ends with an example of it, in both languages" {
	local command lang last
	[ "$(commands | wc -l)" -ge 80 ]
	while read -r command; do
		for lang in en zh; do
			ends 0 kehu $command --help --lang $lang
			last=$(tail -n 1 <<<"$out")
			case $last in
			"  kehu $command" | "  kehu $command "*) ;;
			*" ${command#* } "*) ;; # of another entity
			*) same "$command: $last" "an example" ;;
			esac
		done
	done < <(commands)
}

@test "an example takes no flag that its command does not take" {
	local command flag common
	common=$(kehu help)
	while read -r command; do
		ends 0 kehu $command --help
		for flag in $(tail -n 1 <<<"$out" | grep -o -- ' --[a-z-]*'); do
			grep -qF -- "  $flag" <<<"$out$common" ||
				same "$command: $flag" "a flag of it"
		done
	done < <(commands)
}

@test "after a login the greeting names what this role does most" {
	local user
	for user in sh-clerk auditor admin; do
		ends 0 as $user login
		same "$(wc -l < <(kehu --server "127.0.0.1:$SERVER_PORT" \
			--user $user | grep '^  kehu '))" "$([ $user = auditor ] &&
			echo 4 || echo 5)"
	done
	out=$(kehu --server "127.0.0.1:$SERVER_PORT" --user sh-clerk)
	has "$out" "kehu customer add"
	out=$(kehu --server "127.0.0.1:$SERVER_PORT" --user auditor)
	lacks "$out" "kehu customer add"
	out=$(kehu --server "127.0.0.1:$SERVER_PORT" --user admin)
	has "$out" "kehu user create"
	lacks "$out" "kehu customer"
}

@test "the examples of searching run" {
	local example count=0
	while read -r example; do
		ends 0 eval "as sh-manager ${example#kehu }"
		count=$((count + 1))
	done < <(kehu help find | grep '^kehu '; kehu help output | grep '^kehu .*json')
	same $count 3
}
