#!/usr/bin/env bats
# What the book must hold and who may get at it: the requirements that the foundation alone meets.
# SPDX-License-Identifier: MIT
load ../tools/server
load ../tools/customers

setup_file() { server_begin; }
teardown_file() { server_end; }

# Makes a customer by $1 with the fields that follow; his number is in $number.
add() {
	local user=$1
	shift
	ends 0 as "$user" --json customer add source=phone \
		"category=${CATEGORY:-regular}" "$@"
	number=$(at .number)
}

person() {
	add sh-manager type=person "$@"
}

# What went wrong, as "field:rule ...".
faults() {
	jq -r '[.errors[]|.field + ":" + .rule]|unique|join(" ")' <<<"$err"
}

found() {
	ends 0 as "${2:-sh-manager}" --json customer find "$1"
	at '[.rows[].number]|join(" ")'
}

count() {
	ends 0 as sh-manager --json customer find --count --limit 1
	at .count
}

@test "R01 a customer without a name is refused, not stored, and on record" {
	before=$(count)
	ends 1 as sh-manager --json customer add type=person \
		category=regular source=phone
	same "$(jq -r .code <<<"$err")" invalid
	same "$(faults)" name:required
	same "$(count)" "$before"
	refusal() {
		rpc auditor audit.find '{"user": "sh-manager",
			"method": "record.create", "limit": 1000}' |
			jq -e '.rows[] | select(.result == "invalid")' >/dev/null
	}
	eventually refusal
}

@test "R02 a company needs its code, a person does not; other types are refused" {
	ends 1 as sh-manager --json customer add name=无码有限公司 \
		type=company category=regular source=phone
	has "$(faults)" uscc
	person name=甲无码
	ends 1 as sh-manager customer add name=乙 type=club \
		category=regular source=phone
	has "$err" "Company"
	has "$err" "Sole trader"
}

@test "R03 a hundred customers made at once have a hundred numbers" {
	numbers=$($PYTHON - <<-'END'
		import os, sys, threading
		sys.path.insert(0, os.environ["KEHU_TESTS"] + "/tools")
		import kehu_rpc
		home, made = os.environ["SERVER_HOME"], []
		with open(home + "/passwords/sh-manager") as f:
		    password = f.read().rstrip("\n")
		def work(part):
		    with kehu_rpc.Client("127.0.0.1", int(os.environ["SERVER_PORT"]),
		                         os.environ["CA"]) as c:
		        c.login("sh-manager", password)
		        sent = [c.send("record.create", entity="customer", fields={
		            "name": "并发%d号%d" % (part, i), "type": "other",
		            "category": "regular", "source": "phone"})
		            for i in range(25)]
		        made.extend(c.wait(n)["number"] for n in sent)
		threads = [threading.Thread(target=work, args=(p,)) for p in range(4)]
		[t.start() for t in threads]
		[t.join() for t in threads]
		print("\n".join(made))
	END
	)
	same "$(sort -u <<<"$numbers" | wc -l)" 100
	last=$(sort <<<"$numbers" | tail -n 1)
	same "$(value "$last" type)" other
	ends 0 as sh-manager customer archive "$last" --yes
	person name=后来者
	[ "$number" != "$last" ]
	lacks "$numbers" "$number"
}

@test "R04 several telephone numbers are kept; a bad one is refused" {
	person name=多号码 phone=021-52345678 phones=010-12345678,0755-81234567
	same "$(value "$number" phone)" 021-52345678
	same "$(value "$number" 'phones|join(" ")')" "010-12345678 0755-81234567"
	ends 1 as sh-manager --json customer set "$number" \
		phones=010-12345678,0755-812345678
	has "$(faults)" phones
	same "$(value "$number" 'phones|length')" 2
}

@test "R05 a fax number follows the rules of a landline" {
	person name=有传真 fax=021-52345679
	same "$(value "$number" fax)" 021-52345679
	ends 1 as sh-manager --json customer set "$number" fax=0-1234567
	has "$(faults)" fax
}

@test "R06 a bad e-mail address is refused with its reason" {
	person name=有邮箱 email=12345678@QQ.com
	same "$(value "$number" email)" 12345678@qq.com
	for bad in bla.bla.@example.com '"@example.com"' a@b a..b@example.com; do
		ends 1 as sh-manager --json customer set "$number" "email=$bad"
		has "$(faults)" email
		[ -n "$(jq -r '.errors[0].message' <<<"$err")" ]
	done
}

