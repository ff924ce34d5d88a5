// SPDX-License-Identifier: MIT
/*
 * SHA-256, hex, base64, constant-time comparison, and the slow password hash;
 * libsodium and libcrypto underneath.  Nothing needs to be initialised before.
 *
 * Keyed digests of the hot path live in server/crypto; these are for the
 * log's tree, fingerprints and what both programs share.
 */
#ifndef COMMON_DIGEST_H
#define COMMON_DIGEST_H

#include "common/buf.h"

#define DIGEST_SIZE 32

struct digest {
	uint8_t of[DIGEST_SIZE];
};

/* SHA-256 of the concatenation of `count` parts. */
void digest_parts(const struct bytes *parts, size_t count, struct digest *out);
static inline void digest_bytes(struct bytes s, struct digest *out)
{
	digest_parts(&s, 1, out);
}

/* Equal in time that depends on the length alone. */
bool digest_same(const void *a, const void *b, size_t len);

/* Lower-case hex into `out` (2 * len + 1 bytes). */
void hex_format(struct bytes s, char *out);
/* ERR_INVALID unless exactly 2 * len hex digits. */
enum err hex_parse(struct bytes text, uint8_t *out, size_t len) MUST_USE;

/* Standard base64 with padding, as C2SP notes use it. */
void base64_append(struct buf *out, struct bytes s);
enum err base64_parse(struct bytes text, struct buf *out) MUST_USE;
/* ERR_INVALID unless the text stands for exactly `len` bytes. */
enum err base64_parse_exact(
    struct bytes text, uint8_t *out, size_t len) MUST_USE;

/*
 * argon2id.  memory_kib and passes are the caller's own, bounded figures,
 * never a peer's.  ERR_BUSY if the memory cannot be had.
 */
#define STRETCH_SALT 16
enum err stretch_password(struct bytes password,
    const uint8_t salt[static STRETCH_SALT], uint32_t memory_kib,
    uint32_t passes, uint8_t out[static DIGEST_SIZE]) MUST_USE;

#endif
