// SPDX-License-Identifier: MIT
/*
 * Totals and counters that a record keeps about its children.
 *
 * record_ledger() (record.h) loads; these read, set and save.  A value is
 * packed and lives in the record's arena.
 */
#ifndef SERVER_DATA_LEDGER_H
#define SERVER_DATA_LEDGER_H

#include <assert.h>

#include "server/data/record.h"

#define LEDGER_COUNTER 0x80 /* + entity id: see struct counter */
#define LEDGER_FIGURE  0xC0 /* + figure id: see figures.h */

static_assert(
    LEDGER_COUNTER + SCHEMA_ENTITIES <= LEDGER_FIGURE, "ids stay apart");
static_assert(LEDGER_FIGURE + SCHEMA_FIGURES <= 256, "ids fit a byte");
static_assert(SCHEMA_FIELDS <= LEDGER_COUNTER, "fields stay below counters");

struct bytes ledger_get(const struct ledger *l, uint8_t field);
enum err ledger_set(
    struct ledger *l, uint8_t field, struct bytes value) MUST_USE;

/* What a record knows of its children of one entity. */
struct counter {
	uint64_t count;   /* running: how many numbers it has given them */
	uint64_t highest; /* of their counted field, ever; 0: not known */
};
enum err ledger_counter(struct desk *d, struct record *r,
    const struct entity *child, struct counter *out) MUST_USE;
enum err ledger_set_counter(struct record *r, const struct entity *child,
    struct counter value) MUST_USE;

/* Expects the row as it was loaded. */
void ledger_expect(const struct record *r, struct plan *p);
/* Expects the row as it was loaded and puts it anew, sealed under `dek`. */
enum err ledger_plan(
    struct desk *d, struct record *r, struct dek *dek, struct plan *p) MUST_USE;

#endif
