// SPDX-License-Identifier: MIT
/*
 * See base.h.
 */
#include "server/store/base.h"
#include "server/store/disk.h"

#define SLOTS       2
#define AT_BOOK     8
#define AT_NUMBER   24
#define AT_SEQUENCE 32
#define AT_SEGMENT  40
#define AT_CHAIN    41
#define AT_METAS    73
#define AT_CHECK    (AT_METAS + 2 * META_SIZE)

static const uint8_t magic[8] = "kehubas1";

static void pack(const struct base *b, uint8_t out[static DISK_BLOCK])
{
	struct digest check;
	memset(out, 0, DISK_BLOCK);
	memcpy(out, magic, sizeof(magic));
	memcpy(out + AT_BOOK, b->book, STAMP_BOOK);
	put_be64(out + AT_NUMBER, b->number);
	put_be64(out + AT_SEQUENCE, b->after.sequence);
	out[AT_SEGMENT] = (uint8_t)b->after.segment;
	memcpy(out + AT_CHAIN, b->after.chain.of, DIGEST_SIZE);
	memcpy(out + AT_METAS, b->metas.of, 2 * META_SIZE);
	digest_bytes(bytes_of(out, AT_CHECK), &check);
	memcpy(out + AT_CHECK, check.of, DIGEST_SIZE);
}

static bool unpack(const uint8_t in[static DISK_BLOCK], struct base *out)
{
	uint8_t again[DISK_BLOCK];
	memcpy(out->book, in + AT_BOOK, STAMP_BOOK);
	out->number = get_be64(in + AT_NUMBER);
	out->after.sequence = get_be64(in + AT_SEQUENCE);
	out->after.segment = in[AT_SEGMENT];
	memcpy(out->after.chain.of, in + AT_CHAIN, DIGEST_SIZE);
	memcpy(out->metas.of, in + AT_METAS, 2 * META_SIZE);
	pack(out, again);
	return memcmp(in, again, DISK_BLOCK) == 0 &&
	       out->after.segment < JOURNAL_SEGMENTS &&
	       metas_are_known(&out->metas);
}

uint64_t base_resumed(uint64_t number)
{
	return ((number >> 32) + 1) << 32 | ((number & 1) ^ 1);
}

enum err base_open(const char *dir, int *fd)
{
	enum err err = disk_open(dir, BASE_FILE, true, fd);
	if (err != ERR_OK)
		return err;
	uint64_t written = disk_size(*fd);
	disk_write_zeros(*fd, &written, SLOTS * DISK_BLOCK);
	return ERR_OK;
}

static bool is_blank(const uint8_t in[static DISK_BLOCK])
{
	size_t i = 0;
	while (i < DISK_BLOCK && in[i] == 0)
		i++;
	return i == DISK_BLOCK;
}

enum err base_read(int fd, struct base *out)
{
	uint8_t in[DISK_BLOCK];
	bool is_found = false;
	bool is_torn = false;
	for (uint64_t i = 0; i < SLOTS; i++) {
		struct base b;
		enum err err =
		    disk_read(fd, in, sizeof(in), i * DISK_BLOCK, BASE_FILE);
		if (err == ERR_NOT_FOUND)
			continue;
		if (err != ERR_OK)
			return err;
		if (!unpack(in, &b)) {
			is_torn = is_torn || !is_blank(in);
			continue;
		}
		if (!is_found || b.number > out->number)
			*out = b;
		is_found = true;
	}
	if (is_found)
		return ERR_OK;
	return is_torn ? ERR_CORRUPT : ERR_NOT_FOUND;
}

enum err base_write(int fd, const struct base *b)
{
	uint8_t out[DISK_BLOCK];
	pack(b, out);
	enum err err = disk_write(
	    fd, out, sizeof(out), b->number % SLOTS * DISK_BLOCK, BASE_FILE);
	return err == ERR_OK ? disk_sync(fd, BASE_FILE) : err;
}
