// SPDX-License-Identifier: MIT
/*
 * One-time codes for people to read out and type: `7QK4-2MZD-9XRT`.
 *
 * Groups of four from an alphabet without what reads alike, five random bits
 * a character.  Only the digest is kept.  What is typed may have other
 * dashes, spaces and case.
 */
#ifndef SERVER_ACCESS_CODE_H
#define SERVER_ACCESS_CODE_H

#include "common/clock.h"
#include "common/digest.h"

#define CODE_GROUP        4
#define CODE_GROUPS_MOST  5
#define CODE_TEXT(groups) ((groups) * (CODE_GROUP + 1)) /* with its NUL */

/* `code` has room for CODE_TEXT(groups); the caller wipes it. */
void code_new(const struct random *random, unsigned groups, char *code,
    struct digest *kept);

/* The digest of what was meant; false if it cannot be such a code. */
bool code_digest(struct bytes typed, unsigned groups, struct digest *out);

#endif
