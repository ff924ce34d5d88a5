// SPDX-License-Identifier: MIT
/*
 * Sealing, opening and keyed digests over the keyring.
 *
 *   sealed value  nonce 12 | AES-256-GCM of (length 4 | text | zeros) | tag 16
 *   wrapped pair  version 1 | epoch 4 | nonce 12 |
 *                 AES-256-GCM of (data key 32 | commit key 32) | tag 16
 *                 additional data: label, version, store id, subject, kind,
 *                 epoch
 *
 * Every nonce is the first 12 bytes of HMAC(nonce key; 24 fresh bytes, length
 * of the additional data, additional data, text): with the random source
 * frozen, another text still gets another nonce.  Data keys are made the same
 * way.  Keys of a purpose are HMAC(system key or index key; label).
 */
#include "server/crypto/sealer.h"

#include "common/log.h"
#include "common/secret.h"
#include "server/crypto/cipher.h"
#include "server/crypto/deks.h"
#include "server/crypto/ring.h"

#define TEXT_MOST      (16 * 1024 * 1024)
#define LENGTH_SIZE    4
#define FRESH_SIZE     24
#define FRESH_DRAWN    64 /* drawn at once: a system call each costs more */
#define SYSTEM_GRANULE 16
#define PURPOSE_MOST   64
#define MAC_PARTS_MOST 16

#define WRAP_VERSION 1
#define WRAP_HEAD    5 /* version, epoch */
#define WRAP_KEYS    ((size_t)2 * KEY_SIZE)
#define WRAP_SIZE    (WRAP_HEAD + CIPHER_NONCE + WRAP_KEYS + CIPHER_TAG)
#define WRAP_LABEL   "kehu dek"
#define WRAP_AAD     (sizeof(WRAP_LABEL) + 1 + STORE_ID + 8 + 1 + 4)

#define FIELD_SLOTS 128
#define FIELD_TRIES 4

_Static_assert(SEAL_TAG == CIPHER_TAG, "one length of tag");
_Static_assert(SEAL_OVERHEAD == CIPHER_NONCE + LENGTH_SIZE + CIPHER_TAG,
    "the overhead is what is added");
_Static_assert(BLIND_SIZE == MAC_SIZE, "a blind index is a whole MAC");

enum field_use { FIELD_VALUE, FIELD_TOKEN };

/* The index key of a field, kept keyed; NULL mac: an empty slot. */
struct field_key {
	uint32_t field;
	enum field_use use;
	struct mac *mac;
};

/* A ring of the keyring's; NULL ring: none. */
struct taken {
	const struct ring *ring;
	struct gcm *keks[RING_EPOCHS]; /* as its; made at first use */
};

struct sealer {
	struct keyring *keys;
	struct taken now, before; /* see sealer_follow() */
	const struct random *random;
	struct suite *suite;
	struct gcm *system;
	struct gcm *data;        /* one for all data keys */
	const struct dek *keyed; /* whose key it has; NULL: nobody's */
	struct mac *system_mac;
	struct mac *nonce;
	struct field_key fields[FIELD_SLOTS];
	uint8_t fresh[FRESH_DRAWN][FRESH_SIZE]; /* wiped as they are used */
	unsigned fresh_left;
	struct deks deks;
};

static const uint8_t no_key[KEY_SIZE];

static void derive(
    const uint8_t *key, const char *label, uint8_t out[static MAC_SIZE])
{
	struct bytes part = bytes_text(label);
	mac_once(key, &part, 1, out);
}

struct sealer *sealer_new(struct keyring *k, const struct random *random)
{
	uint8_t key[MAC_SIZE];
	struct sealer *s = secret_new(sizeof(*s));
	memset(s, 0, sizeof(*s));
	s->keys = k;
	s->now.ring = keyring_take(k);
	s->random = random;
	s->suite = suite_new();
	deks_init(&s->deks);
	derive(s->now.ring->system, "kehu system seal", key);
	s->system = gcm_new(s->suite, key);
	s->data = gcm_new(s->suite, no_key);
	derive(s->now.ring->system, "kehu system mac", key);
	s->system_mac = mac_new(key);
	derive(s->now.ring->system, "kehu nonce", key);
	s->nonce = mac_new(key);
	secret_wipe(key, sizeof(key));
	return s;
}

