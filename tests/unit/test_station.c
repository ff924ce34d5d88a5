// SPDX-License-Identifier: MIT
/*
 * What a station and the crews hold, and what outlives what.
 */
#include "whole_book.h"

/* Or the store keeps every page that is written from then on. */
static void test_whoever_is_idle_holds_no_snapshot(void **state)
{
	struct whole *w = *state;
	struct store_figures figures;

	new_customer(w, "sh-sales", "某某客户", "");
	snapshot_rest(w->book->snapshot);
	snapshot_rest(w->desk.snapshot);
	station_rest(w->station);
	store_read_figures(w->book->store, &figures);
	assert_int_equal(figures.oldest_reader_ms, 0);
}

/* --- refusals --------------------------------------------------------------*/

/* Returns when a worker is done with it; nobody has answered it yet. */
__attribute__((format(printf, 3, 4))) static void perform(
    struct whole *w, const char *method, const char *format, ...)
{
	unsigned before = w->task_count;
	va_list args;

	va_start(args, format);
	whole_vtell(w, "sh-sales", method, format, args);
	va_end(args);
	pthread_mutex_lock(&w->lock);
	while (w->task_count == before)
		pthread_cond_wait(&w->posted, &w->lock);
	pthread_mutex_unlock(&w->lock);
}

static void read_answer(struct whole *w)
{
	w->answered = false;
	while (!w->answered)
		whole_run_task(w);
	whole_read(w);
	assert_false(w->ok);
}

/* What words them must not be the worker's: its next request may come after
 * an administrator, and then it reads schema and roles anew. */
static void test_a_refusal_outlives_the_schema_that_it_names(void **state)
{
	struct whole *w = *state;

	perform(w, "record.group", "{'entity':'customer','by':['mobile']}");
	perform(w, "record.group",
	    "{'entity':'customer','by':['status'],"
	    "'where':['=','mobile','13800138000']}");
	whole_roles(w, NULL, 0);
	perform(w, "record.group", "{'entity':'nothing','by':['status']}");
	read_answer(w);
	assert_string_equal(at(w, "field"), "mobile");
	assert_string_equal(at(w, "errors.0.field"), "mobile");
	assert_string_equal(at(w, "errors.0.rule"), "sealed");
	read_answer(w);
	assert_string_equal(at(w, "code"), "denied");
	assert_string_equal(at(w, "field"), "mobile");
	read_answer(w);
}

/* --- crews ---------------------------------------------------------------*/

struct job {
	struct crew_task task;
	pthread_mutex_t *gate; /* runs once it is open */
	bool is_done;
};

static enum err open_desk(void *ctx, struct desk *desk)
{
	struct whole *w = ctx;

	return desk_open(&w->rpc->options, w->rpc->series, desk);
}

static void run_job(struct crew_task *t, struct desk *d)
{
	struct job *j = (struct job *)t;

	(void)d;
	pthread_mutex_lock(j->gate);
	j->is_done = true;
	pthread_mutex_unlock(j->gate);
}

/* Who waited for his turn is not sent away for those that came meanwhile. */
static void test_a_full_pool_takes_what_was_let_in_before(void **state)
{
	struct whole *w = *state;
	pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
	struct job jobs[3];
	struct crew_options options = { .threads = 1,
		.queue = 1,
		.open = open_desk,
		.close = desk_close,
		.ctx = w };
	struct crew *crew;

	for (unsigned i = 0; i < 3; i++)
		jobs[i] = (struct job){ .task.run = run_job, .gate = &gate };
	assert_int_equal(crew_open(&options, &crew), ERR_OK);
	pthread_mutex_lock(&gate);
	/* One at most runs: the other waits, and the queue is full. */
	assert_int_equal(crew_push(crew, &jobs[0].task), ERR_OK);
	assert_int_equal(crew_push_again(crew, &jobs[1].task), ERR_OK);
	assert_int_equal(crew_push(crew, &jobs[2].task), ERR_BUSY);
	assert_int_equal(crew_push_again(crew, &jobs[2].task), ERR_OK);
	pthread_mutex_unlock(&gate);
	crew_close(crew);
	for (unsigned i = 0; i < 3; i++)
		assert_true(jobs[i].is_done);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(
		    test_a_full_pool_takes_what_was_let_in_before, whole_setup,
		    whole_teardown),
		cmocka_unit_test_setup_teardown(
		    test_whoever_is_idle_holds_no_snapshot, whole_setup,
		    whole_teardown),
		cmocka_unit_test_setup_teardown(
		    test_a_refusal_outlives_the_schema_that_it_names,
		    whole_setup, whole_teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
