// SPDX-License-Identifier: MIT
/*
 * Turning calls into stored requests and back.  See second.h.
 *
 *   asked --> waiting --approve--> performed: done
 *                |  \--approve--> approved --fetched, all of it--> done
 *                |--reject--> rejected       |
 *                +--a day--> expired <-a day-+
 */
#include "server/rpc/second.h"

#include "common/pack.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"

struct fall { /* which calls of a method fall under which operation */
	const char *method;
	enum operation operation;
	bool (*falls)(struct request *r); /* NULL: all */
};

/* --- which ---------------------------------------------------------------*/

/* One that names a request is of a clear export, or wrong. */
static bool is_clear(struct request *r)
{
	return param_bool(r, "clear") || param_raw(r, "request").len;
}

static bool is_no_trial(struct request *r)
{
	return !param_bool(r, "dry_run");
}

/* Taking away is urgent and needs one person; giving needs two. */
static bool is_giving(struct request *r)
{
	return param_raw(r, "roles").len || param_raw(r, "branch").len ||
	       param_bool(r, "new_code") ||
	       (param_raw(r, "disabled").len && !param_bool(r, "disabled"));
}

/* Of what is on, is something not in the list any more? */
static bool is_switching_off(struct request *r)
{
	unsigned kept = directory_two_person(r->desk->directory);
	struct reader in = reader_of(param_raw(r, "two_person"));

	for (uint32_t left = read_array(&in); left && !in.err; left--)
		kept &= ~OPERATION_BIT(operation_parse(read_text(&in)));
	return kept;
}

/* Restoring names itself here when there is such a method. */
static const struct fall falls[] = {
	{ "access.break_glass", OPERATION_BREAK_GLASS, NULL },
	{ "certificate.add", OPERATION_USERS, NULL },
	{ "certificate.remove", OPERATION_USERS, NULL },
	{ "credit.release", OPERATION_CREDIT, NULL },
	{ "customer.erase", OPERATION_ERASE, is_no_trial },
	{ "customer.export", OPERATION_EXPORT_CLEAR, NULL },
	{ "policy.apply", OPERATION_TWO_PERSON, is_switching_off },
	{ "record.export", OPERATION_EXPORT_CLEAR, is_clear },
	{ "role.apply", OPERATION_ROLES, is_no_trial },
	{ "role.remove", OPERATION_ROLES, is_no_trial },
	{ "schema.apply", OPERATION_SCHEMA, is_no_trial },
	{ "user.create", OPERATION_USERS, NULL },
	{ "user.split", OPERATION_USERS, NULL },
	{ "user.update", OPERATION_USERS, is_giving },
};

static enum operation falls_under(struct request *r)
{
	for (unsigned i = 0; i < sizeof falls / sizeof *falls; i++)
		if (!strcmp(falls[i].method, r->method->name) &&
		    (!falls[i].falls || falls[i].falls(r)))
			return falls[i].operation;
	return OPERATION_NONE;
}

static bool is_wanted(const struct request *r, enum operation o)
{
	return o &&
	       (!operation_is_choice(o) ||
		   directory_two_person(r->desk->directory) & OPERATION_BIT(o));
}

bool second_is_fetched(enum operation o)
{
	return o == OPERATION_EXPORT_CLEAR;
}

/* --- asking --------------------------------------------------------------*/

struct counting {
	uint64_t account;
	int64_t since_ms;
	unsigned open, recent;
};

static bool count_one(void *ctx, const struct pending *p)
{
	struct counting *c = ctx;

	if (p->requester != c->account)
		return true;
	c->open += p->state == PENDING_WAITING;
	c->recent += p->made_ms > c->since_ms;
	return true;
}

static enum err check_room(struct request *r)
{
	struct counting c = { .account = r->caller.user,
		.since_ms = clock_now_ms(r->desk->clock) - PENDING_LIFE_MS };
	enum err err = pending_each(r->desk, count_one, &c);

