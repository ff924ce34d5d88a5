// SPDX-License-Identifier: MIT
/*
 * kehu undo: my last changes, and taking one back, whole.
 *
 * Alone it lists and, at a terminal, asks which.  A position takes back one
 * request; the request id that an import told takes back all its batches,
 * newest first, each for itself: broken off, it goes on when it is said again.
 */
#include "client/commands.h"

#include <inttypes.h>
#include <stdlib.h>

#include "client/ask.h"
#include "client/call.h"
#include "client/fetch.h"
#include "client/look.h"
#include "client/progress.h"
#include "client/show.h"
#include "client/table.h"
#include "client/tell.h"

#define PAGE       100
#define SHOWN      20
#define PAGES_MOST 200

struct change {
	int64_t position, records;
};

/* --- my changes ----------------------------------------------------------*/

static enum err ask_list(struct app *app, int64_t limit, int64_t after,
    bool tries, struct bytes *result)
{
	struct request r;

	request_begin(&r, "change.list", CALL_READ);
	request_int(&r, "limit", limit);
	if (after >= 0)
		request_int(&r, "after", after);
	if (tries)
		request_bool(&r, "check", true);
	return call(app, &r, &app->arena, result);
}

/* Where the counts of records do not tell what a request did. */
static const struct {
	const char *method, *word;
} deeds[] = {
	{ "customer.claim", "Claimed" },
	{ "customer.merge", "Merged" },
	{ "customer.release", "Released" },
	{ "record.approve", "Approved" },
	{ "record.archive", "Archived" },
	{ "record.reject", "Rejected" },
	{ "record.unarchive", "Brought back" },
	{ "tag.rename", "Tag renamed" },
};

/* The request id of an import, of which this is one batch; else nothing. */
static struct bytes import_of(struct bytes row)
{
	struct bytes id = look_text(row, "request_id");
	const uint8_t *slash = memrchr(id.data, '/', id.len);

	return slash ? bytes_of(id.data, (size_t)(slash - id.data))
		     : BYTES_NONE;
}

static const char *deed_of(struct app *app, struct bytes row)
{
	int64_t made = look_int(row, "made", 0);

	for (size_t i = 0; i < sizeof deeds / sizeof *deeds; i++)
		if (bytes_is(look_text(row, "method"), deeds[i].method))
			return tr(app, deeds[i].word);
	if (look_value(row, "undoes").len)
		return tr(app, "Took back");
	if (import_of(row).len)
		return tr(app, "Imported");
	return made == look_int(row, "records", 0) ? tr(app, "Made")
	       : made                              ? tr(app, "Made and changed")
						   : tr(app, "Changed");
}

static struct bytes kind_of(struct app *app, struct bytes row)
{
	struct bytes key = look_text(row, "entity");
	const struct entity *e = schema_find_entity(app->schema, key);

	return screen_clean(&app->arena, e ? entity_label(app, e) : key, false);
}

/* An undo is there to be done again, any other change to be taken back. */
static bool can_be_taken(const struct app *app, struct bytes row)
{
	bool redo = app_flag(app, FLAG_REDO) != NULL;

	return !look_bool(row, "undone") &&
	       redo == (look_value(row, "undoes").len != 0);
}

/* By the rule, else by the error. */
static const struct {
	const char *key, *words;
} refusals[] = {
	{ "changed_since", "changed since" },
	{ "in_use", "others belong to it" },
	{ "withdrawn", "what it belongs to was taken back" },
	{ "denied", "not yours to take back" },
	{ "not_found", "not yours to take back" },
	{ "unknown", "not yours to take back" },
};

/* Why the server would refuse it; empty if it would not. */
static const char *refusal_of(struct app *app, struct bytes row)
{
	struct bytes rule = look_text(row, "rule");
	struct bytes error = look_text(row, "refused");

	for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++)
		if (bytes_is(rule, refusals[i].key) ||
		    bytes_is(error, refusals[i].key))
			return tr(app, refusals[i].words);
	return error.len ? tr(app, "it would be refused") : "";
}

struct choice_row {       /* a request, or an import with all its batches */
	struct bytes row; /* the newest */
	int64_t records;
};

static void put_choice(
    struct app *app, struct table *t, const struct choice_row *c, bool says_why)
{
	struct bytes import = import_of(c->row);

	table_cell(t,
	    import.len ? screen_clean(&app->arena, import, false)
		       : show_value(app, NULL, look_value(c->row, "position")));
	table_cell(t, show_value(app, NULL, look_value(c->row, "time")));
	table_cell(t, bytes_text(deed_of(app, c->row)));
	table_cell(t, kind_of(app, c->row));
	table_cell(t, show_value(app, NULL, look_value(c->row, "number")));
	table_cell(t, bytes_text(keep_format(
			  &app->arena, "%lld", (long long)c->records)));
	if (says_why)
		table_cell(t, bytes_text(refusal_of(app, c->row)));
}

