// SPDX-License-Identifier: MIT
/*
 * The committer: batches, the hook, a full disk, and a process killed under
 * load.
 */
#include "store_fixture.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/mount.h>
#include <sys/wait.h>

/* --- batches -------------------------------------------------------------*/

/* Holds the committer in the first completion until the gate opens. */
struct gate {
	pthread_mutex_t lock;
	pthread_cond_t moved;
	bool is_held, is_open;
	int landed;
	enum err outcomes[16];
};

struct ticket {
	struct gate *gate;
	int index;
};

static void gate_init(struct gate *g)
{
	*g = (struct gate){ 0 };
	pthread_mutex_init(&g->lock, NULL);
	pthread_cond_init(&g->moved, NULL);
}

static void hold(struct plan *p, enum err outcome, void *ctx)
{
	struct gate *g = ctx;
	(void)p;
	(void)outcome;
	pthread_mutex_lock(&g->lock);
	g->is_held = true;
	pthread_cond_broadcast(&g->moved);
	while (!g->is_open)
		pthread_cond_wait(&g->moved, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static void land(struct plan *p, enum err outcome, void *ctx)
{
	struct ticket *t = ctx;
	(void)p;
	pthread_mutex_lock(&t->gate->lock);
	t->gate->outcomes[t->index] = outcome;
	t->gate->landed++;
	pthread_cond_broadcast(&t->gate->moved);
	pthread_mutex_unlock(&t->gate->lock);
}

static void close_gate(struct fixture *f, struct gate *g)
{
	struct plan *p = logged_plan(f);
	assert_int_equal(store_submit(f->store, p, hold, g), ERR_OK);
	pthread_mutex_lock(&g->lock);
	while (!g->is_held)
		pthread_cond_wait(&g->moved, &g->lock);
	pthread_mutex_unlock(&g->lock);
}

static void open_gate(struct gate *g, int wanted)
{
	pthread_mutex_lock(&g->lock);
	g->is_open = true;
	pthread_cond_broadcast(&g->moved);
	while (g->landed < wanted)
		pthread_cond_wait(&g->moved, &g->lock);
	pthread_mutex_unlock(&g->lock);
	pthread_cond_destroy(&g->moved);
	pthread_mutex_destroy(&g->lock);
}

static void test_plans_of_one_batch_see_each_other(void **state)
{
	struct fixture *f = *state;
	struct gate gate;
	struct ticket tickets[3];
	struct plan *plans[3];
	struct store_figures before, after;
	struct row row;
	gate_init(&gate);
	close_gate(f, &gate);
	store_read_figures(f->store, &before);
	for (int i = 0; i < 3; i++) {
		tickets[i] = (struct ticket){ &gate, i };
		plans[i] = plan_new(&f->arena);
		plan_draft(plans[i], text("d"));
		plan_expect(plans[i], TABLE_ROW, text("k"),
		    i == 2 ? EXPECT_VERSION : EXPECT_ABSENT, 1);
		plan_put(plans[i], TABLE_ROW, text("k"),
		    long_value(3000, (unsigned)i));
		assert_int_equal(
		    store_submit(f->store, plans[i], land, &tickets[i]),
		    ERR_OK);
	}
	open_gate(&gate, 3);
	store_read_figures(f->store, &after);
	assert_int_equal(after.commits, before.commits + 1);
	assert_int_equal(gate.outcomes[0], ERR_OK);
	assert_int_equal(gate.outcomes[1], ERR_CONFLICT);
	assert_int_equal(gate.outcomes[2], ERR_OK);
	for (int i = 0; i < 3; i++)
		assert_int_equal(plan_position(plans[i]), i + 1);
	assert_int_equal(get(f, TABLE_ROW, text("k"), &row), ERR_OK);
	assert_int_equal(row.version, 3);
	assert_true(bytes_equal(row.value, long_value(3000, 2)));
}

static void test_queue_past_its_bounds_is_busy(void **state)
{
	struct fixture *f = *state;
	struct gate gate;
	struct ticket tickets[4];
	snapshot_close(f->snapshot);
	f->snapshot = NULL;
	store_close(f->store);
	f->options.create = false;
	f->options.queue_plans = 3;
	f->options.queue_bytes = 10000;
	assert_int_equal(store_open(&f->options, &f->store), ERR_OK);
	gate_init(&gate);
	close_gate(f, &gate);
	struct plan *big = plan_new(&f->arena);
	plan_put(big, TABLE_ROW, text("big"), long_value(20000, 0));
	assert_int_equal(
	    store_submit(f->store, big, land, &tickets[0]), ERR_BUSY);
	for (int i = 0; i < 4; i++) {
		struct plan *p = plan_new(&f->arena);
		tickets[i] = (struct ticket){ &gate, i };
		plan_put(p, TABLE_ROW, text("k"), text("v"));
		assert_int_equal(store_submit(f->store, p, land, &tickets[i]),
		    i < 3 ? ERR_OK : ERR_BUSY);
	}
	open_gate(&gate, 3);
	assert_int_equal(snapshot_open(f->store, &f->snapshot), ERR_OK);
}

static void test_close_finishes_accepted_plans(void **state)
{
	struct fixture *f = *state;
	struct gate gate;
	struct ticket tickets[10];
	gate_init(&gate);
	for (int i = 0; i < 10; i++) {
		uint8_t key = (uint8_t)i;
		struct plan *p = plan_new(&f->arena);
		tickets[i] = (struct ticket){ &gate, i };
		plan_draft(p, text("d"));
		plan_put(p, TABLE_ROW, bytes_of(&key, 1), text("v"));
		assert_int_equal(
		    store_submit(f->store, p, land, &tickets[i]), ERR_OK);
	}
	reopen(f);
	open_gate(&gate, 10);
	assert_int_equal(count_rows(f, TABLE_ROW), 10);
	assert_int_equal(store_head(f->store), 10);
}

/* --- the hook ------------------------------------------------------------*/

struct journal {
	unsigned appended, conflicts, finished, settled, undone;
	uint64_t next, kept; /* positions; kept after the last commit */
};

static enum err journal_append(void *ctx, struct writer *w, uint64_t position,
    struct bytes draft, enum err outcome)
{
	struct journal *j = ctx;
	uint8_t key[8];
	struct row row;
	assert_int_equal(position, j->next);
	j->next++;
	j->appended++;
	j->conflicts += outcome == ERR_CONFLICT;
	put_be64(key, position);
	enum err err = writer_put(w, TABLE_LOG, bytes_of(key, 8), draft);
	if (err == ERR_OK)
		err = writer_get(w, TABLE_LOG, bytes_of(key, 8), &row);
	if (err == ERR_OK)
		assert_true(bytes_equal(row.value, draft));
	return err;
}

static enum err journal_finish(void *ctx, struct writer *w)
{
	struct journal *j = ctx;
	j->finished++;
	return writer_put(w, TABLE_META, text("root"), text("r"));
}

static void journal_settle(void *ctx, bool committed)
{
	struct journal *j = ctx;
	if (committed) {
		j->settled++;
		j->kept = j->next;
	} else {
		j->undone++;
		j->next = j->kept;
	}
}

static void test_hook_logs_every_draft_whatever_the_outcome(void **state)
{
	struct fixture *f = *state;
	struct journal j = { 0 };
	struct commit_hook hook = { &j, journal_append, journal_finish,
		journal_settle };
	struct row row;
	store_set_hook(f->store, &hook);
	assert_int_equal(put(f, TABLE_ROW, text("k"), text("v")), ERR_OK);
	struct plan *p = fresh_plan(f);
	plan_draft(p, long_value(6000, 9));
	plan_expect(p, TABLE_ROW, text("k"), EXPECT_ABSENT, 0);
	plan_put(p, TABLE_ROW, text("k"), text("w"));
	assert_int_equal(store_commit(f->store, p), ERR_CONFLICT);
	p = fresh_plan(f);
	plan_put(p, TABLE_TOKEN, text("t"), text("v"));
	assert_int_equal(store_commit(f->store, p), ERR_OK);
	assert_int_equal(j.appended, 2);
	assert_int_equal(j.conflicts, 1);
	assert_int_equal(j.finished, 2);
	assert_int_equal(j.settled, 2);
	assert_int_equal(count_rows(f, TABLE_LOG), 2);
	assert_int_equal(get(f, TABLE_ROW, text("k"), &row), ERR_OK);
	assert_true(bytes_is(row.value, "v"));
	uint8_t key[8] = { 0, 0, 0, 0, 0, 0, 0, 1 };
	assert_int_equal(get(f, TABLE_LOG, bytes_of(key, 8), &row), ERR_OK);
	assert_true(bytes_equal(row.value, long_value(6000, 9)));
}

/* --- a full disk ---------------------------------------------------------*/

/* A mount of our own name space: it goes with the process. */
static bool mount_small(const char *dir)
{
	return unshare(CLONE_NEWNS) == 0 &&
	       mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 &&
	       mount("tmpfs", dir, "tmpfs", 0, "size=12m,mode=0700") == 0;
}

static uint32_t fill_disk(struct fixture *f)
{
	uint32_t n = 0;
	uint8_t key[4];
	enum err err = ERR_OK;
	while (err == ERR_OK && n < 10000) {
		put_be32(key, n);
		err = put(f, TABLE_ROW, bytes_of(key, 4), long_value(9000, n));
		n += err == ERR_OK;
	}
	assert_int_equal(err, ERR_FULL);
	return n;
}

static void check_filled(struct fixture *f, uint32_t from, uint32_t to)
{
	struct row row;
	uint8_t key[4];
	for (uint32_t i = from; i < to; i++) {
		put_be32(key, i);
		assert_int_equal(
		    get(f, TABLE_ROW, bytes_of(key, 4), &row), ERR_OK);
		assert_true(bytes_equal(row.value, long_value(9000, i)));
	}
}

static void drop_rows(struct fixture *f, uint32_t from, uint32_t to)
{
	uint8_t key[4];
	for (uint32_t i = from; i < to; i++) {
		struct plan *p = logged_plan(f);
		put_be32(key, i);
		plan_del(p, TABLE_ROW, bytes_of(key, 4));
		assert_int_equal(store_commit(f->store, p), ERR_OK);
	}
}

static void recover_from_full(struct fixture *f)
{
	struct journal j = { 0 };
	struct commit_hook hook = { &j, journal_append, journal_finish,
		journal_settle };
	struct store_figures g;
	store_set_hook(f->store, &hook);
	uint32_t n = fill_disk(f);
	uint64_t head = store_head(f->store);
	assert_true(n > 100);
	assert_int_equal(head, n);
	store_read_figures(f->store, &g);
	assert_true(g.full);
	check_filled(f, 0, n);
	snapshot_rest(f->snapshot);
	assert_true(j.undone > 0);
	drop_rows(f, 0, n / 2);
	store_read_figures(f->store, &g);
	assert_false(g.full);
	for (uint32_t i = 0; i < n / 4; i++) {
		uint8_t key[4];
		put_be32(key, i);
		assert_int_equal(
		    put(f, TABLE_ROW, bytes_of(key, 4), long_value(9000, i)),
		    ERR_OK);
	}
	check_filled(f, 0, n / 4);
	check_filled(f, n / 2, n);
	reopen(f);
	assert_int_equal(store_head(f->store), head + n / 2 + n / 4);
	check_filled(f, n / 2, n);
}

static void test_full_disk_refuses_and_recovers_without_reopening(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	(void)state;
	snprintf(f->dir, sizeof(f->dir), "/tmp/kehu-test-store-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	if (!mount_small(f->dir)) {
		print_message("SKIPPED: mounting a small tmpfs needs root\n");
		rmdir(f->dir);
		free(f);
		skip();
	}
	store_options_init(&f->options, f->dir);
	f->options.create = true;
	arena_init(&f->arena, 65536, (size_t)16 * 1024 * 1024);
	assert_int_equal(store_open(&f->options, &f->store), ERR_OK);
	assert_int_equal(snapshot_open(f->store, &f->snapshot), ERR_OK);
	recover_from_full(f);
	snapshot_close(f->snapshot);
	store_close(f->store);
	arena_release(&f->arena);
	assert_int_equal(umount(f->dir), 0);
	rmdir(f->dir);
	free(f);
}

static void test_full_map_lets_small_plans_of_a_batch_pass(void **state)
{
	struct fixture *f = *state;
	struct gate gate;
	struct ticket tickets[3];
	struct plan *plans[3];
	snapshot_close(f->snapshot);
	f->snapshot = NULL;
	store_close(f->store);
	f->options.create = false;
	f->options.map_size_mib = 1;
	assert_int_equal(store_open(&f->options, &f->store), ERR_OK);
	gate_init(&gate);
	close_gate(f, &gate);
	for (int i = 0; i < 3; i++) {
		uint8_t key = (uint8_t)i;
		tickets[i] = (struct ticket){ &gate, i };
		plans[i] = plan_new(&f->arena);
		plan_draft(plans[i], text("d"));
		plan_put(plans[i], TABLE_ROW, bytes_of(&key, 1),
		    long_value(i == 1 ? STORE_VALUE : 100, 0));
		assert_int_equal(
		    store_submit(f->store, plans[i], land, &tickets[i]),
		    ERR_OK);
	}
	open_gate(&gate, 3);
	assert_int_equal(gate.outcomes[0], ERR_OK);
	assert_int_equal(gate.outcomes[1], ERR_FULL);
	assert_int_equal(gate.outcomes[2], ERR_OK);
	assert_int_equal(plan_position(plans[0]), 1);
	assert_int_equal(plan_position(plans[2]), 2);
	assert_int_equal(snapshot_open(f->store, &f->snapshot), ERR_OK);
	assert_int_equal(count_rows(f, TABLE_ROW), 2);
}

/* --- killed --------------------------------------------------------------*/

/*
 * Round n of the child puts row n and bumps "last" to n in one plan, then
 * tells n to the parent.  Never returns.
 */
static void write_until_killed(const char *dir, int tell, uint32_t first)
{
	struct store_options o;
	struct store *s;
	struct arena a;
	store_options_init(&o, dir);
	if (store_open(&o, &s) != ERR_OK)
		_exit(1);
	arena_init(&a, 65536, (size_t)4 * 1024 * 1024);
	for (uint32_t n = first;; n++) {
		uint8_t key[4];
		put_be32(key, n);
		arena_reset(&a);
		struct plan *p = plan_new(&a);
		plan_draft(p, text("d"));
		plan_put(p, TABLE_ROW, bytes_of(key, 4),
		    long_value(n * 97 % 6000, n));
		plan_put(p, TABLE_META, text("last"), bytes_of(key, 4));
		if (store_commit(s, p) != ERR_OK ||
		    write(tell, &n, sizeof(n)) != sizeof(n))
			_exit(1);
	}
}

/* Kills a child after `wanted` acknowledgements; returns the last one. */
static uint32_t kill_round(struct fixture *f, uint32_t first, uint32_t wanted)
{
	int pipes[2];
	uint32_t last = 0, n;
	assert_int_equal(pipe(pipes), 0);
	pid_t child = fork();
	if (child == 0)
		write_until_killed(f->dir, pipes[1], first);
	assert_true(child > 0);
	close(pipes[1]);
	for (uint32_t i = 0; i < wanted; i++) {
		assert_int_equal(read(pipes[0], &n, sizeof(n)), sizeof(n));
		last = n;
	}
	kill(child, SIGKILL);
	while (read(pipes[0], &n, sizeof(n)) == sizeof(n))
		last = n;
	close(pipes[0]);
	assert_int_equal(waitpid(child, NULL, 0), child);
	return last;
}

static void check_after_kill(struct fixture *f, uint32_t acknowledged)
{
	struct row row;
	uint8_t key[4];
	assert_int_equal(get(f, TABLE_META, text("last"), &row), ERR_OK);
	uint32_t last = get_be32(row.value.data);
	assert_in_range(last, acknowledged, acknowledged + 1);
	assert_int_equal(store_head(f->store), last + 1);
	assert_int_equal(count_rows(f, TABLE_ROW), last + 1);
	for (uint32_t i = 0; i <= last; i++) {
		put_be32(key, i);
		assert_int_equal(
		    get(f, TABLE_ROW, bytes_of(key, 4), &row), ERR_OK);
		assert_true(
		    bytes_equal(row.value, long_value(i * 97 % 6000, i)));
		assert_int_equal(row.version, i);
	}
}

static void test_kill_loses_no_acknowledged_plan(void **state)
{
	struct fixture *f = *state;
	for (uint32_t round = 0; round < 8; round++) {
		uint32_t first = (uint32_t)store_head(f->store);
		snapshot_close(f->snapshot);
		store_close(f->store);
		f->snapshot = NULL;
		f->store = NULL;
		uint32_t last = kill_round(f, first, 5 + round * 9);
		reopen(f);
		check_after_kill(f, last);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		THREAD(test_plans_of_one_batch_see_each_other),
		THREAD(test_queue_past_its_bounds_is_busy),
		THREAD(test_close_finishes_accepted_plans),
		INLINE(test_hook_logs_every_draft_whatever_the_outcome),
		THREAD(test_full_map_lets_small_plans_of_a_batch_pass),
		THREAD(test_kill_loses_no_acknowledged_plan),
		cmocka_unit_test(
		    test_full_disk_refuses_and_recovers_without_reopening),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
