// SPDX-License-Identifier: MIT
/*
 * Rules of business as a request proposes them: the whole section, one rule
 * in it, or one less; tried out beside the present ones.
 *
 * What is declassified is never taken from the request: it is what was, and
 * what this proposal is allowed to add.
 */
#ifndef SERVER_RPC_PROPOSAL_H
#define SERVER_RPC_PROPOSAL_H

#include "server/book/rule_rights.h"
#include "server/rpc/request.h"

#define PROPOSAL_KEY 24 /* of a version that was, in META */

struct proposal {
	struct bytes present;    /* packed section; none: there are no rules */
	uint32_t version;        /* of the proposal */
	struct buf given;        /* the section as asked for */
	struct buf section;      /* as it would be stored */
	struct buf document;     /* the schema with it */
	struct directory *then;  /* over it; NULL until it was tried */
	struct directory *first; /* likewise, with nothing declassified anew */
	struct wider *wider;     /* not declassified; of `first` */
	size_t wider_count;
};

void proposal_init(struct request *r, struct proposal *p);
void proposal_release(struct proposal *p);

/* Out of `document`, `rule` or `remove`: ERR_INVALID with what is wrong. */
enum err proposal_read(struct request *r, struct proposal *p) MUST_USE;
/* Tries it for a simulation, which stores nothing: whoever asks is asked for
 * each input himself. */
enum err proposal_try_alone(struct request *r, struct proposal *p) MUST_USE;
/* Tries it, with what is found wider declassified if `declassify`. */
enum err proposal_try(
    struct request *r, struct proposal *p, bool declassify) MUST_USE;

/* Appends [{rule | part, change}]. */
void proposal_pack_changes(const struct proposal *p, struct buf *out);
/* Appends [{field, input, class}]. */
void proposal_pack_wider(const struct proposal *p, struct buf *out);

/* Where the section of a version is kept when it is no longer the present. */
void proposal_key(uint32_t version, char out[static PROPOSAL_KEY]);

#endif
