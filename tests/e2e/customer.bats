#!/usr/bin/env bats
# A customer's life through the client: add, get, set, find, edit, history, archive.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() { server_begin; }
teardown_file() { server_end; }

# Makes a person named $1 with mobile $2; his number is in $number.
add() {
	ends 0 as sh-manager --json customer add "name=$1" type=person \
		category=regular source=phone "mobile=$2"
	number=$(at .number)
}

@test "add answers number, id, version and the stored fields" {
	ends 0 as sh-manager --json customer add name=上海示例贸易有限公司 \
		type=company category=普通 uscc=91110000600037341L \
		source=visit phone=021-52345678
	[[ $(at .number) == KHSH* ]]
	same "$(at .fields.category)" regular
	same "$(at .fields.status)" prospect
	same "$(at .fields.branch)" SH
	same "$(at .fields.owner)" sh-manager
	same "$(at '.version|type')" string
	number=$(at .number)
	ends 0 as sh-manager --json customer get "$number"
	same "$(at .fields.uscc)" 91110000600037341L
	same "$(at .fields.phone)" 021-52345678
}

@test "everything wrong is told at once, and nothing is stored" {
	ends 1 as sh-manager --json customer add type=person category=重要 \
		mobile=12345 email=a@b
	fields=$(jq -r '[.errors[].field]|unique|join(" ")' <<<"$err")
	same "$fields" "category email mobile name source"
	ends 0 as sh-manager --json customer find --where 'mobile = 12345' || :
	ends 0 as sh-manager --json customer find --count 'email = "a@b"' || :
}

@test "people are told in words, with the field's label, on standard error" {
	ends 1 as sh-manager customer add name=甲乙丙 type=person \
		category=regular source=phone mobile=1380013800
	has "$err" "Mobile"
	same "$out" ""
	ends 1 as sh-manager --lang zh customer add name=甲乙丙 type=person \
		category=regular source=phone mobile=1380013800
	has "$err" "手机"
}

@test "set changes one field and leaves the others" {
	add 张三丰 13800138000
	ends 0 as sh-manager --json customer set "$number" needs=红茶 grade=B
	ends 0 as sh-manager --json customer get "$number"
	same "$(at .fields.needs)" 红茶
	same "$(at .fields.grade)" B
	same "$(at .fields.mobile)" 13800138000
	ends 0 as sh-manager --json customer set "$number" needs=
	ends 0 as sh-manager --json customer get "$number"
	same "$(at '.fields.needs // "none"')" none
}

@test "set with a stale version is a conflict, exit 1" {
	add 李四光 13800138001
	version=$(at .version)
	ends 0 as sh-manager customer set "$number" needs=绿茶
	ends 1 as sh-manager --json customer set "$number" needs=白茶 \
		--version "$version"
	same "$(jq -r .code <<<"$err")" conflict
	ends 0 as sh-manager customer get "$number" --field needs
	same "$out" 绿茶
}

@test "a second company with the same code is duplicate, and no detail is told" {
	ends 0 as sh-manager customer add name=先来公司 type=company \
		category=vip source=visit uscc=91110000710926094P
	ends 1 as hz-manager --json customer add name=后到公司 type=company \
		category=vip source=visit uscc=91110000710926094P
	same "$(jq -r .code <<<"$err")" duplicate
	lacks "$err" 先来
	lacks "$err" KHSH
}

@test "a company without a code needs an override, a right and a reason" {
	fields=(name=无码有限公司 type=company category=regular source=visit)
	ends 1 as sh-manager --json customer add "${fields[@]}"
	has "$err" uscc_missing
	ends 1 as sh-manager --json customer add "${fields[@]}" \
		--override uscc_missing
	ends 0 as sh-manager --json customer add "${fields[@]}" \
		--override uscc_missing --reason "执照办理中"
	refused=0
	as sh-clerk customer add "${fields[@]}" --override uscc_missing \
		--reason "我也要" >/dev/null 2>&1 || refused=$?
	[ "$refused" -ne 0 ]
}

@test "find takes what people type, in keys and labels" {
	add 王五一 13800138002
	ends 0 as sh-manager customer set "$number" city=苏州 grade=A
	ends 0 as sh-manager --json customer find 'grade = A and city in (苏州, 北京)'
	same "$(at '[.rows[].number]|join(",")')" "$number"
	ends 0 as sh-manager --json customer find --where 'name contains 五一'
	same "$(at '[.rows[].number]|join(",")')" "$number"
	ends 0 as sh-manager --json customer find 'grade = A and not (city = 苏州)'
	same "$(at '.rows|length')" 0
	ends 2 as sh-manager customer find 'grade = '
}

@test "find by mobile is exact, however it is typed" {
	add 马六甲 13912345678
	ends 0 as sh-manager --json customer find 'mobile = "+86 139-1234-5678"'
	same "$(at '[.rows[].number]|join(",")')" "$number"
}

