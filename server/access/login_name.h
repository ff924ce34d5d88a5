// SPDX-License-Identifier: MIT
/*
 * A login name's one form, in which alone it is stored and compared.
 */
#ifndef SERVER_ACCESS_LOGIN_NAME_H
#define SERVER_ACCESS_LOGIN_NAME_H

#include "common/arena.h"

/* Trimmed, NFKC, folded; ERR_INVALID if empty, too long, or with other than
 * letters, digits and ._-@ */
enum err login_canonical(
    struct arena *a, struct bytes typed, struct bytes *out) MUST_USE;

#endif
