// SPDX-License-Identifier: MIT
/*
 * See code.h.
 */
#include "server/access/code.h"

#include <assert.h>

#include "common/log.h"
#include "common/secret.h"

#define CHARS_MOST (CODE_GROUPS_MOST * CODE_GROUP)

/* Without what reads alike: no I, L, O, U. */
static const char alphabet[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";

static_assert(sizeof(alphabet) == 33, "five bits a character");

bool code_digest(struct bytes typed, unsigned groups, struct digest *out)
{
	uint8_t code[CHARS_MOST];
	size_t chars = groups * CODE_GROUP, len = 0;
	bool is_whole = true;

	for (size_t i = 0; i < typed.len && is_whole; i++) {
		uint8_t c = typed.data[i];

		if (c == '-' || c == ' ')
			continue;
		if (c >= 'a' && c <= 'z')
			c = (uint8_t)(c - 'a' + 'A');
		is_whole = len < chars;
		if (is_whole)
			code[len++] = c;
	}
	digest_bytes(bytes_of(code, len), out);
	secret_wipe(code, sizeof(code));
	return is_whole && len == chars;
}

void code_new(const struct random *random, unsigned groups, char *code,
    struct digest *kept)
{
	uint8_t bits[CHARS_MOST];
	char *to = code;
	bool is_whole;

	ASSERT(groups && groups <= CODE_GROUPS_MOST);
	random_fill(random, bits, sizeof(bits));
	for (size_t i = 0; i < groups * CODE_GROUP; i++) {
		if (i && i % CODE_GROUP == 0)
			*to++ = '-';
		*to++ = alphabet[bits[i] & 31];
	}
	*to = '\0';
	is_whole = code_digest(bytes_text(code), groups, kept);
	ASSERT(is_whole);
	secret_wipe(bits, sizeof(bits));
}
