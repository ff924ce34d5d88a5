// SPDX-License-Identifier: MIT
/*
 * Thompson's construction, and following all states at once; see pattern.h.
 *
 * A repeated piece is read again for each repetition, so the program of
 * x{2,4} is that of xx(x(x)?)?, and the bound on steps bounds it.
 */
#include "server/schema/pattern.h"

#include "common/text.h"

#define NESTING   20
#define RANGES    40
#define MANY      UINT32_MAX
#define REPEATS   400
#define LAST_CODE 0x10FFFF

enum step_kind { STEP_ONE, STEP_SPLIT, STEP_JUMP, STEP_END };

struct range {
	int32_t first, last;
};

struct step {
	enum step_kind kind;
	uint16_t other; /* SPLIT: besides the next; JUMP: instead of it */
	bool is_not;    /* ONE: none of the ranges */
	uint8_t count;
	const struct range *ranges;
};

struct pattern {
	struct step steps[PATTERN_STEPS];
	unsigned count;
};

struct parser {
	struct arena *arena;
	struct pattern *out;
	const char *why;
	unsigned depth;
};

static void fail(struct parser *p, const char *why)
{
	if (!p->why)
		p->why = why;
}

static unsigned emit(struct parser *p, struct step s)
{
	if (p->out->count == PATTERN_STEPS) {
		fail(p, "the pattern is too large");
		return 0;
	}
	p->out->steps[p->out->count] = s;
	return p->out->count++;
}

static void aim(struct parser *p, unsigned at)
{
	p->out->steps[at].other = (uint16_t)p->out->count;
}

/* --- one character -------------------------------------------------------*/

static const struct range digits[] = { { '0', '9' } };
static const struct range words[] = { { '0', '9' }, { 'A', 'Z' }, { '_', '_' },
	{ 'a', 'z' } };
static const struct range spaces[] = { { '\t', '\r' }, { ' ', ' ' },
	{ 0x3000, 0x3000 } };
static const struct range all[] = { { 0, LAST_CODE } };

static void emit_set(struct parser *p, const struct range *of, uint8_t count)
{
	emit(
	    p, (struct step){ .kind = STEP_ONE, .ranges = of, .count = count });
}

static void emit_code(struct parser *p, int32_t code)
{
	struct range *r = arena_alloc(p->arena, sizeof *r);

	if (!r) {
		fail(p, "the pattern is too large");
		return;
	}
	*r = (struct range){ code, code };
	emit_set(p, r, 1);
}

static bool is_mark(int32_t c)
{
	return c > 0 && c < 0x80 && strchr("\\.[](){}|*+?^$-/", (int)c);
}

static void emit_escaped(struct parser *p, int32_t c)
{
	if (c == 'd')
		emit_set(p, digits, 1);
	else if (c == 'w')
		emit_set(p, words, 4);
	else if (c == 's')
		emit_set(p, spaces, 3);
	else if (is_mark(c))
		emit_code(p, c);
	else
		fail(p, "after \\ stands d, w, s or a mark");
}

/* A character of a class: itself, or a mark after a backslash. */
static int32_t class_code(struct parser *p, struct bytes *in)
{
	int32_t c = text_next(in);

	if (c != '\\')
		return c;
	c = text_next(in);
	if (!is_mark(c))
		fail(p, "in [ ] a \\ stands before a mark");
	return c;
}

/* What stands between [ and ]. */
static void emit_class(struct parser *p, struct bytes in)
{
	struct range *of = arena_array(p->arena, RANGES, sizeof *of);
	struct step s = { .kind = STEP_ONE, .ranges = of };

	s.is_not = bytes_starts(in, bytes_text("^"));
	if (s.is_not)
		in = bytes_of(in.data + 1, in.len - 1);
	if (!of || !in.len)
		fail(p, "[ ] is empty");
	while (in.len && !p->why) {
		struct range *r = &of[s.count++];

		r->first = r->last = class_code(p, &in);
		if (in.len > 1 && *in.data == '-') {
			text_next(&in);
			r->last = class_code(p, &in);
		}
		if (r->first < 0 || r->last < r->first || s.count == RANGES)
			fail(p, "[ ] holds a range that is none, or too many");
	}
	emit(p, s);
}

