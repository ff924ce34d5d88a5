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
	{ "conversion", { "客户转化", "Conversion" },
	    { "期间内新建的客户中，至今下过单的占多少；按来源等分组，已归档的不计。",
	      "Of the customers made in the period, how many have ordered up to now; archived ones are left out." },
	    "group from to scope limit ", report_conversion },
	{ "credit", { "信用风险", "Credit risk" },
	    { "欠款或被冻结的客户，逾期多者在前；逾期按付款到期日计，收款先抵所指订单，再抵最早的；占用 = 欠款占信用额度。",
	      "Customers who owe or are on hold, most overdue first. Overdue: by the day an order is due; payments pay the order that they name, then the oldest. Usage: what is owed, of the limit." },
	    "scope limit ", report_credit },
	{ "feedback", { "反馈与服务", "Feedback" },
	    { "按反馈时间计；逾期 = 未解决且已过期限；天数 = 从反馈到解决的平均天数。",
	      "By the day it was said. Overdue: not solved and past its date. Days: from then to its solution, on average." },
	    "group from to scope limit ", report_feedback },
	{ "pipeline", { "销售机会", "Pipeline" },
	    { "按预计成交日计；加权额 = 金额 × 成交概率；逾期 = 未成交且已过预计日；天数 = 处于现阶段的平均天数。",
	      "By the day expected. Weighted: amount times probability. Overdue: neither won nor lost and past that day. Days: in the present stage, on average." },
	    "group from to scope limit ", report_pipeline },
	{ "quality", { "数据质量", "Data quality" },
	    { "完整度按必填项和宜填项计，只计您可见的字段；无效 = 有值通不过现行检查；逾期 = 已过待审核日；陈旧 = 一年未改。",
	      "Completeness: of required and recommended fields that you may know of. Invalid: a value fails its check. Overdue: past the day of review. Stale: unchanged for a year." },
	    "group scope limit ", report_quality },
	{ "retention", { "客户留存", "Retention" },
	    { "每期下单客户：新客、上期也下过单的（留存）、更早下过单的（回流）；流失 = 上期下单而本期没有；留存率 = 留存占上期客户。",
	      "Customers who ordered in each period: new ones, those of the period before (kept), those from earlier (back). Lost: in the one before and not in this. Retention: kept, of those of the period before." },
	    "period from to scope limit ", report_retention },
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

enum err report_note(struct report_run *r, const struct record *record,
    const struct shown *shown)
{
	if (!shown->watched)
		return ERR_OK;
	if (!r->touched)
		r->touched =
		    arena_array(r->arena, r->limit, sizeof *r->touched);
	if (!r->touched)
		return ERR_TOO_LARGE;
	return record_touched(
	    record, shown, r->arena, &r->touched[r->touched_count++]);
}
