// SPDX-License-Identifier: MIT
/*
 * A whole book in one process: store, keys, log, default schema, two
 * branches, an account of every role, and the protocol's upper half.
 *
 * Requests go in as JSON and answers come out as JSON; there is no socket and
 * nobody hashes a password.  Sessions are made by setting their identity.
 * Everything but the pools' threads runs on the test's own.  The clock moves
 * a second with each request, so ids and stamps are in order.
 */
#ifndef TESTS_UNIT_WHOLE_BOOK_H
#define TESTS_UNIT_WHOLE_BOOK_H

#include <pthread.h>

#include "default_book.h"
#include "json.h"

#include "server/audit/auditlog.h"
#include "server/data/index.h"
#include "server/data/work.h"
#include "server/rpc/inside.h"

#define WHOLE_PEOPLE  24
#define WHOLE_IDLE_MS (INT64_C(30) * 24 * 3600 * 1000)

struct whole {
	struct office *office;
	struct book *book;
	struct auditlog *log;
	struct rpc *rpc;
	struct station *station;
	struct desk desk; /* for looking behind the answers */
	struct {
		const char *login;
		struct session *session;
	} people[WHOLE_PEOPLE];
	unsigned people_count;
	pthread_mutex_t lock;
	pthread_cond_t posted;
	struct task *tasks[16];
	unsigned task_count;
	struct buf request, reply;
	bool answered, ok;
	char *text; /* the last answer, result or error, as JSON */
	struct bytes packed;
};

static const struct {
	const char *login, *branch;
	const char *roles[4]; /* ends in NULL */
} whole_people[] = {
	{ "admin", "", { "admin", "system" } },
	{ "sh-sales", "SH", { "sales" } },
	{ "sh-sales2", "SH", { "sales" } },
	{ "sh-manager", "SH", { "manager" } },
	{ "sh-clerk", "SH", { "clerk" } },
	{ "sh-support", "SH", { "support" } },
	{ "hz-sales", "HZ", { "sales" } },
	{ "hz-manager", "HZ", { "manager" } },
	{ "hz-clerk", "HZ", { "clerk" } },
	{ "finance", "SH", { "finance" } },
	{ "gm", "SH", { "gm" } },
	{ "auditor", "SH", { "auditor" } },
	{ "privacy", "SH", { "privacy" } },
	{ "loader", "SH", { "manager", "clerk", "finance" } },
	{ "hz-loader", "HZ", { "manager", "clerk", "finance" } },
};

/* --- the host ------------------------------------------------------------*/

static inline void whole_send(void *conn, struct bytes reply)
{
	struct whole *w = conn;

	buf_reset(&w->reply);
	buf_append_bytes(&w->reply, reply);
	w->answered = true;
}

static inline void whole_nothing(void *conn)
{
	(void)conn;
}

static inline void whole_admit(void *conn, bool in)
{
	(void)conn;
	(void)in;
}

static inline void whole_post(void *loop, struct task *t)
{
	struct whole *w = loop;

	pthread_mutex_lock(&w->lock);
	w->tasks[w->task_count++] = t;
	pthread_cond_signal(&w->posted);
	pthread_mutex_unlock(&w->lock);
}

static inline void whole_run_task(struct whole *w)
{
	struct task *t;

	pthread_mutex_lock(&w->lock);
	while (!w->task_count)
		pthread_cond_wait(&w->posted, &w->lock);
	t = w->tasks[0];
	w->task_count--;
	memmove(w->tasks, w->tasks + 1, w->task_count * sizeof(*w->tasks));
	pthread_mutex_unlock(&w->lock);
	t->call(t);
}

/* --- requests ------------------------------------------------------------*/

static inline struct session *whole_session(struct whole *w, const char *login)
{
	for (unsigned i = 0; i < w->people_count; i++)
		if (!strcmp(w->people[i].login, login))
			return w->people[i].session;
	fail_msg("nobody is called %s", login);
	return NULL;
}

static inline void whole_read(struct whole *w)
{
	struct reader in = reader_of(buf_bytes(&w->reply));
	struct bytes error;
	struct buf text;

	assert_int_equal(read_array(&in), 4);
	read_skip(&in);
	read_skip(&in);
	error = read_raw(&in);
	w->ok = error.len == 1 && error.data[0] == 0xc0;
	w->packed = w->ok ? read_raw(&in) : error;
	in = reader_of(w->packed);
	buf_init(&text, 64 * 1024 * 1024);
	json_show(&in, &text);
	buf_append_byte(&text, 0);
	free(w->text);
	w->text = strdup((const char *)buf_bytes(&text).data);
	buf_release(&text);
}

