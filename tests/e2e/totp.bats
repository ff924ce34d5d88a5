#!/usr/bin/env bats
# A second factor at the terminal: enrolled with a picture, asked for at login.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() { server_begin; }
teardown_file() { server_end; }

dialogue() {
	cat "$KEHU_TESTS/tools/dialogue.exp" - >"$BATS_TEST_TMPDIR/dialogue"
	expect -f "$BATS_TEST_TMPDIR/dialogue" </dev/null
}

# The code of step now + $2 of the secret in $1.
code() {
	$PYTHON - "$1" "${2:-0}" <<-'END'
		import base64, hashlib, hmac, struct, sys, time
		key = base64.b32decode(sys.argv[1].replace(" ", ""))
		step = int(time.time()) // 30 + int(sys.argv[2])
		mac = hmac.new(key, struct.pack(">q", step), hashlib.sha1).digest()
		at = mac[-1] & 15
		word = struct.unpack(">I", mac[at:at + 4])[0] & 0x7fffffff
		print("%06d" % (word % 10**6))
	END
}

private() {
	(umask 077 && cat >"$1")
}

@test "enrolled by scripts: secret as JSON, codes from a file of one's own" {
	ends 0 as sh-clerk --json totp enroll
	secret=$(at .secret)
	has "$(at .uri)" "otpauth://totp/sh-clerk?secret=$secret"
	# The next half minute's: it is good for longest.
	code "$secret" 1 | private "$BATS_TEST_TMPDIR/otp"
	KEHU_OTP_FILE=$BATS_TEST_TMPDIR/otp \
		ends 0 as sh-clerk --json totp confirm
	same "$(at '.codes|length')" 10
	at '.codes[0]' | private "$BATS_TEST_TMPDIR/recovery"
	at '.codes[1]' | private "$BATS_TEST_TMPDIR/last"

	ends 2 as sh-clerk whoami
	has "$err" KEHU_OTP_FILE
	KEHU_OTP_FILE=$BATS_TEST_TMPDIR/otp ends 3 as sh-clerk whoami
	has "$err" "was used before"
	KEHU_OTP_FILE=$BATS_TEST_TMPDIR/recovery \
		ends 0 as sh-clerk --json whoami
	same "$(at .totp)" true
	same "$(at .recovery_codes)" 9
	KEHU_OTP_FILE=$BATS_TEST_TMPDIR/recovery ends 3 as sh-clerk whoami

	ends 1 as admin user update sh-clerk --reset-totp
	ends 0 as admin user update sh-clerk --reset-totp --reason "lost"
	ends 0 as sh-clerk whoami
}

@test "at a terminal: picture, secret, first code, recovery codes; then login" {
	password=$(cat "$SERVER_HOME/passwords/sh-sales")
	export TERM=xterm
	dialogue <<-END
		set env(TERM) xterm
		kehu sh-sales --color always totp enroll
		see "\033\[47;107m  "
		expect -re {authenticator: ([A-Z2-7 ]+)}
		set secret \$expect_out(1,string)
		proc code {secret step} {
			exec $PYTHON -c {
import base64, hashlib, hmac, struct, sys, time
key = base64.b32decode(sys.argv[1].replace(" ", ""))
step = int(time.time()) // 30 + int(sys.argv[2])
mac = hmac.new(key, struct.pack(">q", step), hashlib.sha1).digest()
at = mac[-1] & 15
print("%06d" % ((struct.unpack(">I", mac[at:at + 4])[0] & 0x7fffffff) % 10**6))
			} \$secret \$step
		}
		say "recovery code > " 000000
		see "does not fit"
		say "recovery code > " [code \$secret 0]
		see "Recovery codes"
		see "The second factor is on"
		ends 0
		kehu sh-sales login
		say "recovery code > " 000000
		see "The code is wrong"
		say "recovery code > " [code \$secret 1]
		see "sh-sales (sales, SH)"
		ends 0
	END
}

@test "without colours there is the secret alone" {
	ends 0 as gm totp enroll
	has "$out" "Secret for your authenticator: "
	lacks "$out" $'\033'
	ends 0 as gm --color always --width 80 totp enroll
	has "$out" $'\033[47;107m'
	ends 0 as gm --color always --width 40 totp enroll
	has "$err" "too narrow"
}

@test "a one-time code is told with the fingerprint, on wish as a QR code" {
	begins=$(sed -n 's/.*fingerprint *\(....\)-\(....\).*/\1\2/p' \
		"$SERVER_HOME/init.out")
	ends 0 as admin --color always --width 80 user create novice \
		--role clerk --branch SH --qr
	has "$out" $'\033[47;107m'
	has "$err" "the fingerprint begins with $begins"
	ends 0 as admin --json user update novice --new-code
	at .code | private "$SERVER_HOME/passwords/novice"
	ends 0 as novice --json login
	same "$(at .must_change)" true
	ends 3 as novice customer find
	has "$err" "kehu passwd"
}
