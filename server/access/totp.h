// SPDX-License-Identifier: MIT
/*
 * Time-based codes as RFC 6238 has them: HMAC-SHA-1, 30 seconds, six digits.
 *
 * The one combination that every authenticator knows.  What is kept of them,
 * and that no step serves twice, is factor.h's.
 */
#ifndef SERVER_ACCESS_TOTP_H
#define SERVER_ACCESS_TOTP_H

#include "common/bytes.h"

#define TOTP_SEED   20 /* bytes */
#define TOTP_DIGITS 6
#define TOTP_WINDOW 1  /* steps to either side that are taken as well */
#define TOTP_SECRET 33 /* the seed in base32, with its NUL */

int64_t totp_step(int64_t now_ms);
/* RFC 4226's code of a counter. */
uint32_t totp_code(const uint8_t seed[static TOTP_SEED], int64_t step);

/* Is it six digits, spaces aside?  Then their value. */
bool totp_parse(struct bytes typed, uint32_t *code);
/* The step within the window of `now_ms`, later than `used`, whose code this
 * is; -1 if there is none.  Takes the same time either way. */
int64_t totp_match(const uint8_t seed[static TOTP_SEED], uint32_t code,
    int64_t now_ms, int64_t used);

void totp_secret(
    const uint8_t seed[static TOTP_SEED], char out[static TOTP_SECRET]);

#endif
