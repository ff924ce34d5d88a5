// SPDX-License-Identifier: MIT
/*
 * Unicode text: validity, normal forms, comparison keys, grams, width.
 *
 * utf8proc does the tables and is seen in this module alone, so that text
 * behaves alike everywhere, whatever the locale.  Results go into an arena or
 * a buffer; input is borrowed.
 */
#ifndef COMMON_TEXT_H
#define COMMON_TEXT_H

#include "common/arena.h"
#include "common/buf.h"

/* Strict UTF-8: no overlong forms, surrogates, or code points past 10FFFF. */
bool text_is_utf8(struct bytes s);

/* Decodes one code point of valid UTF-8 and advances *s; -1 at the end.  A
 * byte that is no UTF-8 gives U+FFFD. */
int32_t text_next(struct bytes *s);
void text_put(struct buf *out, int32_t code_point);
size_t text_count(struct bytes s); /* code points */

/* These give ERR_INVALID for what is no UTF-8 and ERR_TOO_LARGE past the
 * arena's cap; the result never borrows the input. */

/* NFC, for what is stored and compared as typed. */
enum err text_nfc(struct arena *a, struct bytes s, struct bytes *out) MUST_USE;
/* NFKC: full-width to half-width and the like; for codes and numbers. */
enum err text_nfkc(struct arena *a, struct bytes s, struct bytes *out) MUST_USE;

/* Zero-width space, word joiner, byte order mark: copied along from pages and
 * spreadsheets, seen by nobody, and never stored. */
bool text_is_invisible(int32_t code_point);
enum err text_visible(
    struct arena *a, struct bytes s, struct bytes *out) MUST_USE;

/* The character that ASCII has for one of full width; any other as it is. */
int32_t text_narrow(int32_t code_point);

/* Drops white space and what is invisible at both ends. */
struct bytes text_trim(struct bytes s);

/* True for C0 and C1 controls, DEL, bidi controls, line and paragraph
 * separators and unassigned code points: never admitted in stored text of one
 * line, and made visible when printed. */
bool text_is_control(int32_t code_point);

/* True for letters, their marks, and digits, of any script. */
bool text_is_word(int32_t code_point);

/*
 * The comparison key of a name (docs/validators.md): NFKC, case folded, in
 * simplified characters, without spaces, brackets, punctuation and the legal
 * suffixes of a company (有限责任公司, 有限公司, 股份; Ltd, Inc, GmbH ... as
 * whole last words).  A name that is nothing but a suffix keeps it.
 */
enum err text_compare_key(
    struct arena *a, struct bytes name, struct bytes *out) MUST_USE;

/* Case fold + NFKC, spaces kept single: for exact search of free text. */
enum err text_fold(struct arena *a, struct bytes s, struct bytes *out) MUST_USE;

/* Calls `each` with every 2-gram (two code points) of `key`, the first one
 * preceded by a start mark U+0002; a key of one code point gives the start
 * gram alone.  Grams are borrowed for the call. */
void text_grams(
    struct bytes key, void (*each)(void *ctx, struct bytes gram), void *ctx);

/* Terminal columns; ambiguous characters count one, controls zero. */
unsigned text_width(struct bytes s);
/* Its beginning, at most so wide. */
struct bytes text_head(struct bytes s, unsigned width);
unsigned text_char_width(int32_t code_point);

#endif