@test "R07 the address of business and of registration are two; regions are found" {
	add sh-manager name=两地公司 type=other province=浙江省 city=嘉兴 \
		address=嘉兴市南湖区中山路1号 reg_address=嘉兴市秀洲区洪兴路2号
	same "$(value "$number" address)" 嘉兴市南湖区中山路1号
	same "$(value "$number" reg_address)" 嘉兴市秀洲区洪兴路2号
	same "$(found 'city = 嘉兴')" "$number"
	same "$(found 'province = 浙江省')" "$number"
}

@test "R08 a tax code with a wrong check digit is refused, or overridden with a reason" {
	fields=(name=税号公司 type=company category=regular source=phone
		uscc=91350203M0001FUE2P)
	ends 1 as sh-manager --json customer add "${fields[@]}"
	has "$(faults)" uscc:
	rule=$(jq -r '[.errors[]|select(.field=="uscc").rule][0]' <<<"$err")
	ends 1 as sh-manager customer add "${fields[@]}" --override "$rule"
	ends 0 as sh-manager --json customer add "${fields[@]}" \
		--override "$rule" --reason 营业执照原件如此
	same "$(at .fields.uscc)" 91350203M0001FUE2P
}

@test "R09 the industry comes from a list, and counts can be made by it" {
	add sh-manager name=矿业甲 type=other industry=采矿业
	same "$(value "$number" industry)" B
	add sh-manager name=矿业乙 type=other industry=B
	ends 0 as sh-manager --json customer group --by industry
	same "$(at '.rows[]|select(.by.industry == "B").count')" 2
}

@test "R10 the method of payment is one of a list, for whom the role shows it" {
	person name=月结客户 owner=sh-sales
	ends 0 as finance customer set "$number" payment_method=月结
	same "$(value "$number" payment_method finance)" monthly
	ends 1 as finance --json customer set "$number" payment_method=赊账
	has "$(faults)" payment_method
	same "$(value "$number" payment_method sh-support)" none
	ends 1 as sh-support --json customer get "$number" --field payment_method
	same "$(jq -r .code <<<"$err")" unknown
}

@test "R11 a bank account lies sealed, is masked for some and unknown to others" {
	person name=有账户
	ends 0 as finance --json bank add "customer=$number" \
		account_no=6222021001116245702 account_name=有账户 bank_name=银行
	account=$(at .number)
	ends 0 as finance bank get "$account" --field account_no
	same "$out" 6222021001116245702
	ends 0 as gm bank get "$account" --field account_no
	has "$out" 5702
	lacks "$out" 62220210
	ends 1 as sh-support --json bank get "$account"
	same "$(jq -r .code <<<"$err")" unknown
	same "$(grep -rlaF 6222021001116245702 "$SERVER_DATA")" ""
}

@test "R15 a remark is bounded in length, and no way to read what is masked" {
	person name=有备注 remark=只收现金ZQ
	same "$(value "$number" remark)" 只收现金ZQ
	lacks "$(value "$number" remark auditor)" ZQ
	ends 1 as sh-manager --json customer set "$number" \
		"remark=$(printf '长%.0s' {1..4001})"
	has "$(faults)" remark
	for user in auditor admin; do
		ends 1 as $user customer find 'remark contains ZQ'
		lacks "$out" "$number"
	done
}

@test "R16 needs are on record with their date and source" {
	person name=有需求 needs=红茶
	ends 0 as sh-manager customer set "$number" needs=绿茶 --source visit
	ends 0 as sh-manager --json customer history "$number"
	told=$(at '[.versions[] | . as $v | .changes[] |
		select(.field == "needs") | .new + " " + $v.source + " " +
		$v.at[0:2]] | join(",")')
	same "$told" "红茶 form 20,绿茶 visit 20"
}

@test "R17 preferences are a list, and customers are found by one" {
	person name=爱茶人 preferences=龙井,普洱
	same "$(found 'preferences has 普洱')" "$number"
	same "$(found 'preferences has 咖啡')" ""
}

@test "R18 of several contacts exactly one is the primary one" {
	person name=有联系人
	ends 0 as sh-manager contact add "customer=$number" name=赵甲 \
		title=经理 mobile=13800138031
	ends 0 as sh-manager contact add "customer=$number" name=钱乙 \
		title=会计 mobile=13800138032
	ends 0 as sh-manager contact set "$number/2" is_primary=true
	ends 0 as sh-manager --json contact find "customer = $number"
	same "$(at '[.rows[]|select(.fields.is_primary).number]|join(" ")')" \
		"$number/2"
	same "$(at '.rows|length')" 2
}

