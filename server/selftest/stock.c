// SPDX-License-Identifier: MIT
/*
 * Filling two books in step.
 *
 * A record is tried out first, in both books, and goes without the fields
 * that one of them refuses: a company's own rules need no code here.
 */
#include "server/selftest/stock.h"

#include <stdio.h>

#include "common/log.h"
#include "common/pack.h"
#include "common/unpack.h"
#include "server/access/role.h"
#include "server/schema/value.h"
#include "server/selftest/made.h"

#define PARAMS_MOST (256 * 1024)
#define RECORD_TRY  8
#define EACH        3 /* customers a spot */
#define STIR_TRY    40

static const char *const branches[SPOTS] = { "SH", "SH", "SH", "HZ" };
static const char *const owners[SPOTS] = { "reader", "maker", "spare",
	"maker" };

struct draft_record { /* one on its way into both books */
	struct stock *stock;
	const struct entity *entity;
	enum spot spot;
	const struct stocked *parent;
	unsigned serial;
	bool filled[SCHEMA_FIELDS];   /* by slot: must not be empty */
	bool left_out[SCHEMA_FIELDS]; /* must be */
	bool is_update;
	const char *id; /* of an update */
};

/* --- asking as the maker -------------------------------------------------*/

static void log_refusal(const char *what, struct bytes error, struct arena *a)
{
	log_error("selftest: %s: %s, field %s", what,
	    answer_text(error, "message", a), answer_text(error, "field", a));
}

/* Both in the same words; both must do it. */
static enum err must_both(struct stock *s, const char *method,
    const struct buf *params, struct bytes *result)
{
	struct pair *p = s->pair;

	if (params->err)
		return params->err;
	for (unsigned i = 0; i < 2; i++) {
		struct answer a =
		    pair_ask(p, i, SEAT_MAKER, method, buf_bytes(params));

		if (!a.is_result) {
			log_refusal(method, a.body, &p->arena);
			return ERR_INTERNAL;
		}
		*result = a.body;
	}
	return ERR_OK;
}

/* --- values --------------------------------------------------------------*/

static const struct stocked *newest(
    const struct stock *s, const struct entity *e, enum spot spot)
{
	for (unsigned i = s->count; i--;)
		if (s->items[i].entity == e && s->items[i].id[0] &&
		    (s->items[i].spot == spot || !entity_is_scoped(e)))
			return &s->items[i];
	return NULL;
}

static const char *reference(
    const struct draft_record *r, const struct field *f)
{
	const struct stocked *target;

	if (f == r->entity->branch_field)
		return branches[r->spot];
	if (f == r->entity->owner_field)
		return owners[r->spot];
	if (f == r->entity->parent_field)
		return r->parent ? r->parent->id : NULL;
	if (!f->ref)
		return "maker";
	target = newest(r->stock, f->ref, r->spot);
	return target ? target->id : NULL;
}

static bool is_filled(const struct draft_record *r, const struct field *f)
{
	if (r->left_out[f->slot] || f->is_auto || f->derive.kind || f->single ||
	    f == r->entity->status_field)
		return false;
	return !r->is_update || (!f->once && f->type != TYPE_REF);
}

static struct bytes value_of(
    const struct draft_record *r, const struct field *f, unsigned which)
{
	struct arena *a = &r->stock->pair->arena;
	enum fate fate =
	    (enum fate)r->stock->fates.of[r->entity->id][r->spot][f->slot];
	struct bytes first;

	if (f->type == TYPE_REF) {
		const char *target = reference(r, f);

		return target ? value_pack_text(a, bytes_text(target))
			      : BYTES_NONE;
	}
	/* Whether there is one at all is a secret too. */
	if (fate == FATE_SECRET && r->stock->fates.may_differ[r->spot] &&
	    !f->required && !r->filled[f->slot] && (r->serial + which) % 3 == 0)
		return BYTES_NONE;
	if (fate == FATE_SECRET)
		return made_value(f, 2 * r->serial + which, a);
	first = made_value(f, 2 * r->serial, a);
	return which && fate == FATE_ALIKE && first.len
		   ? made_alike(f, first, 2 * r->serial + 1, a)
		   : first;
}

