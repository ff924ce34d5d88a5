#!/usr/bin/env bats
# How data gets in: forms and checks, the company's own rules, preview and confirmation, import.
# SPDX-License-Identifier: MIT
load ../tools/server
load ../tools/customers

setup_file() { far_from_midnight && server_begin; }
teardown_file() { server_end; }

setup() { cd "$BATS_TEST_TMPDIR"; }

# What went wrong, as "field:rule ...".
faults() {
	jq -r '[.errors[]|.field + ":" + .rule]|unique|join(" ")' <<<"$err"
}

# A new person of sh-manager's; his number is in $number.
person() {
	ends 0 as sh-manager --json customer add "name=$1" type=person \
		category=regular source=phone "${@:2}"
	number=$(at .number)
}

# A counter of five digits ends each number.
counter() {
	echo $((10#${1: -5}))
}

@test "R26 old orders come in with their dates, and the day of entry is kept beside" {
	person 老客户
	$PYTHON - "$number" >old.csv <<-'END'
		import sys
		print("单号,客户,日期,状态")
		for i in range(10000):
		    print(f"OLD-{i},{sys.argv[1]},20{16 + i % 9:02}-0{1 + i % 9}-15,已完成")
	END
	before=$(date -u +%F)
	ends 0 as sh-manager --json order import old.csv \
		--map 单号=external_no,客户=customer,日期=date,状态=status
	same "$(at .new)" 10000
	ends 0 as sh-manager --json order find external_no=OLD-9999
	same "$(at '.rows[0].fields.date')" 2016-01-15
	has "$before $(date -u +%F)" "$(at '.rows[0].fields.created_at[0:10]')"
	ends 0 as sh-manager --json order find --count --limit 1 \
		'date < 2020-01-01'
	same "$(at .count)" 4445
	same "$(value "$number" last_order_at)" 2024-09-15
	ends 0 as sh-manager --json order import old.csv \
		--map 单号=external_no,客户=customer,日期=date,状态=status
	same "$(at .new)/$(at .same)" 0/10000
}

# Puts the values FIELD=VALUE ... into a row under the template $1.
fill_sheet() {
	$PYTHON - "$@" <<-'END'
		import csv, sys
		path, *values = sys.argv[1:]
		with open(path, newline="", encoding="utf-8-sig") as f:
		    header = next(csv.reader(f))
		values = dict(v.split("=", 1) for v in values)
		assert not set(values) - set(header), set(values) - set(header)
		with open(path, "a", newline="", encoding="utf-8") as f:
		    csv.writer(f).writerow([values.get(h, "") for h in header])
	END
}

@test "R35 a template has the fields one may fill in, and comes back as it is" {
	ends 0 as sh-clerk --lang zh customer template -o 模板.csv
	same "$(head -c 3 模板.csv | od -An -tx1 | tr -d ' ')" efbbbf
	has "$(head -n 1 模板.csv)" 客户名称
	has "$(sed -n 2p 模板.csv)" "必填"
	has "$(sed -n 2p 模板.csv)" "企业 / 个体工商户"
	lacks "$(cat 模板.csv)" 信用额度
	lacks "$(cat 模板.csv)" 客户编号
	# Nothing is in it yet.
	ends 0 as sh-clerk --json --lang zh customer import 模板.csv
	same "$(at .rows)" 0
	fill_sheet 模板.csv 客户名称=照模板录入 客户类型=个人 客户类别=普通 \
		客户来源=面谈 手机=13800138035 证件号码=360426199101010071
	ends 0 as sh-clerk --json --lang zh customer import 模板.csv
	same "$(at .new)" 1
	ends 0 as sh-manager --json customer find name=照模板录入
	same "$(at '.rows[0].fields|[.type, .category, .source]|join(" ")')" \
		"person regular visit"
	# Another role, other fields.
	ends 0 as sh-manager --lang zh customer template
	lacks "$out" 证件号码
	has "$out" 客户等级
	ends 3 as auditor customer template
}

@test "R35 a template with contacts makes customer and contact of one row" {
	ends 0 as sh-manager --lang zh customer template --with contact \
		-o 连人.csv
	lacks "$(head -n 1 连人.csv)" 联系人.客户
	fill_sheet 连人.csv 客户名称=带人的公司 客户类型=其他 客户类别=普通 \
		客户来源=电话 联系人.姓名=王小明 联系人.手机=13800138077
	ends 0 as sh-manager --lang zh customer import 连人.csv
	has "$err" "## 开头的说明行: 1"
	ends 0 as sh-manager --json contact find mobile=13800138077
	same "$(at '.rows[0].fields.name')" 王小明
	ends 2 as sh-manager customer template --with product
}

@test "R35 the same as YAML goes to add, comments and all" {
	ends 0 as sh-manager --lang zh customer template -o 模板.yaml
	has "$(cat 模板.yaml)" "# 客户名称: 必填"
	sed -i 's/^name: ""/name: 从文件来/; s/^type: ""/type: 个人/
		s/^category: ""/category: regular/; s/^source: ""/source: phone/
		s/^mobile: ""/mobile: 13800138036/;
		s/^tags: ""/tags: [甲, 乙]/' 模板.yaml
	ends 0 as sh-manager --json customer add --file 模板.yaml city=上海
	number=$(at .number)
	same "$(value "$number" mobile)" 13800138036
	same "$(value "$number" 'tags|join("+")')" 甲+乙
	same "$(value "$number" city)" 上海
}

@test "R37 each way to be reached has a form that is taken and one that is refused" {
	person 格式 mobile='+86 192 0386 8088' phone=021-52345678转801 \
		email=Zhang.San+crm@EXAMPLE.com.cn wechat=zhang_san88
	same "$(value "$number" mobile)" 19203868088
	same "$(value "$number" phone)" 021-52345678-801
	same "$(value "$number" email)" Zhang.San+crm@example.com.cn
	for bad in mobile=1380013800 phone=0755-812345678 \
		email=bla.bla.@example.com wechat=88zhang website=ftp://a.cn \
		region=990000; do
		ends 1 as sh-manager --json customer set "$number" "$bad"
		same "$(jq -r '.errors[0].field' <<<"$err")" "${bad%%=*}"
	done
}

@test "R37 a landline without its area gets the branch's, and the preview shows it" {
	local=(type=person category=regular source=phone)
	ends 1 as sh-manager --json customer add name=本地 "${local[@]}" \
		phone=52345678
	same "$(faults)" phone:phone_area
	ends 0 as admin branch set SH area_code=021
	ends 0 as sh-manager --json customer add name=本地 "${local[@]}" \
		phone=52345678转801 fax=52345679 --dry-run
	same "$(at '.fields|.phone, .fax')" "021-52345678-801
021-52345679"
	has "$(at '[.warnings[].rule]|join(" ")')" phone_area_added
	# No local number begins with 0.
	ends 1 as sh-manager --json customer add name=本地 "${local[@]}" \
		phone=0-1234567
	same "$(faults)" phone:phone_format
	person 本地的人
	ends 0 as sh-manager --json contact add customer="$number" \
		name=王小明 phone=52345678
	same "$(at .fields.phone)" 021-52345678
	ends 0 rpc sh-manager record.batch '{"items":[
		{"op":"create","entity":"customer","fields":{"name":"一起来的",
		 "type":"person","category":"regular","source":"phone"}},
		{"op":"create","entity":"contact","fields":{"customer":"#0",
		 "name":"李小明","phone":"62345678"}}]}'
	has "$out" 021-62345678
	ends 1 as hz-manager --json customer add name=外地 "${local[@]}" \
		phone=52345678
	same "$(faults)" phone:phone_area
}

