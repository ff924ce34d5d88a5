// SPDX-License-Identifier: MIT
/*
 * Guided entry; see guide.h.
 *
 * The list of questions begins with what is required and recommended; a dry
 * run that complains about another field, or a number given at the preview,
 * adds that field's question.  One question is one prompt that never redraws.
 */
#include "client/guide.h"

#include <stdlib.h>

#include "client/ask.h"
#include "client/call.h"
#include "client/fields.h"
#include "client/look.h"
#include "client/record.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/pack.h"

#define QUESTIONS 128
#define OVERRIDES 16

struct question {
	const struct field *field;
	struct bytes answer; /* empty: none */
	bool is_asked;
};

enum step { STEP_NEXT, STEP_BACK, STEP_AGAIN, STEP_STOP };

struct guide {
	struct app *app;
	const struct entity *entity;
	struct question questions[QUESTIONS];
	unsigned count;
	const char *overrides[OVERRIDES];
	unsigned override_count;
	const char *reason;
	struct bytes doubted; /* rule of the last complaint */
	struct bytes checked; /* the last dry run's answer, or empty */
	struct bytes refused; /* or its error map */
	bool duplicates_told;
};

static struct question *add_question(struct guide *g, const struct field *f)
{
	for (unsigned i = 0; i < g->count; i++)
		if (g->questions[i].field == f)
			return &g->questions[i];
	if (g->count == QUESTIONS)
		return NULL;
	g->questions[g->count] = (struct question){ .field = f };
	return &g->questions[g->count++];
}

static void choose_questions(struct guide *g)
{
	const struct entity *e = g->entity;
	const struct field *title = entity_find_field(e, e->title);

	if (title && field_may_enter(title))
		add_question(g, title);
	for (unsigned i = 0; i < e->field_count; i++)
		if (field_may_enter(&e->fields[i]) && e->fields[i].required)
			add_question(g, &e->fields[i]);
	for (unsigned i = 0; i < e->field_count; i++)
		if (field_may_enter(&e->fields[i]) && e->fields[i].recommended)
			add_question(g, &e->fields[i]);
}

static struct bytes packed_answers(struct guide *g)
{
	struct buf out;
	uint32_t count = 0;

	buf_init(&out, KEEP_CAP);
	size_t mark = pack_map_open(&out);
	for (unsigned i = 0; i < g->count; i++) {
		const struct question *q = &g->questions[i];
		if (!q->answer.len)
			continue;
		pack_text(&out, q->field->key);
		fields_pack_value(&g->app->arena, q->field, q->answer, &out);
		count++;
	}
	pack_map_close(&out, mark, count);
	return keep_buf(&g->app->arena, &out);
}

static void begin_create(struct guide *g, struct request *r)
{
	const char *source = app_flag(g->app, FLAG_SOURCE);
	const char *reason =
	    g->reason ? g->reason : app_flag(g->app, FLAG_REASON);

	request_begin(r, "record.create", CALL_WRITE);
	request_cstr(r, "entity", g->app->noun);
	request_raw(r, "fields", packed_answers(g));
	if (source)
		request_cstr(r, "source", source);
	if (reason)
		request_cstr(r, "reason", reason);
	if (g->override_count) {
		request_key(r, "override");
		pack_array(&r->params, g->override_count);
		for (unsigned i = 0; i < g->override_count; i++)
			pack_cstr(&r->params, g->overrides[i]);
	}
}

/* A dry run of what is known so far; its answer or refusal is kept. */
static enum err check(struct guide *g)
{
	struct request r;

	begin_create(g, &r);
	request_bool(&r, "dry_run", true);
	r.repeat = CALL_READ;
	enum err e =
	    call_quietly(g->app, &r, &g->app->arena, &g->checked, &g->refused);
	if (e != ERR_OK && !g->refused.len)
		return e;
	if (g->refused.len && e != ERR_INVALID && e != ERR_DUPLICATE)
		return tell_refusal(g->app, g->refused);
	return ERR_OK;
}

/* The first complaint about `field`; empty if there is none.  Complaints
 * about fields that nobody asks about yet add questions. */
static struct bytes complaint_about(struct guide *g, const struct field *field)
{
	uint32_t count;
	struct bytes found = BYTES_NONE;
	struct reader r = look_array(g->refused, "errors", &count);

	if (!count && bytes_equal(look_text(g->refused, "field"), field->key))
		return g->refused;
	for (uint32_t i = 0; i < count; i++) {
		struct bytes one = read_raw(&r);
		struct bytes key = look_text(one, "field");
		const struct field *f = entity_find_field(g->entity, key);
		if (!found.len && bytes_equal(key, field->key))
			found = one;
		else if (f && field_may_enter(f))
			add_question(g, f);
	}
	return found;
}

