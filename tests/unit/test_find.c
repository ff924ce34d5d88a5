// SPDX-License-Identifier: MIT
/*
 * Searching against an oracle that knows every record: for each role, each
 * scope, random conditions, orders and page sizes, every row that should be
 * found is found once, and no other.
 */
#include "whole_book.h"

#define RECORDS 60
#define ROUNDS  1500
#define WHERE   2000

struct model {
	unsigned branch; /* 0 SH, 1 HZ */
	int owner;       /* place in `owners`, -1: none */
	unsigned grade;  /* 0: none */
	unsigned category, city, day, tag, mobile;
	bool archived;
	char name[40], id[ID_TEXT];
};

static const char *const owners[] = { "sh-sales", "sh-sales2", "hz-sales",
	"sh-manager", "hz-manager" };
static const char *const grades[] = { "", "A", "B", "C", "D" };
static const char *const categories[] = { "vip", "regular", "prospect" };
static const char *const cities[] = { "上海", "杭州", "Aachen", "苏州" };
static const char *const tags[] = { "", "老客户", "Key", "展会" };
static const char *const names[] = { "华东茶业", "Alpha Tea", "华南纸业",
	"Beta 纸业", "茶茶" };
static const char *const operators[] = { "=", "!=", "<", "<=", ">", ">=" };

struct oracle {
	struct whole *w;
	struct model of[RECORDS];
	unsigned seed_round;
};

static unsigned chance(struct oracle *o, unsigned below)
{
	return (unsigned)(book_chance(o->w->book) % below);
}

/* --- the book ------------------------------------------------------------*/

static void make(struct oracle *o, unsigned i)
{
	struct model *m = &o->of[i];
	char more[500];
	const char *by;

	*m = (struct model){ .branch = chance(o, 2),
		.grade = chance(o, 5),
		.category = chance(o, 3),
		.city = chance(o, 4),
		.day = chance(o, 20),
		.tag = chance(o, 4),
		.mobile = chance(o, 3),
		.archived = chance(o, 10) == 0 };
	m->owner = m->branch ? (int)(2 + 2 * chance(o, 2))
			     : (int)(chance(o, 3) == 2 ? 3 : chance(o, 2));
	if (chance(o, 5) == 0)
		m->owner = -1;
	snprintf(m->name, sizeof m->name, "%s%u号", names[chance(o, 5)], i);
	snprintf(more, sizeof more,
	    ",'category':'%s','city':'%s','grade':'%s','external_no':'Ex-%u',"
	    "'mobile':'1380000000%u','tags':[%s%s%s],'next_follow_at':'%s%.2u'",
	    categories[m->category], cities[m->city], grades[m->grade], i,
	    m->mobile, m->tag ? "'" : "", tags[m->tag], m->tag ? "'" : "",
	    "2026-05-", m->day + 1);
	by = m->branch ? "hz-loader" : "loader";
	must(o->w, by, "record.create",
	    "{'entity':'customer','fields':{'name':'%s','type':'other',"
	    "'source':'phone'%s}}",
	    m->name, more);
	/* Whom nobody graded a rule of business has. */
	if (!m->grade)
		m->grade = 3;
	snprintf(m->id, sizeof m->id, "%s", at(o->w, "id"));
	must(o->w, by, "record.update",
	    "{'entity':'customer','id':'%s','set':{'owner':'%s'}}", m->id,
	    m->owner < 0 ? "" : owners[m->owner]);
	if (m->archived)
		must(o->w, by, "record.archive",
		    "{'entity':'customer','id':'%s'}", m->id);
}

/* --- who sees what -------------------------------------------------------*/

enum { OWN = 1, POOL = 2, BRANCH = 4, ALL = 8 };

static const struct reader_role {
	const char *login;
	unsigned branch, range;
} roles[] = { { "sh-sales", 0, OWN | POOL }, { "hz-sales", 1, OWN | POOL },
	{ "sh-manager", 0, BRANCH }, { "hz-manager", 1, BRANCH },
	{ "sh-clerk", 0, BRANCH }, { "sh-support", 0, BRANCH },
	{ "gm", 0, ALL }, { "finance", 0, ALL }, { "auditor", 0, ALL } };

static unsigned relations(const struct model *m, const struct reader_role *r)
{
	bool mine = m->owner >= 0 && !strcmp(owners[m->owner], r->login);
	bool here = m->branch == r->branch;

	return ALL | (here ? BRANCH : 0u) | (mine ? OWN : 0u) |
	       (here && m->owner < 0 ? POOL : 0u);
}

/* --- conditions ----------------------------------------------------------*/

