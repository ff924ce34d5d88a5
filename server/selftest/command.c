// SPDX-License-Identifier: MIT
/*
 * The command line of `kehud selftest`.
 */
#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common/clock.h"
#include "common/file.h"
#include "server/selftest/selftest.h"

#define SCHEMA_TEXT (1024 * 1024)
#define PAIRS       200

static const char usage[] =
    "usage: kehud selftest rights [--role R] [--mode M] [--pairs N]\n"
    "                             [--seed S] [--schema FILE] [--dir DIR]\n"
    "\n"
    "Shows that what a role may not know changes no answer: two made-up "
    "books, the\n"
    "same requests to both.  Reads nothing of a company's book.\n"
    "\n"
    "  --role R       one role [all]\n"
    "  --mode M       normal, full, read-only, draining, stalled [all]\n"
    "  --pairs N      requests for each role in each mode [200]\n"
    "  --seed S       chance [the time]\n"
    "  --schema FILE  the company's own schema and roles\n"
    "  --dir DIR      where the made-up books lie while it runs [memory]\n"
    "  --quiet        say only what differs, and the end\n";

static const struct option long_options[] = { { "role", required_argument, NULL,
						  'r' },
	{ "mode", required_argument, NULL, 'm' },
	{ "pairs", required_argument, NULL, 'n' },
	{ "seed", required_argument, NULL, 's' },
	{ "schema", required_argument, NULL, 'f' },
	{ "dir", required_argument, NULL, 'd' },
	{ "quiet", no_argument, NULL, 'q' }, { "help", no_argument, NULL, 'h' },
	{ NULL, 0, NULL, 0 } };

static bool speaks_chinese(void)
{
	static const char *const names[] = { "KEHU_LANG", "LC_ALL",
		"LC_MESSAGES", "LANG" };

	for (unsigned i = 0; i < sizeof names / sizeof *names; i++) {
		const char *value = getenv(names[i]);

		if (value && *value)
			return !strncmp(value, "zh", 2);
	}
	return false;
}

static enum err read_file(const char *path, struct buf *text)
{
	enum err err = file_append(path, text);

	if (err)
		fprintf(stderr, "kehud selftest: %s: %s\n", path,
		    err == ERR_TOO_LARGE ? err_text(err) : "cannot be read");
	return err ? ERR_USAGE : ERR_OK;
}

static bool read_number(const char *text, uint64_t *out)
{
	char *end;

	errno = 0;
	*out = strtoull(text, &end, 10);
	return !errno && end != text && !*end;
}

/* False: ends with *err. */
static bool parse(int argc, char **argv, struct selftest_options *o,
    const char **schema, enum err *err)
{
	uint64_t number = o->pairs;
	int c;

	*err = ERR_USAGE;
	while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		const char **text = c == 'r'   ? &o->role
				    : c == 'm' ? &o->mode
				    : c == 'd' ? &o->dir
				    : c == 'f' ? schema
					       : NULL;

		if (text)
			*text = optarg;
		else if (c == 'q')
			o->is_quiet = true;
		else if ((c == 's' && read_number(optarg, &o->seed)) ||
			 (c == 'n' && read_number(optarg, &number) && number &&
			     number <= UINT32_MAX))
			continue;
		else
			break;
	}
	o->pairs = (unsigned)number;
	if (c == -1 && optind == argc - 1 && !strcmp(argv[optind], "rights"))
		return true;
	*err = c == 'h' ? ERR_OK : ERR_USAGE;
	fputs(usage, c == 'h' ? stdout : stderr);
	return false;
}

enum err selftest_command(int argc, char **argv)
{
	struct selftest_options o = { .pairs = PAIRS,
		.seed = (uint64_t)clock_now_ms(&clock_system) % 1000000,
		.mode = "all",
		.role = "all",
		.chinese = speaks_chinese() };
	const char *schema = NULL;
	struct buf text;
	enum err err;

	if (!parse(argc, argv, &o, &schema, &err))
		return err;
	buf_init(&text, SCHEMA_TEXT);
	err = schema ? read_file(schema, &text) : ERR_OK;
	o.schema = buf_bytes(&text);
	o.schema_file = schema;
	if (!err)
		err = selftest_rights(&o);
	buf_release(&text);
	return err;
}
