// SPDX-License-Identifier: MIT
/*
 * Roles and accounts: what a directory holds.
 *
 * Borrowed from the directory that loaded them, and gone when it loads anew.
 */
#ifndef SERVER_ACCESS_PEOPLE_H
#define SERVER_ACCESS_PEOPLE_H

#include "common/digest.h"
#include "server/access/right.h"
#include "server/schema/schema.h"

struct view;

#define LOGIN_MOST           64 /* code points of a login name */
#define ACCOUNT_ROLES        8
#define ACCOUNT_CERTIFICATES 8

struct role {
	const char *key;
	struct label label;
	unsigned rights;             /* over everything */
	uint64_t quota[QUOTA_KINDS]; /* a day; QUOTA_NONE */
	bool demands_otp;            /* a second factor first */
};

struct account {
	uint64_t id;       /* 1.. ; never reused */
	const char *login; /* canonical */
	const char *name;  /* shown; may be "" */
	const struct role *roles[ACCOUNT_ROLES];
	unsigned role_count;
	uint64_t role_set;       /* the same, a bit each (directory.h) */
	uint64_t branch;         /* record id of the branch, 0 for none */
	const char *branch_code; /* "" for none */
	struct bytes password;   /* stored form; none: cannot log in */
	struct bytes enrolment;  /* digest of a one-time code; none */
	int64_t enrolment_until_ms;
	bool must_change;
	bool disabled;
	int64_t password_ms; /* when the password was set; 0: unknown */
	uint64_t maker; /* account whose requests it cannot approve: who made
			   it while two persons were wanted; 0 */
	uint64_t stamp; /* changes with each change of password, roles,
			   branch or disabling: ends kept sessions */
	/* The keys (SPKI) he comes by, see binding.h. */
	struct digest certificates[ACCOUNT_CERTIFICATES];
	unsigned certificate_count;
	const struct view *view; /* of all its roles; a request has its own,
				    see effective.h */
};

/* The first account has the roles `admin` and `system`: ERR_INVALID and a
 * message if there are none, or nobody could make accounts and change roles. */
enum err roles_check_first(struct bytes document, const struct schema *schema,
    char *message, size_t message_size) MUST_USE;

/* Before a document is accepted: the section `roles` of `document`, which
 * `schema` was compiled from, is complete and names nothing unknown.
 * ERR_INVALID and a message that names role and word. */
enum err roles_check(struct bytes document, const struct schema *schema,
    char *message, size_t message_size) MUST_USE;

#endif
