// SPDX-License-Identifier: MIT
/*
 * Showing answers: values by their field's type, records a field a line,
 * rows as tables, and any other answer in a readable general form.
 *
 * Every value passes screen_clean() here.  With --json the answer is printed
 * as it came; --jsonl and --csv print rows.  What is printed does not depend
 * on whether a terminal reads it, but for colour and cutting.
 */
#ifndef CLIENT_SHOW_H
#define CLIENT_SHOW_H

#include "client/schema.h"
#include "client/table.h"

/* One line, harmless; "-" for nothing. */
struct bytes show_value(
    struct app *app, const struct field *f, struct bytes packed);

/* As a person would type it: keys, plain amounts, no label. */
struct bytes show_plain(struct app *app, struct bytes packed);

/* 1234567.50 -> 1,234,567.50 */
struct bytes show_thousands(struct app *app, struct bytes text);

/* Any answer: --json as it came, else maps a line each, arrays as tables. */
void show_answer(struct app *app, struct bytes result);
/* The same, when a machine reads it: true, and nothing is left to say. */
bool show_to_machine(struct app *app, struct bytes result);
/* A map as the file that it is edited as. */
void show_yaml(struct app *app, struct bytes packed);

/* {id, number, version, fields, masked}: title, then a field a line. */
void show_record(struct app *app, const struct entity *e, struct bytes record);

/* Whether the record's field is shown masked. */
bool show_is_masked(struct bytes record, struct bytes key);

/* Rows of records. `keys` (NULL-ended) chooses columns; NULL: the visible. */
void show_rows(struct app *app, const struct entity *e, struct bytes rows,
    const char *const *keys);

/* Prints a table to standard output within the screen's width, and names
 * what did not fit. */
void show_table(struct app *app, struct table *t);

/* One packed value as one line of JSON on standard output. */
void show_json(struct bytes packed);

/* Whether a machine form was asked for. */
bool show_is_machine(const struct app *app);

#endif
