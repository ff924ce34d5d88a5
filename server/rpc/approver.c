// SPDX-License-Identifier: MIT
/*
 * See approver.h.
 */
#include "server/rpc/approver.h"

#include "server/rpc/inside.h"

#define MAKERS_DEEP 32 /* hands between two accounts */

/* With roles of his own: a break-glass approves nothing, a machine neither. */
bool approver_may(struct request *r, const struct pending *p)
{
	unsigned on = second_range(r->desk->directory, p, r->account);

	if (p->operation == OPERATION_CREDIT && !credit_may_judge(r, p->params))
		return false;
	return p->requester != r->caller.user && !request_is_machine(r) &&
	       view_rights(r->caller.view, on) &
		   view_rights(r->account->view, on) & RIGHT_APPROVE;
}

/* Of its person's requests a machine has those that it could have made. */
bool approver_is_asker(const struct request *r, const struct pending *p)
{
	return p->requester == r->caller.user &&
	       (!request_is_machine(r) || bytes_is(p->roles, r->caller.roles));
}

bool approver_may_know(struct request *r, const struct pending *p)
{
	return approver_is_asker(r, p) || approver_may(r, p);
}

/* --- two persons ---------------------------------------------------------*/

static const struct account *maker_of(
    struct request *r, const struct account *a)
{
	return a->maker ? directory_account_by_id(r->desk->directory, a->maker)
			: NULL;
}

/* Made by him, or by one that he made, and so on. */
static bool is_made_by(
    struct request *r, const struct account *a, uint64_t maker)
{
	for (unsigned i = 0; a && i < MAKERS_DEEP; i++) {
		if (a->maker == maker)
			return true;
		a = maker_of(r, a);
	}
	return false;
}

/* Whose hand they are all from; 0 of one made before two were wanted. */
static uint64_t first_maker(struct request *r, const struct account *a)
{
	uint64_t first = 0;

	for (unsigned i = 0; a && a->maker && i < MAKERS_DEEP; i++) {
		first = a->maker;
		a = maker_of(r, a);
	}
	return first;
}

/* Two accounts that one person may have made for himself are not two persons.
 * Where accounts take two, siblings were seen by a second one. */
static bool is_one_family(
    struct request *r, const struct account *a, const struct account *b)
{
	bool seen = directory_two_person(r->desk->directory) &
		    OPERATION_BIT(OPERATION_USERS);
	uint64_t first = first_maker(r, a);

	return is_made_by(r, a, b->id) || is_made_by(r, b, a->id) ||
	       (!seen && first && first == first_maker(r, b));
}

enum err approver_check(struct request *r, const struct pending *p)
{
	const struct account *who =
	    directory_account_by_id(r->desk->directory, p->requester);

	if (p->requester == r->caller.user)
		r->rule = "self";
	else if (who && is_one_family(r, r->account, who))
		r->rule = "maker";
	else
		return ERR_OK;
	r->bad_field = bytes_text("request");
	return ERR_DENIED;
}
