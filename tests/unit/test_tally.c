// SPDX-License-Identifier: MIT
/*
 * Tallies: every request is counted in exactly one entry, however many.
 */
#include "small_book.h"

#include "server/audit/auditlog.h"
#include "server/audit/tally.h"

#define MINUTE 60000

struct fixture {
	struct book *book;
	struct auditlog *log;
	struct tally *tally;
};

static int set_up(void **state)
{
	struct fixture *f = calloc(1, sizeof(*f));
	f->book = book_new();
	assert_int_equal(auditlog_open(f->book->store, f->book->keys,
			     &f->book->clock, f->book->note, &f->log),
	    ERR_OK);
	f->tally = tally_new();
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;
	struct auditlog *log = f->log;
	struct tally *tally = f->tally;
	book_free(f->book);
	tally_free(tally);
	auditlog_close(log);
	free(f);
	return 0;
}

static void refuse(struct fixture *f, uint64_t user, const char *peer,
    const char *method, int64_t now_ms)
{
	struct draft d = { .user = user,
		.login = user ? "wang" : NULL,
		.peer = peer,
		.method = method,
		.result = "denied" };
	tally_refusal(f->tally, &d, now_ms);
}

static void flush(struct fixture *f, int64_t now_ms, bool all)
{
	assert_int_equal(
	    tally_flush(f->tally, f->book->store, now_ms, all), ERR_OK);
	assert_int_equal(snapshot_renew(f->book->snapshot), ERR_OK);
}

static struct entry entry_at(struct fixture *f, uint64_t at)
{
	struct entry e;
	struct bytes leaf;
	assert_int_equal(auditlog_leaf(f->book->snapshot, at, &leaf), ERR_OK);
	assert_int_equal(leaf_parse(leaf, &f->book->arena, &e), ERR_OK);
	return e;
}

static uint64_t entries(struct fixture *f)
{
	return store_head(f->book->store);
}

static uint64_t sum(struct fixture *f)
{
	uint64_t all = 0;
	for (uint64_t i = 0; i < entries(f); i++)
		all += entry_at(f, i).draft.count;
	return all;
}

static void test_like_refusals_share_an_entry(void **state)
{
	struct fixture *f = *state;
	for (int i = 0; i < 5; i++)
		refuse(f, 3, "192.0.2.1:1000", "record.get", 1000);
	refuse(f, 3, "192.0.2.1:1000", "record.find", 1000);
	refuse(f, 4, "192.0.2.1:1000", "record.get", 1000);
	flush(f, 1000, false);
	assert_int_equal(entries(f), 3);
	assert_int_equal(sum(f), 7);
	assert_int_equal(entry_at(f, 0).draft.count, 5);
	assert_string_equal(entry_at(f, 0).result, "denied");
	assert_string_equal(entry_at(f, 0).draft.login, "wang");
}

static void test_stranger_is_his_address_whatever_the_port(void **state)
{
	struct fixture *f = *state;
	refuse(f, 0, "192.0.2.1:1000", "session.login", 1000);
	refuse(f, 0, "192.0.2.1:1001", "session.login", 1000);
	refuse(f, 0, "192.0.2.2:1000", "session.login", 1000);
	refuse(f, 0, "[2001:db8::1]:1000", "session.login", 1000);
	refuse(f, 0, "[2001:db8::1]:1001", "session.login", 1000);
	flush(f, 1000, false);
	assert_int_equal(entries(f), 3);
	assert_int_equal(sum(f), 5);
}

static void test_flood_of_one_source_makes_few_entries(void **state)
{
	struct fixture *f = *state;
	for (int64_t ms = 0; ms < MINUTE; ms += 10) {
		refuse(f, 0, "192.0.2.1:9", "session.login", ms);
		flush(f, ms, false);
	}
	assert_true(entries(f) <= 5);
	flush(f, MINUTE, false);
	assert_true(entries(f) <= 6);
	assert_int_equal(sum(f), MINUTE / 10);
}

static void test_flood_of_many_sources_is_bounded(void **state)
{
	struct fixture *f = *state;
	unsigned count = 20000;
	for (unsigned i = 0; i < count; i++) {
		char peer[64];
		snprintf(peer, sizeof(peer), "10.%u.%u.%u:7", i >> 16,
		    i >> 8 & 255, i & 255);
		refuse(f, 0, peer, i & 1 ? "session.login" : "session.hello",
		    1000);
	}
	flush(f, 1000, true);
	assert_true(entries(f) <= TALLY_MOST + 2);
	assert_int_equal(sum(f), count);
}

