// SPDX-License-Identifier: MIT
/*
 * SHA-1, for two outside formats that leave no choice: the codes of RFC 6238
 * as every authenticator makes them, and lists of breached passwords.
 *
 * HMAC does not need the collision resistance that SHA-1 has lost, and in a
 * list the digest is only a name.  Nothing else may use it.
 */
#ifndef SERVER_CRYPTO_SHA1_H
#define SERVER_CRYPTO_SHA1_H

#include "common/bytes.h"

#define SHA1_SIZE 20

void sha1_bytes(struct bytes text, uint8_t out[static SHA1_SIZE]);
void sha1_hmac(
    struct bytes key, struct bytes text, uint8_t out[static SHA1_SIZE]);

#endif
