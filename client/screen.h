// SPDX-License-Identifier: MIT
/*
 * Where everything for people's eyes goes out, and the one place that makes
 * stored text harmless.
 *
 * Data goes to standard output, everything else to standard error.  Values
 * may come from anybody: screen_clean() turns control characters, bidi
 * controls and unassigned code points into visible escapes before a terminal
 * sees them.  Colours are roles, never the only difference, and off unless
 * the stream is a terminal that wants them.
 */
#ifndef CLIENT_SCREEN_H
#define CLIENT_SCREEN_H

#include <stdio.h>

#include "client/keep.h"

enum role {
	ROLE_VALUE,   /* data */
	ROLE_TITLE,   /* headings */
	ROLE_LABEL,   /* field names, hints, codes, "next" lines */
	ROLE_GOOD,    /* done */
	ROLE_NOTICE,  /* needs a look; comes with "!" */
	ROLE_BAD,     /* refused; comes with "x" */
	ROLE_CHANGED, /* differences */
	ROLE_ASK,     /* a question */
	ROLE_COUNT
};

struct screen {
	bool out_colour, err_colour;
	bool out_terminal;   /* standard output is one */
	bool can_ask;        /* standard input and error are */
	unsigned width;      /* columns of standard output; 0: no limit */
	struct arena *arena; /* for what is being formatted */
};

struct screen_wish {
	const char *colour; /* "always", "never", "auto" or NULL */
	const char *width;  /* a number or NULL */
};

void screen_init(
    struct screen *s, struct arena *a, const struct screen_wish *wish);

/* Text without anything that could drive a terminal.  A line feed becomes
 * "\n" in two characters unless `lines`. */
struct bytes screen_clean(struct arena *a, struct bytes text, bool lines);

/* One line (or several) to standard error; what the arguments hold is made
 * harmless.  The line feed at the end is added. */
void screen_say(const struct screen *s, enum role role, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Pieces to standard output: a file gets them as they are. */
void screen_put(const struct screen *s, enum role role, struct bytes text);
/* What the program drew itself, with what drives a terminal in it. */
void screen_draw(struct bytes drawing);
void screen_line(const struct screen *s, enum role role, const char *format,
    ...) __attribute__((format(printf, 3, 4)));

/* Flushes standard output; ERR_UNAVAILABLE when it could not all be written
 * (a reader that went away early is no failure). */
enum err screen_finish(const struct screen *s) MUST_USE;

#endif
