// SPDX-License-Identifier: MIT
/*
 * What follows by itself from what somebody changed, in the same plan.
 *
 * rpc calls book_settle() when all items of a request hold, before a preview
 * is shown, a token compared or the plan made.  Each step looks at what the
 * work changed and changes further records through server/data/work alone.
 * A step asks nobody's rights; what it set is shown to nobody but through
 * his view.
 */
#ifndef SERVER_BOOK_SETTLE_H
#define SERVER_BOOK_SETTLE_H

#include "server/data/work.h"

/* What a step returns ends the whole request. */
enum err book_settle(struct work *w) MUST_USE;

/* --- the steps -----------------------------------------------------------*/

enum err settle_flags(struct work *w) MUST_USE;  /* settle_flags.c */
enum err settle_review(struct work *w) MUST_USE; /* settle_review.c */
enum err settle_rules(struct work *w) MUST_USE;  /* rules.c */
enum err settle_hold(struct work *w) MUST_USE;   /* settle_hold.c */

#endif
