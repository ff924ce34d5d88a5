// SPDX-License-Identifier: MIT
/*
 * A stored record opens as it was written, or not at all: whatever somebody
 * does to the file behind the server's back.
 */
#include "whole_book.h"

struct kept { /* one customer with two sealed fields */
	struct whole *w;
	const char *id;
};

static struct kept make(struct whole *w, const char *name, const char *mobile)
{
	struct kept k = { w, NULL };
	char more[100];

	snprintf(more, sizeof more, ",'mobile':'%s','email':'%s@example.com'",
	    mobile, mobile);
	new_customer(w, "loader", name, more);
	k.id = at(w, "id");
	return k;
}

static const char *read_back(const struct kept *k)
{
	return ask(k->w, "loader", "record.get",
	    "{'entity':'customer','id':'%s'}", k->id);
}

static struct bytes row_of(const struct kept *k)
{
	return whole_row(k->w, "customer", k->id);
}

static void put(const struct kept *k, struct bytes row)
{
	whole_put_row(k->w, "customer", k->id, row);
}

static void assert_refused(const struct kept *k)
{
	read_back(k);
	assert_false(k->w->ok);
	assert_string_equal(at(k->w, "code"), "internal");
}

/* Where a sealed field lies in the row: offset of its head, whole length. */
static size_t find_sealed(
    const struct kept *k, struct bytes row, const char *key, size_t *len)
{
	const struct field *f =
	    entity_field(whole_entity(k->w, "customer"), bytes_text(key));
	struct header h;
	struct bytes body, fields;
	struct sealed_field s;

	assert_int_equal(header_parse(row, &h), ERR_OK);
	assert_int_equal(row_split(row, &h, &body, &fields), ERR_OK);
	for (;;) {
		size_t from = (size_t)(fields.data - row.data);

		assert_true(row_next_field(&fields, &s));
		*len = (size_t)(fields.data - row.data) - from;
		if (s.field == f->id)
			return from;
	}
}

static struct bytes sealed_of(const struct kept *k, const char *key)
{
	struct bytes row = row_of(k);
	size_t len, from = find_sealed(k, row, key, &len);

	return bytes_of(row.data + from, len);
}

/* The row with one sealed field replaced by `with`. */
static struct bytes replaced(
    const struct kept *k, struct bytes row, const char *key, struct bytes with)
{
	size_t len, from = find_sealed(k, row, key, &len);
	uint8_t *new =
	    arena_alloc(&k->w->book->arena, row.len - len + with.len);

	memcpy(new, row.data, from);
	if (with.len)
		memcpy(new + from, with.data, with.len);
	memcpy(
	    new + from + with.len, row.data + from + len, row.len - from - len);
	return bytes_of(new, row.len - len + with.len);
}

static void test_what_is_written_is_read(void **state)
{
	struct kept k = make(*state, "往返公司", "13800138000");

	read_back(&k);
	assert_string_equal(at(k.w, "fields.mobile"), "13800138000");
	assert_string_equal(at(k.w, "fields.name"), "往返公司");
	assert_string_equal(at(k.w, "fields.branch"), "SH");
}

static void test_no_flipped_bit_opens(void **state)
{
	struct kept k = make(*state, "翻位公司", "13800138000");
	struct bytes row = row_of(&k);
	struct bytes copy = arena_copy(&k.w->book->arena, row);
	unsigned opened = 0;

	for (size_t i = 0; i < row.len; i++) {
		uint8_t *byte = (uint8_t *)(uintptr_t)copy.data + i;

		*byte ^= (uint8_t)(1 << i % 8);
		put(&k, copy);
		read_back(&k);
		opened += k.w->ok;
		*byte ^= (uint8_t)(1 << i % 8);
	}
	assert_int_equal(opened, 0);
	put(&k, row);
	read_back(&k);
	assert_true(k.w->ok);
}

static void test_no_cut_row_opens(void **state)
{
	struct kept k = make(*state, "截断公司", "13800138000");
	struct bytes row = row_of(&k);

	for (size_t len = 0; len < row.len; len += 7) {
		put(&k, bytes_of(row.data, len));
		assert_refused(&k);
	}
	put(&k, row);
}

