// SPDX-License-Identifier: MIT
/*
 * Line prompts; see ask.h.
 */
#include "client/ask.h"

#include <errno.h>
#include <histedit.h>
#include <limits.h>
#include <signal.h>
#include <stdlib.h>
#include <termios.h>
#include <unistd.h>
#include <wchar.h>

#include "client/tell.h"
#include "common/secret.h"
#include "common/text.h"

#define SECRET_MOST 1024
#define CTRL_C      3
#define TRIES       3

bool ask_may(struct app *app, const char *flag)
{
	if (app->screen.can_ask)
		return true;
	(void)tell(app, ERR_USAGE,
	    tr(app, "There is no terminal to ask at: %s is needed."), flag);
	return false;
}

struct asking {
	char *prompt;
	bool is_stopped;
};

static struct asking *asking_of(EditLine *el)
{
	void *asking = NULL;

	el_get(el, EL_CLIENTDATA, &asking);
	return asking;
}

static char *prompt_of(EditLine *el)
{
	return asking_of(el)->prompt;
}

/* One character of what is typed.  Ctrl-C ends the line, and is remembered. */
static int read_key(EditLine *el, wchar_t *key)
{
	char bytes[MB_LEN_MAX];
	size_t count = 0, len = 0;

	do {
		ssize_t got = read(STDIN_FILENO, bytes + count, 1);

		if (got < 0 && errno == EINTR) {
			el_set(el, EL_REFRESH);
			continue;
		}
		if (got <= 0)
			return (int)got;
		if (!count && bytes[0] == CTRL_C) {
			asking_of(el)->is_stopped = true;
			return 0;
		}
		mbstate_t state = { 0 };
		len = mbrtowc(key, bytes, ++count, &state);
		if (len == (size_t)-1)
			count = 0; /* no character: dropped */
	} while (!count || len == (size_t)-2);
	return 1;
}

/* Ctrl-C is a key: whoever asks says what comes of it.  The terminal takes it
 * as one before the prompt is seen, so no key is lost on the way. */
static EditLine *begin_asking(struct asking *asking)
{
	EditLine *el = el_init("kehu", stdin, stderr, stderr);
	struct termios now;

	if (!el)
		return NULL;
	el_set(el, EL_CLIENTDATA, asking);
	el_set(el, EL_PROMPT, prompt_of);
	el_set(el, EL_SIGNAL, 1);
	el_set(el, EL_EDITOR, "emacs");
	el_set(el, EL_GETCFN, read_key);
	el_set(el, EL_PREP_TERM, 1);
	if (tcgetattr(STDIN_FILENO, &now) == 0) {
		now.c_cc[VINTR] = _POSIX_VDISABLE;
		(void)tcsetattr(STDIN_FILENO, TCSADRAIN, &now);
	}
	return el;
}

const char *ask_line(struct app *app, const char *prompt, const char *initial)
{
	int len = 0;
	const char *out = NULL;
	struct asking asking = {
		.prompt = keep_text(&app->arena,
		    screen_clean(&app->arena, bytes_text(prompt), true))
	};

	fflush(stdout);
	EditLine *el = begin_asking(&asking);
	if (!el)
		return NULL;
	if (initial && *initial)
		el_push(el, initial);
	const char *line = el_gets(el, &len);
	if (line && len > 0 && !asking.is_stopped)
		out = keep_text(
		    &app->arena, text_trim(bytes_of(line, (size_t)len)));
	el_end(el);
	if (!out)
		fputc('\n', stderr);
	app->is_stopped = asking.is_stopped;
	return out;
}

const char *ask_narrow(struct app *app, const char *answer)
{
	struct bytes narrow;

	if (!answer ||
	    text_nfkc(&app->arena, bytes_text(answer), &narrow) != ERR_OK)
		return answer;
	return keep_text(&app->arena, narrow);
}

const char *ask_choice(struct app *app, const char *prompt)
{
	return ask_narrow(app, ask_line(app, prompt, NULL));
}

/* Drops the last character, all of its UTF-8 bytes. */
static size_t rub_out(const char *text, size_t len)
{
	while (len > 0 && ((uint8_t)text[--len] & 0xC0) == 0x80)
		;
	return len;
}

/* *stopped: by Ctrl-C, which is a character here. */
static bool read_secret(char *text, bool *stopped)
{
	size_t len = 0;

	for (;;) {
		char c;
		ssize_t got = read(STDIN_FILENO, &c, 1);
		if (got < 0 && errno == EINTR)
			continue;
		*stopped = got > 0 && c == 3;
		if (got <= 0 || *stopped || (c == 4 && !len))
			return false;
		if (c == '\n' || c == '\r')
			break;
		if (c == 8 || c == 127)
			len = rub_out(text, len);
		else if (c == 21)
			len = 0;
		else if (len + 1 < SECRET_MOST)
			text[len++] = c;
	}
	text[len] = 0;
	return true;
}

char *ask_secret(struct app *app, const char *prompt)
{
	struct termios before;
	char text[SECRET_MOST];
	char *out = NULL;
	bool stopped = false;

	if (tcgetattr(STDIN_FILENO, &before) != 0)
		return NULL;
	struct termios quiet = before;
	quiet.c_lflag &= ~(tcflag_t)(ECHO | ICANON | ISIG);
	quiet.c_cc[VMIN] = 1;
	quiet.c_cc[VTIME] = 0;
	fflush(stdout);
	/* Before it is asked: what is typed at once is not shown either. */
	if (tcsetattr(STDIN_FILENO, TCSAFLUSH, &quiet) != 0)
		return NULL;
	fputs(prompt, stderr);
	fflush(stderr);
	if (read_secret(text, &stopped))
		out = keep_text(&app->arena, bytes_text(text));
	secret_wipe(text, sizeof(text));
	(void)tcsetattr(STDIN_FILENO, TCSAFLUSH, &before);
	fputc('\n', stderr);
	if (stopped)
		(void)raise(SIGINT);
	return out;
}

enum err ask_confirm(struct app *app, const char *question, bool otherwise)
{
	const char *prompt = keep_format(
	    &app->arena, "%s [%s] ", question, otherwise ? "Y/n" : "y/N");
	bool yes = false;

	if (app_flag(app, FLAG_YES))
		return ERR_OK;
	if (!ask_may(app, "--yes"))
		return ERR_USAGE;
	for (int i = 0; i < TRIES; i++) {
		const char *answer = ask_choice(app, prompt);
		if (!answer)
			break;
		yes = *answer ? *answer == 'y' || *answer == 'Y' : otherwise;
		if (!*answer || strchr("yYnN", *answer))
			break;
	}
	if (yes)
		return ERR_OK;
	return tell(app, ERR_INVALID, "%s", tr(app, "Nothing was changed."));
}

enum err ask_why(struct app *app, const char **reason)
{
	*reason = app_flag(app, FLAG_REASON);
	if (*reason)
		return ERR_OK;
	if (!ask_may(app, "--reason"))
		return ERR_USAGE;
	*reason = ask_line(app, tr(app, "     reason > "), NULL);
	return *reason && **reason
		   ? ERR_OK
		   : tell(app, ERR_INVALID, "%s",
			 tr(app, "Given up. Nothing was changed."));
}
