// SPDX-License-Identifier: MIT
/*
 * The ring's and the seed's file forms, integers big-endian.
 *
 *   ring  "kehuring" | version 1 | memory KiB 4 | passes 4 | salt 16 |
 *         store id 16 | check 16 | nonce 12 | sealed | tag 16 | SHA-256 32
 *         sealed = index key 32 | system key 32 | count 4 |
 *                  count times (epoch 4 | KEK 32)
 *   seed  "kehuseed" | version 1 | store id 16 | nonce 12 | sealed 32 | tag 16
 *
 * memory 0 means that the root is a key and not a passphrase.  AES-256-GCM
 * under HMAC(root; purpose), everything before the nonce is additional data.
 * The check, HMAC(root; store id) cut to 16 bytes, tells a wrong root key from
 * a damaged file; the digest at the end tells damage before either.  A change
 * of layout takes a new version number; readers keep the old ones.
 */
#include "server/crypto/ring.h"

#include "common/log.h"
#include "common/secret.h"
#include "server/crypto/cipher.h"

#define MAGIC_SIZE   8
#define VERSION      1
#define CHECK_SIZE   16
#define AT_STRETCH   (MAGIC_SIZE + 1)
#define AT_STORE     (AT_STRETCH + 8 + STRETCH_SALT)
#define AT_CHECK     (AT_STORE + STORE_ID)
#define RING_HEAD    (AT_CHECK + CHECK_SIZE)
#define SEED_HEAD    (MAGIC_SIZE + 1 + STORE_ID)
#define SEALED_FIXED (2 * KEY_SIZE + 4)
#define KEK_SIZE     (4 + KEY_SIZE)
#define SEALED_MOST  (SEALED_FIXED + RING_EPOCHS * KEK_SIZE)
#define RING_LEAST                                                             \
	(RING_HEAD + CIPHER_NONCE + SEALED_FIXED + KEK_SIZE + CIPHER_TAG +     \
	    DIGEST_SIZE)
/* Costs in a file are not to be believed before they are bounded. */
#define STRETCH_MEMORY_MOST (1024 * 1024)
#define STRETCH_PASSES_MOST 16

_Static_assert(
    RING_HEAD + CIPHER_NONCE + SEALED_MOST + CIPHER_TAG + DIGEST_SIZE <=
	RING_MOST,
    "a full ring fits its file");

static void derive(const uint8_t root[static KEY_SIZE], const char *purpose,
    struct bytes more, uint8_t out[static MAC_SIZE])
{
	struct bytes parts[] = { bytes_of(purpose, strlen(purpose) + 1), more };
	mac_once(root, parts, 2, out);
}

/* Appends nonce, ciphertext and tag; what is in `out` is the additional
 * data. */
static void append_sealed(struct suite *s, const uint8_t key[static KEY_SIZE],
    struct bytes text, const struct random *random, struct buf *out)
{
	uint8_t fresh[KEY_SIZE], mac[MAC_SIZE];
	size_t size = CIPHER_NONCE + text.len + CIPHER_TAG;
	uint8_t *at = buf_room(out, size);
	if (!at)
		return;
	struct bytes head = buf_bytes(out);
	struct bytes parts[] = { bytes_of(fresh, sizeof(fresh)), head, text };
	random_fill(random, fresh, sizeof(fresh));
	mac_once(key, parts, 3, mac);
	memcpy(at, mac, CIPHER_NONCE);
	memcpy(at + CIPHER_NONCE, text.data, text.len);
	struct gcm *g = gcm_new(s, key);
	gcm_seal(g, at, &head, 1, at + CIPHER_NONCE, text.len,
	    at + CIPHER_NONCE + text.len);
	gcm_free(g);
	buf_added(out, size);
	secret_wipe(mac, sizeof(mac));
}

