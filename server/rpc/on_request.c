// SPDX-License-Identifier: MIT
/*
 * request.*: calls that wait for a second person, and his answer.
 *
 * Whoever asked sees his own; whoever may approve sees those that he may
 * approve, with their parameters as far as his own view lets him.  Nobody
 * else learns that there are any.
 */
#include "common/pack.h"
#include "server/rpc/approver.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"
#include "server/rpc/second.h"

#define ROWS_MOST 200

/* --- which ---------------------------------------------------------------*/

static enum err need_pending(struct request *r, struct pending *p)
{
	enum err err = second_find(r, p);

	if (!err && !approver_may_know(r, p))
		err = ERR_NOT_FOUND;
	return err;
}

static enum err need_waiting(struct request *r, struct pending *p)
{
	enum err err = need_pending(r, p);

	if (!err && p->state != PENDING_WAITING)
		return request_refuse(r, "request", "decided",
		    "this request does not wait any more");
	return err;
}

/* --- showing -------------------------------------------------------------*/

static uint32_t pack_head(struct request *r, const struct pending *p)
{
	struct bytes reason = unpack_lookup(p->params, "reason");
	char id[ID_TEXT];
	uint32_t count = 8;

	id_format(p->id, id);
	pack_key_cstr(&r->out, "request", id);
	pack_key_cstr(&r->out, "state", pending_word(p->state));
	pack_key_cstr(&r->out, "operation", operation_word(p->operation));
	pack_key_text(&r->out, "method", p->method);
	pack_key_cstr(
	    &r->out, "user", directory_login(r->desk->directory, p->requester));
	pack_key_instant(&r->out, "made", p->made_ms);
	pack_key_instant(&r->out, "until", p->until_ms);
	pack_key_bool(&r->out, "may_approve",
	    p->state == PENDING_WAITING && approver_may(r, p));
	if (reason.len) {
		pack_cstr(&r->out, "reason");
		pack_raw(&r->out, reason);
		count++;
	}
	if (p->approver) {
		pack_key_cstr(&r->out, "by",
		    directory_login(r->desk->directory, p->approver));
		pack_key_instant(&r->out, "decided", p->decided_ms);
		count += 2;
	}
	return count;
}

struct listing {
	struct request *request;
	bool all; /* also those that wait no more */
	uint32_t count;
};

static bool list_one(void *ctx, const struct pending *p)
{
	struct listing *l = ctx;
	struct request *r = l->request;
	size_t mark;

	if (!approver_may_know(r, p) ||
	    !(l->all || p->state <= PENDING_APPROVED))
		return true;
	mark = pack_map_open(&r->out);
	pack_map_close(&r->out, mark, pack_head(r, p));
	return ++l->count < ROWS_MOST;
}

enum err on_request_list(struct request *r)
{
	struct listing l = { r, param_bool(r, "all"), 0 };
	size_t mark;
	enum err err = param_error(r);

	if (err)
		return err;
	pack_map(&r->out, 1);
	pack_cstr(&r->out, "rows");
	mark = pack_array_open(&r->out);
	err = pending_each(r->desk, list_one, &l);
	pack_array_close(&r->out, mark, l.count);
	return err;
}

/* --- parameters as the reader may know them ------------------------------*/

static bool knows_field(const struct view_entity *ve, struct bytes name)
{
	if (name.len && *name.data == '-')
		name = bytes_of(name.data + 1, name.len - 1);
	return view_field(ve, name) != NULL;
}

static bool knows_list(const struct view_entity *ve, struct bytes list)
{
	struct reader in = reader_of(list);

	for (uint32_t left = read_array(&in); left && !in.err; left--)
		if (!knows_field(ve, read_text(&in)))
			return false;
	return !in.err;
}

/* A constant stands beside a field: only who sees the field in clear reads
 * the condition. */
static bool knows_where(
    const struct view_entity *ve, struct bytes node, unsigned depth)
{
	struct reader in = reader_of(node);
	uint32_t count = read_array(&in);
	struct bytes op = read_text(&in), name;
	const struct field *f;
	struct grant g;

	if (in.err || !depth)
		return false;
	if (bytes_is(op, "and") || bytes_is(op, "or") || bytes_is(op, "not")) {
		for (; count > 1 && !in.err; count--)
			if (!knows_where(ve, read_raw(&in), depth - 1))
				return false;
		return !in.err;
	}
	name = read_text(&in);
	f = in.err ? NULL : view_field(ve, name);
	return f && view_grant_range(ve, view_range(ve), f, USE_FILTER, &g);
}

static bool may_read(
    const struct view_entity *ve, struct bytes key, struct bytes value)
{
	if (bytes_is(key, "fields") || bytes_is(key, "order"))
		return knows_list(ve, value);
	if (bytes_is(key, "where"))
		return knows_where(ve, value, 8);
	return bytes_is(key, "entity") || bytes_is(key, "scope") ||
	       bytes_is(key, "archived") || bytes_is(key, "clear") ||
	       bytes_is(key, "limit") || bytes_is(key, "reason");
}

/* What names no entity is administration: who may approve it may read it,
 * but for passwords. */
static bool is_shown(struct request *r, const struct pending *p,
    struct bytes key, struct bytes value)
{
	struct bytes entity = unpack_lookup(p->params, "entity");
	struct reader in = reader_of(entity);
	const struct view_entity *ve;

	if (bytes_is(key, "password"))
		return false;
	if (!entity.len || approver_is_asker(r, p))
		return true;
	ve = view_entity(r->caller.view, read_text(&in));
	return ve && may_read(ve, key, value);
}

static void pack_params(
    struct request *r, const struct pending *p, bool withheld)
{
	struct reader in = reader_of(p->params);
	size_t mark;
	uint32_t left = read_map(&in), count = 0;

