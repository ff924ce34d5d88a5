// SPDX-License-Identifier: MIT
/*
 * The command line taken apart: words and flags.
 *
 * One table holds every flag, so that help, completion and parsing cannot
 * disagree; a command's row names those it admits beside the common ones.
 * Flags may stand anywhere, `--flag=value` and `--flag value` are the same,
 * `--` ends them.  Words such as `name=value` are words.
 */
#ifndef CLIENT_ARGS_H
#define CLIENT_ARGS_H

#include "client/keep.h"

/*      symbol, name, letter, what it takes (NULL: nothing), help */
/* clang-format off */
#define FLAG_TABLE(X) \
	X(SERVER, "server", 0, "HOST[:PORT]", "the server") \
	X(USER, "user", 0, "NAME", "who logs in") \
	X(PROFILE, "profile", 0, "NAME", "the profile with server and user") \
	X(PASSWORD_FILE, "password-file", 0, "FILE", "the password's file, - for standard input") \
	X(TOKEN_FILE, "token-file", 0, "FILE", "log in with the token in this file, and keep nothing") \
	X(CA, "ca", 0, "FILE", "trust this authority (PEM)") \
	X(CA_FINGERPRINT, "ca-fingerprint", 0, "HEX", "trust the authority with this fingerprint") \
	X(CERT, "cert", 0, "FILE", "the client's certificate (PEM)") \
	X(KEY, "key", 0, "FILE", "the client's key (PEM)") \
	X(JSON, "json", 0, NULL, "answer as JSON, exactly the wire's") \
	X(JSONL, "jsonl", 0, NULL, "rows as JSON Lines") \
	X(CSV, "csv", 0, NULL, "rows as CSV") \
	X(LANG, "lang", 0, "zh|en", "the language of messages") \
	X(COLOR, "color", 0, "auto|always|never", "colours") \
	X(WIDTH, "width", 0, "COLUMNS", "the width of tables") \
	X(WIDE, "wide", 0, NULL, "show every column") \
	X(NO_TRUNC, "no-trunc", 0, NULL, "never shorten a value") \
	X(NO_PAGER, "no-pager", 0, NULL, "never start a pager") \
	X(PROGRESS, "progress", 0, "auto|plain|none", "how far long work has come: a bar, lines, nothing") \
	X(TIMEOUT, "timeout", 0, "SECONDS", "the longest wait for an answer") \
	X(YES, "yes", 'y', NULL, "do not ask for confirmation") \
	X(VERBOSE, "verbose", 'v', NULL, "say what is done") \
	X(HELP, "help", 'h', NULL, "explain this command") \
	/* below: by command */ \
	X(SOURCE, "source", 0, "KEY", "where the values come from (phone, form, ...)") \
	X(REASON, "reason", 0, "TEXT", "why this is done") \
	X(REQUEST_ID, "request-id", 0, "ID", "the same id stores once only") \
	X(DRY_RUN, "dry-run", 'n', NULL, "check everything, write nothing") \
	X(OVERRIDE, "override", 0, "RULE,...", "rules to set aside (needs the right and a reason)") \
	X(CONFIRM, "confirm", 0, "TOKEN", "what a dry run answered") \
	X(VERSION, "version", 0, "V", "refuse if the record has another version") \
	X(FIELDS, "fields", 0, "KEY,...", "these fields alone") \
	X(FIELD, "field", 0, "KEY", "print this bare value alone") \
	X(ORDER, "order", 0, "KEY,-KEY", "sort; - for descending") \
	X(LEAST, "least", 0, "N", "pairs with at least this score, 1 to 100") \
	X(LIMIT, "limit", 0, "N", "at most so many rows") \
	X(ALL, "all", 0, NULL, "every one of them") \
	X(AFTER, "after", 0, "CURSOR", "go on after this page") \
	X(SCOPE, "scope", 0, "own|pool|branch|all", "range over these records alone") \
	X(COUNT, "count", 0, NULL, "also the total") \
	X(ARCHIVED, "archived", 0, NULL, "archived records too") \
	X(PENDING, "pending", 0, NULL, "those that wait for approval") \
	X(CLEAR, "clear", 0, NULL, "masked fields in full (needs the right)") \
	X(WHERE, "where", 0, "CONDITION", "a condition") \
	X(BY, "by", 0, "FIELD,...", "one group for each value of these fields") \
	X(SUM, "sum", 0, "FIELD,...", "add these fields up") \
	X(RECORD, "record", 'x', NULL, "one field a line") \
	X(MAP, "map", 0, "COLUMN=FIELD,...", "which column goes into which field") \
	X(MAP_FILE, "map-file", 0, "FILE", "the same from a file") \
	X(ERRORS, "errors", 0, "FILE", "refused rows go here") \
	X(IGNORE_UNMAPPED, "ignore-unmapped", 0, NULL, "leave columns out that are not mapped") \
	X(PARTIAL, "partial", 0, NULL, "import good rows although others are bad") \
	X(UPDATE, "update", 0, NULL, "rows of known external numbers change the record") \
	X(ENCODING, "encoding", 0, "utf-8|gb18030", "of the file; detected if not given") \
	X(OUT, "out", 'o', "FILE", "write to this file") \
	X(HTML, "html", 0, "FILE", "as a page of HTML into this file or directory") \
	X(KEEP, "no-store", 0, NULL, "keep no token after login") \
	X(ROLE, "role", 0, "NAME,...", "roles") \
	X(BRANCH, "branch", 0, "CODE", "the branch") \
	X(NETWORK, "network", 0, "CIDR,...", "from these networks alone") \
	X(MUST_CHANGE, "must-change", 0, NULL, "the password must be changed at first login") \
	X(QR, "qr", 0, NULL, "also as a QR code: server, fingerprint, code") \
	X(RESET_TOTP, "reset-totp", 0, NULL, "take away the second factor (needs a reason)") \
	X(NEW_PASSWORD_FILE, "new-password-file", 0, "FILE", "the new password's file") \
	X(CHECKPOINT, "checkpoint", 0, "FILE", "an earlier checkpoint to compare with") \
	X(FROM, "from", 0, "START", "the first: an entry, a day or a month") \
	X(TO, "to", 0, "END", "the last: an entry, a day or a month") \
	X(MINUTES, "minutes", 0, "N", "for so long") \
	X(UNTIL, "until", 0, "TIME", "until then") \
	X(FILE, "file", 'f', "FILE.yaml", "the fields from this file") \
	X(WITH, "with", 0, "ENTITY,...", "also columns for records that hang on it") \
	X(REQUEST, "request", 0, "REQUEST", "fetch what a second person approved") \
	X(REDO, "redo", 0, NULL, "do again what an undo took back") \
	X(AT, "at", 0, "TIME", "as it was on that day, or at that instant") \
	X(AMOUNT, "amount", 0, "AMOUNT", "of new orders, at most") \
	X(DECLASSIFY, "declassify", 0, NULL, "let a field tell of what its readers do not all read (needs a reason)") \
	X(DAYS, "days", 0, "N", "what others have let lie for so long is mine too") \
	X(META, "meta", 0, NULL, "where each value comes from") \
	X(NEW_CODE, "new-code", 0, NULL, "a one-time code in place of a lost password")
