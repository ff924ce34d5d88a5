// SPDX-License-Identifier: MIT
/*
 * A keyring without a folder: made in a temporary one, which is gone once it
 * is open.
 */
#ifndef TESTS_UNIT_KEYRING_FIXTURE_H
#define TESTS_UNIT_KEYRING_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/crypto/sealer.h"

static inline struct keyring *new_ring(void)
{
	static const char *const names[] = { "/keys/ring", "/keys/seed",
		"/keys/root.key", "/keys", "" };
	char base[] = "/tmp/kehu-keyring-XXXXXX";
	char dir[64], spec[96], path[128];
	struct root_source root = { .spec = spec };
	struct keyring *k;

	assert_non_null(mkdtemp(base));
	snprintf(dir, sizeof(dir), "%s/keys", base);
	snprintf(spec, sizeof(spec), "file:%s/root.key", dir);
	assert_int_equal(keyring_create(dir, &root, &random_system), ERR_OK);
	assert_int_equal(keyring_open(dir, &root, &k), ERR_OK);
	for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
		snprintf(path, sizeof(path), "%s%s", base, names[i]);
		remove(path);
	}
	return k;
}

#endif
