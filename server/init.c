// SPDX-License-Identifier: MIT
/*
 * Making a book, step by step.  See init.h.
 */
#include "server/init.h"

#include <dirent.h>
#include <errno.h>
#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/file.h"
#include "server/access/strength.h"
#include "server/audit/auditlog.h"
#include "server/config.h"
#include "server/crypto/certificate.h"
#include "server/data/first.h"
#include "server/schema/schema.h"

#define FILE_PATH    4200
#define INIT_ARENA   (4 * 1024 * 1024)
#define SCHEMA_TEXT  (1024 * 1024)
#define MESSAGE_TEXT 400

struct making { /* the book on its way */
	const struct init_options *options;
	struct keyring *keyring;
	struct store *store;
	struct auditlog *log;
	struct sealer *sealer;
	struct arena arena;
	struct buf document; /* the schema, checked and packed */
};

static char *in_dir(
    const char *dir, const char *name, char out[static FILE_PATH])
{
	snprintf(out, FILE_PATH, "%s/%s", dir, name);
	return out;
}

/* --- folders and files ---------------------------------------------------*/

static enum err need_empty(const char *dir)
{
	DIR *d = opendir(dir);
	struct dirent *e;
	enum err err = ERR_OK;

	if (!d)
		return errno == ENOENT ? ERR_OK : err_errno(errno);
	while ((e = readdir(d)) != NULL)
		if (strcmp(e->d_name, ".") && strcmp(e->d_name, ".."))
			err = ERR_CONFLICT;
	closedir(d);
	if (err)
		fprintf(stderr, "kehud init: %s is not empty\n", dir);
	return err;
}

static enum err make_dirs(const char *dir)
{
	char path[FILE_PATH];

	if ((mkdir(dir, 0700) && errno != EEXIST) || chmod(dir, 0700) ||
	    mkdir(in_dir(dir, "tls", path), 0700)) {
		fprintf(stderr, "kehud init: %s: %s\n", dir, strerror(errno));
		return ERR_UNAVAILABLE;
	}
	return ERR_OK;
}

static int remove_one(
    const char *path, const struct stat *unused, int kind, struct FTW *at)
{
	(void)unused;
	(void)kind;
	return at->level ? remove(path) : 0;
}

