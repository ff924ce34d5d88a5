// SPDX-License-Identifier: MIT
/*
 * From changed records to one plan.
 *
 * For each record: the next version, its seals, its row, its index keys, its
 * history row, and the digest of its commitments for the log.  Sealed fields
 * that did not change are copied as they lie.  Expectations make the plan
 * fail as a whole if anything it was built on moved.
 */
#include <stdlib.h>

#include "server/data/body.h"
#include "server/data/history.h"
#include "server/data/index.h"
#include "server/data/merge.h"
#include "server/data/round.h"

#define FIELD_GRANULE 16
#define BODY_GRANULE  64

struct save { /* one record after the other on its way out */
	struct work *work;
	struct record *record;
	struct plan *plan;
	struct dek *key;
	uint32_t version; /* the one being made */
	struct index_keys before, after;
	struct buf body, fields, row;
	uint8_t sealed_count;
};

/* --- keys of a new subject -----------------------------------------------*/

static enum err make_keys(struct work *w, struct record *r, struct plan *p)
{
	static const enum key_kind kinds[] = { KEY_PERSONAL, KEY_LEDGER };
	uint8_t key[SUBJECT_KEY];
	enum err err = ERR_OK;

	if (!r->is_new || r->entity->subject != r->entity)
		return ERR_OK;
	err = round_guard(w->desk, p);
	for (unsigned i = 0; !err && i < 2; i++) {
		struct buf wrapped;
		struct dek *dek;

		buf_init(&wrapped, 1024);
		err =
		    dek_make(w->desk->sealer, r->id, kinds[i], &wrapped, &dek);
		subject_row_key(r->entity, r->id, kinds[i], key);
		r->wrapped[kinds[i]] =
		    arena_copy(w->arena, buf_bytes(&wrapped));
		if (!err)
			plan_put(p, TABLE_ROW, bytes_of(key, sizeof key),
			    buf_bytes(&wrapped));
		buf_release(&wrapped);
	}
	return err;
}

/* A subject's personal key goes with its record.  What is new under a key that
 * was there before needs it to be there still when it is committed. */
static void plan_key(struct save *s)
{
	const struct record *r = s->record;
	const struct entity *e = r->entity;
	bool goes = record_is_erased(r) && e->subject == e;
	bool needs = r->is_new && e->subject && e->subject != e &&
		     header_key_kind(e, &r->header) == KEY_PERSONAL &&
		     !work_makes(s->work, e->subject, r->header.subject);
	uint8_t key[SUBJECT_KEY];
	struct bytes at = bytes_of(key, sizeof key);

	subject_row_key(e, r->header.subject, KEY_PERSONAL, key);
	if (goes || needs)
		plan_expect(s->plan, TABLE_ROW, at, EXPECT_PRESENT, 0);
	if (goes)
		plan_del(s->plan, TABLE_ROW, at);
}

/* --- index keys ----------------------------------------------------------*/

static uint64_t parent_before(const struct record *r)
{
	const struct field *f = r->entity->parent_field;
	const struct cell *c = f ? &r->cells[f->slot] : NULL;

	return c ? value_ref(c->was ? c->was->value : c->value) : 0;
}

static uint64_t branch_before(const struct record *r)
{
	const struct field *f = r->entity->branch_field;
	const struct cell *c = r->entity->scoped ? &r->cells[f->slot] : NULL;

	return c ? value_ref(c->was ? c->was->value : c->value) : 0;
}

/* One that was not changed has its keys beside it. */
static void index_sealed(struct save *s, const struct field *f, struct cell *c)
{
	struct record *r = s->record;
	uint64_t branch = r->header.branch, parent = record_parent(r);
	size_t from = s->after.count;

	index_expand(r, f, branch_before(r), parent_before(r),
	    c->was ? c->was->keys : c->keys, &s->before);
	if (!c->was) {
		index_expand(r, f, branch, parent, c->keys, &s->after);
		return;
	}
	index_add(s->work->desk, r, f, branch, parent, c->value, &s->after);
	c->keys = index_compact(&s->after, from, s->work->arena);
}

