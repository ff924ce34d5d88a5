// SPDX-License-Identifier: MIT
/*
 * Likeness of texts.  See likeness.h.
 *
 * Names are compared by their pairs of neighbouring characters (Dice's
 * coefficient over multisets), which an insertion or a swapped word changes
 * in a few places only.
 */
#include "server/book/likeness.h"

#include <stdlib.h>

#include "common/text.h"

#define NAME_MOST    120 /* characters looked at */
#define SAME_LETTERS 95
#define PAIRS_MOVED  50 /* at least so many pairs of a name in other order */
#define PAIRS_LIKE   70 /* fewer: another name */
#define PLACE        2  /* characters that a place's name has at least */
#define ADDRESS_END  6  /* characters that an address's end must have */

struct name {
	int32_t of[NAME_MOST];
	size_t count;
};

/* 广州市 is 广州, and 浙江省 is 浙江, where a name follows. */
static bool is_of_place(int32_t letter, size_t at, struct bytes rest)
{
	return (letter == 0x5e02 || letter == 0x7701) && at >= PLACE &&
	       text_count(rest) > PLACE;
}

/* Without the bare 公司, which comparison keys keep. */
static void split(struct bytes text, struct name *out)
{
	size_t n = 0;

	while (text.len && n < NAME_MOST) {
		out->of[n] = text_next(&text);
		n += !is_of_place(out->of[n], n, text);
	}
	if (n > 4 && out->of[n - 2] == 0x516c && out->of[n - 1] == 0x53f8)
		n -= 2;
	out->count = n;
}

static bool is_same(const struct name *a, const struct name *b)
{
	return a->count == b->count &&
	       !memcmp(a->of, b->of, a->count * sizeof *a->of);
}

static int compare_letters(const void *a, const void *b)
{
	int32_t x = *(const int32_t *)a, y = *(const int32_t *)b;

	return (x > y) - (x < y);
}

static int compare_pairs(const void *a, const void *b)
{
	uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;

	return (x > y) - (x < y);
}

static bool have_same_letters(struct name a, struct name b)
{
	qsort(a.of, a.count, sizeof *a.of, compare_letters);
	qsort(b.of, b.count, sizeof *b.of, compare_letters);
	return is_same(&a, &b);
}

static size_t sort_pairs(const struct name *n, uint64_t out[static NAME_MOST])
{
	size_t count = n->count ? n->count - 1 : 0;

	for (size_t i = 0; i < count; i++)
		out[i] = (uint64_t)n->of[i] << 32 | (uint32_t)n->of[i + 1];
	if (count > 1)
		qsort(out, count, sizeof *out, compare_pairs);
	return count;
}

/* In percent: how many of the pairs of both have their like in the other. */
static unsigned common_pairs(const struct name *a, const struct name *b)
{
	uint64_t of_a[NAME_MOST], of_b[NAME_MOST];
	size_t count_a = sort_pairs(a, of_a), count_b = sort_pairs(b, of_b);
	size_t i = 0, j = 0, common = 0;

	while (i < count_a && j < count_b) {
		int order = compare_pairs(&of_a[i], &of_b[j]);

		common += order == 0;
		i += order <= 0;
		j += order >= 0;
	}
	return count_a + count_b
		   ? (unsigned)(200 * common / (count_a + count_b))
		   : 0;
}

/* 王伟 is many people's name; from four characters on a name is a name. */
static unsigned said_by_length(size_t count)
{
	return count < 4 ? 40 + 15 * (unsigned)count : 100;
}

unsigned likeness_of_names(struct bytes a, struct bytes b)
{
	struct name x, y;
	unsigned common, like;

	if (!a.len || !b.len)
		return 0;
	split(a, &x);
	split(b, &y);
	if (is_same(&x, &y))
		return said_by_length(x.count);
	common = common_pairs(&x, &y);
	if (common >= PAIRS_MOVED && have_same_letters(x, y))
		like = SAME_LETTERS;
	else if (common > PAIRS_LIKE)
		like = (common - PAIRS_LIKE) * 100 / (100 - PAIRS_LIKE);
	else
		like = 0;
	return like * said_by_length(x.count < y.count ? x.count : y.count) /
	       100;
}

static bool ends_with(struct bytes text, struct bytes end)
{
	return text.len >= end.len && text_count(end) >= ADDRESS_END &&
	       !memcmp(text.data + text.len - end.len, end.data, end.len);
}

unsigned likeness_of_addresses(struct bytes a, struct bytes b)
{
	if (!a.len || !b.len)
		return 0;
	return bytes_equal(a, b) || ends_with(a, b) || ends_with(b, a) ? 100
								       : 0;
}
