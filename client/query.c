// SPDX-License-Identifier: MIT
/*
 * A recursive-descent parser over the words of a condition; see query.h.
 *
 *   any    = all { "or" all }
 *   all    = one { [ "and" ] one }
 *   one    = "not" one | "(" any ")" | field operator value
 *
 * Nodes are kept in the arena first, since the wire counts before it lists.
 */
#include "client/query.h"

#include <strings.h>
#include <time.h>

#include "client/fields.h"
#include "common/cond.h"
#include "common/date.h"
#include "common/pack.h"
#include "common/text.h"

enum token {
	TOKEN_END,
	TOKEN_WORD,
	TOKEN_QUOTED,
	TOKEN_SIGN, /* of comparison */
	TOKEN_OPEN,
	TOKEN_CLOSE,
	TOKEN_COMMA,
	TOKEN_BAD, /* an open quote */
};

struct node {
	enum cond_op op;
	struct node *first, *last, *next; /* children; sibling */
	uint32_t count;
	struct bytes field;
	const struct field *known;
	struct bytes value; /* packed */
};

struct parser {
	struct arena *arena;
	const struct entity *entity;
	struct bytes rest; /* after the token */
	enum token token;
	struct bytes text; /* of the token, unquoted */
	int32_t today;
	unsigned depth;
	struct query_failure failure;
};

static const struct {
	const char *word;
	enum cond_op op;
} operators[] = {
	{ "=", COND_EQ },
	{ "==", COND_EQ },
	{ "＝", COND_EQ },
	{ "!=", COND_NE },
	{ "<>", COND_NE },
	{ "≠", COND_NE },
	{ "<=", COND_LE },
	{ "≤", COND_LE },
	{ ">=", COND_GE },
	{ "≥", COND_GE },
	{ "<", COND_LT },
	{ "＜", COND_LT },
	{ ">", COND_GT },
	{ "＞", COND_GT },
	{ "~", COND_CONTAINS },
	{ "in", COND_IN },
	{ "属于", COND_IN },
	{ "contains", COND_CONTAINS },
	{ "包含", COND_CONTAINS },
	{ "prefix", COND_PREFIX },
	{ "starts", COND_PREFIX },
	{ "开头", COND_PREFIX },
	{ "has", COND_HAS },
	{ "含有", COND_HAS },
	{ "是", COND_EQ },
	{ "为", COND_EQ },
};

const char *query_problem_text(enum query_problem p)
{
	static const char *const texts[] = {
		[QUERY_FINE] = "fine",
		[QUERY_NO_FIELD] = "a field's name is missing here: %s",
		[QUERY_NO_OPERATOR] =
		    ("an operator (= != < <= > >= in contains) is missing "
		     "before: %s"),
		[QUERY_NO_VALUE] = "a value is missing before: %s",
		[QUERY_OPEN_QUOTE] = "a quote is not closed: %s",
		[QUERY_OPEN_BRACKET] = "a bracket is not closed before: %s",
		[QUERY_TOO_DEEP] = "too many brackets: %s",
		[QUERY_REST] = "this does not belong here: %s",
	};

	return texts[p];
}

static bool is_sign(int32_t c)
{
	return c == '=' || c == '!' || c == '<' || c == '>' || c == '~' ||
	       c == 0xFF1D || c == 0x2260 || c == 0x2264 || c == 0x2265 ||
	       c == 0xFF1C || c == 0xFF1E;
}

static enum token punctuation(int32_t c)
{
	if (c == '(' || c == 0xFF08)
		return TOKEN_OPEN;
	if (c == ')' || c == 0xFF09)
		return TOKEN_CLOSE;
	if (c == ',' || c == 0xFF0C || c == 0x3001)
		return TOKEN_COMMA;
	return TOKEN_WORD;
}

static bool is_space(int32_t c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == 0x3000;
}

/* The closing sign of an opening quote, or 0. */
static int32_t closing(int32_t c)
{
	if (c == '"' || c == '\'')
		return c;
	if (c == 0x201C)
		return 0x201D;
	return c == 0x300C ? 0x300D : 0;
}

