// SPDX-License-Identifier: MIT
/*
 * Tokens: what is stored of them, when they are good, what they are good for.
 */
#include "default_book.h"

#include "common/pack.h"
#include "server/access/effective.h"
#include "server/access/tokens.h"
#include "server/access/uses.h"

static int set_up(void **state)
{
	struct office *o = office_new();
	office_add(o, "wang", "sales", BYTES_NONE);
	office_add(o, "li", "clerk", BYTES_NONE);
	*state = o;
	return 0;
}

static int tear_down(void **state)
{
	office_free(*state);
	return 0;
}

static struct token keep(
    struct office *o, int64_t expires_ms, char secret[static TOKEN_TEXT])
{
	const struct account *who = office_find(o, "wang");
	struct token t = { .kind = TOKEN_KEPT,
		.account = who->id,
		.stamp = who->stamp,
		.expires_ms = expires_ms,
		.from = "10.0.0.7:99" };
	struct plan *p = book_plan(o->book);
	assert_int_equal(
	    token_plan(p, o->book->sealer, &o->book->random, &t, secret),
	    ERR_OK);
	assert_int_equal(book_commit(o->book, p), ERR_OK);
	return t;
}

static struct token issue(struct office *o, const char *role,
    const char *network, char secret[static TOKEN_TEXT])
{
	const struct account *who = office_find(o, "wang");
	struct token t = { .kind = TOKEN_ISSUED,
		.account = who->id,
		.stamp = who->stamp,
		.creator = who->id,
		.created_ms = 5,
		.expires_ms = 1000,
		.name = "ERP 接口",
		.from = "",
		.roles = { role },
		.role_count = 1 };
	struct plan *p = book_plan(o->book);
	if (network) {
		assert_int_equal(network_parse(bytes_text(network),
				     &t.networks[t.network_count++]),
		    ERR_OK);
	}
	assert_int_equal(
	    token_plan(p, o->book->sealer, &o->book->random, &t, secret),
	    ERR_OK);
	assert_int_equal(book_commit(o->book, p), ERR_OK);
	return t;
}

static enum err find(struct office *o, const char *secret, struct token *out)
{
	struct digest key;
	assert_int_equal(token_parse(bytes_text(secret), &key), ERR_OK);
	assert_int_equal(snapshot_renew(o->book->snapshot), ERR_OK);
	return token_get(
	    o->book->snapshot, o->book->sealer, &key, &o->book->arena, out);
}

static enum token_state judge(
    struct office *o, const struct token *t, int64_t now_ms)
{
	struct token_scene scene = { .now_ms = now_ms, .peer = "10.0.0.7:1" };
	return token_judge(
	    t, directory_account_by_id(o->directory, t->account), &scene);
}

static void test_token_opens_until_it_expires(void **state)
{
	struct office *o = *state;
	char secret[TOKEN_TEXT], other[TOKEN_TEXT];
	struct digest key;
	struct token t;
	keep(o, 1000, secret);
	keep(o, 1000, other);
	assert_string_not_equal(secret, other);
	assert_int_equal(find(o, secret, &t), ERR_OK);
	assert_int_equal(t.account, office_find(o, "wang")->id);
	assert_string_equal(t.from, "10.0.0.7:99");
	assert_int_equal(judge(o, &t, 999), TOKEN_GOOD);
	assert_int_equal(judge(o, &t, 1000), TOKEN_EXPIRED);
	secret[5] = secret[5] == '0' ? '1' : '0';
	assert_int_equal(find(o, secret, &t), ERR_NOT_FOUND);
	assert_int_equal(token_parse(bytes_text(""), &key), ERR_INVALID);
	assert_int_equal(token_parse(bytes_text("zz"), &key), ERR_INVALID);
}

static void test_revoked_token_is_gone_alone(void **state)
{
	struct office *o = *state;
	char secret[TOKEN_TEXT], other[TOKEN_TEXT];
	struct plan *p = book_plan(o->book);
	struct token t = keep(o, 1000, secret);
	keep(o, 1000, other);
	assert_int_equal(token_plan_revoke(p, &t.key), ERR_OK);
	assert_int_equal(book_commit(o->book, p), ERR_OK);
	assert_int_equal(find(o, secret, &t), ERR_NOT_FOUND);
	assert_int_equal(find(o, other, &t), ERR_OK);
}

