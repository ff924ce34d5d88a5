// SPDX-License-Identifier: MIT
/*
 * Rows of counts, found by a hash of who, what and when.
 *
 * A row holds a draft's texts by value; its count is of requests that no
 * entry stands for yet.  Flushing moves a count into a plan of its own, with
 * an arena of its own that lives until the committer is done with it; a plan
 * that could not be written gives its count back through a list under a
 * lock, so that no request is ever lost from the sum.
 */
#include "server/audit/tally.h"

#include <assert.h>
#include <pthread.h>
#include <stdlib.h>

#include "common/log.h"

#define MINUTE_MS  (60 * 1000)
#define OTHERS     128  /* rows kept free for floods, one a method */
#define SLOTS      4096 /* of the hash table; a power of two */
#define AT_ONCE    4    /* entries of a row before it waits for its minute */
#define PLAN_BLOCK (4 * 1024)
#define PLAN_MOST  (64 * 1024)

struct texts {
	char login[264], roles[264], peer[72], token[24], method[64],
	    result[24], why[24], under[64];
	uint8_t spki[32];
};

struct line {
	struct line *next; /* of the returned ones */
	struct draft who;  /* its texts point into `texts` */
	struct texts texts;
	bool is_read;
	uint64_t session; /* of reads */
	int64_t minute;   /* of refusals */
	int64_t since_ms;
	uint64_t count;   /* not yet in an entry */
	unsigned entries; /* already made */
	bool is_ended;    /* its session is over */
};

struct tally {
	struct line *rows[TALLY_MOST + OTHERS];
	size_t count;
	uint16_t slots[SLOTS]; /* 1 + index into rows; 0: free */

	pthread_mutex_t lock; /* over returned, in_flight */
	struct line *returned;
	unsigned in_flight;
};

/* One entry on its way. */
struct flight {
	struct tally *tally;
	struct arena arena;
	struct line row; /* with the count it carries */
};

static_assert(TALLY_MOST + OTHERS < UINT16_MAX, "slots name rows");
static_assert(SLOTS > 2 * (TALLY_MOST + OTHERS), "the table stays sparse");

struct tally *tally_new(void)
{
	struct tally *t = must_alloc(sizeof(*t));

	memset(t, 0, sizeof(*t));
	pthread_mutex_init(&t->lock, NULL);
	return t;
}

void tally_free(struct tally *t)
{
	if (!t)
		return;
	ASSERT(!t->in_flight);
	for (size_t i = 0; i < t->count; i++)
		free(t->rows[i]);
	while (t->returned) {
		struct line *next = t->returned->next;

		free(t->returned);
		t->returned = next;
	}
	pthread_mutex_destroy(&t->lock);
	free(t);
}

/* --- rows ----------------------------------------------------------------*/

/* Cut at a whole character; NULL stays NULL. */
static const char *keep(const char *text, char *to, size_t size)
{
	size_t len = text ? strlen(text) : 0;

	if (!text)
		return NULL;
	if (len >= size) {
		len = size - 1;
		while (len && ((uint8_t)text[len] & 0xc0) == 0x80)
			len--;
	}
	memcpy(to, text, len);
	to[len] = '\0';
	return to;
}

/* Only what the row can hold: no records, reasons, request ids.  A refusal
 * whose cause the log tells names the customer too. */
static void keep_draft(struct line *row, const struct draft *d)
{
	struct texts *t = &row->texts;

	row->who = (struct draft){ .user = d->user,
		.branch = d->branch,
		.subject = d->why ? d->subject : 0 };
	row->who.login = keep(d->login, t->login, sizeof(t->login));
	row->who.roles = keep(d->roles, t->roles, sizeof(t->roles));
	row->who.peer = keep(d->peer, t->peer, sizeof(t->peer));
	row->who.token = keep(d->token, t->token, sizeof(t->token));
	row->who.method = keep(d->method, t->method, sizeof(t->method));
	row->who.why = keep(d->why, t->why, sizeof(t->why));
	row->who.under = keep(d->under, t->under, sizeof(t->under));
	row->who.result = keep(d->result, t->result, sizeof(t->result));
	if (d->spki) {
		memcpy(t->spki, d->spki, sizeof(t->spki));
		row->who.spki = t->spki;
	}
}

static bool same_text(const char *a, const char *b)
{
	return strcmp(a ? a : "", b ? b : "") == 0;
}

