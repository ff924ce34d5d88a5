// SPDX-License-Identifier: MIT
/*
 * A whole book for fuzz targets, and the seals to put any bytes behind.
 *
 * Whoever has the keys can seal nonsense: the targets here do, so that what
 * lies behind a seal is read as warily as what lies before it.  The book is
 * the unit tests'; its chance and its clock are fixed, so that a finding can
 * be run again.
 */
#ifndef TESTS_FUZZ_FUZZ_BOOK_H
#define TESTS_FUZZ_FUZZ_BOOK_H

#include "tests/unit/whole_book.h"

int LLVMFuzzerInitialize(int *argc, char ***argv);
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FUZZ_MOST 60000

/* Instead of the C library's: nobody comes back to these books. */
int fdatasync(int fd)
{
	(void)fd;
	return 0;
}

/* The leak checker does not look into locked memory, where the sealers lie,
 * and libFuzzer asks it after any input whose worker is not quite done. */
int __lsan_is_turned_off(void);
int __lsan_is_turned_off(void)
{
	return 1;
}

/* What is left of an input. */
static inline struct bytes fuzz_take(struct bytes *in, size_t len)
{
	struct bytes out = bytes_of(in->data, len < in->len ? len : in->len);

	in->data += out.len;
	in->len -= out.len;
	return out;
}

static inline unsigned fuzz_byte(struct bytes *in)
{
	struct bytes b = fuzz_take(in, 1);

	return b.len ? b.data[0] : 0;
}

/* One of the accounts, as a request of his would carry him. */
static inline struct caller fuzz_caller(struct whole *w, unsigned at)
{
	return whole_caller(w, w->people[at % w->people_count].login);
}

static inline uint64_t fuzz_id(struct whole *w, const char *path)
{
	uint64_t id;

	assert_true(id_parse(bytes_text(at(w, path)), &id));
	return id;
}

/* Held snapshots keep every page that was ever written. */
static inline void fuzz_rest(struct whole *w)
{
	snapshot_rest(w->book->snapshot);
	snapshot_rest(w->desk.snapshot);
	station_rest(w->station);
}

/* A customer of sh-sales with sealed fields; the answer has its id. */
static inline uint64_t fuzz_customer(struct whole *w, const char *name)
{
	new_customer(w, "sh-sales", name,
	    ",'mobile':'13800138000','city':'上海','remark':'x'");
	whole_refresh(w);
	return fuzz_id(w, "id");
}

/* Appends `inside`, sealed to the binding and, of a body, to the header. */
static inline void fuzz_seal(struct desk *d, const struct entity *e,
    const struct binding *b, struct bytes header, struct bytes inside,
    struct buf *out)
{
	uint8_t aad[ROW_AAD + ROW_HEADER];
	struct dek *key;

	binding_aad(b, aad);
	if (header.len)
		memcpy(aad + ROW_AAD, header.data, header.len);
	ASSERT(subject_key(d, e, b->subject,
		   header_key_kind(e, &(struct header){ 0 }), &key) == ERR_OK);
	ASSERT(seal(d->sealer, key, bytes_of(aad, ROW_AAD + header.len), inside,
		   64, out) == ERR_OK);
}

#endif
