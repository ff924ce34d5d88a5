// SPDX-License-Identifier: MIT
/*
 * Writing schema, roles, accounts and policy: what a plan expects and puts.
 *
 * Every row expects what the directory loaded, and every plan touches META
 * "access", so that all directories load anew.
 */
#include "server/access/account.h"
#include "server/access/directory.h"
#include "server/access/inside.h"
#include "server/access/policy.h"

#include "common/log.h"

void directory_touch(struct plan *p)
{
	plan_put(p, TABLE_META, bytes_text(META_ACCESS), bytes_text("1"));
}

enum err directory_plan_schema(struct plan *p, const struct directory *d,
    struct sealer *s, struct bytes document, uint32_t version)
{
	uint8_t head[DOCUMENT_HEAD];
	struct buf value;
	enum err e;

	buf_init(&value, STORE_VALUE);
	put_be32(head + DOCUMENT_MAC, version);
	buf_append(&value, head, DOCUMENT_HEAD);
	buf_append_bytes(&value, document);
	e = value.err;
	if (e == ERR_OK) {
		struct bytes all = buf_bytes(&value);

		document_mac(s,
		    bytes_of(all.data + DOCUMENT_MAC, all.len - DOCUMENT_MAC),
		    value.data + value.start);
		plan_expect(p, TABLE_META, bytes_text(META_SCHEMA),
		    d ? EXPECT_VERSION : EXPECT_ABSENT,
		    d ? d->state->schema_row : 0);
		plan_put(p, TABLE_META, bytes_text(META_SCHEMA), all);
		directory_touch(p);
		e = plan_error(p);
	}
	buf_release(&value);
	return e;
}

/* Of a row of META that may not be there yet. */
static void expect_loaded(struct plan *p, const char *key, uint64_t version)
{
	plan_expect(p, TABLE_META, bytes_text(key),
	    version ? EXPECT_VERSION : EXPECT_ABSENT, version);
	directory_touch(p);
}

enum err directory_plan_two_person(
    struct plan *p, const struct directory *d, struct sealer *s, unsigned set)
{
	expect_loaded(p, TWO_PERSON_ROW, d->state->two_person_row);
	return two_person_put(p, s, set);
}

enum err directory_plan_glasses(struct plan *p, const struct directory *d,
    struct sealer *s, const struct glasses *all)
{
	expect_loaded(p, GLASS_ROW, d->state->glass_row);
	return glasses_put(p, s, all);
}

static bool same_roles(const struct account *a, const struct account *b)
{
	if (a->role_count != b->role_count)
		return false;
	for (unsigned i = 0; i < a->role_count; i++) {
		if (strcmp(a->roles[i]->key, b->roles[i]->key) != 0)
			return false;
	}
	return true;
}

static bool same_certificates(const struct account *a, const struct account *b)
{
	return a->certificate_count == b->certificate_count &&
	       !memcmp(a->certificates, b->certificates,
		   a->certificate_count * sizeof(a->certificates[0]));
}

static uint64_t next_stamp(
    const struct account *before, const struct account *after)
{
	bool same = same_roles(before, after) &&
		    bytes_equal(before->password, after->password) &&
		    before->stamp == after->stamp &&
		    same_certificates(before, after) &&
		    before->branch == after->branch &&
		    before->disabled == after->disabled;

	return before->stamp + (same ? 0 : 1);
}

/* What must still be true.  A new account also expects that nobody changed
 * anything: ids are given out by counting what was loaded. */
static void expect_account(struct plan *p, const struct directory *d,
    const struct account *before, struct bytes login)
{
	const struct held *h = before ? held_find(d, login) : NULL;

	if (before) {
		ASSERT(h);
		plan_expect(p, TABLE_USER, login, EXPECT_VERSION, h->version);
		return;
	}
	plan_expect(p, TABLE_USER, login, EXPECT_ABSENT, 0);
	if (d && d->state)
		plan_expect(p, TABLE_META, bytes_text(META_ACCESS),
		    EXPECT_VERSION, d->state->access_row);
	else
		plan_expect(
		    p, TABLE_META, bytes_text(META_ACCESS), EXPECT_ABSENT, 0);
}

enum err directory_plan_account(struct plan *p, const struct directory *d,
    struct sealer *s, const struct account *before, const struct account *after)
{
	struct bytes login = bytes_text(after->login);
	struct account whole = *after;

	ASSERT(!before || strcmp(before->login, after->login) == 0);
	ASSERT(!before || before->id == after->id);
	whole.stamp = before ? next_stamp(before, after) : 1;
	expect_account(p, d, before, login);
	directory_touch(p);
	return account_put(p, s, &whole);
}
