// SPDX-License-Identifier: MIT
/*
 * Do two answers tell the same?
 *
 * They must be equal, but for what is admitted to: digests and signatures of
 * what lies in the book (random to who has no key), and how much room it
 * takes on the disk.  A record's version is a MAC that counts hidden changes
 * too; so another one may stand in its place, but always the same one: a
 * version that moved in one book alone is found.
 */
#ifndef SERVER_SELFTEST_COMPARE_H
#define SERVER_SELFTEST_COMPARE_H

#include "common/buf.h"

/* Which version of the one book stands for which of the other. */
struct versions;

struct versions *versions_new(void);
void versions_free(struct versions *v);

bool answers_match(struct versions *v, struct bytes a, struct bytes b);

/* A packed value as JSON, for people; cut where the buffer ends. */
void packed_show(struct bytes packed, struct buf *out);

#endif