static void take_quoted(struct parser *p, int32_t close)
{
	struct bytes start = p->rest;

	p->token = TOKEN_BAD;
	while (p->rest.len) {
		size_t at = start.len - p->rest.len;
		if (text_next(&p->rest) == close) {
			p->token = TOKEN_QUOTED;
			p->text = bytes_of(start.data, at);
			return;
		}
	}
}

/* Takes characters while they are of the first one's kind. */
static void take_run(struct parser *p, struct bytes start, bool sign)
{
	struct bytes rest = p->rest;

	while (rest.len) {
		int32_t c = text_next(&rest);
		if (is_space(c) || punctuation(c) != TOKEN_WORD ||
		    is_sign(c) != sign || (closing(c) && !sign))
			break;
		p->rest = rest;
	}
	p->token = sign ? TOKEN_SIGN : TOKEN_WORD;
	p->text = bytes_of(start.data, start.len - p->rest.len);
}

static void advance(struct parser *p)
{
	struct bytes start = p->rest;
	int32_t c = text_next(&p->rest);

	while (is_space(c)) {
		start = p->rest;
		c = text_next(&p->rest);
	}
	p->text = bytes_of(start.data, start.len - p->rest.len);
	if (c < 0)
		p->token = TOKEN_END;
	else if (closing(c))
		take_quoted(p, closing(c));
	else if (punctuation(c) != TOKEN_WORD)
		p->token = punctuation(c);
	else
		take_run(p, start, is_sign(c));
}

static bool is_word(const struct parser *p, const char *english,
    const char *chinese, const char *other)
{
	if (p->token != TOKEN_WORD)
		return false;
	return (p->text.len == strlen(english) &&
		   !strncasecmp(
		       (const char *)p->text.data, english, p->text.len)) ||
	       bytes_is(p->text, chinese) || bytes_is(p->text, other);
}

static struct node *fail(struct parser *p, enum query_problem problem)
{
	if (p->failure.problem == QUERY_FINE) {
		p->failure.problem = problem;
		p->failure.at = p->text;
	}
	return NULL;
}

static struct node *new_node(struct parser *p, enum cond_op op)
{
	struct node *n = keep_alloc(p->arena, sizeof(*n));

	n->op = op;
	return n;
}

static void add_child(struct node *n, struct node *child)
{
	if (n->last)
		n->last->next = child;
	else
		n->first = child;
	n->last = child;
	n->count++;
}

int32_t query_today(void)
{
	time_t now = time(NULL);
	struct tm t;
	int32_t day = 0;

	if (!localtime_r(&now, &t) || date_join(t.tm_year + 1900, t.tm_mon + 1,
					  t.tm_mday, &day) != ERR_OK)
		return (int32_t)(now / 86400);
	return day;
}

/* Months on, kept within the month's length. */
static int32_t add_months(int32_t day, int months)
{
	int year, month, mday;
	int32_t out = day;

	date_split(day, &year, &month, &mday);
	int all = year * 12 + month - 1 + months;
	if (all < 12 || all >= 9999 * 12)
		return day;
	while (mday > 28 &&
	       date_join(all / 12, all % 12 + 1, mday, &out) != ERR_OK)
		mday--;
	if (date_join(all / 12, all % 12 + 1, mday, &out) != ERR_OK)
		return day;
	return out;
}

bool query_parse_day(struct bytes text, int32_t today, int32_t *day)
{
	static const char *const nows[] = { "today", "今天", "yesterday",
		"昨天" };
	bool known = false;

	*day = today;
	for (unsigned i = 0; i < 4 && !known; i++) {
		struct bytes now = bytes_text(nows[i]);
		known = bytes_starts(text, now);
		if (known)
			text =
			    bytes_of(text.data + now.len, text.len - now.len);
		if (known && i >= 2)
			*day = today - 1;
	}
	if (known && !text.len)
		return true;
	if (text.len < 3 || text.len > 6 ||
	    (text.data[0] != '-' && text.data[0] != '+'))
		return false;
	int count = 0;
	for (size_t i = 1; i + 1 < text.len; i++) {
		if (text.data[i] < '0' || text.data[i] > '9')
			return false;
		count = count * 10 + text.data[i] - '0';
	}
	if (text.data[0] == '-')
		count = -count;
	switch (text.data[text.len - 1]) {
	case 'd':
		*day += count;
		return true;
	case 'w':
		*day += count * 7;
		return true;
	case 'm':
		*day = add_months(*day, count);
		return true;
	case 'y':
		*day = add_months(*day, count * 12);
		return true;
	}
	return false;
}

