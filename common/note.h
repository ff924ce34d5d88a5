// SPDX-License-Identifier: MIT
/*
 * C2SP signed notes and tree-head checkpoints (c2sp.org/signed-note,
 * c2sp.org/tlog-checkpoint), Ed25519.
 *
 * A checkpoint's text is three lines: origin, size, base64 root; a note adds
 * an empty line and signature lines.  A verifier key is
 * "name+hash+base64(01 || public key)".  Checking lives here, for both
 * programs; signing is the server's (server/crypto).
 */
#ifndef COMMON_NOTE_H
#define COMMON_NOTE_H

#include "common/arena.h"
#include "common/digest.h"

#define NOTE_PUBLIC    32
#define NOTE_SIGNATURE 64
#define NOTE_ORIGIN    128 /* longest origin, with NUL */

struct checkpoint {
	char origin[NOTE_ORIGIN];
	uint64_t size;
	struct digest root;
};

struct verifier {
	char name[NOTE_ORIGIN];
	uint32_t hash; /* first 4 bytes of SHA-256(name \n 01 key) */
	uint8_t key[NOTE_PUBLIC];
};

void verifier_init(struct verifier *v, const char *name,
    const uint8_t key[static NOTE_PUBLIC]);
enum err verifier_parse(struct bytes text, struct verifier *out) MUST_USE;
void verifier_format(const struct verifier *v, struct buf *out);

/* The three lines that are signed. */
void checkpoint_format(const struct checkpoint *c, struct buf *out);
/* Text + empty line + one signature line. */
void note_format(struct bytes text, const struct verifier *by,
    const uint8_t signature[static NOTE_SIGNATURE], struct buf *out);
/* ERR_INVALID if it is no checkpoint note, ERR_UNVERIFIED if the verifier's
 * signature is missing or wrong. */
enum err note_open(struct bytes note, const struct verifier *by,
    struct checkpoint *out) MUST_USE;

#endif
