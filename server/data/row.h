// SPDX-License-Identifier: MIT
/*
 * The form of a record on disk, and what its seals are bound to.
 *
 * A row is a plain header, the body sealed as a whole, and each sensitive
 * field sealed on its own:
 *
 *   header   u8 format, entity, flags, count of sealed fields
 *            u32 version, u32 key version, u64 subject, branch, owner
 *            u32 length of the sealed body                     (40 bytes)
 *   body     sealed; inside:
 *            u8 format, u8 count of values, then each
 *              u8 field, u32 version that set it, u16 length, packed value
 *            u8 count of stamps, then each
 *              u32 version, u64 ms, u64 account, u8 length, source
 *            u8 count of values that overrule a rule, then each
 *              u8 field, u16 length, packed value that the rule had said
 *            for each sealed field: u8 field, u32 version, tag 16, then
 *              u8 length, its index keys (index.h), so that a change finds
 *              them without opening the old value
 *   fields   each: u8 field, u32 version that set it, u16 length, sealed
 *
 * AAD of every seal: store id, table, entity, field (0: body), record,
 * subject, key version, version; of a body also the whole header.
 * The body lists version and tag of the sealed fields, so none can be
 * swapped, dropped or rolled back alone.  To change the form: a new format
 * number, a reader for both, docs/storage.md.
 */
#ifndef SERVER_DATA_ROW_H
#define SERVER_DATA_ROW_H

#include "common/buf.h"
#include "server/crypto/sealer.h"
#include "server/store/store.h"

#define ROW_FORMAT 1
#define ROW_HEADER 40
#define ROW_KEY    9 /* entity, record id */
#define ROW_AAD    48

enum row_flag {
	ROW_VARIANT = 1, /* the entity's variant condition holds */
	ROW_ARCHIVED = 2,
	ROW_WAITING = 4,  /* for approval */
	ROW_REJECTED = 8, /* it was refused */
	ROW_WITHHELD = ROW_WAITING | ROW_REJECTED,
	ROW_ALIAS = 16,     /* merged into the record that `owner` names */
	ROW_JOINED = 32,    /* others were merged into it */
	ROW_WITHDRAWN = 64, /* its making was undone; archived too */
	ROW_ERASED = 128    /* a number and nothing more; archived too */
};
#define ROW_MARKS (ROW_ARCHIVED | ROW_WITHDRAWN)
/* Not listed among its parent's children. */
#define ROW_UNLISTED (ROW_ARCHIVED | ROW_WITHHELD | ROW_WITHDRAWN)

struct header {
	uint8_t entity, flags, sealed_count;
	uint32_t version;                /* 1.. */
	uint32_t key_version;            /* of the subject's data key */
	uint64_t subject, branch, owner; /* of an alias `owner` is a record */
	uint32_t body_len;
};

void row_key(uint8_t entity, uint64_t id, uint8_t out[static ROW_KEY]);
/* Wrapped keys of subjects lie among the records (subject.h). */
static inline bool row_is_record(struct bytes key)
{
	return key.len == ROW_KEY;
}

void header_format(const struct header *h, uint8_t out[static ROW_HEADER]);
/* ERR_CORRUPT if it is none. */
enum err header_parse(struct bytes row, struct header *out) MUST_USE;
/* As it lies: nothing is opened, no alias followed.  The row dies with the
 * snapshot. */
enum err row_get(struct snapshot *n, uint8_t entity, uint64_t id,
    struct row *row, struct header *out) MUST_USE;

/* The sealed body, and what follows it. */
enum err row_split(struct bytes row, const struct header *h, struct bytes *body,
    struct bytes *fields) MUST_USE;

struct sealed_field {
	uint8_t field;
	uint32_t version;
	struct bytes sealed;
};
/* Takes the next one off `fields`; false at the end or if it is cut. */
bool row_next_field(struct bytes *fields, struct sealed_field *out);
void row_append_field(struct buf *out, const struct sealed_field *f);

/* What a seal is bound to; `field` 0 is the body. */
struct binding {
	const uint8_t *store_id;
	enum table table;
	uint8_t entity, field;
	uint64_t record, subject;
	uint32_t key_version, version;
};
struct bytes binding_aad(const struct binding *b, uint8_t out[static ROW_AAD]);

#endif