@test "R20 a WeChat id is checked, and found" {
	person name=有微信 wechat=zhang_san88
	same "$(found 'wechat = zhang_san88')" "$number"
	ends 0 as sh-manager --json customer set "$number" wechat=13800138033
	ends 1 as sh-manager --json customer set "$number" "wechat=微 信"
	has "$(faults)" wechat
}

@test "R33 before login there is no data and no schema" {
	person name=登录才见
	nobody() {
		$PYTHON "$KEHU_TESTS/tools/kehu_rpc.py" --port "$SERVER_PORT" \
			--ca "$CA" "$@"
	}
	for call in 'schema.get {}' 'role.list {}' 'audit.checkpoint {}' \
		'record.find {"entity":"customer"}' \
		"record.get {\"entity\":\"customer\",\"id\":\"$number\"}"; do
		ends 1 nobody "${call%% *}" "${call#* }"
		same "$(jq -r .code <<<"$err")" unauthenticated
		same "$out" ""
	done
}

@test "R34 a clerk without any right of administration makes a customer" {
	ends 0 as sh-clerk --json whoami
	same "$(at '.roles|join(" ")')" clerk
	same "$(at '[.rights[]|select(. == ("users","roles","schema"))]|length')" 0
	add sh-clerk type=person name=内勤录入
	same "$(value "$number" name)" 内勤录入
}

@test "R35 describe tells label, form and example of the fields one may see" {
	ends 0 as sh-clerk customer describe
	has "$out" Mobile
	has "$out" 13800138000
	lacks "$out" "Credit limit"
	ends 0 as sh-clerk --lang zh customer describe
	has "$out" 手机
	lacks "$out" 信用额度
	ends 0 as finance customer describe
	has "$out" "Credit limit"
}

@test "R36 all that is missing or wrong is told in one answer" {
	ends 1 as sh-manager --json customer add mobile=12345
	fields=$(jq -r '[.errors[].field]|unique|join(" ")' <<<"$err")
	same "$fields" "category mobile name source type"
}

# A server that this test may stop; what it starts does not outlive it.
own_server() {
	server_init "$BATS_TEST_TMPDIR/own"
	server_start
	$PYTHON "$KEHU_TESTS/tools/server.py" people "$SERVER_HOME" "$SERVER_PORT"
}

@test "R43 what was answered is seen by others at once, and after kill -9" {
	own_server
	person name=立刻可见
	ends 0 rpc sh-clerk record.get \
		"{\"entity\":\"customer\",\"id\":\"$number\"}"
	has "$out" 立刻可见
	person name=断电也在
	server_stop KILL
	server_start
	same "$(value "$number" name)" 断电也在
	server_stop
}

@test "R48 customers are found by number, name, category and contact" {
	CATEGORY=vip person name=查询对象
	ends 0 as sh-manager contact add "customer=$number" name=孙查询 \
		mobile=13800138048
	same "$(found "number = $number")" "$number"
	same "$(found 'name contains 查询对')" "$number"
	has "$(found 'category = vip')" "$number"
	same "$(found 'name contains 查詢對')" "$number"
	ends 0 as sh-manager --json contact find 'mobile = 13800138048'
	same "$(at '[.rows[].fields.customer]|join(" ")')" "$number"
}

@test "R78 neither the wire nor the files hold a secret in clear" {
	kept=$BATS_TEST_TMPDIR/kept
	relay "$kept"
	SERVER_PORT=$RELAY_PORT ends 0 as sh-manager --json customer add \
		name=窃听者得不到 type=person category=regular source=phone \
		mobile=13859174699 remark=ZQ-WIRE-SENTINEL
	wait "$RELAY"
	[ "$(cat "$kept".near "$kept".far | wc -c)" -gt 2000 ]
	for word in 窃听者得不到 13859174699 ZQ-WIRE-SENTINEL record.create; do
		! grep -qaF "$word" "$kept".near "$kept".far ||
			same "$word" hidden
	done
	for word in 窃听者得不到 13859174699 ZQ-WIRE-SENTINEL; do
		same "$(grep -rlaF "$word" "$SERVER_DATA")" ""
	done
	! openssl s_client -connect "127.0.0.1:$SERVER_PORT" -tls1_2 \
		-alpn kehu/1 </dev/null >/dev/null 2>&1 || same TLS1.2 refused
	exec 7<>"/dev/tcp/127.0.0.1/$SERVER_PORT"
	printf '\x94\x00\x01\xadsession.hello\x91\x80' >&7
	plain=$(timeout 20 cat <&7 | tr -d '\0')
	exec 7>&-
	lacks "$plain" kehud
}

