// SPDX-License-Identifier: MIT
/*
 * One write(2) a line, so that lines of several threads do not mix.
 *
 * Control characters become '?': nothing that is logged can forge a second
 * line or drive a terminal.  What is too long is cut.
 */
#include "common/log.h"

#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define LONGEST 1024

static _Atomic enum log_level shown = LOG_INFO;

void log_set_level(enum log_level level)
{
	atomic_store_explicit(&shown, level, memory_order_relaxed);
}

static void write_all(const char *line, size_t len)
{
	while (len) {
		ssize_t n = write(STDERR_FILENO, line, len);

		if (n <= 0)
			return; /* nobody is left to tell */
		line += n;
		len -= (size_t)n;
	}
}

static void make_plain(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

__attribute__((format(printf, 2, 0))) static void log_line(
    enum log_level level, const char *format, va_list args)
{
	static const char *const words[] = {
		[LOG_ERROR] = "error: ",
		[LOG_WARNING] = "warning: ",
		[LOG_INFO] = "info: ",
		[LOG_DEBUG] = "debug: ",
	};
	char line[LONGEST];
	size_t len = strlen(words[level]);

	if (level > atomic_load_explicit(&shown, memory_order_relaxed))
		return;
	memcpy(line, words[level], len);
	line[len] = '\0';
	/* One byte is kept for the line's end. */
	(void)vsnprintf(line + len, sizeof(line) - len - 1, format, args);
	make_plain(line);
	len = strlen(line);
	line[len] = '\n';
	write_all(line, len + 1);
}

void log_error(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_ERROR, format, args);
	va_end(args);
}

void log_warning(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_WARNING, format, args);
	va_end(args);
}

void log_info(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_INFO, format, args);
	va_end(args);
}

void log_debug(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	log_line(LOG_DEBUG, format, args);
	va_end(args);
}

void log_fatal(const char *file, int line, const char *what)
{
	log_error("%s:%d: broken: %s", file, line, what);
	abort();
}

void *must_alloc(size_t len)
{
	void *data = calloc(1, len ? len : 1);

	ASSERT(data);
	return data;
}

void *must_grow(void *old, size_t len)
{
	void *data = realloc(old, len ? len : 1);

	ASSERT(data);
	return data;
}

char *must_copy(const char *text)
{
	char *copy = strdup(text);

	ASSERT(copy);
	return copy;
}
