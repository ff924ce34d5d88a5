# SPDX-License-Identifier: MIT
# A server of one's own for a bats file.  `load ../tools/server`, then
#
#   setup_file()    { server_begin; }      init, start, branches, users
#   teardown_file() { server_end; }
#   as USER customer get ...               our client, logged in as USER
#   rpc USER METHOD JSON                   the stock client
#   eventually COMMAND ...                 until it succeeds
#   day WORDS                              the company's day, as YYYY-MM-DD
#
# Everything lies under $BATS_FILE_TMPDIR; the server is stopped by its pid.

KEHU_TESTS=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
KEHU_BIN=$(cd "$KEHU_TESTS/.." && cd "${KEHU_BUILD:-build}" && pwd)
export KEHU_TESTS KEHU_BIN
PYTHON=/usr/bin/python3
[ -x $PYTHON ] || PYTHON=python3

# The company's clocks: those of the default schema's zone, whatever this
# machine's are.
export TZ=UTC-8

# Messages in English, no colours, nothing of the caller's own profile.
client_environment() {
	export KEHU_LANG=en LC_ALL=C.UTF-8 NO_COLOR=1 HOME="$SERVER_HOME/home"
	export XDG_CONFIG_HOME="$HOME/config" XDG_STATE_HOME="$HOME/state"
	export XDG_RUNTIME_DIR="$HOME/run"
	unset KEHU_SERVER KEHU_USER KEHU_PASSWORD_FILE
	mkdir -p "$HOME/run"
	chmod 700 "$HOME" "$HOME/run"
}

day() {
	date -d "$1" +%F
}

server_init() {
	export SERVER_HOME=${1:-$BATS_FILE_TMPDIR}
	export SERVER_DATA=$SERVER_HOME/data CA=$SERVER_HOME/data/tls/ca.crt
	mkdir -p -m 700 "$SERVER_HOME/passwords"
	client_environment
	[ -s "$SERVER_HOME/passwords/admin" ] ||
		head -c 18 /dev/urandom | base64 >"$SERVER_HOME/passwords/admin"
	chmod 600 "$SERVER_HOME/passwords/admin"
	"$KEHU_BIN/kehud" init --dir "$SERVER_DATA" --admin admin \
		--admin-password-file "$SERVER_HOME/passwords/admin" \
		>"$SERVER_HOME/init.out"
}

# The ready line names the port; waiting for it reads a pipe, no clock.
server_start() {
	mkfifo "$SERVER_HOME/ready"
	"$KEHU_BIN/kehud" run --dir "$SERVER_DATA" --listen "127.0.0.1:${1:-0}" \
		>"$SERVER_HOME/ready" 2>>"$SERVER_HOME/kehud.log" 3>&- &
	SERVER_PID=$!
	local line=
	exec 8<>"$SERVER_HOME/ready"
	local deadline=$((SECONDS + 120))
	# A server that ended before it was ready says nothing more.
	while ! IFS= read -r -t 1 line <&8 && [ $SECONDS -lt $deadline ]; do
		kill -0 "$SERVER_PID" 2>/dev/null || break
	done
	# The pipe stays open, so that a later line does not end the server.
	rm "$SERVER_HOME/ready"
	SERVER_PORT=$(sed -n 's/.*127\.0\.0\.1:\([0-9]*\).*/\1/p' <<<"$line")
	export SERVER_PID SERVER_PORT
	if [ -z "$SERVER_PORT" ]; then
		echo "kehud did not start: $line" >&2
		tail -n 20 "$SERVER_HOME/kehud.log" >&2
		return 1
	fi
}

# $1: the signal, TERM unless told.
server_stop() {
	[ -n "${SERVER_PID:-}" ] || return 0
	kill "-${1:-TERM}" "$SERVER_PID" 2>/dev/null || return 0
	wait "$SERVER_PID" 2>/dev/null || while kill -0 "$SERVER_PID" 2>/dev/null
	do
		read -r -t 0.05 <> <(:) || :
	done
	SERVER_PID=
	exec 8>&-
}

# The branches and accounts that tests know.
server_people() {
	$PYTHON "$KEHU_TESTS/tools/server.py" people "$SERVER_HOME" "$SERVER_PORT"
}

server_begin() {
	server_init && server_start && server_people
}

# For claims that name a day: none begins shortly before the company's ends.
far_from_midnight() {
	while [ "$(date +%H%M)" -ge 2355 ]; do
		read -r -t 1 <> <(:) || :
	done
}

server_end() {
	server_stop
}

as() {
	local user=$1
	shift
	"$KEHU_BIN/kehu" --server "127.0.0.1:$SERVER_PORT" --ca "$CA" \
		--user "$user" \
		--password-file "$SERVER_HOME/passwords/$user" "$@" </dev/null
}

rpc() {
	local user=$1
	shift
	$PYTHON "$KEHU_TESTS/tools/kehu_rpc.py" --port "$SERVER_PORT" \
		--ca "$CA" --user "$user" \
		--password-file "$SERVER_HOME/passwords/$user" "$@"
}

# relay KEPT [MOST]: a relay before the server, see relay.py.  It takes one
# connection at $RELAY_PORT and ends with it; $RELAY is its process.
relay() {
	mkfifo "$1.port"
	$PYTHON "$KEHU_TESTS/tools/relay.py" "$SERVER_PORT" "$@" \
		>"$1.port" 3>&- &
	RELAY=$!
	read -r RELAY_PORT <"$1.port"
}

# Runs a command that must end with status $1; its streams stay apart in
# $out and $err.
ends() {
	local want=$1 got=0
	shift
	"$@" >"$BATS_TEST_TMPDIR/out" 2>"$BATS_TEST_TMPDIR/err" || got=$?
	out=$(cat "$BATS_TEST_TMPDIR/out")
	err=$(cat "$BATS_TEST_TMPDIR/err")
	[ "$got" -eq "$want" ] && return 0
	echo "exit $got, not $want: $*" >&2
	printf '%s\n' "$out" "$err" >&2
	return 1
}

# Repeats a command until it succeeds: for what comes by and by.
eventually() {
	local deadline=$((SECONDS + 120))
	until "$@"; do
		[ $SECONDS -lt $deadline ] && continue
		echo "not so within two minutes: $*" >&2
		return 1
	done
}

# The value at a jq path of $out.
at() {
	jq -r "$1" <<<"$out"
}

same() {
	[ "$1" = "$2" ] && return 0
	echo "is '$1', not '$2'" >&2
	return 1
}

has() {
	grep -qF -- "$2" <<<"$1" && return 0
	echo "'$2' is not in: $1" >&2
	return 1
}

lacks() {
	grep -qF -- "$2" <<<"$1" || return 0
	echo "'$2' is in: $1" >&2
	return 1
}
