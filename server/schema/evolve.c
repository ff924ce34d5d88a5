// SPDX-License-Identifier: MIT
/*
 * Two packed documents side by side.  See evolve.h.
 *
 * Values are compared word by word, in order: what is written otherwise and
 * means the same counts as changed, which at worst asks for the former writing.
 */
#include "server/schema/evolve.h"

#include <stdarg.h>
#include <stdio.h>

#include "common/pack.h"
#include "common/unpack.h"

#define SINCE "since"

/* What is stored was made by these. */
static const char *const frozen_of_entity[] = { "scoped", "retained", "number",
	"variant", "parent", "subject", "branch", "owner", "status", "figures",
	"time", NULL };
static const char *const frozen_of_field[] = { "type", "ref", "sealed", "index",
	"open", "auto", NULL };
/* Would have to be computed for every stored record; but nothing that is
 * stored was merged before it could be. */
static const char *const not_of_new[] = { "auto", "derive", NULL };
/* Another one of these shows a value to others than before. */
static const char *const shown_by[] = { "class", "variant_class", "mask",
	NULL };

struct evolving {
	struct bytes entity, field; /* keys at hand, for the message */
	uint32_t version;
	struct buf *out, *changes;
	uint32_t change_count;
	char *message;
	size_t message_size;
	enum err err;
};

static void __attribute__((format(printf, 2, 3)))
refuse(struct evolving *v, const char *format, ...)
{
	char why[160];
	va_list args;

	if (v->err)
		return;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	snprintf(v->message, v->message_size, "%.*s%s%.*s: %s",
	    (int)v->entity.len, (const char *)v->entity.data,
	    v->field.len ? "." : "", (int)v->field.len,
	    v->field.len ? (const char *)v->field.data : "", why);
	v->err = ERR_INVALID;
}

static void note(struct evolving *v, const char *change)
{
	pack_map(v->changes, v->field.len ? 3 : 2);
	pack_key_text(v->changes, "entity", v->entity);
	if (v->field.len)
		pack_key_text(v->changes, "field", v->field);
	pack_key_cstr(v->changes, "change", change);
	v->change_count++;
}

/* --- finding -------------------------------------------------------------*/

/* The id that a map of an entity or field states; 0 if none. */
static int64_t id_of(struct bytes map)
{
	struct reader in = reader_of(unpack_lookup(map, "id"));

	return read_int(&in);
}

/* Of a map of maps the one with this id; `key` may be NULL. */
static struct bytes find_id(struct bytes maps, int64_t id, struct bytes *key)
{
	struct reader in = reader_of(maps);
	uint32_t left = read_map(&in);

	for (; left && !in.err; left--) {
		struct bytes name = read_text(&in), one = read_raw(&in);

		if (in.err || id_of(one) != id)
			continue;
		if (key)
			*key = name;
		return one;
	}
	return BYTES_NONE;
}

/* However the lengths are packed. */
static bool is_same_at(struct reader *a, struct reader *b)
{
	enum unpack_type type = reader_peek(a);
	uint32_t count, other;

	if (type != reader_peek(b))
		return false;
	if (type != UNPACK_MAP && type != UNPACK_ARRAY)
		return bytes_equal(read_raw(a), read_raw(b));
	count = type == UNPACK_MAP ? 2 * read_map(a) : read_array(a);
	other = type == UNPACK_MAP ? 2 * read_map(b) : read_array(b);
	if (count != other)
		return false;
	while (count && is_same_at(a, b))
		count--;
	return !count;
}

bool schema_is_same(struct bytes was, struct bytes is)
{
	struct reader a = reader_of(was), b = reader_of(is);

	return was.len && is.len ? is_same_at(&a, &b) : was.len == is.len;
}

static bool is_key_same(struct bytes was, struct bytes is, const char *key)
{
	return schema_is_same(unpack_lookup(was, key), unpack_lookup(is, key));
}

/* A sum is stored by what it adds up, not by when that was or is due. */
static bool is_sum_same(struct bytes was, struct bytes is)
{
	static const char *const words[] = { "add", "subtract", "when" };
	struct reader a = reader_of(unpack_lookup(was, "sum"));
	struct reader b = reader_of(unpack_lookup(is, "sum"));
	uint32_t count = read_array(&a);

	if (count != read_array(&b))
		return false;
	for (; count && !a.err && !b.err; count--) {
		struct bytes x = read_raw(&a), y = read_raw(&b);

		for (unsigned i = 0; i < sizeof words / sizeof *words; i++)
			if (!is_key_same(x, y, words[i]))
				return false;
	}
	return !a.err && !b.err;
}

static void check_derive(struct evolving *v, struct bytes was, struct bytes is)
{
	struct bytes x = unpack_lookup(was, "derive");
	struct bytes y = unpack_lookup(is, "derive");

	if (!schema_is_same(x, y) && !is_sum_same(x, y))
		refuse(v, "derive stays as it is: records are stored by it");
}

static void check_same(struct evolving *v, struct bytes was, struct bytes is,
    const char *const *keys)
{
	for (; *keys; keys++)
		if (!is_key_same(was, is, *keys))
			refuse(v, "%s stays as it is: records are stored by it",
			    *keys);
}

/* Nothing that was may be missing in what is. */
static void check_kept(
    struct evolving *v, struct bytes was, struct bytes is, struct bytes *named)
{
	struct reader in = reader_of(was);
	uint32_t left = read_map(&in);

	for (; left && !in.err && !v->err; left--) {
		*named = read_text(&in);
		if (!find_id(is, id_of(read_raw(&in)), NULL).len)
			refuse(v, "what was stored stays; take it out of the "
				  "roles instead");
	}
	*named = BYTES_NONE;
}

