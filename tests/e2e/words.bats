#!/usr/bin/env bats
# The client's Chinese is whole: every sentence and every rule has its words.
# SPDX-License-Identifier: MIT

words() {
	local python=/usr/bin/python3
	[ -x $python ] || python=python3
	$python "$BATS_TEST_DIRNAME/../tools/words.py" "$1"
}

@test "every sentence that the client says has a Chinese translation" {
	words sentences
}

@test "every rule key that the server answers with has Chinese words" {
	words rules
}

@test "the catalogue holds nothing that nobody says" {
	words unused
}

@test "translations take the same arguments in the same order" {
	words placeholders
}

@test "prompts name the same answer letters in both languages" {
	words letters
}
