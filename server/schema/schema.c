// SPDX-License-Identifier: MIT
/*
 * The compiled schema: its lookups and its end.
 *
 * What builds it is compile.c and the parts that compile.h names.
 */
#include "server/schema/schema.h"

#include <stdlib.h>

unsigned schema_slot(struct bytes key)
{
	uint32_t h = 2166136261U;
	for (size_t i = 0; i < key.len; i++)
		h = (h ^ key.data[i]) * 16777619U;
	return (h ^ h >> 15) % SCHEMA_SLOTS;
}

const struct entity *schema_entity(const struct schema *s, struct bytes key)
{
	for (unsigned i = 0; i < s->entity_count; i++)
		if (bytes_is(key, s->entities[i].key))
			return &s->entities[i];
	return NULL;
}

static bool is_among(
    const struct choice *choices, unsigned count, struct bytes key)
{
	for (unsigned i = 0; i < count; i++)
		if (bytes_is(key, choices[i].key))
			return true;
	return false;
}

const struct choice *schema_sources(const struct schema *s, unsigned *count)
{
	static const struct choice usual[] = {
		{ .key = "form", .label = { "在线表单", "Form" } },
		{ .key = "phone", .label = { "电话", "Phone" } },
		{ .key = "visit", .label = { "面谈", "Visit" } },
		{ .key = "exhibition", .label = { "展会", "Exhibition" } },
		{ .key = "referral", .label = { "转介绍", "Referral" } },
		{ .key = "social", .label = { "社交媒体", "Social media" } },
		{ .key = "import", .label = { "导入", "Import" } },
		{ .key = "other", .label = { "其他", "Other" } },
	};

	for (unsigned i = 0; i < s->entity_count; i++) {
		const struct entity *e = &s->entities[i];

		for (unsigned f = 0; f < e->field_count; f++)
			if (e->fields[f].of_request) {
				*count = e->fields[f].choice_count;
				return e->fields[f].choices;
			}
	}
	*count = sizeof usual / sizeof *usual;
	return usual;
}

bool schema_has_source(const struct schema *s, struct bytes key)
{
	unsigned count;
	const struct choice *choices = schema_sources(s, &count);

	return is_among(choices, count, key) || bytes_is(key, "import");
}

bool field_has_choice(const struct field *f, struct bytes key)
{
	return is_among(f->choices, f->choice_count, key);
}

const struct entity *schema_branch(const struct schema *s)
{
	for (unsigned i = 0; i < s->entity_count; i++)
		if (s->entities[i].scoped)
			return s->entities[i].branch_field->ref;
	return NULL;
}

/* Fields are fewer than half the slots: a probe ends soon. */
const struct field *entity_field(const struct entity *e, struct bytes key)
{
	for (unsigned at = schema_slot(key); e->by_key[at];
	     at = (at + 1) % SCHEMA_SLOTS) {
		const struct field *f = &e->fields[e->by_key[at] - 1];
		if (bytes_is(key, f->key))
			return f;
	}
	return NULL;
}

int schema_class(const struct schema *s, struct bytes name)
{
	for (unsigned i = 0; i < s->class_count; i++)
		if (bytes_is(name, s->classes[i]))
			return (int)i;
	return -1;
}

const struct field *entity_figure(const struct entity *e, struct bytes key)
{
	for (unsigned i = 0; i < e->figure_count; i++)
		if (bytes_is(key, e->figures[i].key))
			return &e->figures[i];
	return NULL;
}

void schema_free(struct schema *s)
{
	if (!s)
		return;
	arena_release(&s->arena);
	free(s);
}