static void test_noting_a_use_does_not_bring_a_revoked_one_back(void **state)
{
	struct office *o = *state;
	char secret[TOKEN_TEXT];
	struct token t = keep(o, 1000, secret);
	struct plan *p = book_plan(o->book);
	assert_int_equal(token_plan_revoke(p, &t.key), ERR_OK);
	assert_int_equal(book_commit(o->book, p), ERR_OK);
	p = book_plan(o->book);
	assert_int_equal(token_plan_used(p, o->book->sealer, &t), ERR_OK);
	assert_int_equal(book_commit(o->book, p), ERR_CONFLICT);
	assert_int_equal(find(o, secret, &t), ERR_NOT_FOUND);
}

static enum err get(struct office *o, struct tokens *opened,
    const struct digest *key, const struct token **out)
{
	assert_int_equal(snapshot_renew(o->book->snapshot), ERR_OK);
	return tokens_get(opened, o->book->snapshot, o->book->sealer, key, out);
}

static void test_an_opened_token_is_gone_when_revoked(void **state)
{
	struct office *o = *state;
	char secret[TOKEN_TEXT];
	struct tokens *opened = tokens_new();
	struct token t = keep(o, 1000, secret);
	const struct token *got, *again;
	struct plan *p = book_plan(o->book);
	assert_int_equal(get(o, opened, &t.key, &got), ERR_OK);
	assert_int_equal(got->account, t.account);
	assert_string_equal(got->from, "10.0.0.7:99");
	assert_int_equal(get(o, opened, &t.key, &again), ERR_OK);
	assert_ptr_equal(got, again);
	assert_int_equal(token_plan_revoke(p, &t.key), ERR_OK);
	assert_int_equal(book_commit(o->book, p), ERR_OK);
	assert_int_equal(get(o, opened, &t.key, &got), ERR_NOT_FOUND);
	tokens_free(opened);
}

static void test_a_row_written_anew_is_opened_anew(void **state)
{
	struct office *o = *state;
	char secret[TOKEN_TEXT];
	struct tokens *opened = tokens_new();
	struct token t = keep(o, 1000, secret);
	const struct token *got;
	struct plan *p = book_plan(o->book);
	assert_int_equal(get(o, opened, &t.key, &got), ERR_OK);
	assert_string_equal(got->from, "10.0.0.7:99");
	t.from = "10.0.0.8:1";
	assert_int_equal(token_plan_used(p, o->book->sealer, &t), ERR_OK);
	assert_int_equal(book_commit(o->book, p), ERR_OK);
	assert_int_equal(get(o, opened, &t.key, &got), ERR_OK);
	assert_string_equal(got->from, "10.0.0.8:1");
	tokens_free(opened);
}

/* More tokens than slots: those that meet in one keep apart. */
static void test_no_opened_token_is_taken_for_another(void **state)
{
	struct office *o = *state;
	char secret[TOKEN_TEXT];
	struct tokens *opened = tokens_new();
	struct token of[300];
	const struct token *got;
	for (int i = 0; i < 300; i++)
		of[i] = keep(o, 1000 + i, secret);
	for (int i = 0; i < 600; i++) {
		const struct token *t = &of[i % 300];
		assert_int_equal(get(o, opened, &t->key, &got), ERR_OK);
		assert_int_equal(got->expires_ms, t->expires_ms);
	}
	tokens_free(opened);
}

static void change(struct office *o, const char *login, bool disable)
{
	const struct account *before = office_find(o, login);
	struct account after = *before;
	after.disabled = disable;
	if (!disable)
		after.role_count = 0;
	assert_int_equal(office_put(o, before, &after), ERR_OK);
	assert_int_equal(office_refresh(o), ERR_OK);
}

static void test_changed_account_ends_what_was_kept(void **state)
{
	struct office *o = *state;
	char secret[TOKEN_TEXT];
	struct token kept = keep(o, 1000, secret);
	struct token issued = issue(o, "sales", NULL, secret);
	const struct account *before = office_find(o, "wang");
	struct account after = *before;
	after.name = "王";
	assert_int_equal(office_put(o, before, &after), ERR_OK);
	assert_int_equal(office_refresh(o), ERR_OK);
	assert_int_equal(judge(o, &kept, 0), TOKEN_GOOD);
	change(o, "wang", false);
	assert_int_equal(judge(o, &kept, 0), TOKEN_OUTDATED);
	assert_int_equal(judge(o, &issued, 0), TOKEN_GOOD);
	change(o, "wang", true);
	assert_int_equal(judge(o, &kept, 0), TOKEN_CLOSED);
	assert_int_equal(judge(o, &issued, 0), TOKEN_CLOSED);
}

