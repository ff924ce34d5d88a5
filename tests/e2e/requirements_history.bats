#!/usr/bin/env bats
# Where each value comes from, who changed what and why, as it was, and back again.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() { server_begin; }
teardown_file() { server_end; }

# Makes a person named $1 by $2 (sh-manager), with the fields that follow.
person() {
	local name=$1 user=${2:-sh-manager}
	shift
	[ $# -eq 0 ] || shift
	ends 0 as "$user" --json customer add "name=$name" type=person \
		category=regular source=phone "$@"
	number=$(at .number)
}

# One field of customer $1 as sh-manager sees it, more flags behind.
value() {
	local number=$1 field=$2
	shift 2
	ends 0 as sh-manager customer get "$number" --field "$field" "$@"
	printf '%s' "$out"
}

now() {
	date -u +%Y-%m-%dT%H:%M:%S.%3NZ
}

@test "R32 every change carries a source; without one the session's is recorded" {
	person 来源甲
	ends 0 as sh-manager customer set "$number" needs=红茶 --source visit
	ends 0 as sh-manager customer set "$number" needs=绿茶
	ends 0 rpc sh-manager record.update "{\"entity\": \"customer\",
		\"id\": \"$number\", \"set\": {\"needs\": \"白茶\"}}"
	ends 0 as sh-manager --json customer history "$number" --field needs
	same "$(at '[.versions[].source]|join(" ")')" "visit form form"
	ends 1 as sh-manager customer set "$number" needs=黄茶 --source hearsay
	same "$(value "$number" needs)" 白茶
}

@test "R44 a change touches the given fields alone; putting away is undone" {
	person 改删甲 sh-manager mobile=13800138044 city=苏州
	ends 0 as sh-manager customer set "$number" city=无锡
	same "$(value "$number" mobile)" 13800138044
	same "$(value "$number" city)" 无锡
	ends 0 as sh-manager customer archive "$number" --yes
	ends 0 as sh-manager --json customer find 'name = 改删甲'
	same "$(at '.rows|length')" 0
	ends 0 as sh-manager customer unarchive "$number" --yes
	same "$(value "$number" status)" prospect
	person 误建乙
	ends 0 as sh-manager --json undo
	position=$(at '.rows[0].position')
	ends 0 as sh-manager undo "$position" --reason 录重了 --yes
	ends 0 as sh-manager --json customer find --archived 'name = 误建乙'
	same "$(at '.rows|length')" 0
	ends 0 as sh-manager --json customer history "$number"
	same "$(at '.versions[-1].mark')" withdrawn
	ends 0 as sh-manager undo "$(at '.versions[-1].position')" --redo --yes
	ends 0 as sh-manager --json customer find 'name = 误建乙'
	same "$(at '.rows|length')" 1
}

@test "R62 each value tells since when it stands there, from whom and whence" {
	person 时效甲 sh-clerk mobile=13800138062
	ends 0 as sh-manager customer set "$number" mobile=13900138062 \
		--source visit
	ends 0 as sh-manager --json customer get "$number" --meta
	same "$(at .meta.mobile.set_by)" sh-manager
	same "$(at .meta.mobile.source)" visit
	same "$(at .meta.name.set_by)" sh-clerk
	[[ $(at .meta.name.confirmed_at) == 20*Z ]]
	same "$(at '.meta.credit_limit // "none"')" none
	ends 0 as sh-manager customer get "$number" --meta
	has "$out" sh-clerk
	ends 0 as sh-manager --json customer get "$number" --meta
	set_at=$(at .meta.mobile.set_at)
	ends 0 as sh-clerk customer confirm "$number" mobile --reason 电话核实
	ends 0 as sh-manager --json customer get "$number" --meta
	same "$(at .meta.mobile.set_at)" "$set_at"
	same "$(at .meta.mobile.confirmed_by)" sh-clerk
	[[ $(at .meta.mobile.confirmed_at) > $set_at ]]
	same "$(at .fields.mobile)" 13900138062
	ends 0 as sh-manager --json customer history "$number" --field mobile
	same "$(at '.versions[-1]|.reason + " " +
		(.changes[0].confirmed|tostring)')" "电话核实 true"
	ends 0 rpc auditor audit.find '{"method": "record.confirm"}'
	has "$out" sh-clerk
}

@test "R64 history --field prints the source of every value that it ever held" {
	person 字段来历 sh-manager mobile=13800138064 city=常州
	ends 0 as sh-manager customer set "$number" mobile=13900138064 \
		--source visit --reason 本人告知
	ends 0 as sh-manager customer set "$number" city=镇江
	ends 0 as sh-manager customer set "$number" mobile= --source other
	ends 0 as sh-manager --json customer history "$number" --field mobile
	same "$(at '[.versions[]|.source + ":" + (.changes[0].new // "-")]|
		join(" ")')" \
		"form:13800138064 visit:13900138064 other:-"
	ends 0 as sh-manager customer history "$number" --field mobile
	has "$out" 13900138064
	has "$out" Visit
	lacks "$out" 镇江
	ends 1 as sh-clerk --json customer history "$number" --field credit_limit
	same "$(jq -r .code <<<"$err")" unknown
}

@test "R65 marked fields demand a reason; history tells who, when, old, new, why" {
	person 要理由
	ends 1 as finance --json customer set "$number" credit_limit=50000
	has "$(jq -r '[.errors[]|.field + ":" + .rule]|join(" ")' <<<"$err")" \
		credit_limit:reason_required
	ends 0 as finance customer set "$number" credit_limit=50000 \
		--reason 首次授信
	ends 0 as finance customer set "$number" credit_limit=80000 \
		--reason 追加授信
	ends 0 as finance --json customer history "$number" --field credit_limit
	same "$(at '[.versions[]|.user + " " + (.changes[0].old // "-") + " " +
		.changes[0].new + " " + .reason]|join(",")')" \
		"finance - 50000.00 首次授信,finance 50000.00 80000.00 追加授信"
	ends 0 as finance customer history "$number" --field credit_limit
	has "$out" 追加授信
}