static void give_back(struct sealer *s, struct taken *t)
{
	if (!t->ring)
		return;
	for (size_t i = 0; i < RING_EPOCHS; i++)
		gcm_free(t->keks[i]);
	keyring_give(s->keys, t->ring);
	*t = (struct taken){ .ring = NULL };
}

void sealer_free(struct sealer *s)
{
	if (!s)
		return;
	for (size_t i = 0; i < FIELD_SLOTS; i++)
		mac_free(s->fields[i].mac);
	give_back(s, &s->before);
	give_back(s, &s->now);
	deks_release(&s->deks);
	mac_free(s->nonce);
	mac_free(s->system_mac);
	gcm_free(s->data);
	gcm_free(s->system);
	suite_free(s->suite);
	secret_free(s);
}

/* --- nonces ---------------------------------------------------------------*/

static void draw(struct sealer *s, uint8_t out[static FRESH_SIZE])
{
	if (!s->fresh_left) {
		random_fill(s->random, s->fresh, sizeof(s->fresh));
		s->fresh_left = FRESH_DRAWN;
	}
	uint8_t *at = s->fresh[--s->fresh_left];
	memcpy(out, at, FRESH_SIZE);
	secret_wipe(at, FRESH_SIZE);
}

/* HMAC of fresh randomness, two parts of context and a secret text. */
static void hedge(struct sealer *s, struct bytes label, struct bytes aad,
    struct bytes text, uint8_t out[static MAC_SIZE])
{
	uint8_t fresh[FRESH_SIZE + 8];
	draw(s, fresh);
	put_be64(fresh + FRESH_SIZE, label.len + aad.len);
	struct bytes parts[] = { bytes_of(fresh, sizeof(fresh)), label, aad,
		text };
	mac_parts(s->nonce, parts, 4, out);
}

/* --- data keys ------------------------------------------------------------*/

/* The one context of all data keys, keyed with this one. */
static struct gcm *gcm_of(struct sealer *s, const struct dek *key)
{
	if (s->keyed != key)
		gcm_rekey(s->data, key->key);
	s->keyed = key;
	return s->data;
}

static struct dek *keep_keys(struct sealer *s, uint64_t subject,
    enum key_kind kind, const uint8_t keys[static WRAP_KEYS])
{
	struct dek *k =
	    deks_put(&s->deks, subject, kind, keys, keys + KEY_SIZE);

	/* The slot may have been that of the key in use. */
	if (s->keyed == k)
		s->keyed = NULL;
	return k;
}

static struct gcm *kek_at(struct sealer *s, struct taken *t, uint32_t i)
{
	if (!t->keks[i])
		t->keks[i] = gcm_new(s->suite, t->ring->keks[i].key);
	return t->keks[i];
}

static struct gcm *kek_in(struct sealer *s, struct taken *t, uint32_t epoch)
{
	for (uint32_t i = t->ring ? t->ring->count : 0; i > 0; i--) {
		if (t->ring->keks[i - 1].epoch == epoch)
			return kek_at(s, t, i - 1);
	}
	return NULL;
}

static struct gcm *kek_of(struct sealer *s, uint32_t epoch)
{
	struct gcm *kek = kek_in(s, &s->now, epoch);
	return kek ? kek : kek_in(s, &s->before, epoch);
}

static struct bytes wrap_aad(const struct sealer *s, uint64_t subject,
    enum key_kind kind, uint32_t epoch, uint8_t out[static WRAP_AAD])
{
	uint8_t *at = out;
	memcpy(at, WRAP_LABEL, sizeof(WRAP_LABEL));
	at += sizeof(WRAP_LABEL);
	*at++ = WRAP_VERSION;
	memcpy(at, s->now.ring->store_id, STORE_ID);
	at += STORE_ID;
	put_be64(at, subject);
	at[8] = (uint8_t)kind;
	put_be32(at + 9, epoch);
	return bytes_of(out, WRAP_AAD);
}

