// SPDX-License-Identifier: MIT
/*
 * See rule_rights.h.
 */
#include "server/book/rule_rights.h"

#include "server/book/pool.h"

#define WIDER_MOST 512

/* --- one caller, one record ----------------------------------------------*/

struct showing {
	const struct caller *who;
	const struct record *record;
};

static bool shows(void *ctx, const struct field *f)
{
	const struct showing *s = ctx;

	return rules_shows_field(s->who, s->record, f);
}

bool rules_shows_field(
    const struct caller *who, const struct record *r, const struct field *f)
{
	const struct view_entity *ve = view_entity_of(who->view, f->entity);
	struct grant g;

	return ve && (!f->sealed || f->decides) &&
	       view_grant(ve, r->relations, record_is_variant(r), f,
		   USE_PROJECT, &g) &&
	       (g.bits & MAY_SEE || (!f->sealed && f->mask == MASK_SHOWN));
}

bool rules_shows(const struct caller *who, const struct record *r,
    const struct book_rules *b, const struct cond *when)
{
	struct showing s = { who, r };

	return book_each_input(b, when, shows, &s);
}

/* --- one caller, by names ------------------------------------------------*/

static bool knows(void *ctx, const struct field *f)
{
	const struct view_entity *ve = view_entity_of(ctx, f->entity);

	return ve && view_field(ve, bytes_text(f->key));
}

bool rules_knows(const struct view *v, const struct book_rules *b,
    const struct field *target, const struct cond *when)
{
	void *ctx = (void *)(uintptr_t)v;

	return (!target || knows(ctx, target)) &&
	       book_each_input(b, when, knows, ctx);
}

/* --- everybody -----------------------------------------------------------*/

/* How a reader may stand to a row. */
static const unsigned standings[] = {
	RELATION_OWN | RELATION_BRANCH | RELATION_ALL,
	RELATION_OWN | RELATION_ALL,
	RELATION_POOL | RELATION_BRANCH | RELATION_ALL,
	RELATION_BRANCH | RELATION_ALL,
	RELATION_ALL,
};
#define STANDINGS (sizeof standings / sizeof *standings)

struct looking {
	struct directory *directory;
	const struct book_rules *rules;
	const struct field *target;
	const struct view *view; /* at hand */
	unsigned standing;
	bool variant;
	struct wider *list;
	size_t count;
};

static bool sees(const struct looking *l, const struct field *f)
{
	const struct view_entity *ve = view_entity_of(l->view, f->entity);
	unsigned level;

	if (!ve || !(l->standing & view_range(ve)))
		return false;
	level = view_level(ve, l->standing, l->variant, f);
	return level & MAY_SEE ||
	       (level & MAY_SEE_MASKED && f->mask == MASK_SHOWN);
}

static bool is_listed(const struct looking *l, const struct field *f)
{
	const struct book_rules *b = l->rules;

	for (unsigned i = 0; i < b->declassified_count; i++)
		if (b->declassified[i].target == l->target &&
		    b->declassified[i].class_of == f->class_of)
			return true;
	for (size_t i = 0; i < l->count; i++)
		if (l->list[i].target == l->target &&
		    l->list[i].class_of == f->class_of)
			return true;
	return false;
}

static bool note(void *ctx, const struct field *input)
{
	struct looking *l = ctx;

	/* What is sealed is answered for, whoever may read it today. */
	bool is_known = sees(l, input) && !input->decides;

	if (input == l->target || is_known || is_listed(l, input) ||
	    l->count == WIDER_MOST)
		return true;
	l->list[l->count++] =
	    (struct wider){ l->target, input, input->class_of };
	return true;
}

static void look_as(struct looking *l, const struct view *view)
{
	const struct book_rules *b = l->rules;

	l->view = view;
	for (unsigned at = 0; at < 2 * STANDINGS; at++) {
		l->standing = standings[at / 2];
		l->variant = at % 2;
		for (unsigned i = 0; i < b->count; i++) {
			l->target = b->list[i].target;
			if (!b->list[i].is_off && sees(l, l->target))
				book_each_input(b, b->list[i].when, note, l);
		}
		l->target = b->of->owner_field;
		if (sees(l, l->target))
			pool_each_input(b, note, l);
	}
}

/* --- who makes them ------------------------------------------------------*/

static bool is_seen_or_plain(void *ctx, const struct field *input)
{
	return !input->decides || sees(ctx, input);
}

bool rules_tell_maker(const struct view *v, const struct book_rules *b)
{
	struct looking l = { .rules = b, .view = v };
	bool tell = false;

	for (unsigned at = 0; at < 2 * STANDINGS && !tell; at++) {
		l.standing = standings[at / 2];
		l.variant = at % 2;
		for (unsigned i = 0; i < b->count && !tell; i++)
			tell = !b->list[i].is_off &&
			       sees(&l, b->list[i].target) &&
			       !book_each_input(
				   b, b->list[i].when, is_seen_or_plain, &l);
	}
	return tell;
}

/* Each role by itself, and what the accounts have together: a deny of one
 * role takes what another gives. */
enum err rules_find_wider(
    struct directory *d, struct arena *a, struct wider **list, size_t *count)
{
	struct looking l = { .directory = d,
		.rules = directory_schema(d)->rules };
	size_t roles = directory_role_count(d);
	size_t all = roles + directory_account_count(d);
	enum err err = ERR_OK;

	l.list = arena_array(a, WIDER_MOST, sizeof *l.list);
	if (!l.list)
		return ERR_TOO_LARGE;
	for (size_t i = 0; l.rules && !err && i < all; i++) {
		uint64_t set =
		    i < roles ? UINT64_C(1) << i
			      : directory_account_at(d, i - roles)->role_set;
		const struct view *view;

		err = directory_view(d, set, &view);
		if (!err)
			look_as(&l, view);
	}
	*list = l.list;
	*count = l.count;
	return err;
}