/* --- pieces and how often ------------------------------------------------*/

/* The bytes up to the bracket that closes the one just before. */
static struct bytes up_to_close(struct bytes in, bool is_class)
{
	unsigned depth = 1;
	bool inside = is_class;

	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.data[i];

		if (c == '\\') {
			i++;
		} else if (inside) {
			inside = c != ']';
			if (!inside && is_class)
				return bytes_of(in.data, i);
		} else if (c == '[') {
			inside = true;
		} else if (c == '(' || c == ')') {
			depth += c == '(' ? 1u : -1u;
			if (!depth)
				return bytes_of(in.data, i);
		}
	}
	return BYTES_NONE;
}

static void skip(struct bytes *in, size_t len)
{
	*in = bytes_of(in->data + len, in->len - len);
}

/* One piece off `in`: a character, a class or a group, as it stands. */
static struct bytes take_piece(struct parser *p, struct bytes *in)
{
	struct bytes rest = *in, inside;
	int32_t c = text_next(&rest);

	if (c == '\\')
		text_next(&rest);
	if (c == '(' || c == '[') {
		inside = up_to_close(rest, c == '[');
		if (!inside.data)
			fail(p, "a bracket is not closed");
		else
			skip(&rest, inside.len + 1);
	}
	if (c == '^' || c == '$')
		fail(p, "a pattern is of the whole text; leave ^ and $ out");
	else if (is_mark(c) && strchr("*+?{})]", (int)c))
		fail(p, "a mark stands where a character is expected");
	inside = bytes_of(in->data, in->len - rest.len);
	*in = rest;
	return inside;
}

static uint32_t take_number(struct bytes *in, uint32_t none)
{
	uint32_t n = 0;

	if (!in->len || *in->data < '0' || *in->data > '9')
		return none;
	while (in->len && *in->data >= '0' && *in->data <= '9' && n < REPEATS) {
		n = 10 * n + (uint32_t)(*in->data - '0');
		skip(in, 1);
	}
	return n;
}

static bool take_mark(struct bytes *in, char mark)
{
	bool is = in->len && *in->data == (uint8_t)mark;

	if (is)
		skip(in, 1);
	return is;
}

static void take_braces(
    struct parser *p, struct bytes *in, uint32_t *least, uint32_t *most)
{
	*least = take_number(in, 0);
	*most = take_mark(in, ',') ? take_number(in, MANY) : *least;
	if (!take_mark(in, '}') || *least > *most || *least > REPEATS ||
	    (*most != MANY && *most > REPEATS))
		fail(p, "{ } holds two numbers, the smaller first");
}

static void take_times(
    struct parser *p, struct bytes *in, uint32_t *least, uint32_t *most)
{
	*least = *most = 1;
	if (take_mark(in, '{')) {
		take_braces(p, in, least, most);
	} else if (take_mark(in, '*')) {
		*least = 0;
		*most = MANY;
	} else if (take_mark(in, '+')) {
		*most = MANY;
	} else if (take_mark(in, '?')) {
		*least = 0;
	}
}

static void emit_choice(struct parser *p, struct bytes in);

static void emit_piece(struct parser *p, struct bytes in)
{
	int32_t c = text_next(&in);

	if (c == '\\')
		emit_escaped(p, text_next(&in));
	else if (c == '.')
		emit_set(p, all, 1);
	else if (c == '[')
		emit_class(p, bytes_of(in.data, in.len - 1));
	else if (c == '(' && in.len > 1)
		emit_choice(p, bytes_of(in.data, in.len - 1));
	else if (c == '(')
		fail(p, "( ) is empty");
	else
		emit_code(p, c);
}

static void emit_times(
    struct parser *p, struct bytes piece, uint32_t least, uint32_t most)
{
	unsigned split;

