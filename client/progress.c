// SPDX-License-Identifier: MIT
/*
 * The bar; see progress.h.
 */
#include "client/progress.h"

#include <inttypes.h>
#include <unistd.h>

#include "common/clock.h"

#define BAR         40
#define FIRST_NS    1000000000u
#define EACH_NS     200000000u
#define GUESS_AFTER 5000000000u
#define WAIT_NS     2000000000u
#define CLEAR       "\r\033[K"

static bool is_watched(const struct app *app)
{
	return isatty(STDERR_FILENO) && !app->args.values[FLAG_JSON];
}

void progress_begin(
    struct progress *p, struct app *app, const char *what, uint64_t total)
{
	*p = (struct progress){ .app = app,
		.what = what,
		.total = total,
		.began_ns = clock_monotonic_ns(),
		.is_on = is_watched(app) && total > 0 };
	app->bar = p;
}

void progress_show(struct progress *p, uint64_t done)
{
	uint64_t now = clock_monotonic_ns();
	uint64_t spent = now - p->began_ns;
	char bar[BAR + 1];

	if (!p->is_on || spent < FIRST_NS || now - p->shown_ns < EACH_NS)
		return;
	p->shown_ns = now;
	p->is_drawn = true;
	uint64_t full = done * BAR / p->total;
	for (unsigned i = 0; i < BAR; i++)
		bar[i] = i < full ? '#' : '-';
	bar[BAR] = 0;
	fprintf(stderr, "\r%s  [%s]  %" PRIu64 "/%" PRIu64, p->what, bar, done,
	    p->total);
	if (spent > GUESS_AFTER && done) {
		uint64_t left =
		    (p->total - done) * (spent / 1000000) / done / 1000;
		fprintf(stderr, "  %" PRIu64 ":%02" PRIu64 " ", left / 60,
		    left % 60);
	}
	fflush(stderr);
}

void progress_end(struct progress *p)
{
	if (p->is_drawn)
		fputs(CLEAR, stderr);
	if (p->app)
		p->app->bar = NULL;
}

void progress_wait(struct app *app, uint64_t spent_ns)
{
	uint64_t s = spent_ns / 1000000000;

	if (app->bar || spent_ns < WAIT_NS || !is_watched(app))
		return;
	app->tells_wait = true;
	fprintf(stderr, "\r%s  %" PRIu64 ":%02" PRIu64 " ", tr(app, "working"),
	    s / 60, s % 60);
	fflush(stderr);
}

void progress_waited(struct app *app)
{
	if (app->tells_wait)
		fputs(CLEAR, stderr);
	app->tells_wait = false;
}
