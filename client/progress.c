// SPDX-License-Identifier: MIT
/*
 * Bars and lines; see progress.h.
 */
#include "client/progress.h"

#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "client/json.h"
#include "common/clock.h"
#include "common/pack.h"
#include "common/text.h"

#define BAR         40
#define BAR_LEAST   10
#define SECOND_NS   UINT64_C(1000000000)
#define EACH_NS     UINT64_C(200000000)
#define EACH_LINE   (30 * SECOND_NS)
#define GUESS_AFTER (5 * SECOND_NS)
#define WAIT_NS     (2 * SECOND_NS)
#define CLEAR       "\r\033[K"

enum way { WAY_NONE, WAY_BAR, WAY_LINES };

static bool is_set(const char *variable)
{
	const char *value = getenv(variable);

	return value && *value;
}

static bool may_redraw(void)
{
	const char *term = getenv("TERM");

	return !is_set("ACCESSIBLE") && term && strcmp(term, "dumb") != 0;
}

static enum way way_of(const struct app *app)
{
	const char *wish = app_flag(app, FLAG_PROGRESS);

	if (wish && !strcmp(wish, "plain"))
		return WAY_LINES;
	if ((wish && !strcmp(wish, "none")) || app_flag(app, FLAG_JSON) ||
	    !isatty(STDERR_FILENO))
		return WAY_NONE;
	return may_redraw() ? WAY_BAR : WAY_LINES;
}

/* --- the signal ----------------------------------------------------------*/

static sigset_t only(int number)
{
	sigset_t set;

	sigemptyset(&set);
	sigaddset(&set, number);
	return set;
}

static void hold(int how, int number)
{
	const sigset_t set = only(number);

	(void)sigprocmask(how, &set, NULL);
}

/* Whether it came since it was looked for last. */
static bool came(int number)
{
	const struct timespec now = { 0, 0 };
	const sigset_t set = only(number);

	return sigtimedwait(&set, NULL, &now) == number;
}

void progress_heed_signal(void)
{
	hold(SIG_BLOCK, SIGUSR1);
}

void progress_free_signal(void)
{
	hold(SIG_UNBLOCK, SIGUSR1);
}

void progress_heed_stop(struct progress *p)
{
	p->may_stop = true;
	hold(SIG_BLOCK, SIGINT);
}

static void look_for_stop(struct progress *p)
{
	if (!p->may_stop || !came(SIGINT))
		return;
	if (p->is_stopped) {
		hold(SIG_UNBLOCK, SIGINT);
		(void)raise(SIGINT);
	}
	p->is_stopped = true;
	fprintf(stderr, "%s! %s\n", p->is_drawn ? CLEAR : "",
	    tr(p->app, "Ending with what is under way; Ctrl-C again ends at "
		       "once."));
	fflush(stderr);
}

/* --- what is said --------------------------------------------------------*/

void progress_mark(struct progress *p, uint64_t done, uint64_t spent_ns)
{
	p->done = done;
	while (p->seconds <= spent_ns / SECOND_NS)
		p->marks[p->seconds++ % PROGRESS_WINDOW] = done;
}

uint64_t progress_rate(const struct progress *p, uint64_t spent_ns)
{
	uint64_t from =
	    p->seconds > PROGRESS_WINDOW ? p->seconds - PROGRESS_WINDOW : 0;
	uint64_t ms = spent_ns / 1000000 - from * 1000;

	if (spent_ns / 1000000 <= from * 1000)
		return 0;
	return (p->done - p->marks[from % PROGRESS_WINDOW]) * 1000 / ms;
}

/* Behind five of a hundred, or five seconds. */
static const char *left_text(const struct progress *p, uint64_t spent)
{
	uint64_t rate = progress_rate(p, spent);
	bool is_early = spent < GUESS_AFTER && p->done < p->total / 20;

	if (is_early || !rate || p->done >= p->total)
		return "";
	uint64_t left = (p->total - p->done) / rate;
	return keep_format(&p->app->arena,
	    "  %" PRIu64 "/s  %s %" PRIu64 ":%02" PRIu64, rate,
	    tr(p->app, "left"), left / 60, left % 60);
}

static const char *figures(const struct progress *p, uint64_t spent)
{
	if (!p->total)
		return keep_format(&p->app->arena, "%" PRIu64, p->done);
	return keep_format(&p->app->arena,
	    "%" PRIu64 "%%  %" PRIu64 "/%" PRIu64 "%s",
	    p->done * 100 / p->total, p->done, p->total, left_text(p, spent));
}