static void pack_values(
    const struct draft_record *r, unsigned which, struct buf *out)
{
	size_t mark = pack_map_open(out);
	uint32_t count = 0;

	for (unsigned i = 0; i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];
		struct bytes value =
		    is_filled(r, f) ? value_of(r, f, which) : BYTES_NONE;

		if (!value.len)
			continue;
		pack_cstr(out, f->key);
		pack_raw(out, value);
		count++;
	}
	pack_map_close(out, mark, count);
}

/* --- one record ----------------------------------------------------------*/

static struct answer put_record(
    const struct draft_record *r, unsigned which, bool dry_run)
{
	struct pair *p = r->stock->pair;
	struct answer a;
	struct buf b;

	buf_init(&b, PARAMS_MOST);
	pack_map(&b, r->is_update ? 5 : 4);
	pack_key_cstr(&b, "entity", r->entity->key);
	if (r->is_update)
		pack_key_cstr(&b, "id", r->id);
	pack_cstr(&b, r->is_update ? "set" : "fields");
	pack_values(r, which, &b);
	pack_key_bool(&b, "dry_run", dry_run);
	pack_key_cstr(&b, "reason", "自检");
	a = pair_ask(p, which, SEAT_MAKER,
	    r->is_update ? "record.update" : "record.create", buf_bytes(&b));
	buf_release(&b);
	return a;
}

/* What is refused is filled in both books, then left out of both.  True if
 * there is something to try. */
static bool leave_out(struct draft_record *r, struct bytes error)
{
	struct reader in = reader_of(unpack_lookup(error, "errors"));
	struct arena *a = &r->stock->pair->arena;
	bool some = false;

	for (uint32_t left = read_array(&in); left; left--) {
		const char *key = answer_text(read_raw(&in), "field", a);
		const struct field *f =
		    entity_field(r->entity, bytes_text(key));

		if (!f || r->left_out[f->slot])
			continue;
		r->left_out[f->slot] = r->filled[f->slot];
		r->filled[f->slot] = some = true;
	}
	return some;
}

/* Both are always asked, so that both have counted as many requests. */
static enum err try_out(struct draft_record *r)
{
	for (unsigned i = 0; i < RECORD_TRY; i++) {
		bool some = false;
		struct answer tried[2];

		for (unsigned k = 0; k < 2; k++)
			tried[k] = put_record(r, k, true);
		if (tried[0].is_result && tried[1].is_result)
			return ERR_OK;
		for (unsigned k = 0; k < 2; k++)
			some |=
			    !tried[k].is_result && leave_out(r, tried[k].body);
		if (some)
			continue;
		log_refusal(r->entity->key, tried[tried[0].is_result].body,
		    &r->stock->pair->arena);
		return ERR_INVALID;
	}
	return ERR_INVALID;
}

static void note(struct draft_record *r, struct bytes result, bool in_both)
{
	struct stock *s = r->stock;
	struct stocked *n = &s->items[s->count];
	struct arena *a = &s->pair->arena;

	if (s->count == STOCK_MOST)
		return;
	s->count++;
	*n = (struct stocked){
		.entity = r->entity, .spot = r->spot, .serial = r->serial
	};
	snprintf(n->number, sizeof n->number, "%s",
	    answer_text(result, "number", a));
	if (in_both)
		snprintf(
		    n->id, sizeof n->id, "%s", answer_text(result, "id", a));
	for (unsigned i = 0; i < r->entity->field_count; i++)
		s->differing +=
		    s->fates.of[r->entity->id][r->spot][i] != FATE_SHARED;
}

static struct draft_record begin(struct stock *s, const struct entity *e,
    enum spot spot, const struct stocked *parent)
{
	pair_step(s->pair);
	return (struct draft_record){ .stock = s,
		.entity = e,
		.spot = spot,
		.parent = parent,
		.serial = s->serial++ };
}

static enum err make_record(struct stock *s, const struct entity *e,
    enum spot spot, const struct stocked *parent)
{
	struct draft_record r = begin(s, e, spot, parent);
	struct answer made[2];
	enum err err = try_out(&r);

	if (!err)
		err = pair_level(s->pair);
	if (err)
		return err;
	for (unsigned i = 0; i < 2; i++) {
		made[i] = put_record(&r, i, false);
		if (made[i].is_result)
			continue;
		log_refusal(e->key, made[i].body, &s->pair->arena);
		return ERR_INTERNAL;
	}
	note(&r, made[0].body, true);
	return pair_level(s->pair);
}

