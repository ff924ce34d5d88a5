// SPDX-License-Identifier: MIT
/*
 * The parameters of a report, read and judged.
 *
 * What is not given leaves the caller's default; what does not fit is
 * ERR_INVALID and a finding that names the parameter.
 */
#ifndef SERVER_BOOK_PARAMS_H
#define SERVER_BOOK_PARAMS_H

#include "server/book/report.h"

#define DAY_FIRST (-719162) /* 0001-01-01 */
#define DAY_LAST  2932896   /* 9999-12-31 */

struct span { /* days, both included */
	int32_t from, to;
};

enum err params_refuse(struct report_run *r, const char *param,
    const char *rule, const char *why) MUST_USE;

/* BYTES_NONE if it is not given. */
enum err params_text(
    struct report_run *r, const char *key, struct bytes *out) MUST_USE;
enum err params_int(struct report_run *r, const char *key, int64_t least,
    int64_t most, int64_t *out) MUST_USE;
/* One of some words, the last NULL: its place. */
enum err params_word(struct report_run *r, const char *key,
    const char *const *words, unsigned *out) MUST_USE;
/* That `key` takes these words, for whoever asks. */
void params_offer(
    struct report_run *r, const char *key, const char *const *words);

/* "2026-03-15", or "2026-03" for its first or last day. */
enum err params_day(
    struct report_run *r, const char *key, bool is_last, int32_t *day) MUST_USE;
/* `from` and `to`; all days if neither is given. */
enum err params_span(struct report_run *r, struct span *out) MUST_USE;
/* `limit` into the run. */
enum err params_limit(struct report_run *r) MUST_USE;

/* Is it made of whole months? */
bool span_is_months(const struct span *s);
int32_t span_month_end(int32_t day);

#endif
