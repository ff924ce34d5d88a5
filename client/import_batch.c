// SPDX-License-Identifier: MIT
/*
 * Rows of a sheet to record.batch and back; see import.h.
 *
 * A row is one create (or update) of the entity and one create for each child
 * part with a value; the child names its parent "#n", item n of the batch.  A
 * row is bad when any of its items is.  All rows are checked by dry runs
 * before the first is written.
 *
 * The server changes a customer in one batch after the other, and builds anew
 * what was built beside another: so the rows of one customer are never in two
 * batches under way.  Those that came too early stay where they are, before
 * all later rows of his.
 */
#include "client/import.h"

#include <stdio.h>

#include "client/call.h"
#include "client/fields.h"
#include "client/finding.h"
#include "client/look.h"
#include "client/progress.h"
#include "client/seen.h"
#include "client/tell.h"
#include "common/digest.h"
#include "common/pack.h"
#include "common/text.h"

#define BATCH_ITEMS 1000 /* the server takes no more */
#define BATCH_BYTES (600u << 10)
/* Under way at once: enough that server, disk and line never wait for one
 * another; answers of as many wait while the next one is sent. */
#define BATCHES 4
#define AHEAD   (8 * BATCH_ITEMS) /* rows looked at for a batch */

struct batch {
	struct import *im;
	struct request request;
	struct buf items;
	uint32_t item_count;
	struct import_row *rows[BATCH_ITEMS];
	unsigned first_item[BATCH_ITEMS + 1];
	unsigned part_of[BATCH_ITEMS];
	unsigned row_count;
};

static struct bytes cell_of(const struct import_row *row, unsigned column)
{
	if (column >= row->cells->count)
		return BYTES_NONE;
	return text_trim(row->cells->cells[column]);
}

/* --- hashes ------------------------------------------------------------------
 */

static void hash_row(
    struct import *im, struct import_row *row, unsigned occurrence)
{
	struct buf text;
	struct digest digest;
	char number[16];

	buf_init(&text, KEEP_CAP);
	buf_append_text(&text, im->app->noun);
	for (unsigned c = 0; c < im->mapping.count; c++) {
		const struct target *t = &im->mapping.targets[c];
		struct bytes cell = cell_of(row, c);
		if (!t->is_used || !cell.len)
			continue;
		snprintf(number, sizeof(number), "%u.", t->part);
		buf_append_byte(&text, 0);
		buf_append_text(&text, number);
		buf_append_bytes(&text, t->key);
		buf_append_byte(&text, 0);
		buf_append_bytes(&text, cell);
	}
	if (occurrence) {
		snprintf(number, sizeof(number), "%u", occurrence);
		buf_append_byte(&text, 0);
		buf_append_text(&text, number);
	}
	digest_bytes(buf_bytes(&text), &digest);
	hex_format(bytes_of(digest.of, DIGEST_SIZE), row->hash);
	buf_release(&text);
}

static bool has_external(const struct import *im, const struct import_row *row)
{
	return im->mapping.external >= 0 &&
	       cell_of(row, (unsigned)im->mapping.external).len > 0;
}

/* A table of first hashes finds equal rows without comparing all pairs. */
void import_hash(struct import *im)
{
	size_t size = 16;
	unsigned *slots;

	while (size < (size_t)im->count * 2)
		size *= 2;
	slots = keep_array(&im->app->arena, size, sizeof(*slots));
	unsigned *seen =
	    keep_array(&im->app->arena, (size_t)im->count + 1, sizeof(*seen));
	for (unsigned i = 0; i < im->count; i++) {
		struct import_row *row = &im->rows[i];
		size_t at = 0;
		hash_row(im, row, 0);
		for (unsigned k = 0; k < 8; k++)
			at = at * 31 + (uint8_t)row->hash[k];
		const char *first =
		    keep_format(&im->app->arena, "%s", row->hash);
		for (at %= size; slots[at]; at = (at + 1) % size)
			if (!memcmp(im->rows[slots[at] - 1].hash, first, 64))
				break;
		if (!slots[at]) {
			slots[at] = i + 1;
			continue;
		}
		unsigned occurrence = ++seen[slots[at] - 1];
		if (!has_external(im, row))
			hash_row(im, row, occurrence);
	}
}

/* --- packing
 * ------------------------------------------------------------------ */

static uint32_t pack_cells(struct batch *b, const struct import_row *row,
    unsigned part, struct buf *out)
{
	const struct mapping *m = &b->im->mapping;
	uint32_t count = 0;

	for (unsigned c = 0; c < m->count; c++) {
		const struct target *t = &m->targets[c];
		struct bytes cell = cell_of(row, c);
		if (!t->is_used || t->part != part || !cell.len)
			continue;
		pack_text(out, t->key);
		fields_pack_value(&b->im->app->arena, t->field, cell, out);
		count++;
	}
	return count;
}