static void index_open(struct save *s, const struct field *f, struct cell *c)
{
	struct record *r = s->record;

	index_add(s->work->desk, r, f, r->header.branch, record_parent(r),
	    c->value, &s->after);
	if (!r->is_new)
		index_add(s->work->desk, r, f, branch_before(r),
		    parent_before(r), c->was ? c->was->value : c->value,
		    &s->before);
}

/* A plain key begins with the branch, so a move touches them all.  What is
 * withdrawn stands in no index but by its number and its parent. */
static void index_cell(struct save *s, const struct field *f, bool moved)
{
	struct record *r = s->record;
	struct cell *c = &r->cells[f->slot];
	bool stays =
	    f == r->entity->number_field || f == r->entity->parent_field;
	uint8_t hides = stays ? 0 : ROW_WITHDRAWN;
	bool turns = (r->flags_before ^ r->header.flags) & hides;
	size_t before = s->before.count, after = s->after.count;

	if (!f->index ||
	    (!c->was && !turns && !(moved && f->index & INDEX_PLAIN)))
		return;
	if (f->sealed)
		index_sealed(s, f, c);
	else
		index_open(s, f, c);
	if (r->flags_before & hides)
		s->before.count = before;
	if (r->header.flags & hides)
		s->after.count = after;
}

/* Its place among its parent's. */
static void index_place(struct save *s)
{
	const struct record *r = s->record;
	const struct field *up = r->entity->parent_field;
	const struct cell *c;

	if (!up || !(up->index & INDEX_TIMED))
		return;
	c = &r->cells[r->entity->time_field->slot];
	if (!r->is_new && !(r->flags_before & ROW_WITHDRAWN))
		index_add_timed(r, parent_before(r),
		    c->was ? c->was->value : c->value,
		    !(r->flags_before & ROW_UNLISTED), &s->before);
	if (!(r->header.flags & ROW_WITHDRAWN))
		index_add_timed(r, record_parent(r), c->value,
		    !(r->header.flags & ROW_UNLISTED), &s->after);
}

/* A unique value may be one that a merged record has, and then its key is
 * that one's: it is neither put nor deleted. */
static enum err leave_shared(struct save *s, struct index_keys *k)
{
	size_t kept = 0;
	enum err err = ERR_OK;

	for (size_t i = 0; !err && i < k->count; i++) {
		struct index_key *key = &k->list[i];
		bool shares = false;
		struct row row;

		if (key->table == TABLE_UNIQUE)
			err = snapshot_get(s->work->desk->snapshot, key->table,
			    bytes_of(key->key, key->len), &row);
		if (key->table == TABLE_UNIQUE && !err &&
		    index_record(row.value) != s->record->id)
			err = merge_shares(s->work, s->record,
			    index_record(row.value), &shares);
		err = err == ERR_NOT_FOUND ? ERR_OK : err;
		if (!shares)
			k->list[kept++] = *key;
	}
	k->count = kept;
	return err;
}

static enum err plan_indexes(struct save *s)
{
	bool moved = !s->record->is_new &&
		     branch_before(s->record) != s->record->header.branch;

	for (unsigned i = 0; i < s->record->entity->field_count; i++)
		index_cell(s, &s->record->entity->fields[i], moved);
	index_place(s);
	if (s->record->entity->alias_field && !s->record->is_new) {
		enum err err = leave_shared(s, &s->before);

		if (!err)
			err = leave_shared(s, &s->after);
		if (err)
			return err;
	}
	merge_plan(s->record, s->plan);
	index_plan(&s->before, &s->after, s->record->id, s->plan);
	return s->before.err ? s->before.err : s->after.err;
}

/* --- the sealed fields ---------------------------------------------------*/

static enum err seal_cell(struct save *s, const struct field *f)
{
	struct cell *c = &s->record->cells[f->slot];
	struct binding binding =
	    record_binding(s->work->desk, s->record, f->id, s->version);
	uint8_t aad[ROW_AAD];
	struct buf out;
	enum err err;

