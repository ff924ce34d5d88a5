// SPDX-License-Identifier: MIT
/*
 * Closed-loop load on a kehud, one mode a run, in turns (turn.h).
 *
 *	load MODE PORT CA [key=value ...]
 *
 *	get            a random customer, whole, by id
 *	number         the same by number
 *	plain          six fields of it, none sealed
 *	find           the customer of a mobile: exact search, sealed field
 *	update         another mobile and another remark
 *	import         record.batch of creates; writes the ids that it got
 *	echo           the requests of get to tests/bench/echo
 *	hello, right, wrong
 *	               session.hello; logins with a right, with a wrong password
 *	login          connect, log in by a kept token, close; conns threads
 *	idle           connect and log in, then wait for standard input's end
 *
 *	user= password=FILE   conns=1 depth=1   server=PID
 *	rate=          so many a second, answered or not, in place of a depth
 *	ids=FILE   count= first= batch= graded=1 (import)
 *
 * Import and idle have no turns.  Which fields are sealed or watched for the
 * reader is a matter of his role: `get` by a clerk and by finance differ.
 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/pack.h"
#include "common/unpack.h"
#include "tests/bench/customer.h"
#include "tests/bench/wire.h"

#define ID_TEXT      17
#define NUMBER_TEXT  32
#define REQUEST_MOST ((size_t)16 * 1024 * 1024)

struct known {
	char id[ID_TEXT], number[NUMBER_TEXT];
};

struct load {
	const char *mode, *ca, *user, *password, *ids_path;
	int port, server;
	unsigned conns, depth, batch, rate, graded;
	uint32_t first, count; /* of customers to import */

	struct wire *wire;
	struct known *known; /* customer `first + i` at i */
	size_t known_count;
	uint64_t state; /* of the random numbers */
	uint32_t next;  /* customer to import */
	uint64_t refused;
	char token[128], secret[256]; /* what it logs in with */
};

static uint64_t any(struct load *l, uint64_t below)
{
	l->state = customer_mix(l->state);
	return (l->state >> 11) % below;
}

static void pack_request(
    struct buf *out, uint32_t id, const char *method, uint32_t params)
{
	pack_array(out, 4);
	pack_int(out, 0);
	pack_uint(out, id);
	pack_cstr(out, method);
	pack_array(out, 1);
	pack_map(out, params);
}

/* --- asking --------------------------------------------------------------*/

static bool ask_get(void *ctx, uint32_t id, struct buf *out)
{
	struct load *l = ctx;

	pack_request(out, id, "record.get", 2);
	pack_key_cstr(out, "entity", "customer");
	pack_key_cstr(out, "id", l->known[any(l, l->known_count)].id);
	return true;
}

static bool ask_number(void *ctx, uint32_t id, struct buf *out)
{
	struct load *l = ctx;

	pack_request(out, id, "record.get", 2);
	pack_key_cstr(out, "entity", "customer");
	pack_key_cstr(out, "id", l->known[any(l, l->known_count)].number);
	return true;
}

static bool ask_plain(void *ctx, uint32_t id, struct buf *out)
{
	static const char *const fields[] = { "name", "status", "city",
		"category", "grade", "uscc" };
	struct load *l = ctx;

	pack_request(out, id, "record.get", 3);
	pack_key_cstr(out, "entity", "customer");
	pack_key_cstr(out, "id", l->known[any(l, l->known_count)].id);
	pack_cstr(out, "fields");
	pack_array(out, sizeof fields / sizeof *fields);
	for (size_t i = 0; i < sizeof fields / sizeof *fields; i++)
		pack_cstr(out, fields[i]);
	return true;
}

static bool ask_find(void *ctx, uint32_t id, struct buf *out)
{
	struct load *l = ctx;
	char mobile[MOBILE_TEXT];

	customer_mobile(l->first + (uint32_t)any(l, l->known_count), mobile);
	pack_request(out, id, "record.find", 2);
	pack_key_cstr(out, "entity", "customer");
	pack_cstr(out, "where");
	pack_array(out, 3);
	pack_cstr(out, "=");
	pack_cstr(out, "mobile");
	pack_cstr(out, mobile);
	return true;
}