static void wrap(struct sealer *s, uint64_t subject, enum key_kind kind,
    const uint8_t keys[static WRAP_KEYS], uint8_t out[static WRAP_SIZE])
{
	uint8_t aad_space[WRAP_AAD], mac[MAC_SIZE];
	uint32_t i = s->now.ring->count - 1;
	uint32_t epoch = s->now.ring->keks[i].epoch;
	struct bytes aad = wrap_aad(s, subject, kind, epoch, aad_space);
	uint8_t *nonce = out + WRAP_HEAD;
	uint8_t *sealed = nonce + CIPHER_NONCE;
	out[0] = WRAP_VERSION;
	put_be32(out + 1, epoch);
	hedge(s, BYTES_NONE, aad, bytes_of(keys, WRAP_KEYS), mac);
	memcpy(nonce, mac, CIPHER_NONCE);
	memcpy(sealed, keys, WRAP_KEYS);
	gcm_seal(kek_at(s, &s->now, i), nonce, &aad, 1, sealed, WRAP_KEYS,
	    sealed + WRAP_KEYS);
	secret_wipe(mac, sizeof(mac));
}

static void make_keys(struct sealer *s, uint64_t subject, enum key_kind kind,
    uint8_t keys[static WRAP_KEYS])
{
	uint8_t who[9];
	put_be64(who, subject);
	who[8] = (uint8_t)kind;
	struct bytes aad = bytes_of(who, sizeof(who));
	hedge(s, bytes_text("data key"), aad, BYTES_NONE, keys);
	hedge(s, bytes_text("commit key"), aad, BYTES_NONE, keys + KEY_SIZE);
}

enum err dek_make(struct sealer *s, uint64_t subject, enum key_kind kind,
    struct buf *wrapped, struct dek **out)
{
	uint8_t keys[WRAP_KEYS];
	*out = NULL;
	uint8_t *at = buf_room(wrapped, WRAP_SIZE);
	if (!at)
		return wrapped->err;
	make_keys(s, subject, kind, keys);
	wrap(s, subject, kind, keys, at);
	buf_added(wrapped, WRAP_SIZE);
	*out = keep_keys(s, subject, kind, keys);
	secret_wipe(keys, sizeof(keys));
	return ERR_OK;
}

struct dek *dek_cached(struct sealer *s, uint64_t subject, enum key_kind kind)
{
	return deks_get(&s->deks, subject, kind);
}

static enum err unwrap(struct sealer *s, uint64_t subject, enum key_kind kind,
    struct bytes wrapped, uint8_t keys[static WRAP_KEYS])
{
	uint8_t aad_space[WRAP_AAD];
	if (wrapped.len != WRAP_SIZE || wrapped.data[0] != WRAP_VERSION)
		return ERR_CORRUPT;
	uint32_t epoch = get_be32(wrapped.data + 1);
	struct gcm *kek = kek_of(s, epoch);
	if (!kek)
		return ERR_NOT_FOUND;
	struct bytes aad = wrap_aad(s, subject, kind, epoch, aad_space);
	const uint8_t *nonce = wrapped.data + WRAP_HEAD;
	const uint8_t *sealed = nonce + CIPHER_NONCE;
	return gcm_open(kek, nonce, &aad, 1, bytes_of(sealed, WRAP_KEYS),
	    sealed + WRAP_KEYS, keys);
}

enum err dek_open(struct sealer *s, uint64_t subject, enum key_kind kind,
    struct bytes wrapped, struct dek **out)
{
	uint8_t keys[WRAP_KEYS];
	*out = NULL;
	enum err e = unwrap(s, subject, kind, wrapped, keys);
	if (e != ERR_OK)
		return e;
	*out = keep_keys(s, subject, kind, keys);
	secret_wipe(keys, sizeof(keys));
	return ERR_OK;
}

uint32_t dek_epoch(struct bytes wrapped)
{
	if (wrapped.len != WRAP_SIZE || wrapped.data[0] != WRAP_VERSION)
		return 0;
	return get_be32(wrapped.data + 1);
}

enum err dek_rewrap(struct sealer *s, uint64_t subject, enum key_kind kind,
    struct bytes wrapped, struct buf *out)
{
	uint8_t keys[WRAP_KEYS];
	enum err e = unwrap(s, subject, kind, wrapped, keys);
	if (e != ERR_OK)
		return e;
	uint8_t *at = buf_room(out, WRAP_SIZE);
	if (at) {
		wrap(s, subject, kind, keys, at);
		buf_added(out, WRAP_SIZE);
	}
	secret_wipe(keys, sizeof(keys));
	return out->err;
}

