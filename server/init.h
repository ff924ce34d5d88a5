// SPDX-License-Identifier: MIT
/*
 * `kehud init`: a new book in a new folder.
 *
 * Keys, certificates, store, schema and roles, the first account
 * (administrator and system operator both) and the first entry of
 * the log.  Refuses a folder that is not empty, and a schema that does not
 * compile, before it makes anything.
 */
#ifndef SERVER_INIT_H
#define SERVER_INIT_H

#include "common/bytes.h"
#include "common/digest.h"
#include "common/err.h"

#define INIT_NAMES 16

struct init_options {
	const char *dir;
	const char *admin;
	struct bytes password;
	const char *root_key; /* spec; NULL: file in keys/ */
	struct bytes passphrase;
	const char *names[INIT_NAMES]; /* more names for the certificate */
	unsigned name_count;
	const char *schema; /* a file's path; NULL: the default schema */
};

/* Causes are on standard error.  `fingerprint` is the authority's. */
enum err init_book(
    const struct init_options *o, struct digest *fingerprint) MUST_USE;

#endif
