// SPDX-License-Identifier: MIT
/*
 * TOKEN SHA-256(token) -> sealed row, bound to that digest.
 *
 * A row is an array, one element a field, in the order of pack_row(); a
 * further field is appended and readers take a shorter array as older: one of
 * three elements is a kept token of the first version, used long ago.
 */
#include "server/access/token.h"

#include <assert.h>

#include "common/log.h"
#include "common/pack.h"
#include "common/secret.h"
#include "common/unpack.h"
#include "server/access/effective.h"
#include "server/access/sealed_row.h"

#define PURPOSE       "token"
#define RAW           32
#define ID_BYTES      ((TOKEN_ID - 1) / 2)
#define ROW_MOST      (16 * 1024)
#define OLDEST        3 /* elements of the first version */
#define ELEMENTS      11
#define KEPT_STALE_MS (60 * 1000)
#define STALE_MS      (60 * 60 * 1000)

static_assert(TOKEN_TEXT == 2 * RAW + 1, "hex and NUL");

static struct bytes key_of(const struct digest *digest)
{
	return bytes_of(digest->of, DIGEST_SIZE);
}

static void name_token(struct token *t, const struct digest *key)
{
	t->key = *key;
	hex_format(bytes_of(key->of, ID_BYTES), t->id);
}

enum err token_parse(struct bytes secret, struct digest *key)
{
	uint8_t raw[RAW];
	enum err e = hex_parse(secret, raw, RAW);

	if (e == ERR_OK)
		digest_bytes(bytes_of(raw, RAW), key);
	secret_wipe(raw, sizeof(raw));
	return e;
}

/* --- rows ----------------------------------------------------------------*/

static void pack_row(struct buf *b, const struct token *t)
{
	pack_array(b, ELEMENTS);
	pack_uint(b, t->account);
	pack_uint(b, t->stamp);
	pack_int(b, t->expires_ms);
	pack_uint(b, t->kind);
	pack_uint(b, t->creator);
	pack_int(b, t->created_ms);
	pack_int(b, t->used_ms);
	pack_cstr(b, t->from ? t->from : "");
	pack_cstr(b, t->name ? t->name : "");
	pack_array(b, t->role_count);
	for (unsigned i = 0; i < t->role_count; i++)
		pack_cstr(b, t->roles[i]);
	pack_array(b, t->network_count);
	for (unsigned i = 0; i < t->network_count; i++) {
		char text[NETWORK_TEXT];

		network_format(&t->networks[i], text);
		pack_cstr(b, text);
	}
}

static enum err put_row(struct plan *p, struct sealer *s, const struct token *t)
{
	struct buf plain;

	buf_init(&plain, ROW_MOST);
	pack_row(&plain, t);
	return sealed_row_put(
	    p, s, PURPOSE, TABLE_TOKEN, key_of(&t->key), &plain);
}

static void read_roles(struct reader *r, struct arena *a, struct token *t)
{
	uint32_t count = read_array(r);

	if (count > ACCOUNT_ROLES)
		r->err = ERR_INVALID;
	for (uint32_t i = 0; i < count && !r->err; i++) {
		t->roles[i] = arena_text(a, read_text(r));
		t->role_count += t->roles[i] != NULL;
	}
}

static void read_networks(struct reader *r, struct token *t)
{
	uint32_t count = read_array(r);

	if (count > TOKEN_NETWORKS)
		r->err = ERR_INVALID;
	for (uint32_t i = 0; i < count && !r->err; i++) {
		if (network_parse(read_text(r), &t->networks[i]))
			r->err = ERR_INVALID;
		t->network_count = i + 1;
	}
}

static void read_newer(struct reader *r, struct arena *a, struct token *t)
{
	t->kind = read_uint(r) == TOKEN_ISSUED ? TOKEN_ISSUED : TOKEN_KEPT;
	t->creator = read_uint(r);
	t->created_ms = read_int(r);
	t->used_ms = read_int(r);
	t->from = arena_text(a, read_text(r));
	t->name = arena_text(a, read_text(r));
	read_roles(r, a, t);
	read_networks(r, t);
}

static enum err parse_row(struct bytes plain, struct arena *a, struct token *t)
{
	struct reader r = reader_of(plain);
	uint32_t elements = read_array(&r);

