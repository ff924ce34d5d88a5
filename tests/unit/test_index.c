// SPDX-License-Identifier: MIT
/*
 * The index keys that lie in the store are exactly those that the records
 * give when every key is made from scratch.
 */
#include "whole_book.h"

#define STEPS 300
#define IDS   40

struct keys { /* sorted texts of table and key */
	char **list;
	size_t count, room;
};

static void add_key(struct keys *k, int table, struct bytes key)
{
	char *text = malloc(2 * key.len + 4);
	char *to = text + sprintf(text, "%d ", table % 10);

	for (size_t i = 0; i < key.len; i++)
		to += sprintf(to, "%02x", key.data[i]);
	if (k->count == k->room) {
		k->room = k->room ? 2 * k->room : 1024;
		k->list = realloc(k->list, k->room * sizeof *k->list);
	}
	k->list[k->count++] = text;
}

static int compare(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void sort(struct keys *k)
{
	size_t kept = 0;

	qsort(k->list, k->count, sizeof *k->list, compare);
	for (size_t i = 0; i < k->count; i++) {
		if (kept && !strcmp(k->list[kept - 1], k->list[i]))
			free(k->list[i]);
		else
			k->list[kept++] = k->list[i];
	}
	k->count = kept;
}

static void release(struct keys *k)
{
	for (size_t i = 0; i < k->count; i++)
		free(k->list[i]);
	free(k->list);
}

static void take_stored(struct whole *w, struct keys *k)
{
	static const enum table tables[] = { TABLE_INDEX, TABLE_UNIQUE };

	for (unsigned i = 0; i < 2; i++) {
		struct bytes key;
		struct scan *scan;
		struct row row;

		assert_int_equal(scan_open(w->desk.snapshot, tables[i],
				     BYTES_NONE, BYTES_NONE, SCAN_UP, &scan),
		    ERR_OK);
		while (scan_next(scan, &key, &row))
			add_key(k, (int)tables[i], key);
		scan_close(scan);
	}
}

/* Behind every door: what no role is shown is opened here all the same. */
static struct bytes open_value(
    struct whole *w, struct record *r, const struct field *f)
{
	struct grant all = { f, MAY_SEE, USE_PROJECT };
	struct bytes value;

	assert_int_equal(record_value(&w->desk, r, &all, &value), ERR_OK);
	return value;
}

static void take_made(
    struct whole *w, const struct entity *e, uint64_t id, struct keys *k)
{
	struct index_keys made;
	struct record *r;

	assert_int_equal(
	    record_load(&w->desk, &w->book->arena, e, id, &r), ERR_OK);
	assert_int_equal(record_open(&w->desk, r), ERR_OK);
	index_keys_init(&made, &w->book->arena);
	for (unsigned i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];

		if (f->derive.kind == DERIVE_SUM ||
		    f->derive.kind == DERIVE_LATEST)
			continue;
		index_add(&w->desk, r, f, r->header.branch, record_parent(r),
		    open_value(w, r, f), &made);
	}
	assert_int_equal(made.err, ERR_OK);
	for (size_t i = 0; i < made.count; i++)
		add_key(k, (int)made.list[i].table,
		    bytes_of(made.list[i].key, made.list[i].len));
}

static void take_all_made(struct whole *w, struct keys *k)
{
	const struct schema *schema = directory_schema(w->desk.directory);
	struct bytes key;
	struct scan *scan;
	struct row row;

	assert_int_equal(scan_open(w->desk.snapshot, TABLE_ROW, BYTES_NONE,
			     BYTES_NONE, SCAN_UP, &scan),
	    ERR_OK);
	while (scan_next(scan, &key, &row))
		if (row_is_record(key))
			take_made(w, schema->by_id[key.data[0]],
			    get_be64(key.data + 1), k);
	scan_close(scan);
}

static void assert_same(struct whole *w)
{
	struct keys stored = { 0 }, made = { 0 };

	whole_refresh(w);
	take_stored(w, &stored);
	take_all_made(w, &made);
	sort(&stored);
	sort(&made);
	for (size_t i = 0; i < stored.count && i < made.count; i++)
		assert_string_equal(stored.list[i], made.list[i]);
	assert_int_equal(stored.count, made.count);
	release(&stored);
	release(&made);
}

/* --- random changes ------------------------------------------------------*/

static unsigned chance(struct whole *w, unsigned below)
{
	return (unsigned)(book_chance(w->book) % below);
}