static bool ask_update(void *ctx, uint32_t id, struct buf *out)
{
	struct load *l = ctx;
	char mobile[MOBILE_TEXT];

	/* Of no customer, so that none has two. */
	snprintf(mobile, sizeof mobile, "139%08u", (unsigned)any(l, 100000000));
	pack_request(out, id, "record.update", 3);
	pack_key_cstr(out, "entity", "customer");
	pack_key_cstr(out, "id", l->known[any(l, l->known_count)].id);
	pack_cstr(out, "set");
	pack_map(out, 2);
	pack_key_cstr(out, "mobile", mobile);
	pack_cstr(out, "remark");
	customer_remark(l->state, out);
	return true;
}

/* The message id is the place of the batch's first customer. */
static bool ask_import(void *ctx, uint32_t id, struct buf *out)
{
	struct load *l = ctx;
	uint32_t left = l->count - l->next;
	uint32_t n = left < l->batch ? left : l->batch;

	(void)id;
	if (!n)
		return false;
	pack_request(out, l->next, "record.batch", 2);
	pack_key_cstr(out, "reason", "benchmark");
	pack_cstr(out, "items");
	pack_array(out, n);
	for (uint32_t i = 0; i < n; i++) {
		pack_map(out, 3);
		pack_key_cstr(out, "op", "create");
		pack_key_cstr(out, "entity", "customer");
		pack_cstr(out, "fields");
		customer_pack(l->first + l->next++, l->graded, out);
	}
	return true;
}

static bool ask_hello(void *ctx, uint32_t id, struct buf *out)
{
	(void)ctx;
	pack_request(out, id, "session.hello", 0);
	return true;
}

static void pack_login(
    struct buf *out, uint32_t id, const char *user, const char *password)
{
	pack_request(out, id, "session.login", 2);
	pack_key_cstr(out, "user", user);
	pack_key_cstr(out, "password", password);
}

static bool ask_right(void *ctx, uint32_t id, struct buf *out)
{
	struct load *l = ctx;

	pack_login(out, id, l->user, l->secret);
	return true;
}

/* Of a thousand names, so that no account's delay ends it. */
static bool ask_wrong(void *ctx, uint32_t id, struct buf *out)
{
	char user[16];

	(void)ctx;
	snprintf(user, sizeof user, "user%u", (unsigned)id % 1000);
	pack_login(out, id, user, "certainly not this one");
	return true;
}

/* --- answers -------------------------------------------------------------*/

static void complain(struct load *l, struct bytes message)
{
	if (l->refused++)
		return;
	fprintf(stderr, "refused: ");
	fwrite(message.data, 1, message.len < 600 ? message.len : 600, stderr);
	fputc('\n', stderr);
}

/* The result's reader; false if it is an error. */
static bool open_answer(struct bytes message, uint64_t *id, struct reader *r)
{
	*r = reader_of(message);
	read_array(r);
	read_int(r);
	*id = read_uint(r);
	if (r->err || reader_peek(r) != UNPACK_NIL)
		return false;
	read_nil(r);
	return true;
}

static void take_answer(void *ctx, struct bytes message)
{
	struct reader r;
	uint64_t id;

	if (!open_answer(message, &id, &r))
		complain(ctx, message);
}

static void take_any(void *ctx, struct bytes message)
{
	(void)ctx;
	(void)message;
}

static void keep_text(struct bytes map, const char *key, char *out, size_t size)
{
	struct reader r = reader_of(unpack_lookup(map, key));
	struct bytes text = read_text(&r);

	if (r.err || text.len >= size)
		return;
	memcpy(out, text.data, text.len);
	out[text.len] = 0;
}

static void take_import(void *ctx, struct bytes message)
{
	struct load *l = ctx;
	struct reader r, items;
	uint64_t at;
	uint32_t left;

	if (!open_answer(message, &at, &r)) {
		complain(l, message);
		return;
	}
	items = reader_of(unpack_lookup(read_raw(&r), "items"));
	for (left = read_array(&items); left && at < l->count; left--, at++) {
		struct bytes map = read_raw(&items);
		struct known *k = &l->known[at];

		keep_text(map, "id", k->id, sizeof k->id);
		keep_text(map, "number", k->number, sizeof k->number);
		if (!k->id[0])
			complain(l, map);
	}
}

/* --- who has been imported -----------------------------------------------*/

static void write_known(const struct load *l)
{
	FILE *out = l->ids_path ? fopen(l->ids_path, "a") : NULL;

	need(out || !l->ids_path, "the file of ids");
	for (size_t i = 0; out && i < l->count; i++)
		fprintf(out, "%s %s\n", l->known[i].id, l->known[i].number);
	if (out)
		fclose(out);
}

