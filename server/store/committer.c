// SPDX-License-Identifier: MIT
/*
 * Natural group commit: validate, apply, log, commit, publish, complete.
 *
 * A batch is what the queue held, and what came while that was applied, up to
 * BATCH_COST: a commit that frees fewer than a thousand pages keeps LMDB's
 * free list in runs of two at most.  A plan past that (an import's) frees more
 * anyway; with others of its kind it dirties the pages that they share once.
 * Validate-then-apply, so that a plan in conflict has written nothing; plans
 * of one batch see the earlier ones' writes.  Without space the batch is
 * undone, what was freed is made usable, and its plans are tried one by one,
 * so that a small one or a deletion still passes.  Any other failure ends the
 * process: a sync that failed is never tried again.
 */
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/store/committer.h"
#include "server/store/plan.h"

#define BATCH_COST   640
#define BULK_COST    40000 /* of a batch whose first plan is past BATCH_COST */
#define WAIT_MOST    2000000 /* ns */
#define WAIT_SHARE   4       /* see gather() */
#define PAUSES       16
#define TIDY_AFTER_S 1

struct batch {
	struct plan *first, **end;
	unsigned cost;
	size_t count;
};

struct committer {
	struct engine *engine;
	struct commit_hook hook;
	bool has_hook;
	bool is_inline;
	size_t most_plans, most_bytes;
	uint64_t next; /* log position, of the transaction in hand */
	pthread_t thread;

	pthread_mutex_t lock; /* over all down to the empty line */
	pthread_cond_t arrived;
	struct plan *queue, **queue_end;
	size_t queued_plans, queued_bytes;
	bool is_waiting;  /* the thread, for `arrived` */
	size_t wanted;    /* plans that it waits for; 0: does not */
	size_t expected;  /* in flight when the last batch ended */
	uint64_t took_ns; /* by the last batch */
	size_t took_count;
	unsigned pauses; /* batches before it waits again */
	bool is_working; /* somebody runs batches (inline) */
	bool is_closing;

	atomic_uint_fast64_t head;
	atomic_uint_fast64_t commits;
	atomic_uint_fast64_t plans;
	atomic_uint_fast64_t refused;
	atomic_bool full;
	atomic_bool refuses; /* as if it were */
};

/* --- applying ------------------------------------------------------------*/

static struct bytes key_of(const struct step *s)
{
	return bytes_of(s->key, s->key_len);
}

static enum err check_step(struct writer *w, const struct step *s)
{
	struct found f;
	enum err err = writer_find(w, s->table, key_of(s), &f);
	if (err != ERR_OK && err != ERR_NOT_FOUND)
		return err;
	bool is_there = err == ERR_OK;
	bool holds = s->expect == EXPECT_ABSENT ? !is_there : is_there;
	if (s->expect == EXPECT_VERSION)
		holds = is_there && f.version == s->version;
	return holds ? ERR_OK : ERR_CONFLICT;
}

static enum err check(struct writer *w, const struct plan *p)
{
	enum err err = ERR_OK;
	for (const struct step *s = p->expects; s && err == ERR_OK; s = s->next)
		err = check_step(w, s);
	return err;
}

static enum err write_steps(
    struct writer *w, const struct plan *p, uint64_t position)
{
	enum err err = ERR_OK;
	for (const struct step *s = p->writes; s && err == ERR_OK;
	     s = s->next) {
		if (s->kind == STEP_PUT_AT)
			put_be64(s->key, position);
		err = s->kind == STEP_DEL
			  ? writer_del(w, s->table, key_of(s))
			  : writer_put(w, s->table, key_of(s), s->value);
	}
	return err;
}

/* ERR_OK also after a conflict: that is the plan's outcome, no failure. */
static enum err apply(struct committer *c, struct writer *w, struct plan *p)
{
	writer_at(w, p->has_draft ? c->next : 0);
	p->outcome = check(w, p);
	if (p->outcome != ERR_OK && p->outcome != ERR_CONFLICT)
		return p->outcome;
	if (p->outcome == ERR_OK) {
		enum err err = write_steps(w, p, c->next);
		if (err != ERR_OK)
			return err;
	}
	if (!p->has_draft)
		return ERR_OK;
	p->position = c->next++;
	if (!c->has_hook)
		return ERR_OK;
	return c->hook.append(
	    c->hook.ctx, w, p->position, p->draft, p->outcome);
}

/* --- batches -------------------------------------------------------------*/

static void batch_init(struct batch *b)
{
	*b = (struct batch){ 0 };
	b->end = &b->first;
}

/* Moves plans from the queue to the batch, one at least if it is empty. */
static void take(struct committer *c, struct batch *b)
{
	while (c->queue) {
		struct plan *p = c->queue;
		unsigned most = b->cost > BATCH_COST ? BULK_COST : BATCH_COST;
		if (b->first && b->cost + p->cost > most)
			return;
		c->queue = p->next;
		if (!c->queue)
			c->queue_end = &c->queue;
		c->queued_plans--;
		c->queued_bytes -= p->bytes;
		p->next = NULL;
		*b->end = p;
		b->end = &p->next;
		b->cost += p->cost;
		b->count++;
	}
}