static void some_fields(struct whole *w, char *out, size_t size)
{
	static const struct {
		const char *before, *after; /* a digit between, if any */
	} choices[] = { { "'mobile':'1380013800", "'" },
		{ "'mobile':''", NULL }, { "'email':'a", "@example.com'" },
		{ "'name':'茶业", "号'" }, { "'name':'Tea ", " Ltd.'" },
		{ "'city':'城", "'" }, { "'tags':['甲", "','乙']" },
		{ "'tags':[]", NULL }, { "'external_no':'E", "'" },
		{ "'external_no':''", NULL },
		{ "'next_follow_at':'2026-05-0", "'" },
		{ "'short_name':'短", "'" }, { "'category':'vip'", NULL },
		{ "'wechat':'wx_abcd", "'" },
		{ "'id_type':'passport','person_id':'P1234567", "'" } };
	size_t len = 0;

	for (unsigned i = 0; i < 3; i++) {
		unsigned at = chance(w, 5) * 3 + i;

		len += (size_t)snprintf(out + len, size - len, "%s%s",
		    i ? "," : "", choices[at].before);
		if (choices[at].after)
			len += (size_t)snprintf(out + len, size - len, "%u%s",
			    1 + chance(w, 9), choices[at].after);
	}
}

static void make_child(struct whole *w, const char *customer)
{
	ask(w, "loader", "record.create",
	    "{'entity':'bank','fields':{'customer':'%s','account_name':'户名'"
	    ",'account_no':'622202100111624570%u'}}",
	    customer, chance(w, 9));
	ask(w, "loader", "record.create",
	    "{'entity':'contact','fields':{'customer':'%s','name':'王小%s',"
	    "'mobile':'1390013800%u'}}",
	    customer, chance(w, 2) ? "明" : "红", chance(w, 9));
}

static void test_index_keys_are_those_made_from_scratch(void **state)
{
	static const char *const moves[] = { "'branch':'HZ','owner':'hz-sales'",
		"'branch':'SH','owner':'sh-sales'", "'owner':''" };
	struct whole *w = *state;
	char ids[IDS][ID_TEXT], fields[500];
	unsigned count = 0, done = 0;

	for (unsigned i = 0; i < STEPS; i++) {
		unsigned step = chance(w, 10);
		const char *id = count ? ids[chance(w, count)] : "";

		if (step < 3 && count < IDS) {
			some_fields(w, fields, sizeof fields);
			ask(w, "loader", "record.create",
			    "{'entity':'customer','fields':{'type':'person',"
			    "'name':'客户','category':'regular','source':"
			    "'phone'}}");
			if (w->ok)
				snprintf(
				    ids[count++], ID_TEXT, "%s", at(w, "id"));
		} else if (step < 7) {
			some_fields(w, fields, sizeof fields);
			ask(w, "finance", "record.update",
			    "{'entity':'customer','id':'%s','set':{"
			    "'payment_method':'cash'}}",
			    id);
			ask(w, "loader", "record.update",
			    "{'entity':'customer','id':'%s','set':{%s}}", id,
			    fields);
			done += w->ok;
		} else if (step < 9) {
			ask(w, "gm", "record.update",
			    "{'entity':'customer','id':'%s','set':{%s}}", id,
			    moves[chance(w, 3)]);
			done += w->ok;
		} else if (count) {
			make_child(w, id);
		}
		if (i % 50 == 49)
			assert_same(w);
		arena_reset(&w->book->arena);
	}
	assert_true(done > STEPS / 5);
	assert_same(w);
}

/* --- one key for two searches --------------------------------------------*/

static unsigned keys_of(struct whole *w, const char *entity, const char *field)
{
	const struct field *f =
	    entity_field(whole_entity(w, entity), bytes_text(field));
	struct keys stored = { 0 };
	unsigned count = 0;
	char prefix[16];

	whole_refresh(w);
	take_stored(w, &stored);
	snprintf(prefix, sizeof prefix, "%d %02x%02x", TABLE_INDEX % 10,
	    f->entity->id, f->id);
	for (size_t i = 0; i < stored.count; i++)
		count += !strncmp(stored.list[i], prefix, strlen(prefix));
	release(&stored);
	return count;
}

static void assert_found(struct whole *w, const char *where, const char *id)
{
	must(w, "loader", "record.find", "{'entity':'customer','where':%s}",
	    where);
	assert_string_equal(at(w, "rows.0.id"), id);
	assert_string_equal(at(w, "rows.1.id"), "");
}

static void test_a_mobile_and_its_tail_have_one_key(void **state)
{
	struct whole *w = *state;
	unsigned before = keys_of(w, "customer", "mobile");
	char id[ID_TEXT];

	new_customer(w, "loader", "尾号公司", ",'mobile':'139 0001 7788'");
	snprintf(id, sizeof id, "%s", at(w, "id"));
	assert_int_equal(keys_of(w, "customer", "mobile"), before + 1);
	assert_found(w, "['=','mobile','+86 13900017788']", id);
	assert_found(w, "['contains','mobile','7788']", id);
	must(w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'mobile':'13900017799'}}",
	    id);
	assert_int_equal(keys_of(w, "customer", "mobile"), before + 1);
	assert_found(w, "['contains','mobile','7799']", id);
	must(w, "loader", "record.find",
	    "{'entity':'customer','where':['contains','mobile','7788']}");
	assert_string_equal(at(w, "rows.0.id"), "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_index_keys_are_those_made_from_scratch),
		cmocka_unit_test(test_a_mobile_and_its_tail_have_one_key),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}
