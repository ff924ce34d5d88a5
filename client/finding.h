// SPDX-License-Identifier: MIT
/*
 * What is wrong with one value, in the reader's language.
 *
 * The server sends field, rule and an English sentence.  A rule that says no
 * more than that the value is none of a few is answered with those; any other
 * sentence is looked up, whole, by its form, by its rule.
 */
#ifndef CLIENT_FINDING_H
#define CLIENT_FINDING_H

#include "client/app.h"

/* The sentence for one entry of `errors` or `warnings`. */
const char *finding_say(struct app *app, struct bytes finding);
/* A line of a refusal, and what helps. */
void finding_put(struct app *app, struct bytes finding);

/* A field by label and key, a parameter as it was typed. */
const char *finding_field(struct app *app, struct bytes key);
/* The same words for what is not there and for what one may not know of. */
const char *finding_unknown(struct app *app, struct bytes name);
/* The word that a parameter was typed as, by name or place, or that is refused
 * itself; NULL if it was not typed. */
const char *finding_typed(const struct app *app, struct bytes param);

#endif
