// SPDX-License-Identifier: MIT
/*
 * Files that the person names: -o, --html, --errors.
 *
 * They are written whole or not at all, readable by him alone, and into a
 * folder that is there: a mistyped one is told before the server is asked for
 * anything, since what it hands out is recorded, and some of it is handed out
 * once only.  What is there and is no plain file (a pipe, /dev/stdout) is
 * written to as it is, never replaced.
 */
#ifndef CLIENT_OUTPUT_H
#define CLIENT_OUTPUT_H

#include "client/app.h"
#include "client/sheet.h"

/* Whether every file that the flags name can be made; ERR_USAGE, told. */
enum err output_check(struct app *app) MUST_USE;

/* Failures have been told. */
enum err output_write(
    struct app *app, const char *path, struct bytes content) MUST_USE;

/* A table of text, in the encoding that is wanted; as a workbook if the name
 * ends in .xlsx. */
enum err output_write_sheet(struct app *app, const char *path, enum encoding to,
    struct bytes text) MUST_USE;

#endif