/* `sealed` is nonce, ciphertext and tag. */
static enum err open_sealed(struct suite *s, const uint8_t key[static KEY_SIZE],
    struct bytes head, struct bytes sealed, uint8_t *text)
{
	size_t len = sealed.len - CIPHER_NONCE - CIPHER_TAG;
	const uint8_t *at = sealed.data + CIPHER_NONCE;
	struct gcm *g = gcm_new(s, key);
	enum err e = gcm_open(
	    g, sealed.data, &head, 1, bytes_of(at, len), at + len, text);
	gcm_free(g);
	return e;
}

/* --- the ring -------------------------------------------------------------*/

static bool is_whole(struct bytes file)
{
	struct digest d;
	if (file.len < RING_LEAST || file.len > RING_MOST ||
	    memcmp(file.data, "kehuring", MAGIC_SIZE) != 0 ||
	    file.data[MAGIC_SIZE] != VERSION)
		return false;
	size_t len = file.len - DIGEST_SIZE;
	digest_bytes(bytes_of(file.data, len), &d);
	return memcmp(d.of, file.data + len, DIGEST_SIZE) == 0;
}

enum err ring_stretch(struct bytes file, struct stretch *out)
{
	if (!is_whole(file))
		return ERR_CORRUPT;
	const uint8_t *at = file.data + AT_STRETCH;
	out->memory_kib = get_be32(at);
	out->passes = get_be32(at + 4);
	memcpy(out->salt, at + 8, STRETCH_SALT);
	if (out->memory_kib > STRETCH_MEMORY_MOST ||
	    out->passes > STRETCH_PASSES_MOST ||
	    (out->memory_kib == 0) != (out->passes == 0))
		return ERR_CORRUPT;
	return ERR_OK;
}

static enum err read_keys(struct bytes sealed, struct ring *out)
{
	const uint8_t *at = sealed.data;
	memcpy(out->index, at, KEY_SIZE);
	memcpy(out->system, at + KEY_SIZE, KEY_SIZE);
	out->count = get_be32(at + (size_t)2 * KEY_SIZE);
	if (out->count == 0 || out->count > RING_EPOCHS ||
	    sealed.len != SEALED_FIXED + (size_t)out->count * KEK_SIZE)
		return ERR_CORRUPT;
	at += SEALED_FIXED;
	for (uint32_t i = 0; i < out->count; i++, at += KEK_SIZE) {
		out->keks[i].epoch = get_be32(at);
		memcpy(out->keks[i].key, at + 4, KEY_SIZE);
		if (i && out->keks[i].epoch <= out->keks[i - 1].epoch)
			return ERR_CORRUPT;
	}
	return ERR_OK;
}

static enum err unpack_with(struct suite *s, struct bytes file,
    const uint8_t root[static KEY_SIZE], struct ring *out)
{
	uint8_t mac[MAC_SIZE], text[SEALED_MOST];
	struct bytes head = bytes_of(file.data, RING_HEAD);
	struct bytes sealed =
	    bytes_of(file.data + RING_HEAD, file.len - RING_HEAD - DIGEST_SIZE);
	size_t len = sealed.len - CIPHER_NONCE - CIPHER_TAG;
	if (len > sizeof(text))
		return ERR_CORRUPT;
	memcpy(out->store_id, file.data + AT_STORE, STORE_ID);
	derive(root, "kehu ring check", bytes_of(out->store_id, STORE_ID), mac);
	if (!digest_same(mac, file.data + AT_CHECK, CHECK_SIZE))
		return ERR_UNVERIFIED;
	derive(root, "kehu ring", BYTES_NONE, mac);
	enum err e = open_sealed(s, mac, head, sealed, text);
	if (e == ERR_OK)
		e = read_keys(bytes_of(text, len), out);
	secret_wipe(mac, sizeof(mac));
	secret_wipe(text, sizeof(text));
	return e;
}

enum err ring_unpack(
    struct bytes file, const uint8_t root[static KEY_SIZE], struct ring *out)
{
	memset(out, 0, sizeof(*out));
	enum err e = ring_stretch(file, &out->stretch);
	if (e != ERR_OK)
		return e;
	struct suite *s = suite_new();
	e = unpack_with(s, file, root, out);
	suite_free(s);
	if (e != ERR_OK)
		secret_wipe(out, sizeof(*out));
	return e;
}

