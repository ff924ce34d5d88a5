// SPDX-License-Identifier: MIT
/*
 * See meta.h.
 *
 * page    u64 number, u16 pad, u16 flags, u32 bounds                 16 bytes
 * meta    u32 magic, u32 version, u64 address, u64 map size,
 *         two of struct MDB_db (48: the first begins with u32 page size),
 *         u64 last page, u64 transaction                            136 bytes
 * stamp   "kehubase", book 16, be64 number, u8 whole, first 15 bytes of the
 *         SHA-256 of all that                                        48 bytes
 */
#include <assert.h>
#include <string.h>

#include "common/digest.h"
#include "common/log.h"
#include "server/store/disk.h"
#include "server/store/meta.h"

#define MAGIC       UINT32_C(0xbeefc0de)
#define VERSION     1
#define FLAG_META   8
#define AT_NUMBER   0
#define AT_FLAGS    10
#define AT_MAGIC    16
#define AT_VERSION  20
#define AT_PAGE     40
#define AT_LAST     136
#define AT_TXN      144
#define AT_STAMP    2048
#define STAMP_SIZE  48
#define STAMP_WORDS 33 /* bytes before the check */

static_assert(sizeof(void *) == 8, "LMDB's page numbers are of this size");
static_assert(AT_TXN + 8 == META_SIZE, "the transaction is the last word");
static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "as the file is");

static uint32_t word_of(const uint8_t *meta, size_t at)
{
	uint32_t v;
	memcpy(&v, meta + at, sizeof(v));
	return v;
}

static uint64_t long_of(const uint8_t *meta, size_t at)
{
	uint64_t v;
	memcpy(&v, meta + at, sizeof(v));
	return v;
}

static bool is_known(const uint8_t *meta, uint64_t number)
{
	uint32_t page = word_of(meta, AT_PAGE);
	return long_of(meta, AT_NUMBER) == number &&
	       (meta[AT_FLAGS] & FLAG_META) &&
	       word_of(meta, AT_MAGIC) == MAGIC &&
	       word_of(meta, AT_VERSION) == VERSION && page >= DISK_BLOCK &&
	       page <= 65536 && (page & (page - 1)) == 0;
}

bool metas_are_known(const struct metas *m)
{
	return is_known(m->of[0], 0) && is_known(m->of[1], 1) &&
	       word_of(m->of[0], AT_PAGE) == word_of(m->of[1], AT_PAGE);
}

bool metas_are_same(const struct metas *a, const struct metas *b)
{
	return memcmp(a, b, sizeof(*a)) == 0;
}

uint64_t metas_file_size(const struct metas *m)
{
	bool newer = long_of(m->of[0], AT_TXN) < long_of(m->of[1], AT_TXN);
	const uint8_t *meta = m->of[newer];
	return (long_of(meta, AT_LAST) + 1) * word_of(meta, AT_PAGE);
}

/* The second page's place is told by the first; torn, by what is usual. */
static enum err page_size(int fd, uint32_t *out)
{
	uint8_t first[META_SIZE];
	enum err err = disk_read(fd, first, sizeof(first), 0, "data.mdb");
	if (err != ERR_OK)
		return err;
	*out = is_known(first, 0) ? word_of(first, AT_PAGE) : DISK_BLOCK;
	return ERR_OK;
}

enum err metas_read(int fd, struct metas *out)
{
	uint32_t page;
	enum err err = page_size(fd, &page);
	for (uint32_t i = 0; i < 2 && err == ERR_OK; i++)
		err = disk_read(
		    fd, out->of[i], META_SIZE, (uint64_t)i * page, "data.mdb");
	if (err == ERR_OK && metas_are_known(out))
		return ERR_OK;
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		return err;
	log_error("store: the meta pages of data.mdb are not of a known form");
	return ERR_CORRUPT;
}

enum err metas_write(int fd, const struct metas *m)
{
	uint32_t page = word_of(m->of[0], AT_PAGE);
	enum err err = ERR_OK;
	ASSERT(metas_are_known(m));
	for (uint32_t i = 0; i < 2 && err == ERR_OK; i++)
		err = disk_write(
		    fd, m->of[i], META_SIZE, (uint64_t)i * page, "data.mdb");
	return err;
}

/* --- the stamp -----------------------------------------------------------*/

static void pack(const struct stamp *s, uint8_t out[static STAMP_SIZE])
{
	struct digest check;
	memcpy(out, "kehubase", 8);
	memcpy(out + 8, s->book, STAMP_BOOK);
	put_be64(out + 24, s->number);
	out[32] = s->is_whole;
	digest_bytes(bytes_of(out, STAMP_WORDS), &check);
	memcpy(out + STAMP_WORDS, check.of, STAMP_SIZE - STAMP_WORDS);
}

static bool unpack(const uint8_t in[static STAMP_SIZE], struct stamp *out)
{
	uint8_t again[STAMP_SIZE];
	memcpy(out->book, in + 8, STAMP_BOOK);
	out->number = get_be64(in + 24);
	out->is_whole = in[32] == 1;
	pack(out, again);
	return memcmp(in, again, STAMP_SIZE) == 0;
}

enum err stamp_read(int fd, struct stamp *out)
{
	uint8_t in[STAMP_SIZE];
	uint32_t page;
	bool is_found = false;
	enum err err = page_size(fd, &page);
	for (uint32_t i = 0; i < 2 && err == ERR_OK; i++) {
		struct stamp s;
		err = disk_read(fd, in, sizeof(in),
		    (uint64_t)i * page + AT_STAMP, "data.mdb");
		if (err != ERR_OK || !unpack(in, &s))
			continue;
		if (!is_found || s.number > out->number)
			*out = s;
		is_found = true;
	}
	if (err != ERR_OK)
		return err;
	return is_found ? ERR_OK : ERR_NOT_FOUND;
}

enum err stamp_write(int fd, const struct stamp *s)
{
	uint8_t out[STAMP_SIZE];
	uint32_t page;
	pack(s, out);
	enum err err = page_size(fd, &page);
	for (uint32_t i = 0; i < 2 && err == ERR_OK; i++)
		err = disk_write(fd, out, sizeof(out),
		    (uint64_t)i * page + AT_STAMP, "data.mdb");
	return err;
}