@test "R37 a number typed into a note warns and names its own field, if one may enter it" {
	person 备注
	ends 0 as sh-manager customer set "$number" remark=回电13800138000
	has "$err" "Mobile (mobile)"
	ends 0 as sh-manager customer set "$number" \
		remark=证件11010519491231002X
	has "$err" "id number"
	lacks "$err" person_id
	ends 0 as sh-clerk customer set "$number" remark=证件11010519491231002X,
	has "$err" person_id
}

# The document with $1 (jq) done to it, applied.
change_schema() {
	ends 0 rpc admin schema.document '{}'
	jq "(.result // .).document | $1" <<<"$out" >own.yaml
	ends 0 as admin schema apply own.yaml --reason "$2" --yes
}

@test "R38 a rule holds in a merge: what it would not take is not chosen" {
	person 合并留下的 short_name=留下
	survivor=$number
	person 合并掉的 short_name=旧写法！
	change_schema '.entities.customer.rules += [
		{key: "short_words", refuse: "short_name", pattern: "[^！]*",
		 message: ["简称里不要叹号", "a short name does not shout"]}]' 简称
	merge() {
		rpc sh-manager customer.merge "{\"survivor\":\"$survivor\",
			\"loser\":\"$number\",\"reason\":\"重复\"$1}"
	}
	ends 1 merge ',"choose":{"short_name":"loser"}'
	has "$out$err" short_words
	# The old value stays where it is until somebody changes it.
	ends 0 as sh-manager customer set "$number" city=上海
	ends 0 merge ''
	same "$(value "$survivor" short_name)" 留下
}

