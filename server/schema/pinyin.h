// SPDX-License-Identifier: MIT
/*
 * Initials of pinyin: "tshmy" finds 坦森行贸易.
 *
 * A character may be read in several ways (行 is hang or xing), and every
 * reading counts.  For an index a name gives a few variants, the usual
 * readings first; for a check each letter is compared with all initials of
 * the character at its place.  Both take comparison keys (text_compare_key):
 * Han characters of U+4E00..U+9FFF give initials, other letters and digits
 * stand for themselves in lower case, anything else is passed over.
 */
#ifndef SERVER_SCHEMA_PINYIN_H
#define SERVER_SCHEMA_PINYIN_H

#include "common/arena.h"

#define PINYIN_VARIANTS 8 /* most that are ever made of one name */

/* At most `most` (<= PINYIN_VARIANTS) different variants, the fewest unusual
 * readings first, in the arena; their number.  0 for a name without letters,
 * and past the arena's cap (see arena->err). */
size_t pinyin_initials(struct arena *a, struct bytes name_key, unsigned most,
    struct bytes *variants) MUST_USE;

/* True if the name's initials, in any reading, start with `letters`; false
 * if those hold no letter at all. */
bool pinyin_matches(struct bytes letters, struct bytes name_key);

#endif
