// SPDX-License-Identifier: MIT
/*
 * The keyring's life: made, opened, turned, closed.
 *
 * keys/ring and keys/seed hold everything sealed under the root key
 * (ring.c has the layouts).  The ring is written last, so that a folder with
 * a ring has all its keys.  Turning is additive: keyring_rotate() makes the
 * new KEK durable first, rows are wrapped anew by others, and only
 * keyring_retire() destroys the old ones.
 */
#include "server/crypto/keyring.h"

#include <limits.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/buf.h"
#include "common/log.h"
#include "common/secret.h"
#include "server/crypto/keyfile.h"
#include "server/crypto/ring.h"

#define RING_NAME "ring"
#define SEED_NAME "seed"
#define SEED_MOST 256

/* The root is opened once a start: three passes, as RFC 9106 has it. */
#define ROOT_MEMORY_KIB (64 * 1024)
#define ROOT_PASSES     3

struct held { /* a ring, and how many hold it; the keyring does while newest */
	struct ring ring; /* first: what is given back is found by it */
	unsigned users;
};

struct keyring {
	EVP_PKEY *signer;
	uint8_t public[NOTE_PUBLIC];
	uint8_t store_id[STORE_ID];
	uint8_t root[KEY_SIZE];
	char *dir;
	pthread_mutex_t turning; /* one at a time writes the file */
	pthread_mutex_t lock;    /* of all below */
	struct held *newest;
	uint64_t signed_size;
	struct digest signed_root;
};

/* What is only needed while files are read or written. */
struct opened {
	struct ring ring;
	uint8_t root[KEY_SIZE];
	uint8_t seed[KEY_SIZE];
};

/* --- reading --------------------------------------------------------------*/

static enum err unpack_ring(
    struct bytes file, const struct root_source *root, struct opened *o)
{
	struct stretch how;
	enum err e = ring_stretch(file, &how);
	if (e == ERR_OK)
		e = root_fetch(root, &how, o->root);
	if (e == ERR_OK)
		e = ring_unpack(file, o->root, &o->ring);
	return e;
}

static enum err read_ring(
    const char *dir, const struct root_source *root, struct opened *o)
{
	struct buf file;
	buf_init(&file, RING_MOST);
	enum err e = keyfile_read(dir, RING_NAME, &file);
	if (e == ERR_OK)
		e = unpack_ring(buf_bytes(&file), root, o);
	buf_release(&file);
	if (e == ERR_CORRUPT)
		log_error("keys: the ring is damaged");
	else if (e == ERR_UNVERIFIED)
		log_error("keys: the root key is not this ring's");
	return e;
}

/* A ring without its seed is damage, not absence. */
static enum err read_seed(const char *dir, struct opened *o)
{
	struct buf file;
	buf_init(&file, SEED_MOST);
	enum err e = keyfile_read(dir, SEED_NAME, &file);
	if (e == ERR_OK)
		e = seed_unpack(
		    buf_bytes(&file), o->ring.store_id, o->root, o->seed);
	buf_release(&file);
	if (e == ERR_NOT_FOUND)
		e = ERR_CORRUPT;
	if (e == ERR_CORRUPT)
		log_error("keys: the signing seed is missing or damaged");
	return e;
}

/* --- writing --------------------------------------------------------------*/

static enum err write_ring(const char *dir, const struct ring *r,
    const uint8_t root[static KEY_SIZE], const struct random *random,
    bool replace)
{
	struct buf file;
	buf_init(&file, RING_MOST);
	enum err e = ring_pack(r, root, random, &file);
	if (e == ERR_OK)
		e = keyfile_write(dir, RING_NAME, buf_bytes(&file), replace);
	buf_release(&file);
	return e;
}

static enum err write_seed(
    const char *dir, const struct opened *o, const struct random *random)
{
	struct buf file;
	buf_init(&file, SEED_MOST);
	enum err e =
	    seed_pack(o->seed, o->ring.store_id, o->root, random, &file);
	if (e == ERR_OK)
		e = keyfile_write(dir, SEED_NAME, buf_bytes(&file), true);
	buf_release(&file);
	return e;
}

static void make_keys(
    struct opened *o, bool is_passphrase, const struct random *random)
{
	struct ring *r = &o->ring;
	if (is_passphrase) {
		r->stretch.memory_kib = ROOT_MEMORY_KIB;
		r->stretch.passes = ROOT_PASSES;
		random_fill(random, r->stretch.salt, STRETCH_SALT);
	}
	random_fill(random, r->store_id, STORE_ID);
	random_fill(random, r->index, KEY_SIZE);
	random_fill(random, r->system, KEY_SIZE);
	r->count = 1;
	r->keks[0].epoch = 1;
	random_fill(random, r->keks[0].key, KEY_SIZE);
	random_fill(random, o->seed, KEY_SIZE);
}

