// SPDX-License-Identifier: MIT
/*
 * Loading schema, roles and accounts from a snapshot, all or nothing.
 *
 *   META "schema"    MAC 32 | version be32 | packed document
 *   META "access"    moved by every change: its version is what refresh sees
 *   USER login       sealed account
 *
 * A load fills a fresh state beside the old one and swaps at the end; after
 * a failed load there is nothing to ask, so that nobody works with rights
 * that could not be verified.  Accounts with the same set of roles share one
 * view.
 */
#include "server/access/directory.h"

#include <stdlib.h>

#include "common/digest.h"
#include "common/log.h"
#include "common/pack.h"
#include "common/text.h"
#include "server/access/account.h"
#include "server/access/inside.h"

#define STATE_BLOCK (64 * 1024)
#define STATE_MOST  ((size_t)256 * 1024 * 1024)
#define MAC_SIZE    32
#define HEAD_SIZE   (MAC_SIZE + 4)
#define MESSAGE     200
#define PLAN_WORK   (64 * 1024)

struct held { /* an account and how it lay in the store */
	struct account account;
	uint64_t version;
	struct held *next;
};

struct shared_view {
	uint64_t chosen; /* roles, a bit each */
	const struct view *view;
	struct shared_view *next;
};

struct state {
	struct arena arena;
	struct schema *schema;
	uint64_t schema_row; /* version of the rows */
	uint64_t access_row;
	struct policies roles;
	struct bindings bindings;
	struct held **by_login; /* in order */
	struct held **by_id;
	size_t count;
	uint64_t last_id;
	struct shared_view *views;
};

struct directory {
	struct state *state;         /* NULL before the first load */
	const struct snapshot *seen; /* what it was last held against */
	uint64_t renewals;           /* of that, then */
};

static struct bytes schema_key(void)
{
	return bytes_text("schema");
}

static struct bytes access_key(void)
{
	return bytes_text("access");
}

/* --- life ----------------------------------------------------------------*/

static struct state *state_new(void)
{
	struct state *st = must_alloc(sizeof(*st));

	*st = (struct state){ .schema = NULL };
	arena_init(&st->arena, STATE_BLOCK, STATE_MOST);
	return st;
}

static void state_free(struct state *st)
{
	if (!st)
		return;
	schema_free(st->schema);
	arena_release(&st->arena);
	free(st);
}

struct directory *directory_new(void)
{
	struct directory *d = must_alloc(sizeof(*d));

	d->state = NULL;
	return d;
}

void directory_free(struct directory *d)
{
	if (!d)
		return;
	state_free(d->state);
	free(d);
}

/* --- loading -------------------------------------------------------------*/

static void mac_document(
    struct sealer *s, struct bytes versioned, uint8_t out[static MAC_SIZE])
{
	system_mac(s, "schema document", &versioned, 1, out);
}

static enum err state_compile(struct state *st, struct bytes document,
    uint32_t version, char *message, size_t message_size)
{
	enum err e = schema_compile(
	    document, version, &st->schema, message, message_size);

	return e ? e
		 : policies_parse(st->schema->document, st->schema, &st->arena,
		       &st->roles, message, message_size);
}

static enum err load_schema(
    struct state *st, struct snapshot *n, struct sealer *s)
{
	uint8_t mac[MAC_SIZE];
	char message[MESSAGE];
	struct bytes versioned, document;
	struct row row;
	enum err e = snapshot_get(n, TABLE_META, schema_key(), &row);

	if (e != ERR_OK)
		return e;
	if (row.value.len < HEAD_SIZE)
		return ERR_CORRUPT;
	versioned =
	    bytes_of(row.value.data + MAC_SIZE, row.value.len - MAC_SIZE);
	mac_document(s, versioned, mac);
	if (!digest_same(mac, row.value.data, MAC_SIZE)) {
		log_error("access: the schema is not the one that was applied");
		return ERR_UNVERIFIED;
	}
	document = bytes_of(versioned.data + 4, versioned.len - 4);
	st->schema_row = row.version;
	e = state_compile(
	    st, document, get_be32(versioned.data), message, sizeof(message));
	if (e == ERR_INVALID) {
		log_error("access: stored schema: %s", message);
		return ERR_CORRUPT;
	}
	return e;
}

static enum err find_view(
    struct state *st, uint64_t chosen, const struct view **out)
{
	struct shared_view *v;
	enum err e;

