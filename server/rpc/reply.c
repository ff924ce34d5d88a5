// SPDX-License-Identifier: MIT
/*
 * Wording answers.  See reply.h.
 */
#include "server/rpc/reply.h"

#include "common/pack.h"

#define ANY_ITEM (-2)

static void pack_head(struct buf *out, uint64_t number)
{
	pack_array(out, 4);
	pack_int(out, 1);
	pack_uint(out, number);
}

void reply_result(uint64_t number, struct bytes result, struct buf *out)
{
	pack_head(out, number);
	pack_nil(out);
	pack_raw_or_nil(out, result);
}

static bool is_listed(const struct finding *f, enum severity severity, int item)
{
	if (item != ANY_ITEM && f->item != item)
		return false;
	/* What may be overridden refuses until it is. */
	return f->severity == severity ||
	       (severity == FINDING_ERROR && f->severity == FINDING_OVERRIDE);
}

static void pack_finding(struct buf *out, const struct finding *f)
{
	bool may_override = f->severity == FINDING_OVERRIDE;

	pack_map(out, 3u + (f->item >= 0) + may_override + (f->zh != NULL) +
			  (f->record != NULL));
	if (f->item >= 0)
		pack_key_int(out, "item", f->item);
	if (f->record)
		pack_key_cstr(out, "record", f->record);
	pack_key_cstr(out, "field", f->field);
	pack_key_cstr(out, "rule", f->rule);
	pack_key_cstr(out, "message", f->message);
	if (f->zh)
		pack_key_cstr(out, "message_zh", f->zh);
	if (may_override)
		pack_key_bool(out, "override", true);
}

void reply_pack_findings(struct buf *out, const struct findings *found,
    enum severity severity, int item)
{
	size_t mark = pack_array_open(out);
	uint32_t count = 0;

	for (const struct finding *f = found->first; f; f = f->next) {
		if (!is_listed(f, severity, item))
			continue;
		pack_finding(out, f);
		count++;
	}
	pack_array_close(out, mark, count);
}

static const struct finding *first_of(const struct findings *found, int item)
{
	const struct finding *f = found ? found->first : NULL;

	while (f && !is_listed(f, FINDING_ERROR, item))
		f = f->next;
	return f;
}

void reply_pack_error(struct buf *out, enum err err, struct bytes field,
    const char *rule, const struct findings *found, int item)
{
	bool is_told =
	    err == ERR_INVALID || err == ERR_DUPLICATE || err == ERR_CONFLICT;
	const struct finding *first = is_told ? first_of(found, item) : NULL;
	size_t mark = pack_map_open(out);
	uint32_t count = 2;

	if (first && !field.len)
		field = bytes_text(first->field);
	if (first && !rule)
		rule = first->rule;
	pack_key_cstr(out, "code", err_word(err));
	pack_key_cstr(out, "message", first ? first->message : err_text(err));
	if (field.len) {
		pack_key_text(out, "field", field);
		count++;
	}
	if (rule) {
		pack_key_cstr(out, "rule", rule);
		count++;
	}
	if (first) {
		pack_cstr(out, "errors");
		reply_pack_findings(out, found, FINDING_ERROR, item);
		count++;
	}
	pack_map_close(out, mark, count);
}

/* What time alone will mend: too many failures, or a used-up quota. */
static void pack_retry(struct buf *out, const struct request *r)
{
	bool is_quota = r->outcome == ERR_DENIED;

	pack_map(out, 3u + is_quota);
	pack_key_cstr(out, "code", err_word(r->outcome));
	pack_key_cstr(out, "message",
	    is_quota ? "today's quota does not reach for this"
		     : err_text(r->outcome));
	if (is_quota)
		pack_key_cstr(out, "rule", r->rule);
	pack_key_int(out, "retry_after_ms", r->retry_after_ms);
}

void reply_error(const struct request *r, struct buf *out)
{
	pack_head(out, r->number);
	if (r->outcome == ERR_LOCKED ||
	    (r->outcome == ERR_DENIED && r->retry_after_ms))
		pack_retry(out, r);
	else
		reply_pack_error(out, r->outcome, r->bad_field, r->rule,
		    &r->found, ANY_ITEM);
	pack_nil(out);
}

void reply_refusal(uint64_t number, enum err err, struct buf *out)
{
	pack_head(out, number);
	reply_pack_error(out, err, BYTES_NONE, NULL, NULL, ANY_ITEM);
	pack_nil(out);
}