/* A day's local midnight as an instant. */
static int64_t midnight_ms(int32_t day)
{
	int year, month, mday;

	date_split(day, &year, &month, &mday);
	struct tm t = { .tm_year = year - 1900,
		.tm_mon = month - 1,
		.tm_mday = mday,
		.tm_isdst = -1 };
	return (int64_t)mktime(&t) * 1000;
}

static void pack_value(struct parser *p, const struct field *f, struct buf *out)
{
	char text[INSTANT_TEXT];
	int32_t day;
	bool quoted = p->token == TOKEN_QUOTED;
	bool dated = f && (f->type == TYPE_DATE || f->type == TYPE_INSTANT);

	if (dated && !quoted && query_parse_day(p->text, p->today, &day)) {
		date_format(day, text);
		if (f->type == TYPE_INSTANT)
			instant_format(midnight_ms(day), text);
		pack_cstr(out, text);
	} else if (f && f->type == TYPE_INSTANT &&
		   date_parse(p->text, &day) == ERR_OK) {
		instant_format(midnight_ms(day), text);
		pack_cstr(out, text);
	} else if (f && f->type == TYPE_LIST) {
		pack_text(out, p->text);
	} else {
		fields_pack_value(p->arena, f, p->text, out);
	}
}

static bool at_value(const struct parser *p)
{
	return p->token == TOKEN_WORD || p->token == TOKEN_QUOTED;
}

/* "(a, b)" or "a, b" or "a". */
static struct node *take_list(struct parser *p, struct node *n)
{
	struct buf out;
	uint32_t count = 0;
	bool open = p->token == TOKEN_OPEN;

	if (open)
		advance(p);
	buf_init(&out, KEEP_CAP);
	size_t mark = pack_array_open(&out);
	while (at_value(p)) {
		pack_value(p, n->known, &out);
		count++;
		advance(p);
		if (p->token != TOKEN_COMMA)
			break;
		advance(p);
	}
	pack_array_close(&out, mark, count);
	n->value = keep_buf(p->arena, &out);
	if (!count)
		return fail(p, QUERY_NO_VALUE);
	if (open && p->token != TOKEN_CLOSE)
		return fail(p, QUERY_OPEN_BRACKET);
	if (open)
		advance(p);
	return n;
}

static struct node *take_value(struct parser *p, struct node *n)
{
	struct buf out;

	if (n->op == COND_IN)
		return take_list(p, n);
	if (p->token == TOKEN_BAD)
		return fail(p, QUERY_OPEN_QUOTE);
	if (!at_value(p))
		return fail(p, QUERY_NO_VALUE);
	buf_init(&out, KEEP_CAP);
	pack_value(p, n->known, &out);
	n->value = keep_buf(p->arena, &out);
	advance(p);
	return n;
}

static struct node *negate(struct parser *p, struct node *n)
{
	struct node *not = new_node(p, COND_NOT);

	add_child(not, n);
	return n ? not : NULL;
}

/* "is [not] empty", "为空", "empty"; NULL if it is not that. */
static struct node *take_empty(struct parser *p, struct node *n)
{
	struct parser before = *p;
	bool is_not = false;

	if (is_word(p, "is", "is", "is"))
		advance(p);
	if (is_word(p, "not", "不", "非")) {
		is_not = true;
		advance(p);
	}
	if (is_word(p, "不为空", "不为空", "非空"))
		is_not = true;
	else if (!is_word(p, "empty", "为空", "空")) {
		*p = before;
		return NULL;
	}
	advance(p);
	n->op = COND_EMPTY;
	return is_not ? negate(p, n) : n;
}

static struct node *take_comparison(struct parser *p)
{
	struct node *n = new_node(p, COND_OP_COUNT);
	bool is_not = false;

