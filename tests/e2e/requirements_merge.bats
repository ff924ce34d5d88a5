#!/usr/bin/env bats
# Duplicates are found before and after they are made, and two records become one and two again.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() { server_begin; }
teardown_file() { server_end; }

# new USER NAME [FIELD=VALUE...]: its number.
new() {
	local user=$1 name=$2
	shift 2
	as "$user" customer add name="$name" type=other category=regular \
		--source phone --json "$@" | jq -r .number
}

@test "I01 a preview names what it may double, with score and reasons" {
	local number
	number=$(new sh-manager "上海查重贸易有限公司" phone=021-52345678)
	ends 0 as sh-manager customer add name="查重贸易（上海）公司" type=other \
		category=regular phone="(021) 5234 5678" --source phone \
		--dry-run --json
	[ "$(at '.duplicates[0].number')" = "$number" ]
	[ "$(at '.duplicates[0].reasons | join(",")')" = name,phone ]
	[ "$(at '.duplicates[0].score')" -ge 80 ]
	ends 0 as sh-manager customer add name="上海查重发展有限公司" type=other \
		category=regular --source phone --dry-run --json
	[ "$(at '.duplicates | length')" -eq 0 ]
	ends 0 as sh-manager customer add name="上海市查重貿易有限公司" \
		type=other category=regular --source phone --dry-run --json
	[ "$(at '.duplicates[0].number')" = "$number" ]
}

@test "I01 whoever has the same mobile may be the same" {
	local number
	number=$(new sh-manager "王查重" mobile=13800138731)
	ends 0 as sh-manager customer add name="全然不同" type=person \
		category=regular mobile="+86 138 0013 8731" --source phone \
		--dry-run --json
	[ "$(at '.duplicates[0].number')" = "$number" ]
	[ "$(at '.duplicates[0].reasons | join(",")')" = mobile ]
}

@test "I01 an import's dry run names them too" {
	new sh-manager "苏州导入五金有限公司"
	ends 0 rpc sh-manager record.batch '{"dry_run": true, "source": "import",
		"items": [{"op": "create", "entity": "customer", "fields":
		{"name": "导入五金（苏州）", "type": "other",
		 "category": "regular"}}]}'
	[ "$(at '.items[0].duplicates[0].fields.name')" = "苏州导入五金有限公司" ]
	printf '%s\n' "name,type,category" "导入五金（苏州）,other,regular" \
		"苏州毫不相干公司,other,regular" >"$BATS_TEST_TMPDIR/in.csv"
	ends 0 as sh-manager customer import "$BATS_TEST_TMPDIR/in.csv" --map \
		name=name,type=type,category=category --dry-run --json
	[ "$(at '.duplicates | length')" -eq 1 ]
	[ "$(at '.duplicates[0].line')" -eq 2 ]
	[ "$(at '.duplicates[0].score')" -ge 60 ]
	ends 0 as sh-manager customer import "$BATS_TEST_TMPDIR/in.csv" --map \
		name=name,type=type,category=category --dry-run
	[[ $err == *"rows that may be there already: 1"* ]]
}

