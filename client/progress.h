// SPDX-License-Identifier: MIT
/*
 * A progress bar on standard error: on a terminal only, ASCII only, redrawn
 * at most five times a second, from the second second on.  It counts what is
 * known (records, entries) and says the time left only once it can be guessed.
 * Of one long call nothing is known but how long it has taken: that is told
 * from the third second on, unless a bar is there.
 */
#ifndef CLIENT_PROGRESS_H
#define CLIENT_PROGRESS_H

#include "client/app.h"

struct progress {
	struct app *app;
	const char *what;
	uint64_t total;
	uint64_t began_ns, shown_ns;
	bool is_on, is_drawn;
};

void progress_begin(
    struct progress *p, struct app *app, const char *what, uint64_t total);
void progress_show(struct progress *p, uint64_t done);
/* Clears the line. */
void progress_end(struct progress *p);

/* An answer is waited for since so long. */
void progress_wait(struct app *app, uint64_t spent_ns);
/* It is there: clears the line. */
void progress_waited(struct app *app);

#endif
