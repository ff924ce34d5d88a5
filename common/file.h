// SPDX-License-Identifier: MIT
/*
 * Files that somebody named on the command line, read whole.
 *
 * Not for keys: crypto/keyfile.c asks whose a file is, and wipes.
 */
#ifndef COMMON_FILE_H
#define COMMON_FILE_H

#include "common/buf.h"

/* Appends what it holds.  ERR_NOT_FOUND if it cannot be opened,
 * ERR_UNAVAILABLE if not read, ERR_TOO_LARGE past the buffer's cap. */
enum err file_append(const char *path, struct buf *out) MUST_USE;

#endif
