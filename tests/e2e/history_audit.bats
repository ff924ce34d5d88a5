#!/usr/bin/env bats
# Who did what, when, from where and why is on record, and cannot be altered unseen.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() {
	server_begin
	ends 0 as sh-manager --json customer add name=审计对象 type=person \
		category=regular source=phone mobile=13800138000 \
		--reason 展会名片
	export NUMBER
	NUMBER=$(at .number)
	ends 0 as sh-manager customer set "$NUMBER" mobile=13900139000 \
		--source visit --reason 本人告知换号
	ends 0 as finance customer set "$NUMBER" credit_limit=733019 \
		credit_grade=AA --reason 年度授信
}
teardown_file() { server_end; }

# ends() needs a test's directory; in setup_file there is only the file's.
BATS_TEST_TMPDIR=${BATS_TEST_TMPDIR:-$BATS_FILE_TMPDIR}

@test "history: who, when, from where, source, reason, old and new" {
	ends 0 as sh-manager --json customer history "$NUMBER"
	change=$(at '[.versions[]|select(.changes[]|.field=="mobile" and
		.old=="13800138000")][0]')
	same "$(jq -r .user <<<"$change")" sh-manager
	same "$(jq -r .source <<<"$change")" visit
	same "$(jq -r .reason <<<"$change")" 本人告知换号
	has "$(jq -r .from <<<"$change")" 127.0.0.1
	[[ $(jq -r .at <<<"$change") =~ ^20..-..-..T..:..:..\....Z$ ]]
	same "$(jq -r '.changes[]|select(.field=="mobile").new' <<<"$change")" \
		13900139000
}

@test "history hides what the reader may not see, and that it changed" {
	ends 0 as sh-clerk --json customer history "$NUMBER"
	lacks "$out" credit_limit
	lacks "$out" credit_grade
	lacks "$out" 733019
	lacks "$out" 年度授信
	ends 0 as finance --json customer history "$NUMBER"
	has "$out" 733019
	lacks "$out" 13900139000
	has "$out" '139****9000'
}

@test "history's versions are numbered for the reader without a gap" {
	for user in sh-clerk finance; do
		ends 0 as $user --json customer history "$NUMBER"
		same "$(at '[.versions[].version]|sort == [range(1; length + 1)]')" true
	done
}

@test "the auditor finds the entry of a change, and no value in it" {
	ends 0 as auditor --json audit log
	has "$out" record.update
	has "$out" sh-manager
	lacks "$out" 13900139000
	lacks "$out" 733019
	lacks "$out" 本人告知换号
}

@test "a read of a credit limit is on record before it is answered" {
	reads() {
		rpc auditor audit.find '{"user": "finance", "limit": 1000,
			"method": "record.get"}' | grep -o credit_limit | wc -l
	}
	before=$(reads)
	ends 0 as finance customer get "$NUMBER" --field credit_limit
	same "$(reads)" $((before + 1))
}

@test "a refused request is on record" {
	refusal() {
		rpc auditor audit.find '{"user": "sh-sales", "limit": 1000}' |
			jq -e '.rows[] | select(.result == "denied")' >/dev/null
	}
	ends 3 as sh-sales audit verify
	eventually refusal
}

@test "audit verify counts what it checked, exit 0" {
	ends 0 as auditor --json audit verify
	same "$(at .bad)" 0
	[ "$(at .entries)" -gt 5 ]
	[ "$(at .values)" -gt 5 ]
}

@test "an old checkpoint is consistent with the log of today" {
	ends 0 as auditor audit checkpoint -o "$BATS_TEST_TMPDIR/old" ||
		rpc auditor audit.checkpoint | jq -j .note >"$BATS_TEST_TMPDIR/old"
	[ -s "$BATS_TEST_TMPDIR/old" ] ||
		rpc auditor audit.checkpoint | jq -j .note >"$BATS_TEST_TMPDIR/old"
	ends 0 as sh-manager customer set "$NUMBER" needs=新
	ends 0 as auditor audit verify --checkpoint "$BATS_TEST_TMPDIR/old"
	sed -i '3s/^..../AAAA/' "$BATS_TEST_TMPDIR/old"
	ends 5 as auditor audit verify --checkpoint "$BATS_TEST_TMPDIR/old"
}

# Starts a server over a copy in which one row of table $1, the $2-th from the
# end, was altered, and demands that this is found.
tampered() {
	export SERVER_HOME=$BATS_TEST_TMPDIR/copy
	mkdir -p "$SERVER_HOME"
	cp -a "$BATS_FILE_TMPDIR/passwords" "$SERVER_HOME/"
	client_environment
	server_end_of_file_copy "$SERVER_HOME/data"
	export SERVER_DATA=$SERVER_HOME/data CA=$SERVER_HOME/data/tls/ca.crt
	if [ -n "${1:-}" ]; then
		# Stopped in order: the data file needs no journal any more.
		server_start && server_stop
		$PYTHON "$KEHU_TESTS/tools/tamper.py" "$SERVER_DATA" "$@"
	fi
	server_start || return 9
	status=0
	as auditor --json audit verify >"$BATS_TEST_TMPDIR/out" 2>&1 || status=$?
	server_stop
	return $status
}

# A quiet server's file can be copied: nothing writes while nobody asks.
server_end_of_file_copy() {
	cp -a "$BATS_FILE_TMPDIR/data" "$1"
	rm -f "$1"/*lock*
}

@test "the untouched copy verifies" {
	tampered
}

@test "an altered row is found, exit 5" {
	status=0
	tampered row 0 || status=$?
	same "$status" 5
}

@test "an altered history row is found, exit 5" {
	status=0
	tampered history 0 || status=$?
	same "$status" 5
}

# What came within the last second before the copy may not be signed yet: an
# entry well before that.
@test "people read of records in words, machines what the log has" {
	ends 0 as sh-manager --json customer add name=日志公司 type=other \
		category=regular source=phone city=上海
	id=$(at .id)
	ends 0 as auditor audit log user=sh-manager --limit 5
	has "$out" "Written: Customer $id ("
	lacks "$out" '{"'
	ends 0 as auditor --lang zh audit log user=sh-manager --limit 5
	has "$out" "涉及资料"
	has "$out" "写入: 客户"
	ends 0 as auditor --json audit log user=sh-manager --limit 5
	same "$(at '[.rows[].records[]?.touch]|unique|join(" ")')" write
}

@test "an altered log entry is found, or the server refuses to start" {
	status=0
	tampered log 40 || status=$?
	[ "$status" -eq 5 ] || [ "$status" -eq 9 ]
}
