// SPDX-License-Identifier: MIT
/*
 * What one thread works with, and for whom.
 *
 * A desk is a thread's own set of tools: snapshot, sealer, directory.  Every
 * loop has one and every worker; none is shared.  A caller is whoever sent
 * the request at hand: it travels with the request and is never kept in a
 * global or in the desk.
 */
#ifndef SERVER_DATA_DESK_H
#define SERVER_DATA_DESK_H

#include "common/clock.h"
#include "common/date.h"
#include "server/access/directory.h"
#include "server/access/quota.h"
#include "server/access/tokens.h"
#include "server/crypto/sealer.h"
#include "server/schema/series.h"
#include "server/store/store.h"

/* Who works for long asks between two steps whether he may go on: whoever
 * asked for it may have lost the right meanwhile.  Put five times a second at
 * most. */
#define LEAVE_EVERY_NS UINT64_C(200000000)

struct leave {
	enum err (*ask)(void *ctx); /* NULL: of nobody */
	void *ctx;
	uint64_t next_ns; /* monotonic */
};

/* The business's word on an item whose values hold and whose totals have
 * moved: it may refuse it (item.err), whatever path it came by.  See
 * totals.h for `moved`. */
struct work;
struct item;
struct moved;
typedef enum err (*guard_fn)(
    struct work *w, struct item *it, const struct moved *m);

struct desk {
	struct store *store;
	struct snapshot *snapshot;
	struct sealer *sealer;
	struct directory *directory;
	struct tokens *tokens;
	struct series *series; /* shared by all desks */
	const struct clock *clock;
	const struct random *random;
	uint8_t store_id[STORE_ID];
	uint64_t position;  /* of the directory when the sealer was renewed */
	guard_fn guard;     /* NULL: nothing is refused */
	bool may_wait;      /* a worker's: may block on a commit */
	struct leave leave; /* of the request at hand */
};

/* The newest snapshot, whatever moves under the directory; for long work, which
 * makes no keys. */
enum err desk_look(struct desk *d) MUST_USE;
/* The newest snapshot, and if anything of the directory moved, or keys were
 * destroyed or turned, that anew and no opened key of before.
 * ERR_UNVERIFIED, ERR_CORRUPT. */
enum err desk_refresh(struct desk *d) MUST_USE;
/* ERR_OK, or what has ended the request at hand meanwhile. */
enum err desk_may_go_on(struct desk *d) MUST_USE;

/* All that the service calls a day is the company's, in the zone of its
 * schema: on which an instant falls, which it is now, when one begins. */
int32_t desk_day(const struct desk *d, int64_t ms);
int32_t desk_today(const struct desk *d);
int64_t desk_day_begins(const struct desk *d, int32_t day);

struct tries;

struct caller {
	uint64_t user;           /* account id */
	const char *login;       /* canonical */
	const char *roles;       /* keys, separated by spaces */
	const char *bound_by;    /* these, and those that a token left out */
	uint64_t branch;         /* record id, 0 for none */
	const char *branch_code; /* "" for none */
	const struct view *view;
	const char *peer;    /* address:port */
	const char *source;  /* of values, when the request names none */
	struct meter *meter; /* of sealed values and look-ups; NULL: none */
	struct tries *tries; /* of what a rule refused; NULL: none */
};

#endif
