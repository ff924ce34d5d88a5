#!/usr/bin/env bats
# read_only in kehud.conf refuses changes and nothing else, and says so.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() {
	server_begin
	as sh-sales customer add name=只读前公司 type=other category=regular \
		--source phone >/dev/null
	server_stop
	printf '\nread_only = yes\n' >>"$SERVER_DATA/kehud.conf"
	server_start
	export SERVER_PID SERVER_PORT
}
teardown_file() { server_end; }

@test "a change is refused, exit 1, and not made" {
	ends 1 as sh-sales --json customer add name=只读后公司 type=other \
		category=regular --source phone
	has "$out$err" read_only
	ends 0 as sh-sales --json customer find "name contains 只读后"
	lacks "$out" 只读后公司
}

@test "logging in, reading and previews go on" {
	ends 0 as sh-sales --json customer find "name contains 只读前"
	has "$out" 只读前公司
	ends 0 as sh-sales --json customer add name=预览公司 type=other \
		category=regular --source phone --dry-run
	ends 0 as auditor --json audit log --limit 1
}

@test "the operator is told" {
	ends 0 rpc admin server.status '{}'
	has "$out" "read_only"
}

@test "a value that is neither yes nor no stops the start" {
	server_stop
	sed -i 's/^read_only = yes/read_only = maybe/' "$SERVER_DATA/kehud.conf"
	ends 1 "$KEHU_BIN/kehud" run --dir "$SERVER_DATA"
	has "$err" "unknown key or bad value"
}
