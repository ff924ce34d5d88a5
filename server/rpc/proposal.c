// SPDX-License-Identifier: MIT
/*
 * See proposal.h.
 */
#include "server/rpc/proposal.h"

#include <stdio.h>

#include "common/pack.h"
#include "server/access/role_document.h"
#include "server/schema/book_rules.h"
#include "server/schema/evolve.h"

#define MESSAGE_TEXT 300
#define LIST         "list"

static const char *const unasked[] = { "version", "declassified" };
static const char *const parts[] = { "metrics", "attributes", "policies",
	"pool" };

#define COUNT(list) (sizeof list / sizeof *list)

void proposal_key(uint32_t version, char out[static PROPOSAL_KEY])
{
	snprintf(out, PROPOSAL_KEY, "rules/%010u", version);
}

void proposal_init(struct request *r, struct proposal *p)
{
	const struct schema *s = directory_schema(r->desk->directory);

	*p = (struct proposal){
		.present = unpack_lookup(s->document, BOOK_SECTION),
		.version = s->rules ? s->rules->version + 1 : 1,
	};
	buf_init(&p->given, STORE_VALUE);
	buf_init(&p->section, STORE_VALUE);
	buf_init(&p->document, STORE_VALUE);
}

void proposal_release(struct proposal *p)
{
	if (p->then != p->first)
		directory_free(p->then);
	directory_free(p->first);
	buf_release(&p->document);
	buf_release(&p->section);
	buf_release(&p->given);
}

/* --- what is asked for ---------------------------------------------------*/

static bool is_key(struct bytes rule, struct bytes key)
{
	struct reader in = reader_of(unpack_lookup(rule, "key"));

	return in.at && bytes_equal(read_text(&in), key);
}

/* The list with the rule in its place or at the end; none: without it. */
static bool replace_rule(
    struct bytes list, struct bytes key, struct bytes rule, struct buf *out)
{
	struct reader in = reader_of(list);
	uint32_t left = list.len ? read_array(&in) : 0, count = 0;
	size_t mark = pack_array_open(out);
	bool found = false;

	for (; left && !in.err; left--) {
		struct bytes one = read_raw(&in);
		bool is_it = is_key(one, key);

		found |= is_it;
		if (is_it && !rule.len)
			continue;
		pack_raw(out, is_it ? rule : one);
		count++;
	}
	if (!found && rule.len)
		pack_raw(out, rule);
	pack_array_close(out, mark, count + (!found && rule.len));
	return found;
}

static enum err edit_one(
    struct request *r, struct proposal *p, struct bytes key, struct bytes rule)
{
	struct buf list;
	bool found;

	if (!p->present.len)
		return request_refuse(r, "rule", "rules",
		    "there are no rules yet: apply a document");
	buf_init(&list, STORE_VALUE);
	found = replace_rule(unpack_lookup(p->present, LIST), key, rule, &list);
	section_replace(p->present, LIST, buf_bytes(&list), &p->given);
	if (list.err && !p->given.err)
		p->given.err = list.err;
	buf_release(&list);
	return !found && !rule.len ? ERR_NOT_FOUND : p->given.err;
}

static enum err read_whole(
    struct request *r, struct proposal *p, struct bytes value)
{
	struct reader in = reader_of(value);
	char message[MESSAGE_TEXT];
	enum err err = ERR_OK;

	if (reader_peek(&in) == UNPACK_TEXT)
		err = document_parse(
		    read_text(&in), &p->given, message, sizeof message);
	else if (reader_peek(&in) == UNPACK_MAP)
		buf_append_bytes(&p->given, value);
	else
		return request_refuse(r, "document", "type",
		    "document is the section, as a map or as text");
	return err == ERR_INVALID
		   ? request_refuse(r, "document", "rules", message)
	       : err ? err
		     : p->given.err;
}

enum err proposal_read(struct request *r, struct proposal *p)
{
	struct bytes document = param_raw(r, "document");
	struct bytes rule = param_raw(r, "rule");
	struct bytes gone = param_text(r, "remove");
	struct reader in = reader_of(unpack_lookup(rule, "key"));

	if (param_error(r))
		return param_error(r);
	if ((document.len > 0) + (rule.len > 0) + (gone.len > 0) != 1)
		return request_refuse(r, "document", "required",
		    "give one of document, rule and remove");
	if (document.len)
		return read_whole(r, p, document);
	if (gone.len)
		return edit_one(r, p, gone, BYTES_NONE);
	if (!in.at || reader_peek(&in) != UNPACK_TEXT)
		return request_refuse(
		    r, "rule", "type", "rule is a map with key, label and set");
	return edit_one(r, p, read_text(&in), rule);
}

/* --- trying --------------------------------------------------------------*/

static bool is_unasked(struct bytes key)
{
	for (unsigned i = 0; i < COUNT(unasked); i++)
		if (bytes_is(key, unasked[i]))
			return true;
	return false;
}

static void pack_pair(struct buf *out, const char *field, const char *class)
{
	pack_array(out, 2);
	pack_cstr(out, field);
	pack_cstr(out, class);
}

/* The present pairs, and those that this proposal adds. */
static void pack_declassified(
    const struct schema *s, const struct proposal *p, struct buf *out)
{
	const struct book_rules *b = s->rules;
	unsigned kept = b ? b->declassified_count : 0;

	pack_cstr(out, "declassified");
	pack_array(out, kept + (uint32_t)p->wider_count);
	for (unsigned i = 0; i < kept; i++)
		pack_pair(out, b->declassified[i].target->key,
		    s->classes[b->declassified[i].class_of]);
	for (size_t i = 0; i < p->wider_count; i++)
		pack_pair(out, p->wider[i].target->key,
		    s->classes[p->wider[i].class_of]);
}