	if (p->token != TOKEN_WORD && p->token != TOKEN_QUOTED)
		return fail(p,
		    p->token == TOKEN_BAD ? QUERY_OPEN_QUOTE : QUERY_NO_FIELD);
	n->known = entity_find_field(p->entity, p->text);
	n->field = n->known ? n->known->key : p->text;
	advance(p);
	struct node *empty = take_empty(p, n);
	if (empty)
		return empty;
	if (is_word(p, "not", "不", "非")) {
		is_not = true;
		advance(p);
	}
	for (size_t i = 0; i < sizeof(operators) / sizeof(*operators); i++)
		if ((p->token == TOKEN_SIGN || p->token == TOKEN_WORD) &&
		    bytes_is(p->text, operators[i].word))
			n->op = operators[i].op;
	if (n->op == COND_OP_COUNT)
		return fail(p, QUERY_NO_OPERATOR);
	advance(p);
	n = take_value(p, n);
	return is_not ? negate(p, n) : n;
}

static struct node *take_any(struct parser *p);

static struct node *take_one(struct parser *p)
{
	if (p->depth > COND_DEPTH)
		return fail(p, QUERY_TOO_DEEP);
	if (is_word(p, "not", "非", "不是")) {
		advance(p);
		p->depth++;
		struct node *n = take_one(p);
		p->depth--;
		return n ? negate(p, n) : NULL;
	}
	if (p->token != TOKEN_OPEN)
		return take_comparison(p);
	advance(p);
	p->depth++;
	struct node *n = take_any(p);
	p->depth--;
	if (n && p->token != TOKEN_CLOSE)
		return fail(p, QUERY_OPEN_BRACKET);
	advance(p);
	return n;
}

/* One child stands for itself. */
static struct node *unwrap(struct node *n)
{
	return n->count == 1 ? n->first : n;
}

static struct node *take_all(struct parser *p)
{
	struct node *all = new_node(p, COND_AND);

	for (;;) {
		struct node *one = take_one(p);
		if (!one)
			return NULL;
		add_child(all, one);
		if (is_word(p, "and", "且", "并且"))
			advance(p);
		else if (!at_value(p) && p->token != TOKEN_OPEN)
			break;
		else if (is_word(p, "or", "或", "或者"))
			break;
	}
	return unwrap(all);
}

static struct node *take_any(struct parser *p)
{
	struct node *any = new_node(p, COND_OR);

	for (;;) {
		struct node *all = take_all(p);
		if (!all)
			return NULL;
		add_child(any, all);
		if (!is_word(p, "or", "或", "或者"))
			break;
		advance(p);
	}
	return unwrap(any);
}

static void pack_node(const struct node *n, struct buf *out)
{
	if (n->op == COND_AND || n->op == COND_OR || n->op == COND_NOT) {
		pack_array(out, n->count + 1);
		pack_cstr(out, cond_word(n->op));
		for (const struct node *c = n->first; c; c = c->next)
			pack_node(c, out);
		return;
	}
	pack_array(out, n->op == COND_EMPTY ? 2 : 3);
	pack_cstr(out, cond_word(n->op));
	pack_text(out, n->field);
	if (n->op != COND_EMPTY)
		pack_raw(out, n->value);
}

enum err query_parse(struct arena *a, const struct entity *e, struct bytes text,
    int32_t today, struct buf *out, struct query_failure *failure)
{
	struct parser p = {
		.arena = a, .entity = e, .rest = text, .today = today
	};

	advance(&p);
	struct node *n = take_any(&p);
	if (n && p.token != TOKEN_END)
		n = fail(&p, QUERY_REST);
	*failure = p.failure;
	if (!n)
		return ERR_USAGE;
	pack_node(n, out);
	return out->err;
}

bool query_is_condition(struct bytes text)
{
	struct parser p = { .rest = text };
	unsigned words = 0;

	for (advance(&p); p.token != TOKEN_END && p.token != TOKEN_BAD;
	     advance(&p)) {
		if (p.token == TOKEN_SIGN || p.token == TOKEN_OPEN)
			return true;
		words++;
		for (size_t i = 0;
		     words > 1 && i < sizeof(operators) / sizeof(*operators);
		     i++)
			if (bytes_is(p.text, operators[i].word))
				return true;
		if (words > 1 && is_word(&p, "is", "为空", "empty"))
			return true;
	}
	return false;
}
