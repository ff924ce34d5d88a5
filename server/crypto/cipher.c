// SPDX-License-Identifier: MIT
/*
 * The only file that calls OpenSSL's ciphers and digests.
 *
 * HMAC is two SHA-256 runs whose first block depends on the key alone: a kept
 * key is a pair of contexts that have eaten that block, copied at each use
 * (0.20 us against 0.25 of the library's own kept HMAC); a key used once eats
 * the block on the spot.  One GCM context serves both directions.
 * EVP_Cipher() is never called (CVE-2026-75803).
 */
#include "server/crypto/cipher.h"

#include <limits.h>
#include <openssl/evp.h>
#include <stdlib.h>

#include "common/log.h"
#include "common/secret.h"

#define SHA_BLOCK 64

struct suite {
	EVP_CIPHER *cipher;
	EVP_MD *digest;
	EVP_MD_CTX *work;
};

struct gcm {
	EVP_CIPHER_CTX *ctx;
};

struct mac {
	struct suite *suite;
	EVP_MD_CTX *inner; /* after the key's first block */
	EVP_MD_CTX *outer;
};

/* Fails for want of memory or of the algorithm itself, never by input. */
static void must(int ok)
{
	if (ok != 1)
		log_fatal(__FILE__, __LINE__, "a cryptographic call failed");
}

struct suite *suite_new(void)
{
	struct suite *s = must_alloc(sizeof(*s));
	s->cipher = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	s->digest = EVP_MD_fetch(NULL, "SHA256", NULL);
	s->work = EVP_MD_CTX_new();
	must(s->cipher && s->digest && s->work);
	must(EVP_DigestInit_ex2(s->work, s->digest, NULL));
	return s;
}

void suite_free(struct suite *s)
{
	if (!s)
		return;
	EVP_MD_CTX_free(s->work);
	EVP_MD_free(s->digest);
	EVP_CIPHER_free(s->cipher);
	free(s);
}

struct gcm *gcm_new(struct suite *s, const uint8_t key[static CIPHER_KEY])
{
	struct gcm *g = must_alloc(sizeof(*g));
	g->ctx = EVP_CIPHER_CTX_new();
	must(g->ctx != NULL);
	must(EVP_EncryptInit_ex2(g->ctx, s->cipher, key, NULL, NULL));
	return g;
}

void gcm_rekey(struct gcm *g, const uint8_t key[static CIPHER_KEY])
{
	must(EVP_EncryptInit_ex2(g->ctx, NULL, key, NULL, NULL));
}

void gcm_free(struct gcm *g)
{
	if (!g)
		return;
	EVP_CIPHER_CTX_free(g->ctx);
	free(g);
}

void gcm_seal(struct gcm *g, const uint8_t nonce[static CIPHER_NONCE],
    const struct bytes *parts, size_t count, uint8_t *text, size_t len,
    uint8_t tag[static CIPHER_TAG])
{
	int n;
	ASSERT(len > 0 && len <= INT_MAX);
	must(EVP_EncryptInit_ex2(g->ctx, NULL, NULL, nonce, NULL));
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len == 0)
			continue;
		must(EVP_EncryptUpdate(
		    g->ctx, NULL, &n, parts[i].data, (int)parts[i].len));
	}
	must(EVP_EncryptUpdate(g->ctx, text, &n, text, (int)len));
	must(EVP_EncryptFinal_ex(g->ctx, text + len, &n));
	must(EVP_CIPHER_CTX_ctrl(
	    g->ctx, EVP_CTRL_AEAD_GET_TAG, CIPHER_TAG, tag));
}

