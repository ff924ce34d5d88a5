// SPDX-License-Identifier: MIT
/*
 * The methods: one row each.
 *
 * A row says what a method needs before its handler runs and what becomes of
 * it afterwards, so that no handler can forget it.  Adding one: a row in
 * method.def, a handler in on_<noun>.c, its test, its paragraph in
 * docs/protocol.md.
 */
#ifndef SERVER_RPC_METHOD_H
#define SERVER_RPC_METHOD_H

#include "server/rpc/request.h"

typedef enum err (*handler_fn)(struct request *r);

enum place {       /* where the handler runs */
	ON_LOOP,   /* quick; may send itself away with ERR_ELSEWHERE */
	ON_WORKER, /* long walks, waits */
	ON_HASHER  /* password hashing */
};

enum need {
	NEED_NOTHING, /* before login */
	NEED_LOGIN,   /* a session, also one with duties to do first */
	NEED_SESSION  /* a full session */
};

struct method {
	const char *name;
	handler_fn run;
	enum need need;
	unsigned right; /* enum right that the roles must hold; 0 */
	enum place place;
	const char *params; /* known names, each followed by a space */
};

/* NULL if there is none. */
const struct method *method_find(struct bytes name);
size_t method_count(void);
const struct method *method_at(size_t at);

/* The handlers, in on_<noun>.c. */
#define METHOD(noun, verb, ...) enum err on_##noun##_##verb(struct request *r);
#include "server/rpc/method.def"
#undef METHOD

#endif
