#!/usr/bin/env bats
# What leaves as a file: nothing in it is computed by a spreadsheet, nobody else reads it.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() { server_begin; }
teardown_file() { server_end; }

setup() {
	file=$BATS_TEST_TMPDIR/out.csv
}

@test "cells and headings that a spreadsheet would compute begin with a tab" {
	for name in '=HYPERLINK(1)公司' '+86公司' '-1+1公司'; do
		ends 0 as sh-manager customer add "name=$name" type=other \
			category=regular --source phone
	done
	ends 0 as sh-manager customer export --out "$file"
	! grep -qE '(^|,)"?[=+@-]' "$file"
	for name in '=HYPERLINK(1)公司' '+86公司' '-1+1公司'; do
		grep -qF "$(printf '\t')$name" "$file"
	done
	! head -1 "$file" | grep -qE '(^|,)"?[=+@-]'
}

@test "an exported file is its owner's alone" {
	(umask 022; ends 0 as sh-manager customer export --out "$file")
	same "$(stat -c %a "$file")" 600
}
