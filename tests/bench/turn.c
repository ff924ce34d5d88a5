// SPDX-License-Identifier: MIT
/*
 * Turns from standard input.
 */
#include "tests/bench/turn.h"

#include <stdio.h>
#include <stdlib.h>

void need(bool holds, const char *what)
{
	if (holds)
		return;
	fprintf(stderr, "bench: %s\n", what);
	exit(1);
}

bool turn_next(double *seconds)
{
	char line[64];

	fflush(stdout);
	if (!fgets(line, sizeof line, stdin))
		return false;
	*seconds = atof(line);
	need(*seconds > 0, "a turn is a line with its seconds");
	return true;
}
