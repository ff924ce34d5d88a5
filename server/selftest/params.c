// SPDX-License-Identifier: MIT
/*
 * Which table knows a parameter.  See params.h.
 */
#include "server/selftest/params.h"

static const struct param *find(const char *name)
{
	static const struct param *const tables[] = { params_common,
		params_record, params_people };

	for (size_t i = 0; i < sizeof tables / sizeof *tables; i++)
		for (const struct param *p = tables[i]; p->name; p++)
			if (!strcmp(p->name, name))
				return p;
	return NULL;
}

void param_put(struct corpus *c, const char *param, struct buf *out)
{
	const struct param *p = find(param);

	if (p)
		p->put(c, out);
	else
		put_nonsense(c, out);
}
