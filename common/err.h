// SPDX-License-Identifier: MIT
/*
 * The one error type.
 *
 * Every function that can fail returns enum err and hands results out through
 * its last parameters.  A row says what the kind means, which fixed word the
 * wire carries (docs/protocol.md), and with which status the client exits.
 * Kinds, not causes: the cause is logged once, where it is known, and goes no
 * further.  Foreign errors (errno, LMDB, OpenSSL) are translated at their
 * room's border and never travel.
 */
#ifndef COMMON_ERR_H
#define COMMON_ERR_H

#define MUST_USE __attribute__((warn_unused_result))

/*      symbol           wire word          exit  text for a client */
#define ERR_TABLE(X)                                                           \
	X(OK, "ok", 0, "done")                                                 \
	X(INVALID, "invalid", 1, "a value breaks a rule")                      \
	X(UNKNOWN, "unknown", 1, "no such method, entity or field")            \
	X(NOT_FOUND, "not_found", 1, "no such record")                         \
	X(DENIED, "denied", 3, "not allowed")                                  \
	X(CONFLICT, "conflict", 1, "the record has changed meanwhile")         \
	X(DUPLICATE, "duplicate", 1, "this value is taken")                    \
	X(UNAUTHENTICATED, "unauthenticated", 3, "log in first")               \
	X(LOCKED, "locked", 3, "too many failures, try later")                 \
	X(TOO_LARGE, "too_large", 1, "larger than allowed")                    \
	X(BUSY, "busy", 1, "busy, try again")                                  \
	X(UNAVAILABLE, "unavailable", 1, "the book cannot be written now")     \
	X(INTERNAL, "internal", 1, "something failed inside the server")       \
	/* below: never sent; wire word as the nearest above */                \
	X(CORRUPT, "internal", 5, "stored data does not verify")               \
	X(FULL, "unavailable", 1, "no space is left")                          \
	X(ELSEWHERE, "busy", 1, "must run on a worker")                        \
	X(USAGE, "invalid", 2, "wrong use of the command line")                \
	X(UNREACHABLE, "unavailable", 4, "the server cannot be reached")       \
	X(UNTRUSTED, "unavailable", 4, "the server cannot be trusted")         \
	X(UNVERIFIED, "internal", 5, "the proof does not hold")                \
	X(INTERRUPTED, "internal", 130, "interrupted")

enum err {
#define X(symbol, word, status, text) ERR_##symbol,
	ERR_TABLE(X)
#undef X
	    ERR_COUNT
};

/* The wire's word of an error ("not_found"); static text. */
const char *err_word(enum err e);

/* One English sentence fit for any client; static text. */
const char *err_text(enum err e);

/* The client's exit status. */
int err_exit(enum err e);

/* The kind that a wire word names; ERR_INTERNAL for a word not in the table. */
enum err err_parse(const char *word);

/* Translates errno at a room's border: ENOSPC and EDQUOT give ERR_FULL,
 * ENOENT ERR_NOT_FOUND, anything else ERR_INTERNAL. */
enum err err_errno(int number);

#endif
