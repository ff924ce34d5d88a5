// SPDX-License-Identifier: MIT
/*
 * See dims.h.
 */
#include "server/book/dims.h"

#include <stdio.h>

#include "common/pack.h"
#include "server/book/need.h"
#include "server/book/params.h"
#include "server/schema/value.h"

#define WORDS_MOST 4096

/* --- which ---------------------------------------------------------------*/

static enum err refuse(struct report_run *run, const char *why)
{
	return params_refuse(run, "group", "choice", why);
}

static const struct field *find_field(
    const struct dims *d, const struct entity *e, struct bytes word)
{
	const struct view_entity *ve =
	    e ? view_entity_of(d->run->who->view, e) : NULL;

	return ve ? view_field(ve, word) : NULL;
}

static enum err take_field(struct dims *d, struct dim *dim, struct bytes word)
{
	const struct field *f = find_field(d, d->child, word);

	if (!f) {
		f = find_field(d, d->customer, word);
		dim->is_customers = d->child != NULL;
	}
	if (!f) {
		d->run->bad_field = word;
		return ERR_UNKNOWN;
	}
	if (f->type != TYPE_ENUM && f->type != TYPE_REF)
		return refuse(d->run, "this field makes no groups");
	dim->kind = DIM_FIELD;
	dim->word = f->key;
	dim->field = f;
	dim->ref = f->ref;
	dim->is_user = f->type == TYPE_REF && !f->ref;
	return need_field(d->run, f, USE_GROUP);
}

/* The customer's own. */
static enum err take_scope(struct dims *d, struct dim *dim, enum dim_kind kind,
    const char *word, const struct field *f)
{
	dim->kind = kind;
	dim->word = word;
	dim->ref = kind == DIM_CUSTOMER ? d->customer : f->ref;
	dim->is_user = kind == DIM_OWNER;
	return need_field(d->run, f, USE_GROUP);
}

static enum err take_word(struct dims *d, struct bytes word, bool has_month,
    const struct entity *also)
{
	const struct entity *e = d->customer;
	struct dim *dim = &d->of[d->count++];

	if (bytes_is(word, "customer"))
		return take_scope(
		    d, dim, DIM_CUSTOMER, "customer", e->number_field);
	if (bytes_is(word, "branch"))
		return take_scope(
		    d, dim, DIM_BRANCH, "branch", e->branch_field);
	if (bytes_is(word, "owner"))
		return take_scope(d, dim, DIM_OWNER, "owner", e->owner_field);
	if (has_month && bytes_is(word, "month")) {
		*dim = (struct dim){ .kind = DIM_MONTH, .word = "month" };
		return ERR_OK;
	}
	if (also && bytes_is(word, also->key)) {
		*dim = (struct dim){
			.kind = DIM_FIELD, .word = also->key, .ref = also
		};
		return ERR_OK;
	}
	return take_field(d, dim, word);
}

/* The next of "product,grade". */
static struct bytes next_word(struct bytes *list)
{
	const uint8_t *comma = bytes_find(*list, ',');
	size_t len = comma ? (size_t)(comma - list->data) : list->len;
	struct bytes word = bytes_of(list->data, len);

	len += comma != NULL;
	*list = bytes_of(list->data + len, list->len - len);
	return word;
}

static enum err take_list(struct dims *d, struct bytes list, bool has_month,
    const struct entity *also)
{
	enum err err = ERR_OK;

	while (!err && list.len) {
		if (d->count == GROUP_KEYS)
			return refuse(d->run, "by two fields at most");
		err = take_word(d, next_word(&list), has_month, also);
	}
	if (!err && d->count == 2 && d->of[0].word == d->of[1].word)
		err = refuse(d->run, "twice the same");
	return err;
}

/* --- what there is to choose from ----------------------------------------*/

#define OFFERED 64

struct offered {
	const char **words;
	unsigned count;
};

static void offer(
    struct dims *d, struct offered *o, const char *word, const struct field *f)
{
	for (unsigned i = 0; i < o->count; i++)
		if (!strcmp(o->words[i], word))
			return;
	if (o->count < OFFERED && (!f || !need_field(d->run, f, USE_GROUP)))
		o->words[o->count++] = word;
	d->run->bad_field = BYTES_NONE;
}

static void offer_fields(
    struct dims *d, struct offered *o, const struct entity *e)
{
	for (unsigned i = 0; e && i < e->field_count; i++) {
		const struct field *f = &e->fields[i];

		if (f->type == TYPE_ENUM || f->type == TYPE_REF)
			offer(d, o, f->key, f);
	}
}

/* What he may group by; a field that he may not use so is as none. */
static void offer_words(
    struct dims *d, bool has_month, const struct entity *also)
{
	const struct entity *e = d->customer;
	struct offered o = { NULL, 0 };