/* Its answer may come at once, or with a task. */
__attribute__((format(printf, 4, 0))) static inline void whole_vtell(
    struct whole *w, const char *login, const char *method, const char *format,
    va_list args)
{
	char *params;
	const char *at;

	assert_true(vasprintf(&params, format, args) >= 0);
	at = params;
	buf_reset(&w->request);
	pack_array(&w->request, 4);
	pack_int(&w->request, 0);
	pack_int(&w->request, 1);
	pack_cstr(&w->request, method);
	pack_array(&w->request, 1);
	json_pack(&at, &w->request);
	free(params);
	w->book->now_ms += 1000;
	w->answered = false;
	rpc_message(whole_session(w, login), buf_bytes(&w->request));
}

/* The answer, result or error. */
__attribute__((format(printf, 4, 0))) static inline const char *whole_vask(
    struct whole *w, const char *login, const char *method, const char *format,
    va_list args)
{
	whole_vtell(w, login, method, format, args);
	while (!w->answered)
		whole_run_task(w);
	whole_read(w);
	return w->text;
}

__attribute__((format(printf, 4, 5))) static inline const char *ask(
    struct whole *w, const char *login, const char *method, const char *format,
    ...)
{
	va_list args;
	const char *text;

	va_start(args, format);
	text = whole_vask(w, login, method, format, args);
	va_end(args);
	return text;
}

/* It must be done. */
__attribute__((format(printf, 4, 5))) static inline const char *must(
    struct whole *w, const char *login, const char *method, const char *format,
    ...)
{
	va_list args;

	va_start(args, format);
	whole_vask(w, login, method, format, args);
	va_end(args);
	if (!w->ok)
		fail_msg("%s %s: %s", login, method, w->text);
	return w->text;
}

/* What the last answer has at a path like "rows.0.fields.name"; "" if there
 * is nothing.  Valid until the arena is reset: as long as the book. */
static inline const char *at(struct whole *w, const char *path)
{
	struct bytes here = w->packed;
	struct buf text;
	struct reader in;
	const char *out;

	while (*path && here.len) {
		size_t len = strcspn(path, ".");
		char *key = arena_text(&w->book->arena, bytes_of(path, len));

		in = reader_of(here);
		if (reader_peek(&in) == UNPACK_ARRAY) {
			uint32_t count = read_array(&in);
			uint32_t want = (uint32_t)atoi(key);

			for (uint32_t i = 0; i < want && i < count; i++)
				read_skip(&in);
			here = want < count ? read_raw(&in) : BYTES_NONE;
		} else {
			here = unpack_lookup(here, key);
		}
		path += len + (path[len] == '.');
	}
	if (!here.len)
		return "";
	in = reader_of(here);
	if (reader_peek(&in) == UNPACK_TEXT)
		return arena_text(&w->book->arena, read_text(&in));
	buf_init(&text, 64 * 1024 * 1024);
	json_show(&in, &text);
	out = arena_text(&w->book->arena, buf_bytes(&text));
	buf_release(&text);
	return out;
}

__attribute__((format(printf, 5, 6))) static inline void refused(
    struct whole *w, const char *code, const char *login, const char *method,
    const char *format, ...)
{
	va_list args;

	va_start(args, format);
	whole_vask(w, login, method, format, args);
	va_end(args);
	if (w->ok || strcmp(at(w, "code"), code))
		fail_msg("%s %s: not %s but %s", login, method, code, w->text);
}

static inline bool says(const struct whole *w, const char *words)
{
	return strstr(w->text, words) != NULL;
}

/* Number of a customer made by `login` with some more fields. */
static inline const char *new_customer(
    struct whole *w, const char *login, const char *name, const char *more)
{
	must(w, login, "record.create",
	    "{'entity':'customer','fields':{'name':'%s','type':'other',"
	    "'category':'regular','source':'phone'%s}}",
	    name, more);
	return at(w, "number");
}

/* --- behind the answers --------------------------------------------------*/

static inline void whole_refresh(struct whole *w)
{
	assert_int_equal(snapshot_renew(w->desk.snapshot), ERR_OK);
	assert_int_equal(directory_refresh(w->desk.directory, w->desk.snapshot,
			     w->desk.sealer),
	    ERR_OK);
}