static void test_issued_token_has_some_roles_and_no_more(void **state)
{
	struct office *o = *state;
	char secret[TOKEN_TEXT];
	struct token t, other = issue(o, "clerk", NULL, secret);
	const struct account *wang = office_find(o, "wang");
	struct effective now;
	issue(o, "sales", NULL, secret);
	assert_int_equal(find(o, secret, &t), ERR_OK);
	assert_string_equal(t.name, "ERP 接口");
	assert_int_equal(t.created_ms, 5);
	assert_int_equal(token_roles(&t, o->directory),
	    directory_role_bit(o->directory, bytes_text("sales")));
	assert_int_equal(effective_decide(o->directory, wang,
			     token_roles(&other, o->directory), &now),
	    ERR_OK);
	assert_int_equal(now.roles, 0);
	change(o, "wang", false);
	assert_int_equal(effective_decide(o->directory, office_find(o, "wang"),
			     token_roles(&t, o->directory), &now),
	    ERR_OK);
	assert_int_equal(now.roles, 0);
}

static void test_token_opens_from_its_networks_alone(void **state)
{
	static const struct {
		const char *network, *peer;
		bool opens;
	} cases[] = {
		{ "10.1.0.0/16", "10.1.255.3:80", true },
		{ "10.1.0.0/16", "10.2.0.1:80", false },
		{ "10.1.0.0/16", "[::ffff:10.1.0.9]:80", true },
		{ "10.1.0.0/16", "[::10.1.0.9]:80", false },
		{ "10.1.2.3", "10.1.2.3:80", true },
		{ "10.1.2.3", "10.1.2.4:80", false },
		{ "0.0.0.0/0", "203.0.113.9:80", true },
		{ "0.0.0.0/0", "[2001:db8::1]:80", false },
		{ "2001:db8::/33", "[2001:db8:7fff::1]:80", true },
		{ "2001:db8::/33", "[2001:db8:8000::1]:80", false },
		{ "2001:db8::1", "[2001:db8::1]:80", true },
		{ "::/0", "10.1.0.9:80", true },
		{ "10.0.0.0/8", "nonsense", false },
		{ "::/0", "", false },
	};
	struct office *o = *state;
	const struct account *wang = office_find(o, "wang");
	char secret[TOKEN_TEXT];
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct token_scene scene = { .peer = cases[i].peer };
		struct token t;
		issue(o, "sales", cases[i].network, secret);
		assert_int_equal(find(o, secret, &t), ERR_OK);
		assert_int_equal(token_judge(&t, wang, &scene),
		    cases[i].opens ? TOKEN_GOOD : TOKEN_ELSEWHERE);
	}
}

static void test_networks_that_are_none_are_refused(void **state)
{
	static const char *const words[] = { "", "10.1.0.0/33", "10.1.0.1/16",
		"10.1/16", "010.1.0.0/16", "10.1.0.0/", "10.1.0.0/016",
		"10.1.0.0/-1", "10.1.0.0/16 ", "::1/64", "::/129", "::g",
		"localhost", "10.1.0.0/1e1", "2001:db8::/32/1" };
	struct network n;
	char text[NETWORK_TEXT];
	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		assert_int_equal(
		    network_parse(bytes_text(words[i]), &n), ERR_INVALID);
	assert_int_equal(
	    network_parse(bytes_of("10.0.0.1\0x", 10), &n), ERR_INVALID);
	assert_int_equal(network_parse(bytes_text("10.1.0.0/16"), &n), ERR_OK);
	network_format(&n, text);
	assert_string_equal(text, "10.1.0.0/16");
	assert_int_equal(
	    network_parse(bytes_text("2001:DB8::/32"), &n), ERR_OK);
	network_format(&n, text);
	assert_string_equal(text, "2001:db8::/32");
}