/* The newest that can be taken, batches of one import added up. */
static unsigned read_choices(
    struct app *app, struct bytes list, struct choice_row out[static SHOWN])
{
	uint32_t count;
	unsigned n = 0;
	struct reader r = look_array(list, "rows", &count);

	for (; count; count--) {
		struct bytes row = read_raw(&r);
		int64_t records = look_int(row, "records", 0);

		if (!can_be_taken(app, row))
			continue;
		if (n && import_of(row).len &&
		    bytes_equal(import_of(row), import_of(out[n - 1].row)))
			out[n - 1].records += records;
		else if (n < SHOWN)
			out[n++] = (struct choice_row){ row, records };
		else
			break;
	}
	return n;
}

static const char *const undo_titles[] = { "Which", "Time", "What", "Kind",
	"Record", "Records", "Refused" };
#define WHY 6 /* shown where there is something to say */

/* Whether there is one to choose. */
static bool show_changes(struct app *app, struct bytes list)
{
	struct choice_row rows[SHOWN];
	unsigned count = read_choices(app, list, rows);
	unsigned columns = WHY;
	struct table t;

	for (unsigned i = 0; i < count; i++)
		if (*refusal_of(app, rows[i].row))
			columns = WHY + 1;
	table_init(&t, &app->arena);
	for (unsigned c = 0; c < columns; c++)
		table_column(
		    &t, bytes_text(tr(app, undo_titles[c])), 0, c == 5, true);
	for (unsigned i = 0; i < count; i++)
		put_choice(app, &t, &rows[i], columns > WHY);
	if (count)
		show_table(app, &t);
	return count;
}

/* --- taking back ---------------------------------------------------------*/

#define UNDO_WORDS 3
static const char *const undo_words[UNDO_WORDS] = { "withdrawn", "restored",
	"changed" };

struct undone {          /* of all that is taken back at once */
	bool is_counted; /* told by its counts, not by a thousand lines */
	uint64_t of[UNDO_WORDS];
};

static unsigned word_of(struct bytes done)
{
	unsigned w = 0;

	while (w < UNDO_WORDS - 1 && !bytes_is(done, undo_words[w]))
		w++;
	return w;
}

static void show_undone(struct app *app, struct bytes result, struct undone *u)
{
	uint32_t count;
	struct reader r = look_array(result, "records", &count);

	u->is_counted |= count > SHOWN;
	for (uint32_t i = 0; i < count; i++) {
		struct bytes one = read_raw(&r);
		struct bytes number =
		    show_value(app, NULL, look_value(one, "number"));
		unsigned word = word_of(look_text(one, "done"));

		if (u->is_counted)
			u->of[word]++;
		else
			screen_say(&app->screen, ROLE_GOOD, "%s %.*s  %s",
			    tr(app, "ok"), (int)number.len,
			    (const char *)number.data,
			    tr(app, undo_words[word]));
	}
}

static void show_counts(struct app *app, const struct undone *u)
{
	for (unsigned w = 0; w < UNDO_WORDS; w++)
		if (u->of[w])
			screen_say(&app->screen, ROLE_GOOD,
			    tr(app, "ok %" PRIu64 " %s"), u->of[w],
			    tr(app, undo_words[w]));
}

static enum err undo_one(struct app *app, int64_t position, struct undone *u)
{
	struct request r;
	struct bytes result;

	request_begin(&r, "change.undo", CALL_WRITE);
	request_int(&r, "position", position);
	if (app_flag(app, FLAG_REDO))
		request_bool(&r, "redo", true);
	request_write_flags(app, &r);
	enum err e = call(app, &r, &app->arena, &result);
	if (e == ERR_OK && !show_to_machine(app, result))
		show_undone(app, result, u);
	return e;
}

static enum err confirm(struct app *app, const char *what)
{
	if (app_flag(app, FLAG_DRY_RUN))
		return ERR_OK;
	return ask_confirm(app,
	    keep_format(&app->arena, "%s: %s (%s)?",
		app_flag(app, FLAG_REDO) ? tr(app, "Do again")
					 : tr(app, "Take back"),
		what, app->profile.server),
	    false);
}

/* Is it this request, or a batch of the import that has this id? */
static bool is_part(struct bytes id, const char *of)
{
	size_t len = strlen(of);

	return id.len >= len && !memcmp(id.data, of, len) &&
	       (id.len == len || id.data[len] == '/');
}

struct parts {
	struct change *list;
	unsigned count, room;
	int64_t records;
};

/* Those of one page; how many rows of it were of the request at all. */
static unsigned take_parts(
    struct app *app, struct bytes page, const char *id, struct parts *p)
{
	uint32_t count;
	unsigned met = 0;
	struct reader r = look_array(page, "rows", &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes row = read_raw(&r);

		if (!is_part(look_text(row, "request_id"), id))
			continue;
		met++;
		if (look_bool(row, "undone"))
			continue;
		if (p->count == p->room) {
			struct change *more = keep_alloc(
			    &app->arena, (2 * p->room + PAGE) * sizeof *more);

			if (p->count)
				memcpy(more, p->list, p->count * sizeof *more);
			p->list = more;
			p->room = 2 * p->room + PAGE;
		}
		p->list[p->count].position = look_int(row, "position", -1);
		p->list[p->count].records = look_int(row, "records", 0);
		p->records += p->list[p->count++].records;
	}
	return met;
}

