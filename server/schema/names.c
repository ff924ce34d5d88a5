// SPDX-License-Identifier: MIT
/*
 * What the document calls by name: put under its key, and found by it.  See
 * compile.h.
 */
#include "common/unpack.h"
#include "server/schema/compile.h"
#include "server/schema/value.h"

void compile_hash(struct entity *e, const struct field *f)
{
	unsigned at = schema_slot(bytes_text(f->key));

	while (e->by_key[at])
		at = (at + 1) % SCHEMA_SLOTS;
	e->by_key[at] = (uint8_t)(f->slot + 1);
}

const struct field *compile_field(
    struct compiler *c, const struct entity *e, struct bytes name)
{
	const struct field *f = entity_field(e, name);
	if (!f)
		compile_fail(c, "%s has no field %.*s", e->key,
		    (int)(name.len < 40 ? name.len : 40),
		    name.len ? (const char *)name.data : "");
	return f;
}

const struct entity *compile_entity(struct compiler *c, struct bytes name)
{
	const struct entity *e = schema_entity(c->schema, name);
	if (!e)
		compile_fail(c, "there is no entity %.*s",
		    (int)(name.len < 40 ? name.len : 40),
		    name.len ? (const char *)name.data : "");
	return e;
}

struct cond *compile_condition(
    struct compiler *c, const struct entity *e, struct bytes packed)
{
	struct reader r = reader_of(packed);
	struct cond *cond = NULL;
	struct findings found;

	if (cond_read(&r, c->arena, &cond) != ERR_OK) {
		compile_fail(c, "the condition is malformed");
		return NULL;
	}
	findings_init(&found, c->arena);
	if (condition_prepare(e, cond, c->arena, &found) != ERR_OK)
		compile_fail(c, "condition on %s: %s",
		    found.first ? found.first->field : "?",
		    found.first ? found.first->message : "cannot hold");
	return cond;
}