static struct opened *opened_new(void)
{
	struct opened *o = secret_new(sizeof(*o));
	memset(o, 0, sizeof(*o));
	return o;
}

static enum err refuse_existing(const char *dir)
{
	struct buf file;
	buf_init(&file, RING_MOST);
	enum err e = keyfile_read(dir, RING_NAME, &file);
	buf_release(&file);
	return e == ERR_NOT_FOUND ? ERR_OK : ERR_CONFLICT;
}

enum err keyring_create(const char *dir, const struct root_source *root,
    const struct random *random)
{
	enum err e = keyfile_make_dir(dir);
	if (e == ERR_OK)
		e = refuse_existing(dir);
	if (e == ERR_OK)
		e = root_make(root, random);
	if (e != ERR_OK)
		return e;
	struct opened *o = opened_new();
	make_keys(o, root_is_passphrase(root), random);
	e = root_fetch(root, &o->ring.stretch, o->root);
	if (e == ERR_OK)
		e = write_seed(dir, o, random);
	if (e == ERR_OK)
		e = write_ring(dir, &o->ring, o->root, random, false);
	secret_free(o);
	return e;
}

/* --- held rings -----------------------------------------------------------*/

static struct held *held_new(const struct ring *r)
{
	struct held *h = secret_new(sizeof(*h));
	h->ring = *r;
	h->users = 1;
	return h;
}

/* With the lock. */
static void let_go(struct held *h)
{
	if (h && --h->users == 0)
		secret_free(h);
}

const struct ring *keyring_take(struct keyring *k)
{
	pthread_mutex_lock(&k->lock);
	struct held *h = k->newest;
	h->users++;
	pthread_mutex_unlock(&k->lock);
	return &h->ring;
}

void keyring_give(struct keyring *k, const struct ring *r)
{
	pthread_mutex_lock(&k->lock);
	let_go((struct held *)(uintptr_t)r);
	pthread_mutex_unlock(&k->lock);
}

/* --- turning --------------------------------------------------------------*/

static enum err add_kek(
    struct ring *r, uint32_t epoch, const struct random *random)
{
	(void)epoch;
	if (r->count == RING_EPOCHS ||
	    r->keks[r->count - 1].epoch == UINT32_MAX)
		return ERR_FULL;
	struct kek *next = &r->keks[r->count];
	next->epoch = next[-1].epoch + 1;
	random_fill(random, next->key, KEY_SIZE);
	r->count++;
	return ERR_OK;
}

static enum err drop_before(
    struct ring *r, uint32_t epoch, const struct random *random)
{
	uint32_t gone = 0;
	(void)random;
	if (r->keks[r->count - 1].epoch < epoch)
		return ERR_INVALID;
	while (gone + 1 < r->count && r->keks[gone].epoch < epoch)
		gone++;
	r->count -= gone;
	memmove(r->keks, r->keks + gone, r->count * sizeof(r->keks[0]));
	secret_wipe(r->keks + r->count, gone * sizeof(r->keks[0]));
	return ERR_OK;
}

/* The file first: what it does not have nobody may wrap under. */
static enum err turn(struct keyring *k,
    enum err (*change)(
	struct ring *r, uint32_t epoch, const struct random *random),
    uint32_t epoch, const struct random *random)
{
	pthread_mutex_lock(&k->turning);
	struct held *next = held_new(&k->newest->ring);
	enum err e = change(&next->ring, epoch, random);
	if (e == ERR_OK)
		e = write_ring(k->dir, &next->ring, k->root, random, true);
	pthread_mutex_lock(&k->lock);
	if (e == ERR_OK) {
		let_go(k->newest);
		k->newest = next;
	} else {
		let_go(next);
	}
	pthread_mutex_unlock(&k->lock);
	pthread_mutex_unlock(&k->turning);
	return e;
}

enum err keyring_rotate(struct keyring *k, const struct random *random)
{
	return turn(k, add_kek, 0, random);
}

enum err keyring_retire(
    struct keyring *k, uint32_t epoch, const struct random *random)
{
	return turn(k, drop_before, epoch, random);
}

/* --- life -----------------------------------------------------------------*/

static enum err load_signer(struct keyring *k, const uint8_t *seed)
{
	size_t len = sizeof(k->public);
	k->signer = EVP_PKEY_new_raw_private_key_ex(
	    NULL, "ED25519", NULL, seed, KEY_SIZE);
	if (!k->signer ||
	    EVP_PKEY_get_raw_public_key(k->signer, k->public, &len) != 1 ||
	    len != sizeof(k->public))
		return ERR_INTERNAL;
	return ERR_OK;
}

