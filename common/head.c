// SPDX-License-Identifier: MIT
/*
 * The table of first bytes, from the MessagePack specification.
 *
 * Ranges that pack a length into the byte itself are spelled out in rows of
 * sixteen, so that the table can be read beside the specification.
 */
#include "common/head.h"

/* clang-format off */
#define FIX(kind, n)   { kind, 0, n }
#define ROW(kind, n)                                                           \
	FIX(kind, n), FIX(kind, n + 1), FIX(kind, n + 2), FIX(kind, n + 3),    \
	FIX(kind, n + 4), FIX(kind, n + 5), FIX(kind, n + 6),                  \
	FIX(kind, n + 7), FIX(kind, n + 8), FIX(kind, n + 9),                  \
	FIX(kind, n + 10), FIX(kind, n + 11), FIX(kind, n + 12),               \
	FIX(kind, n + 13), FIX(kind, n + 14), FIX(kind, n + 15)

const struct head_form head_forms[256] = {
	[0x00 ... 0x7f] = { HEAD_INT, 0, 0 },
	[0x80] = ROW(HEAD_MAP, 0),
	[0x90] = ROW(HEAD_ARRAY, 0),
	[0xa0] = ROW(HEAD_TEXT, 0),
	[0xb0] = ROW(HEAD_TEXT, 16),
	[0xc0] = { HEAD_NIL, 0, 0 },
	[0xc1] = { HEAD_BAD, 0, 0 },
	[0xc2] = { HEAD_BOOL, 0, 0 },
	[0xc3] = { HEAD_BOOL, 0, 0 },
	[0xc4] = { HEAD_BIN, 1, 0 },
	[0xc5] = { HEAD_BIN, 2, 0 },
	[0xc6] = { HEAD_BIN, 4, 0 },
	[0xc7 ... 0xc9] = { HEAD_BAD, 0, 0 }, /* ext 8, 16, 32 */
	[0xca] = { HEAD_FLOAT, 0, 4 },
	[0xcb] = { HEAD_FLOAT, 0, 8 },
	[0xcc] = { HEAD_UINT, 0, 1 },
	[0xcd] = { HEAD_UINT, 0, 2 },
	[0xce] = { HEAD_UINT, 0, 4 },
	[0xcf] = { HEAD_UINT, 0, 8 },
	[0xd0] = { HEAD_INT, 0, 1 },
	[0xd1] = { HEAD_INT, 0, 2 },
	[0xd2] = { HEAD_INT, 0, 4 },
	[0xd3] = { HEAD_INT, 0, 8 },
	[0xd4 ... 0xd8] = { HEAD_BAD, 0, 0 }, /* fixext */
	[0xd9] = { HEAD_TEXT, 1, 0 },
	[0xda] = { HEAD_TEXT, 2, 0 },
	[0xdb] = { HEAD_TEXT, 4, 0 },
	[0xdc] = { HEAD_ARRAY, 2, 0 },
	[0xdd] = { HEAD_ARRAY, 4, 0 },
	[0xde] = { HEAD_MAP, 2, 0 },
	[0xdf] = { HEAD_MAP, 4, 0 },
	[0xe0 ... 0xff] = { HEAD_INT, 0, 0 },
};
/* clang-format on */
