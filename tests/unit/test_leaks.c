// SPDX-License-Identifier: MIT
/*
 * Words that a role may not see, hidden in a book, and thousands of requests
 * of that role: none of the words comes back, by whatever way it was asked.
 *
 * Requests may look for the words (as constants of a search), but never type
 * them in, since an answer may repeat its own input.
 */
#include "whole_book.h"

#define ROUNDS 6000
#define IDS    20

#define LIMIT   "424242"
#define PERSON  "P5555001"
#define ACCOUNT "6222021001116245702"
#define HOLDER  "户名哨兵"
#define REMARK  "备注哨兵"
#define MOBILE  "13812345678"
#define PAID    "7777.77"
#define OURS    "甲哨兵公司"
#define MATES   "同事哨兵公司"
#define THEIRS  "杭州哨兵公司"

static const struct role_case {
	const char *login;
	bool only_looks; /* his changes would move what others may see */
	const char *hidden[12];
} cases[] = {
	{ "sh-sales", false,
	    { LIMIT, PERSON, ACCOUNT, HOLDER, MATES, THEIRS, "KHHZ" } },
	{ "sh-support", false,
	    { LIMIT, PERSON, ACCOUNT, HOLDER, PAID, THEIRS, "KHHZ" } },
	{ "sh-clerk", false,
	    { LIMIT, PERSON, ACCOUNT, HOLDER, PAID, THEIRS, "KHHZ" } },
	{ "hz-sales", false,
	    { LIMIT, PERSON, ACCOUNT, HOLDER, PAID, REMARK, MOBILE, OURS, MATES,
		"KHSH" } },
	{ "hz-manager", true,
	    { LIMIT, PERSON, ACCOUNT, HOLDER, PAID, REMARK, MOBILE, OURS, MATES,
		"KHSH" } },
	{ "finance", false, { PERSON, MOBILE } },
	{ "gm", true, { PERSON, MOBILE, ACCOUNT, HOLDER } },
	{ "auditor", false, { PERSON, MOBILE, ACCOUNT, HOLDER, REMARK } },
	{ "privacy", false, { LIMIT, PAID } },
	{ "admin", false,
	    { LIMIT, PERSON, ACCOUNT, HOLDER, PAID, REMARK, MOBILE, OURS, MATES,
		THEIRS } },
};

static const char *const entities[] = { "customer", "customer", "customer",
	"contact", "bank", "order", "order_line", "payment", "activity",
	"invoice", "branch", "product", "nothing" };
static const char *const fields[] = { "name", "mobile", "remark",
	"credit_limit", "credit_grade", "person_id", "receivable", "account_no",
	"account_name", "amount", "customer", "owner", "branch", "number",
	"city", "grade", "status", "updated_at", "birthday", "no_field",
	"payment_method", "needs" };
static const char *const words[] = { LIMIT, PERSON, ACCOUNT, HOLDER, REMARK,
	MOBILE, PAID, OURS, MATES, THEIRS, "5678", "甲", "SH", "sh-sales" };
static const char *const values[] = { "", "A", "1", "上海", "regular",
	"2026-01-01", "cash", "13900000000", "sh-sales", "138****5678" };
static const char *const operators[] = { "=", "!=", "<", ">=", "prefix",
	"contains", "has" };

struct probe {
	struct whole *w;
	char ids[IDS][32];
	unsigned id_count;
	const struct role_case *role;
};

static unsigned chance(struct probe *p, unsigned below)
{
	return (unsigned)(book_chance(p->w->book) % below);
}

#define any(list) list[chance(p, sizeof(list) / sizeof *(list))]

static void keep(struct probe *p)
{
	snprintf(p->ids[p->id_count++], 32, "%s", at(p->w, "id"));
	snprintf(p->ids[p->id_count++], 32, "%s", at(p->w, "number"));
}

static void build(struct probe *p)
{
	struct whole *w = p->w;
	const char *ours;

	new_customer(w, "loader", MATES, ",'owner':'sh-sales2'");
	keep(p);
	new_customer(w, "hz-sales", THEIRS, "");
	keep(p);
	ours = new_customer(w, "loader", OURS,
	    ",'owner':'sh-sales','mobile':'" MOBILE "','remark':'" REMARK
	    "','id_type':'passport','person_id':'" PERSON "'");
	keep(p);
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'定','set':{"
	    "'credit_limit':'" LIMIT "','credit_grade':'AA'}}",
	    ours);
	must(w, "finance", "record.create",
	    "{'entity':'bank','fields':{'customer':'%s','account_no':'" ACCOUNT
	    "','account_name':'" HOLDER "'}}",
	    ours);
	keep(p);
	must(w, "finance", "record.create",
	    "{'entity':'payment','fields':{'customer':'%s','date':'2026-01-01'"
	    ",'amount':'" PAID "'}}",
	    ours);
	keep(p);
	must(w, "loader", "record.create",
	    "{'entity':'contact','fields':{'customer':'%s','name':'王小明'}}",
	    ours);
	keep(p);
}

