// SPDX-License-Identifier: MIT
/*
 * What history says a record was is what it was; who may not see a field now
 * may not see what it was then; and nobody drops or swaps a step unseen.
 */
#include "whole_ask.h"

#include "server/data/past.h"

#define STEPS  120
#define REASON 1900
#define LITTLE (96 * 1024) /* less than its reasons take */

struct state_at { /* the record's values at a version, as text */
	char *of[SCHEMA_SLOTS];
};

static char *hex_of(struct bytes s)
{
	char *text = calloc(1, 2 * s.len + 1);

	for (size_t i = 0; i < s.len; i++)
		sprintf(text + 2 * i, "%02x", s.data[i]);
	return text;
}

static void keep_state(struct whole *w, struct record *r, struct state_at *out)
{
	for (unsigned i = 0; i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];
		struct grant all = { f, MAY_SEE, USE_PROJECT };
		struct bytes value = BYTES_NONE;

		if (!f->is_auto && f->derive.kind != DERIVE_SUM &&
		    f->derive.kind != DERIVE_LATEST)
			assert_int_equal(
			    record_value(&w->desk, r, &all, &value), ERR_OK);
		out->of[i] = hex_of(value);
	}
}

/* The walk's values before a step are those of the step's version. */
static void assert_state(struct whole *w, struct record *r,
    const struct history_walk *h, const struct state_at *was)
{
	for (unsigned i = 0; i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];
		struct bytes value = h->values[i];
		char *text;

		if (f->is_auto || f->derive.kind == DERIVE_SUM ||
		    f->derive.kind == DERIVE_LATEST)
			continue;
		if (f->sealed && h->sealed[i].len)
			assert_int_equal(
			    history_unseal(&w->desk, r, f, h->versions[i],
				h->sealed[i], &value),
			    ERR_OK);
		text = hex_of(value);
		assert_string_equal(text, was->of[i]);
		free(text);
	}
}

static void change(struct whole *w, const char *id)
{
	static const char *const sets[] = { "'mobile':'1380013800%u'",
		"'city':'城%u'", "'remark':'记%u'", "'tags':['甲%u']",
		"'name':'史记公司%u号'", "'email':'a%u@example.com'" };
	static const char *const unsets[] = { "mobile", "city", "remark",
		"tags", "short_name", "email" };
	uint64_t dice = book_chance(w->book);
	char set[100];

	if (dice % 3 == 0) {
		must(w, "loader", "record.update",
		    "{'entity':'customer','id':'%s','unset':['%s']}", id,
		    unsets[dice / 3 % 6]);
		return;
	}
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
	snprintf(set, sizeof set, sets[dice / 3 % 6], (unsigned)(dice % 10));
#pragma GCC diagnostic pop
	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{%s}}", id, set);
}

static void test_history_gives_the_state_at_each_version(void **state)
{
	struct whole *w = *state;
	struct state_at *was = calloc(STEPS + 2, sizeof *was);
	const char *id;
	struct history_walk h;
	struct record *r;
	uint32_t version;
	enum err err = ERR_OK;

	new_customer(w, "loader", "史记公司", "");
	id = at(w, "id");
	r = open_customer(w, id);
	keep_state(w, r, &was[r->header.version]);
	for (unsigned i = 0; i < STEPS; i++) {
		version = r->header.version;
		change(w, id);
		r = open_customer(w, id);
		if (r->header.version != version)
			keep_state(w, r, &was[r->header.version]);
	}
	assert_int_equal(history_begin(&h, &w->desk, r), ERR_OK);
	for (version = r->header.version; version; version--) {
		assert_state(w, r, &h, &was[version]);
		err = history_next(&h);
		assert_int_equal(err, ERR_OK);
		assert_int_equal(h.step.version, version);
		/* One more step is needed to see the state before. */
		for (unsigned i = 0; i < h.step.change_count; i++) {
			const struct history_change *c = &h.step.changes[i];

			h.values[c->field->slot] = c->old;
			h.sealed[c->field->slot] = c->old_sealed;
			h.versions[c->field->slot] = c->old_version;
		}
	}
	assert_int_equal(history_next(&h), ERR_NOT_FOUND);
	for (unsigned i = 0; i < STEPS + 2; i++)
		for (unsigned k = 0; k < SCHEMA_SLOTS; k++)
			free(was[i].of[k]);
	free(was);
}

static const char *customer_with_secret(struct whole *w)
{
	const char *id;

	new_customer(w, "sh-sales", "密史公司", ",'mobile':'13812345678'");
	id = at(w, "id");
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'机密','set':{"
	    "'credit_limit':'424242'}}",
	    id);
	must(w, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'mobile':'13912345679'}}",
	    id);
	return id;
}

