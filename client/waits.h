// SPDX-License-Identifier: MIT
/*
 * Answers that say: this waits for a second person.
 */
#ifndef CLIENT_WAITS_H
#define CLIENT_WAITS_H

#include "client/call.h"

/* Whether the answer is such a one; people are then told what comes next. */
bool waits_for_second(struct app *app, struct bytes result);

/* Calls and shows the answer.  *is_told: it waits for nobody and is shown to
 * people, who may be told that it is done. */
enum err waits_call(struct app *app, struct request *r, struct bytes *result,
    bool *is_told) MUST_USE;

#endif
