// SPDX-License-Identifier: MIT
/*
 * Folding login names.  See login_name.h.
 */
#include "server/access/login_name.h"

#include "common/text.h"
#include "server/access/people.h"
#include "server/store/store.h"

static bool is_login(struct bytes name)
{
	int32_t c;

	if (!name.len || text_count(name) > LOGIN_MOST)
		return false;
	while ((c = text_next(&name)) >= 0) {
		bool is_sign = c == '.' || c == '_' || c == '-' || c == '@';

		if (!is_sign && !text_is_word(c))
			return false;
	}
	return true;
}

enum err login_canonical(struct arena *a, struct bytes typed, struct bytes *out)
{
	struct bytes once, twice;
	enum err e;

	*out = BYTES_NONE;
	if (typed.len > LOGIN_MOST * 16)
		return ERR_INVALID;
	e = text_fold(a, text_trim(typed), &once);
	if (e != ERR_OK)
		return e;
	once = text_trim(once);
	if (!is_login(once) || once.len > STORE_KEY)
		return ERR_INVALID;
	/* Folding may make what folds again; such names have two forms. */
	e = text_fold(a, once, &twice);
	if (e != ERR_OK)
		return e;
	if (!bytes_equal(once, twice))
		return ERR_INVALID;
	*out = once;
	return ERR_OK;
}
