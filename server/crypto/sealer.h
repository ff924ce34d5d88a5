// SPDX-License-Identifier: MIT
/*
 * Sealing and opening, blind indexes, MACs: one sealer a thread.
 *
 * A sealer owns the OpenSSL contexts of its thread, fetched and keyed once,
 * and a small cache of opened data keys.  AES-256-GCM, 96-bit nonce from
 * HMAC(nonce key; fresh kernel randomness, AAD, plaintext), constant 16-byte
 * tag, plaintext padded to a granule, so that a sealed value tells neither
 * its exact length nor, on a cloned machine, repeats a nonce for another
 * text.  Layout: nonce 12 | ciphertext of (length u32, text, zeros) |
 * tag 16.  Opening releases nothing before the tag has held.
 */
#ifndef SERVER_CRYPTO_SEALER_H
#define SERVER_CRYPTO_SEALER_H

#include "common/arena.h"
#include "common/buf.h"
#include "common/clock.h"
#include "server/crypto/keyring.h"

#define SEAL_TAG      16
#define SEAL_OVERHEAD 32 /* nonce, tag, length */
#define BLIND_SIZE    32
#define TOKEN_SIZE    8 /* a name's gram in an index key */

struct sealer;

/* The keyring must outlive it. */
struct sealer *sealer_new(struct keyring *k, const struct random *random);
void sealer_free(struct sealer *s);
/* Before each view of the store: the newest ring, and no other, so that no KEK
 * that the view's keys lie under has been destroyed for this sealer. */
void sealer_catch_up(struct sealer *s);
/* Amid a view: the newest ring, and beside it the one that it caught up with;
 * data keys that are open stay so. */
void sealer_follow(struct sealer *s);
/* After an erasure or a turn of the ring: follows, and has no data key open. */
void sealer_renew(struct sealer *s);

/* --- data keys -----------------------------------------------------------*/

/* One subject's data key and commit key, opened, in this sealer's cache;
 * valid until the next dek_make/dek_open on the same sealer but one hundred
 * and twenty-eight (the cache's least recently used leave). */
struct dek;

/* Makes new keys and appends them wrapped to `wrapped`. */
enum err dek_make(struct sealer *s, uint64_t subject, enum key_kind kind,
    struct buf *wrapped, struct dek **out) MUST_USE;
/* The cached one, or NULL. */
struct dek *dek_cached(struct sealer *s, uint64_t subject, enum key_kind kind);
/* Opens a wrapped pair; ERR_CORRUPT, ERR_NOT_FOUND if its epoch is gone. */
enum err dek_open(struct sealer *s, uint64_t subject, enum key_kind kind,
    struct bytes wrapped, struct dek **out) MUST_USE;
/* The epoch it is wrapped under; 0 if it is no wrapped pair. */
uint32_t dek_epoch(struct bytes wrapped);
/* Appends the same pair wrapped under the newest KEK (an erasure round). */
enum err dek_rewrap(struct sealer *s, uint64_t subject, enum key_kind kind,
    struct bytes wrapped, struct buf *out) MUST_USE;

/* --- sealing -------------------------------------------------------------*/

/* Appends the sealed form.  `granule` pads the text's length up (16..256). */
enum err seal(struct sealer *s, struct dek *key, struct bytes aad,
    struct bytes text, unsigned granule, struct buf *out) MUST_USE;
/* The text, in the arena; ERR_CORRUPT if anything was touched. */
enum err unseal(struct sealer *s, struct dek *key, struct bytes aad,
    struct bytes sealed, struct arena *a, struct bytes *text) MUST_USE;
/* Sealed length of a text. */
size_t seal_size(size_t text_len, unsigned granule);

/* Under the system key: accounts, tokens, cursors.  `purpose` separates. */
enum err seal_system(struct sealer *s, const char *purpose, struct bytes aad,
    struct bytes text, struct buf *out) MUST_USE;
enum err unseal_system(struct sealer *s, const char *purpose, struct bytes aad,
    struct bytes sealed, struct arena *a, struct bytes *text) MUST_USE;

/* --- keyed digests -------------------------------------------------------*/

/* Blind index of a normalised value: HMAC under the field's own index key.
 * Full length where it proves uniqueness, cut by the caller elsewhere. */
void blind_value(struct sealer *s, uint32_t field, struct bytes value,
    uint8_t out[static BLIND_SIZE]);
/* The token of one gram (or of a truncated value). */
void blind_token(struct sealer *s, uint32_t field, struct bytes gram,
    uint8_t out[static TOKEN_SIZE]);
/* HMAC under the system key, for opaque versions and confirm tokens; each
 * part counts with its length, at most 16 of them. */
void system_mac(struct sealer *s, const char *purpose,
    const struct bytes *parts, size_t count, uint8_t out[static 32]);

/* Salt = HMAC(commit key; record, field, version), commitment =
 * HMAC(salt; value). */
void commit_value(struct sealer *s, struct dek *key, uint64_t record,
    uint32_t field, uint32_t version, struct bytes value,
    uint8_t out[static 32]);

#endif
