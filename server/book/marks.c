// SPDX-License-Identifier: MIT
/*
 * Marks.  See marks.h.
 */
#include "server/book/marks.h"

#include "common/head.h"
#include "common/pack.h"
#include "common/text.h"
#include "server/book/likeness.h"
#include "server/data/index.h"

#define MARK_SIZE 8

static bool has_mark(const struct cell *c, const struct field *f)
{
	return c->given && c->value.len && f->type != TYPE_LIST &&
	       (f->likeness || f->index & INDEX_UNIQUE);
}

/* What equal values have in common: what makes them collide, or what a search
 * for one of them finds. */
static enum err form_of(const struct work *w, const struct field *f,
    struct bytes value, uint8_t key[static STORE_KEY], struct bytes *out)
{
	if (!(f->index & INDEX_UNIQUE))
		return value_blind_form(f, w->arena, value, out);
	*out = bytes_of(key, index_unique(w->desk, f, 0, value, w->arena, key));
	return ERR_OK;
}

/* A short name says less even when it is the same. */
static unsigned weight_of(const struct field *f, struct bytes form)
{
	return f->sealed || f->index & INDEX_UNIQUE
		   ? f->likeness
		   : f->likeness * likeness_of_names(form, form) / 100;
}

static enum err pack_mark(const struct work *w, const struct field *f,
    struct bytes value, struct buf *out)
{
	uint8_t user[8], key[STORE_KEY], mac[32];
	struct bytes parts[] = { bytes_of(user, sizeof user),
		bytes_text(f->entity->key), bytes_text(f->key), BYTES_NONE };
	char text[2 * MARK_SIZE + 1];
	enum err err = form_of(w, f, value, key, &parts[3]);

	if (err)
		return err;
	put_be64(user, w->who->user);
	system_mac(w->desk->sealer, "mark", parts, 4, mac);
	hex_format(bytes_of(mac, MARK_SIZE), text);
	pack_array(out, 4);
	pack_cstr(out, f->key);
	pack_cstr(out, text);
	pack_int(out, weight_of(f, parts[3]));
	pack_bool(out, f->index & INDEX_UNIQUE);
	return ERR_OK;
}

enum err marks_pack(
    const struct work *w, const struct item *it, struct buf *out)
{
	const struct record *r = it->record;
	size_t mark = pack_array_open(out);
	uint32_t count = 0;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < r->entity->field_count; i++) {
		const struct field *f = &r->entity->fields[i];

		if (!has_mark(&r->cells[i], f))
			continue;
		err = pack_mark(w, f, r->cells[i].value, out);
		count++;
	}
	pack_array_close(out, mark, count);
	return err;
}
