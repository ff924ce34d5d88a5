// SPDX-License-Identifier: MIT
/*
 * What the client keeps on this machine: profiles, pinned authorities,
 * tokens, cached schemas, checkpoints.
 *
 * $XDG_CONFIG_HOME/kehu/profiles/NAME.conf   server, user, certificate
 * $XDG_CONFIG_HOME/kehu/profiles/HOST_PORT.pem   the pinned authority
 * $XDG_RUNTIME_DIR/kehu/HOST_PORT.USER.token   (or the state directory)
 * $XDG_STATE_HOME/kehu/HOST_PORT.checkpoint, HOST_PORT.USER.schema, .recent
 * Directories are made 0700, files 0600 by a new file and a rename.  No
 * password is ever kept.
 */
#ifndef CLIENT_PROFILE_H
#define CLIENT_PROFILE_H

#include "client/keep.h"

#define DEFAULT_PORT "5348"

struct profile {
	const char *name;   /* "default" unless chosen */
	const char *server; /* as given, or NULL: none known */
	const char *host, *port;
	const char *user; /* or NULL */
	/* The client's certificate and its key, of this server; or NULL. */
	const char *certificate, *key;
};

enum keeping {
	KEEPING_PROFILE,
	KEEPING_AUTHORITY,
	KEEPING_TOKEN,
	KEEPING_SCHEMA,
	KEEPING_RECENT,
	KEEPING_CHECKPOINT,
};

/* Flags (NULL if absent) win over KEHU_SERVER and KEHU_USER, these over the
 * profile's file.  ERR_USAGE for a name or a server that is none. */
enum err profile_load(struct profile *p, struct arena *a, const char *name,
    const char *server, const char *user) MUST_USE;

/* Remembers server, user, and where certificate and key lie. */
enum err profile_save(const struct profile *p, struct arena *a) MUST_USE;

/* Where a thing of this profile lies. */
const char *profile_path(
    const struct profile *p, struct arena *a, enum keeping what);

/* Whole small files; ERR_NOT_FOUND.  Reading a token or a password refuses a
 * file that others can read (ERR_DENIED). */
enum err file_read(
    struct arena *a, const char *path, size_t most, struct bytes *out) MUST_USE;
enum err file_read_private(
    struct arena *a, const char *path, size_t most, struct bytes *out) MUST_USE;
/* 0600, atomically. */
enum err file_write(
    struct arena *a, const char *path, struct bytes content) MUST_USE;
/* Its two halves, for who writes by name: an empty file beside it, and the
 * rename if `e` is ERR_OK. */
enum err file_begin(struct arena *a, const char *path, char **fresh) MUST_USE;
enum err file_end(const char *fresh, const char *path, enum err e) MUST_USE;
/* The same with the directories that it lies in. */
enum err file_keep(
    struct arena *a, const char *path, struct bytes content) MUST_USE;
/* Into what is there: a pipe, a terminal. */
enum err file_pour(const char *path, struct bytes content) MUST_USE;

#endif