	t->account = read_uint(&r);
	t->stamp = read_uint(&r);
	t->expires_ms = read_int(&r);
	t->from = t->name = "";
	if (elements >= ELEMENTS)
		read_newer(&r, a, t);
	else if (elements != OLDEST)
		return ERR_CORRUPT;
	if (!t->from || !t->name)
		return ERR_TOO_LARGE;
	return r.err == ERR_OK ? ERR_OK : ERR_CORRUPT;
}

enum err token_open(struct sealer *s, const struct digest *key,
    struct bytes row, struct arena *a, struct token *out)
{
	struct bytes plain;
	enum err e = unseal_system(s, PURPOSE, key_of(key), row, a, &plain);

	*out = (struct token){ .account = 0 };
	name_token(out, key);
	return e == ERR_OK ? parse_row(plain, a, out) : e;
}

/* --- making and finding --------------------------------------------------*/

enum err token_plan(struct plan *p, struct sealer *s,
    const struct random *random, struct token *t,
    char secret[static TOKEN_TEXT])
{
	struct digest digest;
	uint8_t raw[RAW];

	random_fill(random, raw, RAW);
	digest_bytes(bytes_of(raw, RAW), &digest);
	hex_format(bytes_of(raw, RAW), secret);
	secret_wipe(raw, sizeof(raw));
	name_token(t, &digest);
	return put_row(p, s, t);
}

enum err token_plan_used(
    struct plan *p, struct sealer *s, const struct token *t)
{
	plan_expect(p, TABLE_TOKEN, key_of(&t->key), EXPECT_PRESENT, 0);
	return put_row(p, s, t);
}

bool token_is_stale(const struct token *t, int64_t used_ms)
{
	return used_ms - t->used_ms >=
	       (t->kind == TOKEN_KEPT ? KEPT_STALE_MS : STALE_MS);
}

enum err token_find(
    struct snapshot *n, const struct digest *key, struct row *out)
{
	return snapshot_get(n, TABLE_TOKEN, key_of(key), out);
}

enum err token_get(struct snapshot *n, struct sealer *s,
    const struct digest *key, struct arena *a, struct token *out)
{
	struct row row;
	enum err e = token_find(n, key, &row);

	return e == ERR_OK ? token_open(s, key, row.value, a, out) : e;
}

enum err token_get_by_id(struct snapshot *n, struct sealer *s, struct bytes id,
    struct arena *a, struct token *out)
{
	uint8_t prefix[ID_BYTES];
	struct digest digest;
	struct bytes key;
	struct scan *scan;
	struct row row;
	enum err e;

	if (hex_parse(id, prefix, ID_BYTES) != ERR_OK)
		return ERR_NOT_FOUND;
	e = scan_open(n, TABLE_TOKEN, bytes_of(prefix, ID_BYTES), BYTES_NONE,
	    SCAN_UP, &scan);
	if (e != ERR_OK)
		return e;
	e = ERR_NOT_FOUND;
	if (scan_next(scan, &key, &row) && key.len == DIGEST_SIZE) {
		memcpy(digest.of, key.data, DIGEST_SIZE);
		e = token_open(s, &digest, row.value, a, out);
	}
	scan_close(scan);
	return e;
}

void token_spend(struct sealer *s, struct arena *a)
{
	struct token none = { .from = "", .name = "" };
	struct bytes key = key_of(&none.key), opened;
	struct buf plain, sealed;
	enum err e;

	buf_init(&plain, ROW_MOST);
	buf_init(&sealed, ROW_MOST);
	pack_row(&plain, &none);
	e = seal_system(s, PURPOSE, key, buf_bytes(&plain), &sealed);
	if (e == ERR_OK)
		e = unseal_system(
		    s, PURPOSE, key, buf_bytes(&sealed), a, &opened);
	if (e != ERR_OK)
		log_warning("access: a wrong token cost less than usual");
	buf_release(&sealed);
	buf_release(&plain);
}

/* --- judging -------------------------------------------------------------*/

static bool is_elsewhere(const struct token *t, const char *peer)
{
	uint8_t address[16];

	if (!t->network_count)
		return false;
	if (address_parse(peer, address) != ERR_OK)
		return true;
	for (unsigned i = 0; i < t->network_count; i++) {
		if (network_has(&t->networks[i], address))
			return false;
	}
	return true;
}