/* False if that is what it has. */
static bool take_newest(struct sealer *s, struct taken *out)
{
	*out = (struct taken){ .ring = keyring_take(s->keys) };
	if (out->ring != s->now.ring)
		return true;
	keyring_give(s->keys, out->ring);
	return false;
}

void sealer_catch_up(struct sealer *s)
{
	struct taken newest;
	give_back(s, &s->before);
	if (!take_newest(s, &newest))
		return;
	give_back(s, &s->now);
	s->now = newest;
}

void sealer_follow(struct sealer *s)
{
	struct taken newest;
	if (!take_newest(s, &newest))
		return;
	if (s->before.ring)
		give_back(s, &s->now);
	else
		s->before = s->now;
	s->now = newest;
}

void sealer_renew(struct sealer *s)
{
	sealer_follow(s);
	deks_release(&s->deks);
	deks_init(&s->deks);
	gcm_rekey(s->data, no_key);
	s->keyed = NULL;
}

/* --- sealing --------------------------------------------------------------*/

/* An empty text is padded too, or its length would tell. */
static size_t padded(size_t len, unsigned granule)
{
	size_t granules = len ? (len + granule - 1) / granule : 1;
	return granules * granule;
}

size_t seal_size(size_t text_len, unsigned granule)
{
	return SEAL_OVERHEAD + padded(text_len, granule);
}

static enum err seal_with(struct sealer *s, struct gcm *key, struct bytes label,
    struct bytes aad, struct bytes text, unsigned granule, struct buf *out)
{
	uint8_t mac[MAC_SIZE];
	struct bytes parts[] = { label, aad };
	ASSERT(granule >= 16 && granule <= 256);
	if (text.len > TEXT_MOST)
		return ERR_TOO_LARGE;
	size_t room = padded(text.len, granule);
	uint8_t *at = buf_room(out, SEAL_OVERHEAD + room);
	if (!at)
		return out->err;
	hedge(s, label, aad, text, mac);
	memcpy(at, mac, CIPHER_NONCE);
	uint8_t *body = at + CIPHER_NONCE;
	put_be32(body, (uint32_t)text.len);
	if (text.len)
		memcpy(body + LENGTH_SIZE, text.data, text.len);
	memset(body + LENGTH_SIZE + text.len, 0, room - text.len);
	gcm_seal(key, at, parts, 2, body, LENGTH_SIZE + room,
	    body + LENGTH_SIZE + room);
	buf_added(out, SEAL_OVERHEAD + room);
	secret_wipe(mac, sizeof(mac));
	return ERR_OK;
}

/* The arena's bytes are nobody's before the tag has held. */
static enum err unseal_with(struct gcm *key, struct bytes label,
    struct bytes aad, struct bytes sealed, struct arena *a, struct bytes *text)
{
	struct bytes parts[] = { label, aad };
	*text = BYTES_NONE;
	if (sealed.len <= SEAL_OVERHEAD ||
	    sealed.len > SEAL_OVERHEAD + TEXT_MOST + 256)
		return ERR_CORRUPT;
	size_t len = sealed.len - CIPHER_NONCE - CIPHER_TAG;
	uint8_t *body = arena_alloc(a, len);
	if (!body)
		return a->err;
	const uint8_t *at = sealed.data + CIPHER_NONCE;
	enum err e = gcm_open(
	    key, sealed.data, parts, 2, bytes_of(at, len), at + len, body);
	if (e != ERR_OK)
		return e;
	uint32_t text_len = get_be32(body);
	if (text_len > len - LENGTH_SIZE) {
		secret_wipe(body, len);
		return ERR_CORRUPT;
	}
	*text = bytes_of(body + LENGTH_SIZE, text_len);
	return ERR_OK;
}

enum err seal(struct sealer *s, struct dek *key, struct bytes aad,
    struct bytes text, unsigned granule, struct buf *out)
{
	return seal_with(
	    s, gcm_of(s, key), BYTES_NONE, aad, text, granule, out);
}

enum err unseal(struct sealer *s, struct dek *key, struct bytes aad,
    struct bytes sealed, struct arena *a, struct bytes *text)
{
	return unseal_with(gcm_of(s, key), BYTES_NONE, aad, sealed, a, text);
}

