// SPDX-License-Identifier: MIT
/*
 * Waiting, approved, rejected.  See approval.h.
 */
#include "server/data/approval.h"

static const char *const states[] = { [APPROVAL_PENDING] = "pending",
	[APPROVAL_APPROVED] = "approved",
	[APPROVAL_REJECTED] = "rejected" };

static enum approval state_of(const struct record *r)
{
	const struct field *f = r->entity->approval_field;
	struct bytes text =
	    f ? value_text(f, r->cells[f->slot].value) : BYTES_NONE;

	for (unsigned i = APPROVAL_PENDING; i <= APPROVAL_REJECTED; i++)
		if (bytes_is(text, states[i]))
			return (enum approval)i;
	return APPROVAL_NONE;
}

static void set_state(struct work *w, struct record *r, enum approval state)
{
	cell_set(r, r->entity->approval_field,
	    value_pack_text(w->arena, bytes_text(states[state])));
}

/* Whoever made it or changed it since cannot say that it is right. */
static bool has_hand_in_it(const struct work *w, const struct record *r)
{
	for (unsigned i = 0; i < r->stamp_count; i++)
		if (r->stamps[i].user == w->who->user)
			return true;
	return false;
}

enum err approval_apply(struct work *w, struct item *it)
{
	struct record *r = it->record;
	unsigned rights = view_entity_rights(it->entity, r->relations);

	if (!it->approval)
		return ERR_OK;
	if (!(rights & RIGHT_APPROVE)) {
		it->err = ERR_DENIED;
		return ERR_OK;
	}
	if (state_of(r) != APPROVAL_PENDING) {
		findings_add(w->found, FINDING_ERROR, "id", "approval",
		    "this record does not wait for approval");
		return ERR_OK;
	}
	if (has_hand_in_it(w, r)) {
		it->err = ERR_DENIED;
		it->rule = "own_entry";
		return ERR_OK;
	}
	if (it->approval == APPROVAL_REJECTED && !it->origin.reason.len)
		findings_add(w->found, FINDING_ERROR, "reason",
		    "reason_required", "a rejection needs a reason");
	set_state(w, r, it->approval);
	return ERR_OK;
}

void approval_settle(struct work *w, struct item *it)
{
	struct record *r = it->record;
	enum approval state = state_of(r);
	bool is_mended = state == APPROVAL_REJECTED && r->is_changed &&
			 !it->approval && !it->archive;

	if (!r->entity->approval_field)
		return;
	if (is_mended || (it->is_create && view_waits(it->entity)))
		set_state(w, r, state = APPROVAL_PENDING);
	r->header.flags &= (uint8_t)~ROW_WITHHELD;
	if (state == APPROVAL_PENDING)
		r->header.flags |= ROW_WAITING;
	if (state == APPROVAL_REJECTED)
		r->header.flags |= ROW_REJECTED;
}