/* The folder was empty, and what is in it now is of no use. */
static void remove_made(const char *dir)
{
	nftw(dir, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

/* 0600, whole and synced; `fill` may be NULL for an empty file. */
static enum err write_file(const struct making *m, const char *name,
    void (*fill)(const struct making *m, FILE *out))
{
	char path[FILE_PATH];
	FILE *out = fopen(in_dir(m->options->dir, name, path), "wx");
	bool done;

	if (!out)
		return err_errno(errno);
	fchmod(fileno(out), 0600);
	if (fill)
		fill(m, out);
	done = !fflush(out) && !ferror(out) && !fsync(fileno(out));
	return !fclose(out) && done ? ERR_OK : ERR_UNAVAILABLE;
}

/* Where the root key is found stands in it, unless it is in keys/. */
static void fill_config(const struct making *m, FILE *out)
{
	config_write_default(out);
	if (m->options->root_key)
		fprintf(out, "\nroot_key = %s\n", m->options->root_key);
}

static void fill_vkey(const struct making *m, FILE *out)
{
	struct buf vkey;

	buf_init(&vkey, 1024);
	auditlog_vkey(m->log, &vkey);
	fprintf(out, "%.*s\n", (int)buf_bytes(&vkey).len,
	    (const char *)buf_bytes(&vkey).data);
	buf_release(&vkey);
}

static enum err need_names(const struct init_options *o)
{
	for (unsigned i = 0; i < o->name_count; i++) {
		if (certificate_may_name(o->names[i]))
			continue;
		fprintf(stderr,
		    "kehud init: --name takes a host's name or an address\n");
		return ERR_USAGE;
	}
	return ERR_OK;
}

static enum err make_certificates(
    const struct init_options *o, struct digest *fingerprint)
{
	const char *names[INIT_NAMES + 3];
	char path[FILE_PATH], host[256] = "localhost";
	unsigned count = 0;

	for (unsigned i = 0; i < o->name_count; i++)
		names[count++] = o->names[i];
	names[count++] = "localhost";
	names[count++] = "127.0.0.1";
	if (!gethostname(host, sizeof host - 1) && strcmp(host, "localhost") &&
	    certificate_may_name(host))
		names[count++] = host;
	return certificate_make(
	    in_dir(o->dir, "tls", path), names, count, fingerprint);
}

/* --- the schema ----------------------------------------------------------*/

/* Schema and roles, whole; `message` says what is wrong with them. */
static enum err check_schema(
    struct making *m, struct bytes text, char message[static MESSAGE_TEXT])
{
	struct schema *schema = NULL;
	enum err err =
	    document_parse(text, &m->document, message, MESSAGE_TEXT);

	if (!err)
		err = schema_compile(
		    buf_bytes(&m->document), 1, &schema, message, MESSAGE_TEXT);
	if (!err)
		err = roles_check_first(
		    buf_bytes(&m->document), schema, message, MESSAGE_TEXT);
	schema_free(schema);
	return err;
}

static enum err take_schema(struct making *m)
{
	const char *path = m->options->schema;
	char message[MESSAGE_TEXT];
	struct buf text;
	enum err err = ERR_OK;

	buf_init(&text, SCHEMA_TEXT);
	snprintf(message, sizeof message, "cannot be read");
	if (path)
		err = file_append(path, &text);
	if (err == ERR_TOO_LARGE)
		snprintf(message, sizeof message, "larger than 1 MiB");
	if (!err)
		err = check_schema(
		    m, path ? buf_bytes(&text) : document_default(), message);
	buf_release(&text);
	if (err)
		fprintf(stderr, "kehud init: %s: %s\n",
		    path ? path : "the default schema", message);
	return err;
}

/* --- keys and store ------------------------------------------------------*/

static enum err open_keys(struct making *m)
{
	const struct init_options *o = m->options;
	char keys[FILE_PATH], spec[FILE_PATH];
	struct root_source root = { spec, o->passphrase };
	enum err err;

	if (o->root_key)
		snprintf(spec, sizeof spec, "%s", o->root_key);
	else
		snprintf(spec, sizeof spec, "file:%s/keys/root.key", o->dir);
	in_dir(o->dir, "keys", keys);
	err = keyring_create(keys, &root, &random_system);
	if (!err)
		err = keyring_open(keys, &root, &m->keyring);
	if (err)
		fprintf(
		    stderr, "kehud init: the keys: %s\n", keyring_trouble(err));
	return err;
}

static enum err open_store(struct making *m)
{
	struct store_options o;
	char path[FILE_PATH];
	enum err err;

	store_options_init(&o, m->options->dir);
	o.create = true;
	err = store_open(&o, &m->store);
	return err ? err
		   : auditlog_open(m->store, m->keyring, &clock_system,
			 in_dir(m->options->dir, "checkpoint", path), &m->log);
}

/* --- the first plan ------------------------------------------------------*/

static enum err hash_password(struct making *m, struct account *a)
{
	struct password_cost cost;
	struct buf stored;
	enum err err;

	password_cost_init(&cost);
	buf_init(&stored, 1024);
	err = password_hash(
	    m->sealer, &cost, m->options->password, &random_system, &stored);
	a->password = arena_copy(&m->arena, buf_bytes(&stored));
	a->password_ms = clock_now_ms(&clock_system);
	buf_release(&stored);
	return err;
}

static enum err judge_password(struct making *m, struct bytes login)
{
	struct password_policy policy;
	struct findings found;

	findings_init(&found, &m->arena);
	password_policy_init(&policy);
	password_judge(&policy, m->options->password, login, &found);
	for (const struct finding *f = found.first; f; f = f->next)
		fprintf(stderr, "kehud init: %s\n", f->message);
	return found.errors ? ERR_INVALID : ERR_OK;
}

static enum err make_admin(struct making *m, struct account *a)
{
	struct bytes login;
	enum err err =
	    login_canonical(&m->arena, bytes_text(m->options->admin), &login);

	if (err) {
		fprintf(stderr, "kehud init: an account's name is 1 to 64 "
				"letters, digits and . _ - @\n");
		return err;
	}
	err = judge_password(m, login);
	if (!err)
		err = hash_password(m, a);
	a->login = arena_text(&m->arena, login);
	return err ? err : m->arena.err;
}

static enum err commit_first(struct making *m)
{
	static const struct role admin = { .key = "admin" };
	static const struct role system = { .key = "system" };
	struct account a = { .id = 1,
		.name = "",
		.branch_code = "",
		.roles = { &admin, &system },
		.role_count = 2 };
	struct plan *p = plan_new(&m->arena);
	enum err err = p ? make_admin(m, &a) : ERR_TOO_LARGE;

	if (!err)
		err = first_plan(p, m->sealer, buf_bytes(&m->document), &a);
	return err ? err : store_commit(m->store, p);
}

/* Signed at once, so that the first client has a head to keep. */
static enum err sign_first(struct making *m)
{
	struct snapshot *n;
	enum err err = snapshot_open(m->store, &n);

	if (err)
		return err;
	err = scribe_turn(m->log, n);
	snapshot_close(n);
	return err;
}

static enum err fill_book(struct making *m)
{
	enum err err = open_keys(m);

	if (!err)
		err = open_store(m);
	if (err)
		return err;
	m->sealer = sealer_new(m->keyring, &random_system);
	err = commit_first(m);
	if (!err)
		err = sign_first(m);
	if (!err)
		err = write_file(m, "audit.vkey", fill_vkey);
	if (!err)
		err = write_file(m, "kehud.conf", fill_config);
	if (!err)
		err = write_file(m, "erasures", NULL);
	return err;
}

static enum err make_all(struct making *m, struct digest *fingerprint)
{
	enum err err = make_certificates(m->options, fingerprint);

	if (!err)
		err = fill_book(m);
	sealer_free(m->sealer);
	if (m->store)
		store_close(m->store);
	if (m->log)
		auditlog_close(m->log);
	keyring_close(m->keyring);
	if (err)
		remove_made(m->options->dir);
	return err;
}

enum err init_book(const struct init_options *o, struct digest *fingerprint)
{
	struct making m = { .options = o };
	enum err err = need_empty(o->dir);

	arena_init(&m.arena, 64 * 1024, INIT_ARENA);
	buf_init(&m.document, STORE_VALUE);
	if (!err)
		err = need_names(o);
	if (!err)
		err = take_schema(&m);
	if (!err)
		err = make_dirs(o->dir);
	if (!err)
		err = make_all(&m, fingerprint);
	buf_release(&m.document);
	arena_release(&m.arena);
	return err;
}
