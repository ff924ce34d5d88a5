// SPDX-License-Identifier: MIT
/*
 * The one way of a change of records, from parameters to answer.
 *
 *   options, read -+- answered before: again -----------------------+- answer
 *                  +- apply, settle -+- a dry run ------------------+
 *                                    +- confirmed, planned, plan ---+
 *
 * A handler says by a struct change_kind what it alone knows: its parameters,
 * what is done with them, and what the answer shows.  All else is the same
 * for each of them and stands in change.c: source, reason, request id and dry
 * run are read first; a request id that was answered before is answered
 * again with today's rights; what follows by itself (book/settle.h) follows;
 * a preview's token is compared; and the work becomes the request's plan,
 * with its log entry and the memory of its request id.
 *
 * Nothing is kept that a second run of the same request would meet.
 */
#ifndef SERVER_RPC_CHANGE_H
#define SERVER_RPC_CHANGE_H

#include "server/rpc/replay.h"

struct change {
	struct request *request;
	void *own; /* the kind's */
	struct work_options options;
	struct work work;   /* from apply on; empty when answering again */
	struct item *items; /* of which the answer tells: read's or, where they
			       are found later, apply's or again's */
	size_t count;
	bool is_idle; /* apply says so: there is nothing to store, so nothing
			 follows and there is no plan */
};

/* Called in this order; an error of any refuses the whole. */
struct change_kind {
	/* The kind's own parameters.  The options are there, and may be
	 * completed. */
	enum err (*read)(struct change *c);
	/* All that is asked for, into the work. */
	enum err (*apply)(struct change *c);
	/* What the plan holds beside the work; NULL: nothing. */
	enum err (*plan)(struct change *c);
	/* Instead of apply and plan: the items as they are today, of what the
	 * same request wrote before, in its order.  NULL: it takes no request
	 * id. */
	enum err (*again)(
	    struct change *c, const struct replayed *was, size_t count);
	/* Into request->out: what was done, or would be. */
	enum err (*answer)(struct change *c);
	bool ends_all; /* nothing follows from it by itself */
};

/* The handler's work.  `own` is the kind's, and found again in its change. */
enum err change_run(
    struct request *r, const struct change_kind *kind, void *own) MUST_USE;

/* --- for the kinds -------------------------------------------------------*/

/* For an apply of its own: the record that the item names, into the work as
 * it is stored, to be changed whence and why the request says; and how the
 * caller stands to it. */
enum err change_take(
    struct change *c, struct item *it, unsigned *relations) MUST_USE;

/* An apply: the items one after the other; the first that is refused refuses
 * them all. */
enum err change_apply(struct change *c) MUST_USE;

/* For an again: the record of an item whose entity is set, ERR_NOT_FOUND when
 * the caller may not know of it any more.  It is the record itself, opened, or
 * the one that it was merged into, not opened yet. */
enum err change_load(
    struct change *c, const struct replayed *was, struct item *it) MUST_USE;
enum err change_load_heir(
    struct change *c, const struct replayed *was, struct item *it) MUST_USE;

/* The item's error becomes the request's: what it names, and what the log
 * says of it. */
enum err change_refusal(struct request *r, const struct item *it) MUST_USE;
/* Only what the log says, of one that the others go on without. */
void change_note_refusal(struct request *r, const struct item *it);

#endif
