// SPDX-License-Identifier: MIT
/*
 * Key files and the root key's sources; private to this room.
 *
 * Files are written whole or not at all, for their owner alone.  A root key
 * file holds 64 hex digits and a newline, so that it can be printed, typed in
 * and locked in a safe; one that others can read is refused.
 */
#ifndef SERVER_CRYPTO_KEYFILE_H
#define SERVER_CRYPTO_KEYFILE_H

#include "common/buf.h"
#include "common/clock.h"
#include "common/digest.h"
#include "common/err.h"
#include "server/crypto/root.h"

/* What makes a key of a passphrase; all zeros for a key that is stored. */
struct stretch {
	uint32_t memory_kib; /* 0: the root is a key, not a passphrase */
	uint32_t passes;
	uint8_t salt[STRETCH_SALT];
};

/* ERR_NOT_FOUND if there is none, ERR_CORRUPT past the buffer's cap. */
enum err keyfile_read(
    const char *dir, const char *name, struct buf *out) MUST_USE;
/* ERR_CONFLICT if `name` exists and `replace` is false. */
enum err keyfile_write(const char *dir, const char *name, struct bytes content,
    bool replace) MUST_USE;
/* Makes the folder, 0700, unless it exists. */
enum err keyfile_make_dir(const char *dir) MUST_USE;

bool root_is_passphrase(const struct root_source *root);
/* The path of a "file:" root, else NULL. */
const char *root_path(const struct root_source *root);

/* For "file:" without a file: makes one. */
enum err root_make(
    const struct root_source *root, const struct random *random) MUST_USE;
/* ERR_NOT_FOUND, ERR_DENIED if others can read it, ERR_INVALID if it is no
 * key or the source is unknown, ERR_UNVERIFIED if the ring wants the other
 * sort of root, ERR_BUSY without memory. */
enum err root_fetch(const struct root_source *root, const struct stretch *how,
    uint8_t key[static KEY_SIZE]) MUST_USE;

#endif
