// SPDX-License-Identifier: MIT
/*
 * Schema files from any bytes: to a packed document, and on to the compiler.
 *
 * What the parser gives must pass the wire's own check; what the compiler
 * takes must keep a schema's promises, and what a running book would take for
 * its next schema must compile too.
 */
#include "common/log.h"
#include "common/unpack.h"
#include "server/schema/evolve.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len);

static void check_schema(const struct schema *s)
{
	for (unsigned i = 0; i < s->entity_count; i++) {
		const struct entity *e = &s->entities[i];
		ASSERT(s->by_id[e->id] == e);
		for (unsigned j = 0; j < e->field_count; j++) {
			const struct field *f = &e->fields[j];
			ASSERT(e->by_id[f->id] == f);
			ASSERT(entity_field(e, bytes_text(f->key)) != NULL);
			ASSERT(f->class_of < s->class_count);
			ASSERT(!f->sealed || !(f->index & INDEX_PLAIN));
		}
	}
}

/* To itself and from the default: what is refused is refused with words. */
static void evolve(struct bytes present, struct bytes next)
{
	struct buf out, changes;
	char message[200] = "";
	struct schema *s;

	buf_init(&out, 1 << 20);
	buf_init(&changes, 1 << 20);
	if (schema_evolve(present, next, 2, &out, &changes, message,
		sizeof message) != ERR_OK) {
		ASSERT(message[0] || out.err);
	} else {
		ASSERT(schema_compile(buf_bytes(&out), 2, &s, message,
			   sizeof message) == ERR_OK);
		schema_free(s);
	}
	buf_release(&changes);
	buf_release(&out);
}

static void evolve_both(struct bytes document)
{
	struct buf book;
	char message[200];

	buf_init(&book, 1 << 20);
	ASSERT(document_parse(document_default(), &book, message,
		   sizeof message) == ERR_OK);
	evolve(document, document);
	evolve(buf_bytes(&book), document);
	buf_release(&book);
}

static void compile(struct bytes document)
{
	char message[200];
	struct schema *s;
	enum err e = schema_compile(document, 1, &s, message, sizeof message);

	ASSERT((e == ERR_OK) == (s != NULL));
	if (s) {
		check_schema(s);
		evolve_both(document);
	}
	schema_free(s);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len)
{
	static const struct unpack_limits limits = { 16, 1 << 20 };
	struct buf out;
	char message[200];

	buf_init(&out, 1 << 20);
	if (document_parse(
		bytes_of(data, len), &out, message, sizeof message) == ERR_OK) {
		ASSERT(unpack_check(buf_bytes(&out), &limits) == ERR_OK);
		compile(buf_bytes(&out));
	}
	buf_release(&out);
	compile(bytes_of(data, len));
	return 0;
}
