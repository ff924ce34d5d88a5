// SPDX-License-Identifier: MIT
/*
 * Answers that say: this waits for a second person.
 */
#ifndef CLIENT_WAITS_H
#define CLIENT_WAITS_H

#include "client/app.h"

/* Whether the answer is such a one; people are then told what comes next. */
bool waits_for_second(struct app *app, struct bytes result);

#endif
