// SPDX-License-Identifier: MIT
/*
 * What may stand in a parameter, by its name.  See corpus.h.
 */
#ifndef SERVER_SELFTEST_PARAMS_H
#define SERVER_SELFTEST_PARAMS_H

#include "common/pack.h"
#include "server/selftest/corpus.h"

struct param {
	const char *name;
	void (*put)(struct corpus *c, struct buf *out); /* one value */
};

/* Each ends in a row without a name. */
extern const struct param params_common[]; /* numbers, flags, words */
extern const struct param params_record[]; /* entities, fields, values */
extern const struct param params_people[]; /* accounts, roles, sessions */

/* A value that is out of place. */
void put_nonsense(struct corpus *c, struct buf *out);

static inline void put_any(
    struct corpus *c, struct buf *out, const char *const *list, unsigned count)
{
	pack_cstr(out, list[dice_below(&c->dice, count)]);
}

/* One of these texts. */
#define ANY(c, out, ...)                                                       \
	put_any(c, out, (const char *const[]){ __VA_ARGS__ },                  \
	    sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(char *))

static inline bool chance(struct corpus *c, unsigned percent)
{
	return dice_percent(&c->dice, percent);
}

#endif