static inline struct caller whole_caller(struct whole *w, const char *login)
{
	const struct account *a;

	whole_refresh(w);
	a = directory_account(w->desk.directory, bytes_text(login));
	assert_non_null(a);
	return (struct caller){ .user = a->id,
		.login = a->login,
		.roles = "",
		.branch = a->branch,
		.branch_code = a->branch_code,
		.view = a->view,
		.peer = "127.0.0.1:1",
		.source = "form" };
}

static inline const struct entity *whole_entity(
    struct whole *w, const char *key)
{
	const struct entity *e =
	    schema_entity(directory_schema(w->desk.directory), bytes_text(key));

	assert_non_null(e);
	return e;
}

/* Its row as it lies, copied. */
static inline struct bytes whole_row(
    struct whole *w, const char *entity, const char *id)
{
	uint8_t key[ROW_KEY];
	uint64_t number;
	struct row row;

	whole_refresh(w);
	assert_true(id_parse(bytes_text(id), &number));
	row_key(whole_entity(w, entity)->id, number, key);
	assert_int_equal(snapshot_get(w->desk.snapshot, TABLE_ROW,
			     bytes_of(key, sizeof key), &row),
	    ERR_OK);
	return arena_copy(&w->book->arena, row.value);
}

/* Writes a row behind everybody's back. */
static inline void whole_put_row(
    struct whole *w, const char *entity, const char *id, struct bytes value)
{
	struct plan *p = book_plan(w->book);
	uint8_t key[ROW_KEY];
	uint64_t number;

	assert_true(id_parse(bytes_text(id), &number));
	row_key(whole_entity(w, entity)->id, number, key);
	plan_put(p, TABLE_ROW, bytes_of(key, sizeof key), value);
	assert_int_equal(store_commit(w->book->store, p), ERR_OK);
}

/* The default schema, with a line more in some roles: pairs of a role's key
 * and the line. */
static inline void whole_roles(
    struct whole *w, const char *const (*lines)[2], unsigned count)
{
	struct bytes left = document_default();
	struct plan *p = book_plan(w->book);
	struct buf yaml, document;
	char message[200], role[60];

	buf_init(&yaml, STORE_VALUE);
	buf_init(&document, STORE_VALUE);
	while (left.len) {
		const uint8_t *end = memchr(left.data, '\n', left.len);
		size_t len = (size_t)(end - left.data) + 1;

		buf_append(&yaml, left.data, len);
		for (unsigned i = 0; i < count; i++) {
			snprintf(role, sizeof role, "  %s:", lines[i][0]);
			if (!bytes_starts(left, bytes_text(role)))
				continue;
			buf_append_text(&yaml, "    ");
			buf_append_text(&yaml, lines[i][1]);
			buf_append_byte(&yaml, '\n');
		}
		left = bytes_of(left.data + len, left.len - len);
	}
	assert_int_equal(document_parse(buf_bytes(&yaml), &document, message,
			     sizeof message),
	    ERR_OK);
	whole_refresh(w);
	assert_int_equal(directory_plan_schema(p, w->desk.directory,
			     w->book->sealer, buf_bytes(&document), 1),
	    ERR_OK);
	assert_int_equal(book_commit(w->book, p), ERR_OK);
	buf_release(&yaml);
	buf_release(&document);
}

/* --- life ----------------------------------------------------------------*/

static inline void whole_account(
    struct whole *w, unsigned i, uint64_t branch, const char *code)
{
	struct office *o = w->office;
	struct account a = { .id = directory_new_id(o->directory),
		.login = whole_people[i].login,
		.branch = branch,
		.branch_code = code };
	const struct account *made;
	struct session *s;

	for (; whole_people[i].roles[a.role_count]; a.role_count++)
		a.roles[a.role_count] = directory_role(o->directory,
		    bytes_text(whole_people[i].roles[a.role_count]));
	assert_int_equal(office_put(o, NULL, &a), ERR_OK);
	assert_int_equal(office_refresh(o), ERR_OK);
	made = office_find(o, whole_people[i].login);
	s = session_new(w->station, w, "127.0.0.1:1", NULL);
	s->identity = (struct identity){ .account = made->id,
		.stamp = made->stamp,
		.used_ms = w->book->now_ms,
		.until_ms = INT64_MAX };
	w->people[w->people_count].login = whole_people[i].login;
	w->people[w->people_count++].session = s;
}

