// SPDX-License-Identifier: MIT
/*
 * `kehud selftest rights`: what a role may not know changes no byte of what
 * it is told.
 *
 * For each role, two books are made that differ in nothing but what the role
 * may not know: values that it may not see (or sees masked, with equal
 * masks), records out of its scope, how many of these there are and how they
 * change.  Requests of every kind, made up from a seed, go to both as that
 * role; the answers must be the same.  Clock and randomness are the test's
 * own and alike for both, so ids, versions, cursors and times are alike too
 * and nothing has to be taken out of an answer before it is compared (what
 * little has is compare.c's).
 *
 * Made-up books in a folder of its own, in this process, without a socket:
 * nothing of the company's book is read.
 */
#ifndef SERVER_SELFTEST_SELFTEST_H
#define SERVER_SELFTEST_SELFTEST_H

#include <stdint.h>

#include "common/bytes.h"
#include "common/err.h"

struct selftest_options {
	unsigned pairs; /* of requests, for each role in each mode */
	uint64_t seed;
	const char *mode;    /* a word of `modes`, or "all" */
	const char *role;    /* a role's key, or "all" */
	const char *dir;     /* where the books go; NULL: a memory file system
			      * if there is one, else the temporary folder */
	struct bytes schema; /* its text; none: the default one */
	const char *schema_file; /* whence, for reports; NULL */
	bool chinese;
	bool is_quiet; /* only differences and the last line */
};

/* Lines on standard output, progress on a terminal's standard error.
 * ERR_UNVERIFIED when an answer differs; what is wrong with the options or
 * the schema is told. */
enum err selftest_rights(const struct selftest_options *o) MUST_USE;

/* `selftest rights ...`: the same, from a command line. */
enum err selftest_command(int argc, char **argv) MUST_USE;

#endif
