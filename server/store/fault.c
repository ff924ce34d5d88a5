// SPDX-License-Identifier: MIT
/*
 * LMDB's errors translated, and logged where they are met: no code of its
 * travels further.
 */
#include <errno.h>
#include <lmdb.h>

#include "common/log.h"
#include "server/store/engine_inside.h"

static const struct {
	int code;
	enum err err;
} translations[] = {
	{ MDB_SUCCESS, ERR_OK },
	{ MDB_NOTFOUND, ERR_NOT_FOUND },
	{ MDB_MAP_FULL, ERR_FULL },
	{ MDB_TXN_FULL, ERR_FULL },
	{ ENOSPC, ERR_FULL },
	{ EDQUOT, ERR_FULL },
	{ MDB_READERS_FULL, ERR_BUSY },
	{ MDB_CORRUPTED, ERR_CORRUPT },
	{ MDB_PAGE_NOTFOUND, ERR_CORRUPT },
	{ MDB_INVALID, ERR_CORRUPT },
	{ MDB_VERSION_MISMATCH, ERR_CORRUPT },
	{ MDB_INCOMPATIBLE, ERR_CORRUPT },
};

enum err fault_translate(int code, const char *what)
{
	enum err e = ERR_INTERNAL;
	for (size_t i = 0; i < sizeof(translations) / sizeof(*translations);
	     i++)
		if (translations[i].code == code)
			e = translations[i].err;
	if (e != ERR_OK && e != ERR_NOT_FOUND && e != ERR_FULL)
		log_error("store: %s: %s", what, mdb_strerror(code));
	return e;
}

enum err fault_corrupt(const char *what)
{
	log_error("store: %s", what);
	return ERR_CORRUPT;
}
