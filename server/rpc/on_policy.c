// SPDX-License-Identifier: MIT
/*
 * policy.*: for which operations two persons are wanted.
 *
 * Switched on only when two can approve; switching one off is itself an
 * operation of two persons (second.c).
 */
#include "common/pack.h"
#include "server/access/policy.h"
#include "server/rpc/inside.h"
#include "server/rpc/makers.h"
#include "server/rpc/method.h"

static unsigned choices(void)
{
	unsigned set = 0;

	for (unsigned o = 1; o < OPERATION_COUNT; o++)
		set |= operation_is_choice(o) ? OPERATION_BIT(o) : 0;
	return set;
}

static void pack_policy(struct request *r, unsigned set)
{
	const struct directory *d = r->desk->directory;

	pack_map(&r->out, 3);
	pack_cstr(&r->out, "two_person");
	operations_pack(&r->out, set);
	pack_cstr(&r->out, "operations");
	operations_pack(&r->out, choices());
	pack_key_int(
	    &r->out, "approvers", makers_count(d, RIGHT_APPROVE, NULL, NULL));
}

enum err on_policy_get(struct request *r)
{
	pack_policy(r, directory_two_person(r->desk->directory));
	return ERR_OK;
}

static enum err read_set(struct request *r, unsigned *set)
{
	struct bytes list = param_raw(r, "two_person");
	struct reader in = reader_of(list);
	uint32_t left = list.len ? read_array(&in) : 0;

	*set = 0;
	if (!list.len)
		return request_refuse(r, "two_person", "required",
		    "a list of operations is needed; it may be empty");
	for (; left && !in.err; left--) {
		enum operation o = operation_parse(read_text(&in));

		if (!in.err && !operation_is_choice(o))
			return request_refuse(r, "two_person", "choice",
			    "no such operation; policy.get names them");
		*set |= OPERATION_BIT(o);
	}
	return in.err ? request_refuse(r, "two_person", "type",
			    "two_person is a list of operations")
		      : ERR_OK;
}

/* Who approves must be two: one may be away, or be the one who asks. */
static enum err check_approvers(struct request *r, unsigned set)
{
	unsigned count =
	    makers_count(r->desk->directory, RIGHT_APPROVE, NULL, NULL);

	return set && count < APPROVERS
		   ? request_refuse(r, "two_person", "approvers",
			 "two enabled accounts must be able to approve")
		   : ERR_OK;
}

/* "roles users", or "none". */
static const char *words_of(struct request *r, unsigned set)
{
	const char *list = set ? "" : "none";

	for (unsigned o = 1; list && o < OPERATION_COUNT; o++)
		if (set & OPERATION_BIT(o))
			list = arena_format(&r->arena, "%s%s%s", list,
			    *list ? " " : "", operation_word(o));
	return list;
}

enum err on_policy_apply(struct request *r)
{
	unsigned set;
	enum err err = read_set(r, &set);

	if (!err)
		err = check_approvers(r, set);
	if (err)
		return err;
	r->draft.clear = request_note(r, words_of(r, set));
	r->must_log = true;
	if (param_error(r) || !request_directory_plan(r))
		return param_error(r) ? param_error(r) : ERR_TOO_LARGE;
	pack_policy(r, set);
	return directory_plan_two_person(
	    r->plan, r->desk->directory, r->desk->sealer, set);
}
