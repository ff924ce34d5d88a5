// SPDX-License-Identifier: MIT
/*
 * What is asked of a report: its parameters as they were typed, and the
 * asking.
 *
 * They go along unread; the server judges them.  Of what it refuses the words
 * that would have been right are told, from report.list.
 */
#ifndef CLIENT_REPORT_ASK_H
#define CLIENT_REPORT_ASK_H

#include "client/report.h"

#define REPORT_PARAMS 16

struct report_param {
	const char *key, *value;
};

struct report_ask {
	struct report_param list[REPORT_PARAMS];
	unsigned count;
};

/* From the words behind the report's name, and the flags. */
enum err report_ask_read(struct app *app, struct report_ask *ask) MUST_USE;
/* NULL if it is not given. */
const char *report_ask_value(const struct report_ask *ask, const char *key);
/* In the place of what was given for the key, if anything was; past
 * REPORT_PARAMS it is ignored. */
void report_ask_put(struct report_ask *ask, const char *key, const char *value);
/* As a line, "Grouped by: Month; First day: 2026-01"; the schema is there. */
const char *report_ask_words(struct app *app, const struct report_ask *ask);

/* Runs it; failures have been told.  With an `id` it is found in the log. */
enum err report_ask_run(struct app *app, const char *name,
    const struct report_ask *ask, const char *id,
    struct bytes *result) MUST_USE;
/* Which there are. */
enum err report_list(struct app *app, struct bytes *result) MUST_USE;

#endif
