// SPDX-License-Identifier: MIT
/*
 * A unit of work: its records at hand, its keys.  Items are apply.c's.
 */
#include "server/data/work.h"

void work_init(struct work *w, struct desk *d, const struct caller *who,
    struct arena *a, struct findings *found, const struct work_options *options,
    struct item *items, size_t count)
{
	*w = (struct work){ .desk = d,
		.who = who,
		.arena = a,
		.found = found,
		.options = *options,
		.now_ms = clock_now_ms(d->clock),
		.items = items,
		.item_count = count };
	w->today = desk_day(d, w->now_ms);
	w->options.origin.is_named = w->options.origin.source.len != 0;
	if (!w->options.origin.source.len)
		w->options.origin.source = bytes_text(who->source);
	lookup_init(&w->at_hand, a);
	lookup_init(&w->named, a);
	lookup_init(&w->claimed, a);
	lookup_init(&w->imported, a);
}

/* --- the records at hand -------------------------------------------------*/

static struct record *find_here(
    const struct work *w, const struct entity *e, uint64_t id)
{
	uint8_t key[ROW_KEY];
	uint64_t at;

	row_key(e->id, id, key);
	at = lookup_get(&w->at_hand, bytes_of(key, sizeof key));
	return at ? w->records[at - 1] : NULL;
}

enum err work_add(struct work *w, struct record *r)
{
	uint8_t key[ROW_KEY];
	struct record **list = arena_more(w->arena, w->records, w->record_count,
	    &w->record_room, sizeof *list);

	if (!list)
		return ERR_TOO_LARGE;
	w->records = list;
	w->records[w->record_count++] = r;
	row_key(r->entity->id, r->id, key);
	return lookup_put(
	    &w->at_hand, bytes_of(key, sizeof key), w->record_count);
}

/* --- by name -------------------------------------------------------------*/

#define NAME_MOST 255 /* of a number or a former one, in bytes */

/* What a record can be called by, besides its id. */
static struct bytes name_of(const struct record *r, unsigned way)
{
	const struct field *f =
	    way ? r->entity->external_field : r->entity->number_field;

	return f ? value_text(f, r->cells[f->slot].value) : BYTES_NONE;
}

static struct bytes name_key(const struct entity *e, struct bytes name,
    uint8_t key[static NAME_MOST + 1])
{
	if (!name.len || name.len > NAME_MOST)
		return BYTES_NONE;
	key[0] = e->id;
	memcpy(key + 1, name.data, name.len);
	return bytes_of(key, name.len + 1);
}

enum err work_called(struct work *w, const struct record *r, struct bytes text)
{
	uint8_t id[ROW_KEY], room[NAME_MOST + 1];
	struct bytes key = name_key(r->entity, text, room);

	if (!key.len)
		return ERR_OK;
	row_key(r->entity->id, r->id, id);
	return lookup_put(
	    &w->named, key, lookup_get(&w->at_hand, bytes_of(id, sizeof id)));
}

enum err work_name(struct work *w, const struct record *r)
{
	enum err err = work_called(w, r, name_of(r, 0));

	return err ? err : work_called(w, r, name_of(r, 1));
}

/* A later item may have called it otherwise. */
struct record *work_named(
    const struct work *w, const struct entity *e, struct bytes text)
{
	uint8_t room[NAME_MOST + 1];
	struct bytes key = name_key(e, text, room);
	uint64_t at = key.len ? lookup_get(&w->named, key) : 0;
	struct record *r = at ? w->records[at - 1] : NULL;

	return r && (bytes_equal(name_of(r, 0), text) ||
			bytes_equal(name_of(r, 1), text))
		   ? r
		   : NULL;
}

bool work_holds(const struct work *w, const struct entity *e, uint64_t id)
{
	return find_here(w, e, id) != NULL;
}

bool work_makes(const struct work *w, const struct entity *e, uint64_t id)
{
	const struct record *r = find_here(w, e, id);

	return r && r->is_new;
}

static enum err open_here(struct work *w, struct record *r)
{
	enum err err = record_open(w->desk, r);

	return err ? err : work_add(w, r);
}

enum err work_record(
    struct work *w, const struct entity *e, uint64_t id, struct record **out)
{
	enum err err;

	*out = find_here(w, e, id);
	if (*out)
		return ERR_OK;
	err = record_load(w->desk, w->arena, e, id, out);
	return err ? err : open_here(w, *out);
}

enum err work_take(struct work *w, struct record *found, struct record **out)
{
	*out = find_here(w, found->entity, found->id);
	if (*out)
		return ERR_OK;
	*out = found;
	return open_here(w, found);
}

enum err work_key(struct work *w, const struct record *r, enum key_kind kind,
    struct dek **out)
{
	const struct entity *e = r->entity->subject;
	const struct record *subject =
	    e ? find_here(w, e, r->header.subject) : NULL;

	if (r->entity->subject == r->entity)
		subject = r;
	if (!subject || !subject->is_new)
		return subject_key(
		    w->desk, r->entity, r->header.subject, kind, out);
	*out = dek_cached(w->desk->sealer, subject->id, kind);
	return *out ? ERR_OK
		    : dek_open(w->desk->sealer, subject->id, kind,
			  subject->wrapped[kind], out);
}

uint64_t record_parent(const struct record *r)
{
	const struct field *f = r->entity->parent_field;

	return f ? value_ref(r->cells[f->slot].value) : 0;
}

bool work_names_item(struct work *w, struct bytes text, struct item **out)
{
	size_t at = 0;

	if (text.len < 2 || text.len > 6 || text.data[0] != '#')
		return false;
	for (size_t i = 1; i < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		at = 10 * at + (size_t)(text.data[i] - '0');
	}
	*out = at < w->item_count ? &w->items[at] : NULL;
	return true;
}

void work_move(struct record *r, const struct field *f, struct bytes value,
    const char *rule, uint32_t version)
{
	struct cell *c = &r->cells[f->slot];

	if (bytes_equal(c->value, value))
		return;
	if (!r->is_changed)
		r->origin = (struct origin){ .source = bytes_text(BY_RULE) };
	cell_set(r, f, value);
	c->rule = rule;
	c->rule_version = version;
}
