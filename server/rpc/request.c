// SPDX-License-Identifier: MIT
/*
 * Requests: kept by their station, wiped between two uses.
 */
#include "server/rpc/inside.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/secret.h"

#define ARENA_BLOCK (16 * 1024)

struct request *request_take(struct station *s)
{
	struct request *r = s->spare;

	if (r) {
		s->spare = r->next;
		s->spare_count--;
		return r;
	}
	r = must_alloc(sizeof *r);
	*r = (struct request){ .rpc = s->rpc, .home = s };
	arena_init(&r->arena, ARENA_BLOCK, REQUEST_ARENA);
	buf_init(&r->out, REQUEST_REPLY);
	return r;
}

void request_give(struct request *r)
{
	struct station *s = r->home;
	struct arena arena = r->arena;
	struct buf out = r->out;

	arena_reset(&arena);
	buf_reset(&out);
	secret_wipe(&r->granted, sizeof r->granted);
	if (s->spare_count == SPARE_REQUESTS || out.size > ARENA_BLOCK) {
		buf_release(&out);
		buf_init(&out, REQUEST_REPLY);
	}
	*r = (struct request){
		.rpc = s->rpc, .home = s, .arena = arena, .out = out
	};
	if (s->spare_count == SPARE_REQUESTS) {
		arena_release(&r->arena);
		free(r);
		return;
	}
	r->next = s->spare;
	s->spare = r;
	s->spare_count++;
}

/* --- parameters ----------------------------------------------------------*/

struct bytes param_raw(const struct request *r, const char *key)
{
	struct bytes value = unpack_lookup(r->params, key);
	struct reader in = reader_of(value);

	return value.len && reader_peek(&in) == UNPACK_NIL ? BYTES_NONE : value;
}

static void wrong_type(struct request *r, const char *key, const char *want)
{
	findings_add(&r->found, FINDING_ERROR, key, "type",
	    "this parameter is %s", want);
	r->outcome = ERR_INVALID;
}

struct bytes param_text(struct request *r, const char *key)
{
	struct bytes value = param_raw(r, key);
	struct reader in = reader_of(value);
	struct bytes text;

	if (!value.len)
		return BYTES_NONE;
	text = read_text(&in);
	if (in.err)
		wrong_type(r, key, "a text");
	return text;
}

bool param_bool(struct request *r, const char *key)
{
	struct bytes value = param_raw(r, key);
	struct reader in = reader_of(value);
	bool v;

	if (!value.len)
		return false;
	v = read_bool(&in);
	if (in.err)
		wrong_type(r, key, "true or false");
	return v;
}

int64_t param_int(struct request *r, const char *key, int64_t fallback)
{
	struct bytes value = param_raw(r, key);
	struct reader in = reader_of(value);
	int64_t v;

	if (!value.len)
		return fallback;
	v = read_int(&in);
	if (in.err || v < 0) {
		wrong_type(r, key, "a whole number from 0");
		return fallback;
	}
	return v;
}

enum err param_error(const struct request *r)
{
	return r->outcome;
}

enum err request_refuse(
    struct request *r, const char *field, const char *rule, const char *message)
{
	findings_add(&r->found, FINDING_ERROR, field, rule, "%s", message);
	return ERR_INVALID;
}

enum err request_entity(struct request *r, const struct view_entity **out)
{
	struct bytes key = param_text(r, "entity");

	if (param_error(r))
		return param_error(r);
	*out = view_entity(r->caller.view, key);
	if (*out)
		return ERR_OK;
	r->bad_field = bytes_text("entity");
	return ERR_UNKNOWN;
}

struct plan *request_plan(struct request *r)
{
	if (!r->plan)
		r->plan = plan_new(&r->arena);
	return r->plan;
}