static void test_anothers_sealed_field_is_refused(void **state)
{
	struct kept a = make(*state, "换甲公司", "13800138001");
	struct kept b = make(*state, "换乙公司", "13800138002");

	put(&a, replaced(&a, row_of(&a), "mobile", sealed_of(&b, "mobile")));
	assert_refused(&a);
}

static void test_anothers_row_is_refused(void **state)
{
	struct kept a = make(*state, "整行甲公司", "13800138001");
	struct kept b = make(*state, "整行乙公司", "13800138002");

	put(&a, row_of(&b));
	assert_refused(&a);
}

static void test_sealed_field_under_another_name_is_refused(void **state)
{
	struct kept k = make(*state, "改名公司", "13800138001");
	struct bytes mobile =
	    arena_copy(&k.w->book->arena, sealed_of(&k, "mobile"));
	struct bytes email = sealed_of(&k, "email");

	*(uint8_t *)(uintptr_t)mobile.data = email.data[0];
	put(&k, replaced(&k, row_of(&k), "email", mobile));
	assert_refused(&k);
}

static void test_dropped_sealed_field_is_refused(void **state)
{
	struct kept k = make(*state, "丢字段公司", "13800138001");

	put(&k, replaced(&k, row_of(&k), "mobile", BYTES_NONE));
	assert_refused(&k);
}

static void test_older_sealed_field_is_refused(void **state)
{
	struct kept k = make(*state, "回退字段公司", "13800138001");
	struct bytes old = sealed_of(&k, "mobile");

	must(k.w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'mobile':'13800138009'}}",
	    k.id);
	put(&k, replaced(&k, row_of(&k), "mobile", old));
	assert_refused(&k);
}

/* Who may not see a field saves the record without opening it. */
static void test_update_copies_untouched_sealed_fields(void **state)
{
	struct kept k = make(*state, "原样公司", "13800138001");
	struct bytes before = sealed_of(&k, "mobile");
	struct bytes email = sealed_of(&k, "email");

	must(k.w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'定','set':{"
	    "'credit_limit':'1000'}}",
	    k.id);
	assert_true(bytes_equal(sealed_of(&k, "mobile"), before));
	must(k.w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'mobile':'13800138009'}}",
	    k.id);
	assert_false(bytes_equal(sealed_of(&k, "mobile"), before));
	assert_true(bytes_equal(sealed_of(&k, "email"), email));
	read_back(&k);
	assert_string_equal(at(k.w, "fields.mobile"), "13800138009");
	assert_string_equal(at(k.w, "fields.email"), "13800138001@example.com");
}

static void test_emptied_sealed_field_is_gone(void **state)
{
	struct kept k = make(*state, "清空公司", "13800138001");

	must(k.w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','unset':['mobile']}", k.id);
	read_back(&k);
	assert_string_equal(at(k.w, "fields.mobile"), "");
	must(k.w, "loader", "record.find",
	    "{'entity':'customer','where':['and',['=','mobile','13800138001'],"
	    "['=','name','清空公司']]}");
	assert_string_equal(at(k.w, "rows"), "[]");
}

/* Equal values, equal lengths, no equal bytes. */
static void test_equal_values_are_sealed_apart(void **state)
{
	struct kept a = make(*state, "同值甲公司", "13800138001");
	struct kept b = make(*state, "同值乙公司", "13800138001");
	struct bytes x = sealed_of(&a, "mobile"), y = sealed_of(&b, "mobile");

	assert_int_equal(x.len, y.len);
	assert_memory_not_equal(x.data + 7, y.data + 7, x.len - 7);
}

/* What one test breaks no other meets. */
#define in_own_book(test)                                                      \
	cmocka_unit_test_setup_teardown(test, whole_setup, whole_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		in_own_book(test_what_is_written_is_read),
		in_own_book(test_no_flipped_bit_opens),
		in_own_book(test_no_cut_row_opens),
		in_own_book(test_anothers_sealed_field_is_refused),
		in_own_book(test_anothers_row_is_refused),
		in_own_book(test_sealed_field_under_another_name_is_refused),
		in_own_book(test_dropped_sealed_field_is_refused),
		in_own_book(test_older_sealed_field_is_refused),
		in_own_book(test_update_copies_untouched_sealed_fields),
		in_own_book(test_emptied_sealed_field_is_gone),
		in_own_book(test_equal_values_are_sealed_apart),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
