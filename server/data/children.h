// SPDX-License-Identifier: MIT
/*
 * The children of one record, one after the other.
 *
 * By the plain index of their reference to it; a work that holds some of them
 * knows better than the store, and brings those that it is making.  A child
 * given is open, and dies with the call unless the work holds it.
 *
 * Or by its index in the order of time, newest first, so that who looks for
 * the last one need not meet all: first those that are listed, then those that
 * are not.
 */
#ifndef SERVER_DATA_CHILDREN_H
#define SERVER_DATA_CHILDREN_H

#include "server/data/work.h"

typedef enum err (*child_fn)(void *ctx, struct record *child);

struct children {
	struct desk *desk;
	struct work *work;      /* NULL: the store alone */
	const struct field *up; /* their reference: it has a plain index */
	uint64_t owner;
	bool with_merged; /* also those of what was merged into it (alias.h) */
	bool with_withdrawn;
	bool newest_first; /* stored ones; the reference is `timed` */
	bool is_enough;    /* set by the call: no older one is of interest */
	child_fn call;
	void *ctx;
	unsigned looked_at; /* of the store; starts at 0 */
};

/* ERR_ELSEWHERE when a loop has looked at enough. */
enum err children_each(struct children *c) MUST_USE;

#endif
