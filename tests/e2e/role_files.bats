#!/usr/bin/env bats
# Roles as files, and the second person, from the command line.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() { server_begin; }
teardown_file() { server_end; }

@test "a role comes out as a file, and the file says the same" {
	for role in sales finance manager privacy; do
		ends 0 as admin role get $role
		printf '%s\n' "$out" >"$BATS_TEST_TMPDIR/$role.yaml"
		ends 0 as admin --json role diff "$BATS_TEST_TMPDIR/$role.yaml"
		same "$(at '.levels|length')" 0
		same "$(at '.rights|length')" 0
	done
	has "$(cat "$BATS_TEST_TMPDIR/sales.yaml")" "customer.uscc: create"
}

@test "an edited file is shown as a difference, then applied" {
	file=$BATS_TEST_TMPDIR/support.yaml
	as admin role get support >"$file"
	sed -i 's/remark: read/remark: masked/' "$file"
	ends 0 as admin role diff "$file"
	has "$out" "remark"
	has "$out" "masked"
	has "$err" "kehu role apply"
	ends 0 as admin role apply "$file" --dry-run
	ends 0 as admin --json role diff "$file"
	same "$(at '.levels|map(select(.field=="remark"))|.[0].after')" masked
	ends 0 as admin role apply "$file" --reason 少看
	ends 0 as admin --json role diff "$file"
	same "$(at '.levels|length')" 0
}

@test "a file that does not fit is refused by its word" {
	file=$BATS_TEST_TMPDIR/bad.yaml
	as admin role get support | sed 's/remark: masked/remark: maskd/' >"$file"
	ends 1 as admin role apply "$file"
	has "$err" "maskd"
	echo 'rules: {}' >"$file"
	ends 2 as admin role apply "$file"
	has "$err" "roles"
	ends 2 as admin role apply "$BATS_TEST_TMPDIR/none.yaml"
}

@test "what two are wanted for waits, and says what comes next" {
	ends 0 as admin policy apply roles,export_clear --reason 制度 -y
	as admin role get support | sed 's/remark: masked/remark: read/' \
		>"$BATS_FILE_TMPDIR/back.yaml"
	ends 0 as admin role apply "$BATS_FILE_TMPDIR/back.yaml" --reason 复原
	has "$err" "second person"
	id=$(sed -n 's/.*kehu request show \([0-9a-f]*\).*/\1/p' <<<"$err")
	[ -n "$id" ]
	ends 0 as gm request list
	has "$out" "$id"
	ends 0 as gm request show "$id"
	has "$out" "role.apply"
	ends 2 as gm request approve "$id"
	ends 3 as admin request approve "$id" -y
	ends 0 as gm request approve "$id" -y
	has "$out" "remark"
	ends 0 as admin --json role diff "$BATS_FILE_TMPDIR/back.yaml"
	same "$(at '.levels|length')" 0
}

@test "a clear export waits, and then comes once" {
	ends 0 as sh-manager customer add name=导出客户 type=other \
		category=regular --source phone -y
	ends 0 as finance customer export --clear --reason 对账
	has "$err" "second person"
	id=$(sed -n 's/.*kehu request show \([0-9a-f]*\).*/\1/p' <<<"$err")
	ends 0 as gm request approve "$id" -y
	has "$err" "--request"
	ends 0 as finance customer export --clear --reason 对账 --request "$id"
	has "$out" "导出客户"
	ends 1 as finance customer export --clear --reason 对账 --request "$id"
}

@test "break-glass from the command line, told to all, ended early" {
	ends 0 as admin access break-glass manager --minutes 15 --reason 故障 -y
	has "$err" "second person"
	id=$(sed -n 's/.*kehu request show \([0-9a-f]*\).*/\1/p' <<<"$err")
	ends 0 as gm request approve "$id" -y
	ends 0 as sh-sales whoami
	has "$out" "故障"
	ends 0 as sh-sales audit log method=access.break_glass
	has "$out" "manager"
	ends 0 as gm access end "$id" -y
	ends 0 as sh-sales --json whoami
	same "$(at '.notices|length')" 0
}

@test "switching off waits as well" {
	ends 0 as admin policy apply -y
	has "$err" "second person"
	ends 0 as admin policy show
	has "$out" "export_clear"
}