static void explain(struct guide *g, const struct field *f)
{
	struct app *app = g->app;
	struct bytes hint = words_label(&app->words, f->hint_zh, f->hint_en);

	if (hint.len)
		screen_say(&app->screen, ROLE_LABEL, "     %.*s", (int)hint.len,
		    (const char *)hint.data);
	if (f->example.len)
		screen_say(&app->screen, ROLE_LABEL, "     %s %.*s",
		    tr(app, "for example"), (int)f->example.len,
		    (const char *)f->example.data);
	screen_say(&app->screen, ROLE_LABEL, "     %s%s",
	    f->sealed ? tr(app, "Stored sealed. ") : "",
	    tr(app, "? help   < back   - leave empty   Enter default   Ctrl-C "
		    "give up"));
}

static void show_choices(struct guide *g, const struct field *f)
{
	const char *list = "";

	for (unsigned i = 0; i < f->choice_count; i++) {
		struct bytes label = choice_label(g->app, &f->choices[i]);
		list = keep_format(&g->app->arena, "%s  %u %.*s", list, i + 1,
		    (int)label.len, (const char *)label.data);
	}
	if (*list)
		screen_say(&g->app->screen, ROLE_VALUE, "   %s", list);
}

static struct bytes default_of(struct guide *g, const struct question *q)
{
	if (q->answer.len)
		return q->answer;
	return show_plain(g->app, q->field->fallback);
}

static const char *prompt_of(struct guide *g, unsigned index)
{
	const struct question *q = &g->questions[index];
	struct app *app = g->app;
	struct bytes label = field_label(app, q->field);
	struct bytes known = default_of(g, q);
	const char *shown = "";

	if (known.len) {
		const struct choice *c = field_find_choice(q->field, known);
		if (c)
			known = choice_label(app, c);
		shown = keep_format(&app->arena, " [%.*s]", (int)known.len,
		    (const char *)known.data);
	}
	return keep_format(&app->arena, "%u/%u  %.*s%s%s > ", index + 1,
	    g->count, (int)label.len, (const char *)label.data,
	    q->field->required ? tr(app, " (required)") : "", shown);
}

static const char *ask_reason(struct guide *g)
{
	const char *reason =
	    ask_line(g->app, tr(g->app, "     reason > "), g->reason);

	return reason && *reason ? reason : NULL;
}

/* "!": set the doubted rule aside, with a reason. */
static enum step insist(struct guide *g)
{
	if (!g->doubted.len || g->override_count == OVERRIDES)
		return STEP_AGAIN;
	const char *reason = ask_reason(g);
	if (!reason)
		return STEP_AGAIN;
	g->reason = reason;
	g->overrides[g->override_count++] =
	    keep_text(&g->app->arena, g->doubted);
	return STEP_NEXT;
}

static void tell_duplicates(struct guide *g)
{
	uint32_t count;
	struct app *app = g->app;
	struct reader r = look_array(g->checked, "duplicates", &count);

	if (!count || g->duplicates_told)
		return;
	screen_say(&app->screen, ROLE_NOTICE, "   ! %s",
	    tr(app, "This one may exist already:"));
	for (uint32_t i = 0; i < count; i++) {
		uint32_t pairs;
		struct reader one = value_items(read_raw(&r), &pairs);
		const char *line = "";
		for (; pairs; pairs--) {
			read_skip(&one);
			struct bytes v = show_value(app, NULL, read_raw(&one));
			line = keep_format(&app->arena, "%s  %.*s", line,
			    (int)v.len, (const char *)v.data);
		}
		screen_say(&app->screen, ROLE_NOTICE, "    %s", line);
	}
}

/* c: make it all the same, with a reason; q: give up. */
static enum step settle_duplicates(struct guide *g)
{
	if (g->duplicates_told ||
	    !value_count(look_value(g->checked, "duplicates")))
		return STEP_NEXT;
	tell_duplicates(g);
	g->duplicates_told = true;
	const char *answer = ask_line(g->app,
	    tr(g->app, "     c create anyway (reason needed)   [q give up] > "),
	    NULL);
	if (!answer || *answer != 'c')
		return STEP_STOP;
	g->reason = ask_reason(g);
	return g->reason ? STEP_NEXT : STEP_STOP;
}

/* What the server says about the answer just given. */
static enum step judge(struct guide *g, const struct question *q, enum err *e)
{
	struct app *app = g->app;

	*e = check(g);
	if (*e != ERR_OK)
		return STEP_STOP;
	struct bytes complaint = complaint_about(g, q->field);
	if (complaint.len) {
		g->doubted =
		    keep_bytes(&app->arena, look_text(complaint, "rule"));
		screen_say(&app->screen, ROLE_BAD, "   x %s",
		    tell_finding(app, complaint));
		return STEP_AGAIN;
	}
	g->doubted = BYTES_NONE;
	return settle_duplicates(g);
}

static enum step take_answer(
    struct guide *g, struct question *q, const char *answer, enum err *e)
{
	if (!strcmp(answer, "?")) {
		explain(g, q->field);
		return STEP_AGAIN;
	}
	if (!strcmp(answer, "<"))
		return STEP_BACK;
	if (!strcmp(answer, "!"))
		return insist(g);
	struct bytes text = *answer ? bytes_text(answer) : default_of(g, q);
	if (!strcmp(answer, "-"))
		text = BYTES_NONE;
	const struct choice *c =
	    text.len ? field_find_choice(q->field, text) : NULL;
	if (c)
		text = c->key;
	q->answer = text;
	q->is_asked = true;
	return judge(g, q, e);
}