/* Its remark is written anew each time, for a long reason; its city once. */
static const char *written_often(struct whole *w)
{
	const char *id =
	    new_customer(w, "loader", "常改公司", ",'city':'苏州'");
	char reason[REASON + 1];

	memset(reason, 'r', REASON);
	reason[REASON] = 0;
	for (unsigned i = 0; i < STEPS; i++)
		must(w, "loader", "record.update",
		    "{'entity':'customer','id':'%s','set':{'remark':'%u'},"
		    "'reason':'%s'}",
		    id, i, reason);
	must(w, "loader", "record.get", "{'entity':'customer','id':'%s'}", id);
	return at(w, "id");
}

static void assert_same_step(
    const struct history_walk *a, const struct history_walk *b)
{
	assert_int_equal(a->step.version, b->step.version);
	assert_true(bytes_equal(a->step.login, b->step.login));
	for (unsigned i = 0; i < a->record->entity->field_count; i++) {
		assert_true(bytes_equal(a->values[i], b->values[i]));
		assert_true(bytes_equal(a->overruled[i], b->overruled[i]));
	}
}

static void test_a_long_walk_reads_the_same_in_less(void **state)
{
	struct whole *w = *state;
	struct record *r = open_customer(w, written_often(w));
	struct arena *a = r->arena;
	struct history_walk whole, longer;
	struct history_rooms rooms;
	size_t before, all;
	enum err err = ERR_OK;

	history_rooms_init(&rooms);
	assert_int_equal(history_begin(&whole, &w->desk, r), ERR_OK);
	assert_int_equal(
	    history_begin_long(&longer, &w->desk, r, &rooms), ERR_OK);
	before = a->used;
	while (!err) {
		err = history_next(&whole);
		all = a->used;
		assert_int_equal(history_next(&longer), err);
		assert_int_equal(a->used, all);
		assert_same_step(&whole, &longer);
	}
	assert_int_equal(err, ERR_NOT_FOUND);
	assert_true(all - before > STEPS * REASON);
	assert_true(
	    rooms.of[0].used + rooms.of[1].used < STEPS * REASON * 2 / 3);
	history_rooms_release(&rooms);
}

static struct record *open_in(struct whole *w, struct arena *a, const char *id)
{
	struct record *r;
	uint64_t number;

	whole_refresh(w);
	assert_true(id_parse(bytes_text(id), &number));
	arena_init(a, 4096, LITTLE);
	assert_int_equal(
	    record_load(&w->desk, a, whole_entity(w, "customer"), number, &r),
	    ERR_OK);
	assert_int_equal(record_open(&w->desk, r), ERR_OK);
	return r;
}

/* A page of ten behind `after`; where the next one goes on, 0 at the end. */
static uint64_t read_page(struct whole *w, const char *id, uint64_t after)
{
	struct caller who = whole_caller(w, "gm");
	const struct view_entity *ve =
	    view_entity_of(who.view, whole_entity(w, "customer"));
	const struct history_ask ask = { .after = after, .limit = 10 };
	struct shown shown = { 0 };
	struct arena a;
	struct record *r = open_in(w, &a, id);
	struct buf out;
	struct reader in;
	uint64_t next;

	buf_init(&out, 1024 * 1024);
	assert_int_equal(
	    history_show(&w->desk, &who, ve, r, &ask, &out, &shown), ERR_OK);
	in = reader_of(buf_bytes(&out));
	for (uint32_t left = read_array(&in); left; left--) {
		struct bytes version = unpack_lookup(read_raw(&in), "version");
		struct reader number = reader_of(version);

		assert_int_equal(read_uint(&number), ++after);
	}
	read_text(&in);
	next = reader_peek(&in) == UNPACK_NIL ? 0 : read_uint(&in);
	assert_true(!next || next == after);
	assert_true(next || after == STEPS + 1);
	buf_release(&out);
	arena_release(&a);
	return next;
}

static void test_long_history_is_read_by_pages_in_little_memory(void **state)
{
	struct whole *w = *state;
	const char *id = written_often(w);
	int64_t made_ms;
	struct arena a;
	struct record *r;
	uint64_t next = 0;

	do
		next = read_page(w, id, next);
	while (next);
	assert_int_equal(read_page(w, id, STEPS + 1), 0);
	r = open_in(w, &a, id);
	made_ms = r->stamps[0].at_ms;
	assert_int_equal(r->stamps[0].version, 1);
	assert_int_equal(past_rebuild(&w->desk, r, made_ms), ERR_OK);
	assert_int_equal(r->header.version, 1);
	assert_int_equal(r->stamp_count, 1);
	arena_release(&a);
	/* In the middle the body bears two. */
	r = open_in(w, &a, id);
	assert_int_equal(
	    past_rebuild(&w->desk, r, made_ms + STEPS / 2 * 1000), ERR_OK);
	assert_int_equal(r->header.version, 1 + STEPS / 2);
	assert_int_equal(r->stamp_count, 2);
	arena_release(&a);
}

static void test_history_has_no_row_for_a_hidden_change(void **state)
{
	struct whole *w = *state;
	const char *id = customer_with_secret(w);

	must(w, "sh-sales", "record.history", "{'entity':'customer','id':'%s'}",
	    id);
	assert_false(says(w, "credit_limit"));
	assert_false(says(w, "424242"));
	assert_false(says(w, "机密"));
	assert_string_equal(at(w, "versions.1.version"), "2");
	assert_string_equal(at(w, "versions.2"), "");
	must(w, "finance", "record.history", "{'entity':'customer','id':'%s'}",
	    id);
	assert_true(says(w, "424242"));
}