@test "R38 a rule holds when a change is taken back" {
	person 要改回的 province=旧省份！
	change_schema '.entities.customer.rules += [
		{key: "province_words", refuse: "province", pattern: "[^！]*",
		 message: ["省份里不要叹号", "a province does not shout"]}]' 省份
	ends 0 as sh-manager customer set "$number" province=新省份 \
		--request-id take-back
	ends 1 as sh-manager --json undo take-back --reason 改错 --yes
	has "$err" province_words
	same "$(value "$number" province)" 新省份
}

@test "R38 the company's own rules hold wherever a record is changed" {
	change_schema '.entities.customer.rules += [
		{key: "former_format", refuse: "external_no",
		 pattern: "[A-Z]{2}-\\d{4}|OLD-.*",
		 message: ["原编号形如 AB-1234", "a former number is like AB-1234"]},
		{key: "days_most", refuse: "credit_days", most: 30, override: true,
		 when: ["=", "category", "prospect"],
		 message: ["潜在客户账期最多 30 天", "a prospect has 30 days at most"]},
		{key: "site_of_public", require: "website",
		 when: ["=", "type", "public"],
		 message: ["政府事业应填网址", "a public body has a web site"]},
		{key: "id_hint", warn: "name", when: ["not", ["empty", "person_id"]],
		 message: ["有证件号", "there is an id number"]}]' 规矩
	fields=(name=规则 type=public category=prospect source=phone)
	ends 1 as sh-manager --json customer add "${fields[@]}" external_no=x-1
	same "$(faults)" "external_no:former_format website:site_of_public"
	ends 1 as sh-manager --lang zh customer add "${fields[@]}" \
		external_no=x-1
	has "$err" "原编号形如 AB-1234"
	ends 0 as sh-manager --json customer add "${fields[@]}" \
		external_no=AB-1234 website=https://a.cn
	number=$(at .number)
	ends 1 as sh-manager --json customer set "$number" external_no=AB-12345
	same "$(faults)" external_no:former_format
	ends 1 as loader --json customer set "$number" credit_days=31
	same "$(faults)" credit_days:days_most
	ends 0 as loader --json customer set "$number" credit_days=31 \
		--override days_most --reason 已批准
	printf '%s\n' 编号,名称,类型,类别 AB-77,进口,个人,普通 >in.csv
	ends 1 as sh-manager customer import in.csv \
		--map 编号=external_no,名称=name,类型=type,类别=category
	has "$err$out" "a former number is like AB-1234"
	ends 0 rpc sh-manager record.batch "{\"items\":[{\"op\":\"update\",
		\"entity\":\"customer\",\"id\":\"$number\",
		\"set\":{\"external_no\":\"ab\"}}]}"
	has "$out" former_format
	same "$(value "$number" external_no)" AB-1234
}

@test "R38 a rule that hangs on a hidden field warns only who may know it" {
	person 有证件 owner=sh-sales
	ends 0 as loader --json customer set "$number" \
		person_id=11010519491231002X id_type=resident
	has "$(at '[.warnings[].rule]|join(" ")')" id_hint
	ends 0 as sh-sales --json customer set "$number" city=上海
	lacks "$(at '[.warnings[].rule]|join(" ")')" id_hint
}

@test "R38 a rule about a hidden field refuses without naming it" {
	change_schema '.entities.customer.rules += [
		{key: "id_of_lhasa", refuse: "person_id", when: ["and",
		 ["not", ["empty", "person_id"]], ["=", "city", "拉萨"]],
		 message: ["拉萨客户不记证件号", "no ids of people in Lhasa"]}]' 证件
	person 不记证件 owner=sh-sales
	ends 0 as loader --json customer set "$number" \
		person_id=110111198012010078 id_type=resident
	ends 1 as sh-manager --json customer set "$number" city=拉萨
	same "$(faults)" person_id:id_of_lhasa
	ends 1 as sh-sales --json customer set "$number" city=拉萨
	same "$(faults)" :hidden_rule
	for word in person_id id_of_lhasa Lhasa; do
		lacks "$err" $word
	done
}

