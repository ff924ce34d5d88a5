// SPDX-License-Identifier: MIT
/*
 * The body of a record's row, between cells and bytes; row.h has the layout.
 *
 * Reading is record_open() (record.h); save.c seals what body_format() makes.
 */
#ifndef SERVER_DATA_BODY_H
#define SERVER_DATA_BODY_H

#include "server/data/record.h"

/* Values, stamps, what was overruled, sealed fields as they are now. */
void body_format(const struct record *r, struct buf *out);

#endif
