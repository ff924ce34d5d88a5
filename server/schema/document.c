// SPDX-License-Identifier: MIT
/*
 * YAML text to one packed document; libyaml is seen here alone.
 *
 * Only what a schema needs of YAML: maps with text keys, lists, and scalars.
 * Anchors, aliases and tags are refused, so what is read is what stands
 * there.  A plain scalar is an integer or true or false if it looks exactly
 * like one, otherwise text (so `no`, `1.5` and 2026-12-01 stay text); a
 * quoted one is always text.  Depth, nodes and bytes are bounded.
 */
#include "common/pack.h"
#include "server/schema/schema.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <yaml.h>

#define DOCUMENT_BYTES (512 * 1024)
#define DOCUMENT_DEPTH 16
#define DOCUMENT_NODES 60000
#define MAP_KEYS       512

struct loader {
	yaml_parser_t yaml;
	yaml_event_t event;
	bool has_event;
	struct buf *out;
	char *message;
	size_t message_size;
	unsigned depth;
	unsigned nodes;
	enum err err;
};

/* Where the keys of the map at hand lie in the output. */
struct keys {
	size_t at[MAP_KEYS];
	size_t len[MAP_KEYS];
	unsigned count;
};

static void node(struct loader *l);

static void __attribute__((format(printf, 3, 4)))
refuse(struct loader *l, yaml_mark_t mark, const char *format, ...)
{
	char why[160];
	va_list args;

	if (l->err != ERR_OK)
		return;
	va_start(args, format);
	vsnprintf(why, sizeof why, format, args);
	va_end(args);
	snprintf(l->message, l->message_size, "line %zu, column %zu: %s",
	    mark.line + 1, mark.column + 1, why);
	l->err = ERR_INVALID;
}

/* The next event is in l->event unless l->err is set. */
static void advance(struct loader *l)
{
	if (l->has_event)
		yaml_event_delete(&l->event);
	l->has_event = false;
	if (l->err != ERR_OK)
		return;
	if (yaml_parser_parse(&l->yaml, &l->event)) {
		l->has_event = true;
		return;
	}
	refuse(l, l->yaml.problem_mark, "this is no YAML: %s",
	    l->yaml.problem ? l->yaml.problem : "unreadable");
}

static bool is_integer(struct bytes s)
{
	if (s.len && *s.data == '-')
		s = bytes_of(s.data + 1, s.len - 1);
	if (s.len == 0 || s.len > 18 || (s.data[0] == '0' && s.len > 1))
		return false;
	for (size_t i = 0; i < s.len; i++)
		if (s.data[i] < '0' || s.data[i] > '9')
			return false;
	return true;
}

static struct bytes scalar_text(const yaml_event_t *e)
{
	return bytes_of(e->data.scalar.value, e->data.scalar.length);
}

static void scalar(struct loader *l)
{
	struct bytes text = scalar_text(&l->event);
	bool plain = l->event.data.scalar.style == YAML_PLAIN_SCALAR_STYLE;

	if (plain && (text.len == 0 || bytes_is(text, "~")))
		refuse(l, l->event.start_mark, "a value is missing");
	else if (plain && bytes_is(text, "true"))
		pack_bool(l->out, true);
	else if (plain && bytes_is(text, "false"))
		pack_bool(l->out, false);
	else if (plain && is_integer(text))
		/* libyaml ends every scalar with a NUL */
		pack_int(l->out, strtoll((const char *)text.data, NULL, 10));
	else
		pack_text(l->out, text);
}

static bool is_used(
    const struct loader *l, const struct keys *k, struct bytes key)
{
	struct bytes all = buf_bytes(l->out);
	for (unsigned i = 0; i < k->count; i++)
		if (bytes_equal(key, bytes_of(all.data + k->at[i], k->len[i])))
			return true;
	return false;
}

