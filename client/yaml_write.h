// SPDX-License-Identifier: MIT
/*
 * Packed values as a YAML file that a person reads, edits and hands back.
 *
 * What yaml_read() makes of it is the same value again, whatever the texts
 * hold: all but plain words is quoted.  Maps and lists of scalars stand on
 * one line while it is short.
 */
#ifndef CLIENT_YAML_WRITE_H
#define CLIENT_YAML_WRITE_H

#include "common/buf.h"

/* `packed` is a map. */
void yaml_write(struct bytes packed, struct buf *out);

#endif
