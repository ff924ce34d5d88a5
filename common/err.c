// SPDX-License-Identifier: MIT
/*
 * The error table's rows as data, and errno's translation.
 *
 * Several kinds share a wire word; the table lists the kind that is sent
 * first, so that a search from the top finds it.
 */
#include "common/err.h"

#include <errno.h>
#include <string.h>

struct row {
	const char *word;
	const char *text;
	int status;
};

static const struct row rows[ERR_COUNT] = {
#define X(symbol, word, status, text) [ERR_##symbol] = { word, text, status },
	ERR_TABLE(X)
#undef X
};

static const struct row *row_of(enum err e)
{
	return &rows[(unsigned)e < ERR_COUNT ? e : ERR_INTERNAL];
}

const char *err_word(enum err e)
{
	return row_of(e)->word;
}

const char *err_text(enum err e)
{
	return row_of(e)->text;
}

int err_exit(enum err e)
{
	return row_of(e)->status;
}

enum err err_parse(const char *word)
{
	for (int e = 0; e < ERR_COUNT; e++)
		if (!strcmp(rows[e].word, word))
			return (enum err)e;
	return ERR_INTERNAL;
}

enum err err_errno(int number)
{
	switch (number) {
	case ENOSPC:
	case EDQUOT:
		return ERR_FULL;
	case ENOENT:
		return ERR_NOT_FOUND;
	default:
		return ERR_INTERNAL;
	}
}
