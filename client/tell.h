// SPDX-License-Identifier: MIT
/*
 * Telling a person what went wrong: what, why, next, code, in this order.
 *
 * The server sends code, field and rule; the words are found here, in the
 * reader's language.  Everything wrong with a record is told together.  With
 * --json the wire's error map goes to standard error as it came.
 */
#ifndef CLIENT_TELL_H
#define CLIENT_TELL_H

#include "client/app.h"
#include "client/link.h"

/* The kind that the server's error map names. */
enum err tell_kind(struct bytes refusal) MUST_USE;

/* One number is wanted, and none was given or more than one. */
enum err tell_which(struct app *app);

/* A refusal of the server; gives its kind. */
enum err tell_refusal(struct app *app, struct bytes refusal);
/* The same, where `word` should have been one of `names`, the last NULL. */
enum err tell_refusal_among(struct app *app, struct bytes refusal,
    const char *const *names, const char *word);

/* The link failed; gives `e`. */
enum err tell_failure(
    struct app *app, enum err e, const struct link_failure *f);

/* A failure of our own: one sentence, translated by the caller; gives `e`. */
enum err tell(struct app *app, enum err e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* A line "Next  ..." of advice. */
void tell_next(struct app *app, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

#endif