static void put_line(const char *what, const char *text)
{
	fprintf(stderr, "%s  %s\n", what, text);
	fflush(stderr);
}

static void put_json(const struct progress *p, uint64_t spent)
{
	struct buf map, out;

	buf_init(&map, KEEP_CAP);
	buf_init(&out, KEEP_CAP);
	pack_map(&map, 1);
	pack_cstr(&map, "progress");
	pack_map(&map, 4);
	pack_key_cstr(&map, "what", p->what);
	pack_key_int(&map, "done", (int64_t)p->done);
	pack_key_int(&map, "total", (int64_t)p->total);
	pack_key_int(&map, "seconds", (int64_t)(spent / SECOND_NS));
	json_append(&out, buf_bytes(&map));
	fprintf(stderr, "%.*s\n", (int)buf_bytes(&out).len,
	    (const char *)buf_bytes(&out).data);
	fflush(stderr);
	buf_release(&map);
	buf_release(&out);
}

static unsigned columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col
		   ? size.ws_col
		   : 80;
}

/* As wide as the terminal leaves it, or none. */
static const char *bar_text(const struct progress *p, const char *text)
{
	unsigned used =
	    text_width(bytes_text(p->what)) + text_width(bytes_text(text)) + 7;
	unsigned room = columns() > used ? columns() - used : 0;
	char bar[BAR + 1];

	if (room > BAR)
		room = BAR;
	if (!p->total || room < BAR_LEAST)
		return "";
	for (unsigned i = 0; i < room; i++)
		bar[i] = i < p->done * room / p->total ? '#' : '-';
	bar[room] = 0;
	return keep_format(&p->app->arena, "[%s]  ", bar);
}

static void draw(struct progress *p, const char *text)
{
	p->is_drawn = true;
	fprintf(stderr, CLEAR "%s  %s%s", p->what, bar_text(p, text), text);
	fflush(stderr);
}

static void put(struct progress *p, bool as_line, uint64_t spent)
{
	const char *text = figures(p, spent);

	p->shown_ns = p->began_ns + spent;
	if (as_line && app_flag(p->app, FLAG_JSON))
		put_json(p, spent);
	else if (as_line)
		put_line(p->what, text);
	else
		draw(p, text);
}

/* --- when ----------------------------------------------------------------*/

void progress_begin(
    struct progress *p, struct app *app, const char *what, uint64_t total)
{
	uint64_t now = clock_monotonic_ns();

	*p = (struct progress){ .app = app,
		.what = what,
		.total = total,
		.began_ns = now,
		.shown_ns = now };
	app->bar = p;
}

void progress_show(struct progress *p, uint64_t done)
{
	static const uint64_t each[] = { [WAY_NONE] = UINT64_MAX,
		[WAY_BAR] = EACH_NS,
		[WAY_LINES] = EACH_LINE };
	uint64_t now = clock_monotonic_ns();
	uint64_t spent = now - p->began_ns;
	enum way way = way_of(p->app);

	progress_mark(p, done, spent);
	look_for_stop(p);
	if (came(SIGUSR1))
		put(p, true, spent);
	else if (spent >= SECOND_NS && now - p->shown_ns >= each[way])
		put(p, way == WAY_LINES, spent);
}

void progress_end(struct progress *p)
{
	if (p->is_drawn)
		fputs(CLEAR, stderr);
	if (p->may_stop)
		hold(SIG_UNBLOCK, SIGINT);
	if (p->app)
		p->app->bar = NULL;
}

void progress_wait(struct app *app, uint64_t spent_ns)
{
	uint64_t s = spent_ns / SECOND_NS;
	enum way way = way_of(app);
	const char *text =
	    keep_format(&app->arena, "%" PRIu64 ":%02" PRIu64, s / 60, s % 60);
	bool is_due = way == WAY_LINES && s && s * SECOND_NS % EACH_LINE == 0;

	if (app->bar) {
		progress_show(app->bar, app->bar->done);
	} else if (came(SIGUSR1) || is_due) {
		put_line(tr(app, "working"), text);
	} else if (way == WAY_BAR && spent_ns >= WAIT_NS) {
		app->tells_wait = true;
		fprintf(stderr, CLEAR "%s  %s ", tr(app, "working"), text);
		fflush(stderr);
	}
}

void progress_waited(struct app *app)
{
	if (app->tells_wait)
		fputs(CLEAR, stderr);
	app->tells_wait = false;
}
