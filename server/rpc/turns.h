// SPDX-License-Identifier: MIT
/*
 * Turns: plans of one customer are built one after another.
 *
 * Each plan names what it turns on by keys: the customer of every record that
 * it writes, unless it makes him.  Whoever comes first for all of its keys
 * goes; the others wait, in the order in which they came, and are called when
 * those before them have given their turns back.  All keys of one plan are
 * asked for at once, under one lock, so every queue has the same order: nobody
 * holds one key while he queues for another, there is no deadlock, and a batch
 * over many customers is not passed by those who want but one.
 *
 * Turns save work, they do not make a plan right: what must hold at the
 * commit stands in the plan.  Any thread.
 */
#ifndef SERVER_RPC_TURNS_H
#define SERVER_RPC_TURNS_H

#include <stddef.h>
#include <stdint.h>

#include "common/err.h"

struct turns;
struct claim;

/* Embedded in its owner, zeroed at first. */
struct turn {
	struct claim *claims; /* one for each key; until it is given back */
	size_t count;         /* 0: has none, nothing to give back */
	size_t blocked;       /* claims with an earlier one before them */
	struct turn *next;    /* of those to be called */
};

/* `call` is told whose turn has come, on the thread that made it so. */
struct turns *turns_new(void (*call)(struct turn *t));
void turns_free(struct turns *t); /* NULL is fine */

enum turn_word {
	TURN_GO,    /* it is yours */
	TURN_STALE, /* it is yours; but build again, on a fresh snapshot */
	TURN_WAIT,  /* you are called; until then nothing of you is touched */
};

/* Asks for the keys, of a plan that was built on a snapshot at log position
 * `head`.  Who has a turn keeps it if that has all of these keys, else he
 * gives it back and queues anew.  ERR_BUSY without memory. */
enum err turns_take(struct turns *all, struct turn *t, const uint64_t *keys,
    size_t count, uint64_t head, enum turn_word *out) MUST_USE;

/* Gives it back, if there is one, and calls those who are next.  `head` is
 * the log's after what was done in this turn; 0: nothing was. */
void turns_give(struct turns *all, struct turn *t, uint64_t head);

#endif
