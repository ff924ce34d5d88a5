// SPDX-License-Identifier: MIT
/*
 * The service log: lines on standard error, for the operator.
 *
 * One line a cause, where the cause is known.  Never a stored value, a name
 * of a customer, a password or a key.  Any thread.  This module holds the
 * program's only mutable global: the level.
 */
#ifndef COMMON_LOG_H
#define COMMON_LOG_H

#include <stddef.h>

#include "common/err.h"

enum log_level { LOG_NOTHING, LOG_ERROR, LOG_WARNING, LOG_INFO, LOG_DEBUG };

void log_set_level(enum log_level level);

#define LOG_FORMAT __attribute__((format(printf, 1, 2)))
LOG_FORMAT void log_error(const char *format, ...);
LOG_FORMAT void log_warning(const char *format, ...);
LOG_FORMAT void log_info(const char *format, ...);
LOG_FORMAT void log_debug(const char *format, ...);

/* Logs and aborts: for broken promises between our own modules, and for
 * bookkeeping memory that cannot be had.  Kept on in release builds. */
void log_fatal(const char *file, int line, const char *what)
    __attribute__((noreturn));

#define ASSERT(expression)                                                     \
	((expression) ? (void)0 : log_fatal(__FILE__, __LINE__, #expression))

/* malloc/calloc/realloc for small fixed bookkeeping: never NULL. */
void *must_alloc(size_t len) MUST_USE;
void *must_grow(void *old, size_t len) MUST_USE;
char *must_copy(const char *text) MUST_USE;

#endif
