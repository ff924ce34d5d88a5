// SPDX-License-Identifier: MIT
/*
 * rule.*: the rules of business, looked at, tried, explained, applied, run.
 *
 * They lie in the schema document (schema/book_rules.h) and are changed as
 * roles are: another document is tried out beside the present one, and
 * planned.  The version that was is kept.
 */
#include "common/pack.h"
#include "server/access/sealed_row.h"
#include "server/book/rule_explain.h"
#include "server/book/rule_moves.h"
#include "server/data/refs.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"
#include "server/rpc/proposal.h"
#include "server/rpc/rule_run.h"

#define SECTION_SEAL "rules"
#define LIMIT_USUAL  100
#define LIMIT_MOST   1000
#define NOTE_MOST    1000

/* --- looking -------------------------------------------------------------*/

static enum err need_rules(struct request *r, const struct book_rules **out)
{
	*out = directory_schema(r->desk->directory)->rules;
	if (*out)
		return ERR_OK;
	r->bad_field = bytes_text("rules");
	return ERR_NOT_FOUND;
}

static bool may_edit(const struct request *r)
{
	return view_rights(r->caller.view, 0) & RIGHT_RULES;
}

static void copy_key(struct buf *out, struct bytes rule, const char *key)
{
	struct bytes value = unpack_lookup(rule, key);

	pack_cstr(out, key);
	pack_raw_or_nil(out, value);
}

static void pack_rule(
    struct request *r, const struct book_rule *rule, struct bytes stated)
{
	pack_map(&r->out, 8);
	pack_key_cstr(&r->out, "rule", rule->key);
	pack_key_cstr(&r->out, "zh", rule->label.zh);
	pack_key_cstr(&r->out, "en", rule->label.en);
	pack_key_cstr(&r->out, "field", rule->target->key);
	pack_cstr(&r->out, "value");
	pack_raw(&r->out, rule->value);
	copy_key(&r->out, stated, "when");
	pack_key_bool(&r->out, "on", !rule->is_off);
	pack_key_bool(&r->out, "by_run", rule->is_whole);
}

/* Whoever may not change them is told of those that look at nothing that he
 * may not know of. */
static void pack_list(
    struct request *r, const struct book_rules *b, struct bytes section)
{
	struct reader in = reader_of(unpack_lookup(section, "list"));
	size_t mark;
	uint32_t count = 0;

	read_array(&in);
	pack_cstr(&r->out, "rows");
	mark = pack_array_open(&r->out);
	for (unsigned i = 0; i < b->count; i++) {
		const struct book_rule *rule = &b->list[i];
		struct bytes stated = read_raw(&in);

		if (!may_edit(r) &&
		    !rules_knows(r->caller.view, b, rule->target, rule->when))
			continue;
		pack_rule(r, rule, stated);
		count++;
	}
	pack_array_close(&r->out, mark, count);
}

/* One that was: only for who may put it back. */
static enum err show_version(struct request *r, uint32_t version)
{
	char key[PROPOSAL_KEY];
	struct bytes section;
	struct row row;
	enum err err;

	if (!may_edit(r))
		return ERR_NOT_FOUND;
	proposal_key(version, key);
	err =
	    snapshot_get(r->desk->snapshot, TABLE_META, bytes_text(key), &row);
	if (!err)
		err = unseal_system(r->desk->sealer, SECTION_SEAL,
		    bytes_text(key), row.value, &r->arena, &section);
	if (err)
		return err;
	pack_map(&r->out, 2);
	pack_key_int(&r->out, "version", version);
	pack_cstr(&r->out, "document");
	pack_raw(&r->out, section);
	return ERR_OK;
}

enum err on_rule_list(struct request *r)
{
	const struct schema *s = directory_schema(r->desk->directory);
	struct bytes section = unpack_lookup(s->document, BOOK_SECTION);
	const struct book_rules *b;
	int64_t version;
	enum err err = need_rules(r, &b);

