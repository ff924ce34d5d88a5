// SPDX-License-Identifier: MIT
/*
 * From a command line to its command: flags, language, profile, noun, verb,
 * entity.  app_run() (app.h) is the way in, for main and for the shell.
 */
#ifndef CLIENT_RUN_H
#define CLIENT_RUN_H

#include "client/app.h"

/* The row of noun and verb (an entity's verbs if the noun is in no row), or
 * NULL. */
const struct command *command_find(
    const struct command *rows, const char *noun, const char *verb);

/* Whether any row begins with this noun. */
bool command_has_noun(const struct command *rows, const char *noun);

#endif
