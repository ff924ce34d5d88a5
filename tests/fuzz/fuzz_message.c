// SPDX-License-Identifier: MIT
/*
 * Fuzzes the message scanner.
 *
 * The first byte chooses the cap and how the rest is cut into pieces.  The
 * verdict must not depend on the cuts, an admitted message must end where the
 * reader says it ends, and no byte past the cap may be taken.
 */
#include <stdlib.h>

#include "common/message.h"
#include "common/unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void must(bool holds)
{
	if (!holds)
		abort();
}

static enum err scan(
    const uint8_t *data, size_t len, size_t piece, size_t cap, size_t *used)
{
	struct message_scan s;
	enum err e = ERR_BUSY;

	message_begin(&s);
	*used = 0;
	while (*used < len && e == ERR_BUSY) {
		size_t rest = len - *used;
		size_t took;

		e = message_scan(
		    &s, data + *used, rest < piece ? rest : piece, cap, &took);
		must(took <= rest && took <= piece);
		*used += took;
	}
	return e;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct reader r;
	size_t whole;
	size_t cut;
	size_t cap;
	enum err e;

	if (size < 2)
		return 0;
	cap = data[0] & 1 ? 4096 : (size_t)data[0] + 1;
	e = scan(data + 1, size - 1, size, cap, &whole);
	must(scan(data + 1, size - 1, 1 + data[0] % 7, cap, &cut) == e);
	if (e != ERR_OK)
		return 0;
	must(cut == whole && whole <= cap);
	r = reader_of(bytes_of(data + 1, size - 1));
	read_skip(&r);
	must(r.err == ERR_OK && r.at == data + 1 + whole);
	return 0;
}