	for (uint32_t i = 0; i < least && !p->why; i++)
		emit_piece(p, piece);
	if (most == MANY) {
		split = emit(p, (struct step){ .kind = STEP_SPLIT });
		emit_piece(p, piece);
		emit(p, (struct step){
			    .kind = STEP_JUMP, .other = (uint16_t)split });
		aim(p, split);
		return;
	}
	for (uint32_t i = least; i < most && !p->why; i++) {
		split = emit(p, (struct step){ .kind = STEP_SPLIT });
		emit_piece(p, piece);
		aim(p, split);
	}
}

/* --- one after the other, one or the other -------------------------------*/

static void emit_row(struct parser *p, struct bytes in)
{
	while (in.len && !p->why) {
		struct bytes piece = take_piece(p, &in);
		uint32_t least, most;

		take_times(p, &in, &least, &most);
		if (!p->why)
			emit_times(p, piece, least, most);
	}
}

/* The place of the first | outside all brackets, or the end. */
static size_t first_bar(struct bytes in)
{
	for (size_t i = 0; i < in.len; i++) {
		uint8_t c = in.data[i];

		if (c == '|')
			return i;
		if (c == '\\')
			i++;
		if (c == '(' || c == '[')
			i += up_to_close(
				 bytes_of(in.data + i + 1, in.len - i - 1),
				 c == '[')
				 .len +
			     1;
	}
	return in.len;
}

static void emit_choice(struct parser *p, struct bytes in)
{
	size_t bar = first_bar(in);
	unsigned split, jump;

	if (++p->depth > NESTING)
		fail(p, "too many brackets or bars inside each other");
	if (p->why)
		return;
	if (bar == in.len) {
		emit_row(p, in);
	} else {
		split = emit(p, (struct step){ .kind = STEP_SPLIT });
		emit_row(p, bytes_of(in.data, bar));
		jump = emit(p, (struct step){ .kind = STEP_JUMP });
		aim(p, split);
		emit_choice(p, bytes_of(in.data + bar + 1, in.len - bar - 1));
		aim(p, jump);
	}
	p->depth--;
}

const struct pattern *pattern_compile(
    struct arena *a, struct bytes text, const char **why)
{
	struct parser p = { .arena = a,
		.out = arena_alloc(a, sizeof(struct pattern)) };

	if (!p.out || text.len > PATTERN_TEXT || !text.len)
		fail(&p, "a pattern is a text of 1 to 500 bytes");
	else
		emit_choice(&p, text);
	if (!p.why)
		emit(&p, (struct step){ .kind = STEP_END });
	*why = p.why;
	return p.why ? NULL : p.out;
}

/* --- matching ------------------------------------------------------------*/

struct states { /* each once, in no order that matters */
	uint16_t of[PATTERN_STEPS];
	unsigned count;
	bool has[PATTERN_STEPS];
};

static void enter(struct states *s, unsigned at)
{
	if (s->has[at])
		return;
	s->has[at] = true;
	s->of[s->count++] = (uint16_t)at;
}

/* Those that are reached without a character; the list grows as it is read. */
static void spread(const struct pattern *p, struct states *s)
{
	for (unsigned i = 0; i < s->count; i++) {
		unsigned at = s->of[i];
		const struct step *step = &p->steps[at];

		if (step->kind == STEP_SPLIT)
			enter(s, at + 1);
		if (step->kind == STEP_SPLIT || step->kind == STEP_JUMP)
			enter(s, step->other);
	}
}

static bool takes(const struct step *s, int32_t code)
{
	bool is_in = false;

	if (s->kind != STEP_ONE)
		return false;
	for (unsigned i = 0; i < s->count; i++)
		is_in |=
		    code >= s->ranges[i].first && code <= s->ranges[i].last;
	return is_in != s->is_not;
}

bool pattern_matches(const struct pattern *p, struct bytes text)
{
	struct states sets[2] = { 0 };
	struct states *now = &sets[0], *next = &sets[1];

	enter(now, 0);
	spread(p, now);
	while (text.len && now->count) {
		int32_t code = text_next(&text);
		struct states *was = now;

		for (unsigned i = 0; i < now->count; i++)
			if (takes(&p->steps[now->of[i]], code))
				enter(next, now->of[i] + 1u);
		spread(p, next);
		now = next;
		next = was;
		memset(next, 0, sizeof *next);
	}
	return !text.len && now->has[p->count - 1];
}