/* The purpose with its length before it, so that it ends where it ends. */
static struct bytes purpose_label(
    const char *purpose, uint8_t out[static PURPOSE_MOST])
{
	size_t len = strlen(purpose);
	ASSERT(len > 0 && len < PURPOSE_MOST);
	out[0] = (uint8_t)len;
	memcpy(out + 1, purpose, len);
	return bytes_of(out, len + 1);
}

enum err seal_system(struct sealer *s, const char *purpose, struct bytes aad,
    struct bytes text, struct buf *out)
{
	uint8_t space[PURPOSE_MOST];
	struct bytes label = purpose_label(purpose, space);
	return seal_with(s, s->system, label, aad, text, SYSTEM_GRANULE, out);
}

enum err unseal_system(struct sealer *s, const char *purpose, struct bytes aad,
    struct bytes sealed, struct arena *a, struct bytes *text)
{
	uint8_t space[PURPOSE_MOST];
	struct bytes label = purpose_label(purpose, space);
	return unseal_with(s->system, label, aad, sealed, a, text);
}

/* --- keyed digests --------------------------------------------------------*/

static void key_field(struct sealer *s, struct field_key *slot, uint32_t field,
    enum field_use use)
{
	static const char *const labels[] = {
		[FIELD_VALUE] = "kehu value",
		[FIELD_TOKEN] = "kehu token",
	};
	uint8_t number[4], key[MAC_SIZE];
	struct bytes parts[] = { bytes_text(labels[use]),
		bytes_of(number, sizeof(number)) };
	put_be32(number, field);
	mac_once(s->now.ring->index, parts, 2, key);
	mac_free(slot->mac);
	*slot = (struct field_key){ field, use, mac_new(key) };
	secret_wipe(key, sizeof(key));
}

static struct mac *field_mac(
    struct sealer *s, uint32_t field, enum field_use use)
{
	uint32_t at = (field * 2 + use) * UINT32_C(0x9e3779b1) >> 16;
	struct field_key *slot = NULL;
	for (uint32_t i = 0; i < FIELD_TRIES; i++) {
		slot = &s->fields[(at + i) % FIELD_SLOTS];
		if (!slot->mac)
			break;
		if (slot->field == field && slot->use == use)
			return slot->mac;
	}
	key_field(s, slot, field, use);
	return slot->mac;
}

void blind_value(struct sealer *s, uint32_t field, struct bytes value,
    uint8_t out[static BLIND_SIZE])
{
	mac_parts(field_mac(s, field, FIELD_VALUE), &value, 1, out);
}

void blind_token(struct sealer *s, uint32_t field, struct bytes gram,
    uint8_t out[static TOKEN_SIZE])
{
	uint8_t mac[MAC_SIZE];
	mac_parts(field_mac(s, field, FIELD_TOKEN), &gram, 1, mac);
	memcpy(out, mac, TOKEN_SIZE);
}

void system_mac(struct sealer *s, const char *purpose,
    const struct bytes *parts, size_t count, uint8_t out[static 32])
{
	uint8_t space[PURPOSE_MOST];
	uint8_t lengths[MAC_PARTS_MOST][8];
	struct bytes all[1 + 2 * MAC_PARTS_MOST];
	ASSERT(count <= MAC_PARTS_MOST);
	all[0] = purpose_label(purpose, space);
	for (size_t i = 0; i < count; i++) {
		put_be64(lengths[i], parts[i].len);
		all[1 + 2 * i] = bytes_of(lengths[i], sizeof(lengths[i]));
		all[2 + 2 * i] = parts[i];
	}
	mac_parts(s->system_mac, all, 1 + 2 * count, out);
}

void commit_value(struct sealer *s, struct dek *key, uint64_t record,
    uint32_t field, uint32_t version, struct bytes value,
    uint8_t out[static 32])
{
	uint8_t place[16], salt[MAC_SIZE];
	struct bytes part = bytes_of(place, sizeof(place));
	(void)s;
	put_be64(place, record);
	put_be32(place + 8, field);
	put_be32(place + 12, version);
	mac_once(key->commit, &part, 1, salt);
	mac_once(salt, &value, 1, out);
	secret_wipe(salt, sizeof(salt));
}
