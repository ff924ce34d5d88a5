// SPDX-License-Identifier: MIT
/*
 * See day.h.
 */
#include "server/schema/day.h"

#include "common/date.h"

/* Digits up to `most` of them; -1 without one. */
static int take_number(struct bytes *s, size_t most)
{
	int v = 0;
	size_t i = 0;

	while (i < most && i < s->len && s->data[i] >= '0' && s->data[i] <= '9')
		v = v * 10 + (s->data[i++] - '0');
	*s = bytes_of(s->data + i, s->len - i);
	return i ? v : -1;
}

static bool take(struct bytes *s, const char *mark)
{
	struct bytes m = bytes_text(mark);

	if (!bytes_starts(*s, m))
		return false;
	*s = bytes_of(s->data + m.len, s->len - m.len);
	return true;
}

/* "", " 0:00", " 00:00:00.000", "T00:00:00" */
static bool is_midnight(struct bytes s)
{
	if (!s.len)
		return true;
	if ((!take(&s, " ") && !take(&s, "T")) || take_number(&s, 2) != 0 ||
	    !take(&s, ":") || take_number(&s, 2) != 0)
		return false;
	if (take(&s, ":") && take_number(&s, 2) != 0)
		return false;
	if (take(&s, ".") && take_number(&s, 6) != 0)
		return false;
	return s.len == 0;
}

static bool take_digits(struct bytes s, int32_t *day)
{
	int all = take_number(&s, 8);

	return all >= 10000101 && is_midnight(s) &&
	       date_join(all / 10000, all / 100 % 100, all % 100, day) ==
		   ERR_OK;
}

static bool take_parts(
    struct bytes s, const char *const marks[static 3], int32_t *day)
{
	int year = take_number(&s, 4), month, mday;

	if (year < 1000 || !take(&s, marks[0]))
		return false;
	month = take_number(&s, 2);
	if (month < 1 || !take(&s, marks[1]))
		return false;
	mday = take_number(&s, 2);
	return mday > 0 && take(&s, marks[2]) && is_midnight(s) &&
	       date_join(year, month, mday, day) == ERR_OK;
}

bool day_typed(struct bytes text, int32_t *day)
{
	static const char *const marks[][3] = { { "-", "-", "" },
		{ "/", "/", "" }, { ".", ".", "" }, { "年", "月", "日" } };

	for (unsigned i = 0; i < sizeof marks / sizeof *marks; i++)
		if (take_parts(text, marks[i], day))
			return true;
	return take_digits(text, day);
}
