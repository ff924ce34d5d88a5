// SPDX-License-Identifier: MIT
/*
 * Help: from the command table and the flag table, offline and before login.
 */
#ifndef CLIENT_HELP_H
#define CLIENT_HELP_H

#include "client/app.h"

/* Bare `kehu`: who, where, five things, where help is. */
void help_greet(struct app *app);
/* `kehu help [TOPIC | NOUN [VERB]]`. */
enum err help_topic(
    struct app *app, const char *topic, const char *verb) MUST_USE;
/* The name of topic `i`, NULL past the last. */
const char *help_topic_name(size_t i);
/* `kehu NOUN VERB --help`. */
void help_command(struct app *app, const struct command *c, const char *noun);
/* `kehu NOUN --help`: its verbs; an entity's when it is no other noun. */
void help_noun(struct app *app, const char *noun);

#endif
