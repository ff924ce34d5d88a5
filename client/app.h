// SPDX-License-Identifier: MIT
/*
 * One run of the client: what every command is handed.
 *
 * main.c fills it, commands read it; the connection and the schema are made
 * when they are first needed (call.h, schema.h).  A command returns the kind
 * of its failure after whoever knew the cause has told the person; main turns
 * the kind into the exit status and prints nothing more.
 */
#ifndef CLIENT_APP_H
#define CLIENT_APP_H

#include "client/args.h"
#include "client/profile.h"
#include "client/screen.h"
#include "client/words.h"

struct app;
struct link;
struct schema;
struct entity;
struct request;
struct progress;

struct command {
	const char *noun; /* "" for one of the schema's entities */
	const char *verb; /* "" if the noun stands alone */
	const char *usage;
	const char *about;
	const char *example; /* after "kehu " */
	uint64_t flags;
	enum err (*run)(struct app *app);
	const char *method; /* for cmd_plain.c: what is called */
	const char *params; /* and with which parameters */
	bool pages;         /* only shows; may be taller than the screen */
};

struct app {
	struct arena arena; /* the run's */
	struct args args;
	struct words words;
	struct screen screen;
	struct profile profile;
	struct link *link;         /* NULL until needed */
	struct schema *schema;     /* NULL until needed */
	bool logging_in;           /* a login is under way */
	struct request *under_way; /* sent, not yet answered: call_start() */
	/* Opens the link and logs in: login_connect(), told by main so that
	 * requests need not know how a login is made. */
	enum err (*connect)(struct app *app);
	const struct command *commands; /* all rows, the last with no noun */
	const struct command *command;  /* the one that runs */
	const char *noun;               /* as resolved: an entity's key */
	const struct entity *entity;    /* of entity commands */
	struct progress *bar;           /* drawn at the moment; NULL */
	bool tells_wait;                /* a line says how long it takes */
	const char **rest;              /* words after noun and verb */
	unsigned rest_count;
	struct bytes help; /* whom to ask, from login */
	bool in_shell;
	bool is_stopped; /* by Ctrl-C where something was asked */
};

/* The sentence in the reader's language. */
static inline const char *tr(const struct app *app, const char *english)
    __attribute__((format_arg(2)));
static inline const char *tr(const struct app *app, const char *english)
{
	return words_say(&app->words, english);
}

static inline const char *app_flag(const struct app *app, enum flag f)
{
	return app->args.values[f];
}

/* Takes a command line (without the program's name) through to its end. */
enum err app_run(struct app *app, int argc, char *const *argv) MUST_USE;

#endif