@test "I01 the whole book is gone through for those who may, and for nobody else" {
	local one other
	one=$(new sh-manager "杭州全书仪表有限公司")
	other=$(new sh-manager "全书仪表（杭州）")
	ends 0 as sh-manager customer duplicates --json
	[ "$(at "[.rows[] | select(.record.number == \"$other\" and
		.other.number == \"$one\")] | length")" -eq 1 ]
	ends 0 as sh-manager customer duplicates "$one"
	[[ $out == *"$other"*Name* ]]
	ends 0 as sh-manager customer duplicates "$one" --least 99 --csv
	[ -z "$out" ]
	ends 0 as hz-sales customer duplicates
	[[ $err == *"No two records look like one"* ]]
	ends 1 as hz-sales customer duplicates "$one"
	ends 1 as admin customer duplicates
}

# of USER NUMBER FIELD: what it is.
of() {
	ends 0 as "$1" customer get "$2" --json
	at ".fields.$3 // \"\""
}

@test "I02 two customers become one, and two again" {
	local one other
	one=$(new sh-manager "宁波合并甲公司" city=宁波)
	other=$(new sh-manager "宁波合并乙公司" city=杭州)
	ends 0 as sh-manager contact add customer="$other" name=王合并 \
		mobile=13800138111 --json
	ends 0 rpc sh-manager customer.merge "{\"loser\": \"$other\",
		\"survivor\": \"$one\", \"reason\": \"重复\",
		\"choose\": {\"city\": \"loser\"}}"
	ends 0 as sh-manager customer get "$other" --json
	[ "$(at .fields.name)" = "宁波合并甲公司" ]
	[ "$(at .merged_into)" = "$one" ]
	[ "$(of sh-manager "$one" city)" = 杭州 ]
	ends 0 as sh-manager contact find "customer = $one" --json
	[ "$(at '.rows | length')" -eq 1 ]
	[ "$(at '.rows[0].fields.customer')" = "$one" ]
	ends 0 as sh-manager customer find 宁波合并乙 --json
	[ "$(at '.rows | length')" -eq 0 ]
	ends 0 rpc sh-manager customer.unmerge \
		"{\"loser\": \"$other\", \"reason\": \"误并\"}"
	[ "$(of sh-manager "$one" city)" = 宁波 ]
	[ "$(of sh-manager "$other" name)" = "宁波合并乙公司" ]
	ends 0 as sh-manager contact find "customer = $other" --json
	[ "$(at '.rows[0].fields.customer')" = "$other" ]
	ends 0 as auditor audit verify
}

# The primary contacts of customer $1, by number.
primaries() {
	ends 0 as sh-manager --json contact find "customer = $1"
	at '[.rows[]|select(.fields.is_primary).number]|join(" ")'
}

@test "I02 of two primary contacts the survivor's stays, parting gives back" {
	local a b contact
	a=$(new sh-manager "主联系人甲贸易有限公司")
	b=$(new sh-manager "主联系人乙贸易有限公司")
	for contact in "$a" "$a" "$b"; do
		ends 0 as sh-manager contact add "customer=$contact" name=王主联 \
			phone=021-52345678
	done
	ends 0 as sh-manager contact set "$a/2" is_primary=yes
	ends 0 rpc sh-manager customer.merge \
		"{\"loser\": \"$a\", \"survivor\": \"$b\", \"reason\": \"重复\"}"
	same "$(primaries "$b")" "$b/1"
	ends 0 as sh-manager --json contact history "$a/2" --field is_primary
	same "$(at '.versions[-1].changes[0].rule')" merger
	ends 0 rpc sh-manager customer.unmerge \
		"{\"loser\": \"$a\", \"reason\": \"误并\"}"
	same "$(primaries "$a")" "$a/2"
	same "$(primaries "$b")" "$b/1"
}

@test "I02 kehu merges and takes back" {
	local one other
	one=$(new sh-manager "湖州合并甲公司" city=湖州)
	other=$(new sh-manager "湖州合并乙公司" city=杭州 phone=0572-1234567)
	ends 2 as sh-manager customer merge "$one" "$other" --reason 重复
	ends 0 as sh-manager customer merge "$one" "$other" phone=loser \
		--reason 重复 --yes
	[[ $out == *湖州*杭州* && $out == *0572-1234567* ]]
	ends 0 as sh-manager customer get "$other"
	[[ $out == *湖州合并甲公司* && $err == *"$other was merged into $one"* ]]
	ends 0 as sh-manager customer history "$one"
	[[ $out == *"merged: $other"*湖州合并乙公司* ]]
	[ "$(of sh-manager "$one" phone)" = 0572-1234567 ]
	ends 0 as sh-manager customer unmerge "$other" --reason 误并 --yes --json
	[ "$(at .parted)" = "$other" ]
	[ "$(of sh-manager "$one" phone)" = "" ]
	ends 1 as sh-manager customer unmerge "$other" --reason 误并 --yes
	ends 1 as sh-manager customer merge "$one" "$one" --reason 重复 --yes
}

@test "I02 merging needs the right, on both" {
	local one other far
	one=$(new sh-sales "温州合并甲公司")
	other=$(new sh-sales "温州合并乙公司")
	far=$(new hz-manager "温州合并丙公司")
	ends 3 as sh-sales customer merge "$one" "$other" --reason 重复 --yes
	ends 1 rpc sh-manager customer.merge "{\"loser\": \"$far\",
		\"survivor\": \"$one\", \"reason\": \"重复\"}"
	[[ $out$err == *not_found* ]]
}
