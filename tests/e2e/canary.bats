#!/usr/bin/env bats
# No file of the server holds a personal or sealed value in clear, nor a password, a reason or a search word.
# SPDX-License-Identifier: MIT
load ../tools/server

# One word a field; numbers are long enough to be met by no chance.
company=(name=瑞雀金丝有限公司 short_name=瑞雀金丝 uscc=91310000631696382C
	type=company category=vip source=visit phone=021-58391746
	fax=021-58391747 mobile=13859174628 email=canary.qx7@example.com.cn
	wechat=canary_wx_9f3 address=上海市浦东新区金丝雀路731号
	reg_address=上海市闵行区画眉弄46号 remark=ZQ-SENTINEL-7备注
	needs=ZQ-SENTINEL-NEEDS preferences=ZQ-PREFERENCE tags=ZQ-TAG
	id_type=resident person_id=360426199101010071 credit_limit=733019.47
	consent=ZQ-CONSENT website=https://zq-sentinel.example.com.cn
	city=鹭岛市 postcode=361731)
words=(瑞雀金丝 58391746 58391747 13859174628 canary.qx7 canary_wx_9f3
	金丝雀路 画眉弄 ZQ-SENTINEL ZQ-PREFERENCE ZQ-TAG 360426199101010071
	733019 ZQ-CONSENT zq-sentinel 鹭岛市 361731
	金缕梅 18859174629 contact.qx8 1987-03-09 021-58391748
	6222021001116245702 金雀户名 画眉支行
	收货雀 13859174630 夜莺巷 开票雀 6222021001116245703
	活动雀鸟 结果雀鸟 反馈雀鸟 商机雀鸟 送货雀鸟 收款雀鸟
	ZQ-REASON ZQ-SEARCH)

setup_file() {
	export BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	server_begin
	ends 0 as loader --json customer add "${company[@]}" --reason ZQ-REASON-1
	n=$(at .number)
	ends 0 as loader contact add "customer=$n" name=金缕梅 \
		mobile=18859174629 email=contact.qx8@example.com.cn \
		birthday=1987-03-09 phone=021-58391748
	ends 0 as loader bank add "customer=$n" account_no=6222021001116245702 \
		account_name=金雀户名 bank_name=银行 branch_name=画眉支行
	ends 0 as loader address add "customer=$n" receiver=收货雀 \
		phone=13859174630 address=夜莺巷9号
	ends 0 as loader invoice add "customer=$n" title=开票雀公司 \
		bank_line=6222021001116245703
	ends 0 as loader activity add "customer=$n" kind=phone \
		content=活动雀鸟 result=结果雀鸟
	ends 0 as loader feedback add "customer=$n" kind=complaint desc=反馈雀鸟
	ends 0 as loader opportunity add "customer=$n" name=商机雀鸟
	ends 0 as loader order add "customer=$n" date=2026-01-05 ship_to=送货雀鸟
	ends 0 as loader payment add "customer=$n" date=2026-01-06 \
		amount=733019.48 note=收款雀鸟
	ends 0 as loader customer set "$n" needs=ZQ-SENTINEL-NEW \
		mobile=13859174631 --reason ZQ-REASON-2
	ends 0 as loader customer set "$n" mobile=13859174628
	ends 0 as loader customer find 'name contains ZQ-SEARCH' || :
	ends 0 as loader customer find 'mobile = 13859174628'
	ends 0 as finance customer get "$n" --fields credit_limit --reason ZQ-REASON-3 || :
	as loader customer add name=ZQ-SENTINEL-BAD mobile=ZQ-SENTINEL-MOBILE \
		email=zq-sentinel >/dev/null 2>&1 || :
	as sh-sales customer set "$n" credit_limit=73301999 >/dev/null 2>&1 || :
	ends 0 as loader --json customer get "$n"
	export STORED=$out
}
teardown_file() { server_end; }

# Files in which the word $1 stands, as UTF-8 bytes.
files_with() {
	grep -rlaF -- "$1" "$SERVER_DATA" "$SERVER_HOME/kehud.log" || :
}

@test "the values are stored: a reader with the right gets them" {
	has "$STORED" 13859174628
	has "$STORED" ZQ-SENTINEL-7
	has "$STORED" ZQ-SENTINEL-NEW
}

@test "the search itself can find: the public code is in the data file" {
	[ -n "$(files_with 91310000631696382C)" ]
}

@test "no word is in any file of the server or its log" {
	found=
	for word in "${words[@]}"; do
		hit=$(files_with "$word")
		[ -z "$hit" ] || found+="$word: $hit"$'\n'
	done
	same "$found" ""
}

@test "no password is in any file of the server or its log" {
	found=
	for file in "$SERVER_HOME"/passwords/*; do
		hit=$(files_with "$(cat "$file")")
		[ -z "$hit" ] || found+="$(basename "$file"): $hit"$'\n'
	done
	same "$found" ""
}

@test "no password and no word is on the server's command line or in its environment" {
	seen=$(tr '\0' '\n' <"/proc/$SERVER_PID/cmdline"
		tr '\0' '\n' <"/proc/$SERVER_PID/environ")
	lacks "$seen" "$(cat "$SERVER_HOME/passwords/admin")"
}

@test "after a clean stop the files hold no word either" {
	server_stop
	found=
	for word in "${words[@]}"; do
		hit=$(files_with "$word")
		[ -z "$hit" ] || found+="$word: $hit"$'\n'
	done
	same "$found" ""
}
