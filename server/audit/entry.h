// SPDX-License-Identifier: MIT
/*
 * One log entry: what is drafted by a request and completed at commit.
 *
 * A draft is packed on the request's thread and travels in its plan; the
 * committer adds what only it knows and the leaf is
 *
 *   [ position, time_ms, result, draft ]
 *
 * as MessagePack: position = index in the tree, time never before the entry
 * before it, result "ok" or an error word.  The draft is a map with the keys
 * of `members` in entry.c, in that order, then "records"; absent means none.
 * No value, no reason, no search constant stands in it: only commitments
 * (crypto/sealer.h commit_value), so that the log needs no redaction, ever.
 * Of a record that was written it names version and the digest over the
 * commitments of the fields that this version set (docs/decisions/0005).
 */
#ifndef SERVER_AUDIT_ENTRY_H
#define SERVER_AUDIT_ENTRY_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/digest.h"
#include "server/store/store.h"

/* Bytes of a leaf: a batch of 1,000 items writes up to three records an item,
 * each of some 60 bytes. */
#define ENTRY_MOST (256 * 1024)

/* How a record or field was touched. */
enum touch { TOUCH_READ, TOUCH_MASKED, TOUCH_SEARCH, TOUCH_WRITE, TOUCH_COUNT };

struct entry_record {
	uint8_t entity;
	uint64_t id;
	uint32_t version; /* the one written, or read */
	enum touch touch;
	const uint8_t *fields; /* ids, ascending */
	uint8_t field_count;
	bool has_root;
	struct digest root; /* over the commitments of what was set */
};

struct draft {
	uint64_t user;       /* account id; 0: nobody yet, or the system */
	const char *login;   /* canonical name as logged in; NULL */
	const char *roles;   /* "sales support"; NULL */
	uint64_t branch;     /* of the record, else of the caller */
	const char *peer;    /* address:port; NULL for the system itself */
	const uint8_t *spki; /* 32 bytes or NULL */
	const char *token;   /* id of the token that he came by; NULL */
	const char *method;  /* or "system.start", "login.failed", ... */
	const char *act;     /* the method that waited for a second person, of
				an entry of request.*; NULL */
	const char *behalf;  /* for whom it was done, when the one who caused
				the entry is another; NULL */
	const char *under;   /* what made it possible: a second person's
				approval, a break-glass; NULL */
	const char *result;  /* a refusal's word when known; NULL: commit's */
	const char *why;     /* a cause that the answer does not tell; NULL */
	const char *request; /* request id; NULL */
	const char *source;  /* of values; NULL */
	uint64_t undoes;     /* position of the change that this took back; 0 */
	uint64_t count;      /* requests that this entry stands for; 0 when
				another entry counts them */
	uint64_t subject;    /* customer concerned; 0 none */
	bool has_reason;
	struct digest reason; /* commitment of what a customer's change says */
	const char *clear;    /* which account, role, version ...; NULL */
	struct bytes note;    /* sealed: why, of an act without customer */
	bool has_terms;
	struct digest terms; /* commitment of the search constants */
	const struct entry_record *records;
	size_t record_count;
};

const char *touch_word(enum touch t); /* "read", "masked", ... */

/* Appends the packed draft.  ERR_TOO_LARGE past ENTRY_MOST. */
enum err draft_pack(const struct draft *d, struct buf *out) MUST_USE;
/* The entry of a plan: packed, and put where the log's hook finds it. */
enum err draft_plan(const struct draft *d, struct plan *p) MUST_USE;

/* The leaf's bytes. */
void leaf_pack(uint64_t position, int64_t time_ms, const char *result,
    struct bytes draft, struct buf *out);

/* A leaf read back; texts and fields borrow from `a` or the leaf. */
struct entry {
	uint64_t position;
	int64_t time_ms;
	const char *result;
	struct draft draft;
};
/* ERR_CORRUPT if it is no leaf. */
enum err leaf_parse(
    struct bytes leaf, struct arena *a, struct entry *out) MUST_USE;
/* Neither refused nor to no effect. */
bool entry_is_done(const struct entry *e);

/* The digest over (field id, version, commitment) of the fields set. */
struct commitment {
	uint32_t field; /* struct field.bound */
	uint8_t of[32];
};
void entry_root(const struct commitment *c, size_t count, struct digest *out);

#endif
