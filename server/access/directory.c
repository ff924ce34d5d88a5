// SPDX-License-Identifier: MIT
/*
 * Loading schema, roles and accounts from a snapshot, all or nothing.
 *
 *   META "schema"    MAC 32 | version be32 | packed document
 *   META "two_person" see policy.h
 *   META "glass"     see glass.h
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
#include "server/access/account.h"
#include "server/access/inside.h"
#include "server/access/policy.h"

#define STATE_BLOCK (64 * 1024)
#define STATE_MOST  ((size_t)256 * 1024 * 1024)
#define MESSAGE     200

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

void document_mac(
    struct sealer *s, struct bytes versioned, uint8_t out[static DOCUMENT_MAC])
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
	uint8_t mac[DOCUMENT_MAC];
	char message[MESSAGE];
	struct bytes versioned, document;
	struct row row;
	enum err e = snapshot_get(n, TABLE_META, bytes_text(META_SCHEMA), &row);

	if (e != ERR_OK)
		return e;
	if (row.value.len < DOCUMENT_HEAD)
		return ERR_CORRUPT;
	versioned = bytes_of(
	    row.value.data + DOCUMENT_MAC, row.value.len - DOCUMENT_MAC);
	document_mac(s, versioned, mac);
	if (!digest_same(mac, row.value.data, DOCUMENT_MAC)) {
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

/* Those of a set that deny anything. */
static uint64_t deniers(const struct policies *roles, uint64_t of)
{
	uint64_t set = 0;

	for (unsigned i = 0; i < roles->count; i++)
		if (roles->of[i].deny)
			set |= UINT64_C(1) << i;
	return set & of;
}

static enum err find_view(
    struct state *st, uint64_t chosen, uint64_t bound, const struct view **out)
{
	uint64_t denying = deniers(&st->roles, chosen | bound);
	struct shared_view *v;
	enum err e;

	for (v = st->views; v; v = v->next) {
		if (v->chosen == chosen && v->denying == denying) {
			*out = v->view;
			return ERR_OK;
		}
	}
	v = arena_alloc(&st->arena, sizeof(*v));
	if (!v)
		return st->arena.err;
	e = view_compile(
	    st->schema, &st->roles, chosen, denying, &st->arena, &v->view);
	if (e != ERR_OK)
		return e;
	v->chosen = chosen;
	v->denying = denying;
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
	return find_view(st, a->role_set, 0, &a->view);
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

static enum err load_two_person(
    struct state *st, struct snapshot *n, struct sealer *s)
{
	struct row row;
	enum err e =
	    snapshot_get(n, TABLE_META, bytes_text(TWO_PERSON_ROW), &row);

	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	st->two_person_row = row.version;
	return two_person_unseal(s, row.value, &st->arena, &st->two_person);
}

static enum err load_glasses(
    struct state *st, struct snapshot *n, struct sealer *s)
{
	struct row row;
	enum err e = snapshot_get(n, TABLE_META, bytes_text(GLASS_ROW), &row);

	if (e != ERR_OK)
		return e == ERR_NOT_FOUND ? ERR_OK : e;
	st->glass_row = row.version;
	return glasses_unseal(s, row.value, &st->arena, &st->glasses);
}

static enum err load(struct state *st, struct snapshot *n, struct sealer *s)
{
	enum err e = load_schema(st, n, s);

	if (e == ERR_OK)
		e = bindings_load(n, s, &st->arena, &st->bindings);
	if (e == ERR_OK)
		e = load_accounts(st, n, s);
	if (e == ERR_OK)
		e = load_two_person(st, n, s);
	if (e == ERR_OK)
		e = load_glasses(st, n, s);
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
	e = snapshot_get(n, TABLE_META, bytes_text(META_ACCESS), &row);
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

uint64_t directory_position(const struct directory *d)
{
	return d->state->access_row;
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
	trial->state->two_person = d->state->two_person;
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

const struct held *held_find(const struct directory *d, struct bytes login)
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
	const struct held *h = held_find(d, canonical_login);

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

const char *directory_login(const struct directory *d, uint64_t id)
{
	const struct account *a = directory_account_by_id(d, id);

	return a ? a->login : "";
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
	return directory_view_bound(d, roles, roles, out);
}

enum err directory_view_bound(struct directory *d, uint64_t roles,
    uint64_t bound, const struct view **out)
{
	ASSERT(d->state);
	return find_view(d->state, roles, bound, out);
}

unsigned directory_two_person(const struct directory *d)
{
	return d->state ? d->state->two_person : 0;
}

const struct glasses *directory_glasses(const struct directory *d)
{
	return &d->state->glasses;
}

uint64_t directory_new_id(const struct directory *d)
{
	return d->state ? d->state->last_id + 1 : 1;
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

enum err directory_recheck_schema(const struct directory *d, struct snapshot *n)
{
	struct row row;
	enum err e = snapshot_get(n, TABLE_META, bytes_text(META_SCHEMA), &row);

	if (e != ERR_OK)
		return e;
	return row.version == d->state->schema_row ? ERR_OK : ERR_BUSY;
}

enum err directory_recheck(const struct directory *d, struct snapshot *n,
    struct sealer *s, const struct account *who, struct arena *a)
{
	struct bytes login = bytes_text(who->login);
	const struct held *h = held_find(d, login);
	struct row row;
	enum err e = snapshot_get(n, TABLE_META, bytes_text(META_ACCESS), &row);

	ASSERT(h);
	if (e != ERR_OK || row.version == d->state->access_row)
		return e;
	e = directory_recheck_schema(d, n);
	if (e == ERR_OK)
		e = snapshot_get(n, TABLE_USER, login, &row);
	return e == ERR_OK ? recheck_account(h, &row, s, a) : e;
}

enum err directory_recheck_glasses(
    const struct directory *d, struct snapshot *n)
{
	struct row row = { .version = 0 };
	enum err e = snapshot_get(n, TABLE_META, bytes_text(GLASS_ROW), &row);

	if (e != ERR_OK && e != ERR_NOT_FOUND)
		return e;
	return row.version == d->state->glass_row ? ERR_OK : ERR_BUSY;
}