static enum err find_parts(struct app *app, const char *id, struct parts *p)
{
	int64_t after = -1;
	unsigned before = 0;

	for (unsigned i = 0; i < PAGES_MOST; i++) {
		struct bytes page;
		enum err e = ask_list(app, PAGE, after, false, &page);

		if (e != ERR_OK)
			return e;
		unsigned met = take_parts(app, page, id, p);
		after = look_int(page, "next", -1);
		if (after < 0 || (before && !met))
			break;
		before += met;
	}
	return ERR_OK;
}

/* What was taken back before one is refused is told too. */
static enum err undo_all(struct app *app, const struct parts *p)
{
	struct undone u = { .is_counted = p->count > 1 };
	struct progress bar;
	uint64_t done = 0;
	enum err e = ERR_OK;

	progress_begin(&bar, app, tr(app, "taking back"), (uint64_t)p->records);
	for (unsigned i = 0; e == ERR_OK && i < p->count; i++) {
		e = undo_one(app, p->list[i].position, &u);
		done += (uint64_t)p->list[i].records;
		progress_show(&bar, done);
	}
	progress_end(&bar);
	show_counts(app, &u);
	return e;
}

static enum err undo_parts(struct app *app, const char *id)
{
	struct parts p = { 0 };
	enum err e = find_parts(app, id, &p);

	if (e == ERR_OK && !p.count) {
		e = tell(app, ERR_NOT_FOUND,
		    tr(app, "Nothing of request %s is left to take back."), id);
		tell_next(app, "kehu undo");
	}
	if (e == ERR_OK)
		e = confirm(app, keep_format(&app->arena,
				     tr(app, "%u requests, %lld records"),
				     p.count, (long long)p.records));
	return e == ERR_OK ? undo_all(app, &p) : e;
}

static bool is_position(const char *word)
{
	return *word && strspn(word, "0123456789") == strlen(word);
}

/* "Changed  KHSH01202600108", as far as the list tells. */
static const char *describe(
    struct app *app, struct bytes list, int64_t position)
{
	uint32_t count;
	struct reader r = look_array(list, "rows", &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes row = read_raw(&r);
		struct bytes number =
		    show_value(app, NULL, look_value(row, "number"));
		long long records = (long long)look_int(row, "records", 1);
		const char *more = "";

		if (look_int(row, "position", -1) != position)
			continue;
		if (records > 1)
			more = keep_format(
			    &app->arena, tr(app, ", %lld records"), records);
		return keep_format(&app->arena, "%s  %.*s%s", deed_of(app, row),
		    (int)number.len, (const char *)number.data, more);
	}
	return keep_format(&app->arena, "%lld", (long long)position);
}

static enum err undo_position(struct app *app, const char *word)
{
	int64_t position = strtoll(word, NULL, 10);
	struct change one = { .position = position };
	const struct parts p = { .list = &one, .count = 1 };
	struct bytes list;
	enum err e = ask_list(app, PAGE, -1, false, &list);

	if (e == ERR_OK)
		e = confirm(app, describe(app, list, position));
	return e == ERR_OK ? undo_all(app, &p) : e;
}

static enum err take_back(struct app *app, const char *word)
{
	return is_position(word) ? undo_position(app, word)
				 : undo_parts(app, word);
}

/* My last changes; at a terminal one of them is chosen. */
static enum err choose(struct app *app)
{
	bool is_machine = show_is_machine(app);
	struct bytes list;
	enum err e = ask_list(app, is_machine ? SHOWN : PAGE, -1, true, &list);

	if (e == ERR_OK && !is_machine)
		e = fetch_schema(app);
	if (e != ERR_OK || show_to_machine(app, list))
		return e;
	if (!show_changes(app, list)) {
		screen_say(&app->screen, ROLE_LABEL, "%s",
		    app_flag(app, FLAG_REDO)
			? tr(app, "There is nothing to do again.")
			: tr(app, "There is nothing to take back."));
		return ERR_OK;
	}
	if (!app->screen.can_ask) {
		tell_next(app, "kehu undo %s%s", app->command->usage,
		    app_flag(app, FLAG_REDO) ? " --redo" : "");
		return ERR_OK;
	}
	const char *word =
	    ask_choice(app, tr(app, "Which one? (Enter: none) > "));
	return word && *word ? take_back(app, word) : ERR_OK;
}

enum err cmd_undo(struct app *app)
{
	if (!app->rest_count)
		return choose(app);
	if (app->rest_count > 1)
		return tell(app, ERR_USAGE, tr(app, "%s is one word too many."),
		    app->rest[1]);
	return take_back(app, app->rest[0]);
}
