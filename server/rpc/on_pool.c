// SPDX-License-Identifier: MIT
/*
 * pool.due: whose customers fall back into the pool, and when.
 */
#include "server/book/pool.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"

enum err on_pool_due(struct request *r)
{
	struct bytes owner = bytes_text(r->caller.login);
	struct pool_due due = { .desk = r->desk,
		.who = &r->caller,
		.rules = directory_schema(r->desk->directory)->rules,
		.arena = &r->arena,
		.found = &r->found,
		.out = &r->out };
	enum err err = ERR_OK;

	if (param_raw(r, "user").len)
		err = request_login(r, &owner);
	if (err)
		return err;
	due.owner = owner;
	if (due.rules && !view_entity_of(r->caller.view, due.rules->of)) {
		r->bad_field = bytes_text(due.rules->of->key);
		return ERR_UNKNOWN;
	}
	err = pool_tell(&due);
	r->bad_field = due.bad_field;
	return err;
}
