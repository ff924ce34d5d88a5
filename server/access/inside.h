// SPDX-License-Identifier: MIT
/*
 * What the modules of this room see of a directory beyond directory.h.
 */
#ifndef SERVER_ACCESS_INSIDE_H
#define SERVER_ACCESS_INSIDE_H

#include "server/access/role.h"

struct directory;

/* The roles as the document states them; `d` has loaded. */
const struct policies *directory_policies(const struct directory *d);

#endif