/* In the second book alone. */
static enum err make_extra(struct stock *s, const struct entity *e,
    enum spot spot, const struct stocked *parent)
{
	struct draft_record r = begin(s, e, spot, parent);
	struct answer made;

	if (try_out(&r))
		return pair_level(s->pair);
	made = put_record(&r, 1, false);
	if (made.is_result)
		note(&r, made.body, false);
	return pair_level(s->pair);
}

/* --- the whole -----------------------------------------------------------*/

static enum err make_branch(struct stock *s, const char *code, const char *name)
{
	struct bytes result;
	struct buf b;
	enum err err;

	pair_step(s->pair);
	buf_init(&b, PARAMS_MOST);
	pack_map(&b, 2);
	pack_key_cstr(&b, "entity", "branch");
	pack_cstr(&b, "fields");
	pack_map(&b, 2);
	pack_key_cstr(&b, "code", code);
	pack_key_cstr(&b, "name", name);
	err = must_both(s, "record.create", &b, &result);
	buf_release(&b);
	return err;
}

static enum err make_account(
    struct stock *s, const char *login, const char *role)
{
	struct bytes result;
	struct buf b;
	enum err err;

	pair_step(s->pair);
	buf_init(&b, PARAMS_MOST);
	pack_map(&b, 4);
	pack_key_cstr(&b, "user", login);
	pack_key_cstr(&b, "password", STOCK_PASSWORD);
	pack_cstr(&b, "roles");
	pack_array(&b, 1);
	pack_cstr(&b, role);
	pack_key_cstr(&b, "branch", branches[SPOT_OWN]);
	err = must_both(s, "user.create", &b, &result);
	buf_release(&b);
	return err;
}

static enum err log_in(struct stock *s, enum seat seat, const char *login)
{
	struct pair *p = s->pair;
	enum err err = ERR_OK;
	struct buf b;

	pair_step(p);
	buf_init(&b, PARAMS_MOST);
	pack_map(&b, 2);
	pack_key_cstr(&b, "user", login);
	pack_key_cstr(&b, "password", STOCK_PASSWORD);
	for (unsigned i = 0; !err && i < 2; i++) {
		struct answer a =
		    pair_ask(p, i, seat, "session.login", buf_bytes(&b));

		if (!a.is_result)
			log_refusal("session.login", a.body, &p->arena);
		err = a.is_result ? ERR_OK : ERR_INTERNAL;
	}
	buf_release(&b);
	return err;
}

static enum err make_people(struct stock *s, const char *role)
{
	const struct account *reader;
	enum err err = make_account(s, "reader", role);

	if (!err)
		err = make_account(s, "spare", role);
	if (!err)
		err = log_in(s, SEAT_READER, "reader");
	if (!err)
		err = log_in(s, SEAT_SPARE, "spare");
	if (err)
		return err;
	/* Any request on the loop makes its directory know them. */
	err = pair_level(s->pair);
	pair_ask(s->pair, 0, SEAT_READER, "session.whoami", bytes_text("\x80"));
	pair_ask(s->pair, 1, SEAT_READER, "session.whoami", bytes_text("\x80"));
	reader = directory_account(
	    twin_directory(s->pair->twins[0]), bytes_text("reader"));
	if (!reader)
		return ERR_INTERNAL;
	fates_decide(&s->fates,
	    directory_schema(twin_directory(s->pair->twins[0])), reader->view);
	return err;
}

/* Nobody's: made with an owner, who then goes. */
static enum err disown(struct stock *s, const struct stocked *item)
{
	struct bytes result;
	struct buf b;
	enum err err;

	pair_step(s->pair);
	buf_init(&b, PARAMS_MOST);
	pack_map(&b, 3);
	pack_key_cstr(&b, "entity", item->entity->key);
	pack_key_cstr(&b, "id", item->id);
	pack_cstr(&b, "unset");
	pack_array(&b, 1);
	pack_cstr(&b, item->entity->owner_field->key);
	err = must_both(s, "record.update", &b, &result);
	buf_release(&b);
	return err ? err : pair_level(s->pair);
}

static enum err make_children(
    struct stock *s, const struct entity *e, enum spot spot)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < s->schema->entity_count; i++) {
		const struct entity *child = &s->schema->entities[i];

		if (child->parent != e)
			continue;
		err = make_record(s, child, spot, newest(s, e, spot));
		if (err == ERR_INVALID)
			err = pair_level(s->pair); /* rules we cannot meet */
		else if (!err)
			err = make_children(s, child, spot);
	}
	return err;
}

