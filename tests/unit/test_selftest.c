// SPDX-License-Identifier: MIT
/*
 * The self-test can fail: with a fault in the rights, it finds a difference.
 *
 * Functions of the view are wrapped by the linker (see the Makefile); each
 * fault is one that other systems have had.  A fault begins when the books
 * are filled: what is hidden in them is what the sound view hides.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#include <cmocka.h>

#include "server/access/view.h"
#include "server/selftest/selftest.h"
#include "server/store/store.h"

enum fault {
	FAULT_NONE,
	FAULT_MASK,   /* what is masked is shown */
	FAULT_FILTER, /* a hidden field may be searched */
	FAULT_SCOPE,  /* every row is in range */
	FAULT_FULL    /* the same, but only on a full disk */
};

static enum fault chosen, fault; /* from when the books are filled */
static bool is_full;

bool __real_view_grant(const struct view_entity *ve, unsigned relations,
    bool variant, const struct field *f, enum use u, struct grant *out);
bool __wrap_view_grant(const struct view_entity *ve, unsigned relations,
    bool variant, const struct field *f, enum use u, struct grant *out);
bool __wrap_view_grant(const struct view_entity *ve, unsigned relations,
    bool variant, const struct field *f, enum use u, struct grant *out)
{
	bool granted = __real_view_grant(ve, relations, variant, f, u, out);

	if (granted && fault == FAULT_MASK)
		out->bits |= MAY_SEE;
	return granted;
}

const struct field *__real_view_field(
    const struct view_entity *ve, struct bytes key);
const struct field *__wrap_view_field(
    const struct view_entity *ve, struct bytes key);
const struct field *__wrap_view_field(
    const struct view_entity *ve, struct bytes key)
{
	const struct field *f = __real_view_field(ve, key);

	return !f && fault == FAULT_FILTER
		   ? entity_field(view_entity_schema(ve), key)
		   : f;
}

bool __real_view_grant_range(const struct view_entity *ve, unsigned range,
    const struct field *f, enum use u, struct grant *out);
bool __wrap_view_grant_range(const struct view_entity *ve, unsigned range,
    const struct field *f, enum use u, struct grant *out);
bool __wrap_view_grant_range(const struct view_entity *ve, unsigned range,
    const struct field *f, enum use u, struct grant *out)
{
	bool granted = __real_view_grant_range(ve, range, f, u, out);

	if (fault != FAULT_FILTER || granted)
		return granted;
	*out = (struct grant){ f, MAY_SEE, (uint8_t)u };
	return true;
}

unsigned __real_view_range(const struct view_entity *ve);
unsigned __wrap_view_range(const struct view_entity *ve);
unsigned __wrap_view_range(const struct view_entity *ve)
{
	bool is_broken =
	    fault == FAULT_SCOPE || (fault == FAULT_FULL && is_full);

	return is_broken ? RELATION_SETS - 1 : __real_view_range(ve);
}

void __real_store_refuse(struct store *s, bool refuse);
void __wrap_store_refuse(struct store *s, bool refuse);
void __wrap_store_refuse(struct store *s, bool refuse)
{
	fault = chosen;
	is_full = refuse;
	__real_store_refuse(s, refuse);
}

/* --- tests ---------------------------------------------------------------*/

/* What it would say is not this test's. */
static enum err run(enum fault with, const char *role, const char *mode)
{
	struct selftest_options o = { .pairs = 4000,
		.seed = 11,
		.mode = mode,
		.role = role,
		.is_quiet = true };
	int kept = dup(STDOUT_FILENO), nowhere = open("/dev/null", O_WRONLY);
	enum err err;

	fflush(stdout);
	dup2(nowhere, STDOUT_FILENO);
	chosen = with;
	fault = FAULT_NONE;
	is_full = false;
	err = selftest_rights(&o);
	fflush(stdout);
	dup2(kept, STDOUT_FILENO);
	close(kept);
	close(nowhere);
	return err;
}

static void test_sound_rights_pass_in_every_state(void **state)
{
	(void)state;
	assert_int_equal(run(FAULT_NONE, "sales", "all"), ERR_OK);
	assert_int_equal(run(FAULT_NONE, "finance", "all"), ERR_OK);
}

static void test_mask_that_shows_the_value_is_found(void **state)
{
	(void)state;
	assert_int_equal(run(FAULT_MASK, "finance", "normal"), ERR_UNVERIFIED);
}

static void test_search_of_a_hidden_field_is_found(void **state)
{
	(void)state;
	assert_int_equal(run(FAULT_FILTER, "sales", "normal"), ERR_UNVERIFIED);
}

static void test_rows_out_of_scope_are_found(void **state)
{
	(void)state;
	assert_int_equal(run(FAULT_SCOPE, "sales", "normal"), ERR_UNVERIFIED);
}

static void test_check_lost_on_a_full_disk_is_found(void **state)
{
	(void)state;
	assert_int_equal(run(FAULT_FULL, "sales", "normal"), ERR_OK);
	assert_int_equal(run(FAULT_FULL, "sales", "full"), ERR_UNVERIFIED);
}

static void test_unknown_role_is_no_pass(void **state)
{
	(void)state;
	assert_int_equal(run(FAULT_NONE, "boss", "normal"), ERR_USAGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sound_rights_pass_in_every_state),
		cmocka_unit_test(test_mask_that_shows_the_value_is_found),
		cmocka_unit_test(test_search_of_a_hidden_field_is_found),
		cmocka_unit_test(test_rows_out_of_scope_are_found),
		cmocka_unit_test(test_check_lost_on_a_full_disk_is_found),
		cmocka_unit_test(test_unknown_role_is_no_pass),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