static void read_known(struct load *l)
{
	FILE *in = fopen(l->ids_path ? l->ids_path : "", "r");
	size_t room = 0;
	struct known k;

	need(in, "the file of ids");
	while (fscanf(in, "%16s %31s", k.id, k.number) == 2) {
		if (l->known_count == room) {
			room = room ? 2 * room : 4096;
			l->known = realloc(l->known, room * sizeof k);
			need(l->known, "memory");
		}
		l->known[l->known_count++] = k;
	}
	fclose(in);
	need(l->known_count, "no ids");
}

/* --- logging in ----------------------------------------------------------*/

static void read_password(const struct load *l, char *out, size_t size)
{
	FILE *in = fopen(l->password ? l->password : "", "r");

	need(in && fgets(out, (int)size, in), "the password's file");
	out[strcspn(out, "\n")] = 0;
	fclose(in);
}

/* The first by password, keeping the token; the others by that. */
static void login(struct load *l)
{
	struct buf request;
	struct bytes message;
	struct reader r;
	uint64_t id;

	buf_init(&request, 4096);
	pack_request(&request, 1, "session.login", l->token[0] ? 1 : 3);
	if (l->token[0]) {
		pack_key_cstr(&request, "token", l->token);
	} else {
		read_password(l, l->secret, sizeof l->secret);
		pack_key_cstr(&request, "user", l->user);
		pack_key_cstr(&request, "password", l->secret);
		pack_key_bool(&request, "keep", true);
	}
	message = wire_call(l->wire, buf_bytes(&request));
	if (!open_answer(message, &id, &r)) {
		complain(l, message);
		need(false, "login was refused");
	}
	if (!l->token[0])
		keep_text(read_raw(&r), "token", l->token, sizeof l->token);
	buf_release(&request);
}

static void connect_all(struct load *l, bool with_login)
{
	while (wire_lanes(l->wire) < l->conns) {
		wire_connect(l->wire);
		if (with_login)
			login(l);
	}
}

/* --- modes ---------------------------------------------------------------*/

static void print_result(
    const struct load *l, const struct wire_result *r, double each)
{
	double n = (double)r->answers;

	printf("rate=%.0f p50_us=%.0f p99_us=%.0f server_us=%.2f bytes=%.0f "
	       "answers=%llu refused=%llu\n",
	    n * each / r->seconds, r->p50_us, r->p99_us, r->server_us / each,
	    n > 0 ? (double)r->bytes / n : 0, (unsigned long long)r->answers,
	    (unsigned long long)l->refused);
}

static void run_loop(struct load *l, const struct driver *d)
{
	struct driver mine = *d;
	struct wire_result r;
	double seconds;

	mine.ctx = l;
	if (l->ids_path)
		read_known(l);
	connect_all(l, l->user != NULL);
	while (turn_next(&seconds)) {
		if (l->rate)
			wire_pace(l->wire, &mine, l->rate, seconds, &r);
		else
			wire_run(l->wire, &mine, l->depth, seconds, &r);
		print_result(l, &r, 1);
	}
}

static void run_import(struct load *l, const struct driver *d)
{
	struct driver mine = *d;
	struct wire_result r;

	mine.ctx = l;
	l->known = calloc(l->count, sizeof *l->known);
	need(l->known && l->count && l->batch, "count= and batch=");
	connect_all(l, true);
	wire_run(l->wire, &mine, l->depth, 1e9, &r);
	write_known(l);
	print_result(l, &r, (double)l->count / (double)r.answers);
}

struct visitor {
	struct load load;
	pthread_t thread;
	double seconds;
	unsigned count;
};

static void *visit(void *arg)
{
	struct visitor *v = arg;
	uint64_t end = clock_monotonic_ns() + (uint64_t)(v->seconds * 1e9);

	for (v->count = 0; clock_monotonic_ns() < end; v->count++) {
		connect_all(&v->load, true);
		wire_drop(v->load.wire);
	}
	return NULL;
}

/* Visits of all together; `each` has the token. */
static unsigned visit_all(struct visitor *each, unsigned count, double seconds)
{
	unsigned visits = 0;

	for (unsigned i = 0; i < count; i++) {
		each[i].seconds = seconds;
		need(!pthread_create(&each[i].thread, NULL, visit, &each[i]),
		    "a thread");
	}
	for (unsigned i = 0; i < count; i++) {
		pthread_join(each[i].thread, NULL);
		visits += each[i].count;
	}
	return visits;
}