static bool holds(const char *op, int a, int b)
{
	if (op[0] == '=')
		return a == b;
	if (op[0] == '!')
		return a != b;
	if (op[0] == '<')
		return op[1] ? a <= b : a < b;
	return op[1] ? a >= b : a > b;
}

/* Writes a leaf at `out` and says in `hits` of which records it holds. */
static int leaf(struct oracle *o, char *out, bool *hits)
{
	const char *op = operators[chance(o, 6)];
	unsigned kind = chance(o, 11), v = chance(o, 20), len = 0;

	for (unsigned i = 0; i < RECORDS; i++) {
		const struct model *m = &o->of[i];
		const char *owner = m->owner < 0 ? "" : owners[m->owner];
		bool has[] = { m->grade
				   ? holds(op, (int)m->grade, 1 + (int)v % 4)
				   : op[0] == '!',
			m->category == v % 3 || m->category == 2,
			op[0] == '!' ? m->city != v % 4 : m->city == v % 4,
			holds(op, (int)m->day, (int)v),
			strstr(m->name, names[v % 5]) != NULL,
			!strncmp(m->name, names[v % 5], strlen(names[v % 5])),
			m->tag == 1 + v % 3, !m->grade,
			!strcmp(owner, owners[v % 5]), m->mobile == v % 3,
			m->city == v % 4 || m->city == (v + 1) % 4 };

		hits[i] = has[kind];
	}
	switch (kind) {
	case 0:
		return sprintf(
		    out, "['%s','grade','%s']", op, grades[1 + v % 4]);
	case 1:
		return sprintf(out, "['in','category',['%s','prospect']]",
		    categories[v % 3]);
	case 2:
		return sprintf(out, "['%s','city','%s']",
		    op[0] == '!' ? "!=" : "=", cities[v % 4]);
	case 3:
		return sprintf(
		    out, "['%s','next_follow_at','2026-05-%02u']", op, v + 1);
	case 4:
	case 5:
		return sprintf(out, "['%s','name','%s']",
		    kind == 4 ? "contains" : "prefix", names[v % 5]);
	case 6:
		return sprintf(out, "['has','tags','%s']", tags[1 + v % 3]);
	case 7:
		return sprintf(out, "['empty','grade']");
	case 8:
		return sprintf(out, "['=','owner','%s']", owners[v % 5]);
	case 9:
		return sprintf(out, "['=','mobile','1380000000%u']", v % 3);
	default:
		return sprintf(out, "['in','city',['%s','%s']]", cities[v % 4],
		    cities[(v + 1) % 4]);
	}
	return (int)len;
}

static int condition(struct oracle *o, char *out, bool *hits, unsigned depth)
{
	unsigned word = depth < 3 ? chance(o, 6) : 5, count;
	bool part[RECORDS];
	int len;

	if (word > 2)
		return leaf(o, out, hits);
	len = sprintf(out, "['%s'",
	    word == 0   ? "and"
	    : word == 1 ? "or"
			: "not");
	count = word == 2 ? 1 : 1 + chance(o, 3);
	for (unsigned i = 0; i < RECORDS; i++)
		hits[i] = word == 0;
	while (count--) {
		out[len++] = ',';
		len += condition(o, out + len, part, depth + 1);
		for (unsigned i = 0; i < RECORDS; i++)
			hits[i] = word == 0   ? hits[i] && part[i]
				  : word == 1 ? hits[i] || part[i]
					      : !part[i];
	}
	out[len++] = ']';
	out[len] = 0;
	return len;
}

/* --- order ---------------------------------------------------------------*/

static const char *const orders[] = { "", "grade", "-grade", "next_follow_at",
	"-next_follow_at", "city", "number", "-number", "name" };

/* <0, 0, >0; empty values stand behind the others. */
static int compare(
    const char *order, const struct model *a, const struct model *b)
{
	bool down = order[0] == '-';
	int is = 0;

	order += down;
	if (!strcmp(order, "grade"))
		is = (int)(a->grade ? a->grade : 9) -
		     (int)(b->grade ? b->grade : 9);
	else if (!strcmp(order, "next_follow_at"))
		is = (int)a->day - (int)b->day;
	else if (!strcmp(order, "city"))
		is = strcmp(cities[a->city], cities[b->city]);
	return down ? -is : is;
}

static int find_model(const struct oracle *o, const char *id)
{
	for (unsigned i = 0; i < RECORDS; i++)
		if (!strcmp(o->of[i].id, id))
			return (int)i;
	return -1;
}

/* --- one search ----------------------------------------------------------*/

