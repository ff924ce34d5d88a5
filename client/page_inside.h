// SPDX-License-Identifier: MIT
/*
 * What page.c and chart.c share: escaped text, and the chart.
 */
#ifndef CLIENT_PAGE_INSIDE_H
#define CLIENT_PAGE_INSIDE_H

#include "client/report.h"

/* Escaped for content and attributes. */
void page_text(struct buf *out, struct bytes text);
void page_format(struct buf *out, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

/* Bars of the first amount (else count) of the first rows, and where there is
 * a cumulated share, its line.  Nothing if there is nothing to draw. */
void chart_write(const struct report *r, struct buf *out);

#endif
