// SPDX-License-Identifier: MIT
/*
 * Made-up values: valid ones of any field, whatever its type and check.
 *
 * A number chooses the value: another number, another value, as far as the
 * field has room for it.  No field is known by name.
 */
#ifndef SERVER_SELFTEST_MADE_H
#define SERVER_SELFTEST_MADE_H

#include "server/schema/schema.h"

/* Packed, in its normal form, in the arena; BYTES_NONE for references and
 * where none is found. */
struct bytes made_value(
    const struct field *f, unsigned number, struct arena *a);

/* Another value with the same mask; `first` itself if none is found. */
struct bytes made_alike(const struct field *f, struct bytes first,
    unsigned number, struct arena *a);

#endif
