// SPDX-License-Identifier: MIT
/*
 * Guided entry; see guide.h.
 *
 * One question is one prompt that never redraws; which are asked is the
 * draft's part (draft.h).
 */
#include "client/guide.h"

#include <stdlib.h>
#include <strings.h>

#include "client/ask.h"
#include "client/call.h"
#include "client/draft.h"
#include "client/finding.h"
#include "client/look.h"
#include "client/record.h"
#include "client/show.h"
#include "client/suggest.h"
#include "client/tell.h"

#define MORE_NAMED 8

enum step { STEP_NEXT, STEP_BACK, STEP_AGAIN, STEP_STOP };

static void explain(struct draft *d, const struct field *f)
{
	struct app *app = d->app;
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

static void show_choices(struct draft *d, const struct field *f)
{
	const char *list = "";

	for (unsigned i = 0; i < f->choice_count; i++) {
		struct bytes label = choice_label(d->app, &f->choices[i]);
		list = keep_format(&d->app->arena, "%s  %u %.*s", list, i + 1,
		    (int)label.len, (const char *)label.data);
	}
	if (*list)
		screen_say(&d->app->screen, ROLE_VALUE, "   %s", list);
}

static bool begins(struct bytes whole, struct bytes start)
{
	return whole.len >= start.len &&
	       !strncasecmp((const char *)whole.data, (const char *)start.data,
		   start.len);
}

/* By number, key, label, the beginning of one of them or the label's pinyin,
 * if only one fits. */
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
		    !begins(c->zh, typed) &&
		    !suggest_is_pinyin(typed, c->initials))
			continue;
		found = c;
		fits++;
	}
	return fits == 1 ? found : NULL;
}

static struct bytes default_of(struct draft *d, const struct question *q)
{
	if (q->answer.len)
		return q->answer;
	return show_plain(d->app, q->field->fallback);
}

static const char *prompt_of(struct draft *d, unsigned index)
{
	const struct question *q = &d->questions[index];
	struct app *app = d->app;
	struct bytes label = field_label(app, q->field);
	struct bytes known = default_of(d, q);
	const char *shown = "";

	if (known.len) {
		const struct choice *c = field_find_choice(q->field, known);
		if (c)
			known = choice_label(app, c);
		shown = keep_format(&app->arena, " [%.*s]", (int)known.len,
		    (const char *)known.data);
	}
	return keep_format(&app->arena, "%u/%u  %.*s%s%s > ", index + 1,
	    d->count, (int)label.len, (const char *)label.data,
	    q->field->required ? tr(app, " (required)") : "", shown);
}

