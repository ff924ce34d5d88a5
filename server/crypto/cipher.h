// SPDX-License-Identifier: MIT
/*
 * AES-256-GCM and HMAC-SHA-256 with kept contexts; private to this room.
 *
 * A suite holds one thread's fetched algorithms; what
 * is made from it lives no longer than it and is never shared.  Keying once
 * and fetching once is what makes an operation cost a quarter of a
 * microsecond instead of two.  Nonces and tags have one length each, which is
 * never data.  Library failures that are no answer about the input (memory)
 * end the process.
 */
#ifndef SERVER_CRYPTO_CIPHER_H
#define SERVER_CRYPTO_CIPHER_H

#include "common/bytes.h"
#include "common/err.h"

#define CIPHER_KEY   32
#define CIPHER_NONCE 12
#define CIPHER_TAG   16
#define MAC_SIZE     32

struct suite;
struct gcm;
struct mac;

struct suite *suite_new(void);
void suite_free(struct suite *s); /* NULL is fine, here and below */

struct gcm *gcm_new(struct suite *s, const uint8_t key[static CIPHER_KEY]);
/* Takes the place of the key before, which is overwritten. */
void gcm_rekey(struct gcm *g, const uint8_t key[static CIPHER_KEY]);
void gcm_free(struct gcm *g); /* wipes */

/* In place; the additional data is the concatenation of `parts`. */
void gcm_seal(struct gcm *g, const uint8_t nonce[static CIPHER_NONCE],
    const struct bytes *parts, size_t count, uint8_t *text, size_t len,
    uint8_t tag[static CIPHER_TAG]);
/* ERR_CORRUPT if the tag does not hold; `text` is then all zeros. */
enum err gcm_open(struct gcm *g, const uint8_t nonce[static CIPHER_NONCE],
    const struct bytes *parts, size_t count, struct bytes sealed,
    const uint8_t tag[static CIPHER_TAG], uint8_t *text) MUST_USE;

/* HMAC under a kept key, over the concatenation of `parts`. */
struct mac *mac_new(const uint8_t key[static CIPHER_KEY]);
void mac_free(struct mac *m); /* wipes */
void mac_parts(const struct mac *m, const struct bytes *parts, size_t count,
    uint8_t out[static MAC_SIZE]);

/* HMAC under a key that is used once or twice. */
void mac_once(const uint8_t key[static CIPHER_KEY], const struct bytes *parts,
    size_t count, uint8_t out[static MAC_SIZE]);

#endif
