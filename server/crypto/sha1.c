// SPDX-License-Identifier: MIT
/*
 * See sha1.h.  A failure is want of memory, never the input.
 */
#include "server/crypto/sha1.h"

#include <limits.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>

#include "common/log.h"

static void must(bool done)
{
	if (!done)
		log_fatal(__FILE__, __LINE__, "SHA-1 failed");
}

void sha1_bytes(struct bytes text, uint8_t out[static SHA1_SIZE])
{
	must(EVP_Digest(text.data, text.len, out, NULL, EVP_sha1(), NULL));
}

void sha1_hmac(
    struct bytes key, struct bytes text, uint8_t out[static SHA1_SIZE])
{
	ASSERT(key.len <= INT_MAX);
	must(HMAC(EVP_sha1(), key.data, (int)key.len, text.data, text.len, out,
	    NULL));
}
