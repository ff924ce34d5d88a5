// SPDX-License-Identifier: MIT
/*
 * See sealed_row.h.
 */
#include "server/access/sealed_row.h"

enum err sealed_row_put(struct plan *p, struct sealer *s, const char *purpose,
    enum table t, struct bytes key, struct buf *plain)
{
	struct buf sealed;
	enum err e = plain->err;

	buf_init(&sealed, STORE_VALUE);
	if (e == ERR_OK)
		e = seal_system(s, purpose, key, buf_bytes(plain), &sealed);
	if (e == ERR_OK)
		e = sealed.err;
	if (e == ERR_OK) {
		plan_put(p, t, key, buf_bytes(&sealed));
		e = plan_error(p);
	}
	buf_release(&sealed);
	buf_release(plain);
	return e;
}
