// SPDX-License-Identifier: MIT
/*
 * One request maker a method: which parameters it always has.
 *
 * A method without its row here does not link (corpus.c).  Most need no more
 * than the names of what the method cannot do without; the rest of its
 * parameters come by chance.  A parameter of a new name gets a row in
 * a params_*.c.
 */
#include "common/pack.h"
#include "server/selftest/corpus.h"

#define ASK(noun, verb, always)                                                \
	void ask_##noun##_##verb(struct corpus *c);                            \
	void ask_##noun##_##verb(struct corpus *c)                             \
	{                                                                      \
		ask_some(c, always);                                           \
	}

/* clang-format off */
ASK(access,  break_glass, "role minutes reason ")
ASK(access,  end,         "")
ASK(audit,   checkpoint,  "")
ASK(audit,   consistency, "old new ")
ASK(audit,   export,      "")
ASK(audit,   find,        "")
ASK(audit,   proof,       "index ")
ASK(audit,   verify,      "")
ASK(certificate, add,     "certificate reason ")
ASK(certificate, list,    "")
ASK(certificate, remove,  "certificate reason ")
ASK(change,  list,        "")
ASK(change,  undo,        "position ")
ASK(credit,  release,     "id reason ")
ASK(customer, ageing,     "id ")
ASK(customer, credit,     "id ")
ASK(customer, dossier,    "id ")
ASK(customer, duplicates, "")
ASK(customer, erase,     "id reason ")
ASK(customer, export,    "id reason ")
ASK(customer, merge,     "survivor loser reason ")
ASK(customer, policy,     "id ")
ASK(customer, release,    "id reason ")
ASK(customer, statement,  "id ")
ASK(customer, timeline,   "id ")
ASK(customer, unmerge,   "loser reason ")
ASK(policy,  apply,       "two_person ")
ASK(policy,  get,         "")
ASK(pool,    due,         "")
ASK(record,  approve,     "entity id ")
ASK(record,  archive,     "entity id ")
ASK(record,  batch,       "items ")
ASK(record,  confirm,     "entity id ")
ASK(record,  create,      "entity fields ")
ASK(record,  get,         "entity id ")
ASK(record,  history,     "entity id ")
ASK(record,  reject,      "entity id reason ")
ASK(record,  stages,      "entity id ")
ASK(record,  unarchive,   "entity id ")
ASK(record,  update,      "entity id set ")
ASK(request, approve,     "request ")
ASK(request, get,         "request ")
ASK(request, list,        "")
ASK(request, reject,      "request ")
ASK(role,    apply,       "role grants ")
ASK(role,    get,         "role ")
ASK(role,    list,        "")
ASK(role,    remove,      "role ")
ASK(rule,    apply,       "rule ")
ASK(rule,    explain,     "id ")
ASK(rule,    list,        "")
ASK(rule,    run,         "")
ASK(rule,    simulate,    "")
ASK(schema,  apply,       "document ")
ASK(schema,  document,    "")
ASK(schema,  get,         "")
ASK(server,  status,      "")
ASK(session, hello,       "")
ASK(session, login,       "user password ")
ASK(session, logout,      "")
ASK(session, whoami,      "")
ASK(token,   create,      "name roles expires reason ")
ASK(token,   list,        "")
ASK(token,   revoke,      "id ")
ASK(totp,    confirm,     "otp ")
ASK(totp,    disable,     "otp ")
ASK(totp,    enroll,      "password ")
ASK(user,    create,      "user roles ")
ASK(user,    disable,     "user ")
ASK(user,    effective,   "")
ASK(user,    list,        "")
ASK(user,    split,       "user password ")
ASK(user,    statistics,  "")
ASK(user,    update,      "user ")
/* clang-format on */

/* Tried, never done: who claims is to know what was hidden before. */
void ask_customer_claim(struct corpus *c);
void ask_customer_claim(struct corpus *c)
{
	pack_key_bool(&c->params, "dry_run", true);
	c->count++;
	give(c, "id");
}

/* A value that no record has: how many have it tells the log. */
static void ask_dictionary(struct corpus *c, bool has_value)
{
	static const char *const fields[] = { "category", "source", "name" };
	static const char *const values[] = { "made", "made", "no_such" };

	give_text(c, "entity", "customer");
	give_text(c, "field", dice_any(&c->dice, fields));
	if (has_value)
		give_text(c, "value", dice_any(&c->dice, values));
	ask_some(c, "");
}

void ask_dictionary_list(struct corpus *c);
void ask_dictionary_list(struct corpus *c)
{
	ask_dictionary(c, false);
}

void ask_dictionary_remove(struct corpus *c);
void ask_dictionary_remove(struct corpus *c)
{
	give_text(c, "to", "other");
	ask_dictionary(c, true);
}

void ask_dictionary_set(struct corpus *c);
void ask_dictionary_set(struct corpus *c)
{
	give_text(c, "zh", "做");
	give_text(c, "en", "Made");
	ask_dictionary(c, true);
}

void ask_tag_rename(struct corpus *c);
void ask_tag_rename(struct corpus *c)
{
	static const char *const tags[] = { "a", "b", "重要" };

	give_text(c, "entity", "customer");
	give_text(c, "from", dice_any(&c->dice, tags));
	give_text(c, "to", dice_any(&c->dice, tags));
	ask_some(c, "");
}

/* Mostly with a condition. */
static void search(struct corpus *c, const char *always, const char *mostly)
{
	ask_some(c, dice_percent(&c->dice, 60) ? mostly : always);
}

void ask_record_export(struct corpus *c);
void ask_record_export(struct corpus *c)
{
	search(c, "entity ", "entity where ");
}

void ask_record_find(struct corpus *c);
void ask_record_find(struct corpus *c)
{
	search(c, "entity ", "entity where ");
}

void ask_record_group(struct corpus *c);
void ask_record_group(struct corpus *c)
{
	search(c, "entity by ", "entity by where ");
}

void ask_report_list(struct corpus *c);
void ask_report_list(struct corpus *c)
{
	ask_some(c, "");
}

void ask_report_run(struct corpus *c);
void ask_report_run(struct corpus *c)
{
	static const char *const names[] = { "abc", "conversion", "credit",
		"credit", "feedback", "pipeline", "quality", "quality",
		"retention", "rfm", "sales", "sales", "slaes" };

	give_text(c, "name", dice_any(&c->dice, names));
	ask_some(c, "params ");
}

/* Sizes of the log have these names too. */
void ask_session_passwd(struct corpus *c);
void ask_session_passwd(struct corpus *c)
{
	static const char *const words[] = { STOCK_PASSWORD,
		"another horse battery", "short", "spare" };

	give_text(c, "old", dice_any(&c->dice, words));
	give_text(c, "new", dice_any(&c->dice, words));
}
