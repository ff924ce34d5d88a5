// SPDX-License-Identifier: MIT
/*
 * Requests: kept by their station, wiped between two uses.
 */
#include "server/rpc/inside.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/secret.h"

#define ARENA_BLOCK (32 * 1024)

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
