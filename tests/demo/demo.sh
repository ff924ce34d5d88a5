#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Shows Kehu's main job on a made-up company: three branches, their people,
# customers, orders and payments.  Every command is printed before it runs, so
# that it can be typed again.  Everything lies in build/demo; the server takes
# a free port of the loopback.  At a terminal it stays up at the end.
set -euo pipefail
root=$(cd "$(dirname "$0")/../.." && pwd)
bin=$(cd "$root" && cd "${KEHU_BUILD:-build}" && pwd)
home=$root/build/demo
words=${KEHU_LANG:-${LC_ALL:-${LC_MESSAGES:-${LANG:-en}}}}
bold='' dim='' plain=''
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\033[1m' dim=$'\033[2m' plain=$'\033[0m'
fi

# say ENGLISH CHINESE: a heading in the reader's language.
say() {
	case $words in
	zh*) printf '\n%s%s%s\n' "$bold" "$2" "$plain" ;;
	*) printf '\n%s%s%s\n' "$bold" "$1" "$plain" ;;
	esac
}

# Prints a command as one would type it.
echo_command() {
	local word line=
	for word in "$@"; do
		case $word in
		*[' ()*']*) line+=" '$word'" ;;
		*) line+=" $word" ;;
		esac
	done
	printf '%s$%s%s\n' "$dim" "$line" "$plain"
}

show() {
	echo_command "$@"
	"$@"
}

# A command whose refusal is the point: says how it ended.
show_refused() {
	local status=0
	show "$@" || status=$?
	printf '%s(exit %d)%s\n' "$dim" "$status" "$plain"
	[ "$status" -ne 0 ]
}

give_up() {
	echo "The demo ended early; the server's log is build/demo/kehud.log" >&2
	tail -n 5 "$home/kehud.log" >&2 2>/dev/null || :
	[ -z "${server:-}" ] || kill "$server" 2>/dev/null || :
}

# A demo that was left running has the directory; its pid says which it is.
stop_earlier() {
	local pid
	pid=$(cat "$home/kehud.pid" 2>/dev/null) || return 0
	case $(readlink "/proc/$pid/exe" 2>/dev/null) in
	*/kehud*) kill "$pid" && tail --pid="$pid" -f /dev/null ;;
	esac
}

password() {
	(umask 077 && head -c 15 /dev/urandom | base64 >"$home/passwords/$1")
}

environment() {
	cat >"$home/env" <<-END
		# . build/demo/env  and type kehu commands as in the demo
		export KEHU_SERVER=127.0.0.1:$port
		export XDG_CONFIG_HOME=$home/config XDG_STATE_HOME=$home/state
		export XDG_RUNTIME_DIR=$home/runtime PATH=$bin:\$PATH
	END
	mkdir -p -m 700 "$home/runtime"
	export PAGER=cat
	unset KEHU_USER KEHU_PASSWORD_FILE
	# shellcheck source=/dev/null
	. "$home/env"
}

login() {
	kehu --ca "$home/data/tls/ca.crt" --user "$1" \
		--password-file "$home/passwords/$1" login >"$home/login.out" 2>&1 ||
		{ cat "$home/login.out"; return 1; }
}

# The default schema, with what some roles may see in clear and look up a day.
schema() {
	sed -e '/^  sales:/a\    quota: { sealed: 500, lookup: 50 }' \
		-e '/^  support:/a\    quota: { sealed: 500, lookup: 100 }' \
		-e '/^  finance:/a\    quota: { sealed: 2000, lookup: 100 }' \
		-e '/^  clerk:/a\    quota: { sealed: 2000, lookup: 100 }' \
		"$root/server/schema/default.yaml"
}

begin_server() {
	rm -rf "$home"
	mkdir -p -m 700 "$home/passwords"
	password admin
	cd "$root"
	PATH=$bin:$PATH
	schema >build/demo/schema.yaml
	show kehud init --dir build/demo/data --admin admin \
		--admin-password-file build/demo/passwords/admin \
		--schema build/demo/schema.yaml
	echo "company = 上海示例贸易（集团）有限公司" >>"$home/data/kehud.conf"
	mkfifo "$home/ready"
	printf '%s$ kehud run --dir build/demo/data --listen 127.0.0.1:0 &%s\n' \
		"$dim" "$plain"
	kehud run --dir build/demo/data --listen 127.0.0.1:0 \
		>"$home/ready" 2>"$home/kehud.log" </dev/null &
	server=$!
	echo $server >"$home/kehud.pid"
	exec 8<>"$home/ready"
	rm "$home/ready"
	local line='' deadline=$((SECONDS + 60))
	while ! IFS= read -r -t 1 line <&8 && [ $SECONDS -lt $deadline ]; do
		kill -0 "$server" 2>/dev/null || break
	done
	echo "$line"
	port=$(sed -n 's/.*127\.0\.0\.1:\([0-9]*\).*/\1/p' <<<"$line")
	[ -n "$port" ]
}

branches() {
	local code name area rest
	while IFS=, read -r code name area rest; do
		show kehu --user admin branch add "code=$code" "name=$name" \
			"area_code=$area"
	done < <(tail -n +2 "$home/company/branches.csv")
}

