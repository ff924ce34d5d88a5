// SPDX-License-Identifier: MIT
/*
 * Ledger rows: totals of a record's children and counters of their numbers.
 *
 * Kept apart from the record itself, so that a new order line neither makes a
 * version of the order nor a history row, and so that whatever depends on
 * totals can expect one row.  Layout of a row:
 *
 *   u64 subject | u32 version | sealed list of u8 field, u16 length, packed
 *
 * sealed under the subject's ledger key.  Field ids from LEDGER_COUNTER on
 * are be64 running counts of child entities (id = LEDGER_COUNTER + entity),
 * with a be64 behind it where they have a counted field, from LEDGER_FIGURE on
 * figures by month.
 */
#include "server/data/ledger.h"

#include "server/schema/value.h"

#define LEDGER_HEAD    12
#define LEDGER_GRANULE 32
#define LEDGER_TOTALS                                                          \
	(sizeof((struct ledger *)0)->totals /                                  \
	    sizeof(((struct ledger *)0)->totals[0]))

static struct bytes ledger_aad(const struct desk *d, const struct record *r,
    uint64_t subject, uint32_t version, uint8_t aad[static ROW_AAD])
{
	struct binding b = { .store_id = d->store_id,
		.table = TABLE_LEDGER,
		.entity = r->entity->id,
		.record = r->id,
		.subject = subject,
		.version = version };

	return binding_aad(&b, aad);
}

static enum err read_totals(struct ledger *l, struct bytes text)
{
	while (text.len) {
		struct total *t = &l->totals[l->total_count];
		size_t len = text.len < 3 ? 0 : get_be16(text.data + 1);

		if (text.len < 3 + len || l->total_count == LEDGER_TOTALS)
			return ERR_CORRUPT;
		t->field = text.data[0];
		t->value = bytes_of(text.data + 3, len);
		l->total_count++;
		text.data += 3 + len;
		text.len -= 3 + len;
	}
	return ERR_OK;
}

static enum err load(struct desk *d, struct record *r, struct ledger *l)
{
	uint8_t key[ROW_KEY], aad[ROW_AAD];
	struct bytes text;
	struct dek *dek;
	struct row row;
	enum err err;

	row_key(r->entity->id, r->id, key);
	err = snapshot_get(
	    d->snapshot, TABLE_LEDGER, bytes_of(key, sizeof key), &row);
	if (err)
		return err;
	if (row.value.len < LEDGER_HEAD)
		return ERR_CORRUPT;
	l->subject = get_be64(row.value.data);
	l->version = get_be32(row.value.data + 8);
	l->position = row.version;
	err = subject_key(d, r->entity, l->subject, KEY_LEDGER, &dek);
	if (err)
		return err;
	err = unseal(d->sealer, dek,
	    ledger_aad(d, r, l->subject, l->version, aad),
	    bytes_of(row.value.data + LEDGER_HEAD, row.value.len - LEDGER_HEAD),
	    r->arena, &text);
	return err ? err : read_totals(l, text);
}

enum err record_ledger(struct desk *d, struct record *r, struct ledger **out)
{
	enum err err = ERR_NOT_FOUND;

	if (!r->ledger) {
		struct ledger *l = arena_alloc(r->arena, sizeof *l);

		if (!l)
			return ERR_TOO_LARGE;
		l->subject = r->header.subject;
		if (!r->is_new)
			err = load(d, r, l);
		l->absent = err == ERR_NOT_FOUND;
		if (err && !l->absent)
			return err;
		r->ledger = l;
	}
	*out = r->ledger;
	return ERR_OK;
}

struct bytes ledger_get(const struct ledger *l, uint8_t field)
{
	for (unsigned i = 0; i < l->total_count; i++)
		if (l->totals[i].field == field)
			return l->totals[i].value;
	return BYTES_NONE;
}

enum err ledger_set(struct ledger *l, uint8_t field, struct bytes value)
{
	unsigned i = 0;

	while (i < l->total_count && l->totals[i].field != field)
		i++;
	if (i == LEDGER_TOTALS || !value.data)
		return ERR_TOO_LARGE;
	if (i == l->total_count)
		l->total_count++;
	l->totals[i] = (struct total){ field, value };
	l->changed = true;
	return ERR_OK;
}

enum err ledger_counter(struct desk *d, struct record *r,
    const struct entity *child, struct counter *out)
{
	struct bytes value;
	struct ledger *l;
	enum err err = record_ledger(d, r, &l);

	*out = (struct counter){ 0 };
	if (err)
		return err;
	value = ledger_get(l, (uint8_t)(LEDGER_COUNTER + child->id));
	if (value.len >= 8)
		out->count = get_be64(value.data);
	if (value.len == 16)
		out->highest = get_be64(value.data + 8);
	return ERR_OK;
}

enum err ledger_set_counter(
    struct record *r, const struct entity *child, struct counter value)
{
	uint8_t raw[16];

	put_be64(raw, value.count);
	put_be64(raw + 8, value.highest);
	return ledger_set(r->ledger, (uint8_t)(LEDGER_COUNTER + child->id),
	    arena_copy(r->arena, bytes_of(raw, value.highest ? 16 : 8)));
}

void ledger_expect(const struct record *r, struct plan *p)
{
	const struct ledger *l = r->ledger;
	uint8_t key[ROW_KEY];

	row_key(r->entity->id, r->id, key);
	plan_expect(p, TABLE_LEDGER, bytes_of(key, sizeof key),
	    l->absent ? EXPECT_ABSENT : EXPECT_VERSION, l->position);
}

enum err ledger_plan(
    struct desk *d, struct record *r, struct dek *dek, struct plan *p)
{
	uint8_t key[ROW_KEY], aad[ROW_AAD], head[LEDGER_HEAD], item[3];
	struct ledger *l = r->ledger;
	struct buf text, value;
	enum err err;

	buf_init(&text, STORE_VALUE);
	buf_init(&value, STORE_VALUE);
	for (unsigned i = 0; i < l->total_count; i++) {
		item[0] = l->totals[i].field;
		put_be16(item + 1, (uint16_t)l->totals[i].value.len);
		buf_append(&text, item, sizeof item);
		buf_append_bytes(&text, l->totals[i].value);
	}
	put_be64(head, l->subject);
	put_be32(head + 8, l->version + 1);
	buf_append(&value, head, sizeof head);
	err = seal(d->sealer, dek,
	    ledger_aad(d, r, l->subject, l->version + 1, aad), buf_bytes(&text),
	    LEDGER_GRANULE, &value);
	if (!err) {
		ledger_expect(r, p);
		row_key(r->entity->id, r->id, key);
		plan_put(p, TABLE_LEDGER, bytes_of(key, sizeof key),
		    buf_bytes(&value));
	}
	buf_release(&text);
	buf_release(&value);
	return err;
}
