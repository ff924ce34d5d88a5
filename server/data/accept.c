// SPDX-License-Identifier: MIT
/*
 * Values in: names against the view, rights against the row, then forms.
 *
 * Values are brought into their normal form first, because the relation of
 * the caller to a record may hang on them (branch, owner, variant); but if a
 * right is missing, every finding about forms is taken back and the answer is
 * the refusal alone.
 */
#include "server/data/refs.h"
#include "server/data/restore.h"
#include "server/data/work.h"

struct intake { /* the values of one item on their way in */
	struct work *work;
	struct item *item;
	struct record *record;
	bool *given;         /* by slot */
	bool *lost;          /* a reference to nobody he may use */
	struct bytes *typed; /* packed, as given */
	struct bytes *fresh; /* packed, normal form; none empties */
	bool variant;
};

#define ANOTHERS UINT64_MAX /* no record and no account has this id */

static const uint8_t packed_nil[] = { 0xc0 };
static const uint8_t packed_true[] = { 0xc3 };

/* --- the record as rules and checks see it -------------------------------*/

struct source_of {
	struct work *work;
	struct record *record;
	struct intake *intake; /* NULL: the record alone */
};

/* A sealed value that nobody opened is there, and nothing more is known. */
static struct bytes known_value(void *ctx, const struct field *f)
{
	struct source_of *s = ctx;
	const struct cell *c = &s->record->cells[f->slot];
	const struct ledger *l;

	if (s->intake && s->intake->given[f->slot])
		return s->intake->fresh[f->slot];
	if (f->derive.kind == DERIVE_SUM || f->derive.kind == DERIVE_LATEST)
		return work_united(s->work, s->record, &l)
			   ? BYTES_NONE
			   : ledger_get(l, f->id);
	if (!c->opened && c->sealed.len)
		return bytes_of(packed_true, sizeof packed_true);
	return c->value;
}

struct value_source record_source(struct work *w, struct record *r)
{
	struct source_of *s = arena_alloc(w->arena, sizeof *s);

	if (s)
		*s = (struct source_of){ .work = w, .record = r };
	return (struct value_source){ s ? known_value : NULL, s };
}

/* As it is stored, whatever items of this work changed since. */
static struct bytes stored_value(void *ctx, const struct field *f)
{
	const struct source_of *s = ctx;
	const struct cell *c = &s->record->cells[f->slot];

	return c->was ? c->was->value : c->value;
}

struct value_context work_context(struct work *w, struct record *r)
{
	struct value_source now = record_source(w, r);
	struct value_source before = { stored_value, now.ctx };

	if (r->is_new || !now.get)
		before.get = NULL;
	return (struct value_context){ .record = now,
		.before = before,
		.today = w->today,
		.is_import = bytes_is(r->origin.source, "import") };
}

/* --- names ---------------------------------------------------------------*/

static void refuse(struct item *it, enum err err, struct bytes field)
{
	it->err = err;
	it->bad_field = field;
}

static void take_one(struct intake *in, struct bytes name, struct bytes value)
{
	const struct field *f = view_field(in->item->entity, name);

	if (!f) {
		if (!in->item->err)
			refuse(in->item, ERR_UNKNOWN, name);
		return;
	}
	if (in->given[f->slot] && !in->item->err)
		refuse(in->item, ERR_INVALID, name);
	in->given[f->slot] = true;
	in->typed[f->slot] = value;
}

static void take_names(struct intake *in)
{
	struct reader set = reader_of(in->item->set);
	struct reader unset = reader_of(in->item->unset);
	uint32_t left;

	if (in->item->set.len)
		for (left = read_map(&set); left && !set.err; left--) {
			struct bytes name = read_text(&set);

			take_one(in, name, read_raw(&set));
		}
	if (in->item->unset.len)
		for (left = read_array(&unset); left && !unset.err; left--)
			take_one(in, read_text(&unset),
			    bytes_of(packed_nil, sizeof packed_nil));
	if (set.err || unset.err)
		refuse(in->item, ERR_INVALID, BYTES_NONE);
}

/* What an undo puts back was in its form before. */
static void take_restored(struct intake *in)
{
	const struct restore *s = in->item->restore;

	for (unsigned i = 0; i < s->count; i++) {
		in->given[s->values[i].field->slot] = true;
		in->fresh[s->values[i].field->slot] = s->values[i].value;
	}
}

/* --- whose it is ---------------------------------------------------------*/

