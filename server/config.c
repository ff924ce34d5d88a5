// SPDX-License-Identifier: MIT
/*
 * Configuration: one row a key.
 */
#include "server/config.h"

#include <errno.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/text.h"

enum kind {
	TEXT,
	UNSIGNED,
	SIZE,
	FLAG /* yes or no */,
	ADDRESS,
	DEMAND,
	LEVEL
};

struct key {
	const char *name;
	enum kind kind;
	size_t at; /* in struct config */
	const char *fallback;
	unsigned long least, most;
	const char *meaning;
};

#define AT(member) offsetof(struct config, member)

/* clang-format off */
static const struct key keys[] = {
	{ "listen",               ADDRESS,  AT(listen),                 "127.0.0.1:5348", 0, 0, "address and port; a name, IPv4 or [IPv6]" },
	{ "root_key",             TEXT,     AT(root_key),               "",         0, 0,            "file:PATH, credential:NAME or passphrase; empty: keys/root.key" },
	{ "client_certificates",  DEMAND,   AT(client_certificates),    "optional", 0, 0,            "off, optional or required; checked against tls/ca.crt" },
	{ "company",              TEXT,     AT(company),                "",         0, 0,            "its name, as pages of reports and whoami show it" },
	{ "log_level",            LEVEL,    AT(log_level),              "info",     0, 0,            "error, warning, info or debug" },
	{ "read_only",            FLAG,     AT(read_only),              "no",       0, 1,            "yes: changes are refused, reading goes on" },
	{ "loops",                UNSIGNED, AT(loops),                  "0",        0, 64,           "event loops; 0: one a core" },
	{ "hashers",              UNSIGNED, AT(hashers),                "2",        1, 16,           "threads that hash passwords" },
	{ "workers",              UNSIGNED, AT(workers),                "2",        1, 64,           "threads for long searches, exports, verification" },
	{ "map_size_mib",         UNSIGNED, AT(map_size_mib),           "65536",    64, 16777216,    "address space of the book, an upper bound of its size" },
	{ "warm_up",              FLAG,     AT(warm_up),                "yes",      0, 1,            "yes: after a start the book is read into memory, if it fits twice" },
	{ "argon2_memory_kib",    UNSIGNED, AT(argon2_memory_kib),      "65536",    8192, 262144,    "memory of one password hash" },
	{ "argon2_passes",        UNSIGNED, AT(argon2_passes),          "2",        1, 16,           "passes of one password hash" },
	{ "password_least",       UNSIGNED, AT(password_least),         "12",       8, 64,           "characters of a new password, at least" },
	{ "password_classes",     UNSIGNED, AT(password_classes),       "0",        0, 4,            "kinds it must have: small letters, capitals, digits, others" },
	{ "password_days",        UNSIGNED, AT(password_days),          "0",        0, 3650,         "after so many days it must be changed; 0: never" },
	{ "password_breached_file", TEXT,   AT(password_breached_file), "",         0, 0,            "passwords that are refused: SHA-1 in capital hex, a line each, in order" },
	{ "session_hours",        UNSIGNED, AT(session_hours),          "10",       1, 720,          "from login to the end of a session and its token" },
	{ "session_idle_minutes", UNSIGNED, AT(session_idle_minutes),   "30",       1, 1440,         "a session and its token end when unused for so long" },
	{ "token_days",           UNSIGNED, AT(token_days),             "366",      1, 3660,         "the longest life of a token for a machine" },
	{ "rules_hour",           UNSIGNED, AT(rules_hour),             "2",        0, 24,           "hour of the company's day from which rules are run over the whole book; 24: never" },
	{ "break_glass_minutes",  UNSIGNED, AT(break_glass_minutes),    "240",      1, 1440,         "the longest time of a break-glass" },
	{ "message_bytes",        SIZE,     AT(limits.message_bytes),   "1048576",  4096, 16777216,  "longest message after login" },
	{ "greeting_bytes",       SIZE,     AT(limits.greeting_bytes),  "4096",     1024, 65536,     "longest message before login" },
	{ "output_high",          SIZE,     AT(limits.output_high),     "1048576",  65536, 67108864, "unsent replies above which reading pauses" },
	{ "greeting_output_high", SIZE,     AT(limits.greeting_output_high), "65536", 4096, 1048576, "the same before login" },
	{ "output_max",           SIZE,     AT(limits.output_max),      "33554432", 1048576, 268435456, "unsent replies above which the connection closes" },
	{ "max_in_flight",        UNSIGNED, AT(limits.max_in_flight),   "256",      1, 4096,         "unanswered requests of a connection" },
	{ "connections",          UNSIGNED, AT(limits.connections),     "10000",    1, 1000000,      "connections at a time" },
	{ "waiting",              UNSIGNED, AT(limits.waiting),         "2000",     1, 100000,       "of them not logged in" },
	{ "login_ms",             UNSIGNED, AT(limits.login_ms),        "10000",    100, 600000,     "from connecting to being logged in" },
	{ "message_ms",           UNSIGNED, AT(limits.message_ms),      "10000",    100, 600000,     "from a message's first byte to its last" },
	{ "stalled_ms",           UNSIGNED, AT(limits.stalled_ms),      "10000",    100, 600000,     "output that the peer does not take" },
	{ "idle_ms",              UNSIGNED, AT(limits.idle_ms),         "1800000",  1000, 86400000,  "no message at all" },
};
/* clang-format on */

