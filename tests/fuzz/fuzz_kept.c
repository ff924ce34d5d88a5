// SPDX-License-Identifier: MIT
/*
 * Any bytes behind the seal of what the book keeps beside records: accounts,
 * tokens, break-glass, branches' certificates, second factors, calls that
 * wait, the policy of two persons, ledger rows with figures by month.
 *
 * The first byte chooses the row.  The input takes its place, and whoever
 * reads such rows reads it: it may be refused, it may not be a fault, and
 * what is taken goes through what is done with it next.
 */
#include "tests/fuzz/fuzz_book.h"

#include "server/access/account.h"
#include "server/access/factor.h"
#include "server/access/glass.h"
#include "server/access/policy.h"
#include "server/access/token.h"
#include "server/data/figures.h"
#include "server/data/subject.h"
#include "server/rpc/pending.h"

#define REQUEST     UINT64_C(0x0011223344556677)
#define REQUEST_KEY (8 + 8) /* "request/" and the id */

static struct {
	struct whole *book;
	uint64_t customer;
	struct arena arena;
	struct buf sealed;
} world;

static void release_world(void)
{
	arena_release(&world.arena);
	buf_release(&world.sealed);
	whole_free(world.book);
}

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
	(void)argc;
	(void)argv;
	arena_init(&world.arena, 65536, 16 << 20);
	buf_init(&world.sealed, 1 << 20);
	world.book = whole_new();
	world.customer = fuzz_customer(world.book, "模糊客户");
	atexit(release_world); /* now: to run before OpenSSL's own */
	return 0;
}

static struct bytes seal_for(
    const char *purpose, struct bytes key, struct bytes plain)
{
	ASSERT(seal_system(world.book->desk.sealer, purpose, key, plain,
		   &world.sealed) == ERR_OK);
	return buf_bytes(&world.sealed);
}

static void put(enum table t, struct bytes key, struct bytes value)
{
	struct plan *p = plan_new(&world.arena);

	fuzz_rest(world.book);
	plan_put(p, t, key, value);
	ASSERT(store_commit(world.book->book->store, p) == ERR_OK);
	whole_refresh(world.book);
}

static void drop(enum table t, struct bytes key)
{
	struct plan *p = plan_new(&world.arena);

	fuzz_rest(world.book);
	plan_del(p, t, key);
	ASSERT(store_commit(world.book->book->store, p) == ERR_OK);
	whole_refresh(world.book);
}

/* --- rows ----------------------------------------------------------------*/

static void try_account(struct bytes in)
{
	struct desk *d = &world.book->desk;
	struct bytes login = bytes_text("gm"), roles[ACCOUNT_ROLES];
	struct account a;
	unsigned count;

	if (account_unseal(d->sealer, login, seal_for("account", login, in),
		&world.arena, &a, roles, &count))
		return;
	ASSERT(count <= ACCOUNT_ROLES);
	ASSERT(a.certificate_count <= ACCOUNT_CERTIFICATES);
	for (unsigned i = 0; i < count; i++)
		(void)directory_role_bit(d->directory, roles[i]);
	(void)bindings_admit(directory_bindings(d->directory), &a, NULL);
}

static void try_token(struct bytes in)
{
	struct desk *d = &world.book->desk;
	struct token_scene scene = { .now_ms = world.book->book->now_ms,
		.idle_ms = 1000,
		.peer = "127.0.0.1:1" };
	struct digest key = { { 1 } };
	struct token t;

	if (token_open(d->sealer, &key,
		seal_for("token", bytes_of(key.of, DIGEST_SIZE), in),
		&world.arena, &t))
		return;
	ASSERT(t.role_count <= ACCOUNT_ROLES);
	ASSERT(t.network_count <= TOKEN_NETWORKS);
	(void)token_judge(
	    &t, directory_account(d->directory, bytes_text("gm")), &scene);
	(void)token_roles(&t, d->directory);
}

static void try_glasses(struct bytes in)
{
	struct glasses all;

	if (glasses_unseal(world.book->desk.sealer,
		seal_for("glass", bytes_text("glass"), in), &world.arena, &all))
		return;
	ASSERT(all.count <= GLASS_MOST);
	for (size_t i = 0; i < all.count; i++)
		(void)directory_role_bit(
		    world.book->desk.directory, bytes_text(all.of[i].role));
}

