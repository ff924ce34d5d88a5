// SPDX-License-Identifier: MIT
/*
 * Counting who holds what everybody else's rights hang on.  See makers.h.
 */
#include "server/rpc/makers.h"

static const struct {
	unsigned right;
	unsigned least;
	bool is_of_two_person; /* counts only while it is wanted */
	const char *rule, *message;
} kept[] = {
	{ RIGHT_USERS, 1, false, "last",
	    "nobody would be left who can make accounts" },
	{ RIGHT_ROLES, 1, false, "last",
	    "nobody would be left who can change roles" },
	{ RIGHT_APPROVE, APPROVERS, true, "approvers",
	    "while two persons are wanted, two must be able to approve" },
};

/* Of the roles themselves: what a token takes away or a break-glass adds for
 * a while counts nothing. */
static bool has_right(const struct account *a, unsigned right)
{
	unsigned rights = 0;

	for (unsigned i = 0; !a->disabled && i < a->role_count; i++)
		rights |= a->roles[i]->rights;
	return rights & right;
}

unsigned makers_count(const struct directory *d, unsigned right,
    const struct account *before, const struct account *after)
{
	unsigned count = 0;

	for (size_t i = 0; i < directory_account_count(d); i++) {
		const struct account *a = directory_account_at(d, i);

		count +=
		    has_right(before && a->id == before->id ? after : a, right);
	}
	return count;
}

enum err makers_check(struct request *r, const struct directory *d,
    const struct account *before, const struct account *after)
{
	for (unsigned i = 0; i < sizeof kept / sizeof *kept; i++) {
		if (kept[i].is_of_two_person && !directory_two_person(d))
			continue;
		if (makers_count(d, kept[i].right, before, after) <
		    kept[i].least)
			return request_refuse(
			    r, "user", kept[i].rule, kept[i].message);
	}
	return ERR_OK;
}