static const char *ask_reason(struct draft *d)
{
	const char *reason =
	    ask_line(d->app, tr(d->app, "     reason > "), d->reason);

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
static const char *tell_duplicates(struct draft *d)
{
	uint32_t count;
	struct app *app = d->app;
	struct reader r = look_array(d->checked, "duplicates", &count);
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

static void open_record(struct draft *d, const char *number)
{
	struct app *app = d->app;
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
static enum step settle_duplicates(struct draft *d)
{
	struct app *app = d->app;

	if (d->duplicates_told ||
	    !value_count(look_value(d->checked, "duplicates")))
		return STEP_NEXT;
	const char *first = tell_duplicates(d);
	const char *prompt =
	    first ? tr(app, "     c create anyway (reason needed)   o open "
			    "the first   [q give up] > ")
		  : tr(app, "     c create anyway (reason needed)   [q give "
			    "up] > ");
	d->duplicates_told = true;
	for (;;) {
		const char *answer = ask_choice(app, prompt);
		if (answer && *answer == 'o' && first) {
			open_record(d, first);
			continue;
		}
		if (!answer || *answer != 'c')
			return STEP_STOP;
		d->reason = ask_reason(d);
		return d->reason ? STEP_NEXT : STEP_STOP;
	}
}

static void complain(
    struct draft *d, struct question *q, struct bytes complaint)
{
	struct app *app = d->app;

	screen_say(
	    &app->screen, ROLE_BAD, "   x %s", finding_say(app, complaint));
	d->doubted = BYTES_NONE;
	if (!look_bool(complaint, "override"))
		return;
	d->doubted = keep_bytes(&app->arena, look_text(complaint, "rule"));
	q->doubted = q->answer;
	screen_say(&app->screen, ROLE_LABEL, "     %s",
	    tr(app, "! keeps it all the same (needs the right and a reason)"));
}

/* What the server says about the answer just given; a refused one is not
 * kept. */
static enum step judge(
    struct draft *d, struct question *q, struct bytes before, enum err *e)
{
	*e = draft_check(d);
	if (*e != ERR_OK)
		return STEP_STOP;
	if (draft_is_barred(d)) {
		if (!draft_override_denied(d))
			(void)tell_refusal(d->app, d->refused);
		q->answer = before;
		return STEP_AGAIN;
	}
	struct bytes complaint = draft_complaint(d, q->field);
	if (complaint.len) {
		complain(d, q, complaint);
		q->answer = before;
		return STEP_AGAIN;
	}
	d->doubted = BYTES_NONE;
	draft_ask_recommended(d);
	return settle_duplicates(d);
}

/* "!": set the doubted rule aside, with a reason. */
static enum step insist(struct draft *d, struct question *q, enum err *e)
{
	struct app *app = d->app;
	struct bytes before = q->answer;
	const char *reason_before = d->reason;

	if (!d->doubted.len || d->override_count == OVERRIDES)
		return STEP_AGAIN;
	d->reason = ask_reason(d);
	if (!d->reason) {
		d->reason = reason_before;
		return STEP_AGAIN;
	}
	q->answer = q->doubted;
	d->overrides[d->override_count++] = keep_text(&app->arena, d->doubted);
	enum step step = judge(d, q, before, e);
	if (!draft_override_denied(d))
		return step;
	screen_say(&app->screen, ROLE_BAD, "   x %s",
	    tr(app, "Your role may not set this rule aside."));
	d->override_count--;
	d->reason = reason_before;
	d->doubted = BYTES_NONE;
	q->answer = before;
	return STEP_AGAIN;
}

static enum step take_answer(
    struct draft *d, struct question *q, const char *answer, enum err *e)
{
	struct bytes before = q->answer;

	const char *key = ask_narrow(d->app, answer);

	if (!strcmp(key, "?")) {
		explain(d, q->field);
		return STEP_AGAIN;
	}
	if (!strcmp(key, "<") || !strcmp(key, "《"))
		return STEP_BACK;
	if (!strcmp(key, "!"))
		return insist(d, q, e);
	struct bytes text = *answer ? bytes_text(answer) : default_of(d, q);
	if (!strcmp(key, "-"))
		text = BYTES_NONE;
	const struct choice *c =
	    text.len ? find_choice(q->field, *answer ? bytes_text(key) : text)
		     : NULL;
	q->answer = c ? c->key : text;
	return judge(d, q, before, e);
}

static enum step ask_question(struct draft *d, unsigned index, enum err *e)
{
	struct question *q = &d->questions[index];

	show_choices(d, q->field);
	const char *answer = ask_line(d->app, prompt_of(d, index), NULL);
	if (!answer)
		return STEP_STOP;
	return take_answer(d, q, answer, e);
}

/* All questions from `at` on that were not asked yet. */
static enum err ask_all(struct draft *d)
{
	enum err e = ERR_OK;

	d->at = 0;
	while (d->at < d->count) {
		if (d->questions[d->at].is_asked) {
			d->at++;
			continue;
		}
		switch (ask_question(d, d->at, &e)) {
		case STEP_NEXT:
			d->questions[d->at++].is_asked = true;
			break;
		case STEP_BACK:
			d->at -= d->at > 0;
			d->questions[d->at].is_asked = false;
			break;
		case STEP_AGAIN:
			d->questions[d->at].is_asked = false;
			break;
		case STEP_STOP:
			return e != ERR_OK ? e : ERR_INTERRUPTED;
		}
	}
	return ERR_OK;
}

/* Names some of the fields that could be filled besides. */
static void say_more_fields(struct draft *d)
{
	struct app *app = d->app;
	const char *list = "";

	unsigned named = 0;

	for (unsigned i = 0; i < d->entity->field_count; i++) {
		const struct field *f = &d->entity->fields[i];
		struct bytes label = field_label(app, f);
		struct bytes shown =
		    look_value(look_value(d->checked, "fields"),
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
static enum step preview(struct draft *d)
{
	struct app *app = d->app;

	screen_say(&app->screen, ROLE_TITLE, "\n%s",
	    tr(app, "Preview (nothing is saved, no number is used)"));
	record_show_preview(app, d->checked, draft_pack(d));
	record_say_warnings(app, d->checked);
	say_more_fields(d);
	fflush(stdout);
	for (;;) {
		const char *answer = ask_choice(app,
		    tr(app, "Save? [y save] / n discard / number or field name "
			    "to change > "));
		if (!answer || !strcasecmp(answer, "n"))
			return STEP_STOP;
		if (!*answer || !strcasecmp(answer, "y"))
			return STEP_NEXT;
		unsigned long number = strtoul(answer, NULL, 10);
		const struct field *f =
		    number ? draft_previewed(d, number)
			   : entity_find_field(d->entity, bytes_text(answer));
		if (draft_reopen(d, f))
			return STEP_AGAIN;
		if (!f)
			screen_say(&app->screen, ROLE_BAD, "x %s",
			    tr(app, "There is no such row or field."));
		else
			screen_say(&app->screen, ROLE_BAD, "x %s",
			    tr(app, "You may not fill this field."));
	}
}

static enum err save_once(struct draft *d)
{
	struct request r;
	struct bytes result;
	struct bytes confirm = look_text(d->checked, "confirm");

	draft_request(d, &r);
	if (confirm.len)
		request_text(&r, "confirm", confirm);
	r.id = d->id;
	request_cstr(&r, "request_id", r.id);
	enum err e = call(d->app, &r, &d->app->arena, &result);
	if (e == ERR_OK)
		record_say_stored(d->app, result);
	return e;
}

/* A lost connection loses nothing that was typed: the same request may be
 * sent again, and is stored once. */
static enum err save(struct draft *d)
{
	if (!d->id)
		d->id = request_id_new(&d->app->arena);
	for (;;) {
		enum err e = save_once(d);
		if (e != ERR_UNREACHABLE)
			return e;
		const char *answer = ask_choice(d->app,
		    tr(d->app, "[r try again; it is stored once only] / q give "
			       "up > "));
		if (!answer || !strcasecmp(answer, "q"))
			return e;
	}
}

/* Asks what is open, then shows and saves; STEP_AGAIN until one of them ends
 * the form. */
static enum step run_once(struct draft *d, enum err *e)
{
	*e = ask_all(d);
	if (*e == ERR_OK)
		*e = draft_check(d);
	if (*e != ERR_OK)
		return STEP_STOP;
	if (d->refused.len) {
		*e = tell_refusal(d->app, d->refused);
		return draft_reopen_wrong(d) ? STEP_AGAIN : STEP_STOP;
	}
	enum step step = preview(d);
	if (step == STEP_STOP)
		*e = ERR_INTERRUPTED;
	if (step != STEP_NEXT)
		return step;
	*e = save(d);
	return draft_may_mend(*e) ? STEP_AGAIN : STEP_STOP;
}

static enum err run(struct draft *d)
{
	/* Who may not do this at all is told before he types anything. */
	enum err e = draft_check(d);

	if (e == ERR_OK && draft_is_barred(d))
		return tell_refusal(d->app, d->refused);
	if (e == ERR_OK && d->refused.len && !d->entity->may_create)
		return tell(d->app, ERR_DENIED, "%s",
		    tr(d->app, "You may not do this."));
	while (e == ERR_OK || draft_may_mend(e))
		if (run_once(d, &e) != STEP_AGAIN)
			break;
	return e;
}

enum err guide_add(struct app *app)
{
	struct draft *d = keep_alloc(&app->arena, sizeof(*d));
	struct bytes label = entity_label(app, app->entity);

	*d = (struct draft){ .app = app, .entity = app->entity };
	screen_say(&app->screen, ROLE_TITLE, tr(app, "New: %.*s"),
	    (int)label.len, (const char *)label.data);
	draft_begin(d);
	screen_say(&app->screen, ROLE_LABEL, "%s",
	    tr(app, "? help   < back   - leave empty   Enter default   Ctrl-C "
		    "give up"));
	enum err e = run(d);
	if (e == ERR_INTERRUPTED)
		return tell(app, ERR_INVALID, "%s",
		    tr(app, "Given up. Nothing was changed."));
	return e;
}