	if (r->params.len > PENDING_PARAMS)
		return ERR_TOO_LARGE;
	if (!err && (c.open >= PENDING_OPEN || c.recent >= PENDING_A_DAY))
		return request_refuse(r, "request", "waiting",
		    "too many of your requests wait, or were made today");
	return err;
}

/* What cannot succeed is refused at once, not to the one who approves it. */
static enum err try_out(struct request *r)
{
	struct draft kept = r->draft;
	enum err err = r->method->run(r);

	if (!err)
		err = r->out.err;
	if (err)
		return err;
	request_forget(r);
	r->draft = kept;
	return ERR_OK;
}

static enum err store(struct request *r, enum operation o)
{
	int64_t now = clock_now_ms(r->desk->clock);
	struct pending p = { .id = pending_new_id(r->desk),
		.operation = o,
		.method = bytes_text(r->method->name),
		.params = r->params,
		.requester = r->caller.user,
		.roles = bytes_text(r->caller.roles),
		.made_ms = now,
		.until_ms = now + PENDING_LIFE_MS };
	char id[ID_TEXT];
	struct plan *plan = request_plan(r);

	if (!plan)
		return ERR_TOO_LARGE;
	id_format(p.id, id);
	r->must_log = true;
	r->draft.method = "request.create";
	r->draft.act = r->method->name;
	/* What concerns a customer says why nowhere in clear. */
	r->draft.clear = arena_format(&r->arena, "%s", id);
	if (!second_is_fetched(o) && o != OPERATION_CREDIT)
		r->draft.clear = request_note(r, r->draft.clear);
	pack_map(&r->out, 2);
	pack_key_cstr(&r->out, "pending", id);
	pack_key_instant(&r->out, "until", p.until_ms);
	return pending_plan(plan, r->desk->sealer, &p);
}

static enum err ask(struct request *r, enum operation o)
{
	enum err err = check_room(r);

	if (!err && !second_is_fetched(o))
		err = try_out(r);
	return err ? err : store(r, o);
}

enum err second_find(struct request *r, struct pending *p)
{
	struct bytes text = param_text(r, "request");
	uint64_t id;

	if (param_error(r))
		return param_error(r);
	return id_parse(text, &id) ? pending_load(r->desk, id, &r->arena, p)
				   : ERR_NOT_FOUND;
}

/* --- fetching ------------------------------------------------------------*/

static bool is_of_the_page(struct bytes key)
{
	return bytes_is(key, "request") || bytes_is(key, "after") ||
	       bytes_is(key, "limit");
}

/* Is every parameter of `a`, page by page ones apart, the same in `b`? */
static bool is_within(const struct pairs *a, const struct pairs *b)
{
	for (unsigned i = 0; i < a->count; i++) {
		bool found = is_of_the_page(a->keys[i]);

		for (unsigned k = 0; k < b->count; k++)
			found |= bytes_equal(a->keys[i], b->keys[k]) &&
				 bytes_equal(a->values[i], b->values[k]);
		if (!found)
			return false;
	}
	return true;
}

unsigned second_range(const struct directory *d, const struct pending *p,
    const struct account *by)
{
	const struct account *who = directory_account_by_id(d, p->requester);
	struct reader in = reader_of(unpack_lookup(p->params, "scope"));
	struct bytes scope =
	    reader_peek(&in) == UNPACK_TEXT ? read_text(&in) : BYTES_NONE;
	bool stays = scope.len && !bytes_is(scope, "all");

	return stays && second_is_fetched(p->operation) && who && who->branch &&
		       who->branch == by->branch
		   ? RELATION_BRANCH
		   : RELATION_ALL;
}

/* Whoever asked may be in another branch by now, and his second person have
 * no say there. */
static bool is_still_approved(struct request *r, const struct pending *p)
{
	const struct directory *d = r->desk->directory;
	const struct account *by = directory_account_by_id(d, p->approver);

	return by &&
	       view_rights(by->view, second_range(d, p, by)) & RIGHT_APPROVE;
}