static void map_key(struct loader *l, struct keys *k)
{
	yaml_mark_t mark = l->event.start_mark;
	struct bytes key;

	if (l->event.type != YAML_SCALAR_EVENT || l->event.data.scalar.anchor ||
	    l->event.data.scalar.tag) {
		refuse(l, mark, "a key must be plain text");
		return;
	}
	key = scalar_text(&l->event);
	if (k->count == MAP_KEYS) {
		refuse(l, mark, "more than %d keys", MAP_KEYS);
		return;
	}
	if (is_used(l, k, key)) {
		refuse(l, mark, "the key %.60s stands here twice",
		    (const char *)key.data);
		return;
	}
	pack_text(l->out, key);
	k->at[k->count] = buf_bytes(l->out).len - key.len;
	k->len[k->count] = key.len;
	k->count++;
}

static void map(struct loader *l)
{
	size_t mark = pack_map_open(l->out);
	struct keys *k = calloc(1, sizeof *k);

	if (!k)
		abort();
	for (advance(l);
	     l->err == ERR_OK && l->event.type != YAML_MAPPING_END_EVENT;
	     advance(l)) {
		map_key(l, k);
		advance(l);
		node(l);
	}
	pack_map_close(l->out, mark, k->count);
	free(k);
}

static void list(struct loader *l)
{
	size_t mark = pack_array_open(l->out);
	uint32_t count = 0;

	for (advance(l);
	     l->err == ERR_OK && l->event.type != YAML_SEQUENCE_END_EVENT;
	     advance(l)) {
		node(l);
		count++;
	}
	pack_array_close(l->out, mark, count);
}

static bool is_decorated(const yaml_event_t *e)
{
	switch (e->type) {
	case YAML_SCALAR_EVENT:
		return e->data.scalar.anchor || e->data.scalar.tag;
	case YAML_SEQUENCE_START_EVENT:
		return e->data.sequence_start.anchor ||
		       e->data.sequence_start.tag;
	case YAML_MAPPING_START_EVENT:
		return e->data.mapping_start.anchor ||
		       e->data.mapping_start.tag;
	default:
		return true; /* an alias */
	}
}

/* Reads the node that begins with the event at hand, up to its last event. */
static void node(struct loader *l)
{
	if (l->err != ERR_OK)
		return;
	if (is_decorated(&l->event))
		refuse(l, l->event.start_mark,
		    "anchors, aliases and tags are not taken here");
	else if (l->depth == DOCUMENT_DEPTH || ++l->nodes > DOCUMENT_NODES)
		refuse(l, l->event.start_mark, "too deep or too long");
	if (l->err != ERR_OK)
		return;
	l->depth++;
	if (l->event.type == YAML_SCALAR_EVENT)
		scalar(l);
	else if (l->event.type == YAML_SEQUENCE_START_EVENT)
		list(l);
	else
		map(l);
	l->depth--;
}

static void need(struct loader *l, yaml_event_type_t type, const char *what)
{
	advance(l);
	if (l->err == ERR_OK && l->event.type != type)
		refuse(l, l->event.start_mark, "%s", what);
}

enum err document_parse(
    struct bytes yaml, struct buf *document, char *message, size_t message_size)
{
	struct loader l = { .out = document,
		.message = message,
		.message_size = message_size };

	if (yaml.len > DOCUMENT_BYTES) {
		snprintf(message, message_size, "larger than %d KiB",
		    DOCUMENT_BYTES / 1024);
		return ERR_TOO_LARGE;
	}
	if (!yaml_parser_initialize(&l.yaml))
		abort();
	yaml_parser_set_encoding(&l.yaml, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(
	    &l.yaml, yaml.len ? yaml.data : (const uint8_t *)"", yaml.len);
	need(&l, YAML_STREAM_START_EVENT, "no YAML");
	need(&l, YAML_DOCUMENT_START_EVENT, "the file is empty");
	need(&l, YAML_MAPPING_START_EVENT, "a map is expected here");
	node(&l);
	need(&l, YAML_DOCUMENT_END_EVENT, "one document, nothing after it");
	need(&l, YAML_STREAM_END_EVENT, "one document, nothing after it");
	if (l.has_event)
		yaml_event_delete(&l.event);
	yaml_parser_delete(&l.yaml);
	if (l.err == ERR_OK && document->err != ERR_OK)
		snprintf(message, message_size, "the document is too large");
	return l.err != ERR_OK ? l.err : document->err;
}