/* What came while the batch was applied may still join: first of the new. */
static struct plan *take_more(struct committer *c, struct batch *b)
{
	struct plan **end = b->end;
	pthread_mutex_lock(&c->lock);
	take(c, b);
	pthread_mutex_unlock(&c->lock);
	return *end;
}

static enum err apply_all(
    struct committer *c, struct writer *w, struct batch *b, bool may_grow)
{
	struct plan *p = b->first;
	while (p) {
		enum err err = apply(c, w, p);
		if (err != ERR_OK)
			return err;
		p = p->next ? p->next : may_grow ? take_more(c, b) : NULL;
	}
	if (c->has_hook && c->next != atomic_load(&c->head))
		return c->hook.finish(c->hook.ctx, w);
	return ERR_OK;
}

/* Nobody must get an answer that may be wrong; the cause has been logged. */
static void give_up(void)
{
	log_error("store: the last commit's fate is unknown; ending");
	_exit(err_exit(ERR_INTERNAL));
}

static void settle(struct committer *c, bool committed)
{
	bool was_called = c->next != atomic_load(&c->head);
	if (c->has_hook && was_called)
		c->hook.settle(c->hook.ctx, committed);
	if (!committed)
		c->next = atomic_load(&c->head);
}

/* One transaction: ERR_OK or ERR_FULL, after which nothing was written. */
static enum err transact(struct committer *c, struct batch *b, bool may_grow)
{
	struct writer *w;
	enum err err = writer_begin(c->engine, &w);
	if (err == ERR_OK) {
		err = apply_all(c, w, b, may_grow);
		if (err == ERR_OK && atomic_load(&c->refuses))
			err = ERR_FULL;
		if (err == ERR_OK)
			err = writer_commit(w, c->next);
		else
			writer_abort(w);
	}
	if (err != ERR_OK && err != ERR_FULL)
		give_up();
	settle(c, err == ERR_OK);
	if (err != ERR_OK)
		return err;
	/* Head before count: who sees the count move finds the head. */
	atomic_store(&c->head, c->next);
	atomic_fetch_add(&c->commits, 1);
	return ERR_OK;
}

static void note_space(struct committer *c, bool is_full)
{
	if (atomic_exchange(&c->full, is_full) == is_full)
		return;
	if (is_full)
		log_warning("store: no space left, changes are refused");
	else
		log_info("store: there is space again");
}

static void complete(struct committer *c, struct plan *p)
{
	while (p) {
		struct plan *next = p->next; /* done() may free the plan */
		atomic_fetch_add_explicit(&c->plans, 1, memory_order_relaxed);
		if (p->outcome != ERR_OK)
			atomic_fetch_add_explicit(
			    &c->refused, 1, memory_order_relaxed);
		p->done(p, p->outcome, p->ctx);
		p = next;
	}
}

static void run_single(struct committer *c, struct plan *p)
{
	struct batch b;
	batch_init(&b);
	b.first = p;
	p->next = NULL;
	enum err err = transact(c, &b, false);
	if (err != ERR_OK)
		p->outcome = err;
	note_space(c, err != ERR_OK);
	complete(c, p);
}

static void run_batch(struct committer *c, struct batch *b)
{
	if (transact(c, b, true) == ERR_OK) {
		note_space(c, false);
		complete(c, b->first);
		return;
	}
	enum err err = engine_make_room(c->engine);
	if (err != ERR_OK && err != ERR_FULL)
		give_up();
	struct plan *p = b->first;
	while (p) {
		struct plan *next = p->next;
		run_single(c, p);
		p = next;
	}
}

/* --- the thread ----------------------------------------------------------*/

/*
 * Clients that wait for their answers come back together, a moment after a
 * batch: without a wait they would take turns in two batches of half the
 * size, and each pays its own sync.  A wait is worth no more than that sync,
 * whose share of a batch's time falls with the plans in it: two halves of a
 * large batch, one built while the other is written, are as good as a whole.
 * A wait that was for nothing is not repeated soon.
 */
static void gather(struct committer *c)
{
	struct timespec until;
	uint64_t most = c->took_ns / (WAIT_SHARE + c->took_count / WAIT_SHARE);
	int rc = 0;
	if (c->is_inline || c->queued_plans >= c->expected ||
	    c->queue->cost > BATCH_COST)
		return;
	if (c->pauses > 0) {
		c->pauses--;
		return;
	}
	most = clock_monotonic_ns() + (most < WAIT_MOST ? most : WAIT_MOST);
	until.tv_sec = (time_t)(most / 1000000000);
	until.tv_nsec = (long)(most % 1000000000);
	c->wanted = c->expected;
	while (c->queued_plans < c->wanted && !c->is_closing && rc == 0)
		rc = pthread_cond_timedwait(&c->arrived, &c->lock, &until);
	if (c->queued_plans < c->wanted)
		c->pauses = PAUSES;
	c->wanted = 0;
}

