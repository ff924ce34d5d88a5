// SPDX-License-Identifier: MIT
/*
 * The scanner's step: one header, or one run of payload.
 *
 * `owed` counts the values announced at any level and not yet begun; each
 * takes at least one byte.  So seen + skip + owed is the least length the
 * message can still have, and comparing it with the cap after each header
 * refuses every message that cannot fit as soon as that is known, however
 * the input is cut.  The levels are kept for the nesting bound alone.
 */
#include "common/message.h"

#include "common/head.h"

void message_begin(struct message_scan *s)
{
	s->skip = 0;
	s->owed = 1;
	s->seen = 0;
	s->depth = 0;
	s->head_len = 0;
	s->begun = false;
}

/* One value begins; levels that have had all of theirs are closed first. */
static void take_one(struct message_scan *s)
{
	while (s->depth && s->left[s->depth - 1] == 0)
		s->depth--;
	s->owed--;
	if (s->depth)
		s->left[s->depth - 1]--;
}

static enum err open_level(struct message_scan *s, uint64_t values)
{
	if (s->depth == MESSAGE_DEPTH || values > UINT32_MAX)
		return ERR_TOO_LARGE;
	s->left[s->depth++] = (uint32_t)values;
	s->owed += values;
	return ERR_OK;
}

static enum err fits(const struct message_scan *s, size_t header, size_t cap)
{
	uint64_t rest = header + s->skip + s->owed;

	return s->seen <= cap && rest <= cap - s->seen ? ERR_OK : ERR_TOO_LARGE;
}

/* A whole header at `at`. */
static enum err take_header(
    struct message_scan *s, const uint8_t *at, size_t cap)
{
	struct head_form form = head_forms[*at];
	uint32_t n = head_length(at, form);
	enum err e = ERR_OK;

	s->seen += 1u + form.more;
	if (form.kind < HEAD_ARRAY)
		s->skip = n;
	else
		e = open_level(s, form.kind == HEAD_MAP ? 2 * (uint64_t)n : n);
	return e == ERR_OK ? fits(s, 0, cap) : e;
}

/*
 * Takes what `data` has of the next header.  Bytes of a cut header are kept
 * in s->head and counted as seen only when it is whole.
 */
static enum err next_header(struct message_scan *s, const uint8_t *data,
    size_t len, size_t cap, size_t *took)
{
	struct head_form form = head_forms[s->head_len ? s->head[0] : *data];
	size_t whole = 1u + form.more;
	size_t missing = whole - s->head_len;

	if (form.kind == HEAD_BAD)
		return ERR_INVALID;
	if (s->head_len == 0)
		take_one(s);
	*took = missing < len ? missing : len;
	if (s->head_len == 0 && len >= whole)
		return take_header(s, data, cap);
	memcpy(s->head + s->head_len, data, *took);
	s->head_len = (uint8_t)(s->head_len + *took);
	if (s->head_len < whole)
		return fits(s, whole, cap);
	s->head_len = 0;
	return take_header(s, s->head, cap);
}

static size_t skip_payload(struct message_scan *s, size_t len)
{
	size_t took = s->skip < len ? (size_t)s->skip : len;

	s->skip -= took;
	s->seen += took;
	return took;
}

static bool is_whole(const struct message_scan *s)
{
	return s->owed == 0 && s->skip == 0 && s->head_len == 0;
}

enum err message_scan(struct message_scan *s, const uint8_t *data, size_t len,
    size_t cap, size_t *used)
{
	size_t at = 0;

	*used = 0;
	s->begun = s->begun || len > 0;
	while (at < len) {
		size_t took = 0;
		enum err e = ERR_OK;

		if (s->skip)
			took = skip_payload(s, len - at);
		else
			e = next_header(s, data + at, len - at, cap, &took);
		at += took;
		*used = at;
		if (e != ERR_OK)
			return e;
		if (is_whole(s))
			return ERR_OK;
	}
	return ERR_BUSY;
}
