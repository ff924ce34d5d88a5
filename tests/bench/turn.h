// SPDX-License-Identifier: MIT
/*
 * Turns: a measured program works when it is told to, and rests otherwise.
 *
 * Each line of standard input holds the seconds of a turn, each turn ends in
 * one line of key=value.  So a figure and its limit can alternate in short
 * turns with everything open and warm, and whatever else the machine does
 * disturbs both alike.
 */
#ifndef TESTS_BENCH_TURN_H
#define TESTS_BENCH_TURN_H

#include <stdbool.h>

/* Whatever fails ends the program: it would have nothing to report. */
void need(bool holds, const char *what);

/* False when there is no further turn. */
bool turn_next(double *seconds);

#endif