static void check_choices(struct evolving *v, struct bytes was, struct bytes is)
{
	struct reader in = reader_of(unpack_lookup(was, "values"));
	struct bytes now = unpack_lookup(is, "values");
	uint32_t left = read_map(&in);

	for (; left && !in.err; left--) {
		struct reader other = reader_of(now);
		uint32_t most = read_map(&other);
		struct bytes key = read_text(&in);
		bool found = false;

		read_skip(&in);
		for (; most && !other.err && !found; most--) {
			found = bytes_equal(key, read_text(&other));
			read_skip(&other);
		}
		if (!found)
			refuse(v, "the value %.*s stays: records may have it",
			    (int)key.len, (const char *)key.data);
	}
}

/* --- writing -------------------------------------------------------------*/

/* The version from which on a role reaches it: unchanged what it was. */
static uint32_t since_of(struct evolving *v, struct bytes was, struct bytes is)
{
	struct reader in = reader_of(unpack_lookup(was, SINCE));
	const char *const *key = shown_by;

	if (!was.len) {
		note(v, "new");
		return v->version;
	}
	while (*key && is_key_same(was, is, *key))
		key++;
	if (*key) {
		note(v, strcmp(*key, "mask") ? "class" : "mask");
		return v->version;
	}
	return in.at ? (uint32_t)read_uint(&in) : 0;
}

static void write_field(struct evolving *v, struct bytes was, struct bytes is)
{
	struct reader in = reader_of(is);
	uint32_t left = read_map(&in), count = 0;
	uint32_t since = since_of(v, was, is);
	size_t mark = pack_map_open(v->out);

	for (; left && !in.err; left--) {
		struct bytes key = read_text(&in), value = read_raw(&in);

		if (in.err || bytes_is(key, SINCE))
			continue;
		pack_text(v->out, key);
		pack_raw(v->out, value);
		count++;
	}
	if (since) {
		pack_cstr(v->out, SINCE);
		pack_uint(v->out, since);
		count++;
	}
	pack_map_close(v->out, mark, count);
}

static bool is_alias(struct bytes field)
{
	struct bytes word = unpack_lookup(field, "auto");
	struct reader in = reader_of(word);

	return word.len && bytes_is(read_text(&in), "alias");
}

static void evolve_field(
    struct evolving *v, struct bytes was, struct bytes is, bool is_new)
{
	if (was.len) {
		check_same(v, was, is, frozen_of_field);
		check_derive(v, was, is);
		check_choices(v, was, is);
	}
	/* Of a new entity there are no records yet. */
	for (const char *const *key = not_of_new; !was.len && !is_new && *key;
	     key++)
		if (unpack_lookup(is, *key).len && !is_alias(is))
			refuse(v, "%s is not for a new field of what is stored",
			    *key);
	write_field(v, was, is);
}

static void evolve_fields(struct evolving *v, struct bytes entity_was,
    struct bytes was, struct bytes is)
{
	struct reader in = reader_of(is);
	uint32_t count = read_map(&in);

	check_kept(v, was, is, &v->field);
	pack_map(v->out, count);
	for (uint32_t i = 0; i < count && !in.err && !v->err; i++) {
		struct bytes one;

		v->field = read_text(&in);
		one = read_raw(&in);
		pack_text(v->out, v->field);
		evolve_field(
		    v, find_id(was, id_of(one), NULL), one, !entity_was.len);
	}
	v->field = BYTES_NONE;
}

static void evolve_entity(struct evolving *v, struct bytes was, struct bytes is)
{
	struct reader in = reader_of(is);
	uint32_t count = read_map(&in);

	if (was.len)
		check_same(v, was, is, frozen_of_entity);
	else
		note(v, "new");
	pack_map(v->out, count);
	for (uint32_t i = 0; i < count && !in.err && !v->err; i++) {
		struct bytes key = read_text(&in), value = read_raw(&in);

		pack_text(v->out, key);
		if (bytes_is(key, "fields"))
			evolve_fields(
			    v, was, unpack_lookup(was, "fields"), value);
		else
			pack_raw(v->out, value);
	}
}

static void evolve_entities(
    struct evolving *v, struct bytes was, struct bytes is)
{
	struct reader in = reader_of(is);
	uint32_t count = read_map(&in);

	check_kept(v, was, is, &v->entity);
	pack_map(v->out, count);
	for (uint32_t i = 0; i < count && !in.err && !v->err; i++) {
		struct bytes one;

		v->entity = read_text(&in);
		one = read_raw(&in);
		pack_text(v->out, v->entity);
		evolve_entity(v, find_id(was, id_of(one), NULL), one);
	}
	v->entity = BYTES_NONE;
}

enum err schema_evolve(struct bytes present, struct bytes next,
    uint32_t version, struct buf *out, struct buf *changes, char *message,
    size_t message_size)
{
	struct evolving v = { .version = version,
		.out = out,
		.changes = changes,
		.message = message,
		.message_size = message_size };
	struct reader in = reader_of(next);
	uint32_t count = read_map(&in);
	size_t mark = pack_array_open(changes);

	pack_map(out, count);
	for (uint32_t i = 0; i < count && !in.err && !v.err; i++) {
		struct bytes key = read_text(&in), value = read_raw(&in);

		pack_text(out, key);
		if (bytes_is(key, "entities"))
			evolve_entities(
			    &v, unpack_lookup(present, "entities"), value);
		else
			pack_raw(out, value);
	}
	pack_array_close(changes, mark, v.change_count);
	if (!v.err && in.err)
		refuse(&v, "a map is expected");
	return v.err ? v.err : out->err;
}
