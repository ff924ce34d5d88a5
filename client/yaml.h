// SPDX-License-Identifier: MIT
/*
 * YAML files (maps of columns, roles, rules, schemas) into packed values.
 *
 * libyaml parses and is seen in yaml.c alone.  Plain scalars become integers,
 * truth values or nil where they read so, everything else and all that is
 * quoted becomes text.  Anchors, aliases and tags are refused: a file means
 * what it shows.  JSON is YAML, and is read by json.h when a file ends so.
 */
#ifndef CLIENT_YAML_H
#define CLIENT_YAML_H

#include "common/buf.h"

/* ERR_INVALID with a sentence that names line and column. */
enum err yaml_read(struct bytes text, struct buf *packed, char *message,
    size_t message_size) MUST_USE;

#endif
