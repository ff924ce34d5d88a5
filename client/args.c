// SPDX-License-Identifier: MIT
/*
 * Command line parsing; see args.h.
 */
#include "client/args.h"

#include <assert.h>
#include <strings.h>

#include "common/text.h"

const struct flag_row flag_rows[FLAGS] = {
#define X(symbol, name, letter, takes, help)                                   \
	[FLAG_##symbol] = { name, letter, takes, help },
	FLAG_TABLE(X)
#undef X
};

static_assert(FLAGS - FLAG_SOURCE <= 64, "flags fit a mask");

/* Given twice, these add up. */
static bool is_list(enum flag f)
{
	return f == FLAG_MAP || f == FLAG_OVERRIDE || f == FLAG_FIELDS ||
	       f == FLAG_ORDER || f == FLAG_ROLE || f == FLAG_BY ||
	       f == FLAG_SUM;
}

static enum flag find_name(const char *name, size_t len)
{
	for (unsigned f = 0; f < FLAGS; f++)
		if (strlen(flag_rows[f].name) == len &&
		    !strncmp(flag_rows[f].name, name, len))
			return (enum flag)f;
	return FLAGS;
}

static enum flag find_letter(char letter)
{
	for (unsigned f = 0; f < FLAGS; f++)
		if (flag_rows[f].letter == letter)
			return (enum flag)f;
	return FLAGS;
}

static void set_value(
    struct args *args, struct arena *a, enum flag f, const char *value)
{
	if (is_list(f) && args->values[f])
		value = keep_format(a, "%s,%s", args->values[f], value);
	args->values[f] = value;
}

/* One flag at argv[*i]; moves *i past a value of its own word. */
static enum err take_flag(
    struct args *args, struct arena *a, int argc, char *const *argv, int *i)
{
	const char *word = argv[*i];
	bool is_long = word[1] == '-';
	const char *name = word + (is_long ? 2 : 1);
	const char *equals = is_long ? strchr(name, '=') : NULL;
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	enum flag f = is_long    ? find_name(name, len)
		      : len == 1 ? find_letter(*name)
				 : FLAGS;

	args->bad = word;
	if (f == FLAGS)
		return ERR_USAGE;
	const char *value = equals ? equals + 1 : NULL;
	if (f == FLAG_JSON) {
		if (value && strcmp(value, "1") != 0)
			return ERR_USAGE;
		value = "1";
	} else if (!flag_rows[f].takes) {
		if (value)
			return ERR_USAGE;
		value = "";
	} else if (!value) {
		args->lacks_value = *i + 1 >= argc;
		if (args->lacks_value)
			return ERR_USAGE;
		value = argv[++*i];
	}
	set_value(args, a, f, value);
	args->bad = NULL;
	return ERR_OK;
}

enum err args_parse(
    struct args *args, struct arena *a, int argc, char *const *argv)
{
	bool flags_end = false;

	*args = (struct args){ 0 };
	args->words = keep_array(a, (size_t)argc + 1, sizeof(*args->words));
	for (int i = 0; i < argc; i++) {
		const char *word = argv[i];
		if (flags_end || word[0] != '-' || !word[1]) {
			args->words[args->count++] = word;
		} else if (!strcmp(word, "--")) {
			flags_end = true;
		} else {
			enum err e = take_flag(args, a, argc, argv, &i);
			if (e != ERR_OK)
				return e;
		}
	}
	return ERR_OK;
}

/* Copies one shell-like word from *at into `out`; false if a quote is open. */
static bool split_word(const char **at, struct buf *out)
{
	char quote = 0;

	for (; **at && (quote || (**at != ' ' && **at != '\t')); (*at)++) {
		char c = **at;
		if (quote && c == quote)
			quote = 0;
		else if (!quote && (c == '\'' || c == '"'))
			quote = c;
		else if (c == '\\' && quote != '\'' && (*at)[1])
			buf_append_byte(out, (uint8_t) * ++*at);
		else
			buf_append_byte(out, (uint8_t)c);
	}
	return !quote;
}

enum err args_split(struct arena *a, const char *line, int *argc, char ***argv)
{
	void *words = NULL;
	size_t count = 0;
	size_t room = 0;

	for (;;) {
		while (*line == ' ' || *line == '\t')
			line++;
		if (!*line)
			break;
		struct buf word;
		buf_init(&word, KEEP_CAP);
		bool closed = split_word(&line, &word);
		char **slot =
		    keep_more(a, &words, &count, &room, sizeof(*slot));
		*slot = keep_text(a, buf_bytes(&word));
		buf_release(&word);
		if (!closed)
			return ERR_USAGE;
	}
	*argc = (int)count;
	*argv = words;
	return ERR_OK;
}

const char **args_list(struct arena *a, const char *text)
{
	void *pieces = NULL;
	size_t count = 0;
	size_t room = 0;
	struct bytes rest = bytes_text(text);

	while (rest.len) {
		struct bytes from = rest;
		struct bytes piece = rest;
		int32_t c = -1;
		while (rest.len) {
			piece.len = (size_t)(rest.data - from.data);
			c = text_next(&rest);
			if (c == ',' || c == 0xFF0C || c == 0x3001)
				break;
			piece.len = (size_t)(rest.data - from.data);
		}
		piece = text_trim(piece);
		if (!piece.len)
			continue;
		const char **slot =
		    keep_more(a, &pieces, &count, &room, sizeof(*slot));
		*slot = keep_text(a, piece);
	}
	const char **end = keep_more(a, &pieces, &count, &room, sizeof(*end));
	*end = NULL;
	return pieces;
}

bool flag_is_common(unsigned f)
{
	return f < FLAG_SOURCE;
}

bool flag_is_in(uint64_t mask, unsigned f)
{
	return !flag_is_common(f) && mask >> (f - FLAG_SOURCE) & 1;
}

enum flag args_foreign(const struct args *args, uint64_t admitted)
{
	for (unsigned f = FLAG_SOURCE; f < FLAGS; f++)
		if (args->values[f] && !flag_is_in(admitted, f))
			return (enum flag)f;
	return FLAGS;
}

static bool is_number(const char *text)
{
	size_t len = strspn(text, "0123456789");

	return len > 0 && len < 10 && !text[len];
}

/* Whether `value` begins with one of the words in "a|b|c" ("zh_CN" is zh). */
static bool is_one_of(const char *words, const char *value)
{
	while (*words) {
		size_t len = strcspn(words, "|");
		if (!strncasecmp(value, words, len))
			return true;
		words += len + (words[len] == '|');
	}
	return false;
}

enum flag args_wrong_value(const struct args *args)
{
	static const char *const numbers[] = { "N", "COLUMNS", "SECONDS" };

	for (unsigned f = 0; f < FLAGS; f++) {
		const char *takes = flag_rows[f].takes;
		const char *value = args->values[f];
		if (!takes || !value || f == FLAG_ENCODING)
			continue;
		if (strchr(takes, '|') && !is_one_of(takes, value))
			return (enum flag)f;
		for (size_t i = 0; i < sizeof(numbers) / sizeof(*numbers); i++)
			if (!strcmp(takes, numbers[i]) && !is_number(value))
				return (enum flag)f;
	}
	return FLAGS;
}