static bool is_idle(const struct token *t, const struct token_scene *scene)
{
	int64_t used_ms =
	    scene->used_ms > t->used_ms ? scene->used_ms : t->used_ms;

	return t->kind == TOKEN_KEPT && scene->idle_ms &&
	       scene->now_ms - used_ms >= scene->idle_ms;
}

enum token_state token_judge(const struct token *t, const struct account *who,
    const struct token_scene *scene)
{
	if (scene->now_ms >= t->expires_ms)
		return TOKEN_EXPIRED;
	if (!who || who->disabled)
		return TOKEN_CLOSED;
	if (t->kind == TOKEN_KEPT && t->stamp != who->stamp)
		return TOKEN_OUTDATED;
	if (is_idle(t, scene))
		return TOKEN_IDLE;
	return is_elsewhere(t, scene->peer) ? TOKEN_ELSEWHERE : TOKEN_GOOD;
}

const char *token_state_word(enum token_state s)
{
	static const char *const words[TOKEN_STATES] = { "good", "expired",
		"idle", "closed", "outdated", "elsewhere" };

	ASSERT(s < TOKEN_STATES);
	return words[s];
}

uint64_t token_roles(const struct token *t, const struct directory *d)
{
	uint64_t set = 0;

	if (t->kind == TOKEN_KEPT)
		return ROLES_ALL;
	for (unsigned i = 0; i < t->role_count; i++)
		set |= directory_role_bit(d, bytes_text(t->roles[i]));
	return set;
}

/* --- ending --------------------------------------------------------------*/

enum err token_plan_revoke(struct plan *p, const struct digest *key)
{
	plan_del(p, TABLE_TOKEN, key_of(key));
	return plan_error(p);
}

/* Each row that opens; one that does not is nobody's. */
typedef bool (*token_fn)(const struct token *t, void *ctx);

static enum err walk(struct snapshot *n, struct sealer *s, struct arena *a,
    token_fn each, void *ctx)
{
	struct bytes key;
	struct scan *scan;
	struct row row;
	bool goes_on = true;
	enum err e =
	    scan_open(n, TABLE_TOKEN, BYTES_NONE, BYTES_NONE, SCAN_UP, &scan);

	if (e != ERR_OK)
		return e;
	while (goes_on && scan_next(scan, &key, &row)) {
		struct digest digest;
		struct token t;

		if (key.len != DIGEST_SIZE)
			continue;
		memcpy(digest.of, key.data, DIGEST_SIZE);
		if (token_open(s, &digest, row.value, a, &t) == ERR_OK)
			goes_on = each(&t, ctx);
	}
	e = scan_error(scan);
	scan_close(scan);
	return e;
}

struct gathering {
	struct arena *arena;
	uint64_t account;
	struct token_list **end;
};

static bool gather(const struct token *t, void *ctx)
{
	struct gathering *g = ctx;
	struct token_list *one;

	if (g->account && t->account != g->account)
		return true;
	one = arena_alloc(g->arena, sizeof(*one));
	if (!one)
		return false;
	*one = (struct token_list){ .token = *t };
	*g->end = one;
	g->end = &one->next;
	return true;
}

enum err token_list(struct snapshot *n, struct sealer *s, uint64_t account,
    struct arena *a, struct token_list **out)
{
	struct gathering g = { a, account, out };
	enum err e;

	*out = NULL;
	e = walk(n, s, a, gather, &g);
	return e == ERR_OK ? a->err : e;
}

struct sweeping {
	struct plan *plan;
	int64_t now_ms;
	unsigned count;
};

static bool sweep(const struct token *t, void *ctx)
{
	struct sweeping *w = ctx;

	if (w->now_ms < t->expires_ms)
		return true;
	plan_del(w->plan, TABLE_TOKEN, key_of(&t->key));
	return ++w->count < TOKEN_SWEEP;
}

enum err token_plan_sweep(struct plan *p, struct snapshot *n, struct sealer *s,
    int64_t now_ms, struct arena *a, unsigned *count)
{
	struct sweeping w = { p, now_ms, 0 };
	enum err e = walk(n, s, a, sweep, &w);

	*count = w.count;
	return e == ERR_OK ? plan_error(p) : e;
}