@test "find --jsonl, --csv and a limit" {
	for n in 1 2 3; do add "分页甲$n" "1370000000$n"; done
	ends 0 as sh-manager --jsonl customer find --all 'name contains 分页甲'
	same "$(wc -l <<<"$out")" 3
	jq -e .number <<<"$out" >/dev/null
	ends 0 as sh-manager --csv customer find 'name contains 分页甲' \
		--fields number,name
	same "$(wc -l <<<"$out")" 4
	same "$(head -1 <<<"$out" | tr -d '\r')" number,name
	ends 0 as sh-manager --json customer find 'name contains 分页甲' --limit 2
	same "$(at '.rows|length')" 2
	after=$(at .next)
	ends 0 as sh-manager --json customer find 'name contains 分页甲' \
		--limit 2 --after "$after"
	same "$(at '.rows|length')" 1
	same "$(at .next)" null
}

@test "edit through an editor changes what was changed there" {
	add 钱七郎 13800138003
	ends 0 as sh-manager customer set "$number" needs=红茶
	cat >"$BATS_TEST_TMPDIR/editor" <<-'END'
		#!/bin/sh
		sed -i 's/^\(needs *[:=]\).*/\1 龙井/' "$1"
	END
	chmod +x "$BATS_TEST_TMPDIR/editor"
	export EDITOR=$BATS_TEST_TMPDIR/editor VISUAL=$BATS_TEST_TMPDIR/editor
	# An editor needs a terminal; script(1) gives one.
	ends 0 script -qec "'$KEHU_BIN/kehu' --server 127.0.0.1:$SERVER_PORT \
		--ca '$CA' --user sh-manager --password-file \
		'$SERVER_HOME/passwords/sh-manager' customer edit $number --yes" \
		/dev/null
	ends 0 as sh-manager customer get "$number" --field needs
	same "$out" 龙井
}

@test "a dry run shows what would be stored and stores nothing" {
	ends 0 as sh-manager --json customer add name=只是看看 type=person \
		category=regular source=phone "mobile=+86 138 0013 8004" --dry-run
	same "$(at '.number // "none"')" none
	ends 0 as sh-manager --json customer find 'name = 只是看看'
	same "$(at '.rows|length')" 0
}

@test "history shows who changed what, when and why" {
	add 孙八戒 13800138005
	ends 0 as sh-manager customer set "$number" needs=纸箱 \
		--source visit --reason 拜访所得
	ends 0 as sh-manager --json customer history "$number"
	same "$(at '[.versions[].version]|sort|join(",")')" 1,2
	last=$(at '.versions|max_by(.version)')
	same "$(jq -r .user <<<"$last")" sh-manager
	same "$(jq -r .source <<<"$last")" visit
	same "$(jq -r .reason <<<"$last")" 拜访所得
	same "$(jq -r '.changes[]|select(.field=="needs").new' <<<"$last")" 纸箱
	ends 0 as sh-manager customer history "$number"
	has "$out" 拜访所得
	has "$out" 纸箱
}

@test "archive takes a customer out of find, unarchive brings him back" {
	add 周九龄 13800138006
	ends 2 as sh-manager customer archive "$number"
	ends 0 as sh-manager customer archive "$number" --yes --reason 搬走了
	ends 0 as sh-manager --json customer find 'name = 周九龄'
	same "$(at '.rows|length')" 0
	ends 0 as sh-manager --json customer get "$number"
	same "$(at .fields.status)" archived
	ends 0 as sh-manager customer unarchive "$number" --yes
	ends 0 as sh-manager --json customer find 'name = 周九龄'
	same "$(at '.rows|length')" 1
}

@test "the first contact is primary; children are numbered under the customer" {
	add 吴十全 13800138007
	ends 0 as sh-manager --json contact add "customer=$number" name=吴太太 \
		mobile=13800138008
	same "$(at .number)" "$number/1"
	same "$(at .fields.is_primary)" true
	ends 0 as sh-manager --json contact add "customer=$number" name=吴先生 \
		phone=021-52345679
	same "$(at .number)" "$number/2"
	same "$(at .fields.is_primary)" false
}

@test "the same request id stores once" {
	for _ in 1 2; do
		ends 0 as sh-manager --json customer add name=只一次 type=person \
			category=regular source=phone mobile=13800138009 \
			--request-id one-and-only
		at .number >>"$BATS_TEST_TMPDIR/numbers"
	done
	same "$(sort -u "$BATS_TEST_TMPDIR/numbers" | wc -l)" 1
}

@test "terminal control characters in data cannot reach the terminal" {
	ends 1 as sh-manager customer add "name=$(printf '甲\033[31m乙')" \
		type=person category=regular source=phone mobile=13800138010
	[[ $err != *$'\033'* ]]
}

@test "a name is found by any reading of its initials, and with a wrong end" {
	ends 0 as sh-manager --json customer add name=上海重庆路行业信息技术有限公司 \
		type=person category=regular source=phone
	number=$(at .number)
	for word in shzqlhyxxjs shcqlxyxxjs cqlhy zqlxyxxjz; do
		ends 0 as sh-manager customer find "$word"
		has "$out" "$number"
	done
	ends 0 as sh-manager customer find 上海重庆路行业信息技术有限公
	has "$out" "$number"
	has "$err" "none of that name; these come near"
	ends 0 as sh-manager customer find 上海重庆路行亚
	has "$out" "$number"
	ends 0 as sh-manager customer find 上海大连南路
	lacks "$out" "$number"
	# A program is never told of what it did not ask for.
	ends 0 as sh-manager --json customer find 上海重庆路行亚
	same "$(at '.rows | length')" 0
}