@test "R39 a record tells how complete it is, and what is missing" {
	ends 0 as sh-manager --json customer add name=不全 type=person \
		category=regular source=phone --dry-run
	less=$(at .completeness)
	same "$(at '.missing|join(" ")')" "mobile consent"
	person 不全的人
	ends 0 as sh-manager --json customer get "$number" --meta
	same "$(at .completeness)" "$less"
	same "$(at '.missing|join(" ")')" "mobile consent"
	ends 0 as sh-manager customer set "$number" mobile=13800138000
	ends 0 as sh-manager --json customer get "$number" --meta
	[ "$(at .completeness)" -gt "$less" ]
	same "$(at '.missing|join(" ")')" consent
	ends 0 as sh-manager --lang zh customer get "$number" --meta
	has "$err" "还可补充: 告知同意"
	# A company is told what it could have, and warned of nothing.
	ends 0 as sh-manager --json customer add name=不全有限公司 type=company \
		uscc=91110000600037341L category=regular source=phone \
		--dry-run
	same "$(at .completeness)" 62
	same "$(at '.missing|join(" ")')" "industry address payment_method"
	same "$(at '.warnings|length')" 0
}

@test "R40 a preview shows what would be stored and takes no number" {
	person 甲乙
	ends 0 as sh-manager --json customer add name=预览 type=个人 \
		category=普通 source=phone mobile='139 1234 5678' \
		remark=电13800138000 --dry-run
	same "$(at '[.fields.type, .fields.category, .fields.mobile]|join(" ")')" \
		"person regular 13912345678"
	has "$(at '[.warnings[].rule]|join(" ")')" note_mobile
	same "$(at '.fields.number // .number // "none"')" none
	ends 0 as sh-manager --json customer find --count --limit 1 name=预览
	same "$(at .count)" 0
}

@test "R41 the confirmation stores precisely what was previewed, or nothing" {
	fields=(name=确认 type=person category=regular source=phone)
	ends 0 as sh-manager --json customer add "${fields[@]}" \
		mobile='+86 13912345678' --dry-run
	token=$(at .confirm)
	ends 1 as sh-manager --json customer add "${fields[@]}" \
		mobile=13912345679 --confirm "$token"
	ends 1 as sh-clerk --json customer add "${fields[@]}" \
		mobile=13912345678 --confirm "$token"
	ends 0 as sh-manager --json customer find --count --limit 1 name=确认
	same "$(at .count)" 0
	ends 0 as sh-manager --json customer add "${fields[@]}" \
		mobile=13912345678 --confirm "$token"
	same "$(at .fields.mobile)" 13912345678
}

@test "R42 a number is given when it is confirmed, and no preview takes one" {
	person 先到的
	first=$(counter "$number")
	for i in 1 2 3; do
		ends 0 as sh-manager --json customer add name=看看$i type=person \
			category=regular source=phone --dry-run
		lacks "$out" "${number:0:8}"
	done
	person 后到的
	same "$(counter "$number")" $((first + 1))
}

