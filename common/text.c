// SPDX-License-Identifier: MIT
/*
 * Unicode text, by utf8proc's tables.
 *
 * utf8proc's own allocating calls are not used: a text is decomposed straight
 * into the arena, with the room that a first pass has measured, and encoded
 * in place.  A comparison key is made in four passes over that: everything
 * that is no word becomes a single space, Han characters become simplified,
 * the legal suffixes go from the end, then the spaces go.
 */
#include "common/text.h"

#include <utf8proc.h>

#include "common/han.h"

#define REPLACEMENT 0xFFFD
#define START_MARK  0x02

#define NORMAL (UTF8PROC_STABLE | UTF8PROC_COMPOSE)
#define FOLDED (NORMAL | UTF8PROC_COMPAT | UTF8PROC_CASEFOLD | UTF8PROC_IGNORE)

/* Whole last words, folded and without their points. */
static const char *const last_words[] = { "ltd", "limited", "inc",
	"incorporated", "corp", "corporation", "co", "company", "coltd", "llc",
	"llp", "lp", "plc", "pty", "pte", "pvt", "sdn", "bhd", "gmbh", "mbh",
	"ag", "kg", "kgaa", "ohg", "ug", "sa", "sas", "sarl", "srl", "spa",
	"sl", "bv", "nv", "ab", "asa", "oy", "oyj", "kk" };

/* Endings of a name, wherever the word before them ends. */
static const char *const endings[] = { "有限责任公司", "有限公司", "股份" };

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static utf8proc_ssize_t decode(struct bytes s, utf8proc_int32_t *code_point)
{
	return utf8proc_iterate(s.data, (utf8proc_ssize_t)s.len, code_point);
}

static struct bytes skip(struct bytes s, size_t len)
{
	return bytes_of(s.data + len, s.len - len);
}

bool text_is_utf8(struct bytes s)
{
	utf8proc_int32_t code_point;
	while (s.len) {
		utf8proc_ssize_t len = decode(s, &code_point);
		if (len <= 0)
			return false;
		s = skip(s, (size_t)len);
	}
	return true;
}

int32_t text_next(struct bytes *s)
{
	utf8proc_int32_t code_point;
	if (s->len == 0)
		return -1;
	utf8proc_ssize_t len = decode(*s, &code_point);
	*s = skip(*s, len > 0 ? (size_t)len : 1);
	return len > 0 ? code_point : REPLACEMENT;
}

void text_put(struct buf *out, int32_t code_point)
{
	uint8_t encoded[4];
	if (!utf8proc_codepoint_valid(code_point))
		code_point = REPLACEMENT;
	utf8proc_ssize_t len = utf8proc_encode_char(code_point, encoded);
	buf_append(out, encoded, (size_t)len);
}

size_t text_count(struct bytes s)
{
	size_t count = 0;
	while (text_next(&s) >= 0)
		count++;
	return count;
}

static enum err map_text(
    struct arena *a, struct bytes s, unsigned options, struct bytes *out)
{
	utf8proc_option_t flags = (utf8proc_option_t)options;
	utf8proc_ssize_t len = (utf8proc_ssize_t)s.len;
	*out = BYTES_NONE;
	if (s.len == 0)
		return ERR_OK;
	utf8proc_ssize_t need = utf8proc_decompose(s.data, len, NULL, 0, flags);
	if (need < 0)
		return ERR_INVALID;
	/* One more for the NUL that the encoder puts after its text. */
	int32_t *points = arena_array(a, (size_t)need + 1, sizeof(*points));
	if (!points)
		return a->err;
	utf8proc_ssize_t got =
	    utf8proc_decompose(s.data, len, points, need, flags);
	if (got < 0 || got > need)
		return ERR_INVALID;
	utf8proc_ssize_t end = utf8proc_reencode(points, got, flags);
	if (end < 0)
		return ERR_INVALID;
	*out = bytes_of(points, (size_t)end);
	return ERR_OK;
}

enum err text_nfc(struct arena *a, struct bytes s, struct bytes *out)
{
	return map_text(a, s, NORMAL, out);
}

enum err text_nfkc(struct arena *a, struct bytes s, struct bytes *out)
{
	return map_text(a, s, NORMAL | UTF8PROC_COMPAT, out);
}

