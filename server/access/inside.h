// SPDX-License-Identifier: MIT
/*
 * What the modules of this room see of a directory beyond directory.h: what a
 * load builds, and under which keys of META it lies.
 */
#ifndef SERVER_ACCESS_INSIDE_H
#define SERVER_ACCESS_INSIDE_H

#include "server/access/binding.h"
#include "server/access/glass.h"
#include "server/access/role.h"
#include "server/store/store.h"

#define META_SCHEMA "schema"
#define META_ACCESS "access"

#define DOCUMENT_MAC  32
#define DOCUMENT_HEAD (DOCUMENT_MAC + 4) /* and the version */

struct held { /* an account and how it lay in the store */
	struct account account;
	uint64_t version;
	struct held *next;
};

struct shared_view {
	uint64_t chosen, denying; /* roles, a bit each */
	const struct view *view;
	struct shared_view *next;
};

struct state {
	struct arena arena;
	struct schema *schema;
	uint64_t schema_row; /* version of the rows */
	uint64_t access_row;
	uint64_t two_person_row; /* 0: there is none */
	unsigned two_person;
	uint64_t glass_row; /* likewise */
	struct glasses glasses;
	struct policies roles;
	struct bindings bindings;
	struct held **by_login; /* in order */
	struct held **by_id;
	size_t count;
	uint64_t last_id;
	struct shared_view *views;
};

struct directory {
	struct state *state;         /* NULL before the first load */
	const struct snapshot *seen; /* what it was last held against */
	uint64_t renewals;           /* of that, then */
};

/* The roles as the document states them; `d` has loaded. */
const struct policies *directory_policies(const struct directory *d);
const struct held *held_find(const struct directory *d, struct bytes login);
/* Of the version and the document behind it. */
void document_mac(
    struct sealer *s, struct bytes versioned, uint8_t out[static DOCUMENT_MAC]);

#endif
