// SPDX-License-Identifier: MIT
/*
 * Guided entry; see guide.h.
 *
 * The list of questions begins with what is required, recommended, or what
 * people will search by; a dry run that complains or warns about another
 * field, or a number given at the preview, adds that field's question.  One
 * question is one prompt that never redraws.
 */
#include "client/guide.h"

#include <stdlib.h>
#include <strings.h>

#include "client/ask.h"
#include "client/call.h"
#include "client/fields.h"
#include "client/look.h"
#include "client/record.h"
#include "client/show.h"
#include "client/tell.h"
#include "common/pack.h"

#define QUESTIONS  128
#define OVERRIDES  16
#define MORE_NAMED 8

struct question {
	const struct field *field;
	struct bytes answer;  /* taken; empty: none */
	struct bytes doubted; /* refused by a rule that may be set aside */
	bool is_asked;
};

enum step { STEP_NEXT, STEP_BACK, STEP_AGAIN, STEP_STOP };

struct guide {
	struct app *app;
	const struct entity *entity;
	struct question questions[QUESTIONS];
	unsigned count;
	unsigned at; /* the question being asked */
	const char *overrides[OVERRIDES];
	unsigned override_count;
	const char *reason;
	const char *id;       /* of the request that saves */
	struct bytes doubted; /* rule of the last complaint, if it may be set
				 aside */
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

/* The same, but a new one comes next: it belongs to what was just said. */
static void add_next(struct guide *g, const struct field *f)
{
	unsigned last = g->count;

	if (!add_question(g, f) || g->count == last)
		return;
	struct question added = g->questions[last];
	for (; last > g->at + 1; last--)
		g->questions[last] = g->questions[last - 1];
	g->questions[last] = added;
}

static bool is_required(const struct field *f)
{
	return f->required;
}

static bool is_recommended(const struct field *f)
{
	return f->recommended;
}

/* What a customer is looked up by later is worth asking for now. */
static bool is_searched(const struct field *f)
{
	return f->type == TYPE_TEXT && !f->unique && !f->fallback.len &&
	       f->search & (SEARCH_EXACT | SEARCH_TAIL);
}

static void choose_questions(struct guide *g)
{
	static bool (*const kinds[])(const struct field *f) = { is_required,
		is_recommended, is_searched };
	const struct entity *e = g->entity;
	const struct field *title = entity_find_field(e, e->title);

	/* Whose it is comes before what it is. */
	for (unsigned i = 0; e->parent.len && i < e->field_count; i++)
		if (bytes_equal(e->fields[i].ref, e->parent))
			add_question(g, &e->fields[i]);
	if (title && field_may_enter(title))
		add_question(g, title);
	for (size_t k = 0; k < sizeof(kinds) / sizeof(*kinds); k++)
		for (unsigned i = 0; i < e->field_count; i++)
			if (field_may_enter(&e->fields[i]) &&
			    kinds[k](&e->fields[i]))
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

/* The role may not set rules aside. */
static bool is_override_denied(const struct guide *g)
{
	return bytes_is(look_text(g->refused, "field"), "override");
}

/* A dry run of what is known so far; its answer or refusal is kept.  Only a
 * lost link is a failure. */
static enum err check(struct guide *g)
{
	struct request r;

	begin_create(g, &r);
	request_bool(&r, "dry_run", true);
	r.repeat = CALL_READ;
	enum err e =
	    call_quietly(g->app, &r, &g->app->arena, &g->checked, &g->refused);
	return g->refused.len ? ERR_OK : e;
}

static bool is_mendable(enum err e)
{
	return e == ERR_INVALID || e == ERR_DUPLICATE;
}

/* Refused for another reason than a value: a right, a field not known. */
static bool is_barred(const struct guide *g)
{
	return g->refused.len && !is_mendable(tell_kind(g->refused));
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
			add_next(g, f);
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

static bool begins(struct bytes whole, struct bytes start)
{
	return whole.len >= start.len &&
	       !strncasecmp((const char *)whole.data, (const char *)start.data,
		   start.len);
}

/* By number, key, label, or the beginning of one of them, if only one fits. */
static const struct choice *find_choice(
    const struct field *f, struct bytes typed)
{
	const struct choice *found = field_find_choice(f, typed);
	unsigned fits = 0;

	if (found || !typed.len)
		return found;
	for (unsigned i = 0; i < f->choice_count; i++) {
		const struct choice *c = &f->choices[i];
		if (!begins(c->key, typed) && !begins(c->en, typed) &&
		    !begins(c->zh, typed))
			continue;
		found = c;
		fits++;
	}
	return fits == 1 ? found : NULL;
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

static void tell_duplicate(struct app *app, struct bytes one)
{
	struct bytes number = look_text(one, "number");
	const char *title = keep_text(&app->arena, app->entity->title);
	struct bytes name =
	    show_value(app, NULL, look_value(look_value(one, "fields"), title));

	if (look_bool(one, "elsewhere"))
		screen_say(&app->screen, ROLE_NOTICE, "     %s",
		    tr(app, "one that you may not see; ask your manager"));
	else
		screen_say(&app->screen, ROLE_NOTICE, "     %.*s  %.*s",
		    (int)number.len, (const char *)number.data, (int)name.len,
		    (const char *)name.data);
}

/* Gives the number of the first that can be opened, or NULL. */
static const char *tell_duplicates(struct guide *g)
{
	uint32_t count;
	struct app *app = g->app;
	struct reader r = look_array(g->checked, "duplicates", &count);
	const char *first = NULL;

	screen_say(&app->screen, ROLE_NOTICE, "   ! %s",
	    tr(app, "This one may exist already:"));
	for (uint32_t i = 0; i < count; i++) {
		struct bytes one = read_raw(&r);
		struct bytes number = look_text(one, "number");
		tell_duplicate(app, one);
		if (!first && number.len)
			first = keep_text(&app->arena, number);
	}
	return first;
}

static void open_record(struct guide *g, const char *number)
{
	struct app *app = g->app;
	struct request r;
	struct bytes record;

	request_begin(&r, "record.get", CALL_READ);
	request_cstr(&r, "entity", app->noun);
	request_cstr(&r, "id", number);
	if (call(app, &r, &app->arena, &record) == ERR_OK)
		show_record(app, app->entity, record);
	fflush(stdout);
}

/* c: make it all the same, with a reason; o: look; q: give up. */
static enum step settle_duplicates(struct guide *g)
{
	struct app *app = g->app;

	if (g->duplicates_told ||
	    !value_count(look_value(g->checked, "duplicates")))
		return STEP_NEXT;
	const char *first = tell_duplicates(g);
	const char *prompt =
	    first ? tr(app, "     c create anyway (reason needed)   o open "
			    "the first   [q give up] > ")
		  : tr(app, "     c create anyway (reason needed)   [q give "
			    "up] > ");
	g->duplicates_told = true;
	for (;;) {
		const char *answer = ask_line(app, prompt, NULL);
		if (answer && *answer == 'o' && first) {
			open_record(g, first);
			continue;
		}
		if (!answer || *answer != 'c')
			return STEP_STOP;
		g->reason = ask_reason(g);
		return g->reason ? STEP_NEXT : STEP_STOP;
	}
}

/* What is recommended but empty becomes a question of its own. */
static void ask_recommended(struct guide *g)
{
	uint32_t count;
	struct reader r = look_array(g->checked, "warnings", &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes key = look_text(read_raw(&r), "field");
		const struct field *f = entity_find_field(g->entity, key);
		if (f && field_may_enter(f))
			add_question(g, f);
	}
}

static void complain(
    struct guide *g, struct question *q, struct bytes complaint)
{
	struct app *app = g->app;

	screen_say(
	    &app->screen, ROLE_BAD, "   x %s", tell_finding(app, complaint));
	g->doubted = BYTES_NONE;
	if (!look_bool(complaint, "override"))
		return;
	g->doubted = keep_bytes(&app->arena, look_text(complaint, "rule"));
	q->doubted = q->answer;
	screen_say(&app->screen, ROLE_LABEL, "     %s",
	    tr(app, "! keeps it all the same (needs the right and a reason)"));
}

/* What the server says about the answer just given; a refused one is not
 * kept. */
static enum step judge(
    struct guide *g, struct question *q, struct bytes before, enum err *e)
{
	*e = check(g);
	if (*e != ERR_OK)
		return STEP_STOP;
	if (is_barred(g)) {
		if (!is_override_denied(g))
			(void)tell_refusal(g->app, g->refused);
		q->answer = before;
		return STEP_AGAIN;
	}
	struct bytes complaint = complaint_about(g, q->field);
	if (complaint.len) {
		complain(g, q, complaint);
		q->answer = before;
		return STEP_AGAIN;
	}
	g->doubted = BYTES_NONE;
	ask_recommended(g);
	return settle_duplicates(g);
}

/* "!": set the doubted rule aside, with a reason. */
static enum step insist(struct guide *g, struct question *q, enum err *e)
{
	struct app *app = g->app;
	struct bytes before = q->answer;
	const char *reason_before = g->reason;

	if (!g->doubted.len || g->override_count == OVERRIDES)
		return STEP_AGAIN;
	g->reason = ask_reason(g);
	if (!g->reason) {
		g->reason = reason_before;
		return STEP_AGAIN;
	}
	q->answer = q->doubted;
	g->overrides[g->override_count++] = keep_text(&app->arena, g->doubted);
	enum step step = judge(g, q, before, e);
	if (!is_override_denied(g))
		return step;
	screen_say(&app->screen, ROLE_BAD, "   x %s",
	    tr(app, "Your role may not set this rule aside."));
	g->override_count--;
	g->reason = reason_before;
	g->doubted = BYTES_NONE;
	q->answer = before;
	return STEP_AGAIN;
}

static enum step take_answer(
    struct guide *g, struct question *q, const char *answer, enum err *e)
{
	struct bytes before = q->answer;

	if (!strcmp(answer, "?") || !strcmp(answer, "？")) {
		explain(g, q->field);
		return STEP_AGAIN;
	}
	if (!strcmp(answer, "<") || !strcmp(answer, "《"))
		return STEP_BACK;
	if (!strcmp(answer, "!") || !strcmp(answer, "！"))
		return insist(g, q, e);
	struct bytes text = *answer ? bytes_text(answer) : default_of(g, q);
	if (!strcmp(answer, "-"))
		text = BYTES_NONE;
	const struct choice *c = text.len ? find_choice(q->field, text) : NULL;
	q->answer = c ? c->key : text;
	return judge(g, q, before, e);
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

	g->at = 0;
	while (g->at < g->count) {
		if (g->questions[g->at].is_asked) {
			g->at++;
			continue;
		}
		switch (ask_question(g, g->at, &e)) {
		case STEP_NEXT:
			g->questions[g->at++].is_asked = true;
			break;
		case STEP_BACK:
			g->at -= g->at > 0;
			g->questions[g->at].is_asked = false;
			break;
		case STEP_AGAIN:
			g->questions[g->at].is_asked = false;
			break;
		case STEP_STOP:
			return e != ERR_OK ? e : ERR_INTERRUPTED;
		}
	}
	return ERR_OK;
}

/* Opens the question about a field that may be entered. */
static bool open_question(struct guide *g, const struct field *f)
{
	struct question *q =
	    f && field_may_enter(f) ? add_question(g, f) : NULL;

	if (q)
		q->is_asked = false;
	return q != NULL;
}

/* The field in row `number` of the preview. */
static const struct field *previewed(struct guide *g, unsigned long number)
{
	uint32_t count;
	struct reader r = value_items(look_value(g->checked, "fields"), &count);

	for (uint32_t i = 1; i <= count; i++) {
		struct bytes key = read_text(&r);
		read_skip(&r);
		if (i == number)
			return entity_find_field(g->entity, key);
	}
	return NULL;
}

/* Asks again for every field that is wrong; false if none can be mended
 * here. */
static bool reopen_wrong(struct guide *g)
{
	uint32_t count;
	struct reader r = look_array(g->refused, "errors", &count);
	bool is_open = open_question(
	    g, entity_find_field(g->entity, look_text(g->refused, "field")));

	for (uint32_t i = 0; i < count; i++)
		is_open |=
		    open_question(g, entity_find_field(g->entity,
					 look_text(read_raw(&r), "field")));
	return is_open;
}

/* Names some of the fields that could be filled besides. */
static void say_more_fields(struct guide *g)
{
	struct app *app = g->app;
	const char *list = "";

	unsigned named = 0;

	for (unsigned i = 0; i < g->entity->field_count; i++) {
		const struct field *f = &g->entity->fields[i];
		struct bytes label = field_label(app, f);
		struct bytes shown =
		    look_value(look_value(g->checked, "fields"),
			keep_text(&app->arena, f->key));
		if (!field_may_enter(f) ||
		    (shown.len && value_type(shown) != UNPACK_NIL))
			continue;
		if (named++ < MORE_NAMED)
			list = keep_format(&app->arena, "%s%s%.*s", list,
			    *list ? ", " : "", (int)label.len,
			    (const char *)label.data);
	}
	if (named)
		screen_say(&app->screen, ROLE_LABEL, "%s %s%s",
		    tr(app, "May be added:"), list,
		    named > MORE_NAMED ? ", ..." : "");
}

/* STEP_NEXT: save; STEP_AGAIN: back to the questions. */
static enum step preview(struct guide *g)
{
	struct app *app = g->app;

	screen_say(&app->screen, ROLE_TITLE, "\n%s",
	    tr(app, "Preview (nothing is saved, no number is used)"));
	record_show_preview(app, g->checked, packed_answers(g));
	record_say_warnings(app, g->checked);
	say_more_fields(g);
	fflush(stdout);
	for (;;) {
		const char *answer = ask_line(app,
		    tr(app, "Save? [y save] / n discard / number or field name "
			    "to change > "),
		    NULL);
		if (!answer || !strcasecmp(answer, "n"))
			return STEP_STOP;
		if (!*answer || !strcasecmp(answer, "y"))
			return STEP_NEXT;
		unsigned long number = strtoul(answer, NULL, 10);
		const struct field *f =
		    number ? previewed(g, number)
			   : entity_find_field(g->entity, bytes_text(answer));
		if (open_question(g, f))
			return STEP_AGAIN;
		if (!f)
			screen_say(&app->screen, ROLE_BAD, "x %s",
			    tr(app, "There is no such row or field."));
		else
			screen_say(&app->screen, ROLE_BAD, "x %s",
			    tr(app, "You may not fill this field."));
	}
}

static enum err save_once(struct guide *g)
{
	struct request r;
	struct bytes result;
	struct bytes confirm = look_text(g->checked, "confirm");

	begin_create(g, &r);
	if (confirm.len)
		request_text(&r, "confirm", confirm);
	r.id = g->id;
	request_cstr(&r, "request_id", r.id);
	enum err e = call(g->app, &r, &g->app->arena, &result);
	if (e == ERR_OK)
		record_say_stored(g->app, result);
	return e;
}

/* A lost connection loses nothing that was typed: the same request may be
 * sent again, and is stored once. */
static enum err save(struct guide *g)
{
	if (!g->id)
		g->id = request_id_new(&g->app->arena);
	for (;;) {
		enum err e = save_once(g);
		if (e != ERR_UNREACHABLE)
			return e;
		const char *answer = ask_line(g->app,
		    tr(g->app, "[r try again; it is stored once only] / q give "
			       "up > "),
		    NULL);
		if (!answer || !strcasecmp(answer, "q"))
			return e;
	}
}

/* Asks what is open, then shows and saves; STEP_AGAIN until one of them ends
 * the form. */
static enum step run_once(struct guide *g, enum err *e)
{
	*e = ask_all(g);
	if (*e == ERR_OK)
		*e = check(g);
	if (*e != ERR_OK)
		return STEP_STOP;
	if (g->refused.len) {
		*e = tell_refusal(g->app, g->refused);
		return reopen_wrong(g) ? STEP_AGAIN : STEP_STOP;
	}
	enum step step = preview(g);
	if (step == STEP_STOP)
		*e = ERR_INTERRUPTED;
	if (step != STEP_NEXT)
		return step;
	*e = save(g);
	return is_mendable(*e) ? STEP_AGAIN : STEP_STOP;
}

static enum err run(struct guide *g)
{
	/* Who may not do this at all is told before he types anything. */
	enum err e = check(g);

	if (e == ERR_OK && is_barred(g))
		return tell_refusal(g->app, g->refused);
	if (e == ERR_OK && g->refused.len && !g->entity->may_create)
		return tell(g->app, ERR_DENIED, "%s",
		    tr(g->app, "You may not do this."));
	while (e == ERR_OK || is_mendable(e))
		if (run_once(g, &e) != STEP_AGAIN)
			break;
	return e;
}

enum err guide_add(struct app *app)
{
	struct guide *g = keep_alloc(&app->arena, sizeof(*g));
	struct bytes label = entity_label(app, app->entity);

	*g = (struct guide){ .app = app, .entity = app->entity };
	screen_say(&app->screen, ROLE_TITLE, tr(app, "New: %.*s"),
	    (int)label.len, (const char *)label.data);
	choose_questions(g);
	screen_say(&app->screen, ROLE_LABEL, "%s",
	    tr(app, "? help   < back   - leave empty   Enter default   Ctrl-C "
		    "give up"));
	enum err e = run(g);
	if (e == ERR_INTERRUPTED)
		return tell(app, ERR_INVALID, "%s",
		    tr(app, "Given up. Nothing was changed."));
	return e;
}
