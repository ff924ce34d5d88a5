// SPDX-License-Identifier: MIT
/*
 * Do two answers tell the same?
 *
 * Byte by byte; only where they differ is looked at what is admitted to:
 * digests and signatures of what lies in the book (random to who has no key),
 * and how much room it takes on the disk.
 */
#ifndef SERVER_SELFTEST_COMPARE_H
#define SERVER_SELFTEST_COMPARE_H

#include "common/buf.h"

bool answers_match(struct bytes a, struct bytes b);

/* A packed value as JSON, for people; cut where the buffer ends. */
void packed_show(struct bytes packed, struct buf *out);

#endif