static bool open_parts(struct gcm *g, const struct bytes *parts, size_t count,
    struct bytes sealed, const uint8_t *tag, uint8_t *text)
{
	uint8_t expected[CIPHER_TAG];
	int n;
	memcpy(expected, tag, sizeof(expected));
	for (size_t i = 0; i < count; i++) {
		if (parts[i].len == 0)
			continue;
		if (EVP_DecryptUpdate(g->ctx, NULL, &n, parts[i].data,
			(int)parts[i].len) != 1)
			return false;
	}
	if (EVP_DecryptUpdate(g->ctx, text, &n, sealed.data, (int)sealed.len) !=
	    1)
		return false;
	if (EVP_CIPHER_CTX_ctrl(
		g->ctx, EVP_CTRL_AEAD_SET_TAG, sizeof(expected), expected) != 1)
		return false;
	return EVP_DecryptFinal_ex(g->ctx, text + sealed.len, &n) == 1;
}

enum err gcm_open(struct gcm *g, const uint8_t nonce[static CIPHER_NONCE],
    const struct bytes *parts, size_t count, struct bytes sealed,
    const uint8_t tag[static CIPHER_TAG], uint8_t *text)
{
	if (sealed.len == 0 || sealed.len > INT_MAX)
		return ERR_CORRUPT;
	must(EVP_DecryptInit_ex2(g->ctx, NULL, NULL, nonce, NULL));
	if (open_parts(g, parts, count, sealed, tag, text))
		return ERR_OK;
	/* The library has written the forged text already. */
	secret_wipe(text, sealed.len);
	return ERR_CORRUPT;
}

static void add_pad(EVP_MD_CTX *ctx, const uint8_t *key, uint8_t filler)
{
	uint8_t block[SHA_BLOCK];
	memset(block, filler, sizeof(block));
	for (size_t i = 0; i < CIPHER_KEY; i++)
		block[i] ^= key[i];
	must(EVP_DigestUpdate(ctx, block, sizeof(block)));
	secret_wipe(block, sizeof(block));
}

static EVP_MD_CTX *padded_new(struct suite *s, const uint8_t *key, uint8_t pad)
{
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	must(ctx != NULL);
	must(EVP_DigestInit_ex2(ctx, s->digest, NULL));
	add_pad(ctx, key, pad);
	return ctx;
}

struct mac *mac_new(struct suite *s, const uint8_t key[static CIPHER_KEY])
{
	struct mac *m = must_alloc(sizeof(*m));
	m->suite = s;
	m->inner = padded_new(s, key, 0x36);
	m->outer = padded_new(s, key, 0x5c);
	return m;
}

void mac_free(struct mac *m)
{
	if (!m)
		return;
	EVP_MD_CTX_free(m->inner);
	EVP_MD_CTX_free(m->outer);
	free(m);
}

static void finish(EVP_MD_CTX *work, const struct bytes *parts, size_t count,
    uint8_t out[static MAC_SIZE])
{
	for (size_t i = 0; i < count; i++)
		must(EVP_DigestUpdate(work, parts[i].data, parts[i].len));
	must(EVP_DigestFinal_ex(work, out, NULL));
}

void mac_parts(struct mac *m, const struct bytes *parts, size_t count,
    uint8_t out[static MAC_SIZE])
{
	EVP_MD_CTX *work = m->suite->work;
	uint8_t inner[MAC_SIZE];
	struct bytes second = bytes_of(inner, sizeof(inner));
	must(EVP_MD_CTX_copy_ex(work, m->inner));
	finish(work, parts, count, inner);
	must(EVP_MD_CTX_copy_ex(work, m->outer));
	finish(work, &second, 1, out);
	secret_wipe(inner, sizeof(inner));
}

void mac_once(struct suite *s, const uint8_t key[static CIPHER_KEY],
    const struct bytes *parts, size_t count, uint8_t out[static MAC_SIZE])
{
	uint8_t inner[MAC_SIZE];
	struct bytes second = bytes_of(inner, sizeof(inner));
	must(EVP_DigestInit_ex2(s->work, NULL, NULL));
	add_pad(s->work, key, 0x36);
	finish(s->work, parts, count, inner);
	must(EVP_DigestInit_ex2(s->work, NULL, NULL));
	add_pad(s->work, key, 0x5c);
	finish(s->work, &second, 1, out);
	secret_wipe(inner, sizeof(inner));
}
