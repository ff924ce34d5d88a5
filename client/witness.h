// SPDX-License-Identifier: MIT
/*
 * Remembers the newest audit checkpoint seen from each server and insists
 * that what comes next extends it.
 *
 * The file holds the log's verifier key (kept from the first sight) and the
 * last signed note.  A log that shrinks, changes its past or its key is told
 * loudly and ends the program with exit 5: that is tampering or a restore
 * that nobody announced, and the old note is the evidence, so it is kept.
 */
#ifndef CLIENT_WITNESS_H
#define CLIENT_WITNESS_H

#include "client/app.h"
#include "common/merkle.h"
#include "common/note.h"

/* Asks for checkpoint and consistency proof; keeps the new note. */
enum err witness_check(struct app *app) MUST_USE;

/* A note that came along (may be empty): refuses one that goes backwards,
 * without asking the server anything. */
enum err witness_glance(struct app *app, struct bytes note) MUST_USE;

/* Fetches audit.checkpoint, checks signature against the kept key, gives the
 * note, the opened checkpoint. */
enum err witness_fetch(struct app *app, struct bytes *note,
    struct checkpoint *head, struct verifier *by) MUST_USE;

/* Whether the log at `new_head` extends `old_head`, by the server's proof. */
enum err witness_extends(struct app *app, const struct checkpoint *old_head,
    const struct checkpoint *new_head) MUST_USE;

/* Hashes out of an array of hex texts; ERR_UNVERIFIED if malformed. */
enum err witness_proof(struct bytes map, const char *key,
    struct digest proof[static MERKLE_PROOF], size_t *count) MUST_USE;

#endif
