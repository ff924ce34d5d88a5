// SPDX-License-Identifier: MIT
/*
 * What the modules of this room share: the insides of rpc, station, session.
 */
#ifndef SERVER_RPC_INSIDE_H
#define SERVER_RPC_INSIDE_H

#include <pthread.h>
#include <stdatomic.h>

#include "server/rpc/crew.h"
#include "server/rpc/presence.h"
#include "server/rpc/request.h"

#define SPARE_REQUESTS 64

#define PROTOCOL_VERSION 1

struct rpc {
	struct rpc_options options;
	struct series *series;     /* shared, locks itself */
	struct throttle *throttle; /* likewise */
	struct quotas *quotas;     /* likewise */
	struct tries *tries;       /* likewise */
	struct presence *presence; /* likewise */
	struct uses *uses;         /* of tokens; likewise */
	struct steady steady;      /* time for what must end */
	struct crew *hashers, *workers;
	struct turns *turns;           /* likewise */
	atomic_uint_fast64_t sessions; /* numbers given out */
	int64_t started_ms;
	_Atomic enum service service;
	pthread_mutex_t lock; /* for the list */
	struct station *stations;
	struct chores *chores;
};

struct station {
	struct rpc *rpc;
	void *loop;
	struct desk desk;
	struct tally *tally;
	struct station *next; /* of the process */
	struct request *spare;
	unsigned spare_count;
	struct buf reply; /* of the answer being sent */
};

struct session {
	struct station *station;
	void *conn; /* valid while it is open or an answer is under way */
	uint8_t spki[32];
	bool has_spki;
	uint64_t number;
	struct identity identity;
	uint64_t here;       /* account that presence counts it under */
	int64_t noted_ms;    /* when the use of its token was */
	unsigned under_way;  /* answers */
	atomic_bool is_over; /* long work looks too, on its own thread */
	char peer[64];
};

/* --- dispatch.c ----------------------------------------------------------*/

/* From the message's bytes to method and parameters. */
enum err request_decode(struct request *r, struct bytes message) MUST_USE;
/* Who, what he may, and the handler; on the desk's thread. */
enum err request_perform(struct request *r, struct desk *d) MUST_USE;

/* --- charge.c ------------------------------------------------------------*/

/* A meter for this run, empty; what an earlier run took is given back. */
void charge_begin(struct request *r);
/* After the handler: what was shown and asked stays counted, and asking is
 * always logged.  Words the refusal if a quota was why. */
void charge_end(struct request *r, enum err err);
/* Tells the auditor whose quotas are used up, or nearly. */
void charge_tick(struct station *s);

/* --- identify.c ----------------------------------------------------------*/

/* Account, token, effective roles, caller; ERR_UNAUTHENTICATED, ERR_DENIED
 * when the method is not for such a session.  Nobody is fine where the method
 * needs nobody. */
enum err request_identify(struct request *r) MUST_USE;
/* The caller becomes `who`, with at most the roles `within`. */
enum err request_become(
    struct request *r, const struct account *who, uint64_t within) MUST_USE;
/* Has the caller the method's right, and are all parameters known? */
enum err request_check(struct request *r) MUST_USE;

/* --- on_access.c ---------------------------------------------------------*/

/* Appends what everybody is told of: each break-glass that runs. */
void request_pack_notices(struct request *r);

/* --- on_change_undo.c ----------------------------------------------------*/

/* Is it of those that change.undo never takes back?  Who were parted are
 * merged again, an erased one is gone, a confirmation changed no value. */
bool change_is_final(const struct entry *e);
/* Would it refuse, as things are, to take this one back from the caller?
 * `rule` names why where the error alone does not; NULL.  Of what only a
 * look-up or the credit rule would say, nothing is said. */
enum err change_try_undo(struct request *r, struct entry *e, struct arena *a,
    const char **rule) MUST_USE;

/* --- on_customer_duplicates.c --------------------------------------------*/

/* Of what an item would store: an array of rows with `score` and `reasons`.
 * `often` is duplicates.h's, for many items, or NULL. */
enum err request_pack_duplicates(struct request *r, const struct item *it,
    uint64_t *often, struct buf *out) MUST_USE;

/* --- on_credit.c ---------------------------------------------------------*/

/* May the caller judge that call of credit.release: does he know the customer,
 * and what he may owe? */
bool credit_may_judge(struct request *r, struct bytes params);

/* --- on_report.c ---------------------------------------------------------*/

/* The next report that the caller may have, from place `at` on, and what could
 * be asked of it (NULL: unasked); NULL behind the last. */
struct report;
struct report_offers;
const struct report *request_report(
    struct request *r, size_t *at, struct report_offers *offers);
/* That, as two pairs of a map: `params`, and which `words` they take. */
void report_pack_asks(const struct report *report,
    const struct report_offers *offers, struct buf *out);

/* --- station.c -----------------------------------------------------------*/

/* A request's turn has come, on whatever thread: it is performed again. */
void station_call_turn(struct turn *t);

/* --- spare.c -----------------------------------------------------------*/

struct request *request_take(struct station *s);
void request_give(struct request *r);

#endif
