// SPDX-License-Identifier: MIT
/*
 * The keyring: everything that opens the book, behind one door.
 *
 *   root key           outside (file, passphrase, credential); wraps the ring
 *    +- KEK[epoch]     wraps data keys; destroyed at an erasure round
 *    |   +- DEK        one a subject and kind; seals bodies and fields
 *    +- index key      per-field blind indexes and tokens
 *    +- system key     accounts, tokens, cursors, MACs
 *   signing seed       checkpoints; a file of its own
 *
 * Only this module and sealer.c ever hold a KEK or the seed.  A later key
 * process takes this header's place.  A ring is immutable and shared by
 * threads; turning it makes another, and whoever lets go of the old one last
 * wipes it.  Key memory is locked.
 */
#ifndef SERVER_CRYPTO_KEYRING_H
#define SERVER_CRYPTO_KEYRING_H

#include "common/bytes.h"
#include "common/clock.h"
#include "common/err.h"
#include "common/note.h"
#include "server/crypto/root.h"

struct keyring;

/* Makes `dir` (0700) with new keys: ring, signing seed, and for "file:" the
 * root key (0600) unless it exists.  Files are written whole or not at all
 * (temporary name, fsync, rename, fsync of the folder).  ERR_CONFLICT if
 * there is a ring already. */
enum err keyring_create(const char *dir, const struct root_source *root,
    const struct random *random) MUST_USE;

/* ERR_NOT_FOUND without keys, ERR_UNVERIFIED if the root key is another's,
 * ERR_CORRUPT for a damaged ring, ERR_DENIED if others can read a key,
 * ERR_INVALID if the root source is no key. */
enum err keyring_open(const char *dir, const struct root_source *root,
    struct keyring **out) MUST_USE;
void keyring_close(struct keyring *k); /* wipes; NULL is fine */
/* What an error of these means, for whoever keeps the book; static text. */
const char *keyring_trouble(enum err e);

/* An erasure round, in the files and in this process: rotate adds a KEK,
 * ERR_FULL past 64; once every data key is wrapped under a newer one, retire
 * destroys those older than `epoch`, ERR_INVALID past the newest.  Sealers go
 * on with the ring that they have until sealer_catch_up().  Any thread. */
enum err keyring_rotate(
    struct keyring *k, const struct random *random) MUST_USE;
enum err keyring_retire(
    struct keyring *k, uint32_t epoch, const struct random *random) MUST_USE;

void keyring_store_id(const struct keyring *k, uint8_t out[static STORE_ID]);
uint32_t keyring_epoch(struct keyring *k); /* newest KEK */

/* True if the root key lies inside the keys folder (a trial's comfort that
 * start and status warn of). */
bool keyring_is_beside_data(const struct root_source *root, const char *dir);

/* The checkpoint signer.  ERR_CONFLICT: it refuses a smaller tree than it
 * signed before in this process, and another one of the same size. */
enum err keyring_sign(struct keyring *k, const struct checkpoint *c,
    uint8_t signature[static NOTE_SIGNATURE]) MUST_USE;
void keyring_public(const struct keyring *k, uint8_t out[static NOTE_PUBLIC]);

#endif