static void test_history_masks_what_is_masked_today(void **state)
{
	struct whole *w = *state;
	const char *id = customer_with_secret(w);

	must(w, "finance", "record.history", "{'entity':'customer','id':'%s'}",
	    id);
	assert_false(says(w, "13812345678"));
	assert_false(says(w, "13912345679"));
	assert_true(says(w, "138****5678"));
}

static void test_history_out_of_scope_is_not_found(void **state)
{
	struct whole *w = *state;
	const char *id = customer_with_secret(w);

	refused(w, "not_found", "hz-manager", "record.history",
	    "{'entity':'customer','id':'%s'}", id);
	refused(w, "not_found", "sh-sales2", "record.history",
	    "{'entity':'customer','id':'%s'}", id);
	refused(w, "unknown", "admin", "record.history",
	    "{'entity':'customer','id':'%s'}", id);
}

/* --- against the log -----------------------------------------------------*/

static void test_untouched_values_agree_with_the_log(void **state)
{
	customer_with_secret(*state);
	assert_int_equal(count_bad(*state), 0);
}

/* The newest history row of a record, and its key. */
static struct bytes newest_step(
    struct whole *w, const struct record *r, struct buf *key)
{
	uint8_t end[ROW_KEY], position[8];
	struct row row;

	put_be64(position, r->position);
	row_key(r->entity->id, r->id, end);
	buf_append(key, position, sizeof position);
	buf_append(key, end, sizeof end);
	assert_int_equal(
	    snapshot_get(w->desk.snapshot, TABLE_HISTORY, buf_bytes(key), &row),
	    ERR_OK);
	return arena_copy(&w->book->arena, row.value);
}

static void put_step(struct whole *w, const struct buf *key, struct bytes value)
{
	struct plan *p = book_plan(w->book);

	plan_put(p, TABLE_HISTORY, buf_bytes(key), value);
	assert_int_equal(store_commit(w->book->store, p), ERR_OK);
}

static void test_dropped_or_altered_step_is_bad(void **state)
{
	struct whole *w = *state;
	const char *id = customer_with_secret(w);
	struct record *r = open_customer(w, id);
	struct plan *p = book_plan(w->book);
	struct buf key;
	struct bytes step;
	uint8_t *byte;

	buf_init(&key, 64);
	step = newest_step(w, r, &key);
	for (size_t i = 0; i < step.len; i++) {
		struct bytes copy = arena_copy(&w->book->arena, step);

		byte = (uint8_t *)(uintptr_t)copy.data + i;
		*byte ^= 0x10;
		put_step(w, &key, copy);
		if (!count_bad(w))
			fail_msg("byte %zu of a history row is free", i);
	}
	plan_del(p, TABLE_HISTORY, buf_bytes(&key));
	assert_int_equal(store_commit(w->book->store, p), ERR_OK);
	assert_true(count_bad(w) > 0);
	put_step(w, &key, step);
	assert_int_equal(count_bad(w), 0);
	buf_release(&key);
}

static void test_rolled_back_row_is_bad(void **state)
{
	struct whole *w = *state;
	const char *id = customer_with_secret(w);
	struct bytes before = whole_row(w, "customer", id), after;

	must(w, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'上海'}}", id);
	after = whole_row(w, "customer", id);
	whole_put_row(w, "customer", id, before);
	must(w, "auditor", "audit.verify", "{}");
	assert_string_not_equal(at(w, "bad"), "0");
	whole_put_row(w, "customer", id, after);
}

static void test_value_that_no_version_set_is_bad(void **state)
{
	struct whole *w = *state;
	const char *id = customer_with_secret(w);
	struct record *r = open_customer(w, id);
	const struct field *f = entity_field(r->entity, bytes_text("needs"));
	struct history_walk h;
	enum err err;

	r->cells[f->slot].version = 1;
	err = history_begin(&h, &w->desk, r);
	while (!err)
		err = history_next(&h);
	assert_int_equal(err, ERR_CORRUPT);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_history_gives_the_state_at_each_version),
		cmocka_unit_test(test_a_long_walk_reads_the_same_in_less),
		cmocka_unit_test(
		    test_long_history_is_read_by_pages_in_little_memory),
		cmocka_unit_test(test_history_has_no_row_for_a_hidden_change),
		cmocka_unit_test(test_history_masks_what_is_masked_today),
		cmocka_unit_test(test_history_out_of_scope_is_not_found),
		cmocka_unit_test(test_untouched_values_agree_with_the_log),
		cmocka_unit_test(test_dropped_or_altered_step_is_bad),
		cmocka_unit_test(test_rolled_back_row_is_bad),
		cmocka_unit_test(test_value_that_no_version_set_is_bad),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}
