// SPDX-License-Identifier: MIT
/*
 * The words that the modules of this room share: where the root key comes
 * from, how long keys are, which kinds a subject has.
 */
#ifndef SERVER_CRYPTO_ROOT_H
#define SERVER_CRYPTO_ROOT_H

#include "common/bytes.h"

#define KEY_SIZE 32
#define STORE_ID 16 /* random identity of one book */

/* Where the root key comes from: "file:PATH", "credential:NAME" (systemd's
 * $CREDENTIALS_DIRECTORY), "passphrase" (argon2id; the text is passed in). */
struct root_source {
	const char *spec;
	struct bytes passphrase; /* for "passphrase" only; borrowed */
};

enum key_kind {
	KEY_PERSONAL, /* destroyed by erasure */
	KEY_LEDGER,   /* orders, payments: kept */
};

#endif