enum err keyring_open(
    const char *dir, const struct root_source *root, struct keyring **out)
{
	struct opened *o = opened_new();
	struct keyring *k = secret_new(sizeof(*k));
	memset(k, 0, sizeof(*k));
	pthread_mutex_init(&k->lock, NULL);
	pthread_mutex_init(&k->turning, NULL);
	k->dir = must_copy(dir);
	enum err e = read_ring(dir, root, o);
	if (e == ERR_OK)
		e = read_seed(dir, o);
	if (e == ERR_OK)
		e = load_signer(k, o->seed);
	k->newest = held_new(&o->ring);
	memcpy(k->root, o->root, KEY_SIZE);
	memcpy(k->store_id, o->ring.store_id, STORE_ID);
	secret_free(o);
	*out = e == ERR_OK ? k : NULL;
	if (e != ERR_OK)
		keyring_close(k);
	return e;
}

void keyring_close(struct keyring *k)
{
	if (!k)
		return;
	EVP_PKEY_free(k->signer);
	let_go(k->newest);
	free(k->dir);
	pthread_mutex_destroy(&k->turning);
	pthread_mutex_destroy(&k->lock);
	secret_free(k);
}

void keyring_store_id(const struct keyring *k, uint8_t out[static STORE_ID])
{
	memcpy(out, k->store_id, STORE_ID);
}

uint32_t keyring_epoch(struct keyring *k)
{
	const struct ring *r = keyring_take(k);
	uint32_t epoch = r->keks[r->count - 1].epoch;
	keyring_give(k, r);
	return epoch;
}

static bool lies_in(const char *path, const char *dir)
{
	size_t len = strlen(dir);
	while (len > 1 && dir[len - 1] == '/')
		len--;
	return strncmp(path, dir, len) == 0 && path[len] == '/';
}

const char *keyring_trouble(enum err e)
{
	switch (e) {
	case ERR_NOT_FOUND:
		return "the root key or the ring is not there";
	case ERR_UNVERIFIED:
		return "the root key is another book's";
	case ERR_DENIED:
		return "others can read a key's file";
	case ERR_INVALID:
		return "there is no root key in file:PATH, credential:NAME or "
		       "passphrase, whichever was said";
	default:
		return "the ring is damaged or cannot be read";
	}
}

bool keyring_is_beside_data(const struct root_source *root, const char *dir)
{
	const char *path = root_path(root);
	if (!path)
		return false;
	char *real_path = realpath(path, NULL);
	char *real_dir = realpath(dir, NULL);
	bool is =
	    lies_in(real_path ? real_path : path, real_dir ? real_dir : dir);
	free(real_path);
	free(real_dir);
	return is;
}

/* --- signing --------------------------------------------------------------*/

static bool extends(const struct keyring *k, const struct checkpoint *c)
{
	if (c->size != k->signed_size)
		return c->size > k->signed_size;
	return k->signed_size == 0 ||
	       memcmp(c->root.of, k->signed_root.of, DIGEST_SIZE) == 0;
}

static enum err sign_text(struct keyring *k, struct bytes text,
    uint8_t signature[static NOTE_SIGNATURE])
{
	size_t len = NOTE_SIGNATURE;
	EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	bool ok =
	    ctx &&
	    EVP_DigestSignInit_ex(
		ctx, NULL, NULL, NULL, NULL, k->signer, NULL) == 1 &&
	    EVP_DigestSign(ctx, signature, &len, text.data, text.len) == 1 &&
	    len == NOTE_SIGNATURE;
	EVP_MD_CTX_free(ctx);
	return ok ? ERR_OK : ERR_INTERNAL;
}

static enum err sign_next(struct keyring *k, const struct checkpoint *c,
    uint8_t signature[static NOTE_SIGNATURE])
{
	struct buf text;
	if (!extends(k, c)) {
		log_error("keys: refused to sign a tree that is no extension");
		return ERR_CONFLICT;
	}
	buf_init(&text, 1024);
	checkpoint_format(c, &text);
	enum err e = text.err;
	if (e == ERR_OK)
		e = sign_text(k, buf_bytes(&text), signature);
	buf_release(&text);
	if (e != ERR_OK)
		return e;
	k->signed_size = c->size;
	k->signed_root = c->root;
	return ERR_OK;
}

enum err keyring_sign(struct keyring *k, const struct checkpoint *c,
    uint8_t signature[static NOTE_SIGNATURE])
{
	pthread_mutex_lock(&k->lock);
	enum err e = sign_next(k, c, signature);
	pthread_mutex_unlock(&k->lock);
	return e;
}

void keyring_public(const struct keyring *k, uint8_t out[static NOTE_PUBLIC])
{
	memcpy(out, k->public, NOTE_PUBLIC);
}
