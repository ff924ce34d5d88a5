// SPDX-License-Identifier: MIT
/*
 * The chart on a report's page: bars, one a row of the table, in its order.
 */
#ifndef CLIENT_CHART_H
#define CLIENT_CHART_H

#include "client/report.h"

/* Bars of the first amount (else count) of the first rows, and where there is
 * a cumulated share, its line.  Nothing if there is nothing to draw. */
void chart_write(const struct report *r, struct buf *out);

#endif