	if (!c->was || !c->value.len)
		return ERR_OK;
	buf_init(&out, UINT16_MAX);
	err = seal(s->work->desk->sealer, s->key, binding_aad(&binding, aad),
	    c->value, FIELD_GRANULE, &out);
	if (!err)
		c->sealed = arena_copy(s->work->arena, buf_bytes(&out));
	buf_release(&out);
	return err;
}

static enum err append_sealed(struct save *s)
{
	const struct entity *e = s->record->entity;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < e->sealed_count; i++) {
		const struct field *f = e->sealed[i];
		struct cell *c = &s->record->cells[f->slot];

		err = seal_cell(s, f);
		if (err || !c->sealed.len)
			continue;
		row_append_field(&s->fields,
		    &(struct sealed_field){ f->id, c->version, c->sealed });
		s->sealed_count++;
	}
	return err;
}

/* --- the row -------------------------------------------------------------*/

static bool is_set_by(const struct record *r, uint32_t version)
{
	for (unsigned i = 0; i < r->entity->field_count; i++)
		if (r->cells[i].version == version)
			return true;
	return version == 1;
}

/* The new version's stamp joins those that some field still bears. */
static enum err renew_stamps(struct save *s)
{
	struct record *r = s->record;
	struct stamp *list =
	    arena_array(s->work->arena, r->stamp_count + 1u, sizeof *list);
	unsigned count = 0;

	if (!list)
		return ERR_TOO_LARGE;
	for (unsigned i = 0; i < r->stamp_count; i++)
		if (is_set_by(r, r->stamps[i].version))
			list[count++] = r->stamps[i];
	list[count++] = (struct stamp){ .version = s->version,
		.at_ms = s->work->now_ms,
		.user = s->work->who->user,
		.source = r->origin.source };
	r->stamps = list;
	r->stamp_count = count;
	return ERR_OK;
}

static enum err seal_row(struct save *s)
{
	uint8_t aad[ROW_AAD + ROW_HEADER];
	struct record *r = s->record;
	struct binding binding =
	    record_binding(s->work->desk, r, 0, s->version);

	r->header.version = s->version;
	r->header.sealed_count = s->sealed_count;
	r->header.body_len =
	    (uint32_t)seal_size(buf_bytes(&s->body).len, BODY_GRANULE);
	binding_aad(&binding, aad);
	header_format(&r->header, aad + ROW_AAD);
	buf_append(&s->row, aad + ROW_AAD, ROW_HEADER);
	return seal(s->work->desk->sealer, s->key, bytes_of(aad, sizeof aad),
	    buf_bytes(&s->body), BODY_GRANULE, &s->row);
}

static enum err plan_row(struct save *s)
{
	struct record *r = s->record;
	uint8_t key[ROW_KEY];
	struct bytes row_at = bytes_of(key, sizeof key);
	enum err err = append_sealed(s);

	if (!err)
		err = renew_stamps(s);
	body_format(r, &s->body);
	if (!err)
		err = s->body.err;
	if (!err)
		err = seal_row(s);
	buf_append_bytes(&s->row, buf_bytes(&s->fields));
	if (err || s->row.err)
		return err ? err : s->row.err;
	row_key(r->entity->id, r->id, key);
	plan_expect(s->plan, TABLE_ROW, row_at,
	    r->is_new ? EXPECT_ABSENT : EXPECT_VERSION, r->position);
	plan_put(s->plan, TABLE_ROW, row_at, buf_bytes(&s->row));
	return ERR_OK;
}

/* --- for the log ---------------------------------------------------------*/

static enum err commit_fields(struct save *s, struct entry_record *e)
{
	const struct record *r = s->record;
	struct commitment list[SCHEMA_FIELDS];
	uint8_t *fields = arena_alloc(s->work->arena, SCHEMA_FIELDS);

