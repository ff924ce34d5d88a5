// SPDX-License-Identifier: MIT
/*
 * Thin calls of libsodium, and of libcrypto for SHA-256.
 *
 * libsodium's SHA-256 is portable C, five times slower where the processor
 * has instructions for it, and the log's tree is made of such digests.
 * libcrypto's plain functions allocate nothing; they are deprecated in favour
 * of ones that do.  Hex, base64 and comparison need no sodium_init; argon2id
 * works without, but chooses its fast implementation only there.
 */
#include "common/digest.h"

#include <assert.h>
#define OPENSSL_SUPPRESS_DEPRECATED
#include <openssl/sha.h>
#include <sodium.h>

#include "common/log.h"

void digest_parts(const struct bytes *parts, size_t count, struct digest *out)
{
	SHA256_CTX state;

	static_assert(DIGEST_SIZE == SHA256_DIGEST_LENGTH, "SHA-256");
	SHA256_Init(&state);
	for (size_t i = 0; i < count; i++)
		if (parts[i].len)
			SHA256_Update(&state, parts[i].data, parts[i].len);
	SHA256_Final(out->of, &state);
}

bool digest_same(const void *a, const void *b, size_t len)
{
	return sodium_memcmp(a, b, len) == 0;
}

void hex_format(struct bytes s, char *out)
{
	if (s.len)
		sodium_bin2hex(out, 2 * s.len + 1, s.data, s.len);
	else
		*out = '\0';
}

enum err hex_parse(struct bytes text, uint8_t *out, size_t len)
{
	size_t got = 0;

	if (text.len % 2 || text.len / 2 != len)
		return ERR_INVALID;
	if (len == 0)
		return ERR_OK;
	/* Without an end pointer the whole text must be hex. */
	if (sodium_hex2bin(out, len, (const char *)text.data, text.len, NULL,
		&got, NULL) != 0 ||
	    got != len)
		return ERR_INVALID;
	return ERR_OK;
}

void base64_append(struct buf *out, struct bytes s)
{
	/* Whole groups of three, so that only the last piece is padded. */
	enum { PIECE = 48 };
	char text[PIECE / 3 * 4 + 1];

	while (s.len && out->err == ERR_OK) {
		size_t len = s.len < PIECE ? s.len : PIECE;

		sodium_bin2base64(text, sizeof(text), s.data, len,
		    sodium_base64_VARIANT_ORIGINAL);
		buf_append_text(out, text);
		s = bytes_of(s.data + len, s.len - len);
	}
	sodium_memzero(text, sizeof(text));
}

static enum err decode(
    struct bytes text, uint8_t *out, size_t room, size_t *got)
{
	*got = 0;
	if (text.len % 4)
		return ERR_INVALID;
	if (text.len == 0)
		return ERR_OK;
	return sodium_base642bin(out, room, (const char *)text.data, text.len,
		   NULL, got, NULL, sodium_base64_VARIANT_ORIGINAL) == 0
		   ? ERR_OK
		   : ERR_INVALID;
}

/* The bytes that a text of this length and end stands for. */
static size_t decoded_size(struct bytes text)
{
	size_t size = text.len / 4 * 3;

	for (size_t i = 1; size && i <= 2; i++)
		if (text.data[text.len - i] == '=')
			size--;
	return size;
}

enum err base64_parse(struct bytes text, struct buf *out)
{
	size_t size = decoded_size(text);
	size_t got = 0;
	uint8_t *at = buf_room(out, size);
	enum err e;

	if (!at)
		return out->err;
	e = decode(text, at, size, &got);
	if (e == ERR_OK)
		buf_added(out, got);
	return e;
}

enum err base64_parse_exact(struct bytes text, uint8_t *out, size_t len)
{
	size_t got = 0;

	if (decoded_size(text) != len)
		return ERR_INVALID;
	if (decode(text, out, len, &got) != ERR_OK || got != len)
		return ERR_INVALID;
	return ERR_OK;
}

enum err stretch_password(struct bytes password,
    const uint8_t salt[static STRETCH_SALT], uint32_t memory_kib,
    uint32_t passes, uint8_t out[static DIGEST_SIZE])
{
	const char *text = password.len ? (const char *)password.data : "";

	static_assert(STRETCH_SALT == crypto_pwhash_SALTBYTES, "argon2id");
	ASSERT(memory_kib >= crypto_pwhash_MEMLIMIT_MIN / 1024 && passes >= 1);
	if (sodium_init() < 0)
		return ERR_INTERNAL;
	if (crypto_pwhash(out, DIGEST_SIZE, text, password.len, salt, passes,
		(size_t)memory_kib * 1024, crypto_pwhash_ALG_ARGON2ID13) != 0)
		return ERR_BUSY;
	return ERR_OK;
}
