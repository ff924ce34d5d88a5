// SPDX-License-Identifier: MIT
/*
 * State machines: which value of an enum may follow which.
 *
 *   moves: { open: [in_progress, resolved], resolved: [closed] }
 *
 * A field with `moves` begins anywhere and then goes only where its list
 * says; a value that is not named there goes nowhere.  What is compared is
 * the record as it is stored and as it shall be stored, so every step that
 * the history shows is one that was allowed, whichever way it came.  A person
 * with the right `override` and a reason may set the rule `move` aside.
 *
 * Who may set such a field can see it (compile.c), so the refusal may say
 * what would be right.
 */
#ifndef SERVER_SCHEMA_MACHINE_H
#define SERVER_SCHEMA_MACHINE_H

#include "server/schema/compile.h"
#include "server/schema/value.h"

/* Reads `moves` into the choices of the field; they are there already. */
void machine_read(struct compiler *c, struct bytes packed, struct field *f);

/* Adds a finding for each move that is not in its list. */
void machine_check(const struct entity *e, const struct value_context *c,
    struct findings *found);

#endif
