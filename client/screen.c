// SPDX-License-Identifier: MIT
/*
 * Output for people; see screen.h.
 */
#include "client/screen.h"

#include <errno.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "common/text.h"

static const char *const colours[ROLE_COUNT] = {
	[ROLE_VALUE] = "",
	[ROLE_TITLE] = "\033[1m",
	[ROLE_LABEL] = "\033[2m",
	[ROLE_GOOD] = "\033[32m",
	[ROLE_NOTICE] = "\033[33m",
	[ROLE_BAD] = "\033[1;31m",
	[ROLE_CHANGED] = "\033[36m",
	[ROLE_ASK] = "\033[1m",
};

static bool wants_colour(const char *wish, int fd)
{
	const char *none = getenv("NO_COLOR");
	const char *term = getenv("TERM");

	if (wish && !strcmp(wish, "always"))
		return true;
	if (wish && !strcmp(wish, "never"))
		return false;
	if (none && *none)
		return false;
	return isatty(fd) && term && strcmp(term, "dumb") != 0;
}

static unsigned width_of(const char *wish, bool terminal)
{
	struct winsize size;

	if (wish)
		return (unsigned)strtoul(wish, NULL, 10);
	if (!terminal)
		return 0;
	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col >= 20)
		return size.ws_col;
	return 80;
}

void screen_init(
    struct screen *s, struct arena *a, const struct screen_wish *wish)
{
	s->arena = a;
	s->out_terminal = isatty(STDOUT_FILENO);
	s->can_ask = isatty(STDIN_FILENO) && isatty(STDERR_FILENO);
	s->out_colour = wants_colour(wish->colour, STDOUT_FILENO);
	s->err_colour = wants_colour(wish->colour, STDERR_FILENO);
	s->width = width_of(wish->width, s->out_terminal);
}

static void put_escape(struct buf *out, int32_t c)
{
	char text[16];

	if (c == '\n')
		snprintf(text, sizeof(text), "\\n");
	else if (c == '\t')
		snprintf(text, sizeof(text), "\\t");
	else if (c < 0x100)
		snprintf(text, sizeof(text), "\\x%02x", (unsigned)c);
	else
		snprintf(text, sizeof(text), "\\u{%x}", (unsigned)c);
	buf_append_text(out, text);
}

struct bytes screen_clean(struct arena *a, struct bytes text, bool lines)
{
	struct buf out;

	buf_init(&out, KEEP_CAP);
	for (int32_t c; (c = text_next(&text)) >= 0;) {
		bool ends = c == '\r' && bytes_starts(text, bytes_text("\n"));

		if (lines && (c == '\n' || ends))
			buf_append_byte(&out, (uint8_t)c);
		else if (text_is_control(c))
			put_escape(&out, c);
		else
			text_put(&out, c);
	}
	return keep_buf(a, &out);
}

static void put(FILE *to, bool colour, enum role role, struct bytes text)
{
	bool painted = colour && *colours[role] && text.len;

	if (painted)
		fputs(colours[role], to);
	fwrite(text.data, 1, text.len, to);
	if (painted)
		fputs("\033[0m", to);
}

__attribute__((format(printf, 2, 0))) static struct bytes format_clean(
    struct arena *a, const char *format, va_list list)
{
	return screen_clean(a, bytes_text(keep_vformat(a, format, list)), true);
}

void screen_say(const struct screen *s, enum role role, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	struct bytes text = format_clean(s->arena, format, list);
	va_end(list);
	fflush(stdout);
	put(stderr, s->err_colour, role, text);
	fputc('\n', stderr);
}

void screen_put(const struct screen *s, enum role role, struct bytes text)
{
	put(stdout, s->out_colour, role,
	    s->out_terminal ? screen_clean(s->arena, text, true) : text);
}

void screen_draw(struct bytes drawing)
{
	fwrite(drawing.data, 1, drawing.len, stdout);
}

void screen_line(
    const struct screen *s, enum role role, const char *format, ...)
{
	va_list list;

	va_start(list, format);
	struct bytes text = format_clean(s->arena, format, list);
	va_end(list);
	put(stdout, s->out_colour, role, text);
	fputc('\n', stdout);
}

enum err screen_finish(const struct screen *s)
{
	(void)s;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return ERR_OK;
	if (errno == EPIPE)
		return ERR_OK;
	fputs("kehu: standard output could not be written\n", stderr);
	return ERR_UNAVAILABLE;
}
