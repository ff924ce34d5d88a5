// SPDX-License-Identifier: MIT
/*
 * The methods: one row each.
 *
 * A row says what a method needs before its handler runs and what becomes of
 * it afterwards, so that no handler can forget it.  Adding one: a row in
 * method.def, a handler in on_<noun>.c, its requests in
 * server/selftest/ask.c, its test, its paragraph in docs/protocol.md.
 */
#ifndef SERVER_RPC_METHOD_H
#define SERVER_RPC_METHOD_H

#include "server/rpc/request.h"

typedef enum err (*handler_fn)(struct request *r);

enum method_place { /* where the handler runs */
	ON_LOOP,    /* quick; may send itself away with ERR_ELSEWHERE */
	ON_WORKER,  /* long walks, waits */
	ON_HASHER   /* password hashing */
};

enum need { /* a set */
	NEED_NOTHING = 0,
	NEED_LOGIN = 1, /* a session, also one with a duty to do first */
	NEED_FULL = 2,  /* no duty */
	NEED_SESSION = NEED_LOGIN | NEED_FULL,
	NEED_PERSON = 4 /* no machine: not by an issued token */
};

struct method {
	const char *name;
	handler_fn run;
	unsigned need;  /* of enum need */
	unsigned right; /* enum right that the roles must hold; 0 */
	enum method_place place;
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
