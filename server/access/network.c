// SPDX-License-Identifier: MIT
/*
 * Networks; see network.h.
 */
#include "server/access/network.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>

#define MAPPED_BITS 96 /* what an IPv4 prefix has more as a mapped one */

static const uint8_t mapped[12] = { [10] = 0xff, [11] = 0xff };

/* True and the kind of what is written: inet_pton refuses leading zeros and
 * short forms, which other programs read in several ways. */
static bool parse_address(const char *text, uint8_t out[static 16], bool *is_v4)
{
	*is_v4 = inet_pton(AF_INET, text, out + sizeof(mapped)) == 1;
	if (*is_v4)
		memcpy(out, mapped, sizeof(mapped));
	return *is_v4 || inet_pton(AF_INET6, text, out) == 1;
}

static bool parse_bits(const char *text, unsigned most, unsigned *bits)
{
	size_t digits = strspn(text, "0123456789");

	if (!digits || digits > 3 || text[digits] ||
	    (digits > 1 && *text == '0'))
		return false;
	*bits = (unsigned)strtoul(text, NULL, 10);
	return *bits <= most;
}

static uint8_t mask_of(unsigned bits, unsigned byte)
{
	unsigned whole = bits / 8;

	if (byte != whole)
		return byte < whole ? 0xff : 0;
	return (uint8_t)(0xff00u >> bits % 8);
}

enum err network_parse(struct bytes text, struct network *out)
{
	char copy[NETWORK_TEXT];
	unsigned bits = 128;
	bool is_v4;
	char *slash;

	if (text.len >= sizeof(copy) || bytes_find(text, '\0'))
		return ERR_INVALID;
	if (text.len)
		memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	slash = strchr(copy, '/');
	if (slash)
		*slash = '\0';
	if (!parse_address(copy, out->address, &is_v4))
		return ERR_INVALID;
	if (slash && !parse_bits(slash + 1, is_v4 ? 32 : 128, &bits))
		return ERR_INVALID;
	out->bits = (uint8_t)(bits + (slash && is_v4 ? MAPPED_BITS : 0));
	for (unsigned i = 0; i < 16; i++) {
		if (out->address[i] & (uint8_t)~mask_of(out->bits, i))
			return ERR_INVALID;
	}
	return ERR_OK;
}

void network_format(const struct network *n, char out[static NETWORK_TEXT])
{
	char address[INET6_ADDRSTRLEN];
	bool is_v4 = n->bits >= MAPPED_BITS &&
		     memcmp(n->address, mapped, sizeof(mapped)) == 0;

	if (is_v4)
		inet_ntop(AF_INET, n->address + sizeof(mapped), address,
		    sizeof(address));
	else
		inet_ntop(AF_INET6, n->address, address, sizeof(address));
	snprintf(out, NETWORK_TEXT, "%s/%u", address,
	    n->bits - (is_v4 ? MAPPED_BITS : 0u));
}

enum err address_parse(const char *peer, uint8_t out[static 16])
{
	char text[INET6_ADDRSTRLEN];
	const char *from = peer;
	size_t len = strcspn(peer, "%");
	bool is_v4;

	if (*peer == '[') {
		from = peer + 1;
		len = strcspn(from, "]%");
	} else if (strchr(peer, ':') == strrchr(peer, ':')) {
		len = strcspn(peer, ":");
	}
	if (len >= sizeof(text))
		return ERR_INVALID;
	memcpy(text, from, len);
	text[len] = '\0';
	return parse_address(text, out, &is_v4) ? ERR_OK : ERR_INVALID;
}

bool network_has(const struct network *n, const uint8_t address[static 16])
{
	for (unsigned i = 0; i < 16; i++) {
		if ((address[i] & mask_of(n->bits, i)) != n->address[i])
			return false;
	}
	return true;
}
