// SPDX-License-Identifier: MIT
/*
 * Two twins in step.
 *
 * A step is one moment of both books: the requests in it find the same time
 * and the same chance.  Where only one of them was asked something, or each
 * something else, pair_level() makes their logs equally long again, since a
 * log's length is no secret.
 */
#ifndef SERVER_SELFTEST_PAIR_H
#define SERVER_SELFTEST_PAIR_H

#include "common/arena.h"
#include "common/buf.h"
#include "server/selftest/twin.h"

struct pair {
	struct twin *twins[2];
	uint64_t step;
	struct arena arena;   /* of this step */
	struct buf message;   /* the last request */
	struct bytes told[2]; /* the whole answers to it */
};

/* One half of an answer. */
struct answer {
	bool is_result;
	struct bytes body; /* packed: the result, or the error */
};

/* Makes `a` and `b` in `dir`. */
enum err pair_open(struct pair *p, const char *dir, struct bytes document,
    uint64_t seed) MUST_USE;
void pair_close(struct pair *p);

void pair_step(struct pair *p);
/* Asks one of them, or both, in the same words.  In the step's arena. */
struct answer pair_ask(struct pair *p, unsigned which, enum seat seat,
    const char *method, struct bytes params);
/* The same with a message as it goes over the wire; fills `told`. */
void pair_tell(struct pair *p, enum seat seat, struct bytes message);

enum err pair_level(struct pair *p) MUST_USE;
enum err pair_tick(struct pair *p) MUST_USE;

struct answer answer_read(struct bytes told);
/* A text of a packed map, in the arena; "" if there is none. */
const char *answer_text(struct bytes map, const char *key, struct arena *a);

/* Packs [0, number, method, [params]]. */
void message_pack(struct buf *out, const char *method, struct bytes params);

#endif