/* clang-format on */

enum flag {
#define X(symbol, name, letter, takes, help) FLAG_##symbol,
	FLAG_TABLE(X)
#undef X
	    FLAGS
};

/* A command's mask holds those from SOURCE on; the common ones need no bit. */
#define FLAG_BIT(symbol) ((uint64_t)1 << (FLAG_##symbol - FLAG_SOURCE))

struct flag_row {
	const char *name;
	char letter;
	const char *takes;
	const char *help;
};

extern const struct flag_row flag_rows[FLAGS];

struct args {
	const char **words;
	unsigned count;
	const char *values[FLAGS]; /* NULL: not given; "" for a switch */
	const char *bad;           /* the flag that made parsing fail */
	bool lacks_value;
};

/* ERR_USAGE with args->bad set.  Flags that hold lists may be repeated. */
enum err args_parse(
    struct args *args, struct arena *a, int argc, char *const *argv) MUST_USE;

/* Splits one line as a shell would: spaces, '...' and "...". */
enum err args_split(
    struct arena *a, const char *line, int *argc, char ***argv) MUST_USE;

/* The pieces of "a,b,c" (also the wide comma), trimmed; NULL at the end. */
const char **args_list(struct arena *a, const char *text);

/* The flag whose value is not of the kind it takes (a number, one of a few
 * words), or FLAGS. */
enum flag args_wrong_value(const struct args *args);

bool flag_is_common(unsigned f);
bool flag_is_in(uint64_t mask, unsigned f); /* by command */
/* A flag given that is neither common nor in the mask, or FLAGS. */
enum flag args_foreign(const struct args *args, uint64_t admitted);

#endif
