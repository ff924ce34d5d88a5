// SPDX-License-Identifier: MIT
/*
 * Holding output and showing it page by page; see pager.h.
 *
 * Standard output and error are turned to one memory file, so that the notes
 * stay below the table they belong to.
 */
#include "client/pager.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "client/progress.h"
#include "common/text.h"

#define HELD_MOST ((size_t)256 << 20)

static const char *pager_wanted(const struct app *app)
{
	const char *own = getenv("KEHU_PAGER");
	const char *common = getenv("PAGER");

	if (app_flag(app, FLAG_NO_PAGER) || !app->screen.out_terminal ||
	    !isatty(STDIN_FILENO))
		return NULL;
	if (own)
		return *own ? own : NULL;
	return common && *common ? common : "less -FRX";
}

void pager_begin(struct pager *p, struct app *app)
{
	*p = (struct pager){ app, -1, -1, -1, app->screen.can_ask };
	if (!pager_wanted(app))
		return;
	fflush(stdout);
	p->held = memfd_create("kehu", MFD_CLOEXEC);
	if (p->held < 0)
		return;
	p->out = dup(STDOUT_FILENO);
	p->err = dup(STDERR_FILENO);
	dup2(p->held, STDOUT_FILENO);
	if (isatty(p->err))
		dup2(p->held, STDERR_FILENO);
	app->screen.can_ask = false;
}

/* Past "ESC [ ... m", which takes no place. */
static struct bytes skip_colour(struct bytes line)
{
	size_t at = 2;

	if (line.len < 3 || line.data[0] != 033 || line.data[1] != '[')
		return line;
	while (at < line.len && line.data[at] != 'm')
		at++;
	at += at < line.len;
	return bytes_of(line.data + at, line.len - at);
}

static unsigned line_width(struct bytes line)
{
	unsigned width = 0;

	while (line.len) {
		struct bytes rest = skip_colour(line);
		const uint8_t *escape = bytes_find(rest, 033);
		size_t len = escape ? (size_t)(escape - rest.data) : rest.len;
		if (!len && rest.len == line.len)
			len = 1; /* a stray escape */
		width += text_width(bytes_of(rest.data, len));
		line = bytes_of(rest.data + len, rest.len - len);
	}
	return width;
}

size_t pager_lines(struct bytes text, unsigned width)
{
	size_t lines = 0;

	while (text.len) {
		unsigned taken = line_width(bytes_take_line(&text));
		lines += taken > width && width ? (taken - 1) / width + 1 : 1;
	}
	return lines;
}

static bool is_tall(struct bytes text)
{
	struct winsize size;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) != 0 || !size.ws_row)
		return false;
	/* The prompt needs a line too. */
	return pager_lines(text, size.ws_col) >= size.ws_row;
}

/* False if there is no such program. */
static bool run_pager(const char *command, int held)
{
	int status = 0;
	void (*before)(int) = signal(SIGINT, SIG_IGN);
	pid_t child = fork();

	if (child == 0) {
		progress_free_signal();
		(void)signal(SIGINT, SIG_DFL);
		(void)signal(SIGPIPE, SIG_DFL);
		(void)setenv("LESSSECURE", "1", 1);
		(void)setenv("LESSHISTFILE", "-", 1);
		(void)setenv("LESSCHARSET", "utf-8", 1);
		if (lseek(held, 0, SEEK_SET) == 0 &&
		    dup2(held, STDIN_FILENO) >= 0)
			execlp("sh", "sh", "-c", command, (char *)NULL);
		_exit(127);
	}
	while (child > 0 && waitpid(child, &status, 0) != child)
		;
	(void)signal(SIGINT, before);
	return child > 0 && !(WIFEXITED(status) && WEXITSTATUS(status) >= 126);
}

static struct bytes read_held(int held)
{
	off_t size = lseek(held, 0, SEEK_END);
	void *at =
	    size > 0 && (size_t)size <= HELD_MOST
		? mmap(NULL, (size_t)size, PROT_READ, MAP_SHARED, held, 0)
		: MAP_FAILED;

	return at == MAP_FAILED ? BYTES_NONE : bytes_of(at, (size_t)size);
}

enum err pager_end(struct pager *p, enum err e)
{
	if (p->held < 0)
		return e;
	fflush(stdout);
	fflush(stderr);
	dup2(p->out, STDOUT_FILENO);
	dup2(p->err, STDERR_FILENO);
	close(p->out);
	close(p->err);
	p->app->screen.can_ask = p->could_ask;
	struct bytes text = read_held(p->held);
	bool is_shown = e == ERR_OK && is_tall(text) &&
			run_pager(pager_wanted(p->app), p->held);
	if (!is_shown)
		fwrite(text.data, 1, text.len, e == ERR_OK ? stdout : stderr);
	fflush(stdout);
	if (text.len)
		munmap((void *)(uintptr_t)text.data, text.len);
	close(p->held);
	return e;
}
