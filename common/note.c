// SPDX-License-Identifier: MIT
/*
 * Taking signed notes apart, line by line, in place.
 *
 * The signed text is everything up to the last empty line, its own line feed
 * included.  Signatures of other keys are allowed and passed over: a witness
 * may have added its own.  That the origin is the wanted one is the caller's
 * to compare.
 */
#include "common/note.h"

#include <assert.h>
#include <inttypes.h>
#include <sodium.h>
#include <stdio.h>

#include "common/log.h"
#include "common/text.h"

#define ED25519   0x01
#define DASH      "\xe2\x80\x94 " /* U+2014 and a space begin a signature */
#define HASH_SIZE 4
#define KEY_SIZE  (1 + NOTE_PUBLIC)
#define BLOB_SIZE (HASH_SIZE + NOTE_SIGNATURE)

static uint32_t key_hash(const char *name, const uint8_t *key)
{
	const uint8_t kind = ED25519;
	const struct bytes parts[] = {
		bytes_text(name),
		bytes_text("\n"),
		{ &kind, 1 },
		{ key, NOTE_PUBLIC },
	};
	struct digest sum;

	digest_parts(parts, 4, &sum);
	return get_be32(sum.of);
}

void verifier_init(
    struct verifier *v, const char *name, const uint8_t key[static NOTE_PUBLIC])
{
	ASSERT(strlen(name) < sizeof(v->name));
	memset(v, 0, sizeof(*v));
	memcpy(v->name, name, strlen(name));
	memcpy(v->key, key, NOTE_PUBLIC);
	v->hash = key_hash(v->name, v->key);
}

/* Cuts `*rest` at the first `mark`; the part before it, or all of it. */
static struct bytes cut(struct bytes *rest, uint8_t mark)
{
	const uint8_t *at = bytes_find(*rest, mark);
	struct bytes part = *rest;

	if (!at) {
		*rest = BYTES_NONE;
		return part;
	}
	part.len = (size_t)(at - part.data);
	*rest = bytes_of(at + 1, rest->len - part.len - 1);
	return part;
}

/* No control characters, line feeds included. */
static bool is_line(struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] < ' ' || s.data[i] == 0x7f)
			return false;
	return text_is_utf8(s);
}

static bool is_name(struct bytes s)
{
	return s.len && s.len < NOTE_ORIGIN && is_line(s) &&
	       !bytes_find(s, ' ') && !bytes_find(s, '+');
}

enum err verifier_parse(struct bytes text, struct verifier *out)
{
	struct bytes name = cut(&text, '+');
	struct bytes hash = cut(&text, '+');
	char terminated[NOTE_ORIGIN] = "";
	uint8_t key[KEY_SIZE];
	uint8_t claimed[HASH_SIZE];

	memset(out, 0, sizeof(*out));
	if (!is_name(name) ||
	    hex_parse(hash, claimed, sizeof(claimed)) != ERR_OK ||
	    base64_parse_exact(text, key, sizeof(key)) != ERR_OK ||
	    key[0] != ED25519)
		return ERR_INVALID;
	memcpy(terminated, name.data, name.len);
	if (key_hash(terminated, key + 1) != get_be32(claimed))
		return ERR_INVALID;
	verifier_init(out, terminated, key + 1);
	return ERR_OK;
}

void verifier_format(const struct verifier *v, struct buf *out)
{
	uint8_t key[KEY_SIZE] = { ED25519 };
	char hash[2 * HASH_SIZE + 1];

	(void)snprintf(hash, sizeof(hash), "%08" PRIx32, v->hash);
	memcpy(key + 1, v->key, NOTE_PUBLIC);
	buf_append_text(out, v->name);
	buf_append_byte(out, '+');
	buf_append_text(out, hash);
	buf_append_byte(out, '+');
	base64_append(out, bytes_of(key, sizeof(key)));
}

void checkpoint_format(const struct checkpoint *c, struct buf *out)
{
	char size[24];

	(void)snprintf(size, sizeof(size), "\n%" PRIu64 "\n", c->size);
	buf_append_text(out, c->origin);
	buf_append_text(out, size);
	base64_append(out, bytes_of(c->root.of, DIGEST_SIZE));
	buf_append_byte(out, '\n');
}

void note_format(struct bytes text, const struct verifier *by,
    const uint8_t signature[static NOTE_SIGNATURE], struct buf *out)
{
	uint8_t blob[BLOB_SIZE];

	put_be32(blob, by->hash);
	memcpy(blob + HASH_SIZE, signature, NOTE_SIGNATURE);
	buf_append_bytes(out, text);
	buf_append_text(out, "\n" DASH);
	buf_append_text(out, by->name);
	buf_append_byte(out, ' ');
	base64_append(out, bytes_of(blob, sizeof(blob)));
	buf_append_byte(out, '\n');
}