static void test_made_up_methods_share_a_row(void **state)
{
	struct fixture *f = *state;
	unsigned count = 5000;
	for (unsigned i = 0; i < count; i++) {
		char method[32];
		snprintf(method, sizeof(method), "made.%u", i);
		refuse(f, 1, "192.0.2.1:7", method, 1000);
	}
	flush(f, 1000, true);
	assert_true(entries(f) <= TALLY_MOST + 128);
	assert_int_equal(sum(f), count);
}

/* As on a full disk: minutes go by and nothing is flushed. */
static void test_what_cannot_be_flushed_stays_bounded(void **state)
{
	struct fixture *f = *state;
	unsigned count = 0;
	for (int64_t minute = 0; minute < 3; minute++) {
		for (unsigned i = 0; i < 2000; i++, count++) {
			char method[32];
			snprintf(method, sizeof(method), "made.%u", i);
			refuse(f, 1, "192.0.2.1:7", method, minute * MINUTE);
		}
	}
	flush(f, 3 * MINUTE, true);
	assert_true(entries(f) <= TALLY_MOST + 128);
	assert_int_equal(sum(f), count);
}

static void test_reads_are_one_entry_a_session_and_minute(void **state)
{
	struct fixture *f = *state;
	struct draft d = { .user = 3, .login = "wang", .method = "reads" };
	for (int i = 0; i < 100; i++) {
		tally_read(f->tally, 1, &d, 1000 + i);
		tally_read(f->tally, 2, &d, 1000 + i);
	}
	flush(f, 2000, false);
	assert_int_equal(entries(f), 0);
	tally_session_end(f->tally, 2);
	flush(f, 2000, false);
	assert_int_equal(entries(f), 1);
	flush(f, 1000 + MINUTE, false);
	assert_int_equal(entries(f), 2);
	assert_int_equal(sum(f), 200);
	tally_read(f->tally, 1, &d, 1000 + MINUTE);
	flush(f, 1001 + MINUTE, false);
	assert_int_equal(entries(f), 2);
	flush(f, 1001 + MINUTE, true);
	assert_int_equal(sum(f), 201);
}

static enum err refuse_append(void *ctx, struct writer *w, uint64_t position,
    struct bytes draft, enum err outcome)
{
	(void)w;
	(void)position;
	(void)draft;
	(void)outcome;
	return *(bool *)ctx ? ERR_FULL : ERR_OK;
}

static enum err finish_batch(void *ctx, struct writer *w)
{
	(void)ctx;
	(void)w;
	return ERR_OK;
}

static void settle_batch(void *ctx, bool committed)
{
	(void)ctx;
	(void)committed;
}

static void test_what_could_not_be_written_comes_back(void **state)
{
	struct book *b = book_new();
	struct tally *t = tally_new();
	bool is_full = true;
	struct commit_hook hook = { &is_full, refuse_append, finish_batch,
		settle_batch };
	struct draft d = { .user = 3, .method = "record.get" };
	(void)state;
	store_set_hook(b->store, &hook);
	tally_refusal(t, &d, 1000);
	assert_int_equal(tally_flush(t, b->store, 1000, true), ERR_OK);
	assert_int_equal(store_head(b->store), 0);
	is_full = false;
	assert_int_equal(tally_flush(t, b->store, 2000, true), ERR_OK);
	assert_int_equal(store_head(b->store), 1);
	assert_int_equal(tally_flush(t, b->store, 3000, true), ERR_OK);
	assert_int_equal(store_head(b->store), 1);
	book_free(b);
	tally_free(t);
}

static void test_long_texts_are_cut_at_a_character(void **state)
{
	struct fixture *f = *state;
	char login[1200] = "";
	for (int i = 0; i < 300; i++)
		strcat(login, "客");
	struct draft d = { .user = 9, .login = login, .method = "m" };
	tally_refusal(f->tally, &d, 1000);
	flush(f, 1000, true);
	const char *kept = entry_at(f, 0).draft.login;
	assert_true(strlen(kept) > 200 && strlen(kept) % 3 == 0);
}

int main(void)
{
#define WITH_LOG(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH_LOG(test_like_refusals_share_an_entry),
		WITH_LOG(test_stranger_is_his_address_whatever_the_port),
		WITH_LOG(test_flood_of_one_source_makes_few_entries),
		WITH_LOG(test_flood_of_many_sources_is_bounded),
		WITH_LOG(test_made_up_methods_share_a_row),
		WITH_LOG(test_what_cannot_be_flushed_stays_bounded),
		WITH_LOG(test_reads_are_one_entry_a_session_and_minute),
		cmocka_unit_test(test_what_could_not_be_written_comes_back),
		WITH_LOG(test_long_texts_are_cut_at_a_character),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
