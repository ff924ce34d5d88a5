// SPDX-License-Identifier: MIT
/*
 * Between the parts of the schema compiler; for this room alone.
 *
 * Three passes over the packed document: read.c copies what stands in it
 * into the structures, one table row a key; link.c resolves what names
 * something else; compile.c drives them and refuses contradictions.  The
 * first failure is kept, with the entity and field at hand, and ends it.
 *
 *   compile.c       the recipe
 *   read.c link.c   the first two passes; machine.c, credit.c, review.c,
 *                   book_*.c: sections that they leave to others
 *   names.c         what is called by name
 *   keys.c          maps, by tables of their keys
 */
#ifndef SERVER_SCHEMA_COMPILE_H
#define SERVER_SCHEMA_COMPILE_H

#include "server/schema/check.h"

/* What is resolved later: borrowed from the schema's document. */
struct raw_field {
	struct bytes derive, needs, flags, day_of;
};

struct raw_entity {
	struct bytes fields, figures, rules, number, variant, credit, reviews;
	struct bytes parent, subject, title, branch, owner, status, area,
	    owner_since, approval, external, time;
	struct raw_field field[SCHEMA_FIELDS];
};

struct compiler {
	struct schema *schema;
	struct arena *arena;     /* the schema's */
	struct entity *entities; /* schema->entities, writable */
	struct raw_entity *raw;  /* one an entity */
	const char *entity;      /* at hand, for messages */
	const char *field;
	char *message;
	size_t message_size;
	enum err err; /* the first failure */
};

void compile_fail(struct compiler *c, const char *format, ...)
    __attribute__((format(printf, 2, 3)));
/* Memory is counted by the arena: too large a document ends here. */
void *compile_array(struct compiler *c, size_t count, size_t size);

/* One key of a map in the document and how it is read. */
struct key_row;
typedef void (*key_fn)(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k);
struct key_row {
	const char *key;
	key_fn read;
	size_t offset;    /* of the member in the object */
	long least, most; /* of an integer */
};
/* Every pair of `map` must have its row; `object` is what offsets count
 * from. */
void compile_keys(struct compiler *c, struct bytes map,
    const struct key_row *rows, size_t count, void *object);
/* Readers that both passes use. */
void key_text(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k);
void key_raw(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k);
void key_bool(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k);
void key_label(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k);
void key_small(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k);
void key_short(
    struct compiler *c, struct bytes value, void *at, const struct key_row *k);
/* The packed text, NUL-terminated; NULL after a failure. */
const char *compile_text(struct compiler *c, struct bytes packed);
/* A key of ours: a-z, A-Z, 0-9 and _, at most 40. */
const char *compile_word(struct compiler *c, struct bytes text);

void compile_classes(struct compiler *c, struct bytes packed);
void compile_entities(struct compiler *c, struct bytes packed);
void compile_links(struct compiler *c);
/* Of an entity whose fields are linked: its `credit`. */
void compile_credit(struct compiler *c, struct entity *e, struct bytes packed);
/* When all entities are linked and judged: how each exposure is reckoned. */
void compile_accounts(struct compiler *c);
/* Likewise: its `reviews`. */
void compile_review(struct compiler *c, struct entity *e, struct bytes packed);
/* When all else is: the section `rules`, see book_rules.h. */
void compile_book_rules(struct compiler *c, struct bytes packed);
/* Its entity as conditions see it, and its metrics. */
struct book_rules;
void compile_metrics(
    struct compiler *c, struct book_rules *b, struct bytes packed);

/* One of their conditions.  Nobody's rights open a sealed value for a rule:
 * it looks at none, or, where it may weigh, at those of which the schema says
 * that they decide. */
struct cond *compile_rule_when(struct compiler *c, const struct book_rules *b,
    struct bytes packed, bool may_weigh);
/* When all other rules are read: the section `pool`, see book_pool.h. */
void compile_pool(
    struct compiler *c, struct book_rules *b, struct bytes packed);

/* A condition over fields of `e`, its constants in normal form. */
struct cond *compile_condition(
    struct compiler *c, const struct entity *e, struct bytes packed);
const struct entity *compile_entity(struct compiler *c, struct bytes name);
const struct field *compile_field(
    struct compiler *c, const struct entity *e, struct bytes name);
/* Under its key in the entity's lookup; it has its slot already. */
void compile_hash(struct entity *e, const struct field *f);

#endif
