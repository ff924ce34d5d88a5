// SPDX-License-Identifier: MIT
/*
 * Days and instants, by counting days in eras of 400 years.
 *
 * A year is taken to begin in March, so that the leap day is its last; 400
 * such years are always 146097 days.  No time zone database and no libc time
 * function is used.
 */
#include "common/date.h"

#define FIRST_DAY  (-719162) /* 0001-01-01 */
#define LAST_DAY   2932896   /* 9999-12-31 */
#define ERA_DAYS   146097
#define EPOCH_DAYS 719468 /* from 0000-03-01 to 1970-01-01 */
#define FIRST_MS   (FIRST_DAY * DAY_MS)
#define LAST_MS    (LAST_DAY * DAY_MS + DAY_MS - 1)
#define ZONE_MOST  (14 * 3600000)

/* Reads exactly `count` digits at `at`; -1 if there are none. */
static int digits_at(struct bytes text, size_t at, size_t count)
{
	int value = 0;
	if (at + count > text.len)
		return -1;
	for (size_t i = at; i < at + count; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return -1;
		value = value * 10 + (text.data[i] - '0');
	}
	return value;
}

static bool mark_at(struct bytes text, size_t at, char mark)
{
	return at < text.len && text.data[at] == (uint8_t)mark;
}

static void put_digits(char *at, unsigned value, unsigned count)
{
	while (count--) {
		at[count] = (char)('0' + value % 10);
		value /= 10;
	}
}

static int month_days(int year, int month)
{
	static const uint8_t days[] = { 31, 28, 31, 30, 31, 30, 31, 31, 30, 31,
		30, 31 };
	bool leap = year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
	return days[month - 1] + (month == 2 && leap);
}

enum err date_join(int year, int month, int mday, int32_t *day)
{
	*day = 0;
	if (year < 1 || year > 9999 || month < 1 || month > 12 || mday < 1 ||
	    mday > month_days(year, month))
		return ERR_INVALID;
	int march_year = year - (month <= 2);
	int march_month = (month + 9) % 12;
	int era = march_year / 400;
	int of_era = march_year % 400;
	int of_year = (153 * march_month + 2) / 5 + mday - 1;
	*day = era * ERA_DAYS + of_era * 365 + of_era / 4 - of_era / 100 +
	       of_year - EPOCH_DAYS;
	return ERR_OK;
}

void date_split(int32_t day, int *year, int *month, int *mday)
{
	if (day < FIRST_DAY)
		day = FIRST_DAY;
	if (day > LAST_DAY)
		day = LAST_DAY;
	int era = (day + EPOCH_DAYS) / ERA_DAYS;
	int of_era = (day + EPOCH_DAYS) % ERA_DAYS;
	int march_year =
	    (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int of_year =
	    of_era - (365 * march_year + march_year / 4 - march_year / 100);
	int march_month = (5 * of_year + 2) / 153;
	*mday = of_year - (153 * march_month + 2) / 5 + 1;
	*month = march_month < 10 ? march_month + 3 : march_month - 9;
	*year = era * 400 + march_year + (*month <= 2);
}

enum err date_parse(struct bytes text, int32_t *day)
{
	*day = 0;
	if (text.len != DATE_TEXT - 1 || !mark_at(text, 4, '-') ||
	    !mark_at(text, 7, '-'))
		return ERR_INVALID;
	return date_join(digits_at(text, 0, 4), digits_at(text, 5, 2),
	    digits_at(text, 8, 2), day);
}

void date_format(int32_t day, char out[static DATE_TEXT])
{
	int year, month, mday;
	date_split(day, &year, &month, &mday);
	put_digits(out, (unsigned)year, 4);
	out[4] = '-';
	put_digits(out + 5, (unsigned)month, 2);
	out[7] = '-';
	put_digits(out + 8, (unsigned)mday, 2);
	out[10] = '\0';
}

/* Passes ".123456789"; false if a point has no digit or more than nine. */
static bool parse_fraction(struct bytes text, size_t *at, int *ms)
{
	int weight = 100;
	size_t first = *at + 1;
	*ms = 0;
	if (!mark_at(text, *at, '.'))
		return true;
	for (*at = first; digits_at(text, *at, 1) >= 0; ++*at) {
		*ms += digits_at(text, *at, 1) * weight;
		weight /= 10;
	}
	return *at > first && *at - first <= 9;
}

/* "Z" or "+08:00", and nothing after it. */
static bool parse_offset(struct bytes text, size_t at, int64_t *ms)
{
	*ms = 0;
	if (mark_at(text, at, 'Z'))
		return at + 1 == text.len;
	bool west = mark_at(text, at, '-');
	int hours = digits_at(text, at + 1, 2);
	int minutes = digits_at(text, at + 4, 2);
	if ((!west && !mark_at(text, at, '+')) || !mark_at(text, at + 3, ':') ||
	    at + 6 != text.len || hours < 0 || hours > 23 || minutes < 0 ||
	    minutes > 59)
		return false;
	*ms = (hours * 60 + minutes) * (west ? -60000LL : 60000LL);
	return true;
}

enum err instant_parse(struct bytes text, int64_t *ms)
{
	int32_t day;
	int milli;
	int64_t offset;
	size_t at = 19; /* after the seconds */
	*ms = 0;
	if (text.len <= at || !mark_at(text, 10, 'T') ||
	    !mark_at(text, 13, ':') || !mark_at(text, 16, ':') ||
	    date_parse(bytes_of(text.data, 10), &day) != ERR_OK)
		return ERR_INVALID;
	int hour = digits_at(text, 11, 2);
	int minute = digits_at(text, 14, 2);
	int second = digits_at(text, 17, 2);
	if (hour < 0 || hour > 23 || minute < 0 || minute > 59 || second < 0 ||
	    second > 59 || !parse_fraction(text, &at, &milli) ||
	    !parse_offset(text, at, &offset))
		return ERR_INVALID;
	int64_t instant = day * DAY_MS +
			  ((hour * 60 + minute) * 60 + second) * 1000LL +
			  milli - offset;
	if (instant < FIRST_MS || instant > LAST_MS)
		return ERR_INVALID;
	*ms = instant;
	return ERR_OK;
}

void instant_format(int64_t ms, char out[static INSTANT_TEXT])
{
	if (ms < FIRST_MS)
		ms = FIRST_MS;
	if (ms > LAST_MS)
		ms = LAST_MS;
	int32_t day = day_at(ms, 0);
	unsigned left = (unsigned)(ms - day_begins(day, 0));
	date_format(day, out);
	out[10] = 'T';
	put_digits(out + 11, left / 3600000, 2);
	out[13] = ':';
	put_digits(out + 14, left / 60000 % 60, 2);
	out[16] = ':';
	put_digits(out + 17, left / 1000 % 60, 2);
	out[19] = '.';
	put_digits(out + 20, left % 1000, 3);
	out[23] = 'Z';
	out[24] = '\0';
}

/* --- zones ---------------------------------------------------------------*/

enum err zone_parse(struct bytes text, int32_t *zone_ms)
{
	int64_t ms;

	*zone_ms = 0;
	if (!parse_offset(text, 0, &ms) || ms < 0 || ms > ZONE_MOST)
		return ERR_INVALID;
	*zone_ms = (int32_t)ms;
	return ERR_OK;
}

int32_t day_at(int64_t ms, int32_t zone_ms)
{
	int64_t there = ms + zone_ms;

	return (int32_t)(there / DAY_MS - (there % DAY_MS < 0));
}

int64_t day_begins(int32_t day, int32_t zone_ms)
{
	return day * DAY_MS - zone_ms;
}
