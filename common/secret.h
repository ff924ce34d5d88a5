// SPDX-License-Identifier: MIT
/*
 * Secrets in memory: wiped on every path, kept out of swap and core dumps.
 */
#ifndef COMMON_SECRET_H
#define COMMON_SECRET_H

#include <stddef.h>

/* Overwrites; the compiler may not drop it. */
void secret_wipe(void *data, size_t len);

/* Locked, guarded memory for keys that live as long as the process; ends the
 * process if none can be had.  secret_free wipes and accepts NULL. */
void *secret_new(size_t len);
void secret_free(void *data);

/* No core dumps, not dumpable by ptrace, nothing in the place of a closed
 * standard stream; once, at a program's start. */
void secret_harden_process(void);

#endif
