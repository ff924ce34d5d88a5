// SPDX-License-Identifier: MIT
/*
 * A machine's own key: made here, and never given away.
 *
 * What leaves is a request (PKCS#10) with the public half.  The server knows
 * a certificate by the SHA-256 of that half (SPKI), which is the same in the
 * request and in every certificate made from it.
 */
#ifndef CLIENT_KEY_H
#define CLIENT_KEY_H

#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"

/* A new key (EC P-256) and a request for `name`, both PEM. */
enum err key_make(
    const char *name, struct buf *key, struct buf *request) MUST_USE;

/* Of a certificate or a request, PEM.  ERR_INVALID. */
enum err key_digest(struct bytes pem, struct digest *out) MUST_USE;

#endif