/* Records of one series number each other: an extra one would move the
 * numbers of those that the reader knows. */
static bool may_be_extra(
    const struct stock *s, const struct entity *e, enum spot spot)
{
	bool known = false;

	for (unsigned at = 0; at < SPOTS; at++)
		known |= at != SPOT_FAR && s->fates.known[e->id][at];
	if (e->numbering == NUMBER_SERIES && known && spot != SPOT_FAR)
		return false;
	return fates_hide(&s->fates, e, spot);
}

static enum err make_extras(
    struct stock *s, const struct entity *e, enum spot spot)
{
	enum err err = ERR_OK;

	if (!s->fates.may_differ[spot])
		return ERR_OK;
	for (unsigned i = 0; !err && i < s->schema->entity_count; i++) {
		const struct entity *child = &s->schema->entities[i];

		if (child->parent == e && may_be_extra(s, child, spot))
			err = make_extra(s, child, spot, newest(s, e, spot));
	}
	/* Its numbers count by branch: another's are no matter here. */
	if (!err && spot == SPOT_FAR && may_be_extra(s, e, spot))
		err = make_extra(s, e, spot, NULL);
	return err;
}

static enum err make_family(
    struct stock *s, const struct entity *e, enum spot spot)
{
	enum err err = make_record(s, e, spot, NULL);

	if (!err && spot == SPOT_POOL && e->owner_field)
		err = disown(s, &s->items[s->count - 1]);
	if (!err)
		err = make_children(s, e, spot);
	return err ? err : make_extras(s, e, spot);
}

static enum err make_records(struct stock *s)
{
	enum err err = ERR_OK;

	/* What belongs to nobody first: others refer to it. */
	for (unsigned i = 0; !err && i < s->schema->entity_count; i++) {
		const struct entity *e = &s->schema->entities[i];

		for (unsigned k = 0; !err && k < EACH; k++)
			if (!entity_is_scoped(e))
				err = make_record(s, e, SPOT_FAR, NULL);
	}
	for (unsigned i = 0; !err && i < s->schema->entity_count; i++) {
		const struct entity *e = &s->schema->entities[i];

		if (!e->scoped || e->parent)
			continue;
		for (unsigned k = 0; !err && k < EACH * SPOTS; k++)
			err = make_family(s, e, (enum spot)(k % SPOTS));
	}
	return err;
}

enum err stock_fill(struct stock *s, const struct schema *schema,
    struct pair *pair, const char *role, uint64_t seed)
{
	enum err err;

	*s = (struct stock){
		.schema = schema, .pair = pair, .dice = { seed }, .serial = 1
	};
	err = make_branch(s, branches[SPOT_OWN], "上海");
	if (!err)
		err = make_branch(s, branches[SPOT_FAR], "杭州");
	if (!err)
		err = make_people(s, role);
	if (!err)
		err = make_records(s);
	if (!err)
		err = pair_tick(pair);
	return err;
}

/* --- changes -------------------------------------------------------------*/

/* Only what the reader is not told stays in it. */
static bool has_secrets(struct draft_record *r)
{
	bool some = false;

	for (unsigned i = 0; i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];
		bool secret = r->stock->fates.of[r->entity->id][r->spot][i] ==
			      FATE_SECRET;

		r->left_out[i] = !secret;
		some |= secret && is_filled(r, f);
	}
	return some;
}

enum err stock_stir(struct stock *s)
{
	enum err err;

	pair_step(s->pair);
	err = pair_tick(s->pair);
	for (unsigned i = 0; !err && i < STIR_TRY; i++) {
		const struct stocked *item =
		    &s->items[dice_below(&s->dice, s->count)];
		struct draft_record r = { .stock = s,
			.entity = item->entity,
			.spot = item->spot,
			.serial = s->serial++,
			.is_update = true,
			.id = item->id };
		bool one = s->fates.may_differ[item->spot] &&
			   dice_percent(&s->dice, 50);

		if (!item->id[0] || !has_secrets(&r))
			continue;
		/* A refusal is the maker's alone. */
		put_record(&r, 1, false);
		if (!one)
			put_record(&r, 0, false);
		break;
	}
	/* What the maker was refused stands behind what the reader was. */
	return err ? err : pair_tick(s->pair);
}
