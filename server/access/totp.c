// SPDX-License-Identifier: MIT
/*
 * See totp.h.
 */
#include "server/access/totp.h"

#include <assert.h>

#include "common/digest.h"
#include "common/secret.h"
#include "server/crypto/sha1.h"

#define STEP_MS 30000
#define MODULUS 1000000
#define GROUP   5 /* bits of a base32 character */

static const char base32[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

static_assert(TOTP_SEED * 8 % GROUP == 0, "no padding");
static_assert(TOTP_SECRET == TOTP_SEED * 8 / GROUP + 1, "whole and NUL");

int64_t totp_step(int64_t now_ms)
{
	return now_ms / STEP_MS;
}

uint32_t totp_code(const uint8_t seed[static TOTP_SEED], int64_t step)
{
	uint8_t counter[8], mac[SHA1_SIZE];
	uint32_t code;

	put_be64(counter, (uint64_t)step);
	sha1_hmac(
	    bytes_of(seed, TOTP_SEED), bytes_of(counter, sizeof(counter)), mac);
	/* RFC 4226, 5.3: 31 bits from where the last four say. */
	code = get_be32(mac + (mac[SHA1_SIZE - 1] & 15)) & 0x7fffffff;
	secret_wipe(mac, sizeof(mac));
	return code % MODULUS;
}

bool totp_parse(struct bytes typed, uint32_t *code)
{
	unsigned digits = 0;

	*code = 0;
	for (size_t i = 0; i < typed.len; i++) {
		uint8_t c = typed.data[i];

		if (c == ' ')
			continue;
		if (c < '0' || c > '9' || digits++ == TOTP_DIGITS)
			return false;
		*code = *code * 10 + (uint32_t)(c - '0');
	}
	return digits == TOTP_DIGITS;
}

int64_t totp_match(const uint8_t seed[static TOTP_SEED], uint32_t code,
    int64_t now_ms, int64_t used)
{
	int64_t now = totp_step(now_ms), found = -1;

	for (int64_t step = now - TOTP_WINDOW; step <= now + TOTP_WINDOW;
	     step++) {
		uint32_t right = totp_code(seed, step);

		if (digest_same(&right, &code, sizeof(code)) && step > used)
			found = step;
	}
	return found;
}

void totp_secret(
    const uint8_t seed[static TOTP_SEED], char out[static TOTP_SECRET])
{
	uint32_t bits = 0;
	unsigned held = 0;

	for (size_t i = 0; i < TOTP_SEED; i++) {
		bits = bits << 8 | seed[i];
		for (held += 8; held >= GROUP; held -= GROUP)
			*out++ = base32[bits >> (held - GROUP) & 31];
	}
	*out = '\0';
}