static void pack_common(struct batch *b, struct buf *out, uint32_t *count)
{
	const char *source = app_flag(b->im->app, FLAG_SOURCE);
	const char *reason = app_flag(b->im->app, FLAG_REASON);

	pack_key_cstr(out, "source", source ? source : "import");
	++*count;
	if (reason) {
		pack_key_cstr(out, "reason", reason);
		++*count;
	}
}

/* A field named source that no column fills says what --source says. */
static uint32_t pack_source_field(
    struct batch *b, const struct import_row *row, struct buf *out)
{
	const struct import *im = b->im;
	const char *source = app_flag(im->app, FLAG_SOURCE);
	struct bytes key = bytes_text("source");
	int column = mapping_column(&im->mapping, 0, key);

	if (row->is_update || !entity_find_field(im->app->entity, key) ||
	    (column >= 0 && cell_of(row, (unsigned)column).len))
		return 0;
	pack_key_cstr(out, "source", source ? source : "import");
	return 1;
}

static void pack_main(struct batch *b, const struct import_row *row)
{
	struct buf *out = &b->items;
	uint32_t count = 3;
	const char *key = row->is_update ? "set" : "fields";

	size_t mark = pack_map_open(out);
	pack_key_cstr(out, "op", row->is_update ? "update" : "create");
	pack_key_text(out, "entity", b->im->mapping.parts[0].key);
	pack_cstr(out, key);
	size_t fields = pack_map_open(out);
	uint32_t filled = pack_cells(b, row, 0, out);
	filled += pack_source_field(b, row, out);
	pack_map_close(out, fields, filled);
	if (row->is_update)
		pack_key_text(
		    out, "id", cell_of(row, (unsigned)b->im->mapping.external));
	else
		pack_key_cstr(out, "row", row->hash);
	count++;
	pack_common(b, out, &count);
	pack_map_close(out, mark, count);
	b->part_of[b->item_count++] = 0;
}

static void pack_child(
    struct batch *b, const struct import_row *row, unsigned part, unsigned main)
{
	struct buf *out = &b->items;
	const struct part *p = &b->im->mapping.parts[part];
	struct buf cells;
	char parent[16];
	uint32_t count = 4;

	buf_init(&cells, KEEP_CAP);
	uint32_t filled = pack_cells(b, row, part, &cells);
	if (filled && !row->is_update) {
		size_t mark = pack_map_open(out);
		pack_key_cstr(out, "op", "create");
		pack_key_text(out, "entity", p->key);
		pack_key_cstr(out, "row",
		    keep_format(
			&b->im->app->arena, "%.62s%02x", row->hash, part));
		pack_cstr(out, "fields");
		size_t fields = pack_map_open(out);
		snprintf(parent, sizeof(parent), "#%u", main);
		pack_text(out, p->parent);
		pack_cstr(out, parent);
		buf_append_bytes(out, buf_bytes(&cells));
		pack_map_close(out, fields, filled + 1);
		pack_common(b, out, &count);
		pack_map_close(out, mark, count);
		b->part_of[b->item_count++] = part;
	}
	buf_release(&cells);
}

static void add_row(struct batch *b, struct import_row *row)
{
	unsigned main = b->item_count;

	row->fate = ROW_SENT;
	b->rows[b->row_count] = row;
	b->first_item[b->row_count++] = main;
	pack_main(b, row);
	for (unsigned p = 1; p < b->im->mapping.part_count; p++)
		pack_child(b, row, p, main);
	b->first_item[b->row_count] = b->item_count;
}

/* --- answers
 * ------------------------------------------------------------------- */

static void take_error(
    struct batch *b, struct import_row *row, unsigned part, struct bytes error)
{
	struct import *im = b->im;
	uint32_t count;
	struct reader r = look_array(error, "errors", &count);

	for (uint32_t i = 0; i < count; i++) {
		struct bytes one = read_raw(&r);
		struct bytes field = look_text(one, "field");
		/* A parent that failed is said once, where it failed. */
		if (part && row->errors &&
		    bytes_equal(field, im->mapping.parts[part].parent))
			continue;
		row_add_error(im, row,
		    mapping_column(&im->mapping, part, field), field,
		    look_text(one, "rule"), finding_say(im->app, one));
	}
	if (count)
		return;
	im->denied +=
	    !row->errors && bytes_is(look_text(error, "code"), "denied");
	struct bytes field = look_text(error, "field");
	struct bytes rule = look_text(error, "rule");
	row_add_error(im, row, mapping_column(&im->mapping, part, field), field,
	    rule.len ? rule : look_text(error, "code"),
	    finding_say(im->app, error));
}

