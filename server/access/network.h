// SPDX-License-Identifier: MIT
/*
 * Networks in CIDR form, IPv4 and IPv6, and which one an address lies in.
 *
 * An IPv4 address is its mapped IPv6 one, so that a peer of a dual socket
 * ("::ffff:10.0.0.7") and of a plain one are the same.
 */
#ifndef SERVER_ACCESS_NETWORK_H
#define SERVER_ACCESS_NETWORK_H

#include <stdbool.h>
#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"

#define NETWORK_TEXT 64 /* formatted, with NUL */

struct network {
	uint8_t address[16]; /* bits past `bits` are 0 */
	uint8_t bits;        /* 0 to 128 */
};

/* "10.1.0.0/16", "2001:db8::/32", or one address.  ERR_INVALID, also for bits
 * that are set behind the prefix: such a line is a mistake. */
enum err network_parse(struct bytes text, struct network *out) MUST_USE;
void network_format(const struct network *n, char out[static NETWORK_TEXT]);

/* "address:port" or "[address]:port", as connections have it; with or without
 * the port.  ERR_INVALID if it is none. */
enum err address_parse(const char *peer, uint8_t out[static 16]) MUST_USE;
bool network_has(const struct network *n, const uint8_t address[static 16]);

#endif
