// SPDX-License-Identifier: MIT
/*
 * The clerk's form: `kehu ENTITY add` with nothing behind it asks field by
 * field, checks each answer with the server at once, shows what would be
 * stored, and saves after one confirmation.
 *
 * At every step: ? explains, < goes back, - leaves empty, Enter takes the
 * default, ! insists against a check that may be set aside (with a reason).
 * Which fields are asked, what is right and what is doubtful comes from the
 * schema and from record.create's dry run; nothing is decided here.  Nothing
 * lies on disk before it is saved.
 */
#ifndef CLIENT_GUIDE_H
#define CLIENT_GUIDE_H

#include "client/app.h"

enum err guide_add(struct app *app) MUST_USE;

#endif