/* Without the port, which is another for each connection. */
static struct bytes source_of(const struct draft *d)
{
	const char *peer = d->peer ? d->peer : "";
	const char *colon = strrchr(peer, ':');

	return bytes_of(peer, colon ? (size_t)(colon - peer) : strlen(peer));
}

/* A principal is his account, and the token he came by; a stranger is where
 * he comes from. */
static bool same_who(const struct draft *a, const struct draft *b)
{
	if (a->user || b->user)
		return a->user == b->user && same_text(a->token, b->token);
	return bytes_equal(source_of(a), source_of(b));
}

static bool same_row(const struct line *a, const struct line *b)
{
	if (a->is_read != b->is_read)
		return false;
	if (a->is_read)
		return a->session == b->session;
	return a->minute == b->minute && same_who(&a->who, &b->who) &&
	       a->who.subject == b->who.subject &&
	       same_text(a->who.method, b->who.method) &&
	       same_text(a->who.result, b->who.result) &&
	       same_text(a->who.why, b->who.why);
}

static uint64_t mix(uint64_t hash, struct bytes s)
{
	for (size_t i = 0; i < s.len; i++)
		hash = (hash ^ s.data[i]) * UINT64_C(0x100000001b3);
	return (hash ^ 0xff) * UINT64_C(0x100000001b3);
}

static struct bytes text_of(const char *text)
{
	return bytes_text(text ? text : "");
}

static size_t slot_of(const struct line *row)
{
	uint64_t hash = UINT64_C(0xcbf29ce484222325);
	uint8_t number[8];

	put_be64(number, row->is_read ? row->session : row->who.user);
	hash = mix(hash, bytes_of(number, sizeof(number)));
	if (!row->is_read) {
		put_be64(
		    number, (uint64_t)row->minute ^ row->who.subject << 32);
		hash = mix(hash, bytes_of(number, sizeof(number)));
		if (!row->who.user)
			hash = mix(hash, source_of(&row->who));
		hash = mix(hash, text_of(row->who.method));
		hash = mix(hash, text_of(row->who.result));
		hash = mix(hash, text_of(row->who.why));
	}
	return (hash >> 20) & (SLOTS - 1);
}

/* The slot of its like, or the free one where it would go. */
static uint16_t *find_slot(struct tally *t, const struct line *like)
{
	size_t at = slot_of(like);

	while (t->slots[at] && !same_row(t->rows[t->slots[at] - 1], like))
		at = (at + 1) & (SLOTS - 1);
	return &t->slots[at];
}

static struct line *insert(struct tally *t, uint16_t *slot, struct line *like)
{
	struct line *row = must_alloc(sizeof(*row));

	*row = *like;
	keep_draft(row, &like->who);
	row->next = NULL;
	row->entries = 0;
	row->count = 0;
	t->rows[t->count++] = row;
	*slot = (uint16_t)t->count;
	return row;
}

/* Everyone's row of a method, for floods; methods are few, but whoever makes
 * them up shares the last.  That one knows no minutes: when nothing can be
 * flushed, the next minute finds it too. */
static void make_other(struct tally *t, struct line *like)
{
	struct draft who = { .method = like->who.method,
		.result = like->who.result };
	bool is_last = t->count + 1 >= TALLY_MOST + OTHERS;

	if (is_last)
		who = (struct draft){ .method = "other", .result = "denied" };
	like->is_read = false;
	like->minute = is_last ? 0 : like->since_ms / MINUTE_MS;
	keep_draft(like, &who);
}

static void add(struct tally *t, struct line *like)
{
	uint16_t *slot = find_slot(t, like);

	if (!*slot && t->count >= TALLY_MOST) {
		make_other(t, like);
		slot = find_slot(t, like);
	}
	if (*slot)
		t->rows[*slot - 1]->count += like->count;
	else
		insert(t, slot, like)->count = like->count;
}

static void rebuild(struct tally *t)
{
	memset(t->slots, 0, sizeof(t->slots));
	for (size_t i = 0; i < t->count; i++)
		*find_slot(t, t->rows[i]) = (uint16_t)(i + 1);
}

/* --- counting ------------------------------------------------------------*/

static uint64_t count_of(const struct draft *d)
{
	return d->count ? d->count : 1;
}

void tally_refusal(struct tally *t, const struct draft *d, int64_t now_ms)
{
	struct line like = { .minute = now_ms / MINUTE_MS,
		.since_ms = now_ms,
		.count = count_of(d) };

	keep_draft(&like, d);
	add(t, &like);
}

