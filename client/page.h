// SPDX-License-Identifier: MIT
/*
 * A report as one page of HTML: to be read, printed, passed on.
 *
 * The page is whole in itself: no script, no outside reference, and a policy
 * that forbids both.  Every text is escaped in one place.  The chart holds no
 * figure that the table lacks; it is hatched, so that it survives grey paper.
 * It says whose figures these are and where they come
 * from: company, asker, moment, filters, versions, and the request's id in the
 * log.  Equal data make equal pages, but for moment and id.
 */
#ifndef CLIENT_PAGE_H
#define CLIENT_PAGE_H

#include "client/report.h"

#define PAGE_ROWS 2000 /* at most */

struct page {
	const struct report *report;
	struct bytes before; /* the total of the period before; none */
	struct bytes who;    /* answer of session.whoami */
	const char *at;      /* when, in local time, with its zone */
	const char *server;
	const char *request; /* its id in the log */
	uint64_t log_size;   /* of the log at that time */
};

/* Appends the page. */
void page_write(const struct page *p, struct buf *out);

#endif
