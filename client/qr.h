// SPDX-License-Identifier: MIT
/*
 * QR codes on a terminal, by libqrencode; seen in qr.c alone.
 *
 * A module is two spaces with a background: half blocks are of ambiguous
 * width and fall apart on Chinese terminals.
 */
#ifndef CLIENT_QR_H
#define CLIENT_QR_H

#include "client/app.h"

/* Appends the drawing, a line a row of modules, in at most `width` columns (0:
 * as many as it takes).  ERR_TOO_LARGE if the text or the code does not fit. */
enum err qr_draw(const char *text, unsigned width, struct buf *out) MUST_USE;

/* To standard output if it shows colours, else nothing; says so if the
 * terminal is too narrow. */
void qr_show(struct app *app, const char *text);

#endif