void tally_read(
    struct tally *t, uint64_t session, const struct draft *d, int64_t now_ms)
{
	struct line like = { .is_read = true,
		.session = session,
		.since_ms = now_ms,
		.count = count_of(d) };
	const uint16_t *slot = find_slot(t, &like);

	/* All but the first of a session's: its row has the texts. */
	if (*slot) {
		t->rows[*slot - 1]->count += like.count;
		return;
	}
	keep_draft(&like, d);
	add(t, &like);
}

void tally_session_end(struct tally *t, uint64_t session)
{
	struct line like = { .is_read = true, .session = session };
	const uint16_t *slot = find_slot(t, &like);

	if (*slot)
		t->rows[*slot - 1]->is_ended = true;
}

/* --- flushing ------------------------------------------------------------*/

static void landed(struct plan *p, enum err outcome, void *ctx)
{
	struct flight *f = ctx;
	struct tally *t = f->tally;
	struct line *back = NULL;

	(void)p;
	if (outcome != ERR_OK) {
		back = must_alloc(sizeof(*back));
		*back = f->row;
		keep_draft(back, &f->row.who);
	}
	arena_release(&f->arena);
	free(f);
	pthread_mutex_lock(&t->lock);
	if (back) {
		back->next = t->returned;
		t->returned = back;
	}
	t->in_flight--;
	pthread_mutex_unlock(&t->lock);
}

static enum err draft_row(struct plan *p, const struct line *row)
{
	struct draft d = row->who;

	d.count = row->count;
	return draft_plan(&d, p);
}

static void count_flight(struct tally *t, int by)
{
	pthread_mutex_lock(&t->lock);
	t->in_flight += (unsigned)by;
	pthread_mutex_unlock(&t->lock);
}

static enum err submit(struct tally *t, struct store *s, struct line *row)
{
	struct flight *f = must_alloc(sizeof(*f));
	struct plan *p;
	enum err e = ERR_TOO_LARGE;

	f->tally = t;
	f->row = *row;
	keep_draft(&f->row, &row->who);
	arena_init(&f->arena, PLAN_BLOCK, PLAN_MOST);
	p = plan_new(&f->arena);
	if (p)
		e = draft_row(p, row);
	if (e == ERR_OK) {
		count_flight(t, 1);
		e = store_submit(s, p, landed, f);
		if (e == ERR_OK)
			return ERR_OK;
		count_flight(t, -1);
	}
	arena_release(&f->arena);
	free(f);
	return e;
}

static bool is_over(const struct line *row, int64_t now_ms)
{
	if (row->is_read)
		return row->is_ended || now_ms - row->since_ms >= MINUTE_MS;
	return now_ms / MINUTE_MS != row->minute;
}

static bool is_due(const struct line *row, int64_t now_ms, bool all)
{
	if (!row->count)
		return false;
	if (all || is_over(row, now_ms))
		return true;
	return !row->is_read && row->entries < AT_ONCE;
}

/* What could not be written is counted again, in this minute. */
static void take_back(struct tally *t, int64_t now_ms)
{
	struct line *list;

	pthread_mutex_lock(&t->lock);
	list = t->returned;
	t->returned = NULL;
	pthread_mutex_unlock(&t->lock);
	while (list) {
		struct line *next = list->next;

		list->since_ms = now_ms;
		list->minute = now_ms / MINUTE_MS;
		add(t, list);
		free(list);
		list = next;
	}
}

static void drop_finished(struct tally *t, int64_t now_ms)
{
	size_t kept = 0, before = t->count;

	for (size_t i = 0; i < t->count; i++) {
		struct line *row = t->rows[i];

		if (!row->count && is_over(row, now_ms))
			free(row);
		else
			t->rows[kept++] = row;
	}
	t->count = kept;
	if (kept != before)
		rebuild(t);
}

enum err tally_flush(struct tally *t, struct store *s, int64_t now_ms, bool all)
{
	enum err e = ERR_OK;

	take_back(t, now_ms);
	for (size_t i = 0; i < t->count && e == ERR_OK; i++) {
		struct line *row = t->rows[i];

		if (!is_due(row, now_ms, all))
			continue;
		e = submit(t, s, row);
		if (e != ERR_OK)
			break;
		row->count = 0;
		row->entries++;
		/* Its minute begins with the next read. */
		if (row->is_read)
			row->is_ended = true;
	}
	drop_finished(t, now_ms);
	return e;
}