static void append_head(
    const struct ring *r, const uint8_t root[static KEY_SIZE], struct buf *out)
{
	uint8_t number[8], check[MAC_SIZE];
	put_be32(number, r->stretch.memory_kib);
	put_be32(number + 4, r->stretch.passes);
	derive(root, "kehu ring check", bytes_of(r->store_id, STORE_ID), check);
	buf_append_text(out, "kehuring");
	buf_append_byte(out, VERSION);
	buf_append(out, number, sizeof(number));
	buf_append(out, r->stretch.salt, STRETCH_SALT);
	buf_append(out, r->store_id, STORE_ID);
	buf_append(out, check, CHECK_SIZE);
	secret_wipe(check, sizeof(check));
}

static size_t write_keys(const struct ring *r, uint8_t text[static SEALED_MOST])
{
	memcpy(text, r->index, KEY_SIZE);
	memcpy(text + KEY_SIZE, r->system, KEY_SIZE);
	put_be32(text + (size_t)2 * KEY_SIZE, r->count);
	uint8_t *at = text + SEALED_FIXED;
	for (uint32_t i = 0; i < r->count; i++, at += KEK_SIZE) {
		put_be32(at, r->keks[i].epoch);
		memcpy(at + 4, r->keks[i].key, KEY_SIZE);
	}
	return (size_t)(at - text);
}

/* `out` is empty. */
enum err ring_pack(const struct ring *r, const uint8_t root[static KEY_SIZE],
    const struct random *random, struct buf *out)
{
	uint8_t key[MAC_SIZE], text[SEALED_MOST];
	struct digest d;
	ASSERT(r->count > 0 && r->count <= RING_EPOCHS);
	struct suite *s = suite_new();
	append_head(r, root, out);
	size_t len = write_keys(r, text);
	derive(root, "kehu ring", BYTES_NONE, key);
	append_sealed(s, key, bytes_of(text, len), random, out);
	digest_bytes(buf_bytes(out), &d);
	buf_append(out, d.of, sizeof(d.of));
	suite_free(s);
	secret_wipe(key, sizeof(key));
	secret_wipe(text, sizeof(text));
	return out->err;
}

/* --- the seed -------------------------------------------------------------*/

enum err seed_pack(const uint8_t seed[static KEY_SIZE],
    const uint8_t store_id[static STORE_ID],
    const uint8_t root[static KEY_SIZE], const struct random *random,
    struct buf *out)
{
	uint8_t key[MAC_SIZE];
	struct suite *s = suite_new();
	buf_append_text(out, "kehuseed");
	buf_append_byte(out, VERSION);
	buf_append(out, store_id, STORE_ID);
	derive(root, "kehu seed", BYTES_NONE, key);
	append_sealed(s, key, bytes_of(seed, KEY_SIZE), random, out);
	suite_free(s);
	secret_wipe(key, sizeof(key));
	return out->err;
}

enum err seed_unpack(struct bytes file, const uint8_t store_id[static STORE_ID],
    const uint8_t root[static KEY_SIZE], uint8_t seed[static KEY_SIZE])
{
	uint8_t key[MAC_SIZE];
	size_t sealed = CIPHER_NONCE + KEY_SIZE + CIPHER_TAG;
	if (file.len != SEED_HEAD + sealed ||
	    memcmp(file.data, "kehuseed", MAGIC_SIZE) != 0 ||
	    file.data[MAGIC_SIZE] != VERSION ||
	    memcmp(file.data + MAGIC_SIZE + 1, store_id, STORE_ID) != 0)
		return ERR_CORRUPT;
	struct suite *s = suite_new();
	derive(root, "kehu seed", BYTES_NONE, key);
	enum err e = open_sealed(s, key, bytes_of(file.data, SEED_HEAD),
	    bytes_of(file.data + SEED_HEAD, sealed), seed);
	suite_free(s);
	secret_wipe(key, sizeof(key));
	return e;
}
