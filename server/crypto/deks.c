// SPDX-License-Identifier: MIT
/*
 * The cache of opened data keys: chained hash and a list by age, both of slot
 * numbers.  Every slot is always in the list; empty ones are its oldest.
 */
#include "server/crypto/deks.h"

#include "common/secret.h"

static uint16_t *bucket_of(struct deks *d, uint64_t subject, enum key_kind kind)
{
	/* Fibonacci hashing: subjects are mostly consecutive. */
	uint64_t mixed = (subject * 2 + kind) * UINT64_C(0x9e3779b97f4a7c15);
	return &d->buckets[mixed >> 32 & (DEKS_BUCKETS - 1)];
}

static void unlink_age(struct deks *d, uint16_t i)
{
	struct dek *k = &d->slots[i];
	uint16_t *from_older =
	    k->older == DEKS_NONE ? &d->oldest : &d->slots[k->older].newer;
	uint16_t *from_newer =
	    k->newer == DEKS_NONE ? &d->newest : &d->slots[k->newer].older;
	*from_older = k->newer;
	*from_newer = k->older;
}

static void make_newest(struct deks *d, uint16_t i)
{
	if (d->newest == i)
		return;
	unlink_age(d, i);
	d->slots[i].older = d->newest;
	d->slots[i].newer = DEKS_NONE;
	d->slots[d->newest].newer = i;
	d->newest = i;
}

static void unchain(struct deks *d, uint16_t i)
{
	struct dek *k = &d->slots[i];
	if (!k->is_held)
		return;
	uint16_t *at = bucket_of(d, k->subject, k->kind);
	while (*at != i)
		at = &d->slots[*at].chained;
	*at = k->chained;
	k->is_held = false;
}

static uint16_t find(struct deks *d, uint64_t subject, enum key_kind kind)
{
	uint16_t i = *bucket_of(d, subject, kind);
	while (i != DEKS_NONE &&
	       (d->slots[i].subject != subject || d->slots[i].kind != kind))
		i = d->slots[i].chained;
	return i;
}

void deks_init(struct deks *d)
{
	memset(d, 0, sizeof(*d));
	for (size_t i = 0; i < DEKS_BUCKETS; i++)
		d->buckets[i] = DEKS_NONE;
	for (uint16_t i = 0; i < DEKS_SLOTS; i++) {
		d->slots[i].older = i ? (uint16_t)(i - 1) : DEKS_NONE;
		d->slots[i].newer =
		    i + 1 < DEKS_SLOTS ? (uint16_t)(i + 1) : DEKS_NONE;
	}
	d->oldest = 0;
	d->newest = DEKS_SLOTS - 1;
}

void deks_release(struct deks *d)
{
	secret_wipe(d, sizeof(*d));
}

struct dek *deks_get(struct deks *d, uint64_t subject, enum key_kind kind)
{
	uint16_t i = find(d, subject, kind);
	if (i == DEKS_NONE)
		return NULL;
	make_newest(d, i);
	return &d->slots[i];
}

static uint16_t claim(struct deks *d, uint64_t subject, enum key_kind kind)
{
	uint16_t i = d->oldest;
	struct dek *k = &d->slots[i];
	unchain(d, i);
	uint16_t *bucket = bucket_of(d, subject, kind);
	k->subject = subject;
	k->kind = kind;
	k->is_held = true;
	k->chained = *bucket;
	*bucket = i;
	return i;
}

struct dek *deks_put(struct deks *d, uint64_t subject, enum key_kind kind,
    const uint8_t key[static CIPHER_KEY],
    const uint8_t commit[static CIPHER_KEY])
{
	uint16_t i = find(d, subject, kind);
	if (i == DEKS_NONE)
		i = claim(d, subject, kind);
	make_newest(d, i);
	struct dek *k = &d->slots[i];
	memcpy(k->key, key, CIPHER_KEY);
	memcpy(k->commit, commit, CIPHER_KEY);
	return k;
}