/* What the roles may change goes back now and then. */
static void restore(struct probe *p)
{
	const char *ours = p->ids[4];

	ask(p->w, "loader", "record.unarchive",
	    "{'entity':'customer','id':'%s'}", ours);
	must(p->w, "loader", "record.update",
	    "{'entity':'customer','id':'%s','set':{'mobile':'" MOBILE
	    "','remark':'" REMARK "','name':'" OURS "','id_type':'passport',"
	    "'person_id':'" PERSON "'}}",
	    ours);
	must(p->w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'定','set':{"
	    "'credit_limit':'" LIMIT "'}}",
	    ours);
}

/* --- requests ------------------------------------------------------------*/

static int where(struct probe *p, char *out, unsigned depth)
{
	unsigned kind = depth < 3 ? chance(p, 5) : 4;
	int len;

	if (kind > 2)
		return sprintf(out, "['%s','%s','%s']", any(operators),
		    any(fields), any(words));
	if (kind == 2)
		return sprintf(out, "['empty','%s']", any(fields));
	len = sprintf(out, "['%s',", kind ? "or" : "and");
	len += where(p, out + len, depth + 1);
	out[len++] = ',';
	len += where(p, out + len, depth + 1);
	return len + sprintf(out + len, "]");
}

static void find(struct probe *p)
{
	char tree[4000], more[300];
	bool export = chance(p, 6) == 0;

	where(p, tree, 0);
	more[0] = 0;
	if (!chance(p, 3))
		sprintf(more, ",'order':['-%s']", any(fields));
	else if (!chance(p, 3))
		sprintf(
		    more, ",'fields':['%s','%s']", any(fields), any(fields));
	ask(p->w, p->role->login, export ? "record.export" : "record.find",
	    "{'entity':'%s','where':%s%s%s}", any(entities),
	    chance(p, 4) ? tree : "null", more,
	    chance(p, 2) || export ? "" : ",'archived':true,'count':true");
}

static void group(struct probe *p)
{
	char tree[4000];

	where(p, tree, 0);
	ask(p->w, p->role->login, "record.group",
	    "{'entity':'%s','by':['%s'],'sum':['%s'],'where':%s}",
	    any(entities), any(fields), any(fields),
	    chance(p, 4) ? "null" : tree);
}

static void look(struct probe *p)
{
	ask(p->w, p->role->login,
	    chance(p, 2) ? "record.get" : "record.history",
	    "{'entity':'%s','id':'%s'}", any(entities),
	    p->ids[chance(p, p->id_count)]);
}

static int change(struct probe *p, char *out, bool batch)
{
	bool create = chance(p, 3) == 0;
	int len = sprintf(out, "{%s'entity':'%s'",
	    batch ? create ? "'op':'create'," : "'op':'update'," : "",
	    any(entities));

	if (create)
		return len + sprintf(out + len,
				 ",'fields':{'name':'新公司','type':'other',"
				 "'category':'vip','source':'phone','%s':'%s',"
				 "'customer':'%s'}",
				 any(fields), any(values),
				 p->ids[chance(p, p->id_count)]);
	return len + sprintf(out + len, ",'id':'%s','set':{'%s':'%s'}",
			 p->ids[chance(p, p->id_count)], any(fields),
			 any(values));
}

static void alter(struct probe *p)
{
	bool batch = chance(p, 3) == 0;
	bool dry = p->role->only_looks || chance(p, 2);
	char item[1500], other[1500];

	change(p, item, batch);
	change(p, other, batch);
	if (batch)
		ask(p->w, p->role->login, "record.batch",
		    "{'reason':'试','atomic':%s,'dry_run':%s,'items':[%s},%s}]"
		    "}",
		    chance(p, 2) ? "true" : "false", dry ? "true" : "false",
		    item, other);
	else
		ask(p->w, p->role->login,
		    strstr(item, "'fields'") ? "record.create"
					     : "record.update",
		    "%s,'reason':'试','dry_run':%s}", item,
		    dry ? "true" : "false");
}

static void other(struct probe *p)
{
	static const char *const methods[] = { "schema.get", "user.effective",
		"session.whoami", "role.list", "audit.find", "user.list",
		"server.status" };
	const char *id = p->ids[chance(p, p->id_count)];

	if (chance(p, 2))
		ask(p->w, p->role->login, any(methods), "{}");
	else if (p->role->only_looks || chance(p, 2))
		ask(p->w, p->role->login, "audit.find",
		    "{'entity':'%s','id':'%s'}", any(entities), id);
	else
		ask(p->w, p->role->login,
		    chance(p, 2) ? "record.archive" : "record.unarchive",
		    "{'entity':'%s','id':'%s'}", any(entities), id);
}

static void test_no_role_is_told_what_it_may_not_see(void **state)
{
	static void (*const ways[])(
	    struct probe *) = { find, find, group, look, alter, other };
	struct probe *p = calloc(1, sizeof *p);
	const char *seed = getenv("KEHU_SEED");
	unsigned answered = 0;

	p->w = *state;
	if (seed)
		p->w->book->seed = strtoull(seed, NULL, 10);
	build(p);
	for (unsigned i = 0; i < ROUNDS; i++) {
		if (i % 50 == 0)
			restore(p);
		p->role = &any(cases);
		any(ways)(p);
		answered += p->w->ok;
		for (unsigned k = 0; p->role->hidden[k]; k++)
			if (says(p->w, p->role->hidden[k]))
				fail_msg("%s is told %s: %s", p->role->login,
				    p->role->hidden[k], p->w->text);
		arena_reset(&p->w->book->arena);
	}
	assert_true(answered > ROUNDS / 8);
	restore(p);
	free(p);
}

/* The words are there, for who may see them. */
static void test_who_may_see_sees(void **state)
{
	struct whole *w = *state;

	must(w, "privacy", "record.find", "{'entity':'customer'}");
	assert_true(says(w, PERSON) && says(w, MOBILE) && says(w, REMARK));
	must(w, "finance", "record.find",
	    "{'entity':'customer','archived':true}");
	assert_true(says(w, "AA") || says(w, LIMIT));
	must(w, "finance", "record.find", "{'entity':'bank','archived':true}");
	assert_true(says(w, ACCOUNT) && says(w, HOLDER));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_no_role_is_told_what_it_may_not_see),
		cmocka_unit_test(test_who_may_see_sees),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}