	if (err)
		return err;
	version = param_int(r, "version", b->version);
	if (param_error(r))
		return param_error(r);
	if (version < 1 || version > b->version)
		return ERR_NOT_FOUND;
	if (version != b->version)
		return show_version(r, (uint32_t)version);
	pack_map(&r->out, 2u + may_edit(r));
	pack_key_int(&r->out, "version", version);
	pack_list(r, b, section);
	if (may_edit(r)) {
		pack_cstr(&r->out, "document");
		pack_raw(&r->out, section);
	}
	return ERR_OK;
}

/* --- explaining ----------------------------------------------------------*/

static enum err need_record(struct request *r, struct explaining *e)
{
	struct bytes id = param_text(r, "id");
	const struct view_entity *ve;
	const struct book_rules *b = NULL;
	unsigned relations;
	enum err err = param_error(r) ? param_error(r) : need_rules(r, &b);

	if (!err)
		err = request_entity_of(r, b->of->key, &ve);
	if (err)
		return err;
	*e = (struct explaining){ .desk = r->desk,
		.who = &r->caller,
		.arena = &r->arena,
		.out = &r->out };
	err = request_record(r, ve, id, &e->record);
	if (!err)
		err = record_relations(
		    r->desk, &r->caller, e->record, &relations);
	return err ? err : record_open(r->desk, e->record);
}

enum err on_rule_explain(struct request *r)
{
	struct explaining e;
	enum err err = need_record(r, &e);

	if (!err)
		err = rules_explain(&e);
	return err ? err : request_note_read(r, e.record, &e.shown);
}

enum err on_customer_policy(struct request *r)
{
	struct explaining e;
	enum err err = need_record(r, &e);

	return err ? err : policy_explain(&e);
}

/* --- simulating ----------------------------------------------------------*/

static enum err run_of(
    struct request *r, const struct caller *who, struct report_run *run)
{
	int64_t limit = param_int(r, "limit", LIMIT_USUAL);
	struct bytes scope = param_raw(r, "scope");

	if (param_error(r))
		return param_error(r);
	*run = (struct report_run){ .desk = r->desk,
		.who = who,
		.arena = &r->arena,
		.found = &r->found,
		.limit = limit < 1            ? 1
			 : limit > LIMIT_MOST ? LIMIT_MOST
					      : (unsigned)limit,
		.out = &r->out };
	if (scope.len) {
		run->params.count = 1;
		run->params.keys[0] = bytes_text("scope");
		run->params.values[0] = scope;
	}
	return ERR_OK;
}

static enum err simulate(
    struct request *r, const struct caller *who, const struct book_rules *b)
{
	struct report_run run;
	enum err err = run_of(r, who, &run);

	if (err)
		return err;
	err = rules_simulate(&run, b);
	/* What a rule looks at and he may not know of is not named. */
	r->bad_field = err == ERR_UNKNOWN ? bytes_text("rule") : run.bad_field;
	if (err || !b->weigh_count)
		return err;
	/* Who moves tells of what was weighed: a read of many. */
	r->must_log = true;
	r->draft.clear = "weighs sealed values";
	return ERR_OK;
}

/* Whoever makes no rules is not told what is wrong with one: a field that is
 * hidden from him is none. */
static enum err not_told(struct request *r, enum err err)
{
	if ((err != ERR_INVALID && err != ERR_UNKNOWN) ||
	    view_rights(r->caller.view, RELATION_ALL) & RIGHT_RULES)
		return err;
	findings_init(&r->found, &r->arena);
	r->rule = NULL;
	r->bad_field = bytes_text("rule");
	return ERR_UNKNOWN;
}

/* Rules that are not in force are resolved in a schema of their own, and so
 * is what the caller may know. */
static enum err simulate_proposal(struct request *r)
{
	struct caller who = r->caller;
	struct proposal p;
	enum err err;

