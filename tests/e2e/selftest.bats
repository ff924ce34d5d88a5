#!/usr/bin/env bats
# kehud selftest runs beside a running book, says how it ended, and leaves nothing behind.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() { server_begin; }
teardown_file() { server_end; }

selftest() {
	"$KEHU_BIN/kehud" selftest rights --dir "$BATS_TEST_TMPDIR" "$@"
}

@test "one role, one state: alike, exit 0, nothing is left" {
	ends 0 selftest --role sales --mode normal --pairs 300 --seed 7
	has "$out" "alike"
	has "$out" "300 pairs: no answer differs."
	same "$(ls -A "$BATS_TEST_TMPDIR" | grep -c selftest)" 0
}

@test "the same seed says the same, in Chinese too" {
	one=$(KEHU_LANG=zh_CN selftest --role clerk --mode full --pairs 200 --seed 3)
	other=$(KEHU_LANG=zh_CN selftest --role clerk --mode full --pairs 200 --seed 3)
	same "$one" "$other"
	has "$one" "完全相同"
}

@test "the roles of a running book are tested as they stand" {
	own=$BATS_TEST_TMPDIR/own.yaml
	{
		as admin schema get
		echo roles:
		for role in sales support; do
			as admin role get $role | tail -n +2
		done
	} >"$own"
	ends 0 selftest --schema "$own" --mode read-only --pairs 200
	has "$out" "support"
	has "$out" "400 pairs: no answer differs."
	echo "entities: [" >"$own"
	ends 1 selftest --schema "$own" --pairs 1
}

@test "a role or state that is not there is wrong use, exit 2" {
	ends 2 selftest --role boss --pairs 1
	ends 2 selftest --mode sideways --pairs 1
	ends 2 selftest --pairs 0
	ends 2 "$KEHU_BIN/kehud" selftest nothing
}
