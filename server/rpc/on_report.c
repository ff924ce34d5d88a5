// SPDX-License-Identifier: MIT
/*
 * report.*: which reports the caller may have, and running one, on a worker.
 */
#include "common/pack.h"
#include "server/book/report.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"
#include "server/rpc/replay.h"

static struct report_run run_of(struct request *r)
{
	return (struct report_run){ .desk = r->desk,
		.who = &r->caller,
		.arena = &r->arena,
		.found = &r->found,
		.today = desk_today(r->desk),
		.out = &r->out };
}

/* --- the list ------------------------------------------------------------*/

static void pack_words(struct buf *out, const char *const *words)
{
	size_t mark = pack_array_open(out);
	uint32_t count = 0;

	for (; words[count]; count++)
		pack_cstr(out, words[count]);
	pack_array_close(out, mark, count);
}

static void pack_offers(struct buf *out, const struct report_offers *offers)
{
	pack_map(out, offers->count);
	for (unsigned i = 0; i < offers->count; i++) {
		pack_cstr(out, offers->of[i].param);
		pack_words(out, offers->of[i].words);
	}
}

static void pack_params(struct buf *out, const char *words)
{
	size_t mark = pack_array_open(out);
	uint32_t count = 0;

	for (; *words; count++) {
		size_t len = strcspn(words, " ");

		pack_text(out, bytes_of(words, len));
		words += len + 1;
	}
	pack_array_close(out, mark, count);
}

void report_pack_asks(const struct report *report,
    const struct report_offers *offers, struct buf *out)
{
	pack_cstr(out, "params");
	pack_params(out, report->params);
	pack_cstr(out, "words");
	pack_offers(out, offers);
}

static void pack_report(struct buf *out, const struct report *report,
    const struct report_offers *offers)
{
	pack_map(out, 7);
	pack_key_cstr(out, "name", report->name);
	pack_key_cstr(out, "zh", report->label.zh);
	pack_key_cstr(out, "en", report->label.en);
	report_pack_asks(report, offers, out);
	pack_key_cstr(out, "about_zh", report->about.zh);
	pack_key_cstr(out, "about_en", report->about.en);
}

const struct report *request_report(
    struct request *r, size_t *at, struct report_offers *offers)
{
	struct report_run run = run_of(r);

	run.only_asks = true;
	run.offers = offers;
	while (*at < report_count()) {
		const struct report *report = report_at((*at)++);

		if (offers)
			offers->count = 0;
		if (report->run(&run) == ERR_OK)
			return report;
	}
	return NULL;
}

enum err on_report_list(struct request *r)
{
	struct report_offers offers;
	const struct report *report;
	size_t mark, at = 0;
	uint32_t count = 0;

	pack_map(&r->out, 1);
	pack_cstr(&r->out, "rows");
	mark = pack_array_open(&r->out);
	for (; (report = request_report(r, &at, &offers)) != NULL; count++)
		pack_report(&r->out, report, &offers);
	pack_array_close(&r->out, mark, count);
	return ERR_OK;
}

/* --- running -------------------------------------------------------------*/

static enum err read_params(
    struct request *r, const struct report *report, struct pairs *out)
{
	struct bytes map = param_raw(r, "params");

	*out = (struct pairs){ .count = 0 };
	if (!map.len)
		return ERR_OK;
	if (unpack_pairs(map, out))
		return request_refuse(r, "params", "type",
		    "params is a map of the report's parameters");
	for (unsigned i = 0; i < out->count; i++) {
		if (param_is_known(report->params, out->keys[i]))
			continue;
		r->bad_field = out->keys[i];
		r->rule = "parameter";
		return ERR_INVALID;
	}
	return ERR_OK;
}

/* Is it in his list?  Asked without parameters, it tells of his rights. */
static bool is_offered(struct request *r, const struct report *report)
{
	struct report_run run = run_of(r);

	run.only_asks = true;
	return report->run(&run) != ERR_UNKNOWN;
}

/* Whoever names his request wants it found in the log: a page that is handed
 * on tells where it came from. */
static enum err note_asked(struct request *r, const struct report *report)
{
	const char *id;
	enum err err = replay_id(r, &id);

	if (err || !id)
		return err;
	r->draft.clear = report->name;
	r->must_log = true;
	return ERR_OK;
}

enum err on_report_run(struct request *r)
{
	struct bytes name = param_text(r, "name");
	const struct report *report = report_find(name);
	struct report_run run = run_of(r);
	enum err err = param_error(r);

	/* What it would need and he may not know of is not named. */
	if (!err && (!report || !is_offered(r, report))) {
		r->bad_field = bytes_text("name");
		err = ERR_UNKNOWN;
	}
	if (!err)
		err = read_params(r, report, &run.params);
	if (!err)
		err = note_asked(r, report);
	if (err)
		return err;
	err = report->run(&run);
	r->bad_field = run.bad_field;
	r->draft.records = run.touched;
	r->draft.record_count = run.touched_count;
	r->must_log |= run.touched_count > 0;
	return err;
}