# What get tells of customer $1, without what belongs to the answer alone.
state_of() {
	local number=$1
	shift
	ends 0 as loader --json customer get "$number" "$@"
	jq -S 'del(.version, .at, .omitted) |
		.fields |= del(.receivable, .last_order_at, .last_paid_at,
			.last_stage_at, .last_contact_at)' \
		<<<"$out"
}

@test "R66 the record as it was then is rebuilt from its history" {
	person 重建甲 loader mobile=13800138066 city=南京 tags=甲,乙
	state_of "$number" >"$BATS_TEST_TMPDIR/0"
	now >"$BATS_TEST_TMPDIR/0.at"
	i=0
	for change in city=镇江 mobile=13900138066 tags=丙 remark=只收现金 \
		mobile= name=重建乙 city=扬州; do
		ends 0 as loader customer set "$number" "$change"
		i=$((i + 1))
		state_of "$number" >"$BATS_TEST_TMPDIR/$i"
		now >"$BATS_TEST_TMPDIR/$i.at"
	done
	for n in $(seq 0 $i); do
		state_of "$number" --at "$(cat "$BATS_TEST_TMPDIR/$n.at")" |
			diff "$BATS_TEST_TMPDIR/$n" -
	done
	same "$(value "$number" city --at 2099-01-01)" 扬州
	ends 1 as loader --json customer get "$number" --at 2000-01-01
	same "$(jq -r .code <<<"$err")" not_found
	ends 0 as auditor --json audit verify
	same "$(at .bad)" 0
}

@test "R67 every entry has user, roles, address, certificate and session" {
	cd "$BATS_TEST_TMPDIR"
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -subj /CN=desk -keyout desk.key -out desk.csr 2>/dev/null
	openssl x509 -req -in desk.csr -days 2 -CA "$CA" \
		-CAkey "$SERVER_DATA/tls/ca.key" -set_serial 9 \
		-out desk.crt 2>/dev/null
	person 责任甲
	ends 0 as sh-manager --cert desk.crt --key desk.key customer set \
		"$number" needs=红茶
	ends 0 as loader token create ERP --role clerk --reason 接口 \
		--until "$(date -d +30days +%F)" -o erp.token
	ends 0 "$KEHU_BIN/kehu" --server "127.0.0.1:$SERVER_PORT" --ca "$CA" \
		--token-file erp.token customer set "$number" city=苏州
	ends 0 as auditor --json audit log method=record.update
	entries=$(at '.entries[]? // .rows[]? | select(.result == "ok")' |
		jq -s 'sort_by(.position)[-2:]')
	same "$(jq -r '[.[].user]|join(" ")' <<<"$entries")" "sh-manager loader"
	same "$(jq -r '[.[].roles|tostring]|join(" ")' <<<"$entries" |
		tr -d '[]"')" "manager clerk"
	[ "$(jq '[.[]|select(.from|startswith("127.0.0.1:"))]|length' \
		<<<"$entries")" -eq 2 ]
	[[ $(jq -r '.[0].certificate' <<<"$entries") =~ ^[0-9a-f]{16}$ ]]
	[[ $(jq -r '.[1].token' <<<"$entries") =~ ^[0-9a-f]+$ ]]
	same "$(jq -r '.[0].token // .[1].certificate // "none"' \
		<<<"$entries")" none
}