/* A known external number with other content: --update makes it a change. */
static bool becomes_update(
    struct batch *b, struct import_row *row, struct bytes error)
{
	if (!app_flag(b->im->app, FLAG_UPDATE) || row->is_update ||
	    !has_external(b->im, row))
		return false;
	uint32_t count;
	struct reader r = look_array(error, "errors", &count);
	struct bytes field = look_text(error, "field");
	bool is_taken = bytes_is(look_text(error, "code"), "duplicate");
	for (uint32_t i = 0; i < count && !is_taken; i++) {
		struct bytes one = read_raw(&r);
		struct bytes rule = look_text(one, "rule");
		field = look_text(one, "field");
		is_taken = bytes_is(rule, "unique") ||
			   bytes_is(rule, "duplicate") || bytes_is(rule, "row");
	}
	if (!is_taken || (field.len && !bytes_is(field, "external_no")))
		return false;
	row->is_update = true;
	row->fate = ROW_WAITING;
	return true;
}

/* The likeliest is told first. */
static void take_likely(struct import_row *row, struct bytes one)
{
	uint32_t count;
	struct reader r = look_array(one, "duplicates", &count);
	struct bytes first = count ? read_raw(&r) : BYTES_NONE;

	row->likely = look_text(first, "number");
	row->score = look_int(first, "score", 0);
}

static void take_marks(struct import_row *row, struct bytes one)
{
	row->marks = look_value(one, "marks");
	seen_parse(look_text(one, "owner"), &row->owner);
}

/* The answers to one row's items. */
static void take_row(struct batch *b, struct import_row *row, unsigned first,
    unsigned items, struct reader *r)
{
	bool turned = false; /* into an update: what was said is void */

	for (unsigned k = 0; k < items; k++) {
		struct bytes one = read_raw(r);
		struct bytes error = look_value(one, "error");
		if (turned)
			continue;
		if (!k)
			take_marks(row, one);
		turned = error.len && becomes_update(b, row, error);
		if (error.len && !turned)
			take_error(b, row, b->part_of[first + k], error);
		else if (!k && look_bool(one, "skipped"))
			row->fate = ROW_SAME;
		else if (!k)
			take_likely(row, one);
	}
	if (row->errors)
		row->fate = ROW_BAD;
}

static void take_answers(struct batch *b, struct bytes result, bool dry)
{
	uint32_t count;
	struct reader r = look_array(result, "items", &count);

	for (unsigned i = 0; i < b->row_count; i++) {
		struct import_row *row = b->rows[i];
		unsigned first = b->first_item[i];
		row->fate = dry              ? ROW_GOOD
			    : row->is_update ? ROW_UPDATED
					     : ROW_CREATED;
		take_row(b, row, first, b->first_item[i + 1] - first, &r);
	}
}

/* --- batches under way ---------------------------------------------------*/

struct pass { /* over the rows of one fate */
	struct import *im;
	enum row_fate which;
	bool dry;
	unsigned next;      /* of the rows before it none is left */
	unsigned most;      /* rows of a batch */
	struct batch *of;   /* BATCHES of them, one after the other */
	struct seen owners; /* in which batch, from 1, each was last */
	unsigned begun, finished;
	enum err err;
};

static void start_batch(struct batch *b, bool dry)
{
	struct app *app = b->im->app;
	struct request *r = &b->request;
	struct buf list;

	request_begin(r, "record.batch", dry ? CALL_READ : CALL_WRITE);
	buf_init(&list, KEEP_CAP);
	pack_array(&list, b->item_count);
	buf_append_bytes(&list, buf_bytes(&b->items));
	buf_release(&b->items);
	request_raw(r, "items", buf_bytes(&list));
	buf_release(&list);
	request_bool(r, "atomic", false);
	request_bool(r, "brief", true);
	if (app_flag(app, FLAG_OVERRIDE))
		request_list(app, r, "override", app_flag(app, FLAG_OVERRIDE));
	if (dry) {
		request_bool(r, "dry_run", true);
		request_bool(r, "marks", true);
		if (app_flag(app, FLAG_DRY_RUN))
			request_bool(r, "duplicates", true);
	} else {
		r->id = keep_format(
		    &app->arena, "%s/%u", b->im->id, ++b->im->batches);
		request_cstr(r, "request_id", r->id);
	}
	call_start(app, r);
}

