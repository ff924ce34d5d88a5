// SPDX-License-Identifier: MIT
/*
 * Roles: the default ones parse, and nothing that is not exact does.
 *
 * Each refused case is the default schema with another `roles:`, and says
 * which word the message must name.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "server/access/role.h"

static struct bytes before_roles(void)
{
	struct bytes text = document_default();
	const uint8_t *at = memmem(text.data, text.len, "\nroles:", 7);
	assert_non_null(at);
	return bytes_of(text.data, (size_t)(at - text.data) + 1);
}

static enum err check(const char *roles, char *message, size_t size)
{
	struct buf yaml, document;
	struct schema *schema;
	buf_init(&yaml, 1 << 20);
	buf_init(&document, 1 << 20);
	buf_append_bytes(&yaml, before_roles());
	buf_append_text(&yaml, roles);
	assert_int_equal(
	    document_parse(buf_bytes(&yaml), &document, message, size), ERR_OK);
	assert_int_equal(
	    schema_compile(buf_bytes(&document), 1, &schema, message, size),
	    ERR_OK);
	enum err e = roles_check(buf_bytes(&document), schema, message, size);
	schema_free(schema);
	buf_release(&document);
	buf_release(&yaml);
	return e;
}

static void test_default_roles_parse(void **state)
{
	struct bytes text = document_default();
	size_t skip = before_roles().len;
	char *roles = strndup((const char *)text.data + skip, text.len - skip);
	char message[200];
	(void)state;
	assert_int_equal(check(roles, message, sizeof(message)), ERR_OK);
	free(roles);
}

static void test_inexact_roles_are_refused_by_name(void **state)
{
	static const struct {
		const char *roles, *word;
	} cases[] = {
		{ "", "roles" },
		{ "roles: [a]\n", "roles" },
		{ "roles: { seller: { rigths: [import] } }\n", "rigths" },
		{ "roles: { seller: { rights: [imports] } }\n", "imports" },
		{ "roles: { seller: { rights: import } }\n", "rights" },
		{ "roles: { seller: { deny: [nobody] } }\n", "nobody" },
		{ "roles: { seller: { otp: yes please } }\n", "yes please" },
		{ "roles: { seller: { otp: [required] } }\n", "otp" },
		{ "roles: { seller: { label: [one] } }\n", "label" },
		{ "roles: { seller: { quota: 5 } }\n", "quota" },
		{ "roles: { seller: { quota: { seals: 5 } } }\n", "seals" },
		{ "roles: { seller: { quota: { sealed: many } } }\n", "quota" },
		{ "roles: { seller: { quota: { sealed: -1 } } }\n", "sealed" },
		{ "roles: { seller: { quota: { lookup: 1.5 } } }\n", "quota" },
		{ "roles: { SELLER: { } }\n", "SELLER" },
		{ "roles: { seller: { grants: [ { levels: { org: read } } ] "
		  "} }\n",
		    "on" },
		{ "roles: { seller: { grants: [ { on: mine } ] } }\n", "mine" },
		{ "roles: { seller: { grants: [ { on: [own] } ] } }\n", "on" },
		{ "roles: { seller: { grants: [ { on: own, levels: { orgs: "
		  "read } } ] } }\n",
		    "orgs" },
		{ "roles: { seller: { grants: [ { on: own, levels: { org: "
		  "reads } } ] } }\n",
		    "reads" },
		{ "roles: { seller: { grants: [ { on: own, fields: { "
		  "customer.none: read } } ] } }\n",
		    "customer.none" },
		{ "roles: { seller: { grants: [ { on: own, fields: { "
		  "mobile: read } } ] } }\n",
		    "mobile" },
		{ "roles: { seller: { grants: [ { on: own, entities: "
		  "[customers] } ] } }\n",
		    "customers" },
		{ "roles: { seller: { grants: [ { on: own, entities: "
		  "[contact], fields: { customer.mobile: read } } ] } }\n",
		    "mobile" },
	};
	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		char message[200] = "";
		assert_int_equal(
		    check(cases[i].roles, message, sizeof(message)),
		    ERR_INVALID);
		if (!strstr(message, cases[i].word))
			fail_msg("case %zu says: %s", i, message);
		if (i > 1)
			assert_non_null(strcasestr(message, "role seller"));
	}
}

static void test_every_word_reads_back(void **state)
{
	(void)state;
	for (unsigned bit = 1; bit <= RIGHT_LAST; bit <<= 1)
		assert_int_equal(right_parse(bytes_text(right_word(bit))), bit);
	for (unsigned bit = 1; bit <= RELATION_ALL; bit <<= 1)
		assert_int_equal(
		    relation_parse(bytes_text(relation_word(bit))), bit);
	static const char *const levels[] = { "none", "masked", "enter", "read",
		"create", "write" };
	for (size_t i = 0; i < 6; i++) {
		int bits = level_parse(bytes_text(levels[i]));
		assert_true(bits >= 0);
		assert_string_equal(level_word((unsigned)bits), levels[i]);
	}
	for (unsigned bits = 0; bits < 16; bits++) {
		/* Every union of levels has a word. */
		unsigned masked = bits & MAY_SEE_MASKED;
		if ((bits & (MAY_SET | MAY_SET_NEW)) && !(bits & MAY_SEE) &&
		    !(masked && (bits & MAY_SET)))
			continue;
		assert_non_null(level_word(bits));
	}
	assert_int_equal(level_parse(bytes_text("Write")), -1);
	assert_int_equal(right_parse(bytes_text("")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_default_roles_parse),
		cmocka_unit_test(test_inexact_roles_are_refused_by_name),
		cmocka_unit_test(test_every_word_reads_back),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