	if (d->run->offers)
		o.words =
		    arena_array(d->run->arena, OFFERED + 1, sizeof *o.words);
	if (!o.words)
		return;
	offer(d, &o, "customer", e->number_field);
	offer(d, &o, "branch", e->branch_field);
	offer(d, &o, "owner", e->owner_field);
	if (has_month)
		offer(d, &o, "month", NULL);
	if (also)
		offer(d, &o, also->key, NULL);
	offer_fields(d, &o, d->child);
	offer_fields(d, &o, e);
	params_offer(d->run, "group", o.words);
}

enum err dims_read(struct dims *d, const char *usual, bool has_month,
    const struct entity *also)
{
	struct bytes list;
	enum err err = params_text(d->run, "group", &list);

	offer_words(d, has_month, also);
	if (!err && !list.len)
		list = bytes_text(usual);
	return err ? err : take_list(d, list, has_month, also);
}

enum err dims_take(struct dims *d, const char *list)
{
	return take_list(d, bytes_text(list), false, NULL);
}

bool dims_has(const struct dims *d, enum dim_kind kind)
{
	return d->of[0].kind == kind || d->of[1].kind == kind;
}

int dims_also(const struct dims *d)
{
	for (unsigned i = 0; i < d->count; i++)
		if (d->of[i].kind == DIM_FIELD && !d->of[i].field)
			return (int)i;
	return -1;
}

/* --- of a row ------------------------------------------------------------*/

/* The number of a word: its place among those met, from 1. */
static enum err intern(struct dims *d, struct bytes word, uint64_t *key)
{
	struct bytes *list;
	size_t i = 0;

	while (i < d->word_count && !bytes_equal(d->words[i], word))
		i++;
	*key = i + 1;
	if (i < d->word_count)
		return ERR_OK;
	if (i == WORDS_MOST)
		return ERR_TOO_LARGE;
	list =
	    arena_more(d->run->arena, d->words, i, &d->word_room, sizeof *list);
	if (!list)
		return ERR_TOO_LARGE;
	d->words = list;
	d->words[i] = arena_copy(d->run->arena, word);
	d->word_count++;
	return d->words[i].data ? ERR_OK : ERR_TOO_LARGE;
}

enum err dims_value(
    struct dims *d, const struct dim *dim, struct bytes value, uint64_t *key)
{
	*key = 0;
	if (value_is_empty(value))
		return ERR_OK;
	if (dim->ref || dim->is_user) {
		*key = value_ref(value);
		return ERR_OK;
	}
	return intern(d, value_text(dim->field, value), key);
}

/* Stamps are no cells of a record. */
static enum err field_value(struct dims *d, struct record *r,
    const struct field *f, struct bytes *value)
{
	struct grant grant;

	if (f->derive.kind == DERIVE_NONE) {
		*value = record_plain(r, f);
		return ERR_OK;
	}
	if (!view_grant_range(view_entity_of(d->run->who->view, f->entity),
		d->run->range, f, USE_GROUP, &grant))
		return ERR_DENIED;
	return record_value(d->run->desk, r, &grant, value);
}

static enum err field_key(struct dims *d, const struct dim *dim,
    struct walk_row *row, struct record *child, uint64_t *key)
{
	struct record *r = child;
	struct bytes value;
	enum err err = ERR_OK;

	*key = 0;
	if (!dim->field)
		return ERR_OK;
	if (!child)
		err = walk_open(d->run, row, &r);
	else if (dim->is_customers)
		err = walk_load(d->run, row, d->customer, row->customer, &r);
	if (!err)
		err = field_value(d, r, dim->field, &value);
	return err ? err : dims_value(d, dim, value, key);
}

enum err dims_key(struct dims *d, struct walk_row *row, struct record *child,
    uint16_t month, uint64_t key[static GROUP_KEYS])
{
	enum err err = ERR_OK;

	key[0] = key[1] = 0;
	for (unsigned i = 0; !err && i < d->count; i++)
		switch (d->of[i].kind) {
		case DIM_CUSTOMER:
			key[i] = row->customer;
			break;
		case DIM_BRANCH:
			key[i] = row->scope.branch;
			break;
		case DIM_OWNER:
			key[i] = row->scope.owner;
			break;
		case DIM_MONTH:
			key[i] = month;
			break;
		default:
			err = field_key(d, &d->of[i], row, child, &key[i]);
		}
	return err;
}

/* --- in the answer -------------------------------------------------------*/

static bool has_name(const struct dim *dim)
{
	return dim->ref || dim->is_user;
}