	if (!fields)
		return ERR_TOO_LARGE;
	*e = (struct entry_record){ .entity = r->entity->id,
		.id = r->id,
		.version = s->version,
		.touch = TOUCH_WRITE,
		.fields = fields,
		.has_root = true };
	for (unsigned id = 1; id < SCHEMA_FIELDS; id++) {
		const struct field *f = r->entity->by_id[id];

		if (!f || !r->cells[f->slot].was)
			continue;
		list[e->field_count].field = f->bound;
		commit_value(s->work->desk->sealer, s->key, r->id, f->bound,
		    s->version, r->cells[f->slot].value,
		    list[e->field_count].of);
		fields[e->field_count++] = (uint8_t)id;
	}
	entry_root(list, e->field_count, &e->root);
	return ERR_OK;
}

/* --- one record ----------------------------------------------------------*/

static void save_init(struct save *s, struct work *w, struct plan *p)
{
	*s = (struct save){ .work = w, .plan = p };
	index_keys_init(&s->before, w->arena);
	index_keys_init(&s->after, w->arena);
	buf_init(&s->body, STORE_VALUE / 2);
	buf_init(&s->fields, STORE_VALUE / 4);
	buf_init(&s->row, STORE_VALUE);
}

static void save_release(struct save *s)
{
	buf_release(&s->body);
	buf_release(&s->fields);
	buf_release(&s->row);
}

/* The room that the record before needed serves this one too. */
static void save_begin(struct save *s, struct record *r)
{
	s->record = r;
	s->version = r->header.version + 1;
	s->sealed_count = 0;
	s->before.count = 0;
	s->after.count = 0;
	buf_reset(&s->body);
	buf_reset(&s->fields);
	buf_reset(&s->row);
}

static enum err save_record(
    struct save *s, struct record *r, struct entry_record *entry)
{
	struct work *w = s->work;
	enum err err;

	save_begin(s, r);
	for (unsigned i = 0; i < r->entity->field_count; i++)
		if (r->cells[i].was)
			r->cells[i].version = s->version;
	err = make_keys(w, r, s->plan);
	plan_key(s);
	if (!err)
		err = work_key(
		    w, r, header_key_kind(r->entity, &r->header), &s->key);
	if (!err)
		err = plan_indexes(s);
	if (!err)
		err = commit_fields(s, entry);
	if (!err)
		err = plan_row(s);
	return err ? err : history_plan(w, r, s->version, s->plan);
}

/* --- the whole work ------------------------------------------------------*/

/* The log names the customer and, for the branch's own auditors, its branch. */
static enum err note_subject(
    struct work *w, struct touched *t, const struct record *r)
{
	const struct entity *e = r->entity->subject;
	struct record *customer;
	enum err err;

	if (t->count) {
		if (t->subject != r->header.subject)
			t->subject = 0;
		return ERR_OK;
	}
	t->subject = r->header.subject;
	t->branch = r->header.branch;
	if (r->entity->scoped || !e || e == r->entity)
		return ERR_OK;
	err = work_record(w, e, r->header.subject, &customer);
	if (!err)
		err = work_heir(w, customer, &customer);
	if (!err)
		t->branch = customer->header.branch;
	return err;
}

/* Nobody else can know of what this work makes. */
static void note_owner(
    const struct work *w, struct touched *t, const struct record *r)
{
	const struct entity *e = r->entity->subject;
	uint64_t owner = e ? r->header.subject : r->id;

	if (work_makes(w, e ? e : r->entity, owner))
		return;
	if (!t->owner_count || t->owners[t->owner_count - 1] != owner)
		t->owners[t->owner_count++] = owner;
}

static enum err commit_reason(
    struct work *w, const struct record *first, struct touched *t)
{
	struct dek *key;
	enum err err;

	if (!first || !first->origin.reason.len)
		return ERR_OK;
	err = work_key(
	    w, first, header_key_kind(first->entity, &first->header), &key);
	if (err)
		return err;
	commit_value(w->desk->sealer, key, first->id, 0, first->header.version,
	    first->origin.reason, t->reason.of);
	t->has_reason = true;
	return ERR_OK;
}

