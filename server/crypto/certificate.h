// SPDX-License-Identifier: MIT
/*
 * The book's own certificate authority, for a first start without another.
 *
 * certificate_make() writes into `dir` ca.key, ca.crt, server.key and
 * server.crt (the server's certificate followed by the authority's, so that a
 * client can pin the latter): EC P-256, TLS server use, the names given as
 * DNS names or IP addresses.  Keys are 0600, written whole or not at all.
 * certificate_sign() makes clients' certificates, for keys that never come
 * here.
 */
#ifndef SERVER_CRYPTO_CERTIFICATE_H
#define SERVER_CRYPTO_CERTIFICATE_H

#include "common/buf.h"
#include "common/digest.h"
#include "common/err.h"

#define CA_DAYS     3650
#define SERVER_DAYS 395
#define CLIENT_DAYS 395

/* Is it a host name or an address?  Nothing else may stand in a certificate. */
bool certificate_may_name(const char *name);

/* `fingerprint`: SHA-256 of the authority's certificate (DER). */
enum err certificate_make(const char *dir, const char *const *names,
    unsigned count, struct digest *fingerprint) MUST_USE;

/* Appends to `pem` a client's certificate for the key of a request (PKCS#10,
 * PEM), by the authority in `dir`.  Of the request only key and common name
 * are taken over, and the name is for people: `spki` is who it is.
 * ERR_INVALID: no request, not signed by its own key, or a key too weak;
 * ERR_NOT_FOUND: no authority's key here. */
enum err certificate_sign(const char *dir, struct bytes request,
    struct buf *pem, struct digest *spki) MUST_USE;

#endif
