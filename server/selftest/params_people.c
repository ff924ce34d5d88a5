// SPDX-License-Identifier: MIT
/*
 * Parameters about accounts, roles and sessions.
 *
 * Nothing here changes what the reader may: his account and his role are left
 * alone, else the books would differ in what he may know.
 */
#include "server/selftest/params.h"

#include "server/access/right.h"

static void put_token(struct corpus *c, struct buf *out)
{
	corpus_put_kept(c, KEPT_TOKEN, "no token", out);
}

static void put_user(struct corpus *c, struct buf *out)
{
	ANY(c, out, "reader", "spare", "Spare ", "maker", "nobody", "new-1",
	    "new-2", "new-3", "");
}

/* Others than the reader's: he is needed. */
static void put_target(struct corpus *c, struct buf *out)
{
	if (c->method->right == RIGHT_USERS)
		ANY(c, out, "spare", "nobody", "new-1", "new-2", "new-3");
	else if (c->is_own_affair && chance(c, 75))
		pack_cstr(out, "spare");
	else
		put_user(c, out);
}

static void put_password(struct corpus *c, struct buf *out)
{
	ANY(c, out, STOCK_PASSWORD, STOCK_PASSWORD, STOCK_PASSWORD,
	    "another horse battery", "password", "");
}

static void put_certificate(struct corpus *c, struct buf *out)
{
	char *text =
	    arena_format(c->arena, "%064x", 0xabcd + dice_below(&c->dice, 3));

	pack_cstr(out, text);
}

static void put_expires(struct corpus *c, struct buf *out)
{
	ANY(c, out, "2027-02-01T00:00:00.000Z", "2027-02-01", "never");
}

static void put_networks(struct corpus *c, struct buf *out)
{
	pack_array(out, 1);
	ANY(c, out, "127.0.0.0/8", "10.0.0.0/8", "everywhere");
}

static void put_otp(struct corpus *c, struct buf *out)
{
	ANY(c, out, "000000", "123456", "abcdef", "");
}

static void put_roles(struct corpus *c, struct buf *out)
{
	unsigned count = 1 + dice_below(&c->dice, 2);

	pack_array(out, count);
	while (count--)
		ANY(c, out, "sales", "clerk", "auditor", "finance", "admin",
		    "boss");
}

static void put_branch(struct corpus *c, struct buf *out)
{
	ANY(c, out, "SH", "HZ", "XX", "");
}

/* Roles that nobody holds but who is given them here. */
static void put_role(struct corpus *c, struct buf *out)
{
	if (c->method->right == RIGHT_ROLES)
		ANY(c, out, "boss", "helper", "no_such");
	else
		ANY(c, out, "sales", "manager", "boss", "no_such");
}

static void put_request(struct corpus *c, struct buf *out)
{
	corpus_put_kept(c, KEPT_REQUEST, "1", out);
}

static void put_operations(struct corpus *c, struct buf *out)
{
	pack_array(out, 1);
	ANY(c, out, "users", "roles", "schema", "export_clear", "all");
}

static void put_document(struct corpus *c, struct buf *out)
{
	ANY(c, out, "", "entities: {}", "classes: [a]\nroles: {}", "{");
}

static void put_label(struct corpus *c, struct buf *out)
{
	(void)c;
	pack_array(out, 2);
	pack_cstr(out, "头");
	pack_cstr(out, "Boss");
}

/* Over nothing that the books differ in: how many it moves tells the log. */
static void put_rule(struct corpus *c, struct buf *out)
{
	pack_map(out, 4);
	pack_cstr(out, "key");
	ANY(c, out, "made", "grade_a", "no such");
	pack_cstr(out, "label");
	put_label(c, out);
	pack_cstr(out, "set");
	pack_map(out, 1);
	ANY(c, out, "grade", "category", "no_such");
	ANY(c, out, "D", "vip", "nothing");
	pack_cstr(out, "off");
	pack_bool(out, chance(c, 50));
}

static void put_rights(struct corpus *c, struct buf *out)
{
	unsigned right = 1u << dice_below(&c->dice, 20);

	pack_array(out, 1);
	pack_cstr(out, right_word(right) ? right_word(right) : "everything");
}

static void put_class(struct corpus *c, struct buf *out)
{
	const struct schema *s = c->stock->schema;

	pack_cstr(out, s->classes[dice_below(&c->dice, s->class_count)]);
}

static void put_grants(struct corpus *c, struct buf *out)
{
	pack_array(out, 1);
	pack_map(out, 2);
	pack_cstr(out, "on");
	ANY(c, out, "own", "pool", "branch", "all", "nowhere");
	pack_cstr(out, "levels");
	pack_map(out, 1);
	put_class(c, out);
	ANY(c, out, "none", "masked", "enter", "read", "write", "most");
}

static void put_deny(struct corpus *c, struct buf *out)
{
	pack_array(out, 1);
	put_class(c, out);
}

static void put_quota(struct corpus *c, struct buf *out)
{
	pack_map(out, 1);
	ANY(c, out, "sealed", "lookup", "nothing");
	pack_int(out, dice_below(&c->dice, 100));
}

const struct param params_people[] = {
	{ "branch", put_branch },
	{ "certificate", put_certificate },
	{ "deny", put_deny },
	{ "document", put_document },
	{ "expires", put_expires },
	{ "grants", put_grants },
	{ "label", put_label },
	{ "networks", put_networks },
	{ "otp", put_otp },
	{ "password", put_password },
	{ "quota", put_quota },
	{ "request", put_request },
	{ "rights", put_rights },
	{ "role", put_role },
	{ "roles", put_roles },
	{ "rule", put_rule },
	{ "token", put_token },
	{ "two_person", put_operations },
	{ "until", put_expires },
	{ "user", put_target },
	{ NULL, NULL },
};
