// SPDX-License-Identifier: MIT
/*
 * libyaml's document tree walked into packed bytes; see yaml.h.
 */
#include "client/yaml.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#include "common/pack.h"

#define DEPTH_MOST 15

struct walk {
	yaml_document_t *document;
	struct buf *out;
	unsigned depth;
	const yaml_node_t *bad;
	const char *why;
};

static void pack_scalar(struct buf *out, const yaml_node_t *n)
{
	const char *text = (const char *)n->data.scalar.value;
	struct bytes s = bytes_of(text, n->data.scalar.length);
	char *end;

	if (n->data.scalar.style != YAML_PLAIN_SCALAR_STYLE) {
		pack_text(out, s);
		return;
	}
	if (!s.len || bytes_is(s, "~") || bytes_is(s, "null")) {
		pack_nil(out);
		return;
	}
	if (bytes_is(s, "true") || bytes_is(s, "false")) {
		pack_bool(out, bytes_is(s, "true"));
		return;
	}
	errno = 0;
	long long v = strtoll(text, &end, 10);
	/* "007" is a code, not a number. */
	bool is_code = s.len > 1 && text[0] == '0';
	if (!*end && !errno && !is_code && text[0] != '+')
		pack_int(out, v);
	else
		pack_text(out, s);
}

static bool fail(struct walk *w, const yaml_node_t *n, const char *why)
{
	if (!w->bad) {
		w->bad = n;
		w->why = why;
	}
	return false;
}

static bool walk(struct walk *w, int index);

static bool walk_map(struct walk *w, const yaml_node_t *n)
{
	yaml_node_pair_t *at = n->data.mapping.pairs.start;
	yaml_node_pair_t *end = n->data.mapping.pairs.top;

	pack_map(w->out, (uint32_t)(end - at));
	for (; at < end; at++) {
		const yaml_node_t *key =
		    yaml_document_get_node(w->document, at->key);
		if (!key || key->type != YAML_SCALAR_NODE)
			return fail(w, n, "a key must be text");
		pack_text(w->out,
		    bytes_of(key->data.scalar.value, key->data.scalar.length));
		if (!walk(w, at->value))
			return false;
	}
	return true;
}

static bool walk_list(struct walk *w, const yaml_node_t *n)
{
	yaml_node_item_t *at = n->data.sequence.items.start;
	yaml_node_item_t *end = n->data.sequence.items.top;

	pack_array(w->out, (uint32_t)(end - at));
	for (; at < end; at++)
		if (!walk(w, *at))
			return false;
	return true;
}

static bool walk(struct walk *w, int index)
{
	const yaml_node_t *n = yaml_document_get_node(w->document, index);
	bool is_ok = true;

	if (!n || w->depth >= DEPTH_MOST)
		return fail(w, n, "nested too deep");
	w->depth++;
	if (n->type == YAML_SCALAR_NODE)
		pack_scalar(w->out, n);
	else if (n->type == YAML_MAPPING_NODE)
		is_ok = walk_map(w, n);
	else
		is_ok = walk_list(w, n);
	w->depth--;
	return is_ok;
}

/* A second pass over the events refuses what a file should not hold. */
static bool has_aliases(struct bytes text)
{
	yaml_parser_t parser;
	yaml_token_t token;
	bool found = false;
	bool end = false;

	if (!yaml_parser_initialize(&parser))
		return true;
	yaml_parser_set_input_string(&parser, text.data, text.len);
	while (!end && !found && yaml_parser_scan(&parser, &token)) {
		found = token.type == YAML_ALIAS_TOKEN ||
			token.type == YAML_ANCHOR_TOKEN;
		end = token.type == YAML_STREAM_END_TOKEN;
		yaml_token_delete(&token);
	}
	yaml_parser_delete(&parser);
	return found;
}

enum err yaml_read(
    struct bytes text, struct buf *packed, char *message, size_t message_size)
{
	yaml_parser_t parser;
	yaml_document_t document;

	if (has_aliases(text)) {
		snprintf(message, message_size, "anchors are not admitted");
		return ERR_INVALID;
	}
	if (!yaml_parser_initialize(&parser))
		return ERR_BUSY;
	yaml_parser_set_input_string(&parser, text.data, text.len);
	if (!yaml_parser_load(&parser, &document)) {
		snprintf(message, message_size, "line %zu, column %zu: %s",
		    parser.problem_mark.line + 1,
		    parser.problem_mark.column + 1,
		    parser.problem ? parser.problem : "not well formed");
		yaml_parser_delete(&parser);
		return ERR_INVALID;
	}
	struct walk w = { .document = &document, .out = packed };
	bool is_ok = yaml_document_get_root_node(&document) && walk(&w, 1);
	if (!is_ok)
		snprintf(message, message_size, "line %zu: %s",
		    w.bad ? w.bad->start_mark.line + 1 : 1,
		    w.why ? w.why : "the file is empty");
	yaml_document_delete(&document);
	yaml_parser_delete(&parser);
	return is_ok ? packed->err : ERR_INVALID;
}
