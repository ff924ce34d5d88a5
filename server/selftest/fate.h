// SPDX-License-Identifier: MIT
/*
 * What the reader may know of each field, wherever its record stands: his
 * compiled view decides.
 */
#ifndef SERVER_SELFTEST_FATE_H
#define SERVER_SELFTEST_FATE_H

#include "server/access/view.h"

enum spot {
	SPOT_OWN,
	SPOT_POOL, /* nobody's, of the reader's branch */
	SPOT_MATE, /* a colleague's, of the reader's branch */
	SPOT_FAR,  /* of another branch */
	SPOTS
};

enum fate { /* of a field's value in the two books */
	FATE_SHARED,
	FATE_ALIKE, /* two values with one mask */
	FATE_SECRET
};

struct fates {
	bool known[SCHEMA_ENTITIES][SPOTS]; /* may he know of such a record? */
	uint8_t of[SCHEMA_ENTITIES][SPOTS][SCHEMA_FIELDS]; /* by slot */
	/* Who knows a hidden value may look up whose it is: a right. */
	bool looked_up[SCHEMA_ENTITIES][SCHEMA_FIELDS];
	bool may_differ[SPOTS]; /* in what the log tells of it */
};

/* `schema` is the view's own. */
void fates_decide(
    struct fates *f, const struct schema *schema, const struct view *view);
/* Is there nothing of this entity in this spot that tells the reader, not
 * even a sum? */
bool fates_hide(const struct fates *f, const struct entity *e, enum spot at);

#endif