static enum step ask_question(struct guide *g, unsigned index, enum err *e)
{
	struct question *q = &g->questions[index];

	show_choices(g, q->field);
	const char *answer = ask_line(g->app, prompt_of(g, index), NULL);
	if (!answer)
		return STEP_STOP;
	return take_answer(g, q, answer, e);
}

/* All questions from `at` on that were not asked yet. */
static enum err ask_all(struct guide *g)
{
	enum err e = ERR_OK;
	unsigned at = 0;

	while (at < g->count) {
		if (g->questions[at].is_asked) {
			at++;
			continue;
		}
		switch (ask_question(g, at, &e)) {
		case STEP_NEXT:
			g->questions[at++].is_asked = true;
			break;
		case STEP_BACK:
			at -= at > 0;
			g->questions[at].is_asked = false;
			break;
		case STEP_AGAIN:
			g->questions[at].is_asked = false;
			break;
		case STEP_STOP:
			return e != ERR_OK ? e : ERR_INTERRUPTED;
		}
	}
	return ERR_OK;
}

/* Row `number` of the preview becomes a question again. */
static void ask_again(struct guide *g, unsigned long number)
{
	uint32_t count;
	struct reader r = value_items(look_value(g->checked, "fields"), &count);

	for (uint32_t i = 1; i <= count; i++) {
		struct bytes key = read_text(&r);
		const struct field *f = entity_find_field(g->entity, key);
		read_skip(&r);
		struct question *q =
		    i == number && f ? add_question(g, f) : NULL;
		if (q)
			q->is_asked = false;
	}
}

/* Whether anything was wrong; those fields are asked again. */
static bool reopen_wrong(struct guide *g)
{
	uint32_t count;
	struct reader r = look_array(g->refused, "errors", &count);

	if (!g->refused.len)
		return false;
	(void)tell_refusal(g->app, g->refused);
	for (uint32_t i = 0; i < count; i++) {
		struct bytes key = look_text(read_raw(&r), "field");
		const struct field *f = entity_find_field(g->entity, key);
		struct question *q = f ? add_question(g, f) : NULL;
		if (q)
			q->is_asked = false;
	}
	return true;
}

/* STEP_NEXT: save; STEP_AGAIN: back to the questions. */
static enum step preview(struct guide *g)
{
	struct app *app = g->app;

	screen_say(&app->screen, ROLE_TITLE, "\n%s",
	    tr(app, "Preview (nothing is saved, no number is used)"));
	record_show_preview(app, g->checked, packed_answers(g));
	record_say_warnings(app, g->checked);
	for (;;) {
		const char *answer = ask_line(app,
		    tr(app, "Save? [y save] / n discard / a number or field to "
			    "change > "),
		    NULL);
		if (!answer || *answer == 'n' || *answer == 'N')
			return STEP_STOP;
		if (!*answer || *answer == 'y' || *answer == 'Y')
			return STEP_NEXT;
		const struct field *f =
		    entity_find_field(g->entity, bytes_text(answer));
		struct question *q =
		    f && field_may_enter(f) ? add_question(g, f) : NULL;
		unsigned long number = strtoul(answer, NULL, 10);
		if (q)
			q->is_asked = false;
		if (number)
			ask_again(g, number);
		if (q || number)
			return STEP_AGAIN;
	}
}

static enum err save(struct guide *g)
{
	struct request r;
	struct bytes result;
	struct bytes confirm = look_text(g->checked, "confirm");

	begin_create(g, &r);
	if (confirm.len)
		request_text(&r, "confirm", confirm);
	r.id = request_id_new(&g->app->arena);
	request_cstr(&r, "request_id", r.id);
	enum err e = call(g->app, &r, &g->app->arena, &result);
	if (e == ERR_OK)
		record_say_stored(g->app, result);
	return e;
}

static enum err run(struct guide *g)
{
	for (;;) {
		enum err e = ask_all(g);
		if (e == ERR_OK)
			e = check(g);
		if (e != ERR_OK)
			return e;
		if (reopen_wrong(g))
			continue;
		enum step step = preview(g);
		if (step == STEP_STOP)
			return ERR_INTERRUPTED;
		if (step == STEP_NEXT)
			return save(g);
	}
}

enum err guide_add(struct app *app)
{
	struct guide *g = keep_alloc(&app->arena, sizeof(*g));
	struct bytes label = entity_label(app, app->entity);

	*g = (struct guide){ .app = app, .entity = app->entity };
	screen_say(&app->screen, ROLE_TITLE, tr(app, "New: %.*s"),
	    (int)label.len, (const char *)label.data);
	screen_say(&app->screen, ROLE_LABEL, "%s",
	    tr(app, "? help   < back   - leave empty   Enter default   Ctrl-C "
		    "give up"));
	choose_questions(g);
	enum err e = run(g);
	if (e == ERR_INTERRUPTED)
		return tell(app, ERR_INVALID, "%s",
		    tr(app, "Given up. Nothing was changed."));
	return e;
}
