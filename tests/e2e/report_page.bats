#!/usr/bin/env bats
# A report as a page of HTML: whole in itself, private, and true to the figures.
# SPDX-License-Identifier: MIT
load ../tools/server

setup_file() {
	export BATS_TEST_TMPDIR=$BATS_FILE_TMPDIR
	server_init
	echo "company = 示例<集团>公司" >>"$SERVER_DATA/kehud.conf"
	server_start && server_people && fill
}
teardown_file() { server_end; }

# A customer named $1 with an order of $3 on $2.
sell() {
	ends 0 as loader --json customer add "name=$1" type=other \
		category=regular source=phone
	ends 0 as loader --json order add "customer=$(at .number)" "date=$2" \
		status=draft
	local order
	order=$(at .number)
	ends 0 as loader order_line add "order=$order" "product=$product" \
		quantity=1 "unit_price=$3"
	ends 0 as loader order set "$order" status=confirmed
}

fill() {
	local product
	ends 0 as loader --json product add name=红茶
	product=$(at .number)
	sell 大客户公司 2026-02-10 425.00
	sell '<b>&"x"公司' 2026-02-20 200.00
	sell 小客户公司 2026-01-31 300.00
	sell 长江三角洲新能源汽车零部件公司 2025-02-01 1.00
}

@test "a page is whole in itself and private" {
	local dir=$BATS_FILE_TMPDIR/pages page outside
	mkdir "$dir"
	ends 0 as gm report sales --html "$dir"
	page=$(echo "$dir"/kehu-sales-*.html)
	has "$err" "$page"
	same "$(stat -c %a "$page")" 600
	has "$(cat "$page")" "default-src 'none'"
	for outside in '<script' '<link' src= href= @import 'url(h'; do
		lacks "$(cat "$page")" "$outside"
	done
	same "$(grep -o ' id="[^"]*"' "$page" | sort | uniq -d)" ""
	ends 2 as gm report sales --html "$dir/no/such/page.html"
	ends 1 as gm report sales --html "$dir/$(printf 'a%.0s' {1..300})"
}

@test "a page says what the CSV says, and what came before" {
	local page=$BATS_FILE_TMPDIR/page.html number net
	ends 0 as gm report sales --from 2026-02 --to 2026-02 --html "$page"
	has "$(cat "$page")" "before: 300.00"
	has "$(cat "$page")" "Filters: First day: 2026-02; Last day: 2026-02"
	ends 0 as gm --csv report sales --from 2026-02 --to 2026-02
	while IFS=, read -r number net; do
		has "$(cat "$page")" ">$number</th>"
		has "$(cat "$page")" ">$net</td>"
	done < <(sed -n 's/^\(KH[^,]*\),.*,\([0-9.]*\),[0-9.]*\r\{0,1\}$/\1,\2/p' \
		<<<"$out")
	same "$(grep -c '<th scope="row">KH' "$page")" 2
	ends 0 as gm report sales --from 2026-02 --to 2026-02 --html "$page.2"
	same "$(grep SHA-256 "$page")" "$(grep SHA-256 "$page.2")"
}

@test "a page says whose it is, who asked, when, for what, and where it came from" {
	local page=$BATS_FILE_TMPDIR/origin.html id
	TZ=Asia/Shanghai ends 0 as gm report sales --by branch,grade \
		--html "$page"
	has "$(cat "$page")" '<p class="company">示例&lt;集团&gt;公司</p>'
	has "$(cat "$page")" "Filters: Grouped by: Branch, Grade"
	has "$(cat "$page")" "gm (gm); branch"
	has "$(cat "$page")" "(+08:00)"
	has "$(cat "$page")" "Schema 1, rules 1; kehud "
	id=$(sed -n 's/.*>Request \([0-9a-f-]*\), written.*/\1/p' "$page")
	ends 0 as auditor --json audit log method=report.run user=gm
	same "$(at ".rows[]|select(.request_id == \"$id\").note")" sales
	ends 0 as gm report sales --html "$page"
	has "$(cat "$page")" "Filters: none"
	# A table is no page: it is counted among the reads, as ever.
	ends 0 as auditor --json audit log method=report.run user=gm --limit 1
	id=$(at '.rows[0].position')
	ends 0 as gm report sales
	ends 0 as auditor --json audit log method=report.run user=gm --limit 1
	same "$(at '.rows[0].position')" "$id"
}

@test "a name is text, whatever it holds" {
	local page=$BATS_FILE_TMPDIR/name.html
	ends 0 as gm report sales --html "$page"
	has "$(cat "$page")" '&lt;b&gt;&amp;&quot;x&quot;公司'
	lacks "$(cat "$page")" '<b>&'
}

@test "the total stands once, at the end, also on paper" {
	local page=$BATS_FILE_TMPDIR/total.html
	ends 0 as gm report sales --html "$page"
	same "$(sed -n '/<tbody>/,$p' "$page" | grep -c '<tfoot>')" 1
	has "$(sed -n '/@media print/,/@page/p' "$page")" \
		'tfoot{display:table-row-group}'
}

@test "a long name is broken, an amount and a day never" {
	local page=$BATS_FILE_TMPDIR/long.html
	ends 0 as gm report rfm --html "$page"
	has "$(cat "$page")" \
		'<td class="long">长江三角洲新能源汽车零部件公司</td>'
	has "$(cat "$page")" '<td>2025-02-01</td>'
	has "$(sed -n '/^table/,/^footer/p' "$page")" white-space:nowrap
}

@test "a bar is called by what its row is of" {
	local page=$BATS_FILE_TMPDIR/bars.html
	ends 0 as gm report credit --html "$page"
	has "$(cat "$page")" '>大客户公司</text>'
	ends 0 as gm report rfm --html "$page"
	has "$(cat "$page")" '>大客户公司</text>'
	ends 0 as gm report abc group=class --html "$page"
	has "$(cat "$page")" '>A</text>'
	ends 0 as gm report retention period=month from=2023-01 to=2026-03 \
		--html "$page"
	has "$(cat "$page")" '>2026-03</text>'
}

@test "who may not have the report gets no page" {
	ends 1 as sh-support report sales --html "$BATS_FILE_TMPDIR/none.html"
	[ ! -e "$BATS_FILE_TMPDIR/none.html" ]
}

@test "a page opens in Chromium without a word of its console, and prints" {
	local page=$BATS_FILE_TMPDIR/chromium.html
	if ! command -v chromium >/dev/null; then
		echo "# SKIPPED: chromium is not installed" >&3
		skip "chromium is not installed"
	fi
	chrome() {
		chromium --headless --no-sandbox --disable-gpu \
			--disable-dev-shm-usage --no-first-run \
			--user-data-dir="$BATS_FILE_TMPDIR/chromium" "$@"
	}
	ends 0 as gm --lang zh report abc --html "$page"
	ends 0 chrome --enable-logging=stderr --dump-dom "file://$page"
	lacks "$err" CONSOLE
	has "$out" "<td>大客户公司</td>"
	has "$out" "筛选条件: 无"
	has "$out" "已记入审计日志"
	has "$out" "<polyline"
	ends 0 chrome --print-to-pdf="$page.pdf" "file://$page"
	same "$(head -c 4 "$page.pdf")" %PDF
	# The console is heard: a page with a forbidden script is told.
	sed 's,</body>,<script>1</script></body>,' "$page" >"$page.bad.html"
	ends 0 chrome --enable-logging=stderr --dump-dom "file://$page.bad.html"
	has "$err" CONSOLE
}