static void try_two_person(struct bytes in)
{
	unsigned set = 0;

	if (!two_person_unseal(world.book->desk.sealer,
		seal_for("two_person", bytes_text("two_person"), in),
		&world.arena, &set))
		ASSERT(set < 1u << OPERATION_COUNT);
}

static void try_bindings(struct bytes in)
{
	struct desk *d = &world.book->desk;
	struct bytes key = bytes_text("certificates");
	struct bindings b;

	put(TABLE_META, key, seal_for("certificates", key, in));
	if (!bindings_load(d->snapshot, d->sealer, &world.arena, &b))
		(void)bindings_admit(&b,
		    directory_account(d->directory, bytes_text("gm")), NULL);
	drop(TABLE_META, key);
}

static void try_factor(struct bytes in)
{
	struct desk *d = &world.book->desk;
	struct factor f;
	uint8_t room[8];
	struct bytes key = bytes_of(room, 8);

	put_be64(room, 1);
	put(TABLE_FACTOR, key, seal_for("factor", key, in));
	if (factor_load(d->snapshot, d->sealer, 1, &world.arena, &f))
		return;
	ASSERT(f.recovery_count <= RECOVERY_CODES);
	if (!factor_take(&f, bytes_text("123 456"), world.book->book->now_ms,
		&world.arena))
		ASSERT(f.used);
	factor_wipe(&f);
}

/* Looked at by who may approve it, which tries it out. */
static void try_pending(struct bytes in)
{
	struct whole *w = world.book;
	uint8_t room[REQUEST_KEY] = "request/";
	struct bytes key = bytes_of(room, sizeof room);
	char id[ID_TEXT];

	put_be64(room + 8, REQUEST);
	put(TABLE_META, key, seal_for("request", key, in));
	id_format(REQUEST, id);
	(void)ask(w, "gm", "request.get", "{'request':'%s'}", id);
	(void)ask(w, "admin", "request.list", "{'all':true}");
	drop(TABLE_META, key);
}

static void walk_figures(struct ledger *l)
{
	const struct entity *e = whole_entity(world.book, "customer");

	for (unsigned i = 0; i < e->figure_count; i++) {
		struct bytes rest = figure_of(l, &e->figures[i]);
		struct decimal value, sum;
		uint16_t month;

		while (figure_next(&rest, &month, &value))
			if (figure_add(
				l, &e->figures[i], month, &value, &world.arena))
				break;
		if (!figure_sum(
			l, &e->figures[i], MONTH_FIRST, MONTH_LAST, &sum))
			ASSERT(sum.scale <= DECIMAL_SCALE);
	}
}

static void try_ledger(struct bytes in)
{
	struct whole *w = world.book;
	struct desk *d = &w->desk;
	const struct entity *e = whole_entity(w, "customer");
	struct binding b = { .store_id = d->store_id,
		.table = TABLE_LEDGER,
		.entity = e->id,
		.record = world.customer,
		.subject = world.customer,
		.version = 1 };
	uint8_t key[ROW_KEY], aad[ROW_AAD], head[12];
	struct record *r;
	struct ledger *l;
	struct dek *dek;

	put_be64(head, world.customer);
	put_be32(head + 8, 1);
	buf_append(&world.sealed, head, sizeof head);
	ASSERT(subject_key(d, e, world.customer, KEY_LEDGER, &dek) == ERR_OK);
	ASSERT(seal(d->sealer, dek, binding_aad(&b, aad), in, 32,
		   &world.sealed) == ERR_OK);
	row_key(e->id, world.customer, key);
	put(TABLE_LEDGER, bytes_of(key, sizeof key), buf_bytes(&world.sealed));
	(void)ask(w, "sh-manager", "record.get",
	    "{'entity':'customer','id':'%016llx'}",
	    (unsigned long long)world.customer);
	whole_refresh(w);
	ASSERT(record_load(d, &world.arena, whole_entity(w, "customer"),
		   world.customer, &r) == ERR_OK);
	if (!record_ledger(d, r, &l))
		walk_figures(l);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static void (*const readers[])(struct bytes) = { try_account, try_token,
		try_glasses, try_two_person, try_bindings, try_factor,
		try_pending, try_ledger };
	struct bytes in = bytes_of(data, size);

	if (size < 1 || size > FUZZ_MOST)
		return 0;
	arena_reset(&world.arena);
	buf_reset(&world.sealed);
	whole_refresh(world.book);
	readers[fuzz_byte(&in) % 8](in);
	return 0;
}