static void run_login(struct load *l, const struct driver *d)
{
	struct visitor *each = calloc(l->conns, sizeof *each);
	unsigned count = l->conns;
	double seconds;

	(void)d;
	need(each && count, "conns=");
	l->conns = 1;
	connect_all(l, true);
	for (unsigned i = 0; i < count; i++) {
		each[i].load = *l;
		each[i].load.wire = wire_open(l->port, l->ca, 0);
	}
	while (turn_next(&seconds)) {
		double from = wire_server_us(l->wire);
		uint64_t start = clock_monotonic_ns();
		double n = visit_all(each, count, seconds);
		uint64_t took = clock_monotonic_ns() - start;

		printf("rate=%.1f server_us=%.1f\n", n * 1e9 / (double)took,
		    (wire_server_us(l->wire) - from) / n);
	}
	for (unsigned i = 0; i < count; i++)
		wire_close(each[i].load.wire);
	free(each);
}

static void run_idle(struct load *l, const struct driver *d)
{
	char end[1];

	(void)d;
	connect_all(l, l->user != NULL);
	printf("conns=%u\n", l->conns);
	fflush(stdout);
	while (read(STDIN_FILENO, end, sizeof end) > 0)
		;
}

static const struct mode {
	const char *name;
	void (*run)(struct load *l, const struct driver *d);
	struct driver driver;
} modes[] = {
	{ "get", run_loop, { NULL, ask_get, take_answer } },
	{ "number", run_loop, { NULL, ask_number, take_answer } },
	{ "plain", run_loop, { NULL, ask_plain, take_answer } },
	{ "find", run_loop, { NULL, ask_find, take_answer } },
	{ "update", run_loop, { NULL, ask_update, take_answer } },
	{ "import", run_import, { NULL, ask_import, take_import } },
	{ "echo", run_loop, { NULL, ask_get, take_any } },
	{ "hello", run_loop, { NULL, ask_hello, take_answer } },
	{ "right", run_loop, { NULL, ask_right, take_any } },
	{ "wrong", run_loop, { NULL, ask_wrong, take_any } },
	{ "login", run_login, { 0 } },
	{ "idle", run_idle, { 0 } },
};

/* --- the command line ----------------------------------------------------*/

static bool set(struct load *l, const char *key, const char *value)
{
	const struct {
		const char *key;
		const char **text;
		unsigned *number;
	} options[] = { { "user", &l->user, NULL },
		{ "password", &l->password, NULL },
		{ "ids", &l->ids_path, NULL }, { "conns", NULL, &l->conns },
		{ "depth", NULL, &l->depth }, { "rate", NULL, &l->rate },
		{ "batch", NULL, &l->batch }, { "first", NULL, &l->first },
		{ "graded", NULL, &l->graded }, { "count", NULL, &l->count } };

	for (size_t i = 0; i < sizeof options / sizeof *options; i++) {
		if (strcmp(options[i].key, key))
			continue;
		if (options[i].text)
			*options[i].text = value;
		else
			*options[i].number = (unsigned)strtoul(value, NULL, 10);
		return true;
	}
	if (strcmp(key, "server"))
		return false;
	l->server = atoi(value);
	return true;
}

static void parse(struct load *l, int count, char **arguments)
{
	*l = (struct load){ .mode = arguments[1],
		.port = atoi(arguments[2]),
		.ca = arguments[3],
		.conns = 1,
		.depth = 1,
		.batch = 200,
		.graded = 1,
		.state = clock_monotonic_ns() };
	for (int i = 4; i < count; i++) {
		char *sign = strchr(arguments[i], '=');

		need(sign, "an argument is KEY=VALUE");
		*sign = 0;
		need(set(l, arguments[i], sign + 1), "an unknown argument");
	}
}

int main(int count, char **arguments)
{
	static struct load l;

	need(count >= 4, "usage: load MODE PORT CA [key=value ...]");
	parse(&l, count, arguments);
	l.wire = wire_open(l.port, l.ca, l.server);
	for (size_t i = 0; i < sizeof modes / sizeof *modes; i++) {
		if (strcmp(modes[i].name, l.mode))
			continue;
		modes[i].run(&l, &modes[i].driver);
		wire_close(l.wire);
		free(l.known);
		return l.refused ? 1 : 0;
	}
	need(false, "no such mode");
	return 1;
}