	pack_cstr(&r->out, withheld ? "withheld" : "params");
	mark = withheld ? pack_array_open(&r->out) : pack_map_open(&r->out);
	for (; left && !in.err; left--) {
		struct bytes key = read_text(&in), value = read_raw(&in);

		if (is_shown(r, p, key, value) == withheld)
			continue;
		pack_text(&r->out, key);
		if (!withheld)
			pack_raw(&r->out, value);
		count++;
	}
	if (withheld)
		pack_array_close(&r->out, mark, count);
	else
		pack_map_close(&r->out, mark, count);
}

/* The result is its requester's, once: it may hold a code, and who has that
 * is another account.  So it is no machine's. */
static enum err hand_over(struct request *r, struct pending *p)
{
	pack_cstr(&r->out, "result");
	pack_raw(&r->out, p->result);
	p->result = BYTES_NONE;
	r->must_log = true;
	return request_plan(r) ? pending_plan(r->plan, r->desk->sealer, p)
			       : ERR_TOO_LARGE;
}

/* The result without what is the requester's alone. */
static void pack_summary(struct buf *out, struct bytes result)
{
	struct reader in = reader_of(result);
	uint32_t left = read_map(&in), count = 0;
	size_t mark = pack_map_open(out);

	for (; left && !in.err; left--) {
		struct bytes key = read_text(&in), value = read_raw(&in);

		if (bytes_is(key, "code"))
			continue;
		pack_text(out, key);
		pack_raw(out, value);
		count++;
	}
	pack_map_close(out, mark, count);
}

/* What it would do now, for who may approve it: tried out, nothing kept. */
static struct bytes preview(struct request *r, const struct pending *p)
{
	const struct draft draft = r->draft;
	struct bytes result = BYTES_NONE;

	if (p->state != PENDING_WAITING || second_is_fetched(p->operation) ||
	    !approver_may(r, p))
		return result;
	if (!second_perform(r, p))
		result = arena_copy(&r->arena, buf_bytes(&r->out));
	request_forget(r);
	r->draft = draft;
	return result;
}

enum err on_request_get(struct request *r)
{
	struct pending p;
	struct bytes would;
	size_t mark;
	uint32_t count;
	enum err err = need_pending(r, &p);

	if (err)
		return err;
	would = preview(r, &p);
	mark = pack_map_open(&r->out);
	count = pack_head(r, &p) + 2;
	pack_params(r, &p, false);
	pack_params(r, &p, true);
	if (would.len) {
		pack_cstr(&r->out, "preview");
		pack_summary(&r->out, would);
		count++;
	}
	if (approver_is_asker(r, &p) && !request_is_machine(r) &&
	    p.result.len) {
		err = hand_over(r, &p);
		count++;
	}
	pack_map_close(&r->out, mark, count);
	return err;
}

/* --- deciding ------------------------------------------------------------*/

/* Both names, and what it was about. */
static enum err note_decision(
    struct request *r, const struct pending *p, const char *about)
{
	char id[ID_TEXT];

	id_format(p->id, id);
	r->must_log = true;
	r->draft.act = arena_text(&r->arena, p->method);
	r->draft.behalf = directory_login(r->desk->directory, p->requester);
	r->draft.clear = arena_format(&r->arena, "%s%s%s", id,
	    about && *about ? ": " : "", about ? about : "");
	return r->draft.act && r->draft.clear ? ERR_OK : ERR_TOO_LARGE;
}

static enum err decide(
    struct request *r, struct pending *p, enum pending_state state)
{
	p->state = state;
	p->approver = r->caller.user;
	p->decided_ms = clock_now_ms(r->desk->clock);
	p->until_ms = p->decided_ms + PENDING_LIFE_MS;
	return request_plan(r) ? pending_plan(r->plan, r->desk->sealer, p)
			       : ERR_TOO_LARGE;
}

static enum err perform(struct request *r, struct pending *p)
{
	enum err err = second_perform(r, p);

	if (err)
		return err;
	p->result = arena_copy(&r->arena, buf_bytes(&r->out));
	buf_reset(&r->out);
	return p->result.data ? ERR_OK : ERR_TOO_LARGE;
}

enum err on_request_approve(struct request *r)
{
	struct pending p;
	bool fetched;
	enum err err = need_waiting(r, &p);

	if (!err)
		err = approver_check(r, &p);
	if (err)
		return err;
	fetched = second_is_fetched(p.operation);
	p.approver = r->caller.user;
	if (!fetched)
		err = perform(r, &p);
	if (!err)
		err = note_decision(r, &p, r->draft.clear);
	if (!err)
		err = decide(r, &p, fetched ? PENDING_APPROVED : PENDING_DONE);
	if (err)
		return err;
	pack_map(&r->out, 3);
	pack_key_text(&r->out, "request", param_text(r, "request"));
	pack_key_cstr(&r->out, "state", pending_word(p.state));
	pack_cstr(&r->out, "result");
	if (fetched)
		pack_nil(&r->out);
	else
		pack_summary(&r->out, p.result);
	return ERR_OK;
}

/* By whoever may approve it, or by the one who asked: he takes it back. */
enum err on_request_reject(struct request *r)
{
	struct pending p;
	enum err err = need_waiting(r, &p);

	if (!err)
		err = note_decision(r, &p, NULL);
	if (!err)
		r->draft.clear = request_note(r, r->draft.clear);
	if (!err)
		err = decide(r, &p, PENDING_REJECTED);
	if (err)
		return err;
	pack_map(&r->out, 2);
	pack_key_text(&r->out, "request", param_text(r, "request"));
	pack_key_cstr(&r->out, "state", pending_word(p.state));
	return ERR_OK;
}
