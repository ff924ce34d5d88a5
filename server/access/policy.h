// SPDX-License-Identifier: MIT
/*
 * For which operations the company wants two persons.
 *
 *   META "two_person"   sealed [word, ...]; absent: for none
 *
 * The directory loads it with schema and accounts; server/rpc/second.h acts
 * by it.  Some operations need a second person whatever the company says:
 * they are no choice and stand in no stored list.
 */
#ifndef SERVER_ACCESS_POLICY_H
#define SERVER_ACCESS_POLICY_H

#include "server/crypto/sealer.h"
#include "server/store/store.h"

/* Its key in META, and its seal's purpose. */
#define TWO_PERSON_ROW "two_person"

enum operation {
	OPERATION_NONE,
	OPERATION_EXPORT_CLEAR,
	OPERATION_ERASE,
	OPERATION_RESTORE,
	OPERATION_ROLES,
	OPERATION_SCHEMA,
	OPERATION_USERS,       /* accounts, and what they are given */
	OPERATION_TWO_PERSON,  /* switching one of them off; no choice */
	OPERATION_BREAK_GLASS, /* likewise */
	OPERATION_CREDIT,      /* letting orders through; likewise */
	OPERATION_COUNT
};

#define OPERATION_BIT(o) (1u << (o))

const char *operation_word(enum operation o);      /* "" of OPERATION_NONE */
enum operation operation_parse(struct bytes word); /* NONE: no such word */
bool operation_is_choice(enum operation o);

/* Appends the words of a set of bits. */
void operations_pack(struct buf *out, unsigned set);

/* Inside server/access: into the row, and out of its bytes. */
enum err two_person_put(
    struct plan *p, struct sealer *s, unsigned set) MUST_USE;
enum err two_person_unseal(struct sealer *s, struct bytes sealed,
    struct arena *a, unsigned *set) MUST_USE;

#endif