static void test_kept_token_ends_when_nobody_uses_it(void **state)
{
	struct office *o = *state;
	const struct account *wang = office_find(o, "wang");
	char secret[TOKEN_TEXT];
	struct token kept = keep(o, 10000, secret);
	struct token issued = issue(o, "sales", NULL, secret);
	struct token_scene scene = { .now_ms = 899,
		.used_ms = 600,
		.idle_ms = 300,
		.peer = "10.0.0.7:1" };
	kept.used_ms = 500;
	assert_int_equal(token_judge(&kept, wang, &scene), TOKEN_GOOD);
	scene.now_ms = 900;
	assert_int_equal(token_judge(&kept, wang, &scene), TOKEN_IDLE);
	assert_int_equal(token_judge(&issued, wang, &scene), TOKEN_GOOD);
	kept.used_ms = 601;
	assert_int_equal(token_judge(&kept, wang, &scene), TOKEN_GOOD);
}

/* [account, stamp, expires], as the first version wrote it. */
static void test_token_of_the_first_version_must_log_in_anew(void **state)
{
	struct office *o = *state;
	const struct account *wang = office_find(o, "wang");
	struct plan *p = book_plan(o->book);
	char secret[TOKEN_TEXT];
	struct token t = keep(o, 1000, secret);
	struct bytes key = bytes_of(t.key.of, DIGEST_SIZE);
	struct token_scene scene = { .now_ms = 999, .idle_ms = 500 };
	struct buf plain, sealed;
	buf_init(&plain, 100);
	buf_init(&sealed, 500);
	pack_array(&plain, 3);
	pack_uint(&plain, wang->id);
	pack_uint(&plain, wang->stamp);
	pack_int(&plain, 1000);
	assert_int_equal(seal_system(o->book->sealer, "token", key,
			     buf_bytes(&plain), &sealed),
	    ERR_OK);
	plan_put(p, TABLE_TOKEN, key, buf_bytes(&sealed));
	assert_int_equal(book_commit(o->book, p), ERR_OK);
	assert_int_equal(find(o, secret, &t), ERR_OK);
	assert_int_equal(t.kind, TOKEN_KEPT);
	assert_int_equal(t.expires_ms, 1000);
	assert_int_equal(token_judge(&t, wang, &scene), TOKEN_IDLE);
	buf_release(&plain);
	buf_release(&sealed);
}

static void test_token_is_found_by_its_id(void **state)
{
	struct office *o = *state;
	char secret[TOKEN_TEXT];
	struct token found, t = issue(o, "sales", NULL, secret);
	keep(o, 1000, secret);
	assert_int_equal(strlen(t.id), TOKEN_ID - 1);
	assert_int_equal(token_get_by_id(o->book->snapshot, o->book->sealer,
			     bytes_text(t.id), &o->book->arena, &found),
	    ERR_OK);
	assert_memory_equal(&found.key, &t.key, sizeof(t.key));
	assert_int_equal(
	    token_get_by_id(o->book->snapshot, o->book->sealer,
		bytes_text("0000000000000000"), &o->book->arena, &found),
	    ERR_NOT_FOUND);
	assert_int_equal(token_get_by_id(o->book->snapshot, o->book->sealer,
			     bytes_of(t.id, 4), &o->book->arena, &found),
	    ERR_NOT_FOUND);
}

static void test_uses_reach_the_rows_now_and_then(void **state)
{
	struct office *o = *state;
	struct uses *u = uses_new();
	char secret[TOKEN_TEXT];
	struct token t = keep(o, INT64_C(1) << 40, secret);
	struct plan *p = book_plan(o->book);
	unsigned count;
	assert_int_equal(uses_last(u, &t.key), 0);
	uses_note(u, &t.key, 30 * 1000);
	uses_note(u, &t.key, 10 * 1000); /* does not go back */
	assert_int_equal(uses_last(u, &t.key), 30 * 1000);
	assert_int_equal(uses_plan(u, p, o->book->snapshot, o->book->sealer,
			     &o->book->arena, &count),
	    ERR_OK);
	assert_int_equal(count, 0); /* the row is not half a minute behind */
	uses_note(u, &t.key, 90 * 1000);
	assert_int_equal(uses_plan(u, p, o->book->snapshot, o->book->sealer,
			     &o->book->arena, &count),
	    ERR_OK);
	assert_int_equal(count, 1);
	assert_int_equal(book_commit(o->book, p), ERR_OK);
	assert_int_equal(find(o, secret, &t), ERR_OK);
	assert_int_equal(t.used_ms, 90 * 1000);
	assert_int_equal(uses_plan(u, p, o->book->snapshot, o->book->sealer,
			     &o->book->arena, &count),
	    ERR_OK);
	assert_int_equal(count, 0);
	uses_free(u);
}

