#!/usr/bin/env bats
# SPDX-License-Identifier: MIT
# What machines log in with: tokens, and certificates of their own.

bats_require_minimum_version 1.5.0
load ../tools/server

setup_file() { server_begin; }
teardown_file() { server_end; }
setup() { cd "$BATS_TEST_TMPDIR"; }

# A command by a token's file, as a scheduled job would do it.
by_token() {
	"$KEHU_BIN/kehu" --server "127.0.0.1:$SERVER_PORT" --ca "$CA" \
		--token-file "$@"
}

make_token() {
	as loader token create ERP --role clerk --until "$(date -d +30days +%F)" \
		--reason nightly -o erp.token "$@"
}

@test "a token lies in a file of its owner's alone and logs its machine in" {
	run --separate-stderr make_token
	[ "$status" -eq 0 ]
	[ -z "$output" ]
	[[ $stderr == *"not shown again"* ]]
	[ "$(stat -c %a erp.token)" = 600 ]
	run --separate-stderr by_token erp.token whoami
	[ "$status" -eq 0 ]
	[[ $output == *"User "*" loader"* ]]
	[[ $output == *"Session "*" a machine's token"* ]]
	[[ $output == *"Token "*" ERP "* ]]
	[[ $output == *"Roles of the account "*manager* ]]
	run --separate-stderr by_token erp.token whoami --json
	[ "$(jq -c .roles <<<"$output")" = '["clerk"]' ]
	KEHU_TOKEN_FILE=erp.token run "$KEHU_BIN/kehu" \
		--server "127.0.0.1:$SERVER_PORT" --ca "$CA" whoami --json
	[ "$status" -eq 0 ]
}

@test "whoami says it in Chinese too" {
	make_token
	run --separate-stderr by_token erp.token whoami --lang zh
	[ "$status" -eq 0 ]
	[[ $output == *"会话 "*"机器令牌"* ]]
	[[ $output == *"不用则到期 "* ]]
}

@test "a token file that others can read is not used" {
	make_token
	chmod 644 erp.token
	run by_token erp.token whoami
	[ "$status" -eq 3 ]
	[[ $output == *"can be read by others"* ]]
}

@test "a token from another network, or revoked, opens nothing" {
	make_token --network 10.1.0.0/16,2001:db8::/32
	run by_token erp.token whoami
	[ "$status" -eq 3 ]
	[[ $output == *"does not take the token"* ]]
	rm erp.token
	make_token --network 127.0.0.0/8
	by_token erp.token whoami
	id=$(by_token erp.token whoami --json | jq -r .token.id)
	as loader token list | grep -q "$id"
	as loader token revoke "$id" --yes
	run by_token erp.token whoami
	[ "$status" -eq 3 ]
	run as loader token list --json
	[[ $output != *"$id"* ]]
}

@test "a machine's token is in no file of the server" {
	make_token
	by_token erp.token whoami
	run grep -rqF "$(cat erp.token)" "$SERVER_HOME/data" "$SERVER_HOME/kehud.log"
	[ "$status" -ne 0 ]
}

@test "a key is made where it is used, signed by the book, and bound" {
	run --separate-stderr "$KEHU_BIN/kehu" certificate request office
	[ "$status" -eq 0 ]
	[ "$(stat -c %a office.key)" = 600 ]
	[[ $stderr == *"kehud certificate"* ]]
	run ! "$KEHU_BIN/kehu" certificate request office
	"$KEHU_BIN/kehud" certificate --dir "$SERVER_DATA" \
		--request office.csr >office.crt 2>said
	openssl verify -purpose sslclient -CAfile "$CA" office.crt
	digest=$(sed -n 's/^key *//p' said)
	as admin certificate add sh-clerk office.crt --reason "own machine"
	as admin certificate list | grep -q "$digest"
	run as sh-clerk whoami
	[ "$status" -eq 3 ]
	as sh-clerk --cert office.crt --key office.key whoami |
		grep "^Certificate .* bound$"
	# A login remembers which certificate it was.
	flags=(--server "127.0.0.1:$SERVER_PORT" --user sh-clerk --ca "$CA")
	"$KEHU_BIN/kehu" "${flags[@]}" --cert office.crt --key office.key login \
		--password-file "$SERVER_HOME/passwords/sh-clerk"
	cd /
	"$KEHU_BIN/kehu" "${flags[@]}" whoami
	"$KEHU_BIN/kehu" "${flags[@]}" logout
	cd "$BATS_TEST_TMPDIR"
	as admin certificate remove sh-clerk "$digest"
	as sh-clerk whoami
}

@test "kehud signs no request that does not prove its key" {
	"$KEHU_BIN/kehu" certificate request office
	openssl req -in office.csr -outform DER -out office.der
	size=$(stat -c %s office.der)
	last=$(tail -c 1 office.der | od -An -tu1)
	printf "\\x$(printf %02x $((last ^ 1)))" |
		dd of=office.der bs=1 seek=$((size - 1)) conv=notrunc 2>/dev/null
	{
		echo "-----BEGIN CERTIFICATE REQUEST-----"
		base64 office.der
		echo "-----END CERTIFICATE REQUEST-----"
	} >bad.csr
	run ! "$KEHU_BIN/kehud" certificate --dir "$SERVER_DATA" --request bad.csr
	[[ $output != *BEGIN* ]]
	run ! "$KEHU_BIN/kehud" certificate --dir "$SERVER_DATA" --request none.csr
}

@test "logout --all ends the logins of other machines" {
	flags=(--server "127.0.0.1:$SERVER_PORT" --user sh-sales --ca "$CA")
	file=$SERVER_HOME/passwords/sh-sales
	"$KEHU_BIN/kehu" "${flags[@]}" login --password-file "$file"
	export XDG_RUNTIME_DIR=$PWD/other
	mkdir -m 700 other
	"$KEHU_BIN/kehu" "${flags[@]}" login --password-file "$file"
	"$KEHU_BIN/kehu" "${flags[@]}" logout --all
	export XDG_RUNTIME_DIR=$HOME/run
	run "$KEHU_BIN/kehu" "${flags[@]}" whoami
	[ "$status" -eq 3 ]
}