@test "R79 what one may read and change is decided by post, field by field" {
	add sh-manager name=分级公司 type=other mobile=13812345678 grade=B
	ends 0 as finance customer set "$number" credit_limit=50000 --reason 授信
	same "$(value "$number" mobile sh-clerk)" 13812345678
	same "$(value "$number" mobile finance)" '138****5678'
	same "$(value "$number" credit_limit finance)" 50000.00
	same "$(value "$number" credit_limit sh-clerk)" none
	ends 3 as finance customer set "$number" mobile=13812345679
	ends 1 as sh-clerk customer set "$number" credit_limit=1
	ends 3 as sh-clerk customer set "$number" grade=A
	ends 1 as hz-manager customer get "$number"
	ends 1 as admin customer get "$number"
	same "$(value "$number" grade)" B
}

@test "R85 support sees what sales wrote down, within its fields" {
	add sh-sales type=person name=共享客户 mobile=13812345685 \
		wechat=share_wx_85
	ends 0 as sh-sales activity add "customer=$number" kind=phone \
		content=客户要求换货
	ends 0 as sh-support --json activity find "customer = $number"
	same "$(at '.rows[0].fields.content')" 客户要求换货
	ends 3 as sh-support activity set "$(at '.rows[0].number')" content=改
	same "$(value "$number" mobile sh-support)" 13812345685
	lacks "$(value "$number" wechat sh-support)" share_wx_85
}

@test "R86 from anywhere over TLS with a certificate of one's own, again after a break" {
	own_server
	cd "$BATS_TEST_TMPDIR"
	openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 \
		-nodes -subj /CN=laptop -keyout laptop.key -out laptop.csr \
		2>/dev/null
	openssl x509 -req -in laptop.csr -days 2 -CA "$CA" \
		-CAkey "$SERVER_DATA/tls/ca.key" -set_serial 7 \
		-out laptop.crt 2>/dev/null
	ends 0 as admin certificate add sh-sales2 laptop.crt --reason 外勤
	ends 3 as sh-sales2 whoami
	ends 0 as sh-sales2 --cert laptop.crt --key laptop.key --json whoami
	same "$(at .certificate.bound)" true
	ends 0 as sh-sales2 --cert laptop.crt --key laptop.key login
	server_stop
	server_start "$SERVER_PORT"
	ends 0 "$KEHU_BIN/kehu" --server "127.0.0.1:$SERVER_PORT" --ca "$CA" \
		--user sh-sales2 --cert laptop.crt --key laptop.key --json whoami
	same "$(at .session)" kept
	server_stop
}

@test "R87 a field of the company's own is nobody's until a role grants it" {
	cd "$BATS_TEST_TMPDIR"
	person name=自定字段
	ends 0 as admin schema get
	printf '%s\n' "$out" | $PYTHON -c '
import re, sys
text = sys.stdin.read()
sys.stdout.write(re.sub(r"(?m)^( +)(short_name:)", lambda m: m.group(1) +
    "plate: { id: 99, label: [车牌, Plate], type: text, max: 20, " +
    "class: identity }\n" + m.group(0), text, count=1))' >own.yaml
	ends 0 as admin schema apply own.yaml --reason 车牌 --yes
	for user in sh-manager sh-clerk finance; do
		ends 1 as $user --json customer get "$number" --field plate
		same "$(jq -r .code <<<"$err")" unknown
	done
	ends 0 as admin role get manager
	printf '%s\n' "$out" >manager.yaml
	ends 0 as admin role apply manager.yaml --reason 车牌 --yes
	ends 0 as sh-manager customer set "$number" plate=沪A12345
	same "$(value "$number" plate)" 沪A12345
	ends 1 as sh-clerk customer get "$number" --field plate
}

@test "R91 a new book has its schema and its roles" {
	ends 0 as admin --json role list
	roles=$(at '[.rows[].role]|sort|join(" ")')
	for role in manager gm sales clerk finance support auditor backup \
		privacy admin; do
		has "$roles" $role
	done
	ends 0 as sh-manager --json schema show
	for entity in customer contact address product order payment activity \
		feedback opportunity; do
		has "$(at '[.entities[].key]|join(" ")')" $entity
	done
}