struct search {
	const struct reader_role *role;
	char where[WHERE * 4];
	const char *order, *second, *scope;
	unsigned limit;
	bool count, archived;
	bool want[RECORDS], got[RECORDS];
	unsigned wanted;
};

static void choose(struct oracle *o, struct search *s)
{
	static const char *const scopes[] = { "own", "pool", "branch", "all",
		"", "", "" };
	static const unsigned bits[] = { OWN, POOL, BRANCH, ALL, 0, 0, 0 };
	unsigned scope = chance(o, 7);
	bool hits[RECORDS];

	*s = (struct search){ .role = &roles[chance(o, 9)],
		.order = orders[chance(o, 9)],
		.second = orders[chance(o, 9)],
		.scope = scopes[scope],
		.limit = 1 + chance(o, 12),
		.count = chance(o, 3) == 0,
		.archived = chance(o, 3) == 0 };
	/* Nothing is left to order behind what is unique. */
	if (!*s->order || strstr(s->order, "number") ||
	    strstr(s->order, "name"))
		s->second = "";
	condition(o, s->where, hits, 0);
	if (chance(o, 8) == 0) {
		strcpy(s->where, "null");
		memset(hits, 1, sizeof hits);
	}
	for (unsigned i = 0; i < RECORDS; i++) {
		unsigned holding = relations(&o->of[i], s->role);

		s->want[i] = hits[i] && holding & s->role->range &&
			     (!bits[scope] || holding & bits[scope]) &&
			     (s->archived || !o->of[i].archived);
		s->wanted += s->want[i];
	}
}

static void ask_page(
    struct oracle *o, const struct search *s, const char *after)
{
	char order[80] = "null";

	if (*s->order)
		snprintf(order, sizeof order, "['%s'%s%s%s]", s->order,
		    *s->second ? ",'" : "", s->second, *s->second ? "'" : "");
	ask(o->w, s->role->login, "record.find",
	    "{'entity':'customer','where':%s,'order':%s,'limit':%u,'count':%s,"
	    "'archived':%s%s%s%s%s%s%s}",
	    s->where, order, s->limit, s->count ? "true" : "false",
	    s->archived ? "true" : "false", *s->scope ? ",'scope':'" : "",
	    s->scope, *s->scope ? "'" : "", *after ? ",'after':'" : "", after,
	    *after ? "'" : "");
}

static void explain(const struct search *s, const char *what, const char *id)
{
	fail_msg("%s: %s %s; where %s order %s %s scope %s limit %u%s",
	    s->role->login, what, id, s->where, s->order, s->second, s->scope,
	    s->limit, s->count ? " count" : "");
}

static const struct model *take_row(struct oracle *o, struct search *s,
    const struct model *last, const char *id)
{
	int i = find_model(o, id);
	int order;

	if (i < 0 || !s->want[i])
		explain(s, "should not see", id);
	if (s->got[i])
		explain(s, "saw twice", id);
	s->got[i] = true;
	order = last ? compare(s->order, last, &o->of[i]) : 0;
	if (!order && last)
		order = compare(s->second, last, &o->of[i]);
	if (order > 0)
		explain(s, "in the wrong place", id);
	return &o->of[i];
}

static bool run(struct oracle *o, struct search *s)
{
	const struct model *last = NULL;
	const char *after = "";
	unsigned got = 0;

	do {
		ask_page(o, s, after);
		if (!o->w->ok) {
			/* Sealed fields are not for everybody's whole range. */
			assert_string_equal(at(o->w, "code"), "denied");
			assert_string_equal(at(o->w, "field"), "mobile");
			return false;
		}
		for (unsigned k = 0;; k++) {
			char path[40];
			const char *id;

			snprintf(path, sizeof path, "rows.%u.id", k);
			id = at(o->w, path);
			if (!*id)
				break;
			last = take_row(o, s, last, id);
			got++;
		}
		if (s->count)
			assert_int_equal(
			    atoi(at(o->w, "count")), (int)s->wanted);
		after =
		    strcmp(at(o->w, "next"), "null") ? at(o->w, "next") : "";
	} while (*after);
	if (got != s->wanted)
		explain(s, "did not see all", "");
	return true;
}

static void test_every_row_is_found_once_and_no_other(void **state)
{
	struct oracle *o = calloc(1, sizeof *o);
	struct search *s = calloc(1, sizeof *s);
	unsigned done = 0;
	char *seed = getenv("KEHU_SEED");

	o->w = *state;
	if (seed)
		o->w->book->seed = strtoull(seed, NULL, 10);
	for (unsigned i = 0; i < RECORDS; i++)
		make(o, i);
	for (unsigned i = 0; i < ROUNDS; i++) {
		arena_reset(&o->w->book->arena);
		choose(o, s);
		done += run(o, s);
	}
	assert_true(done > ROUNDS / 2);
	free(s);
	free(o);
}

