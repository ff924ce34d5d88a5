// SPDX-License-Identifier: MIT
/*
 * A pager for what is taller than the screen, and for nothing else.
 *
 * Between pager_begin() and pager_end() everything printed is held in memory
 * (never on disk: it may be personal data), in the order in which it was
 * printed.  At the end it goes to the terminal as it is, or, if the command
 * succeeded and it is too tall, to $KEHU_PAGER, $PAGER or less.  Off unless
 * standard output is a terminal; meanwhile nobody is asked anything.
 */
#ifndef CLIENT_PAGER_H
#define CLIENT_PAGER_H

#include "client/app.h"

struct pager {
	struct app *app;
	int held; /* what was printed; -1: off */
	int out, err;
	bool could_ask;
};

void pager_begin(struct pager *p, struct app *app);
/* Gives `e`; only a success is paged. */
enum err pager_end(struct pager *p, enum err e) MUST_USE;

/* Lines of a terminal of `width` columns that `text` takes; colours take
 * none. */
size_t pager_lines(struct bytes text, unsigned width);

#endif
