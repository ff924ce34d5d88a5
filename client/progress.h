// SPDX-License-Identifier: MIT
/*
 * How far long work has come, told on standard error.
 *
 * On a terminal a bar, ASCII only, redrawn at most five times a second, from
 * the second second on; with --progress=plain, and where nothing can be redrawn
 * (TERM=dumb, ACCESSIBLE), a line each half minute; else nothing.  SIGUSR1 asks
 * for one line at any time.  Counted is what is known (records, entries); the
 * rate is that of the last half minute, and the time left is said only once it
 * can be guessed.  Of one long call nothing is known but how long it has taken:
 * that is told from the third second on, unless a bar is there.
 */
#ifndef CLIENT_PROGRESS_H
#define CLIENT_PROGRESS_H

#include "client/app.h"

#define PROGRESS_WINDOW 30 /* seconds that the rate is taken from */

struct progress {
	struct app *app;
	const char *what;
	uint64_t total, done;
	uint64_t began_ns, shown_ns;
	uint64_t seconds;                /* that have a mark */
	uint64_t marks[PROGRESS_WINDOW]; /* what was done by then, in a ring */
	bool is_drawn;
	bool may_stop, is_stopped; /* see progress_heed_stop() */
};

/* SIGUSR1 waits until it is looked for; a child must not inherit that. */
void progress_heed_signal(void);
void progress_free_signal(void);

void progress_begin(
    struct progress *p, struct app *app, const char *what, uint64_t total);
void progress_show(struct progress *p, uint64_t done);
/* From now on Ctrl-C sets p->is_stopped, for whoever can end well; a second
 * one ends the program at once. */
void progress_heed_stop(struct progress *p);
/* Clears the line. */
void progress_end(struct progress *p);

/* An answer is waited for since so long. */
void progress_wait(struct app *app, uint64_t spent_ns);
/* It is there: clears the line. */
void progress_waited(struct app *app);

/* One mark a second, however seldom it is called. */
void progress_mark(struct progress *p, uint64_t done, uint64_t spent_ns);
/* What is done each second by the marks, at `spent_ns`; 0: not known. */
uint64_t progress_rate(const struct progress *p, uint64_t spent_ns);

#endif