/* The subject hangs on a reference that the item may just have given. */
static void find_subject(struct intake *in)
{
	const struct entity *e = in->record->entity;

	if (!in->record->is_new || !e->subject)
		return;
	if (e->subject == e) {
		in->record->header.subject = in->record->id;
		return;
	}
	for (unsigned i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		uint64_t id = f->type == TYPE_REF && f->ref && in->given[i]
				  ? value_ref(in->fresh[i])
				  : 0;
		struct record *target;

		if (!id || f->ref->subject != e->subject ||
		    work_record(in->work, f->ref, id, &target))
			continue;
		in->record->header.subject = target->header.subject;
		return;
	}
}

/* The branch of what is coming in: its own, or its customer's. */
static uint64_t branch_of(struct intake *in)
{
	const struct entity *e = in->record->entity;
	struct record *r = in->record;

	if (e->scoped) {
		const struct field *f = e->branch_field;
		uint64_t id =
		    value_ref(in->given[f->slot] ? in->fresh[f->slot]
						 : r->cells[f->slot].value);

		return id || !r->is_new ? id : in->work->who->branch;
	}
	find_subject(in);
	if (!e->subject || !r->header.subject ||
	    work_record(in->work, e->subject, r->header.subject, &r))
		return 0;
	return r->header.branch;
}

static struct bytes branch_area(void *ctx)
{
	struct source_of *s = ctx;
	const struct entity *e = s->record->entity;
	const struct entity *owner = e->scoped ? e : e->subject;
	const struct field *area = owner && owner->branch_field
				       ? owner->branch_field->ref->area_field
				       : NULL;
	uint64_t id = area && s->intake ? branch_of(s->intake) : 0;
	struct record *branch;

	if (!id || work_record(s->work, area->entity, id, &branch))
		return BYTES_NONE;
	return value_text(area, branch->cells[area->slot].value);
}

/* --- forms ---------------------------------------------------------------*/

static enum err find_target(struct work *w, const struct field *f,
    struct bytes text, struct record **out)
{
	const struct view_entity *ve = view_entity_of(w->who->view, f->ref);
	struct item *earlier;
	enum err err;

	*out = NULL;
	if (!ve)
		return ERR_NOT_FOUND;
	if (work_names_item(w, text, &earlier)) {
		*out = earlier && !earlier->err ? earlier->record : NULL;
		return *out && (*out)->entity == f->ref ? ERR_OK
							: ERR_NOT_FOUND;
	}
	*out = work_named(w, f->ref, text);
	if (*out)
		return ERR_OK;
	err = record_find_by_text(w->desk, w->who, ve, text, w->arena, out);
	if (!err)
		err = work_take(w, *out, out);
	if (!err && (*out)->header.flags & ROW_WITHDRAWN)
		return ERR_NOT_FOUND;
	return err ? err : work_called(w, *out, text);
}

enum err accept_reference(struct work *w, const struct field *f,
    struct bytes text, struct bytes *packed)
{
	const struct account *account;
	struct record *target;
	struct bytes login;
	enum err err;

	if (!f->ref) {
		err = login_canonical(w->arena, text, &login);
		account =
		    err ? NULL : directory_account(w->desk->directory, login);
		if (!account)
			return ERR_NOT_FOUND;
		*packed = value_pack_ref(
		    w->arena, account->id, bytes_text(account->login));
		return packed->data ? ERR_OK : ERR_TOO_LARGE;
	}
	err = find_target(w, f, text, &target);
	if (err)
		return err;
	*packed = value_pack_ref(w->arena, target->id, record_number(target));
	return packed->data ? ERR_OK : ERR_TOO_LARGE;
}

/* A record that was merged is shown by the name of what stands for it: whoever
 * sends that back changes nothing. */
static enum err keep_reference(
    struct intake *in, const struct field *f, struct bytes *value)
{
	struct bytes now = in->record->cells[f->slot].value;
	uint64_t id = value_ref(now);
	struct record *r;
	enum err err;

	if (!f->ref || !f->ref->alias_field || !id || id == value_ref(*value))
		return ERR_OK;
	err = work_record(in->work, f->ref, id, &r);
	if (!err)
		err = work_heir(in->work, r, &r);
	if (!err && r->id == value_ref(*value))
		*value = now;
	return err;
}

static enum err resolve(
    struct intake *in, const struct field *f, struct bytes *value)
{
	struct bytes text = value_text(f, *value);
	enum err err;

	if (!text.len)
		return ERR_OK;
	err = accept_reference(in->work, f, text, value);
	if (!err)
		return keep_reference(in, f, value);
	if (err != ERR_NOT_FOUND)
		return err;
	findings_add(in->work->found, FINDING_ERROR, f->key, "reference",
	    "there is no such %s that you may use", f->ref_name);
	in->lost[f->slot] = true;
	*value = BYTES_NONE;
	return ERR_OK;
}

