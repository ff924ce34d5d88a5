// SPDX-License-Identifier: MIT
/*
 * The table of reports.
 */
#include "server/book/report.h"

static const struct report table[] = {
	{ "sales", { "销售报表", "Sales" }, "group from to scope limit ",
	    report_sales },
};

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
