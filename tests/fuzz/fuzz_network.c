// SPDX-License-Identifier: MIT
/*
 * Any bytes as a network and as a peer's address.
 *
 * What is taken has one form: formatted and read again it is the same, has
 * its own address in it, and no bit behind its prefix.
 */
#include <stdlib.h>

#include "server/access/network.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static void check_network(struct bytes text)
{
	struct network n, again;
	char formatted[NETWORK_TEXT];

	if (network_parse(text, &n) != ERR_OK)
		return;
	must(n.bits <= 128);
	must(network_has(&n, n.address));
	network_format(&n, formatted);
	must(network_parse(bytes_text(formatted), &again) == ERR_OK);
	must(again.bits == n.bits);
	must(!memcmp(again.address, n.address, sizeof(n.address)));
}

static void check_peer(struct bytes text)
{
	char peer[256];
	uint8_t address[16];
	struct network all = { { 0 }, 0 };

	if (text.len >= sizeof(peer))
		return;
	if (text.len)
		memcpy(peer, text.data, text.len);
	peer[text.len] = '\0';
	if (address_parse(peer, address) == ERR_OK)
		must(network_has(&all, address));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct bytes in = bytes_of(data, size);

	check_network(in);
	check_peer(in);
	return 0;
}
