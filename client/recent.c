// SPDX-License-Identifier: MIT
/*
 * A file with one line for each number, "customer KHSH202600108"; see
 * recent.h.
 */
#include "client/recent.h"

#include "client/candidates.h"

#define FILE_MOST   8192
#define NUMBER_MOST 64

static struct bytes read_lines(struct app *app, const char **path)
{
	struct bytes lines;

	*path = profile_path(&app->profile, &app->arena, KEEPING_RECENT);
	if (file_read_private(&app->arena, *path, FILE_MOST, &lines) != ERR_OK)
		return BYTES_NONE;
	return lines;
}

static bool is_number(struct bytes word)
{
	return word.len && word.len <= NUMBER_MOST && !bytes_find(word, ' ') &&
	       !bytes_find(word, '\n');
}

void recent_note(struct app *app, struct bytes entity, struct bytes number)
{
	const char *path;
	struct bytes lines = read_lines(app, &path);
	struct buf out;

	if (!is_number(number) || !is_number(entity))
		return;
	struct bytes line = bytes_text(keep_format(&app->arena, "%.*s %.*s\n",
	    (int)entity.len, (const char *)entity.data, (int)number.len,
	    (const char *)number.data));
	if (bytes_starts(lines, line))
		return;
	buf_init(&out, FILE_MOST);
	buf_append_bytes(&out, line);
	for (unsigned left = RECENT_MOST - 1; left && lines.len; left--) {
		struct bytes old = bytes_take_line(&lines);

		if (bytes_equal(old, bytes_of(line.data, line.len - 1)))
			continue;
		buf_append_bytes(&out, old);
		buf_append_byte(&out, '\n');
	}
	/* One that cannot be kept costs completion only. */
	if (out.err == ERR_OK)
		(void)!file_keep(&app->arena, path, buf_bytes(&out));
	buf_release(&out);
}

void recent_offer(struct app *app, struct bytes entity, struct candidates *into)
{
	const char *path;
	struct bytes lines = read_lines(app, &path);

	while (lines.len) {
		struct bytes line = bytes_take_line(&lines);
		const uint8_t *space = bytes_find(line, ' ');
		size_t at = space ? (size_t)(space - line.data) : line.len;

		if (at < line.len &&
		    (!entity.len ||
			bytes_equal(bytes_of(line.data, at), entity)))
			candidates_word(
			    into, bytes_of(space + 1, line.len - at - 1), "");
	}
}
