// SPDX-License-Identifier: MIT
/*
 * Conditions over one record.
 *
 * condition_prepare() brings each constant into its field's normal form
 * once, so that holding is a comparison.  An empty field equals nothing,
 * differs from everything, and is neither less nor greater.  Text with a
 * blind index is equal when its blind forms are: a walk and an index give
 * the same rows.  On a field with a tail, `contains` means `ends with`.
 */
#include "common/text.h"
#include "common/unpack.h"
#include "server/schema/value.h"

#include <stdio.h>

static bool is_group(enum cond_op op)
{
	return op == COND_AND || op == COND_OR || op == COND_NOT;
}

static bool is_order(enum cond_op op)
{
	return op == COND_LT || op == COND_LE || op == COND_GT || op == COND_GE;
}

static bool is_words(enum cond_op op)
{
	return op == COND_PREFIX || op == COND_CONTAINS || op == COND_HAS;
}

static bool is_texty(enum field_type t)
{
	return t == TYPE_TEXT || t == TYPE_NOTE || t == TYPE_LIST;
}

/* --- preparing -----------------------------------------------------------*/

static enum err refuse(struct findings *found, const struct field *f,
    const char *rule, const char *message)
{
	findings_add(found, FINDING_ERROR, f->key, rule, "%s", message);
	return ERR_INVALID;
}

/* Text is compared as typed: a search for half a number is no mistake. */
static enum err prepare_text(const struct field *f, struct bytes *value,
    struct arena *a, struct findings *found)
{
	struct reader r = reader_of(*value);
	struct bytes text = read_text(&r);
	enum err e;

	if (r.err != ERR_OK)
		return refuse(found, f, "type", "a text is expected");
	e = text_nfc(a, text_trim(text), &text);
	if (e != ERR_OK)
		return e;
	*value = value_pack_text(a, text);
	return value->data ? ERR_OK : a->err;
}

static enum err prepare_value(const struct field *f, enum cond_op op,
    struct bytes *value, struct arena *a, struct findings *found)
{
	const struct value_context context = { .today = 0 };
	struct field bare = *f;
	unsigned errors = found->errors;
	enum err e;

	if (f->type == TYPE_REF && value_ref(*value))
		return ERR_OK; /* resolved by the caller already */
	if (is_words(op) || is_texty(f->type))
		return prepare_text(f, value, a, found);
	/* What the field would not take may still be asked for. */
	bare.check = NULL;
	bare.has_least = bare.has_most = false;
	e = value_accept(&bare, &context, *value, a, found, value);
	if (e != ERR_OK)
		return e;
	if (found->errors != errors)
		return ERR_INVALID;
	return value->len ? ERR_OK
			  : refuse(found, f, "empty",
				"ask with empty for a field without value");
}

static enum err prepare_list(const struct field *f, struct cond *c,
    struct arena *a, struct findings *found)
{
	struct reader r = reader_of(c->value);
	uint32_t count = read_array(&r);
	uint8_t *whole, *at;
	size_t len = 5;
	struct bytes *values;

	if (r.err != ERR_OK || count > c->value.len)
		return refuse(found, f, "type", "a list is expected");
	values = arena_array(a, count ? count : 1, sizeof *values);
	for (uint32_t i = 0; values && i < count; i++) {
		values[i] = read_raw(&r);
		enum err e = prepare_value(f, COND_EQ, &values[i], a, found);
		if (e != ERR_OK)
			return e;
		len += values[i].len;
	}
	whole = values ? arena_alloc(a, len) : NULL;
	if (!whole)
		return a->err;
	at = whole;
	*at = 0xDD;
	put_be32(at + 1, count);
	at += 5;
	for (uint32_t i = 0; i < count; i++) {
		memcpy(at, values[i].data, values[i].len);
		at += values[i].len;
	}
	c->value = bytes_of(whole, len);
	return ERR_OK;
}

static const char *misuse(const struct field *f, enum cond_op op)
{
	if (is_order(op) &&
	    (is_texty(f->type) || f->type == TYPE_REF ||
		f->type == TYPE_BOOL) &&
	    f->type != TYPE_TEXT)
		return "this field has no order";
	if (op == COND_HAS && f->type != TYPE_LIST)
		return "has is for lists";
	if ((op == COND_PREFIX || op == COND_CONTAINS) &&
	    f->type != TYPE_TEXT && f->type != TYPE_NOTE)
		return "prefix and contains are for texts";
	if ((op == COND_EQ || op == COND_NE || op == COND_IN) &&
	    f->type == TYPE_LIST)
		return "ask with has for an item of a list";
	return NULL;
}

static enum err prepare_leaf(const struct entity *e, struct cond *c,
    struct arena *a, struct findings *found)
{
	const struct field *f = entity_field(e, c->field);
	const char *why;

	if (!f) {
		findings_add(found, FINDING_ERROR, arena_text(a, c->field),
		    "field", "there is no such field");
		return ERR_UNKNOWN;
	}
	why = misuse(f, c->op);
	if (why)
		return refuse(found, f, "operator", why);
	if (c->op == COND_EMPTY)
		return ERR_OK;
	if (c->op == COND_IN)
		return prepare_list(f, c, a, found);
	return prepare_value(f, c->op, &c->value, a, found);
}

