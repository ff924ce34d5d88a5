// SPDX-License-Identifier: MIT
/*
 * A test's fixture that is an arena and no more.
 */
#ifndef TESTS_UNIT_ARENA_FIXTURE_H
#define TESTS_UNIT_ARENA_FIXTURE_H

#include <setjmp.h>
#include <stdarg.h>

#include "common/arena.h"

#include <cmocka.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

static inline int setup(void **state)
{
	struct arena *arena = test_malloc(sizeof(*arena));

	arena_init(arena, 4096, 1 << 20);
	*state = arena;
	return 0;
}

static inline int teardown(void **state)
{
	arena_release(*state);
	test_free(*state);
	return 0;
}

#endif