/* Changed, as the reader knows it: a change out of his sight is none. */
static void test_search_by_change_is_the_readers(void **state)
{
	struct whole *w = *state;
	static const char look[] =
	    "{'entity':'customer','order':['-updated_at'],'where':['and',['>',"
	    "'updated_at','%s'],['prefix','name','改期']]}";
	const char *one, *two, *before;

	new_customer(w, "sh-sales", "改期甲公司", "");
	one = at(w, "id");
	new_customer(w, "sh-sales", "改期乙公司", "");
	two = at(w, "id");
	before = at(w, "fields.created_at");
	must(w, "sh-sales", "record.find", look, before);
	assert_string_equal(at(w, "rows"), "[]");
	must(w, "finance", "record.update",
	    "{'entity':'customer','id':'%s','reason':'定','set':{"
	    "'credit_limit':'1'}}",
	    one);
	must(w, "sh-sales", "record.find", look, before);
	assert_string_equal(at(w, "rows"), "[]");
	must(w, "finance", "record.find", look, before);
	assert_string_equal(at(w, "rows.0.id"), one);
	must(w, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'甲'}}", two);
	must(w, "sh-sales", "record.update",
	    "{'entity':'customer','id':'%s','set':{'city':'甲'}}", one);
	must(w, "sh-sales", "record.find", look, before);
	assert_string_equal(at(w, "rows.0.id"), one);
	assert_string_equal(at(w, "rows.1.id"), two);
}

/* --- one customer's ------------------------------------------------------*/

/* Orders of some days, by a customer and one who was merged into him. */
static const char *make_orders(struct oracle *o, unsigned count)
{
	static const char *const states[] = { "draft", "confirmed", "closed" };
	struct whole *w = o->w;
	const char *him = new_customer(w, "loader", "订货公司", "");
	const char *merged = new_customer(w, "loader", "并入公司", "");

	for (unsigned i = 0; i < count; i++) {
		must(w, "loader", "record.create",
		    "{'entity':'order','source':'import','fields':{'customer':"
		    "'%s','date':'2026-05-%02u','status':'%s'}}",
		    chance(o, 3) ? him : merged, 1 + chance(o, 6),
		    states[chance(o, 3)]);
		if (!chance(o, 6))
			must(w, "loader", "record.archive",
			    "{'entity':'order','id':'%s'}", at(w, "id"));
	}
	must(w, "loader", "customer.merge",
	    "{'loser':'%s','survivor':'%s','reason':'同一家'}", merged, him);
	return him;
}

static const char *find_orders(
    struct whole *w, const char *where, const char *order, const char *more)
{
	return must(w, "loader", "record.find",
	    "{'entity':'order','where':%s,'order':[%s]%s}", where, order, more);
}

/* What pages in the order of time show is what is gathered and sorted, as two
 * words of order have it done. */
static void are_pages_of(
    struct oracle *o, const char *where, bool down, const char *more)
{
	struct whole *w = o->w;
	struct arena *a = &w->book->arena;
	const char *sorted, *next = "";
	unsigned row = 0, limit = 1 + chance(o, 9);

	find_orders(w, where, down ? "'-date','number'" : "'date','number'",
	    arena_format(a, "%s,'limit':1000", more));
	sorted = at(w, "rows");
	do {
		find_orders(w, where, down ? "'-date'" : "'date'",
		    arena_format(
			a, "%s,'limit':%u,'after':'%s'", more, limit, next));
		for (unsigned i = 0; *at(w, arena_format(a, "rows.%u", i));
		     i++, row++) {
			const char *is = at(w, arena_format(a, "rows.%u", i));

			assert_int_equal(*sorted, row ? ',' : '[');
			assert_memory_equal(sorted + 1, is, strlen(is));
			sorted += 1 + strlen(is);
		}
		next = at(w, "next");
	} while (strcmp(next, "null"));
	assert_string_equal(sorted + !row, "]");
}

static void test_one_customers_come_in_the_order_of_time(void **state)
{
	static const char *const more[] = { "", ",'archived':true" };
	struct oracle o = { .w = *state };
	struct arena *a = &o.w->book->arena;
	const char *him = make_orders(&o, 60);
	const char *all = arena_format(a, "['=','customer','%s']", him);
	const char *some =
	    arena_format(a, "['and',%s,['=','status','closed']]", all);

	for (unsigned i = 0; i < 12; i++)
		are_pages_of(&o, i % 3 ? all : some, i & 1, more[i >> 1 & 1]);
	are_pages_of(&o,
	    arena_format(a, "['and',%s,['>','date','2027-01-01']]", all), true,
	    "");
}