	for (v = st->views; v; v = v->next) {
		if (v->chosen == chosen) {
			*out = v->view;
			return ERR_OK;
		}
	}
	v = arena_alloc(&st->arena, sizeof(*v));
	if (!v)
		return st->arena.err;
	e = view_compile(st->schema, &st->roles, chosen, &st->arena, &v->view);
	if (e != ERR_OK)
		return e;
	v->chosen = chosen;
	v->next = st->views;
	st->views = v;
	*out = v->view;
	return ERR_OK;
}

/* Roles that there are no more give nothing. */
static enum err bind_roles(struct state *st, struct account *a,
    const struct bytes *roles, unsigned count)
{
	a->role_count = 0;
	a->role_set = 0;
	for (unsigned i = 0; i < count; i++) {
		const struct policy *p = policy_find(&st->roles, roles[i]);

		if (!p)
			continue;
		a->roles[a->role_count++] = &p->role;
		a->role_set |= UINT64_C(1) << (p - st->roles.of);
	}
	return find_view(st, a->role_set, &a->view);
}

static enum err load_account(struct state *st, struct sealer *s,
    struct bytes login, const struct row *row, struct held **out)
{
	struct held *h = arena_alloc(&st->arena, sizeof(*h));
	struct bytes roles[ACCOUNT_ROLES];
	unsigned count;
	enum err e;

	if (!h)
		return st->arena.err;
	e = account_unseal(
	    s, login, row->value, &st->arena, &h->account, roles, &count);
	if (e != ERR_OK)
		return e;
	h->version = row->version;
	*out = h;
	return bind_roles(st, &h->account, roles, count);
}

static enum err load_list(
    struct state *st, struct snapshot *n, struct sealer *s, struct held **list)
{
	struct held **end = list;
	struct bytes login;
	struct scan *scan;
	struct row row;
	enum err e =
	    scan_open(n, TABLE_USER, BYTES_NONE, BYTES_NONE, SCAN_UP, &scan);

	if (e != ERR_OK)
		return e;
	while (e == ERR_OK && scan_next(scan, &login, &row)) {
		e = load_account(st, s, login, &row, end);
		if (e == ERR_OK) {
			end = &(*end)->next;
			st->count++;
		}
	}
	if (e == ERR_OK)
		e = scan_error(scan);
	scan_close(scan);
	return e;
}

static int compare_id(const void *a, const void *b)
{
	const struct held *const *x = a, *const *y = b;

	return ((*x)->account.id > (*y)->account.id) -
	       ((*x)->account.id < (*y)->account.id);
}

/* In order of login, and of id. */
static enum err list_accounts(struct state *st, struct held *list)
{
	size_t at = 0;

	if (!st->count)
		return ERR_OK;
	st->by_login = arena_array(&st->arena, st->count, sizeof(list));
	st->by_id = arena_array(&st->arena, st->count, sizeof(list));
	if (!st->by_login || !st->by_id)
		return st->arena.err;
	for (; list; list = list->next, at++)
		st->by_login[at] = st->by_id[at] = list;
	qsort(st->by_id, st->count, sizeof(list), compare_id);
	for (at = 1; at < st->count; at++) {
		if (st->by_id[at]->account.id == st->by_id[at - 1]->account.id)
			return ERR_CORRUPT;
	}
	st->last_id = st->by_id[st->count - 1]->account.id;
	return ERR_OK;
}

static enum err load_accounts(
    struct state *st, struct snapshot *n, struct sealer *s)
{
	struct held *list = NULL;
	enum err e = load_list(st, n, s, &list);

	return e ? e : list_accounts(st, list);
}

static enum err load(struct state *st, struct snapshot *n, struct sealer *s)
{
	enum err e = load_schema(st, n, s);

	if (e == ERR_OK)
		e = bindings_load(n, s, &st->arena, &st->bindings);
	if (e == ERR_OK)
		e = load_accounts(st, n, s);
	if (e == ERR_CORRUPT)
		log_error("access: schema or an account does not verify");
	return e;
}

enum err directory_refresh(
    struct directory *d, struct snapshot *n, struct sealer *s)
{
	struct state *fresh;
	struct row row;
	enum err e;

	if (d->state && d->seen == n && d->renewals == snapshot_renewals(n))
		return ERR_OK;
	e = snapshot_get(n, TABLE_META, access_key(), &row);
	if (e != ERR_OK)
		return e;
	d->seen = n;
	d->renewals = snapshot_renewals(n);
	if (d->state && d->state->access_row == row.version)
		return ERR_OK;
	fresh = state_new();
	fresh->access_row = row.version;
	e = load(fresh, n, s);
	state_free(d->state);
	d->state = NULL;
	if (e == ERR_OK)
		d->state = fresh;
	else
		state_free(fresh);
	return e;
}

/* --- trying --------------------------------------------------------------*/