static enum err accept_one(struct intake *in, const struct field *f)
{
	struct source_of source = { in->work, in->record, in };
	struct value_context context = { .record = { known_value, &source },
		.area = branch_area,
		.today = in->work->today,
		.is_import = bytes_is(in->item->origin.source, "import") };
	struct bytes *out = &in->fresh[f->slot];
	enum err err;

	if (f->is_auto || f->derive.kind) {
		findings_add(in->work->found, FINDING_ERROR, f->key,
		    "automatic", "this field is set by the server alone");
		return ERR_OK;
	}
	err = value_accept(f, &context, in->typed[f->slot], in->work->arena,
	    in->work->found, out);
	if (!err && f->type == TYPE_REF && out->len)
		err = resolve(in, f, out);
	return err;
}

/* What other checks look at goes first. */
static enum err accept_forms(struct intake *in)
{
	const struct entity *e = in->record->entity;
	enum err err = ERR_OK;

	for (unsigned pass = 0; pass < 2; pass++)
		for (unsigned i = 0; !err && i < e->field_count; i++)
			if (in->given[i] && !!e->fields[i].companion == !!pass)
				err = accept_one(in, &e->fields[i]);
	return err;
}

/* --- rights --------------------------------------------------------------*/

/* A name that nobody has is another's: whoever may not name an owner is not
 * told which accounts there are. */
static uint64_t ref_after(const struct intake *in, const struct field *f)
{
	if (in->lost[f->slot])
		return ANOTHERS;
	return value_ref(in->given[f->slot] ? in->fresh[f->slot]
					    : in->record->cells[f->slot].value);
}

/* How the caller would stand to the record with the new values. */
static enum err relations_after(struct intake *in, unsigned *relations)
{
	const struct caller *who = in->work->who;
	const struct entity *e = in->record->entity;
	struct record *subject;
	uint64_t branch, owner;
	enum err err;

	if (e->scoped) {
		branch = ref_after(in, e->branch_field);
		owner = ref_after(in, e->owner_field);
		if (in->record->is_new && !in->given[e->branch_field->slot])
			branch = who->branch;
		if (in->record->is_new && !in->given[e->owner_field->slot])
			owner = who->user;
		*relations =
		    relations_of(who->user, who->branch, branch, owner);
		return ERR_OK;
	}
	*relations = RELATION_ALL;
	if (!e->subject)
		return ERR_OK;
	/* Without its parent it cannot be stored; judge it by the best case,
	 * so that the answer can say what is missing. */
	if (!in->record->header.subject) {
		*relations = view_range(in->item->entity);
		return ERR_OK;
	}
	err = work_record(
	    in->work, e->subject, in->record->header.subject, &subject);
	return err ? err
		   : record_relations(in->work->desk, who, subject, relations);
}

static bool may_set(
    struct intake *in, const struct field *f, unsigned relations, enum use use)
{
	struct grant g;

	return view_grant(in->item->entity, relations, in->variant, f, use, &g);
}

/* Whoever reads a value may send it back as it is: nothing changes. */
static bool is_echo(
    const struct intake *in, const struct field *f, unsigned relations)
{
	unsigned level =
	    view_level(in->item->entity, relations, in->variant, f);

	/* A value that no validator took is none, and equals nothing. */
	return !in->record->is_new && !f->sealed && level & MAY_SEE &&
	       in->fresh[f->slot].len &&
	       bytes_equal(
		   in->record->cells[f->slot].value, in->fresh[f->slot]);
}

/* How the caller stands to the record, as it is and as it would be. */
struct standing {
	unsigned before, after;
};

/* One's own branch and name are never refused on a new record. */
static bool is_creators(const struct intake *in, const struct field *f)
{
	const struct entity *e = in->record->entity;
	const struct caller *who = in->work->who;

	if (!in->record->is_new)
		return false;
	return (f == e->branch_field && ref_after(in, f) == who->branch) ||
	       (f == e->owner_field && ref_after(in, f) == who->user);
}

/* Moving a record needs the right where it is and where it goes. */
static bool is_refused(
    struct intake *in, const struct field *f, struct standing s)
{
	const struct entity *e = in->record->entity;
	enum use use = in->record->is_new ? USE_SET_NEW : USE_SET;
	bool moves = f == e->branch_field || f == e->owner_field;

