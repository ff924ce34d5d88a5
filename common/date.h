// SPDX-License-Identifier: MIT
/*
 * Days ("2026-11-22") and instants (RFC 3339 UTC with milliseconds).
 *
 * Proleptic Gregorian calendar, years 1..9999.  A day is a count since
 * 1970-01-01; an instant is milliseconds since the Unix epoch, UTC.  What is
 * taken apart or formatted is first brought into those years.
 *
 * On which day an instant falls depends on the zone: how many milliseconds
 * the clocks there are ahead of UTC, the whole year round.
 */
#ifndef COMMON_DATE_H
#define COMMON_DATE_H

#include "common/bytes.h"
#include "common/err.h"

#define DATE_TEXT    11 /* with NUL */
#define INSTANT_TEXT 25 /* with NUL */
#define DAY_MS       INT64_C(86400000)

/* Exactly YYYY-MM-DD and a real day, else ERR_INVALID. */
enum err date_parse(struct bytes text, int32_t *day) MUST_USE;
void date_format(int32_t day, char out[static DATE_TEXT]);
void date_split(int32_t day, int *year, int *month, int *mday);
/* ERR_INVALID if no such day. */
enum err date_join(int year, int month, int mday, int32_t *day) MUST_USE;

/* "2026-11-22T08:00:00.000Z"; the seconds' fraction is optional on input and
 * cut to milliseconds, an offset (+08:00) is converted.  Else ERR_INVALID. */
enum err instant_parse(struct bytes text, int64_t *ms) MUST_USE;
void instant_format(int64_t ms, char out[static INSTANT_TEXT]);

/* "+08:00", or "Z"; up to 14 hours, and not behind UTC.  Else ERR_INVALID. */
enum err zone_parse(struct bytes text, int32_t *zone_ms) MUST_USE;
int32_t day_at(int64_t ms, int32_t zone_ms);
int64_t day_begins(int32_t day, int32_t zone_ms);

#endif
