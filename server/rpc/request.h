// SPDX-License-Identifier: MIT
/*
 * One request on its way: everything that dies with the answer.
 *
 * A handler reads `params`, works with `desk`, and appends its result to
 * `out`; it returns an error kind and leaves the wording to reply.c.  It may
 * fill `plan` (what is to change), `owners` (with whose other plans it must
 * take turns), `draft` (what the log shall say of it) and
 * `must_log` (the answer waits for the entry).  Everything it allocates comes
 * from `arena`.  A handler may run several times for one request, on another
 * thread or after a conflict: it must not keep anything outside.
 */
#ifndef SERVER_RPC_REQUEST_H
#define SERVER_RPC_REQUEST_H

#include "common/unpack.h"
#include "server/access/effective.h"
#include "server/access/token.h"
#include "server/data/work.h"
#include "server/rpc/crew.h"
#include "server/rpc/rpc.h"
#include "server/rpc/turns.h"

struct method;
struct pending;

/* Who a connection has proved to be; copied into each request. */
struct identity {
	uint64_t account;  /* 0: nobody yet */
	uint64_t stamp;    /* of the account at login */
	int64_t until_ms;  /* end of the session */
	int64_t used_ms;   /* the request before */
	int64_t now_ms;    /* of this request, by struct steady */
	int64_t began_ms;  /* its login by password; 0: by a token */
	uint64_t failures; /* before that, and written down by it */
	bool must_change;  /* a new password first */
	bool must_enroll;  /* a second factor first */
	bool has_token;    /* it came by one, or was given one */
	struct digest token;
};

/* Has it lasted too long, or lain unused? */
bool identity_is_over(const struct identity *id, int64_t idle_ms);

struct request {
	struct task task;      /* back to the loop */
	struct crew_task away; /* into a crew */
	struct request *next;  /* of the station's spare ones */
	struct rpc *rpc;
	struct station *home;
	struct session *session;
	struct arena arena;
	struct arena_mark asked; /* what is of the message, not of its doing */
	struct buf out;          /* the packed result */
	uint64_t number;         /* message id */
	const struct method *method;
	struct bytes message;     /* a copy in the arena */
	struct bytes params;      /* packed map */
	struct pairs given;       /* the same, taken apart */
	struct identity identity; /* before the handler */
	struct turn turn;         /* kept over rebuilds */
	unsigned rebuilds;
	bool is_silent;   /* a notification: no answer is sent */
	bool is_away;     /* an answer is held open */
	bool is_counted;  /* an entry of the log stands for it */
	enum err outcome; /* of handler and commit */

	/* for the handler */
	struct desk *desk;
	struct caller caller;
	struct effective effective; /* the caller's roles and view */
	struct meter meter;
	const struct account *account;
	const struct token *token; /* that the session hangs on; NULL */
	struct findings found;
	struct plan *plan;
	const uint64_t *owners;
	size_t owner_count;
	struct draft draft;
	bool must_log;
	struct bytes bad_field;
	int64_t retry_after_ms;
	const char *rule;               /* of an error; NULL */
	const struct pending *approved; /* what a second person approved and
					   this performs; NULL */
	bool wants_identity; /* a login: `granted` becomes the session's */
	struct identity granted;
};

/* --- parameters; absent ones are empty -----------------------------------*/

/* Is `name` one of `words`, each followed by a space? */
bool param_is_known(const char *words, struct bytes name);
struct bytes param_raw(const struct request *r, const char *key);
struct bytes param_text(struct request *r, const char *key);
bool param_bool(struct request *r, const char *key);
int64_t param_int(struct request *r, const char *key, int64_t fallback);
/* The wrong type of some parameter: ERR_INVALID, with the field named. */
enum err param_error(const struct request *r);

/* The entity that `entity` names, as the caller may know it. */
enum err request_entity(
    struct request *r, const struct view_entity **out) MUST_USE;

/* The entity of this key, likewise; ERR_UNKNOWN names it. */
enum err request_entity_of(struct request *r, const char *key,
    const struct view_entity **out) MUST_USE;
/* The text of a parameter that says which record; ERR_INVALID without. */
enum err request_id(
    struct request *r, const char *key, struct bytes *id) MUST_USE;
/* The record of that entity which `id` names; ERR_INVALID if it is empty. */
enum err request_record(struct request *r, const struct view_entity *ve,
    struct bytes id, struct record **out) MUST_USE;

/* The parameter `user` in its one spelling, whether or not there is such an
 * account; and the account, ERR_NOT_FOUND. */
enum err request_login(struct request *r, struct bytes *login) MUST_USE;
enum err request_account(
    struct request *r, const struct account **out) MUST_USE;
/* The branch with this code, of the parameter `branch`. */
enum err request_branch(
    struct request *r, struct bytes code, uint64_t *id) MUST_USE;

/* What a handler has left, but for its draft: as if none had run. */
void request_forget(struct request *r);

/* The answer's plan, made on first use. */
struct plan *request_plan(struct request *r);
/* The same for what changes the directory: ids are counted, and schema and
 * roles are one document, so all of it is one owner's and takes turns. */
struct plan *request_directory_plan(struct request *r);

/* Another schema document, tried out beside the present one: every word is
 * read, every account gets its view.  What is wrong with it is a finding of
 * that field and rule, ERR_INVALID.  *then is the caller's, directory_free().
 */
enum err request_try_document(struct request *r, struct bytes document,
    uint32_t version, const char *field, const char *rule,
    struct directory **then) MUST_USE;
/* It was tried: the answer's plan puts it in the place of the present one.
 * `what` it does is said in clear in the log, with the parameter `reason`. */
enum err request_plan_document(struct request *r, struct bytes document,
    uint32_t version, const char *what) MUST_USE;

/* This session ends with the answer, which waits for its entry. */
void request_end_session(struct request *r);
/* Every session of the caller's account, wherever it is; tokens that were
 * issued stay, but must log in anew. */
enum err request_end_sessions(struct request *r) MUST_USE;

/* The list of a set's roles, in the directory's order. */
void request_pack_roles(struct request *r, uint64_t roles);

/* The key of the client's certificate; NULL: it showed none. */
const uint8_t *request_spki(const struct request *r);

/* Did it come by a token that was issued for a machine? */
bool request_is_machine(const struct request *r);

/* How the log tells of an act that concerns no customer: `what` in clear, and
 * the parameter `reason`, if there is one, sealed beside it: it may name
 * somebody.  NULL: no memory. */
const char *request_note(struct request *r, const char *what);
/* "what: reason" of an entry, to whoever may read it. */
const char *request_read_note(
    struct request *r, const struct draft *d, struct arena *a);
#define REASON_MOST 2000 /* bytes, of any method's */
enum err request_check_reason(struct request *r, struct bytes reason) MUST_USE;

/* The answer waits for the log when a watched value of the record is in it. */
enum err request_note_read(struct request *r, struct record *record,
    const struct shown *shown) MUST_USE;

/* All that the work changed goes into the plan, and into what the log says. */
enum err request_save(struct request *r, struct work *w) MUST_USE;

/* Adds a finding on a parameter and gives ERR_INVALID. */
enum err request_refuse(struct request *r, const char *field, const char *rule,
    const char *message);

#endif
