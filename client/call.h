// SPDX-License-Identifier: MIT
/*
 * Requests to the server, from building the parameters to telling the person
 * what went wrong.
 *
 * call() connects and logs in when that has not happened yet, waits out
 * "busy", repeats what may be repeated, and reports every failure itself: to
 * people as what / why / next / code, with --json as the wire's error map, on
 * standard error.  A write whose fate is unknown ends with the words that
 * repeat it safely.
 */
#ifndef CLIENT_CALL_H
#define CLIENT_CALL_H

#include "client/app.h"

enum repeat {
	CALL_READ,  /* harmless to send again */
	CALL_WRITE, /* carries a request id: stored once, however often sent */
	CALL_ONCE,  /* never sent twice */
	CALL_TRY,   /* likewise, but it changes nothing: a login */
};

struct request {
	const char *method;
	enum repeat repeat;
	const char *id;    /* the request id of a write */
	struct buf params; /* one map */
	size_t mark;
	uint32_t count;
	/* Of several under way at once: */
	struct request *next;
	uint32_t sent_as; /* its message id; 0: not on its way */
	struct buf reply; /* its answer, if it came before it was asked for */
};

void request_begin(struct request *r, const char *method, enum repeat repeat);
void request_text(struct request *r, const char *key, struct bytes value);
void request_cstr(struct request *r, const char *key, const char *value);
void request_int(struct request *r, const char *key, int64_t value);
void request_bool(struct request *r, const char *key, bool value);
void request_raw(struct request *r, const char *key, struct bytes packed);
/* The pieces of "a,b" as an array of texts. */
void request_list(
    struct app *app, struct request *r, const char *key, const char *pieces);
/* What the flag says, if it was given: as text, as a number. */
void request_flag(
    struct app *app, struct request *r, const char *key, enum flag flag);
void request_flag_int(
    struct app *app, struct request *r, const char *key, enum flag flag);
/* Likewise, the number of an entry of the log; ERR_USAGE, told, if it is none.
 */
enum err request_flag_entry(struct app *app, struct request *r, const char *key,
    enum flag flag) MUST_USE;
/* The key alone: the caller packs one value into r->params next. */
void request_key(struct request *r, const char *key);
/* --source, --reason, --override, --confirm, --dry-run and the request id
 * (made if the user gave none). */
void request_write_flags(struct app *app, struct request *r);

/* Sends; takes the request.  *result lives in the arena `into`.  Failures
 * have been told. */
enum err call(struct app *app, struct request *r, struct arena *into,
    struct bytes *result) MUST_USE;

/* The same, but a refusal by the server is handed out in *refusal (its error
 * map) instead of told; what the link could not do is still told. */
enum err call_quietly(struct app *app, struct request *r, struct arena *into,
    struct bytes *result, struct bytes *refusal) MUST_USE;

/* Several under way at once: started in turn, finished in any order.  A start
 * that fails is made good by its finish, which also repeats what was lost with
 * the connection or met a busy server, as call_quietly() does.  The request
 * stays where it is until it is finished. */
void call_start(struct app *app, struct request *r);
enum err call_finish(struct app *app, struct request *r, struct arena *into,
    struct bytes *result, struct bytes *refusal) MUST_USE;

/* Started, and its answer is of no use any more. */
void call_drop(struct app *app, struct request *r);

/* Makes sure of a connection; without `login` only hello-grade calls work. */
enum err call_connect(struct app *app) MUST_USE;
void call_disconnect(struct app *app);

/* Random words for request ids: 32 hex digits in four groups. */
const char *request_id_new(struct arena *a);

#endif
