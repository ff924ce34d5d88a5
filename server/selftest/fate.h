// SPDX-License-Identifier: MIT
/*
 * What the reader may know of each field, in each spot: the view decides.
 */
#ifndef SERVER_SELFTEST_FATE_H
#define SERVER_SELFTEST_FATE_H

#include "server/access/view.h"
#include "server/selftest/stock.h"

/* Fills `known`, `fates` and `may_differ`. */
void fates_decide(struct stock *s, const struct view *view);
/* Is there nothing of this entity in this spot that tells the reader, not
 * even a sum? */
bool fates_hide(const struct stock *s, const struct entity *e, enum spot at);

#endif