static bool is_space(int32_t code_point)
{
	utf8proc_category_t category = utf8proc_category(code_point);
	return (code_point >= 0x09 && code_point <= 0x0D) ||
	       code_point == 0x85 || category == UTF8PROC_CATEGORY_ZS ||
	       category == UTF8PROC_CATEGORY_ZL ||
	       category == UTF8PROC_CATEGORY_ZP;
}

bool text_is_invisible(int32_t code_point)
{
	return code_point == 0x200B || code_point == 0x2060 ||
	       code_point == 0xFEFF;
}

enum err text_visible(struct arena *a, struct bytes s, struct bytes *out)
{
	uint8_t *at = arena_alloc(a, s.len);
	struct bytes rest = s;

	*out = bytes_of(at, 0);
	while (at && s.len) {
		bool hidden = text_is_invisible(text_next(&rest));
		size_t len = s.len - rest.len;

		if (!hidden) {
			memcpy(at + out->len, s.data, len);
			out->len += len;
		}
		s = rest;
	}
	return a->err;
}

static bool is_edge(int32_t code_point)
{
	return is_space(code_point) || text_is_invisible(code_point);
}

/* Its last code point; its last byte, if that ends none. */
static struct bytes last_of(struct bytes s)
{
	size_t at = s.len - 1;
	while (at > 0 && s.len - at < 4 && (s.data[at] & 0xC0) == 0x80)
		at--;
	struct bytes last = skip(s, at);
	utf8proc_int32_t code_point;
	bool is_whole = decode(last, &code_point) == (ssize_t)last.len;
	return is_whole ? last : skip(s, s.len - 1);
}

int32_t text_narrow(int32_t c)
{
	if (c == 0x3000)
		return ' ';
	return c >= 0xFF01 && c <= 0xFF5E ? c - 0xFF01 + '!' : c;
}

struct bytes text_trim(struct bytes s)
{
	struct bytes rest = s;
	while (s.len && is_edge(text_next(&rest)))
		s = rest;
	while (s.len) {
		struct bytes last = last_of(s);
		size_t len = last.len;
		if (!is_edge(text_next(&last)))
			break;
		s.len -= len;
	}
	return s;
}

bool text_is_control(int32_t code_point)
{
	static const struct {
		int32_t first;
		int32_t last;
	} ranges[] = {
		{ 0x00, 0x1F },     /* C0 */
		{ 0x7F, 0x9F },     /* DEL and C1 */
		{ 0x61C, 0x61C },   /* Arabic letter mark */
		{ 0x200E, 0x200F }, /* left-to-right, right-to-left mark */
		{ 0x2028, 0x202E }, /* separators, embeddings, overrides */
		{ 0x2066, 0x2069 }, /* isolates */
	};
	for (size_t i = 0; i < COUNT(ranges); i++)
		if (code_point >= ranges[i].first &&
		    code_point <= ranges[i].last)
			return true;
	return !utf8proc_codepoint_valid(code_point) ||
	       utf8proc_category(code_point) == UTF8PROC_CATEGORY_CN;
}

bool text_is_word(int32_t code_point)
{
	utf8proc_category_t category = utf8proc_category(code_point);
	return category >= UTF8PROC_CATEGORY_LU &&
	       category <= UTF8PROC_CATEGORY_NO;
}

/* What separates words in a name: all but words and symbols. */
static bool is_separator(int32_t code_point)
{
	utf8proc_category_t category = utf8proc_category(code_point);
	return category < UTF8PROC_CATEGORY_LU ||
	       (category >= UTF8PROC_CATEGORY_PC &&
		   category <= UTF8PROC_CATEGORY_PO) ||
	       category >= UTF8PROC_CATEGORY_ZS;
}

/* "Co.,Ltd" is two words, but "S.A." and "L'Oreal" are one. */
static bool is_inner_point(int32_t code_point)
{
	return code_point == '.' || code_point == '\'' || code_point == 0x2019;
}

static bool never(int32_t code_point)
{
	(void)code_point;
	return false;
}

typedef bool (*class_fn)(int32_t code_point);

/* Rewrites `s` in place: what is `dropped` goes, runs of what is `blank`
 * become one space, none at the ends.  Gives the length. */
static size_t squeeze(uint8_t *s, size_t len, class_fn dropped, class_fn blank)
{
	struct bytes rest = bytes_of(s, len);
	size_t end = 0;
	bool gap = false;
	while (rest.len) {
		const uint8_t *from = rest.data;
		int32_t c = text_next(&rest);
		if (dropped(c))
			continue;
		if (blank(c)) {
			gap = end > 0;
			continue;
		}
		if (gap)
			s[end++] = ' ';
		gap = false;
		memmove(s + end, from, (size_t)(rest.data - from));
		end += (size_t)(rest.data - from);
	}
	return end;
}