/* --- bounds and cursors --------------------------------------------------*/

static const char *first_page(struct whole *w, const char *login)
{
	must(w, login, "record.find",
	    "{'entity':'customer','order':['-grade','name','city'],'limit':1}");
	return at(w, "next");
}

static void test_cursor_carries_a_long_sort_key(void **state)
{
	struct whole *w = *state;
	const char *next;

	must(w, "loader", "record.create",
	    "{'entity':'customer','fields':{'name':'很长很长很长很长很长很长很"
	    "长很长很长很长很长很长很长很长很长很长很长的名字','type':'other',"
	    "'category':'regular','source':'phone','grade':'D'}}");
	next = first_page(w, "loader");
	must(w, "loader", "record.find",
	    "{'entity':'customer','order':['-grade','name','city'],'limit':1,"
	    "'after':'%s'}",
	    next);
}

static void test_cursor_is_its_users_and_its_searchs(void **state)
{
	struct whole *w = *state;
	const char *next = first_page(w, "loader");

	refused(w, "invalid", "gm", "record.find",
	    "{'entity':'customer','order':['-grade','name','city'],'limit':1,"
	    "'after':'%s'}",
	    next);
	refused(w, "invalid", "loader", "record.find",
	    "{'entity':'customer','order':['-grade','name'],'limit':1,"
	    "'after':'%s'}",
	    next);
	refused(w, "invalid", "loader", "record.find",
	    "{'entity':'customer','order':['-grade','name','city'],'limit':1,"
	    "'after':'x%s'}",
	    next);
	w->book->now_ms += 25 * 3600 * 1000;
	refused(w, "invalid", "loader", "record.find",
	    "{'entity':'customer','order':['-grade','name','city'],'limit':1,"
	    "'after':'%s'}",
	    next);
}

/* A scan each, merged. */
static void test_a_walk_goes_over_many_branches(void **state)
{
	struct whole *w = *state;

	for (unsigned i = 0; i < 11; i++) {
		must(w, "admin", "record.create",
		    "{'entity':'branch','fields':{'code':'B%u','name':'B%u'}}",
		    i, i);
		must(w, "loader", "record.create",
		    "{'entity':'customer','fields':{'name':'%u号店','type':'"
		    "other',"
		    "'category':'regular','source':'phone',"
		    "'next_follow_at':'2031-01-%02u'}}",
		    i, 31 - i);
		must(w, "gm", "record.update",
		    "{'entity':'customer','id':'%s','set':{'branch':'B%u'}}",
		    at(w, "id"), i);
	}
	must(w, "gm", "record.find",
	    "{'entity':'customer','where':['>','next_follow_at','2031-01-01'],"
	    "'order':['next_follow_at'],'fields':['branch']}");
	for (unsigned i = 0; i < 11; i++) {
		char path[40], code[8];

		snprintf(path, sizeof path, "rows.%u.fields.branch", i);
		snprintf(code, sizeof code, "B%u", 10 - i);
		assert_string_equal(at(w, path), code);
	}
	assert_string_equal(at(w, "rows.11"), "");
}

static void test_limit_past_every_bound_is_lowered(void **state)
{
	struct whole *w = *state;

	must(
	    w, "gm", "record.find", "{'entity':'customer','limit':4294967297}");
	assert_string_not_equal(at(w, "rows.1.id"), "");
}

static void test_sealed_values_are_asked_for_a_few_at_a_time(void **state)
{
	struct whole *w = *state;
	char list[2000];
	size_t len = 0;

	for (unsigned i = 0; i < 21; i++)
		len += (size_t)sprintf(list + len, "'138000000%02u',", i);
	refused(w, "too_large", "finance", "record.find",
	    "{'entity':'customer','where':['in','mobile',[%s]]}", list);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_row_is_found_once_and_no_other),
		cmocka_unit_test(test_search_by_change_is_the_readers),
		cmocka_unit_test(test_one_customers_come_in_the_order_of_time),
		cmocka_unit_test(test_cursor_carries_a_long_sort_key),
		cmocka_unit_test(test_cursor_is_its_users_and_its_searchs),
		cmocka_unit_test(test_a_walk_goes_over_many_branches),
		cmocka_unit_test(test_limit_past_every_bound_is_lowered),
		cmocka_unit_test(
		    test_sealed_values_are_asked_for_a_few_at_a_time),
	};

	return cmocka_run_group_tests(tests, whole_setup, whole_teardown);
}
