// SPDX-License-Identifier: MIT
/*
 * kehu, the client: takes the command line to its command.
 *
 * The table below is the command language; help and completion are printed
 * from it.  A noun that is not in it is one of the schema's entities (or sent
 * as such: the server judges and records what nobody may see).
 */
#include <locale.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include "client/call.h"
#include "client/commands.h"
#include "client/help.h"
#include "client/run.h"
#include "common/secret.h"

/* clang-format off */
#define F(symbol) FLAG_BIT(symbol)
#define WRITE (F(SOURCE) | F(REASON) | F(REQUEST_ID) | F(DRY_RUN) | \
	       F(OVERRIDE) | F(CONFIRM))
#define ROWS  (F(FIELDS) | F(ORDER) | F(LIMIT) | F(ALL) | F(AFTER) | \
	       F(SCOPE) | F(COUNT) | F(WHERE) | F(RECORD))

static const struct command commands[] = {
	{ "login", "", "[--server HOST[:PORT]] [--user NAME]", "open a session and keep its token", "login --server book.example --user wang.min", F(KEEP) | F(OTP), cmd_login, NULL, NULL },
	{ "logout", "", "", "end the session, forget the token", NULL, 0, cmd_logout, NULL, NULL },
	{ "whoami", "", "", "who I am, where, with which rights", NULL, 0, cmd_whoami, NULL, NULL },
	{ "passwd", "", "", "change my password", NULL, F(NEW_PASSWORD_FILE), cmd_passwd, NULL, NULL },
	{ "profile", "show", "", "server and user of the present profile", NULL, 0, cmd_profile, NULL, NULL },

	{ "", "add", "[field=value ...]", "make a record; asks when nothing is given", "customer add name=上海坦森行 type=company category=regular --source phone", WRITE, cmd_add, NULL, NULL },
	{ "", "get", "NUMBER ...", "show records", "customer get KHSH01202600108", F(FIELDS) | F(FIELD), cmd_get, NULL, NULL },
	{ "", "find", "[WORD | CONDITION]", "search", "customer find 'grade = A and city in (上海, 苏州)'", ROWS, cmd_find, NULL, NULL },
	{ "", "set", "NUMBER field=value ...", "change fields; `field=` empties one", "customer set KHSH01202600108 city=上海 --reason 搬迁", WRITE | F(VERSION), cmd_set, NULL, NULL },
	{ "", "history", "NUMBER", "who changed what, when, from where", "customer history KHSH01202600108", 0, cmd_history, NULL, NULL },
	{ "", "archive", "NUMBER", "put a record away", "customer archive KHSH01202600108 --reason 停业", F(REASON), cmd_archive, NULL, NULL },
	{ "", "unarchive", "NUMBER", "bring a record back", NULL, F(REASON), cmd_unarchive, NULL, NULL },
	{ NULL, NULL, NULL, NULL, NULL, 0, NULL, NULL, NULL },
};
/* clang-format on */

static void stop(int number)
{
	_exit(128 + number);
}

int main(int argc, char **argv)
{
	struct app app = { .commands = commands };

	signal(SIGPIPE, SIG_IGN);
	signal(SIGINT, stop);
	(void)setlocale(LC_CTYPE, "C.UTF-8");
	secret_harden_process();
	arena_init(&app.arena, 1 << 16, KEEP_CAP);
	enum err e = app_run(&app, argc - 1, argv + 1);
	enum err flushed = screen_finish(&app.screen);
	if (e == ERR_OK)
		e = flushed;
	call_disconnect(&app);
	arena_release(&app.arena);
	return err_exit(e);
}
