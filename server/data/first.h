// SPDX-License-Identifier: MIT
/*
 * The first plan of a book: without it nobody can log in and nothing be kept.
 *
 * Schema and roles, the company's own keys (subject 0), the first account and
 * the first entry of the log.  For whoever makes a book: `kehud init` and the
 * books that `kehud selftest` throws away.
 */
#ifndef SERVER_DATA_FIRST_H
#define SERVER_DATA_FIRST_H

#include "server/access/people.h"
#include "server/crypto/sealer.h"
#include "server/store/store.h"

/* `document` is one that schema_compile() and roles_check() accepted. */
enum err first_plan(struct plan *p, struct sealer *s, struct bytes document,
    const struct account *first) MUST_USE;

#endif
