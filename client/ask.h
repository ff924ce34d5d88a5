// SPDX-License-Identifier: MIT
/*
 * Questions to a person at a terminal, by libedit; seen in ask.c alone.
 *
 * Prompts go to standard error.  Without a terminal nothing is ever asked:
 * ask_may() is false and the command says which flag would have answered.
 * Nothing typed is kept in a history file; secrets are not shown.
 */
#ifndef CLIENT_ASK_H
#define CLIENT_ASK_H

#include "client/app.h"

/* False after telling that `flag` is needed because nobody can be asked. */
bool ask_may(struct app *app, const char *flag);

/* One line, trimmed, in the run's arena; NULL at the end of input and on
 * Ctrl-C (app->is_stopped).  `initial` (may be NULL) stands ready to be edited.
 */
const char *ask_line(struct app *app, const char *prompt, const char *initial);
/* A letter, a number or a key: full width, as an input method leaves it, is
 * taken for half. */
const char *ask_choice(struct app *app, const char *prompt);
const char *ask_narrow(struct app *app, const char *answer);

/* Not shown; NULL on Ctrl-C, Ctrl-D or end of input.  The caller wipes it. */
char *ask_secret(struct app *app, const char *prompt);

/* A question with y or n; Enter takes `otherwise`.  --yes answers yes.  With
 * neither a terminal nor --yes: ERR_USAGE, told.  ERR_INTERRUPTED never; a no
 * is told ("nothing was changed") and gives ERR_INVALID, whose exit is 1. */
enum err ask_confirm(
    struct app *app, const char *question, bool otherwise) MUST_USE;

/* Why, for what cannot be done without: --reason, else asked.  With neither
 * it nor a terminal: ERR_USAGE, told.  No answer is told as a no is. */
enum err ask_why(struct app *app, const char **reason) MUST_USE;

#endif