/* Runs batches until the queue is empty; called and left with the lock. */
static void drain(struct committer *c)
{
	while (c->queue) {
		struct batch b;
		gather(c);
		batch_init(&b);
		take(c, &b);
		pthread_mutex_unlock(&c->lock);
		uint64_t start = clock_monotonic_ns();
		run_batch(c, &b);
		pthread_mutex_lock(&c->lock);
		c->took_ns = clock_monotonic_ns() - start;
		c->took_count = b.count;
		c->expected = b.count + c->queued_plans;
	}
}

/* Until a plan comes.  An engine with something to tidy up is told when none
 * has come for a while. */
static void await(struct committer *c, bool *is_tidy)
{
	struct timespec until;
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec += TIDY_AFTER_S;
	int rc = 0;
	c->is_waiting = true;
	if (*is_tidy)
		pthread_cond_wait(&c->arrived, &c->lock);
	else
		rc = pthread_cond_timedwait(&c->arrived, &c->lock, &until);
	c->is_waiting = false;
	if (rc != ETIMEDOUT || c->queue)
		return;
	if (engine_tidy(c->engine, is_tidy) != ERR_OK)
		give_up();
}

static void *run(void *arg)
{
	struct committer *c = arg;
	bool is_tidy = false;
	pthread_mutex_lock(&c->lock);
	for (;;) {
		is_tidy = is_tidy && !c->queue;
		drain(c);
		if (c->is_closing)
			break;
		await(c, &is_tidy);
	}
	pthread_mutex_unlock(&c->lock);
	return NULL;
}

enum err committer_submit(
    struct committer *c, struct plan *p, plan_done_fn done, void *ctx)
{
	if (p->err != ERR_OK)
		return p->err;
	if (p->needs_position && !p->has_draft)
		return ERR_INVALID;
	plan_sort_writes(p);
	p->done = done;
	p->ctx = ctx;
	p->next = NULL;
	pthread_mutex_lock(&c->lock);
	ASSERT(!c->is_closing);
	if (c->queued_plans >= c->most_plans ||
	    p->bytes > c->most_bytes - c->queued_bytes) {
		pthread_mutex_unlock(&c->lock);
		atomic_fetch_add(&c->refused, 1);
		return ERR_BUSY;
	}
	*c->queue_end = p;
	c->queue_end = &p->next;
	c->queued_plans++;
	c->queued_bytes += p->bytes;
	bool wakes =
	    c->is_waiting || (c->wanted && c->queued_plans >= c->wanted);
	/* A plan submitted by a completion waits for the drain it is in. */
	if (c->is_inline && !c->is_working) {
		c->is_working = true;
		drain(c);
		c->is_working = false;
	}
	pthread_mutex_unlock(&c->lock);
	/* Not before: the thread would wake only to wait for the lock. */
	if (wakes)
		pthread_cond_signal(&c->arrived);
	return ERR_OK;
}

/* --- life ----------------------------------------------------------------*/

enum err committer_open(struct engine *e, const struct store_options *options,
    struct committer **out)
{
	struct committer *c = must_alloc(sizeof(*c));
	memset(c, 0, sizeof(*c));
	c->engine = e;
	c->is_inline = options->inline_commit;
	c->most_plans = options->queue_plans;
	c->most_bytes = options->queue_bytes;
	c->next = engine_head(e);
	atomic_init(&c->head, c->next);
	c->queue_end = &c->queue;
	pthread_mutex_init(&c->lock, NULL);
	pthread_condattr_t monotonic;
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&c->arrived, &monotonic);
	pthread_condattr_destroy(&monotonic);
	*out = c;
	if (c->is_inline || pthread_create(&c->thread, NULL, run, c) == 0)
		return ERR_OK;
	log_error("store: cannot start the committer's thread");
	c->is_inline = true;
	committer_close(c);
	*out = NULL;
	return ERR_INTERNAL;
}

void committer_close(struct committer *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->lock);
	c->is_closing = true;
	pthread_cond_signal(&c->arrived);
	pthread_mutex_unlock(&c->lock);
	if (!c->is_inline)
		pthread_join(c->thread, NULL);
	pthread_cond_destroy(&c->arrived);
	pthread_mutex_destroy(&c->lock);
	free(c);
}

void committer_set_hook(struct committer *c, const struct commit_hook *hook)
{
	pthread_mutex_lock(&c->lock);
	ASSERT(!c->has_hook);
	c->hook = *hook;
	c->has_hook = true;
	pthread_mutex_unlock(&c->lock);
}

void committer_refuse(struct committer *c, bool refuse)
{
	atomic_store(&c->refuses, refuse);
}

uint64_t committer_head(const struct committer *c)
{
	return atomic_load(&c->head);
}

uint64_t committer_commits(const struct committer *c)
{
	return atomic_load(&c->commits);
}

void committer_figures(struct committer *c, struct store_figures *out)
{
	out->commits = atomic_load(&c->commits);
	out->plans = atomic_load(&c->plans);
	out->plans_refused = atomic_load(&c->refused);
	out->full = atomic_load(&c->full);
	pthread_mutex_lock(&c->lock);
	out->queued_plans = c->queued_plans;
	out->queued_bytes = c->queued_bytes;
	pthread_mutex_unlock(&c->lock);
}