static enum err try_account(
    struct state *st, const struct account *present, struct held **out)
{
	struct held *h = arena_alloc(&st->arena, sizeof(*h));
	struct bytes roles[ACCOUNT_ROLES];

	if (!h)
		return st->arena.err;
	h->account = *present;
	for (unsigned i = 0; i < present->role_count; i++)
		roles[i] = bytes_text(present->roles[i]->key);
	*out = h;
	return bind_roles(st, &h->account, roles, present->role_count);
}

static enum err try_accounts(struct state *st, const struct state *present)
{
	struct held *list = NULL, **end = &list;
	enum err e = ERR_OK;

	for (; !e && st->count < present->count; st->count++) {
		e = try_account(
		    st, &present->by_login[st->count]->account, end);
		if (!e)
			end = &(*end)->next;
	}
	return e ? e : list_accounts(st, list);
}

enum err directory_try(const struct directory *d, struct bytes document,
    uint32_t version, struct directory **out, char *message,
    size_t message_size)
{
	struct directory *trial = directory_new();
	enum err e;

	trial->state = state_new();
	e = state_compile(
	    trial->state, document, version, message, message_size);
	if (!e)
		e = try_accounts(trial->state, d->state);
	if (e)
		directory_free(trial);
	else
		*out = trial;
	return e;
}

/* --- asking --------------------------------------------------------------*/

const struct policies *directory_policies(const struct directory *d)
{
	return &d->state->roles;
}

const struct schema *directory_schema(const struct directory *d)
{
	return d->state ? d->state->schema : NULL;
}