static enum err fold_squeezed(struct arena *a, struct bytes s, class_fn dropped,
    class_fn blank, uint8_t **out, size_t *len)
{
	struct bytes folded;
	*out = NULL;
	*len = 0;
	enum err e = map_text(a, s, FOLDED, &folded);
	if (e != ERR_OK || folded.len == 0)
		return e;
	uint8_t *copy = arena_alloc(a, folded.len);
	if (!copy)
		return a->err;
	memcpy(copy, folded.data, folded.len);
	*len = squeeze(copy, folded.len, dropped, blank);
	*out = copy;
	return ERR_OK;
}

enum err text_fold(struct arena *a, struct bytes s, struct bytes *out)
{
	uint8_t *folded;
	size_t len;
	enum err e = fold_squeezed(a, s, never, is_space, &folded, &len);
	*out = bytes_of(folded, len);
	return e;
}

static size_t without_last_word(const uint8_t *name, size_t len)
{
	size_t start = len;
	while (start && name[start - 1] != ' ')
		start--;
	if (start == 0)
		return len;
	struct bytes word = bytes_of(name + start, len - start);
	for (size_t i = 0; i < COUNT(last_words); i++)
		if (bytes_is(word, last_words[i]))
			return start - 1;
	return len;
}

static size_t without_ending(const uint8_t *name, size_t len)
{
	for (size_t i = 0; i < COUNT(endings); i++) {
		struct bytes ending = bytes_text(endings[i]);
		size_t left = len - ending.len;
		if (len <= ending.len ||
		    memcmp(name + left, ending.data, ending.len) != 0)
			continue;
		return name[left - 1] == ' ' ? left - 1 : left;
	}
	return len;
}

/* `name` has single spaces and none at the ends, before and after. */
static size_t without_suffixes(const uint8_t *name, size_t len)
{
	size_t before;
	do {
		before = len;
		len = without_last_word(name, len);
		len = without_ending(name, len);
	} while (len < before);
	return len;
}

static bool is_blank(int32_t code_point)
{
	return code_point == ' ';
}

/* In place: both forms have three bytes. */
static void simplify(uint8_t *name, size_t len)
{
	struct bytes rest = bytes_of(name, len);

	while (rest.len) {
		uint8_t *at = name + (len - rest.len);
		int32_t c = text_next(&rest), simple = han_simple(c);

		if (simple != c)
			(void)utf8proc_encode_char(simple, at);
	}
}

enum err text_compare_key(struct arena *a, struct bytes name, struct bytes *out)
{
	uint8_t *key;
	size_t len;
	enum err e =
	    fold_squeezed(a, name, is_inner_point, is_separator, &key, &len);
	if (len) {
		simplify(key, len);
		len = without_suffixes(key, len);
		len = squeeze(key, len, is_blank, never);
	}
	*out = bytes_of(key, len);
	return e;
}

void text_grams(
    struct bytes key, void (*each)(void *ctx, struct bytes gram), void *ctx)
{
	uint8_t start[5] = { START_MARK };
	struct bytes rest = key;
	if (text_next(&rest) < 0)
		return;
	size_t len = key.len - rest.len;
	memcpy(start + 1, key.data, len);
	each(ctx, bytes_of(start, 1 + len));
	for (const uint8_t *first = key.data; rest.len;) {
		const uint8_t *second = rest.data;
		text_next(&rest);
		each(ctx, bytes_of(first, (size_t)(rest.data - first)));
		first = second;
	}
}

unsigned text_char_width(int32_t code_point)
{
	if (text_is_control(code_point))
		return 0;
	int width = utf8proc_charwidth(code_point);
	return width > 0 ? (unsigned)width : 0;
}

unsigned text_width(struct bytes s)
{
	unsigned width = 0;
	for (int32_t c; (c = text_next(&s)) >= 0;)
		width += text_char_width(c);
	return width;
}

struct bytes text_head(struct bytes s, unsigned width)
{
	struct bytes rest = s;
	size_t end = 0;
	unsigned used = 0;

	for (int32_t c; (c = text_next(&rest)) >= 0;) {
		used += text_char_width(c);
		if (used > width)
			break;
		end = s.len - rest.len;
	}
	return bytes_of(s.data, end);
}
