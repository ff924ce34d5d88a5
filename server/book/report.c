// SPDX-License-Identifier: MIT
/*
 * The table of reports.
 */
#include "server/book/report.h"

/* clang-format off */
static const struct report table[] = {
	{ "abc", { "客户 ABC 分级", "ABC classes" },
	    { "按期间净销售额从大到小累计占比分级；占比以净额为正的客户合计为准，净额不为正者归末级。",
	      "By net sales of the period, most first, cumulated. Shares are of what is above zero; who brought nothing is in the last class." },
	    "from to limits border group scope limit ", report_abc },
	{ "rfm", { "客户 RFM 分析", "RFM scores" },
	    { "R 最近一次下单，F 订单数，M 净销售额，各按客户名次等分为若干档，最高为好；同值同档。",
	      "R: the last order, F: orders, M: net sales, each in bins of equal size, the highest is best; equal values have one score." },
	    "at from bins ties group scope limit ", report_rfm },
	{ "sales", { "销售报表", "Sales" },
	    { "销售额按已确认、已发货、已完成订单的下单日期计；净额 = 销售额 - 退货额；占比为净额占合计。",
	      "Gross: orders confirmed, shipped or closed, by their date. Net: gross less returns. Share: of the total net." },
	    "group from to scope limit ", report_sales },
};
/* clang-format on */

size_t report_count(void)
{
	return sizeof table / sizeof *table;
}

const struct report *report_at(size_t at)
{
	return &table[at];
}

const struct report *report_find(struct bytes name)
{
	for (size_t i = 0; i < report_count(); i++)
		if (bytes_is(name, table[i].name))
			return &table[i];
	return NULL;
}
