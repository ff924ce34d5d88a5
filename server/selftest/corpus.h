// SPDX-License-Identifier: MIT
/*
 * Requests of every kind, made up from a seed.
 *
 * Each method of the table has a maker, ask_<noun>_<verb> in ask.c, that
 * says which parameters it shall have; what may stand in a parameter is
 * params.c's, by the parameter's name.  Some requests are spoilt afterwards.
 * Nothing in a request depends on which of the two books it goes to: what is
 * taken from earlier answers was in both.
 */
#ifndef SERVER_SELFTEST_CORPUS_H
#define SERVER_SELFTEST_CORPUS_H

#include "server/rpc/method.h"
#include "server/selftest/stock.h"

/* Numbers of made values that lie in neither book.  Where a field has room
 * for few, those that may come twice. */
#define FRESH_FROM  500000
#define FRESH_AGAIN 505000
#define FRESH_FEW   4000

#define KEPT_MOST 24
#define KEPT_TEXT 640

enum kept { /* of answers, to be used again */
	KEPT_ID,
	KEPT_NUMBER,
	KEPT_VERSION,
	KEPT_CURSOR,
	KEPT_CONFIRM,
	KEPT_TOKEN,
	KEPT_REQUEST,  /* for a second person */
	KEPT_POSITION, /* of a change, in digits */
	KEPT_KINDS
};

/* What an answer invites to: the next page, or what was previewed. */
struct sequel {
	const struct method *method; /* NULL: none */
	struct buf params;           /* the pairs of the request before */
	uint32_t count;
	const char *key;
	char value[KEPT_TEXT];
};

struct corpus {
	const struct stock *stock;
	struct dice dice;
	struct arena *arena; /* of the step */
	const struct method *method;
	bool is_own_affair; /* the account's own way in: says nothing of the
			     * book */
	const struct entity *entity; /* that the request is about */
	struct buf params;           /* the map's pairs so far */
	uint32_t count;
	struct sequel sequel;
	unsigned fresh; /* numbers of values that nobody has yet */
	char kept[KEPT_KINDS][KEPT_MOST][KEPT_TEXT];
	unsigned kept_count[KEPT_KINDS];
};

void corpus_init(struct corpus *c, const struct stock *s, uint64_t seed);
void corpus_release(struct corpus *c);

/* The next request, whole, and who asks it. */
enum seat corpus_next(struct corpus *c, struct buf *message);
/* What an answer told may be used again. */
void corpus_learn(struct corpus *c, struct bytes told);

/* --- for the makers ------------------------------------------------------*/

/* Those in `always` (each followed by a space), and of the method's others
 * each by chance. */
void ask_some(struct corpus *c, const char *always);
/* That one, whatever it is by chance; that text. */
void give(struct corpus *c, const char *param);
void give_text(struct corpus *c, const char *param, const char *text);

/* --- params.c ------------------------------------------------------------*/

/* Appends a value that may stand in this parameter. */
void param_put(struct corpus *c, const char *param, struct buf *out);

/* --- learn.c -------------------------------------------------------------*/

/* One of those kept, or NULL. */
const char *corpus_kept(struct corpus *c, enum kept kind);
/* One of those kept, sometimes altered; without any `instead`. */
void corpus_put_kept(
    struct corpus *c, enum kept kind, const char *instead, struct buf *out);

#endif
