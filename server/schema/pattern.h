// SPDX-License-Identifier: MIT
/*
 * Patterns of a company's own rules: a regular expression that cannot run
 * away.
 *
 * A pattern is compiled into a small program whose states are followed all at
 * once, so that the time is steps x characters whatever the text: no
 * backtracking, no references, and both bounds are fixed here.  It must match
 * the whole text.  Known are:  a  .  [a-z]  [^,]  \d \w \s  \.  ( )  |  * +
 * ?  {2}  {2,}  {2,5}; characters are code points, so [一-龥] is a Chinese
 * one.  Patterns come from the schema alone, never from a request.
 */
#ifndef SERVER_SCHEMA_PATTERN_H
#define SERVER_SCHEMA_PATTERN_H

#include "common/arena.h"

#define PATTERN_TEXT  500 /* bytes of a pattern, at most */
#define PATTERN_STEPS 400 /* of its program */

struct pattern;

/* NULL with *why (a fixed text) if it is none, or too large. */
const struct pattern *pattern_compile(
    struct arena *a, struct bytes text, const char **why);

/* Does the whole of the text match? */
bool pattern_matches(const struct pattern *p, struct bytes text);

#endif
