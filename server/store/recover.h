// SPDX-License-Identifier: MIT
/*
 * Opening a book that was not closed: by a kill, a power cut, a failed sync.
 *
 * LMDB's file may then hold anything but the pages of the base.  So the
 * base's meta pages are put back before LMDB looks at it, and all frames of
 * the journal are applied.  There is one way for all such ends, so that each
 * kill tests the power cut.  A data file that does not go with the base is
 * refused and left alone.
 */
#ifndef SERVER_STORE_RECOVER_H
#define SERVER_STORE_RECOVER_H

#include "server/store/keeper.h"

struct recovery {
	bool is_needed;
	struct base base;
};

/* Before LMDB opens: decides, and puts the meta pages back.  ERR_CORRUPT for
 * a file that does not go with its fellows, ERR_CONFLICT while another
 * program reads it. */
enum err recover_prepare(const char *dir, struct recovery *out) MUST_USE;
/* After: applies the journal, and moves the base behind it. */
enum err recover_replay(
    struct engine *e, struct keeper *k, const struct recovery *r) MUST_USE;

#endif
