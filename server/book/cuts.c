// SPDX-License-Identifier: MIT
/*
 * One walk over ledger rows, one sort a metric.  See cuts.h.
 */
#include "server/book/cuts.h"

#include <stdlib.h>

#include "common/log.h"
#include "common/pack.h"
#include "server/access/sealed_row.h"
#include "server/book/abc.h"
#include "server/book/rfm.h"
#include "server/book/walk.h"

#define CUTS_ROW   "rule_cuts" /* its key in META, and its seal's purpose */
#define CUTS_BYTES (64 * 1024)
#define ROOM_FIRST 1024

struct standing { /* of one record by one metric */
	uint64_t id;
	struct decimal value;
};

struct gather {
	struct report_run run;
	struct facts facts;
	struct {
		struct standing *list;
		size_t count, room;
	} of[BOOK_METRICS];
};

bool rules_are_whole(const struct book_rules *b)
{
	for (unsigned i = 0; i < b->count; i++)
		if (b->list[i].is_whole && !b->list[i].is_off)
			return true;
	return false;
}

/* --- gathering -----------------------------------------------------------*/

static bool takes_part(
    struct gather *g, const struct metric *m, struct decimal *value)
{
	return m->kind == METRIC_CLASS ? metric_reckon(&g->facts, m->of, value)
				       : metric_binned(&g->facts, m, value);
}

static void append(struct gather *g, unsigned at, const struct standing *s)
{
	if (g->of[at].count == g->of[at].room) {
		size_t room = g->of[at].room ? 2 * g->of[at].room : ROOM_FIRST;
		struct standing *list =
		    realloc(g->of[at].list, room * sizeof *list);

		if (!list)
			abort();
		g->of[at].list = list;
		g->of[at].room = room;
	}
	g->of[at].list[g->of[at].count++] = *s;
}

static enum err take(void *ctx, struct walk_row *row)
{
	struct gather *g = ctx;
	struct facts *f = &g->facts;
	enum err err;

	if (row->record.header.flags & ROW_ARCHIVED)
		return ERR_OK;
	facts_turn(f, &row->record, row->arena);
	err = record_united(g->run.desk, f->record, &f->ledger);
	for (unsigned i = 0; !err && i < f->rules->metric_count; i++) {
		struct standing s = { .id = row->record.id };

		if (f->rules->metrics[i].of &&
		    takes_part(g, &f->rules->metrics[i], &s.value))
			append(g, i, &s);
	}
	return err;
}

/* --- cutting -------------------------------------------------------------*/

/* Lines from the best to the worst: the last of a class is its least. */
static void note(
    struct cuts *c, unsigned at, unsigned place, const struct decimal *value)
{
	for (; place < c->of[at].count; place++) {
		c->of[at].has[place] = true;
		c->of[at].least[place] = *value;
	}
}

static enum err cut_classes(const struct gather *g, unsigned at, struct cuts *c)
{
	const struct metric *m = &g->facts.rules->metrics[at];
	struct abc_scheme scheme = { .limit_count = m->limit_count,
		.border = m->below ? ABC_BELOW : ABC_INCL };
	size_t count = g->of[at].count;
	struct abc_line *lines = calloc(count + 1, sizeof *lines);
	struct decimal whole;
	enum err err;

	if (!lines)
		abort();
	memcpy(scheme.limits, m->limits, sizeof scheme.limits);
	for (size_t i = 0; i < count; i++) {
		lines[i].id = g->of[at].list[i].id;
		lines[i].value = g->of[at].list[i].value;
	}
	err = abc_classify(lines, count, &scheme, &whole);
	c->of[at].count = m->limit_count;
	for (size_t i = 0; !err && i < count; i++)
		note(c, at, lines[i].class_of, &lines[i].value);
	free(lines);
	return err;
}

static void cut_bins(const struct gather *g, unsigned at, struct cuts *c)
{
	const struct metric *m = &g->facts.rules->metrics[at];
	size_t count = g->of[at].count;
	struct rfm_line *lines = calloc(count + 1, sizeof *lines);

	if (!lines)
		abort();
	for (size_t i = 0; i < count; i++) {
		lines[i].id = g->of[at].list[i].id;
		lines[i].value[RFM_MONEY] = g->of[at].list[i].value;
	}
	rfm_score_axis(lines, count, m->bins, m->ties_high ? RFM_HIGH : RFM_LOW,
	    RFM_MONEY);
	c->of[at].count = m->bins - 1;
	for (size_t i = count; i; i--)
		note(c, at, m->bins - lines[i - 1].score[RFM_MONEY],
		    &lines[i - 1].value[RFM_MONEY]);
	free(lines);
}