	proposal_init(r, &p);
	err = proposal_read(r, &p);
	if (!err)
		err = proposal_try_alone(r, &p);
	if (!err)
		err = directory_view_bound(
		    p.then, r->effective.roles, r->effective.bound, &who.view);
	if (!err)
		err = simulate(r, &who, directory_schema(p.then)->rules);
	proposal_release(&p);
	return not_told(r, err);
}

enum err on_rule_simulate(struct request *r)
{
	const struct book_rules *b;
	enum err err;

	if (param_raw(r, "document").len || param_raw(r, "rule").len ||
	    param_raw(r, "remove").len)
		return simulate_proposal(r);
	err = need_rules(r, &b);
	return err ? err : simulate(r, &r->caller, b);
}

/* --- applying ------------------------------------------------------------*/

/* "version 4", and what it tells to whom it was not told. */
static const char *note(struct request *r, const struct proposal *p)
{
	const struct schema *s = directory_schema(p->first);
	struct buf text;
	const char *note;

	buf_init(&text, NOTE_MOST);
	for (size_t i = 0; i < p->wider_count; i++) {
		buf_append_text(&text, i ? ", " : "; declassified: ");
		buf_append_text(&text, s->classes[p->wider[i].class_of]);
		buf_append_text(&text, " in ");
		buf_append_text(&text, p->wider[i].target->key);
	}
	note = arena_format(&r->arena, "version %u%.*s", p->version,
	    (int)buf_bytes(&text).len, (const char *)buf_bytes(&text).data);
	buf_release(&text);
	return note;
}

static enum err keep_present(struct request *r, const struct proposal *p)
{
	struct plan *plan = request_directory_plan(r);
	char key[PROPOSAL_KEY];
	struct buf section;

	if (!plan)
		return ERR_TOO_LARGE;
	if (!p->present.len)
		return ERR_OK;
	proposal_key(p->version - 1, key);
	buf_init(&section, STORE_VALUE);
	buf_append_bytes(&section, p->present);
	return sealed_row_put(plan, r->desk->sealer, SECTION_SEAL, TABLE_META,
	    bytes_text(key), &section);
}

static enum err plan_rules(struct request *r, const struct proposal *p)
{
	enum err err = keep_present(r, p);

	return err ? err
		   : request_plan_document(r, buf_bytes(&p->document),
			 directory_schema(r->desk->directory)->version,
			 note(r, p));
}

static enum err apply(struct request *r, struct proposal *p)
{
	bool dry_run = param_bool(r, "dry_run");
	bool declassify = param_bool(r, "declassify");
	enum err err = param_error(r);

	if (!err)
		err = proposal_read(r, p);
	if (!err)
		err = proposal_try(r, p, declassify);
	if (!err && !dry_run)
		err = plan_rules(r, p);
	if (err)
		return err;
	pack_map(&r->out, 3);
	pack_key_int(&r->out, "version", p->version);
	pack_cstr(&r->out, "changes");
	proposal_pack_changes(p, &r->out);
	pack_cstr(&r->out, "declassified");
	proposal_pack_wider(p, &r->out);
	return r->out.err;
}

enum err on_rule_apply(struct request *r)
{
	struct proposal p;
	enum err err;

	proposal_init(r, &p);
	err = apply(r, &p);
	proposal_release(&p);
	return err;
}

/* --- running -------------------------------------------------------------*/

/* How many moved is for who may look: an answer to who may not would tell him
 * of customers by rules that he makes up. */
enum err on_rule_run(struct request *r)
{
	const struct book_rules *b;
	struct draft draft = r->draft;
	size_t moved;
	enum err err = need_rules(r, &b);

	if (err)
		return err;
	err = rule_run(r->desk, &r->caller, &draft, &moved);
	if (err)
		return err;
	r->must_log = true;
	r->draft.clear =
	    request_note(r, arena_format(&r->arena, "version %u", b->version));
	pack_map(&r->out, 1);
	pack_key_int(&r->out, "version", b->version);
	return param_error(r);
}