static bool is_what_was_approved(struct request *r, const struct pending *p)
{
	struct pairs asked;

	return p->state == PENDING_APPROVED && p->requester == r->caller.user &&
	       bytes_is(p->method, r->method->name) &&
	       !unpack_pairs(p->params, &asked) &&
	       is_within(&asked, &r->given) && is_within(&r->given, &asked) &&
	       bytes_equal(param_text(r, "after"), p->next);
}

static enum err need_approved(struct request *r, struct pending *p)
{
	enum err err = second_find(r, p);

	if (err && err != ERR_NOT_FOUND)
		return err;
	if (err || !is_what_was_approved(r, p) || !is_still_approved(r, p))
		return request_refuse(r, "request", "approved",
		    "no approved request of yours has this number and these "
		    "parameters, or its data went out already");
	return ERR_OK;
}

static const char *approved_by(struct request *r, const struct pending *p)
{
	char id[ID_TEXT];

	id_format(p->id, id);
	return arena_format(&r->arena, "request %s, approved by %s", id,
	    directory_login(r->desk->directory, p->approver));
}

static enum err fetch(struct request *r)
{
	struct pending p;
	struct reader next;
	enum err err = need_approved(r, &p);

	if (err)
		return err;
	r->approved = &p;
	err = r->method->run(r);
	r->approved = NULL;
	if (err || r->out.err || !request_plan(r))
		return err ? err : ERR_TOO_LARGE;
	next = reader_of(unpack_lookup(buf_bytes(&r->out), "next"));
	p.next =
	    reader_peek(&next) == UNPACK_TEXT ? read_text(&next) : BYTES_NONE;
	if (!p.next.len)
		p.state = PENDING_DONE;
	r->must_log = true;
	r->draft.under = approved_by(r, &p);
	return pending_plan(r->plan, r->desk->sealer, &p);
}

enum err second_run(struct request *r)
{
	enum operation o = falls_under(r);

	if (second_is_fetched(o) && param_raw(r, "request").len)
		return fetch(r);
	return is_wanted(r, o) ? ask(r, o) : r->method->run(r);
}

/* --- performing ----------------------------------------------------------*/

/* The roles that he asked with and that there still are. */
static uint64_t roles_within(struct request *r, struct bytes words)
{
	uint64_t set = 0;

	while (words.len) {
		const uint8_t *end = bytes_find(words, ' ');
		size_t len = end ? (size_t)(end - words.data) : words.len;

		set |= directory_role_bit(
		    r->desk->directory, bytes_of(words.data, len));
		len += end != NULL;
		words = bytes_of(words.data + len, words.len - len);
	}
	return set;
}

static enum err perform_as(struct request *r, const struct pending *p)
{
	const struct account *who =
	    directory_account_by_id(r->desk->directory, p->requester);
	enum err err;

	r->method = method_find(p->method);
	r->params = p->params;
	if (!r->method || !who || who->disabled ||
	    unpack_pairs(p->params, &r->given))
		return request_refuse(r, "request", "requester",
		    "whoever asked for this cannot do it any more");
	err = request_become(r, who, roles_within(r, p->roles));
	if (!err)
		err = request_check(r);
	if (!err)
		err = r->method->run(r);
	return err;
}

enum err second_perform(struct request *r, const struct pending *p)
{
	const struct account *account = r->account;
	const struct method *method = r->method;
	const struct caller caller = r->caller;
	const struct effective effective = r->effective;
	const struct bytes params = r->params;
	const struct pairs given = r->given;
	enum err err;

	r->approved = p;
	err = perform_as(r, p);
	r->approved = NULL;
	r->account = account;
	r->method = method;
	r->caller = caller;
	r->effective = effective;
	r->params = params;
	r->given = given;
	return err ? err : r->out.err;
}