enum err condition_prepare(const struct entity *e, struct cond *c,
    struct arena *a, struct findings *found)
{
	if (!is_group(c->op))
		return prepare_leaf(e, c, a, found);
	for (uint32_t i = 0; i < c->count; i++) {
		enum err err = condition_prepare(e, c->items[i], a, found);
		if (err != ERR_OK)
			return err;
	}
	return ERR_OK;
}

/* --- holding -------------------------------------------------------------*/

static bool ref_equals(
    const struct field *f, struct bytes value, struct bytes wanted)
{
	struct bytes text = value_text(f, wanted);
	char id[24];

	if (value_ref(wanted))
		return value_ref(wanted) == value_ref(value);
	if (bytes_equal(value_text(f, value), text))
		return true;
	snprintf(id, sizeof id, "%llu", (unsigned long long)value_ref(value));
	return bytes_is(text, id);
}

static bool equals(const struct field *f, struct bytes value,
    struct bytes wanted, struct arena *scratch)
{
	struct bytes a, b;

	if (value_is_empty(value))
		return false;
	if (f->type == TYPE_REF)
		return ref_equals(f, value, wanted);
	if (!(f->index & (INDEX_BLIND | INDEX_TOKENS)))
		return value_compare(f, value, wanted) == 0;
	return value_blind_form(f, scratch, value, &a) == ERR_OK &&
	       value_blind_form(f, scratch, wanted, &b) == ERR_OK &&
	       bytes_equal(a, b);
}

static bool is_in(const struct field *f, struct bytes value, struct bytes list,
    struct arena *scratch)
{
	struct reader r = reader_of(list);
	uint32_t count = read_array(&r);

	while (count-- && r.err == ERR_OK)
		if (equals(f, value, read_raw(&r), scratch))
			return true;
	return false;
}

static bool is_inside(struct bytes whole, struct bytes part)
{
	return part.len == 0 || (whole.len && memmem(whole.data, whole.len,
						  part.data, part.len));
}

static enum err words_form(const struct field *f, struct bytes packed,
    struct arena *scratch, struct bytes *out)
{
	struct bytes text = value_text(f, packed);

	if (f->index & (INDEX_TOKENS | INDEX_TAIL))
		return value_blind_form(f, scratch, packed, out);
	return text_fold(scratch, text, out);
}

/* Prefix or contains. */
static bool matches(const struct field *f, enum cond_op op, struct bytes value,
    struct bytes wanted, struct arena *scratch)
{
	struct bytes whole, part;

	if (value_is_empty(value) ||
	    words_form(f, value, scratch, &whole) != ERR_OK ||
	    words_form(f, wanted, scratch, &part) != ERR_OK)
		return false;
	if (op == COND_PREFIX)
		return bytes_starts(whole, part);
	if (f->index & INDEX_TAIL)
		return whole.len >= part.len &&
		       bytes_equal(
			   part, bytes_of(whole.data + whole.len - part.len,
				     part.len));
	return is_inside(whole, part);
}

static bool has_item(
    struct bytes list, struct bytes wanted, struct arena *scratch)
{
	struct reader r = reader_of(list), w = reader_of(wanted);
	struct bytes folded, item;
	uint32_t count;

	if (list.len == 0 ||
	    text_fold(scratch, read_text(&w), &folded) != ERR_OK)
		return false;
	count = read_array(&r);
	while (count-- && r.err == ERR_OK)
		if (text_fold(scratch, read_text(&r), &item) == ERR_OK &&
		    r.err == ERR_OK && bytes_equal(item, folded))
			return true;
	return false;
}

static bool is_ordered(const struct field *f, enum cond_op op,
    struct bytes value, struct bytes wanted)
{
	if (value_is_empty(value))
		return false;
	int order = value_compare(f, value, wanted);
	return op == COND_LT   ? order < 0
	       : op == COND_LE ? order <= 0
	       : op == COND_GT ? order > 0
			       : order >= 0;
}

static bool leaf_holds(const struct entity *e, const struct cond *c,
    const struct value_source *record, struct arena *scratch)
{
	const struct field *f = entity_field(e, c->field);
	struct bytes value;

	if (!f)
		return false;
	value = record->get(record->ctx, f);
	switch (c->op) {
	case COND_EMPTY:
		return value_is_empty(value);
	case COND_EQ:
		return equals(f, value, c->value, scratch);
	case COND_NE:
		return !equals(f, value, c->value, scratch);
	case COND_IN:
		return is_in(f, value, c->value, scratch);
	case COND_HAS:
		return has_item(value, c->value, scratch);
	case COND_PREFIX:
	case COND_CONTAINS:
		return matches(f, c->op, value, c->value, scratch);
	default:
		return is_ordered(f, c->op, value, c->value);
	}
}

bool condition_holds(const struct entity *e, const struct cond *c,
    const struct value_source *record, struct arena *scratch)
{
	if (!is_group(c->op))
		return leaf_holds(e, c, record, scratch);
	if (c->op == COND_NOT)
		return !condition_holds(e, c->items[0], record, scratch);
	for (uint32_t i = 0; i < c->count; i++)
		if (condition_holds(e, c->items[i], record, scratch) ==
		    (c->op == COND_OR))
			return c->op == COND_OR;
	return c->op == COND_AND;
}
