// SPDX-License-Identifier: MIT
/*
 * Certificates of machines: asking for one, and binding it.
 *
 * The key is made on the machine that will use it.  Binding takes the file
 * that one has at hand (certificate or request) or the digest itself.
 */
#include "client/commands.h"

#include <string.h>
#include <unistd.h>

#include "client/call.h"
#include "client/key.h"
#include "client/output.h"
#include "client/show.h"
#include "client/tell.h"

#define PEM_MOST 65536

/* --- asking for one ------------------------------------------------------*/

/* A file that is there stays: it may be the key of a bound certificate. */
static enum err write_new(
    struct app *app, const char *path, struct bytes content)
{
	if (access(path, F_OK) == 0)
		return tell(
		    app, ERR_USAGE, tr(app, "%s is there already."), path);
	return output_write(app, path, content);
}

static enum err write_both(struct app *app, const char *name,
    const char *key_file, const char *request_file)
{
	struct buf key, request;

	buf_init(&key, PEM_MOST);
	buf_init(&request, PEM_MOST);
	enum err e = key_make(name, &key, &request);
	if (e == ERR_OK)
		e = write_new(app, key_file, buf_bytes(&key));
	if (e == ERR_OK)
		e = write_new(app, request_file, buf_bytes(&request));
	buf_release(&key);
	buf_release(&request);
	return e;
}

enum err cmd_certificate_request(struct app *app)
{
	if (app->rest_count != 1)
		return tell(app, ERR_USAGE, "kehu certificate request NAME");
	const char *name = app->rest[0];
	const char *key = keep_format(&app->arena, "%s.key", name);
	const char *request = keep_format(&app->arena, "%s.csr", name);
	const char *base = strrchr(name, '/');
	enum err e = write_both(app, base ? base + 1 : name, key, request);
	if (e != ERR_OK)
		return e;
	screen_say(
	    &app->screen, ROLE_GOOD, "%s  %s  %s", tr(app, "ok"), key, request);
	screen_say(&app->screen, ROLE_NOTICE, "! %s",
	    tr(app, "The key stays on this machine. Give the request to "
		    "whoever runs the server."));
	tell_next(app, "kehud certificate --dir DIR --request %s.csr > %s.crt",
	    base ? base + 1 : name, base ? base + 1 : name);
	return ERR_OK;
}

/* --- binding -------------------------------------------------------------*/

static bool is_digest(const char *word)
{
	return strlen(word) == 2 * DIGEST_SIZE &&
	       strspn(word, "0123456789abcdefABCDEF") == 2 * DIGEST_SIZE;
}

/* The digest as hex, of a file unless it is one already. */
static enum err find_digest(struct app *app, const char *word, const char **hex)
{
	char text[2 * DIGEST_SIZE + 1];
	struct digest digest;
	struct bytes pem;

	*hex = word;
	if (is_digest(word))
		return ERR_OK;
	enum err e = file_read(&app->arena, word, PEM_MOST, &pem);
	if (e == ERR_OK)
		e = key_digest(pem, &digest);
	if (e != ERR_OK)
		return tell(app, ERR_USAGE,
		    tr(app, "%s is no certificate and no request."), word);
	hex_format(bytes_of(digest.of, DIGEST_SIZE), text);
	*hex = keep_text(&app->arena, bytes_text(text));
	return ERR_OK;
}

/* certificate add|remove USER FILE, or --branch CODE FILE. */
static enum err bind(struct app *app, const char *method)
{
	const char *branch = app_flag(app, FLAG_BRANCH);
	const char *hex;
	struct request r;
	struct bytes result;

	if (app->rest_count != (branch ? 1 : 2))
		return tell(app, ERR_USAGE, "kehu certificate %s %s",
		    app->command->verb, app->command->usage);
	enum err e = find_digest(app, app->rest[app->rest_count - 1], &hex);
	if (e != ERR_OK)
		return e;
	request_begin(&r, method, CALL_ONCE);
	request_cstr(
	    &r, branch ? "branch" : "user", branch ? branch : app->rest[0]);
	request_cstr(&r, "certificate", hex);
	request_flag(app, &r, "reason", FLAG_REASON);
	e = call(app, &r, &app->arena, &result);
	if (e == ERR_OK && !show_to_machine(app, result))
		screen_say(&app->screen, ROLE_GOOD, "%s  %s  %s", tr(app, "ok"),
		    branch ? branch : app->rest[0], hex);
	return e;
}

enum err cmd_certificate_add(struct app *app)
{
	return bind(app, "certificate.add");
}

enum err cmd_certificate_remove(struct app *app)
{
	return bind(app, "certificate.remove");
}
