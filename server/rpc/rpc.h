// SPDX-License-Identifier: MIT
/*
 * The protocol's upper half: from one message to one answer.
 *
 * Knows methods and no sockets.  The host (server/server.c) gives each
 * loop a `station` (desk, tally, spare requests), each connection a session,
 * and hands in whole messages; answers go back through the host's functions,
 * on the loop's thread, now or later.  What a request needs to wait for (a
 * commit, a password hash, a long walk) happens elsewhere and comes back by
 * host->post.
 */
#ifndef SERVER_RPC_RPC_H
#define SERVER_RPC_RPC_H

#include "common/task.h"
#include "server/access/login.h"
#include "server/access/strength.h"
#include "server/access/token.h"
#include "server/audit/auditlog.h"
#include "server/audit/tally.h"
#include "server/data/desk.h"

#define REQUEST_ARENA (32 * 1024 * 1024) /* most memory of one request */
#define REQUEST_REPLY (16 * 1024 * 1024) /* longest answer */
#define REBUILDS      8                  /* of a plan that met another */

struct rpc;     /* what all threads share */
struct station; /* what one loop has */
struct session; /* what one connection has */

/* What the layer with the sockets does for this one.  `conn` and `loop` are
 * its own pointers. */
struct rpc_host {
	void (*send)(void *conn, struct bytes reply); /* loop's thread */
	void (*hold)(void *conn); /* an answer is under way */
	void (*drop)(void *conn);
	void (*admit)(void *conn, bool in);       /* logged in, or out */
	void (*post)(void *loop, struct task *t); /* any thread */
};

/* What the service lets happen: asked for by dispatch when all other checks
 * are through, so that no answer but a change's depends on it. */
enum service {
	SERVICE_OPEN,
	SERVICE_READ_ONLY, /* the operator wants no changes */
	SERVICE_DRAINING   /* about to stop: finishes what is under way */
};

struct rpc_options {
	struct store *store;
	struct keyring *keyring;
	struct auditlog *log;
	const struct clock *clock;
	const struct random *random;
	struct rpc_host host;
	struct password_cost password_cost;
	struct password_policy password_policy;
	int64_t session_ms;   /* the longest session */
	int64_t idle_ms;      /* unused for so long it ends; 0: never */
	int64_t token_ms;     /* the longest life of an issued token */
	int64_t glass_ms;     /* the longest break-glass */
	unsigned hashers;     /* threads that hash passwords; 2 */
	unsigned workers;     /* threads for long walks; 2 */
	unsigned rules_hour;  /* of the nightly run, the company's; 24: never */
	const char *company;  /* its name; NULL or "": not told */
	const char *data_dir; /* for the operator's warnings alone */
	bool root_key_beside; /* the root key lies with the data */
	enum service service; /* at the start */
	/* Connection and traffic counts for server.status; may be NULL. */
	void (*figures)(void *ctx, struct buf *out);
	void *figures_ctx;
	const char *register_path; /* of erased customers; NULL: none is kept */
};

enum err rpc_open(const struct rpc_options *o, struct rpc **out) MUST_USE;
void rpc_set_service(struct rpc *r, enum service s); /* any thread */
/* When every loop has stopped and before the store closes: finishes what the
 * crews took, gives back snapshots.  Commits may still complete. */
void rpc_stop(struct rpc *r);
void rpc_free(struct rpc *r); /* after the store has closed */

/* On the loop's own thread. */
enum err station_new(struct rpc *r, void *loop, struct station **out) MUST_USE;
void station_stop(struct station *s); /* the loop ends; rpc frees it */
void station_rest(struct station *s); /* before the loop polls */
void station_tick(struct station *s); /* about once a second */

/* `peer` and `spki` (or NULL) are copied. */
struct session *session_new(
    struct station *s, void *conn, const char *peer, const uint8_t *spki);
/* The connection is gone; memory goes when the last answer is through. */
void session_end(struct session *s);

/* One whole message. */
void rpc_message(struct session *s, struct bytes message);
/* The stream broke a bound or was no MessagePack: says so, counts it. */
void rpc_broken(struct session *s, enum err why);

/* A desk for a thread that is no loop (workers); `may_wait` is set. */
enum err desk_open(const struct rpc_options *o, struct series *series,
    struct desk *out) MUST_USE;
void desk_close(struct desk *d);

#endif
