// SPDX-License-Identifier: MIT
/*
 * Gets the schema from the server, once a run, and keeps it for completion.
 */
#ifndef CLIENT_FETCH_H
#define CLIENT_FETCH_H

#include "client/schema.h"

/* Fills app->schema unless it is there. */
enum err fetch_schema(struct app *app) MUST_USE;

#endif