static void test_sweep_takes_what_has_expired(void **state)
{
	struct office *o = *state;
	char secret[TOKEN_TEXT];
	struct token_list *list;
	struct plan *p = book_plan(o->book);
	unsigned count;
	keep(o, 1000, secret);
	struct token stays = keep(o, 1001, secret);
	assert_int_equal(token_plan_sweep(p, o->book->snapshot, o->book->sealer,
			     1000, &o->book->arena, &count),
	    ERR_OK);
	assert_int_equal(count, 1);
	assert_int_equal(book_commit(o->book, p), ERR_OK);
	assert_int_equal(token_list(o->book->snapshot, o->book->sealer, 0,
			     &o->book->arena, &list),
	    ERR_OK);
	assert_string_equal(list->token.id, stays.id);
	assert_null(list->next);
	assert_int_equal(token_list(o->book->snapshot, o->book->sealer,
			     office_find(o, "li")->id, &o->book->arena, &list),
	    ERR_OK);
	assert_null(list);
}

static void test_store_holds_no_token_in_clear(void **state)
{
	struct office *o = *state;
	char secret[TOKEN_TEXT];
	struct bytes key;
	struct scan *scan;
	struct row row;
	issue(o, "sales", NULL, secret);
	uint8_t raw[32];
	assert_int_equal(hex_parse(bytes_text(secret), raw, 32), ERR_OK);
	assert_int_equal(scan_open(o->book->snapshot, TABLE_TOKEN, BYTES_NONE,
			     BYTES_NONE, SCAN_UP, &scan),
	    ERR_OK);
	assert_true(scan_next(scan, &key, &row));
	assert_int_equal(key.len, 32);
	assert_memory_not_equal(key.data, raw, 32);
	assert_null(memmem(row.value.data, row.value.len, raw, 32));
	assert_null(memmem(row.value.data, row.value.len, "ERP", 3));
	assert_false(scan_next(scan, &key, &row));
	scan_close(scan);
}

static void test_a_clock_set_back_stops_nothing(void **state)
{
	struct steady s;
	const uint64_t second = 1000000000;
	(void)state;
	steady_init(&s);
	assert_int_equal(steady_ms(&s, 5000000, 100 * second), 5000000);
	assert_int_equal(steady_ms(&s, 5001000, 101 * second), 5001000);
	/* an hour back: it goes on at the monotonic pace */
	assert_int_equal(steady_ms(&s, 1401000, 101 * second), 5001000);
	assert_int_equal(steady_ms(&s, 1461000, 161 * second), 5061000);
	/* forward: it follows */
	assert_int_equal(steady_ms(&s, 9000000, 162 * second), 9000000);
	assert_int_equal(steady_ms(&s, 5065000, 165 * second), 9003000);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH(test_token_opens_until_it_expires),
		WITH(test_revoked_token_is_gone_alone),
		WITH(test_noting_a_use_does_not_bring_a_revoked_one_back),
		WITH(test_an_opened_token_is_gone_when_revoked),
		WITH(test_a_row_written_anew_is_opened_anew),
		WITH(test_no_opened_token_is_taken_for_another),
		WITH(test_changed_account_ends_what_was_kept),
		WITH(test_issued_token_has_some_roles_and_no_more),
		WITH(test_token_opens_from_its_networks_alone),
		cmocka_unit_test(test_networks_that_are_none_are_refused),
		WITH(test_kept_token_ends_when_nobody_uses_it),
		WITH(test_token_of_the_first_version_must_log_in_anew),
		WITH(test_token_is_found_by_its_id),
		WITH(test_uses_reach_the_rows_now_and_then),
		WITH(test_sweep_takes_what_has_expired),
		WITH(test_store_holds_no_token_in_clear),
		cmocka_unit_test(test_a_clock_set_back_stops_nothing),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
