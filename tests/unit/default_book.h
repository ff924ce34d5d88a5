// SPDX-License-Identifier: MIT
/*
 * A small book with the default schema and a few accounts in it.
 */
#ifndef TESTS_UNIT_DEFAULT_BOOK_H
#define TESTS_UNIT_DEFAULT_BOOK_H

#include "small_book.h"

#include "server/access/login.h"

struct office {
	struct book *book;
	struct directory *directory;
	struct buf document;
};

static inline enum err office_refresh(struct office *o)
{
	assert_int_equal(snapshot_renew(o->book->snapshot), ERR_OK);
	return directory_refresh(
	    o->directory, o->book->snapshot, o->book->sealer);
}

static inline const struct account *office_find(
    const struct office *o, const char *login)
{
	return directory_account(o->directory, bytes_text(login));
}

/* Makes or changes; `before` NULL: a new one. */
static inline enum err office_put(
    struct office *o, const struct account *before, const struct account *after)
{
	struct plan *p = book_plan(o->book);
	enum err e = directory_plan_account(
	    p, o->directory, o->book->sealer, before, after);
	return e == ERR_OK ? book_commit(o->book, p) : e;
}

static inline void office_add(struct office *o, const char *login,
    const char *role, struct bytes password)
{
	struct account a = { .id = directory_new_id(o->directory),
		.login = login,
		.role_count = 1,
		.branch = 3,
		.branch_code = "SH",
		.password = password };
	a.roles[0] = directory_role(o->directory, bytes_text(role));
	assert_non_null(a.roles[0]);
	assert_int_equal(office_put(o, NULL, &a), ERR_OK);
	assert_int_equal(office_refresh(o), ERR_OK);
}

/* Without a schema yet. */
static inline struct office *office_open(void)
{
	struct office *o = calloc(1, sizeof(*o));
	o->book = book_new();
	o->directory = directory_new();
	buf_init(&o->document, STORE_VALUE);
	return o;
}

static inline void office_fill(struct office *o)
{
	struct plan *p = book_plan(o->book);
	char message[200];
	assert_int_equal(document_parse(document_default(), &o->document,
			     message, sizeof(message)),
	    ERR_OK);
	assert_int_equal(directory_plan_schema(p, NULL, o->book->sealer,
			     buf_bytes(&o->document), 1),
	    ERR_OK);
	assert_int_equal(book_commit(o->book, p), ERR_OK);
	assert_int_equal(office_refresh(o), ERR_OK);
}

static inline struct office *office_new(void)
{
	struct office *o = office_open();
	office_fill(o);
	return o;
}

static inline void office_free(struct office *o)
{
	directory_free(o->directory);
	buf_release(&o->document);
	book_free(o->book);
	free(o);
}

#endif
