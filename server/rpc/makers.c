// SPDX-License-Identifier: MIT
/*
 * Counting who holds what everybody else's rights hang on.  See makers.h.
 */
#include "server/rpc/makers.h"

static const struct {
	unsigned right;
	const char *rule, *message;
} kept[] = {
	{ RIGHT_USERS, "last", "nobody would be left who can make accounts" },
	{ RIGHT_ROLES, "last", "nobody would be left who can change roles" },
};

/* Of the roles themselves: what a machine's token or a break-glass adds or
 * takes away for a while counts nothing. */
static bool has_right(const struct account *a, unsigned right)
{
	unsigned rights = 0;

	for (unsigned i = 0; !a->disabled && i < a->role_count; i++)
		rights |= a->roles[i]->rights;
	return rights & right;
}

static bool is_left(const struct directory *d, unsigned right,
    const struct account *before, const struct account *after)
{
	for (size_t i = 0; i < directory_account_count(d); i++) {
		const struct account *a = directory_account_at(d, i);

		if (has_right(before && a->id == before->id ? after : a, right))
			return true;
	}
	return false;
}

enum err check_makers(struct request *r, const struct directory *d,
    const struct account *before, const struct account *after)
{
	for (unsigned i = 0; i < sizeof kept / sizeof *kept; i++)
		if (!is_left(d, kept[i].right, before, after))
			return request_refuse(
			    r, "user", kept[i].rule, kept[i].message);
	return ERR_OK;
}