/* Decimal, as printed: no sign, no leading zero, no overflow. */
static enum err parse_size(struct bytes s, uint64_t *out)
{
	uint64_t v = 0;

	if (s.len == 0 || (s.len > 1 && s.data[0] == '0'))
		return ERR_INVALID;
	for (size_t i = 0; i < s.len; i++) {
		uint8_t digit = (uint8_t)(s.data[i] - '0');

		if (digit > 9 || __builtin_mul_overflow(v, 10, &v) ||
		    __builtin_add_overflow(v, digit, &v))
			return ERR_INVALID;
	}
	*out = v;
	return ERR_OK;
}

/* Three lines; what a log adds below them must be lines as well. */
static enum err parse_checkpoint(struct bytes text, struct checkpoint *out)
{
	struct bytes origin = cut(&text, '\n');
	struct bytes size = cut(&text, '\n');
	struct bytes root = cut(&text, '\n');

	if (origin.len == 0 || origin.len >= NOTE_ORIGIN || !is_line(origin))
		return ERR_INVALID;
	if (parse_size(size, &out->size) != ERR_OK ||
	    base64_parse_exact(root, out->root.of, DIGEST_SIZE) != ERR_OK)
		return ERR_INVALID;
	memcpy(out->origin, origin.data, origin.len);
	while (text.len) {
		struct bytes line = cut(&text, '\n');

		if (line.len == 0 || !is_line(line))
			return ERR_INVALID;
	}
	return ERR_OK;
}

/* Splits at the last empty line. */
static enum err split(struct bytes note, struct bytes *text, struct bytes *rest)
{
	const uint8_t *at =
	    note.len ? memmem(note.data, note.len, "\n\n", 2) : NULL;
	const uint8_t *next = at;
	const uint8_t *end = note.data + note.len;

	if (!at || end[-1] != '\n')
		return ERR_INVALID;
	while ((next = memmem(next + 1, (size_t)(end - next) - 1, "\n\n", 2)))
		at = next;
	*text = bytes_of(note.data, (size_t)(at + 1 - note.data));
	*rest = bytes_of(at + 2, (size_t)(end - at) - 2);
	return rest->len ? ERR_OK : ERR_INVALID;
}

/*
 * One signature line.  ERR_OK: it is the verifier's and right.  ERR_NOT_FOUND:
 * another key's.
 */
static enum err check_line(
    struct bytes line, struct bytes text, const struct verifier *by)
{
	struct bytes dash = bytes_text(DASH);
	struct bytes name;
	uint8_t blob[BLOB_SIZE];

	if (!is_line(line) || !bytes_starts(line, dash))
		return ERR_INVALID;
	line = bytes_of(line.data + dash.len, line.len - dash.len);
	name = cut(&line, ' ');
	if (name.len == 0 || line.len == 0)
		return ERR_INVALID;
	if (!bytes_is(name, by->name) ||
	    base64_parse_exact(line, blob, sizeof(blob)) != ERR_OK ||
	    get_be32(blob) != by->hash)
		return ERR_NOT_FOUND;
	return crypto_sign_verify_detached(
		   blob + HASH_SIZE, text.data, text.len, by->key) == 0
		   ? ERR_OK
		   : ERR_UNVERIFIED;
}

/* All lines must have the form; one must be the verifier's, none wrong. */
static enum err check_signatures(
    struct bytes lines, struct bytes text, const struct verifier *by)
{
	bool found = false;

	while (lines.len) {
		enum err e = check_line(cut(&lines, '\n'), text, by);

		if (e != ERR_OK && e != ERR_NOT_FOUND)
			return e;
		found = found || e == ERR_OK;
	}
	return found ? ERR_OK : ERR_UNVERIFIED;
}

enum err note_open(
    struct bytes note, const struct verifier *by, struct checkpoint *out)
{
	struct checkpoint parsed = { 0 };
	struct bytes text;
	struct bytes signatures;
	enum err e;

	static_assert(NOTE_SIGNATURE == crypto_sign_BYTES, "Ed25519");
	static_assert(NOTE_PUBLIC == crypto_sign_PUBLICKEYBYTES, "Ed25519");
	memset(out, 0, sizeof(*out));
	e = split(note, &text, &signatures);
	if (e == ERR_OK)
		e = parse_checkpoint(text, &parsed);
	if (e == ERR_OK)
		e = check_signatures(signatures, text, by);
	if (e == ERR_OK)
		*out = parsed;
	return e;
}