static enum err build(struct request *r, struct proposal *p)
{
	const struct schema *s = directory_schema(r->desk->directory);
	struct reader in = reader_of(buf_bytes(&p->given));
	uint32_t left = read_map(&in), count = 2;
	size_t mark;

	buf_reset(&p->section);
	buf_reset(&p->document);
	mark = pack_map_open(&p->section);
	for (; left && !in.err; left--) {
		struct bytes key = read_text(&in), value = read_raw(&in);

		if (is_unasked(key))
			continue;
		pack_text(&p->section, key);
		pack_raw(&p->section, value);
		count++;
	}
	pack_key_int(&p->section, "version", p->version);
	pack_declassified(s, p, &p->section);
	pack_map_close(&p->section, mark, count);
	section_replace(
	    s->document, BOOK_SECTION, buf_bytes(&p->section), &p->document);
	return p->section.err ? p->section.err : p->document.err;
}

static enum err try_once(
    struct request *r, struct proposal *p, struct directory **then)
{
	enum err err = build(r, p);

	return err ? err
		   : request_try_document(r, buf_bytes(&p->document),
			 directory_schema(r->desk->directory)->version,
			 "document", "rules", then);
}

static enum err refuse_wider(struct request *r, const struct proposal *p)
{
	const struct schema *s = directory_schema(p->first);

	for (size_t i = 0; i < p->wider_count; i++)
		findings_add(&r->found, FINDING_ERROR, p->wider[i].target->key,
		    "declassify",
		    "it would tell of %s.%s (class %s) to readers who do not "
		    "read it: say declassify and why",
		    p->wider[i].input->entity->key, p->wider[i].input->key,
		    s->classes[p->wider[i].class_of]);
	return ERR_INVALID;
}

enum err proposal_try_alone(struct request *r, struct proposal *p)
{
	enum err err = try_once(r, p, &p->first);

	p->then = p->first;
	return err;
}

static enum err check_maker(struct request *r, struct proposal *p)
{
	const struct view *view;
	enum err err = directory_view(p->first, r->effective.roles, &view);

	if (err || !rules_tell_maker(view, directory_schema(p->first)->rules))
		return err;
	r->rule = "self";
	return ERR_DENIED;
}

enum err proposal_try(struct request *r, struct proposal *p, bool declassify)
{
	struct bytes reason = param_text(r, "reason");
	enum err err = proposal_try_alone(r, p);

	if (!err)
		err = check_maker(r, p);
	if (!err)
		err = rules_find_wider(
		    p->first, &r->arena, &p->wider, &p->wider_count);
	if (err || !p->wider_count)
		return err;
	if (!declassify)
		return refuse_wider(r, p);
	if (!reason.len)
		return request_refuse(r, "reason", "reason_required",
		    "to declassify needs a reason");
	return try_once(r, p, &p->then);
}

/* --- what it would change ------------------------------------------------*/

static struct bytes find_rule(struct bytes section, struct bytes key)
{
	struct reader in = reader_of(unpack_lookup(section, LIST));
	uint32_t left = in.at ? read_array(&in) : 0;

	for (; left && !in.err; left--) {
		struct bytes one = read_raw(&in);

		if (is_key(one, key))
			return one;
	}
	return BYTES_NONE;
}

static void pack_change(struct buf *out, const char *what, struct bytes key,
    const char *change, uint32_t *count)
{
	pack_map(out, 2);
	pack_key_text(out, what, key);
	pack_key_cstr(out, "change", change);
	++*count;
}

/* Rules of one section that the other has not, or has otherwise. */
static void pack_differing(struct bytes from, struct bytes other,
    const char *missing, const char *differs, struct buf *out, uint32_t *count)
{
	struct reader in = reader_of(unpack_lookup(from, LIST));
	uint32_t left = in.at ? read_array(&in) : 0;

	for (; left && !in.err; left--) {
		struct bytes one = read_raw(&in);
		struct reader key = reader_of(unpack_lookup(one, "key"));
		struct bytes name = read_text(&key);
		struct bytes there = find_rule(other, name);

		if (!there.len)
			pack_change(out, "rule", name, missing, count);
		else if (differs && !schema_is_same(one, there))
			pack_change(out, "rule", name, differs, count);
	}
}

void proposal_pack_changes(const struct proposal *p, struct buf *out)
{
	struct bytes now = buf_bytes(&p->section);
	size_t mark = pack_array_open(out);
	uint32_t count = 0;

	pack_differing(now, p->present, "new", "changed", out, &count);
	pack_differing(p->present, now, "removed", NULL, out, &count);
	for (unsigned i = 0; i < COUNT(parts); i++)
		if (!schema_is_same(unpack_lookup(now, parts[i]),
			unpack_lookup(p->present, parts[i])))
			pack_change(out, "part", bytes_text(parts[i]),
			    "changed", &count);
	pack_array_close(out, mark, count);
}

void proposal_pack_wider(const struct proposal *p, struct buf *out)
{
	const struct schema *s = directory_schema(p->first);

	pack_array(out, (uint32_t)p->wider_count);
	for (size_t i = 0; i < p->wider_count; i++) {
		const struct wider *w = &p->wider[i];
		char input[128];

		snprintf(input, sizeof input, "%s.%s", w->input->entity->key,
		    w->input->key);
		pack_map(out, 3);
		pack_key_cstr(out, "field", w->target->key);
		pack_key_cstr(out, "input", input);
		pack_key_cstr(out, "class", s->classes[w->class_of]);
	}
}