static enum err cut_all(const struct gather *g, struct cuts *c)
{
	const struct book_rules *b = g->facts.rules;
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < b->metric_count; i++) {
		if (b->metrics[i].kind == METRIC_CLASS)
			err = cut_classes(g, i, c);
		else if (b->metrics[i].kind == METRIC_BIN)
			cut_bins(g, i, c);
	}
	return err;
}

enum err cuts_find(struct desk *d, const struct caller *who,
    const struct book_rules *b, struct cuts *out)
{
	int64_t now_ms = clock_now_ms(d->clock);
	struct gather g = {
		.run = { .desk = d, .who = who, .range = RELATION_ALL },
		.facts = { .rules = b, .today = desk_day(d, now_ms) }
	};
	enum err err;

	*out = (struct cuts){ .version = b->version, .at_ms = now_ms };
	err = rules_are_whole(b) ? walk_rows(&g.run, b->of, take, &g) : ERR_OK;
	if (!err)
		err = cut_all(&g, out);
	for (unsigned i = 0; i < b->metric_count; i++)
		free(g.of[i].list);
	return err;
}

/* --- kept ----------------------------------------------------------------*/

static void pack_metric(struct buf *out, const struct book_rules *b,
    const struct cuts *c, unsigned at)
{
	char text[DECIMAL_TEXT];

	pack_array(out, 2);
	pack_cstr(out, b->metrics[at].as->key);
	pack_array(out, c->of[at].count);
	for (unsigned i = 0; i < c->of[at].count; i++) {
		if (!c->of[at].has[i]) {
			pack_nil(out);
			continue;
		}
		decimal_format(&c->of[at].least[i], 0, text);
		pack_cstr(out, text);
	}
}

enum err cuts_put(struct plan *p, struct desk *d, const struct book_rules *b,
    const struct cuts *c)
{
	struct buf out;

	buf_init(&out, CUTS_BYTES);
	pack_array(&out, 3);
	pack_uint(&out, c->version);
	pack_int(&out, c->at_ms);
	pack_array(&out, b->metric_count);
	for (unsigned i = 0; i < b->metric_count; i++)
		pack_metric(&out, b, c, i);
	return sealed_row_put(
	    p, d->sealer, CUTS_ROW, TABLE_META, bytes_text(CUTS_ROW), &out);
}

static void read_metric(
    struct reader *in, const struct book_rules *b, struct cuts *c)
{
	uint32_t two = read_array(in);
	const struct field *f = entity_field(&b->seen, read_text(in));
	const struct metric *m = f ? book_metric(b, f) : NULL;
	size_t at = m ? (size_t)(m - b->metrics) : 0;
	uint32_t count = read_array(in);

	if (two != 2 || count > METRIC_CUTS)
		in->err = ERR_INVALID;
	for (uint32_t i = 0; i < count && !in->err; i++) {
		struct bytes text = BYTES_NONE;
		struct decimal least;

		if (reader_peek(in) == UNPACK_NIL)
			read_nil(in);
		else
			text = read_text(in);
		if (!m || !m->of)
			continue;
		c->of[at].count = count;
		c->of[at].has[i] =
		    text.len && !decimal_parse_stored(text, &least);
		if (c->of[at].has[i])
			c->of[at].least[i] = least;
	}
}

enum err cuts_load(struct desk *d, const struct book_rules *b, struct arena *a,
    struct cuts *out)
{
	struct bytes plain;
	struct reader in;
	struct row row;
	uint32_t left;
	enum err err =
	    snapshot_get(d->snapshot, TABLE_META, bytes_text(CUTS_ROW), &row);

	*out = (struct cuts){ .version = 0 };
	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	err = unseal_system(
	    d->sealer, CUTS_ROW, bytes_text(CUTS_ROW), row.value, a, &plain);
	if (err)
		return err;
	in = reader_of(plain);
	read_array(&in);
	out->version = (uint32_t)read_uint(&in);
	out->at_ms = read_int(&in);
	for (left = read_array(&in); left && !in.err; left--)
		read_metric(&in, b, out);
	if (in.err)
		log_error("the cuts of the last run of rules are broken");
	return in.err ? ERR_CORRUPT : ERR_OK;
}
