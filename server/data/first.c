// SPDX-License-Identifier: MIT
/*
 * Making the first plan.  See first.h.
 */
#include "server/data/first.h"

#include "common/bytes.h"
#include "server/access/directory.h"
#include "server/audit/entry.h"
#include "server/data/subject.h"

/* Subject 0, the company: what concerns no customer is sealed under it. */
static enum err plan_company_keys(struct plan *p, struct sealer *s)
{
	static const enum key_kind kinds[] = { KEY_PERSONAL, KEY_LEDGER };
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < 2; i++) {
		uint8_t key[SUBJECT_KEY];
		struct buf wrapped;
		struct dek *dek;

		buf_init(&wrapped, 1024);
		err = dek_make(s, 0, kinds[i], &wrapped, &dek);
		subject_row_key(NULL, 0, kinds[i], key);
		if (!err)
			plan_put(p, TABLE_ROW, bytes_of(key, sizeof key),
			    buf_bytes(&wrapped));
		buf_release(&wrapped);
	}
	return err;
}

static enum err plan_entry(struct plan *p, uint64_t user)
{
	struct draft d = { .method = "system.init", .count = 0, .user = user };

	return draft_plan(&d, p);
}

enum err first_plan(struct plan *p, struct sealer *s, struct bytes document,
    const struct account *first)
{
	enum err err = directory_plan_schema(p, NULL, s, document, 1);

	if (!err)
		err = plan_company_keys(p, s);
	if (!err)
		err = directory_plan_account(p, NULL, s, NULL, first);
	return err ? err : plan_entry(p, first->id);
}