# The clerk's role as $1 says (jq on its grants and rest), as role.apply takes it.
apply_role() {
	ends 0 rpc admin role.get '{"role":"clerk"}'
	ends 0 rpc admin role.apply "$(jq -c "(.result // .) | $1" <<<"$out")"
}

@test "R45 what a role enters waits until somebody else approves it, and counts nowhere" {
	apply_role '.approval = ["customer"] | .reason = "待审核"'
	has "$out" '"approval"'
	ends 0 as sh-clerk customer add name=待审公司 type=other \
		category=regular source=phone external_no=OLD-W1
	has "$err" "waits for approval"
	ends 0 as sh-clerk --json customer pending external_no=OLD-W1
	number=$(at '.rows[0].number')
	same "$(at '.rows[0].fields.approval')" pending
	ends 0 rpc loader record.batch "{\"items\":[
		{\"op\":\"create\",\"entity\":\"contact\",\"fields\":{
		 \"customer\":\"$number\",\"name\":\"待审人\",
		 \"mobile\":\"13800138321\"}},
		{\"op\":\"create\",\"entity\":\"order\",\"source\":\"import\",
		 \"fields\":{\"customer\":\"$number\",\"date\":\"2026-11-02\",
		 \"status\":\"confirmed\",\"external_no\":\"OLD-WO\"}},
		{\"op\":\"create\",\"entity\":\"product\",
		 \"fields\":{\"name\":\"待审品\"}},
		{\"op\":\"create\",\"entity\":\"order_line\",\"source\":\"import\",
		 \"fields\":{\"order\":\"#1\",\"product\":\"#2\",
		 \"quantity\":\"1\",\"unit_price\":\"77\"}}]}"
	# No list, sum or report has it or what hangs on it; its values are taken.
	for find in "customer find external_no=OLD-W1" \
		"contact find mobile=13800138321" "order find external_no=OLD-WO"; do
		ends 0 as loader --json $find
		same "$(at '.rows|length')" 0
	done
	ends 0 as sh-manager --json customer group --by external_no \
		'external_no = OLD-W1'
	same "$(at .count)" 0
	ends 0 as sh-manager --json report sales --by customer
	lacks "$out" "$number"
	ends 1 as sh-manager --json customer add name=另一公司 type=other \
		category=regular source=phone external_no=OLD-W1
	same "$(jq -r .code <<<"$err")" duplicate
	# Neither who entered it lets it in, nor who may not approve.
	ends 3 as sh-clerk customer approve "$number" --yes
	ends 3 as finance customer approve "$number" --yes
	ends 0 as sh-manager customer set "$number" city=上海
	ends 3 as sh-manager customer approve "$number" --yes
	has "$err" "cannot approve it"
	ends 0 as gm customer approve "$number" --yes --reason 已核对
	ends 0 as sh-manager --json customer find external_no=OLD-W1
	same "$(at '.rows[0].fields.approval')" approved
	ends 0 as sh-manager --json report sales --by customer
	has "$out" "$number"
	ends 0 as loader --json order find external_no=OLD-WO
	same "$(at '.rows|length')" 1
	ends 0 as sh-manager --json customer history "$number"
	same "$(at '[.versions[]|select(any(.changes[];.field=="approval" and
		.old=="pending" and .new=="approved"))|.user, .reason]|join(" ")')" \
		"gm 已核对"
	ends 1 as gm customer approve "$number" --yes
}

@test "R45 a rejected record says why, is mended, and waits again" {
	apply_role '.approval = ["customer"] | .reason = "待审核"'
	ends 0 as sh-clerk --json customer add name=退回公司 type=other \
		category=regular source=phone
	number=$(at .number)
	ends 1 as sh-manager customer reject "$number" --yes
	ends 0 as sh-manager customer reject "$number" --yes --reason 地址不全
	ends 0 as sh-clerk --json customer find approval=rejected
	same "$(at '[.rows[].number]|index("'"$number"'") != null')" true
	ends 0 as sh-clerk --json customer find name=退回公司
	same "$(at '.rows|length')" 0
	ends 0 as sh-clerk customer set "$number" city=上海
	same "$(value "$number" approval)" pending
	ends 1 as sh-clerk --json customer set "$number" approval=approved
	ends 0 as sh-manager customer approve "$number" --yes
	same "$(value "$number" approval)" approved
	printf '%s\n' 名称,类型,类别 导入待审,个人,普通 >in.csv
	ends 0 as sh-clerk customer import in.csv \
		--map 名称=name,类型=type,类别=category
	has "$err" "waits for approval"
	apply_role 'del(.approval) | .reason = "照旧"'
	ends 0 as sh-clerk --json customer add name=照旧公司 type=other \
		category=regular source=phone
	same "$(at '.fields.approval // "none"')" none
}

@test "R46 what comes in many forms is stored in one" {
	printf '%s\n' '公司名,种类,级别,手机号码,座机' \
		'　上海　混排有限公司 ,企业,普通,＋８６ 139-1234-5679,（021）５２３４５６７８' \
		>mixed.csv
	printf '%s\n' '公司名: name' '种类: type' '级别: category' \
		'手机号码: mobile' '座机: phone' >map.yaml
	ends 0 as sh-manager customer import mixed.csv --map-file map.yaml
	ends 0 as sh-manager --json customer find mobile=13912345679
	same "$(at '.rows[0].fields|[.type, .category, .phone, .source]|join(" ")')" \
		"company regular 021-52345678 import"
}

@test "R47 a batch fills in defaults and what follows from other values" {
	ends 0 rpc sh-manager record.batch '{"items":[
		{"op":"create","entity":"customer","fields":{"name":"自动有限公司",
		 "type":"other","category":"regular","source":"phone"}},
		{"op":"create","entity":"contact","fields":{"customer":"#0",
		 "name":"王小明","mobile":"+86 13800138000"}}]}'
	has "$out" '"status": "prospect"'
	ends 0 as sh-manager --json customer find name=自动有限公司
	same "$(at '.rows[0].fields|[.branch, .owner, .pinyin, .info_source]|join(" ")')" \
		"SH sh-manager zd staff"
	ends 0 as sh-manager --json contact find mobile=13800138000
	same "$(at '.rows[0].fields.is_primary')" true
}