	if (is_creators(in, f) || is_echo(in, f, s.before))
		return false;
	return !may_set(in, f, s.before, use) ||
	       (moves && !may_set(in, f, s.after, use));
}

static enum err decide(struct intake *in)
{
	const struct entity *e = in->record->entity;
	struct standing s;
	enum err err = relations_after(in, &s.after);

	s.before = s.after;
	if (!err && !in->record->is_new)
		err = record_relations(
		    in->work->desk, in->work->who, in->record, &s.before);
	if (err)
		return err;
	if (in->record->is_new)
		in->record->relations = s.after;
	if (!(s.after & view_range(in->item->entity)))
		refuse(in->item, ERR_DENIED, BYTES_NONE);
	for (unsigned i = 0; i < e->field_count && !in->item->err; i++)
		if (in->given[i] && is_refused(in, &e->fields[i], s))
			refuse(
			    in->item, ERR_DENIED, bytes_text(e->fields[i].key));
	return ERR_OK;
}

/* --- into the cells ------------------------------------------------------*/

/* Does he set over a value that he is not shown? */
static bool is_hidden(struct intake *in, const struct field *f)
{
	unsigned level =
	    view_level(in->item->entity, in->record->relations, in->variant, f);

	return !(level & MAY_SEE) && !in->record->is_new;
}

/* A masked text sent back would overwrite the value. */
static bool is_mask(struct intake *in, const struct field *f)
{
	struct bytes text = value_text(f, in->fresh[f->slot]);

	return is_hidden(in, f) &&
	       memmem(text.data ? text.data : (const uint8_t *)"", text.len,
		   "**", 2);
}

/* To type a hidden value again is a change like any other: it would be told
 * by the version that it was the one. */
static void set_cell(struct intake *in, const struct field *f)
{
	struct record *r = in->record;
	struct cell *c = &r->cells[f->slot];

	c->given = true;
	if (c->value.len && is_hidden(in, f))
		cell_replace(r, f, in->fresh[f->slot]);
	else
		cell_set(r, f, in->fresh[f->slot]);
}

static void settle_one(struct intake *in, const struct field *f)
{
	struct findings *found = in->work->found;
	struct record *r = in->record;
	struct cell *c = &r->cells[f->slot];
	bool had = c->value.len || c->sealed.len;

	if (!in->item->restore && is_mask(in, f))
		findings_add(found, FINDING_ERROR, f->key, "masked",
		    "this is the masked form; give the whole value");
	set_cell(in, f);
	if (!c->was)
		return;
	if (f->once && had && !r->is_new)
		findings_add(found, FINDING_ERROR, f->key, "once",
		    "this field is set once, when the record is made");
	if (f->reason_needed && !in->item->origin.reason.len)
		findings_add(found, FINDING_ERROR, f->key, "reason_required",
		    "a change of this field needs a reason");
}

static void take_back(struct findings *found, struct findings before)
{
	*found = before;
	if (found->last)
		found->last->next = NULL;
}

static bool intake_init(
    struct intake *in, struct work *w, struct item *it, struct record *r)
{
	unsigned n = r->entity->field_count;

	*in = (struct intake){ .work = w, .item = it, .record = r };
	in->given = arena_array(w->arena, n, sizeof *in->given);
	in->lost = arena_array(w->arena, n, sizeof *in->lost);
	in->typed = arena_array(w->arena, n, sizeof *in->typed);
	in->fresh = arena_array(w->arena, n, sizeof *in->fresh);
	return in->given && in->lost && in->typed && in->fresh;
}

enum err accept_values(struct work *w, struct item *it, struct record *r)
{
	struct findings before = *w->found;
	struct source_of source;
	struct value_source values;
	struct intake in;
	enum err err;

	if (!intake_init(&in, w, it, r))
		return ERR_TOO_LARGE;
	if (it->restore)
		take_restored(&in);
	else
		take_names(&in);
	if (it->err)
		return ERR_OK;
	err = it->restore ? ERR_OK : accept_forms(&in);
	if (err)
		return err;
	find_subject(&in);
	source = (struct source_of){ w, r, &in };
	values = (struct value_source){ known_value, &source };
	in.variant =
	    r->entity->variant &&
	    condition_holds(r->entity, r->entity->variant, &values, w->arena);
	err = decide(&in);
	if (it->err)
		take_back(w->found, before);
	if (err || it->err)
		return err;
	for (unsigned i = 0; i < r->entity->field_count; i++)
		if (in.given[i])
			settle_one(&in, &r->entity->fields[i]);
	return ERR_OK;
}
