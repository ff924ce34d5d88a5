// SPDX-License-Identifier: MIT
/*
 * The table of validators: a name in the schema file, a function here.
 */
#include "server/schema/check.h"
#include "common/text.h"

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* clang-format off */
static const struct check checks[] = {
	{ "name",         check_name,         text_compare_key, CHECK_TEXT },
	{ "person_name",  check_person_name,  text_compare_key, CHECK_TEXT },
	{ "uscc",         check_uscc,         blind_code,       CHECK_TEXT },
	{ "resident_id",  check_resident_id,  blind_code,       CHECK_TEXT },
	{ "bank_account", check_bank_account, blind_code,       CHECK_TEXT },
	{ "cnaps",        check_cnaps,        blind_code,       CHECK_TEXT },
	{ "tax_no",       check_tax_no,       blind_code,       CHECK_TEXT },
	{ "region",       check_region,       NULL,             CHECK_TEXT },
	{ "code",         check_code,         NULL,             CHECK_TEXT },
	{ "plain_words",  check_plain_words,  NULL,             CHECK_TEXT },
	{ "mobile",       check_mobile,       blind_phone,      CHECK_TEXT },
	{ "phone",        check_phone,        blind_phone,      CHECK_TEXT },
	{ "any_phone",    check_any_phone,    blind_phone,      CHECK_TEXT },
	{ "email",        check_email,        NULL,             CHECK_TEXT },
	{ "wechat",       check_wechat,       NULL,             CHECK_TEXT },
	{ "url",          check_url,          NULL,             CHECK_TEXT },
	{ "postcode",     check_postcode,     NULL,             CHECK_TEXT },
	{ "birthday",     check_birthday,     NULL,             CHECK_DAY },
	{ "not_future",   check_not_future,   NULL,             CHECK_DAY },
};
/* clang-format on */

const struct check *check_find(struct bytes name)
{
	for (unsigned i = 0; i < COUNT(checks); i++)
		if (bytes_is(name, checks[i].name))
			return &checks[i];
	return NULL;
}

unsigned check_count(void)
{
	return COUNT(checks);
}

const struct check *check_at(unsigned i)
{
	return i < COUNT(checks) ? &checks[i] : NULL;
}