#define KEY_COUNT (sizeof keys / sizeof *keys)

static bool set_number(struct config *c, const struct key *k, const char *text)
{
	unsigned long v;
	char *end;

	errno = 0;
	v = strtoul(text, &end, 10);
	if (errno || end == text || *end || v < k->least || v > k->most)
		return false;
	if (k->kind == SIZE)
		memcpy((char *)c + k->at, &(size_t){ v }, sizeof(size_t));
	else
		memcpy((char *)c + k->at, &(unsigned){ (unsigned)v },
		    sizeof(unsigned));
	return true;
}

static bool set_flag(struct config *c, const struct key *k, const char *text)
{
	bool yes = !strcmp(text, "yes");

	memcpy((char *)c + k->at, &(unsigned){ yes }, sizeof(unsigned));
	return yes || !strcmp(text, "no");
}

#define WORDS 4

/* A word's place is its value. */
static const char *const words[][WORDS] = {
	[DEMAND] = { "off", "optional", "required" },
	[LEVEL] = { "error", "warning", "info", "debug" },
};

static bool set_word(struct config *c, const struct key *k, const char *text)
{
	for (unsigned i = 0; i < WORDS && words[k->kind][i]; i++) {
		if (strcmp(words[k->kind][i], text))
			continue;
		memcpy((char *)c + k->at, &i, sizeof i);
		return true;
	}
	return false;
}

static bool set_text(struct config *c, const struct key *k, const char *text)
{
	if (strlen(text) >= CONFIG_TEXT || !text_is_utf8(bytes_text(text)))
		return false;
	strcpy((char *)c + k->at, text);
	return true;
}

/* HOST:PORT; who the host is, the listener finds out. */
static bool set_address(struct config *c, const struct key *k, const char *text)
{
	const char *colon = strrchr(text, ':');
	size_t digits = colon ? strspn(colon + 1, "0123456789") : 0;

	return digits && digits <= 5 && !colon[1 + digits] && colon != text &&
	       atol(colon + 1) <= UINT16_MAX && set_text(c, k, text);
}

static bool set(struct config *c, const struct key *k, const char *text)
{
	static bool (*const setters[])(
	    struct config * c, const struct key *k, const char *text) = {
		[TEXT] = set_text,
		[UNSIGNED] = set_number,
		[SIZE] = set_number,
		[FLAG] = set_flag,
		[ADDRESS] = set_address,
		[DEMAND] = set_word,
		[LEVEL] = set_word,
	};

	return setters[k->kind](c, k, text);
}

void config_init(struct config *c)
{
	memset(c, 0, sizeof *c);
	net_limits_init(&c->limits);
	for (unsigned i = 0; i < KEY_COUNT; i++)
		ASSERT(set(c, &keys[i], keys[i].fallback));
}

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (*text == ' ' || *text == '\t')
		text++;
	while (end > text && strchr(" \t\r\n", end[-1]))
		*--end = 0;
	return text;
}

bool config_set(struct config *c, const char *name, const char *value)
{
	for (unsigned i = 0; i < KEY_COUNT; i++)
		if (!strcmp(keys[i].name, name))
			return set(c, &keys[i], value);
	return false;
}

static bool read_line(struct config *c, char *line)
{
	char *sign = strchr(line, '=');

	if (!*line || *line == '#')
		return true;
	if (!sign)
		return false;
	*sign = 0;
	return config_set(c, trim(line), trim(sign + 1));
}

enum err config_read(struct config *c, const char *path)
{
	FILE *in = fopen(path, "r");
	char line[1024];
	unsigned number = 0;
	enum err err = ERR_OK;

	if (!in)
		return err_errno(errno);
	while (!err && fgets(line, sizeof line, in)) {
		number++;
		if (read_line(c, trim(line)))
			continue;
		log_error(
		    "kehud.conf, line %u: unknown key or bad value", number);
		err = ERR_INVALID;
	}
	fclose(in);
	return err;
}

void config_write_default(FILE *out)
{
	fputs("# kehud.conf: what is commented out is the default.\n", out);
	for (unsigned i = 0; i < KEY_COUNT; i++)
		fprintf(out, "\n# %s\n#%s = %s\n", keys[i].meaning,
		    keys[i].name, keys[i].fallback);
}