static inline uint64_t whole_branch(
    struct whole *w, const char *code, const char *name)
{
	uint64_t id;

	must(w, "admin", "record.create",
	    "{'entity':'branch','fields':{'code':'%s','name':'%s'}}", code,
	    name);
	assert_true(id_parse(bytes_text(at(w, "id")), &id));
	return id;
}

/* Subject 0, the company. */
static inline void whole_company_keys(struct whole *w)
{
	struct plan *p = book_plan(w->book);

	for (unsigned kind = 0; kind < 2; kind++) {
		uint8_t key[SUBJECT_KEY];
		struct buf wrapped;
		struct dek *dek;

		subject_row_key(NULL, 0, kind, key);
		buf_init(&wrapped, 1024);
		assert_int_equal(
		    dek_make(w->book->sealer, 0, kind, &wrapped, &dek), ERR_OK);
		plan_put(p, TABLE_ROW, bytes_of(key, sizeof key),
		    buf_bytes(&wrapped));
		buf_release(&wrapped);
	}
	assert_int_equal(book_commit(w->book, p), ERR_OK);
}

static inline void whole_open_rpc(struct whole *w)
{
	struct rpc_options o = { .store = w->book->store,
		.keyring = w->book->keys,
		.log = w->log,
		.clock = &w->book->clock,
		.random = &w->book->random,
		.host = { whole_send, whole_nothing, whole_nothing, whole_admit,
		    whole_post },
		.password_cost = { 64, 1 },
		.password_policy = { .least = 12 },
		.session_ms = INT64_C(10) * 3600 * 1000,
		.idle_ms = WHOLE_IDLE_MS,
		.glass_ms = INT64_C(4) * 3600 * 1000,
		.token_ms = INT64_C(366) * 24 * 3600 * 1000,
		.hashers = 1,
		.workers = 1,
		.rules_hour = 24,
		.data_dir = w->book->dir };

	assert_int_equal(rpc_open(&o, &w->rpc), ERR_OK);
	assert_int_equal(station_new(w->rpc, w, &w->station), ERR_OK);
	assert_int_equal(desk_open(&o, w->rpc->series, &w->desk), ERR_OK);
}

static inline struct whole *whole_new(void)
{
	struct whole *w = calloc(1, sizeof(*w));
	uint64_t sh, hz;

	/* The log's hook must be there before the first entry. */
	w->office = office_open();
	w->book = w->office->book;
	assert_int_equal(auditlog_open(w->book->store, w->book->keys,
			     &w->book->clock, w->book->note, &w->log),
	    ERR_OK);
	office_fill(w->office);
	whole_company_keys(w);
	pthread_mutex_init(&w->lock, NULL);
	pthread_cond_init(&w->posted, NULL);
	buf_init(&w->request, 16 * 1024 * 1024);
	buf_init(&w->reply, 32 * 1024 * 1024);
	whole_open_rpc(w);
	whole_account(w, 0, 0, "");
	sh = whole_branch(w, "SH", "上海总部");
	hz = whole_branch(w, "HZ", "杭州分公司");
	for (unsigned i = 1; i < sizeof whole_people / sizeof *whole_people;
	     i++) {
		bool is_sh = whole_people[i].branch[0] == 'S';

		whole_account(w, i, is_sh ? sh : hz, is_sh ? "SH" : "HZ");
	}
	return w;
}

static inline void whole_free(struct whole *w)
{
	for (unsigned i = 0; i < w->people_count; i++)
		session_end(w->people[i].session);
	station_stop(w->station);
	rpc_stop(w->rpc);
	desk_close(&w->desk);
	book_close(w->book);
	rpc_free(w->rpc);
	auditlog_close(w->log);
	book_remove(w->book);
	directory_free(w->office->directory);
	buf_release(&w->office->document);
	free(w->office);
	buf_release(&w->request);
	buf_release(&w->reply);
	pthread_mutex_destroy(&w->lock);
	pthread_cond_destroy(&w->posted);
	free(w->text);
	free(w);
}

/* cmocka's group fixtures. */
static inline int whole_setup(void **state)
{
	*state = whole_new();
	return 0;
}

static inline int whole_teardown(void **state)
{
	whole_free(*state);
	return 0;
}

#endif