/* Of two with a name the first has the column `name`. */
static bool shows_name(const struct dims *d, unsigned i)
{
	return has_name(&d->of[i]) && (i == 0 || !has_name(&d->of[0]));
}

unsigned dims_cells(const struct dims *d)
{
	unsigned cells = d->count;

	for (unsigned i = 0; i < d->count; i++)
		cells += shows_name(d, i);
	return cells;
}

void dims_columns(const struct dims *d, struct buf *out)
{
	for (unsigned i = 0; i < d->count; i++) {
		pack_cstr(out, d->of[i].word);
		if (shows_name(d, i))
			pack_cstr(out, "name");
	}
}

/* Its name, in clear or masked as he may see it there; else empty. */
static enum err name_of(struct dims *d, struct record *r, struct bytes *packed)
{
	const struct caller *who = d->run->who;
	const struct view_entity *ve = view_entity_of(who->view, r->entity);
	const struct field *f = r->entity->title_field;
	unsigned relations;
	struct grant grant;
	enum err err;

	*packed = BYTES_NONE;
	if (!ve || !f)
		return ERR_OK;
	err = record_relations(d->run->desk, who, r, &relations);
	if (err || !view_grant(ve, relations, record_is_variant(r), f,
		       USE_PROJECT, &grant))
		return err;
	return record_value(d->run->desk, r, &grant, packed);
}

static enum err pack_opened(struct dims *d, const struct dim *dim,
    struct record *r, bool with_name, struct buf *out)
{
	struct bytes name = BYTES_NONE;
	enum err err = with_name ? name_of(d, r, &name) : ERR_OK;

	pack_key_text(out, dim->word, record_number(r));
	if (!with_name)
		return err;
	pack_cstr(out, "name");
	pack_raw_or_nil(out, name);
	return err;
}

/* A long answer opens more records than the request's memory holds. */
static enum err pack_record(struct dims *d, const struct dim *dim, uint64_t id,
    bool with_name, struct buf *out)
{
	struct arena scratch;
	struct record *r;
	enum err err;

	arena_init(&scratch, WALK_BLOCK, WALK_CAP);
	err = record_load(d->run->desk, &scratch, dim->ref, id, &r);
	if (!err)
		err = record_open(d->run->desk, r);
	if (!err)
		err = pack_opened(d, dim, r, with_name, out);
	arena_release(&scratch);
	return err == ERR_NOT_FOUND ? ERR_CORRUPT : err;
}

static void pack_login(struct dims *d, const struct dim *dim, uint64_t id,
    bool with_name, struct buf *out)
{
	const struct account *who =
	    directory_account_by_id(d->run->desk->directory, id);

	pack_key_cstr(out, dim->word, who ? who->login : "");
	if (with_name)
		pack_key_cstr(out, "name", who ? who->name : "");
}

static void pack_month(const struct dim *dim, uint64_t month, struct buf *out)
{
	char text[16];

	snprintf(text, sizeof text, "%04u-%02u", (unsigned)(month / 12),
	    (unsigned)(month % 12 + 1));
	pack_key_cstr(out, dim->word, month ? text : "");
}

static enum err pack_one(
    struct dims *d, unsigned i, uint64_t key, struct buf *out)
{
	const struct dim *dim = &d->of[i];
	bool with_name = shows_name(d, i);

	if (dim->kind == DIM_MONTH) {
		pack_month(dim, key, out);
		return ERR_OK;
	}
	if (dim->ref && key)
		return pack_record(d, dim, key, with_name, out);
	if (dim->is_user || dim->ref) {
		pack_login(d, dim, key, with_name, out);
		return ERR_OK;
	}
	pack_key_text(out, dim->word, key ? d->words[key - 1] : bytes_text(""));
	return ERR_OK;
}

enum err dims_pack(
    struct dims *d, const uint64_t key[static GROUP_KEYS], struct buf *out)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < d->count; i++)
		err = pack_one(d, i, key[i], out);
	return err;
}

/* Words stand in the order of the schema's choices, own words behind. */
static uint64_t order_of(
    const struct dims *d, const struct dim *dim, uint64_t key)
{
	const struct field *f = dim->field;

	if (!f || f->type != TYPE_ENUM || !key)
		return key ? key : UINT64_MAX;
	for (unsigned i = 0; i < f->choice_count; i++)
		if (bytes_is(d->words[key - 1], f->choices[i].key))
			return i;
	return f->choice_count + key;
}

int dims_compare(const struct dims *d, const uint64_t *a, const uint64_t *b)
{
	for (unsigned i = 0; i < d->count; i++) {
		uint64_t x = order_of(d, &d->of[i], a[i]);
		uint64_t y = order_of(d, &d->of[i], b[i]);

		if (x != y)
			return x < y ? -1 : 1;
	}
	return 0;
}