static void plan_imports(const struct work *w, struct plan *p)
{
	uint8_t id[8];

	for (size_t i = 0; i < w->item_count; i++) {
		const struct item *it = &w->items[i];

		if (it->err || it->skipped || !it->import_key.len)
			continue;
		put_be64(id, it->record->id);
		plan_expect(p, TABLE_UNIQUE, it->import_key,
		    it->import_again ? EXPECT_VERSION : EXPECT_ABSENT,
		    it->import_at);
		plan_put(
		    p, TABLE_UNIQUE, it->import_key, bytes_of(id, sizeof id));
	}
}

static enum err save_ledger(
    struct work *w, struct record *r, struct plan *p, struct touched *t)
{
	struct dek *key;
	enum err err;

	if (!r->ledger || !r->ledger->changed)
		return ERR_OK;
	note_owner(w, t, r);
	err = work_key(w, r, KEY_LEDGER, &key);
	return err ? err : ledger_plan(w->desk, r, key, p);
}

/* What a rule decided by and this work does not change: another plan may be
 * on its way that does. */
static void expect_weighed(const struct record *r, struct plan *p)
{
	uint8_t key[ROW_KEY];

	if (!r->weighed || r->is_new)
		return;
	row_key(r->entity->id, r->id, key);
	if (!r->is_changed)
		plan_expect(p, TABLE_ROW, bytes_of(key, sizeof key),
		    EXPECT_VERSION, r->position);
	if (r->ledger && !r->ledger->changed)
		ledger_expect(r, p);
}

static enum err save_changed(
    struct save *s, struct record *r, struct touched *t)
{
	enum err err;

	if (!r->is_changed)
		return ERR_OK;
	note_owner(s->work, t, r);
	err = note_subject(s->work, t, r);
	return err ? err : save_record(s, r, &t->list[t->count++]);
}

static enum err save_records(
    struct work *w, struct plan *p, struct touched *touched)
{
	struct save s;
	enum err err = ERR_OK;

	save_init(&s, w, p);
	/* What a record sums up goes with it: its subject's key is at hand. */
	for (size_t i = 0; !err && i < w->record_count; i++) {
		err = save_changed(&s, w->records[i], touched);
		if (!err)
			err = save_ledger(w, w->records[i], p, touched);
	}
	save_release(&s);
	return err;
}

static struct record *first_changed(const struct work *w)
{
	size_t i = 0;

	while (i < w->record_count && !w->records[i]->is_changed)
		i++;
	return i < w->record_count ? w->records[i] : NULL;
}

/* A new record that keeps its sealed values has asked for nothing. */
static void forget_look_ups(struct work *w)
{
	for (size_t i = 0; i < w->item_count; i++)
		if (!w->items[i].err)
			meter_give_back(w->who->meter, QUOTA_LOOKUP,
			    w->items[i].found_free);
}

enum err work_save(struct work *w, struct plan *p, struct touched *touched)
{
	enum err err;

	*touched = (struct touched){ 0 };
	touched->list =
	    arena_array(w->arena, w->record_count + 1, sizeof *touched->list);
	touched->owners = arena_array(
	    w->arena, 2 * w->record_count + 1, sizeof *touched->owners);
	if (!touched->list || !touched->owners)
		return ERR_TOO_LARGE;
	err = save_records(w, p, touched);
	for (size_t i = 0; i < w->record_count; i++)
		expect_weighed(w->records[i], p);
	plan_imports(w, p);
	if (!err)
		err = commit_reason(w, first_changed(w), touched);
	if (!err)
		forget_look_ups(w);
	return err ? err : plan_error(p);
}

void touched_note(const struct touched *t, struct draft *d)
{
	d->records = t->list;
	d->record_count = t->count;
	d->subject = t->subject;
	if (t->branch)
		d->branch = t->branch;
	d->has_reason = t->has_reason;
	d->reason = t->reason;
}
