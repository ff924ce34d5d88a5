// SPDX-License-Identifier: MIT
/*
 * Relations, levels, rights: the words that roles are made of.
 *
 * A relation is how a caller stands to a row; a level is a set of what he may
 * do with a field; a right is an act that no level covers.
 */
#ifndef SERVER_ACCESS_RIGHT_H
#define SERVER_ACCESS_RIGHT_H

#include "common/bytes.h"

/* How the caller stands to a row; several may hold at once. */
enum relation {
	RELATION_OWN = 1,    /* he is its owner */
	RELATION_POOL = 2,   /* it has no owner and lies in his branch */
	RELATION_BRANCH = 4, /* it lies in his branch */
	RELATION_ALL = 8     /* any row; the only one of unscoped entities */
};
#define RELATION_SETS 16

/* What a level permits; a level is a set of these. */
enum level_bit {
	MAY_SEE_MASKED = 1,
	MAY_SEE = 2, /* in clear */
	MAY_SET = 4,
	MAY_SET_NEW = 8 /* when the record is made */
};
/* none 0, masked 1, enter 1|4|8, read 2, create 2|8, write 2|4|8 */

enum right {
	RIGHT_IMPORT = 1 << 0,
	RIGHT_EXPORT = 1 << 1,
	RIGHT_EXPORT_CLEAR = 1 << 2,
	RIGHT_LOOKUP = 1 << 3,
	RIGHT_OVERRIDE = 1 << 4,
	RIGHT_APPROVE = 1 << 5,
	RIGHT_MERGE = 1 << 6,
	RIGHT_ERASE = 1 << 7,
	RIGHT_AUDIT = 1 << 8,
	RIGHT_BACKUP = 1 << 9,
	RIGHT_RESTORE = 1 << 10,
	RIGHT_KEYS = 1 << 11,
	RIGHT_USERS = 1 << 12,
	RIGHT_ROLES = 1 << 13,
	RIGHT_SCHEMA = 1 << 14,
	RIGHT_RULES = 1 << 15,
	RIGHT_CLAIM = 1 << 16, /* out of the pool, and back into it */
	RIGHT_LAST = RIGHT_CLAIM
};

/* What is counted of each user and day; a role may set a bound to each. */
enum quota_kind {
	QUOTA_SEALED, /* sealed values shown in clear */
	QUOTA_LOOKUP, /* sealed or unique values asked for by their value */
	QUOTA_KINDS
};
#define QUOTA_NONE UINT64_MAX /* no bound */

/* Relations that hold between a caller and a scoped row. */
static inline unsigned relations_of(uint64_t user, uint64_t user_branch,
    uint64_t row_branch, uint64_t row_owner)
{
	unsigned same = user_branch && row_branch == user_branch;

	return RELATION_ALL | (same ? RELATION_BRANCH : 0u) |
	       (row_owner && row_owner == user ? RELATION_OWN : 0u) |
	       (same && !row_owner ? RELATION_POOL : 0u);
}

/* --- words, as in the role file and on the wire --------------------------*/

unsigned right_parse(struct bytes word); /* 0: no such right */
const char *right_word(unsigned right);  /* NULL unless exactly one */
unsigned relation_parse(struct bytes word);
const char *relation_word(unsigned relation);
int level_parse(struct bytes word);    /* level bits; -1: no such level */
const char *level_word(unsigned bits); /* "none", "masked", ... */
int quota_parse(struct bytes word);    /* its kind; -1: none such */
const char *quota_word(enum quota_kind kind);

#endif
