// SPDX-License-Identifier: MIT
/*
 * Bisection by offset: the line that begins behind any offset is found by the
 * next line feed.
 *
 *   low   0, or the beginning of a line that is not above what is sought
 *   high  the end, or the beginning of a line that is above it
 */
#include "server/access/breached.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/secret.h"
#include "server/crypto/sha1.h"

#define NAME    (2 * SHA1_SIZE)
#define LINE    128  /* longest, with its end */
#define NEAR    2048 /* bytes that are read through */
#define SAMPLES 1024

struct breached {
	int file;
	off_t size;
};

static bool is_name(const char *line)
{
	for (size_t i = 0; i < NAME; i++) {
		if (!(line[i] >= '0' && line[i] <= '9') &&
		    !(line[i] >= 'A' && line[i] <= 'F'))
			return false;
	}
	return line[NAME] == ':' || line[NAME] == '\r' || line[NAME] == '\n';
}

/* Up to `len` bytes, then zeros. */
static enum err read_at(
    const struct breached *b, off_t at, char *out, size_t len)
{
	ssize_t got = pread(b->file, out, len, at);

	if (got < 0)
		return ERR_UNAVAILABLE;
	memset(out + got, 0, len - (size_t)got);
	return ERR_OK;
}

/* The first line that begins at or behind `at`; its offset, or the file's
 * size.  ERR_INVALID if it is none. */
static enum err line_from(
    const struct breached *b, off_t at, char line[static LINE], off_t *begins)
{
	char text[2 * LINE];
	const char *end;
	enum err e = ERR_OK;

	*begins = at;
	if (at > 0) {
		e = read_at(b, at - 1, text, sizeof(text));
		end = e == ERR_OK ? memchr(text, '\n', LINE) : NULL;
		if (e == ERR_OK && !end && b->size - at >= LINE)
			return ERR_INVALID;
		*begins = end ? at + (end - text) : b->size;
	}
	if (e != ERR_OK || *begins >= b->size)
		return e;
	e = read_at(b, *begins, line, LINE);
	/* The last one may lack its end. */
	if (e == ERR_OK && *begins + NAME == b->size)
		line[NAME] = '\n';
	return e == ERR_OK && !is_name(line) ? ERR_INVALID : e;
}

static enum err find(const struct breached *b, const char name[static NAME],
    off_t low, off_t high, bool *has)
{
	char line[LINE];
	off_t at;
	enum err e = ERR_OK;

	while (e == ERR_OK && high - low > NEAR) {
		off_t middle = low + (high - low) / 2;

		e = line_from(b, middle, line, &at);
		if (e == ERR_OK && at < high && memcmp(line, name, NAME) <= 0)
			low = at;
		else
			high = middle;
	}
	for (at = low; e == ERR_OK && !*has && at < high + LINE; at++) {
		e = line_from(b, at, line, &at);
		if (e != ERR_OK || at >= b->size)
			break;
		*has = !memcmp(line, name, NAME);
	}
	return e;
}

enum err breached_has(
    const struct breached *b, struct bytes password, bool *has)
{
	static const char hex[] = "0123456789ABCDEF";
	uint8_t digest[SHA1_SIZE];
	char name[NAME];
	enum err e;

	*has = false;
	sha1_bytes(password, digest);
	for (size_t i = 0; i < SHA1_SIZE; i++) {
		name[2 * i] = hex[digest[i] >> 4];
		name[2 * i + 1] = hex[digest[i] & 15];
	}
	e = find(b, name, 0, b->size, has);
	secret_wipe(digest, sizeof(digest));
	secret_wipe(name, sizeof(name));
	return e == ERR_OK ? ERR_OK : ERR_UNAVAILABLE;
}

/* Lines, and in order: as many as tell a list from something else. */
static enum err check(const struct breached *b)
{
	char line[LINE], before[NAME] = { 0 };
	enum err e = b->size ? ERR_OK : ERR_INVALID;

	for (int i = 0; e == ERR_OK && i < SAMPLES; i++) {
		off_t at;

		e = line_from(b, b->size * i / SAMPLES, line, &at);
		if (e != ERR_OK || at >= b->size)
			break;
		if (memcmp(line, before, NAME) < 0)
			e = ERR_INVALID;
		memcpy(before, line, NAME);
	}
	return e;
}

enum err breached_open(const char *path, struct breached **out)
{
	struct breached *b = must_alloc(sizeof(*b));
	struct stat s = { 0 };
	enum err e = ERR_UNAVAILABLE;

	b->file = open(path, O_RDONLY | O_CLOEXEC);
	if (b->file >= 0 && !fstat(b->file, &s) && S_ISREG(s.st_mode)) {
		b->size = s.st_size;
		e = check(b);
	}
	*out = b;
	if (e != ERR_OK) {
		breached_close(b);
		*out = NULL;
	}
	return e;
}

void breached_close(struct breached *b)
{
	if (!b)
		return;
	if (b->file >= 0)
		close(b->file);
	free(b);
}
