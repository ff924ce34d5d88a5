// SPDX-License-Identifier: MIT
/*
 * What is said after a record was stored or checked.
 */
#ifndef CLIENT_RECORD_H
#define CLIENT_RECORD_H

#include "client/schema.h"

/* After record.create or record.update: number and warnings, or, of a dry
 * run, the preview. */
void record_say_stored(struct app *app, struct bytes result);

/* After an act on the record that the command line names. */
void record_say_done(struct app *app, struct bytes result);

/* The preview of a dry run: what would be stored, field by field; `typed`
 * (packed map, may be empty) tells what was put differently. */
void record_show_preview(
    struct app *app, struct bytes result, struct bytes typed);

/* Each warning on standard error. */
void record_say_warnings(struct app *app, struct bytes result);

/* How complete it is, and what could still be filled in. */
void record_say_complete(struct app *app, struct bytes result);

#endif
