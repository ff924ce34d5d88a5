// SPDX-License-Identifier: MIT
/*
 * Looking things up in the command table.
 */
#ifndef CLIENT_COMMAND_H
#define CLIENT_COMMAND_H

#include "client/app.h"

/* The row of noun and verb (an entity's verbs if the noun is in no row), or
 * NULL. */
const struct command *command_find(
    const struct command *rows, const char *noun, const char *verb);

/* The noun to show: its own, its entity's, or ENTITY for those of all. */
const char *command_noun(struct arena *a, const struct command *row);

/* An entity's row that names a method of one entity is that entity's alone. */
bool command_fits(const struct command *row, const char *noun);

/* What the usage calls the word at this place behind noun and verb ("NUMBER",
 * "field=value"); empty where none is wanted. */
struct bytes command_word(const struct command *row, unsigned at);

/* Whether any noun of the table has this verb. */
bool command_has_verb(const struct command *rows, const char *verb);

/* Whether any row begins with this noun. */
bool command_has_noun(const struct command *rows, const char *noun);

#endif
