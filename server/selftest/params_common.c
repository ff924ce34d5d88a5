// SPDX-License-Identifier: MIT
/*
 * Parameters that many methods have: numbers, flags, tokens, words.
 */
#include "server/selftest/params.h"

#include <stdlib.h>

void put_nonsense(struct corpus *c, struct buf *out)
{
	switch (dice_below(&c->dice, 6)) {
	case 0:
		pack_nil(out);
		break;
	case 1:
		pack_int(out, (int64_t)dice_next(&c->dice));
		break;
	case 2:
		pack_bool(out, chance(c, 50));
		break;
	case 3:
		pack_array(out, 1);
		pack_cstr(out, "x");
		break;
	case 4:
		pack_map(out, 1);
		pack_key_cstr(out, "$gt", "");
		break;
	default:
		ANY(c, out, "", "****", "138****5678", "%", "A", "vip", "SH",
		    "reader", "maker", "2026-01-01", "\xe4\xb8\x8a", "0");
	}
}

static void put_after(struct corpus *c, struct buf *out)
{
	corpus_put_kept(c, KEPT_CURSOR, "AAAA", out);
}

static void put_version(struct corpus *c, struct buf *out)
{
	corpus_put_kept(c, KEPT_VERSION, "1", out);
}

static void put_confirm(struct corpus *c, struct buf *out)
{
	corpus_put_kept(
	    c, KEPT_CONFIRM, "000001a2062ee52bf3d823942ac526c1a477da4a", out);
}

static void put_number(struct corpus *c, struct buf *out)
{
	if (chance(c, 4))
		put_nonsense(c, out);
	else
		pack_int(out,
		    (int64_t)dice_below(&c->dice, 8) - 1 +
			(chance(c, 30) ? (int64_t)dice_below(&c->dice, 2000)
				       : 0));
}

/* Of a change that an answer told of. */
static void put_position(struct corpus *c, struct buf *out)
{
	const char *kept = corpus_kept(c, KEPT_POSITION);

	if (kept && chance(c, 90))
		pack_int(out, strtoll(kept, NULL, 10));
	else
		put_number(c, out);
}

static void put_flag(struct corpus *c, struct buf *out)
{
	if (chance(c, 4))
		put_nonsense(c, out);
	else
		pack_bool(out, chance(c, 60));
}

static void put_scope(struct corpus *c, struct buf *out)
{
	ANY(c, out, "own", "own", "pool", "branch", "all", "mine");
}

/* The made-up books begin on 2027-01-15 at 8. */
static void put_when(struct corpus *c, struct buf *out)
{
	ANY(c, out, "2027-01-14", "2027-01-15", "2027-01-16",
	    "2027-01-15T08:02:00.000Z", "2027-01-15T08:10:00.000Z",
	    "2027-01-15T09:00:00.000Z", "yesterday");
}

static void put_reason(struct corpus *c, struct buf *out)
{
	ANY(c, out, "试", "电话核实", "because");
}

static void put_source(struct corpus *c, struct buf *out)
{
	ANY(c, out, "form", "phone", "import", "nowhere");
}

static void put_request_id(struct corpus *c, struct buf *out)
{
	char *text = arena_format(c->arena, "r%u", dice_below(&c->dice, 12));

	pack_cstr(out, text);
}

static void put_override(struct corpus *c, struct buf *out)
{
	pack_array(out, 1);
	ANY(c, out, "uscc_missing", "uscc_check", "id_region", "nothing");
}

static void put_row(struct corpus *c, struct buf *out)
{
	char *text = arena_format(c->arena, "%064x", dice_below(&c->dice, 40));

	pack_cstr(out, text);
}

static void put_method(struct corpus *c, struct buf *out)
{
	pack_cstr(out,
	    method_at(dice_below(&c->dice, (unsigned)method_count()))->name);
}

const struct param params_common[] = {
	{ "after", put_after },
	{ "all", put_flag },
	{ "amount", put_number },
	{ "archived", put_flag },
	{ "at", put_when },
	{ "pending", put_flag },
	{ "atomic", put_flag },
	{ "brief", put_flag },
	{ "duplicates", put_flag },
	{ "marks", put_flag },
	{ "check", put_flag },
	{ "clear", put_flag },
	{ "client", put_reason },
	{ "confirm", put_confirm },
	{ "count", put_flag },
	{ "disabled", put_flag },
	{ "dry_run", put_flag },
	{ "from", put_number },
	{ "index", put_number },
	{ "keep", put_flag },
	{ "least", put_number },
	{ "limit", put_number },
	{ "meta", put_flag },
	{ "method", put_method },
	{ "minutes", put_number },
	{ "must_change", put_flag },
	{ "new_code", put_flag },
	{ "name", put_reason },
	{ "new", put_number },
	{ "old", put_number },
	{ "override", put_override },
	{ "position", put_position },
	{ "reason", put_reason },
	{ "redo", put_flag },
	{ "request_id", put_request_id },
	{ "row", put_row },
	{ "scope", put_scope },
	{ "source", put_source },
	{ "to", put_number },
	{ "version", put_version },
	{ NULL, NULL },
};
