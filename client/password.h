// SPDX-License-Identifier: MIT
/*
 * What a person proves himself by, from a file of his own or typed unseen;
 * and a new password in its place, typed twice.
 *
 * The texts handed out are the caller's to wipe.
 */
#ifndef CLIENT_PASSWORD_H
#define CLIENT_PASSWORD_H

#include "client/app.h"

/* Whether a file is named that holds it. */
bool password_is_at_hand(struct app *app);

/* From --FLAG's file, KEHU_PASSWORD_FILE or a prompt; NULL after telling. */
char *password_read(struct app *app, enum flag file, const char *prompt);

/* A code of the second factor, from KEHU_OTP_FILE or a prompt; likewise. */
char *password_read_code(struct app *app);

/* Asks for a new one and sets it in the place of `old`; what the server finds
 * against it is told and, at a terminal, another asked for.  `rule`: what
 * session.login said of it; may be empty.  Every login of the account has
 * ended then. */
enum err password_change(
    struct app *app, const char *old, struct bytes rule, char **fresh) MUST_USE;

#endif
