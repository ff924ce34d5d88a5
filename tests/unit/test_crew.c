// SPDX-License-Identifier: MIT
/*
 * A crew's queue is bounded, and no source has all of it.
 */
#include "small_book.h"

#include <pthread.h>

#include "server/rpc/crew.h"

#define QUEUE 8

/* Tasks stop at the gate until it is opened. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	bool is_open;
	unsigned inside, most, done;
};

struct job {
	struct crew_task task;
	struct gate *gate;
};

static struct book *book;

static void run(struct crew_task *t, struct desk *d)
{
	struct gate *g = ((struct job *)t)->gate;
	(void)d;
	pthread_mutex_lock(&g->lock);
	g->inside++;
	g->most = g->inside > g->most ? g->inside : g->most;
	pthread_cond_broadcast(&g->moved);
	while (!g->is_open)
		pthread_cond_wait(&g->moved, &g->lock);
	g->inside--;
	g->done++;
	pthread_cond_broadcast(&g->moved);
	pthread_mutex_unlock(&g->lock);
}

static void wait_inside(struct gate *g, unsigned count)
{
	pthread_mutex_lock(&g->lock);
	while (g->inside < count)
		pthread_cond_wait(&g->moved, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static enum err open_desk(void *ctx, struct desk *desk)
{
	(void)ctx;
	*desk = (struct desk){ 0 };
	return snapshot_open(book->store, &desk->snapshot);
}

static void close_desk(struct desk *desk)
{
	snapshot_close(desk->snapshot);
}

static struct crew *open_pool(unsigned threads)
{
	struct crew_options o = { .threads = threads,
		.queue = QUEUE,
		.open = open_desk,
		.close = close_desk };
	struct crew *p;
	assert_int_equal(crew_open(&o, &p), ERR_OK);
	return p;
}

static void open_gate(struct gate *g)
{
	pthread_mutex_lock(&g->lock);
	g->is_open = true;
	pthread_cond_broadcast(&g->moved);
	pthread_mutex_unlock(&g->lock);
}

static void gate_init(struct gate *g)
{
	*g = (struct gate){ .is_open = false };
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->moved, NULL);
}

/* How many of `count` were taken. */
static unsigned push(struct crew *p, struct gate *g, struct job *jobs,
    unsigned count, uint64_t source)
{
	unsigned taken = 0;
	for (unsigned i = 0; i < count; i++) {
		jobs[i] = (struct job){ { .source = source, .run = run }, g };
		taken += crew_push(p, &jobs[i].task) == ERR_OK;
	}
	return taken;
}

static void test_queue_is_bounded_and_all_taken_is_done(void **state)
{
	struct crew *p = open_pool(1);
	struct job jobs[1 + 2 * QUEUE];
	struct gate g;
	(void)state;
	gate_init(&g);
	assert_int_equal(push(p, &g, jobs, 1, 0), 1);
	wait_inside(&g, 1);
	assert_int_equal(push(p, &g, jobs + 1, 2 * QUEUE, 0), QUEUE);
	open_gate(&g);
	crew_close(p);
	assert_int_equal(g.done, 1 + QUEUE);
}

static void test_one_source_has_one_thread_and_half_of_the_queue(void **state)
{
	struct crew *p = open_pool(2);
	struct job flood[2 * QUEUE], other[1];
	struct gate g;
	(void)state;
	gate_init(&g);
	assert_int_equal(push(p, &g, flood, 1, 7), 1);
	wait_inside(&g, 1);
	assert_int_equal(push(p, &g, flood + 1, QUEUE, 7), QUEUE / 2);
	/* Somebody else comes later and is served at once. */
	assert_int_equal(push(p, &g, other, 1, 8), 1);
	wait_inside(&g, 2);
	assert_int_equal(g.most, 2);
	open_gate(&g);
	crew_close(p);
	assert_int_equal(g.done, 2 + QUEUE / 2);
}

static void test_a_source_goes_on_with_its_next(void **state)
{
	struct crew *p = open_pool(2);
	struct job jobs[QUEUE / 2];
	struct gate g;
	(void)state;
	gate_init(&g);
	g.is_open = true;
	for (unsigned i = 0; i < 50; i++) {
		unsigned taken = push(p, &g, jobs, QUEUE / 2, 7);
		pthread_mutex_lock(&g.lock);
		while (g.done < taken)
			pthread_cond_wait(&g.moved, &g.lock);
		g.done = 0;
		pthread_mutex_unlock(&g.lock);
		assert_int_equal(g.most, 1);
	}
	crew_close(p);
}

static int set_up(void **state)
{
	(void)state;
	book = book_new();
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	book_free(book);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_queue_is_bounded_and_all_taken_is_done),
		cmocka_unit_test(
		    test_one_source_has_one_thread_and_half_of_the_queue),
		cmocka_unit_test(test_a_source_goes_on_with_its_next),
	};
	return cmocka_run_group_tests(tests, set_up, tear_down);
}
