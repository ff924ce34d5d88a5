// SPDX-License-Identifier: MIT
/*
 * Trust first, then the login.
 *
 * A server is spoken to only under a pinned authority: from --ca, from an
 * earlier login, or, at first contact, confirmed by its fingerprint (typed by
 * a person or given by --ca-fingerprint).  Then a kept token, or a password
 * from a file or a prompt, opens the session.  Passwords and tokens are wiped
 * from memory after use; only the token is ever written, 0600.
 */
#ifndef CLIENT_LOGIN_H
#define CLIENT_LOGIN_H

#include "client/app.h"

/* Connects and logs in by what is at hand; failures are told. */
enum err login_connect(struct app *app) MUST_USE;

/* `kehu login`: by password, keeps token, profile and authority. */
enum err login_anew(struct app *app, struct bytes *result) MUST_USE;

/* Whether a token lies on this machine. */
bool login_is_kept(struct app *app);
/* Forgets it. */
void login_forget(struct app *app);

/* How the authority's fingerprint begins, as people type it at first contact;
 * "" if none is known. */
const char *login_fingerprint(struct app *app);

#endif