people() {
	local user roles branch who
	while IFS=$'\t' read -r user roles branch who; do
		case $user in '#'*) continue ;; esac
		password "$user"
		kehu --user admin user create "$user" --role "$roles" \
			--branch "$branch" \
			--new-password-file "$home/passwords/$user" \
			>"$home/create.out" 2>&1 </dev/null ||
			{ cat "$home/create.out"; return 1; }
	done <"$home/company/users.txt"
	echo "$(grep -vc '^#' "$home/company/users.txt") users," \
		"$(cut -f2 "$home/company/users.txt" | grep -v '^#' | tr ',' '\n' |
			sort -u | wc -l) roles, 3 branches"
}

# bring USER ENTITY FILE-STEM [FLAG ...]
bring() {
	local user=$1 entity=$2 stem=$3
	shift 3
	# The list of columns is left out here: it is long.
	show kehu --user "$user" "$entity" import "build/demo/company/$stem.csv" \
		--map-file "build/demo/company/$stem.map" "$@" 2>&1 |
		grep -v ' -> '
}

load_company() {
	local branch
	for branch in SH HZ CD; do
		login "yiguan-${branch,,}"
		bring "yiguan-${branch,,}" customer "customers-$branch" \
			--reason "initial load"
	done
	login wangfang
	bring wangfang product products
	bring wangfang order orders
	bring wangfang order_line order_lines
	bring wangfang payment payments
	for branch in SH HZ CD; do
		bring "yiguan-${branch,,}" activity "activities-$branch"
	done
}

end() {
	say "How to go on" "接下来"
	if [ -t 0 ] && [ -t 1 ]; then
		trap - EXIT
		disown "$server"
		cat <<-END
			The server keeps running (pid $server, 127.0.0.1:$port).
			  . build/demo/env
			  kehu --user zhangwei customer find
			  kehu --user zhangwei shell
			  kill $server          stops it; build/demo can be deleted
		END
		return
	fi
	kill -TERM "$server"
	wait "$server" || :
	trap - EXIT
	cat <<-END
		There is no terminal, so the server was stopped.  To look around:
		  build/kehud run --dir build/demo/data --listen 127.0.0.1:$port &
		  . build/demo/env
		  kehu --user zhangwei customer find
	END
}

stop_earlier
trap give_up EXIT
say "1. A data directory and a server" "1. 数据目录与服务器"
begin_server
environment

say "2. A sample company: three branches and their people" "2. 示例公司: 三个机构和员工"
until=$(date -d yesterday +%F)
show python3 tests/company/generate.py --customers "${DEMO_CUSTOMERS:-300}" \
	--orders "${DEMO_ORDERS:-3000}" --until "$until" build/demo/company
login admin
branches
people

say "3. Its customers, orders and payments come in from spreadsheets" "3. 从表格导入客户、订单、收款"
load_company
for user in zhangwei chenjie guojing; do login "$user"; done
show kehu --user zhangwei customer find \
	'type = company and owner = zhangwei' --limit 5 \
	--fields name,category,grade,city
show kehu --user wangfang order group --by status --sum amount
number=$(kehu --user zhangwei --csv customer find \
	'type = company and mobile is not empty' --scope own \
	--fields name --limit 1 | sed -n '2s/,.*//p')
[ -n "$number" ]

say "4. One customer, three pairs of eyes: sales sees no credit figures ..." "4. 同一客户, 三种眼睛: 销售看不到信用数字 ..."
show kehu --user zhangwei customer show "$number"
show_refused kehu --user zhangwei customer get "$number" --fields credit_limit
say "... finance sees them, and of the mobile number only its ends ..." "... 财务看得到, 手机号只见头尾 ..."
show kehu --user wangfang customer get "$number" \
	--fields name,owner,mobile,email,credit_limit,credit_grade
say "... and the auditor reads nearly all and writes nothing." "... 审计几乎都能读, 什么都不能写."
show kehu --user guojing customer get "$number" \
	--fields name,owner,mobile,email,credit_limit,credit_grade
show_refused kehu --user guojing customer set "$number" needs=红茶
say "What sales sees of sealed values and looks up is counted, a day:" "销售每天查看加密内容和精确查找, 都计数:"
show kehu --user zhangwei whoami
say "To a colleague in another branch the customer does not exist:" "对外地同事, 这位客户不存在:"
show_refused kehu --user chenjie customer get "$number"

say "5. A change, with where it comes from and why" "5. 一次修改, 带来源和原因"
show kehu --user zhangwei customer set "$number" mobile=13800138000 \
	--source phone --reason "customer called, new number"
show kehu --user zhangwei customer history "$number"

say "6. He gives the customer up; a colleague finds him in the pool and takes him" "6. 他把客户放回公海, 同事在公海里看到并领取"
show kehu --user zhangwei customer release "$number" --reason "no need this year"
show_refused kehu --user zhangwei customer claim "$number"
login lina
show kehu --user lina customer find --scope pool --limit 3 \
	--fields name,owner_since,category,mobile
show kehu --user lina customer claim "$number"
show kehu --user lina customer timeline "$number" --limit 3

say "7. The general manager's figures, and the same as a page" "7. 总经理看报表, 也可以做成网页"
login linzong
show kehu --user linzong report abc --by class
show kehu --user linzong report sales --by branch --from 2026-01 --to 2026-06 \
	--html build/demo

say "8. The audit log proves that nothing was altered unseen" "8. 审计日志证明没有被悄悄改动"
show kehu --user guojing audit verify
end