/* ERR_TOO_LARGE is told by nobody: fewer rows at once may do. */
static enum err finish_batch(struct batch *b, bool dry)
{
	struct app *app = b->im->app;
	struct bytes result, refusal;
	struct arena scratch;

	arena_init(&scratch, 1 << 16, KEEP_CAP);
	enum err e = call_finish(app, &b->request, &scratch, &result, &refusal);
	if (e == ERR_OK) {
		/* Messages outlive the answer. */
		result = keep_bytes(&app->arena, result);
		take_answers(b, result, dry);
	} else if (refusal.len && (e != ERR_TOO_LARGE || b->row_count == 1)) {
		e = tell_refusal(app, refusal);
	}
	arena_release(&scratch);
	return e;
}

/* Takes the row, unless its customer is in another batch under way. */
static void take_in(struct pass *p, struct batch *b, struct import_row *row)
{
	struct seen_slot *s =
	    row->owner && !p->dry ? seen_find(&p->owners, row->owner) : NULL;
	unsigned number = p->begun + 1;

	if (s && s->at > p->finished && s->at != number)
		return;
	if (s)
		*s = (struct seen_slot){ row->owner, number };
	add_row(b, row);
}

static bool has_room(const struct pass *p, const struct batch *b)
{
	return b->row_count < p->most &&
	       b->item_count + p->im->mapping.part_count <= BATCH_ITEMS &&
	       buf_bytes(&b->items).len < BATCH_BYTES;
}

/* Fills the next batch with rows; false if there are none left, or none that
 * may go now. */
static bool begin_batch(struct pass *p)
{
	struct import *im = p->im;
	struct batch *b = &p->of[p->begun % BATCHES];

	while (p->next < im->count && im->rows[p->next].fate != p->which)
		p->next++;
	*b = (struct batch){ .im = im };
	buf_init(&b->items, KEEP_CAP);
	for (unsigned at = p->next;
	     at < im->count && at - p->next < AHEAD && has_room(p, b); at++)
		if (im->rows[at].fate == p->which)
			take_in(p, b, &im->rows[at]);
	if (!b->row_count) {
		buf_release(&b->items);
		return false;
	}
	start_batch(b, p->dry);
	p->begun++;
	return true;
}

/* Its rows have no answer. */
static void give_back(struct pass *p, const struct batch *b)
{
	unsigned first = (unsigned)(b->rows[0] - p->im->rows);

	for (unsigned i = 0; i < b->row_count; i++)
		b->rows[i]->fate = p->which;
	if (first < p->next)
		p->next = first;
}

/* Takes the oldest one's answers.  What is under way is finished after a
 * failure too: it may be stored.  When nobody answers any more it is not: the
 * next run finds out.  Of rows that were too many fewer go at once. */
static void end_batch(struct pass *p)
{
	struct batch *b = &p->of[p->finished++ % BATCHES];
	unsigned half = (b->row_count + 1) / 2;
	enum err e = p->err;

	if (e == ERR_UNREACHABLE)
		call_drop(p->im->app, &b->request);
	else
		e = finish_batch(b, p->dry);
	if (e != ERR_OK)
		give_back(p, b);
	if (e == ERR_TOO_LARGE && b->row_count > 1)
		p->most = half < p->most ? half : p->most;
	else if (p->err == ERR_OK)
		p->err = e;
}

static enum err pass(
    struct import *im, enum row_fate which, bool dry, const char *what)
{
	struct pass p = { .im = im,
		.which = which,
		.dry = dry,
		.most = BATCH_ITEMS,
		.of = keep_array(&im->app->arena, BATCHES, sizeof(*p.of)) };
	struct progress bar;

	if (!dry)
		seen_init(&p.owners, &im->app->arena, im->count);
	progress_begin(&bar, im->app, what, im->count);
	if (!dry)
		progress_heed_stop(&bar);
	for (;;) {
		bool more = p.err == ERR_OK;

		while (more && p.begun - p.finished < BATCHES)
			more = begin_batch(&p);
		if (p.finished == p.begun)
			break;
		end_batch(&p);
		progress_show(&bar, p.next);
		if (bar.is_stopped && p.err == ERR_OK)
			p.err = ERR_INTERRUPTED;
	}
	progress_end(&bar);
	return p.err;
}

enum err import_check(struct import *im)
{
	enum err e = pass(im, ROW_WAITING, true, tr(im->app, "checking"));

	/* Once more for those that turned out to be updates. */
	if (e == ERR_OK && app_flag(im->app, FLAG_UPDATE))
		e = pass(im, ROW_WAITING, true, tr(im->app, "checking"));
	return e;
}

enum err import_write(struct import *im)
{
	return pass(im, ROW_GOOD, false, tr(im->app, "importing"));
}
