// SPDX-License-Identifier: MIT
/*
 * The language of what people read: English sentences are the keys, gettext
 * catalogues (.mo, compiled by msgfmt from client/po) give the others.
 *
 * The catalogue is embedded in the program and read here, since glibc's own
 * lookup needs an installed locale.  The wish comes from --lang, KEHU_LANG,
 * LC_ALL, LC_MESSAGES, LANG, by their text.  Machine forms (--json, --csv,
 * keys, codes, answer letters) never pass through this module.
 */
#ifndef CLIENT_WORDS_H
#define CLIENT_WORDS_H

#include "common/bytes.h"

struct words {
	struct bytes catalogue; /* a .mo file; empty: English */
	bool chinese;
};

/* `wish` (--lang) may be NULL; then the environment decides. */
void words_init(struct words *w, const char *wish);

/* `mo` is borrowed; a malformed catalogue translates nothing. */
void words_use(struct words *w, struct bytes mo);

/* The sentence in the reader's language, or itself.  Static or borrowed from
 * the catalogue; NUL-terminated. */
const char *words_say(const struct words *w, const char *english)
    __attribute__((format_arg(2)));

/* Of two labels the one in the reader's language; the other if it is empty. */
struct bytes words_label(
    const struct words *w, struct bytes zh, struct bytes en);

#endif