static const struct held *find_login(
    const struct directory *d, struct bytes login)
{
	size_t low = 0, high = d->state ? d->state->count : 0;

	while (low < high) {
		size_t middle = low + (high - low) / 2;
		const struct held *h = d->state->by_login[middle];
		int order = bytes_compare(login, bytes_text(h->account.login));

		if (!order)
			return h;
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}

const struct account *directory_account(
    const struct directory *d, struct bytes canonical_login)
{
	const struct held *h = find_login(d, canonical_login);

	return h ? &h->account : NULL;
}

const struct account *directory_account_by_id(
    const struct directory *d, uint64_t id)
{
	struct held key = { .account.id = id }, *at = &key, **found;

	if (!d->state || !d->state->count)
		return NULL;
	found = bsearch(
	    &at, d->state->by_id, d->state->count, sizeof(at), compare_id);
	return found ? &(*found)->account : NULL;
}

const struct role *directory_role(const struct directory *d, struct bytes key)
{
	const struct policy *p =
	    d->state ? policy_find(&d->state->roles, key) : NULL;

	return p ? &p->role : NULL;
}

size_t directory_account_count(const struct directory *d)
{
	return d->state ? d->state->count : 0;
}

const struct account *directory_account_at(const struct directory *d, size_t at)
{
	ASSERT(at < directory_account_count(d));
	return &d->state->by_login[at]->account;
}

const struct bindings *directory_bindings(const struct directory *d)
{
	return &d->state->bindings;
}

size_t directory_role_count(const struct directory *d)
{
	return d->state ? d->state->roles.count : 0;
}

const struct role *directory_role_at(const struct directory *d, size_t at)
{
	ASSERT(at < directory_role_count(d));
	return &d->state->roles.of[at].role;
}

/* --- sets of roles -------------------------------------------------------*/

uint64_t directory_role_bit(const struct directory *d, struct bytes key)
{
	const struct policy *p =
	    d->state ? policy_find(&d->state->roles, key) : NULL;

	return p ? UINT64_C(1) << (p - d->state->roles.of) : 0;
}

enum err directory_view(
    struct directory *d, uint64_t roles, const struct view **out)
{
	ASSERT(d->state);
	return find_view(d->state, roles, out);
}

uint64_t directory_new_id(const struct directory *d)
{
	return d->state ? d->state->last_id + 1 : 1;
}

/* --- login names ---------------------------------------------------------*/

static bool is_login(struct bytes name)
{
	int32_t c;

	if (!name.len || text_count(name) > LOGIN_MOST)
		return false;
	while ((c = text_next(&name)) >= 0) {
		bool is_sign = c == '.' || c == '_' || c == '-' || c == '@';

		if (!is_sign && !text_is_word(c))
			return false;
	}
	return true;
}

enum err login_canonical(struct arena *a, struct bytes typed, struct bytes *out)
{
	struct bytes once, twice;
	enum err e;

	*out = BYTES_NONE;
	if (typed.len > LOGIN_MOST * 16)
		return ERR_INVALID;
	e = text_fold(a, text_trim(typed), &once);
	if (e != ERR_OK)
		return e;
	once = text_trim(once);
	if (!is_login(once) || once.len > STORE_KEY)
		return ERR_INVALID;
	/* Folding may make what folds again; such names have two forms. */
	e = text_fold(a, once, &twice);
	if (e != ERR_OK)
		return e;
	if (!bytes_equal(once, twice))
		return ERR_INVALID;
	*out = once;
	return ERR_OK;
}

/* --- asking again --------------------------------------------------------*/

static enum err recheck_account(const struct held *h, const struct row *row,
    struct sealer *s, struct arena *a)
{
	struct bytes login = bytes_text(h->account.login);
	struct bytes roles[ACCOUNT_ROLES];
	struct account now;
	unsigned count;
	enum err e;

	if (row->version == h->version)
		return ERR_OK;
	e = account_unseal(s, login, row->value, a, &now, roles, &count);
	if (e != ERR_OK)
		return e;
	return now.disabled || now.stamp != h->account.stamp
		   ? ERR_UNAUTHENTICATED
		   : ERR_OK;
}

enum err directory_recheck(const struct directory *d, struct snapshot *n,
    struct sealer *s, const struct account *who, struct arena *a)
{
	struct bytes login = bytes_text(who->login);
	const struct held *h = find_login(d, login);
	struct row row;
	enum err e = snapshot_get(n, TABLE_META, access_key(), &row);

	ASSERT(h);
	if (e != ERR_OK || row.version == d->state->access_row)
		return e;
	e = snapshot_get(n, TABLE_META, schema_key(), &row);
	if (e == ERR_OK && row.version != d->state->schema_row)
		return ERR_BUSY;
	if (e == ERR_OK)
		e = snapshot_get(n, TABLE_USER, login, &row);
	return e == ERR_OK ? recheck_account(h, &row, s, a) : e;
}

/* --- changing ------------------------------------------------------------*/

void directory_touch(struct plan *p)
{
	plan_put(p, TABLE_META, access_key(), bytes_text("1"));
}

enum err directory_plan_schema(struct plan *p, const struct directory *d,
    struct sealer *s, struct bytes document, uint32_t version)
{
	uint8_t head[HEAD_SIZE];
	struct buf value;
	enum err e;

	buf_init(&value, STORE_VALUE);
	put_be32(head + MAC_SIZE, version);
	buf_append(&value, head, HEAD_SIZE);
	buf_append_bytes(&value, document);
	e = value.err;
	if (e == ERR_OK) {
		struct bytes all = buf_bytes(&value);

		mac_document(s,
		    bytes_of(all.data + MAC_SIZE, all.len - MAC_SIZE),
		    value.data + value.start);
		plan_expect(p, TABLE_META, schema_key(),
		    d ? EXPECT_VERSION : EXPECT_ABSENT,
		    d ? d->state->schema_row : 0, DIRECTORY_TAG);
		plan_put(p, TABLE_META, schema_key(), all);
		directory_touch(p);
		e = plan_error(p);
	}
	buf_release(&value);
	return e;
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
	const struct held *h = before ? find_login(d, login) : NULL;

	if (before) {
		ASSERT(h);
		plan_expect(p, TABLE_USER, login, EXPECT_VERSION, h->version,
		    DIRECTORY_TAG);
		return;
	}
	plan_expect(p, TABLE_USER, login, EXPECT_ABSENT, 0, DIRECTORY_TAG);
	if (d && d->state)
		plan_expect(p, TABLE_META, access_key(), EXPECT_VERSION,
		    d->state->access_row, DIRECTORY_TAG);
	else
		plan_expect(p, TABLE_META, access_key(), EXPECT_ABSENT, 0,
		    DIRECTORY_TAG);
}

enum err directory_plan_account(struct plan *p, const struct directory *d,
    struct sealer *s, const struct account *before, const struct account *after)
{
	struct bytes login = bytes_text(after->login);
	struct account whole = *after;
	struct buf sealed;
	enum err e;

	ASSERT(!before || strcmp(before->login, after->login) == 0);
	ASSERT(!before || before->id == after->id);
	whole.stamp = before ? next_stamp(before, after) : 1;
	buf_init(&sealed, PLAN_WORK);
	e = account_seal(s, &whole, &sealed);
	if (e == ERR_OK)
		e = sealed.err;
	if (e == ERR_OK) {
		expect_account(p, d, before, login);
		plan_put(p, TABLE_USER, login, buf_bytes(&sealed));
		directory_touch(p);
		e = plan_error(p);
	}
	buf_release(&sealed);
	return e;
}
