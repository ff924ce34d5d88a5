// SPDX-License-Identifier: MIT
/*
 * The run: roles, modes, rounds.
 *
 * A round is a new pair of books and up to ROUND requests; its seed stands
 * for all of it, so that a difference can be had again in seconds.
 */
#include "server/selftest/selftest.h"

#include <ftw.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/unpack.h"
#include "server/access/people.h"
#include "server/selftest/compare.h"
#include "server/selftest/corpus.h"
#include "server/selftest/maker.h"
#include "server/selftest/words.h"

#define ROUND        1000 /* pairs a pair of books */
#define STIR_EVERY   25
#define TICK_EVERY   60
#define SHOWN        4000 /* bytes of an answer in a report */
#define ANSWERED     50   /* at least one in so many: else it is blind */
#define RUN_PATH     256
#define MESSAGE_MOST (4 * 1024 * 1024)
#define MEMORY       "/dev/shm"

struct run {
	const struct selftest_options *options;
	char dir[RUN_PATH];
	struct buf document; /* packed, with the maker's role */
	struct schema *schema;
	struct stock *stock;
	struct corpus *corpus;
	struct versions *versions;
	struct buf message;
	const char *role; /* at hand */
	enum mode mode;
	uint64_t seed; /* of the round */
	unsigned results;
	sigset_t signals;
	uint64_t pairs; /* in all */
	unsigned failed;
};

static const char *say(const struct run *r, enum word w)
{
	return word_of(w, r->options->chinese);
}

/* The words are formats, each with its own arguments. */
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"

/* --- telling -------------------------------------------------------------*/

static void print_packed(struct bytes packed)
{
	struct buf text;
	struct bytes shown;

	buf_init(&text, MESSAGE_MOST);
	packed_show(packed, &text);
	shown = buf_bytes(&text);
	printf("%.*s%s\n", (int)(shown.len < SHOWN ? shown.len : SHOWN),
	    shown.len ? (const char *)shown.data : "",
	    shown.len < SHOWN ? "" : " ...");
	buf_release(&text);
}

static void report(struct run *r, unsigned pair, const struct pair *p)
{
	bool chinese = r->options->chinese;

	printf(say(r, WORD_DIFFERENT), r->role, mode_name(r->mode, chinese),
	    (unsigned long long)r->seed, pair);
	fputs(say(r, WORD_REQUEST), stdout);
	print_packed(buf_bytes(&r->message));
	for (unsigned i = 0; i < 2; i++) {
		printf(say(r, WORD_BOOK), 'A' + (int)i);
		print_packed(p->told[i]);
	}
	printf(say(r, WORD_AGAIN), r->role, mode_key(r->mode),
	    (unsigned long long)r->seed, pair);
	if (r->options->schema_file)
		printf(" --schema %s", r->options->schema_file);
	putchar('\n');
}

static void progress(const struct run *r, unsigned done)
{
	if (!isatty(STDERR_FILENO) || r->options->is_quiet)
		return;
	if (done < r->options->pairs)
		fprintf(stderr, "\r%s %s %u/%u\033[K", r->role,
		    mode_name(r->mode, r->options->chinese), done,
		    r->options->pairs);
	else
		fputs("\r\033[K", stderr);
}

static void tell_held(const struct run *r)
{
	unsigned pairs = r->options->pairs;

	if (r->options->is_quiet)
		return;
	printf(say(r, WORD_ALIKE), r->role,
	    mode_name(r->mode, r->options->chinese), pairs, r->results);
	fflush(stdout);
}

/* --- a round -------------------------------------------------------------*/

/* The reader's answers, and everybody's who comes or goes. */
static bool is_compared(const struct corpus *c, enum seat seat)
{
	return seat == SEAT_READER || c->is_own_affair;
}

/* Signals are held back, so that the folder can be emptied first. */
static void hold_signals(sigset_t *set)
{
	static const int numbers[] = { SIGINT, SIGTERM, SIGHUP, SIGPIPE };

	sigemptyset(set);
	for (unsigned i = 0; i < sizeof numbers / sizeof *numbers; i++)
		sigaddset(set, numbers[i]);
	pthread_sigmask(SIG_BLOCK, set, NULL);
}

static bool is_interrupted(const struct run *r)
{
	const struct timespec at_once = { 0, 0 };

	return sigtimedwait(&r->signals, NULL, &at_once) > 0;
}

static enum err between(struct run *r, struct pair *p, unsigned i)
{
	enum err err = is_interrupted(r) ? ERR_INTERRUPTED : ERR_OK;

	if (!err && i % STIR_EVERY == STIR_EVERY - 1 && r->mode == MODE_NORMAL)
		err = stock_stir(r->stock);
	if (!err && i % TICK_EVERY == TICK_EVERY - 1)
		err = pair_tick(p);
	return err;
}

/* ERR_UNVERIFIED when an answer differs. */
static enum err ask_all(struct run *r, struct pair *p, unsigned pairs)
{
	enum err err = ERR_OK;

	for (unsigned i = 0; !err && i < pairs; i++) {
		enum seat seat;

		pair_step(p);
		seat = corpus_next(r->corpus, &r->message);
		pair_tell(p, seat, buf_bytes(&r->message));
		if (is_compared(r->corpus, seat) &&
		    !answers_match(r->versions, p->told[0], p->told[1])) {
			report(r, i + 1, p);
			return ERR_UNVERIFIED;
		}
		r->results += answer_read(p->told[0]).is_result;
		/* What is in both may be used again. */
		if (bytes_equal(p->told[0], p->told[1]))
			corpus_learn(r->corpus, p->told[0]);
		err = between(r, p, i);
	}
	return err;
}

static int drop(
    const char *path, const struct stat *s, int kind, struct FTW *at)
{
	(void)s;
	(void)kind;
	return at->level ? remove(path) : 0;
}

static void empty_folder(const char *dir)
{
	if (nftw(dir, drop, 16, FTW_DEPTH | FTW_PHYS))
		log_warning("selftest: its folder could not be emptied");
}

static enum err run_round(struct run *r, unsigned pairs)
{
	struct pair p;
	enum err err = pair_open(&p, r->dir, buf_bytes(&r->document), r->seed);

	if (!err)
		err = stock_fill(r->stock, r->schema, &p, r->role, r->seed);
	if (err) {
		fprintf(stderr, say(r, WORD_NO_BOOK), r->role);
	} else {
		for (unsigned i = 0; i < 2; i++)
			twin_enter(p.twins[i], r->mode);
		corpus_init(r->corpus, r->stock, ~r->seed);
		r->versions = versions_new();
		err = ask_all(r, &p, pairs);
		versions_free(r->versions);
		corpus_release(r->corpus);
	}
	pair_close(&p);
	empty_folder(r->dir);
	return err;
}

/* One role in one mode. */
static enum err run_role(struct run *r)
{
	unsigned left = r->options->pairs;
	enum err err = ERR_OK;

	r->results = 0;
	r->seed = r->options->seed;
	while (!err && left) {
		unsigned pairs = left < ROUND ? left : ROUND;

		progress(r, r->options->pairs - left);
		err = run_round(r, pairs);
		left -= pairs;
		r->pairs += pairs;
		r->seed++;
	}
	progress(r, r->options->pairs);
	if (!err && r->options->pairs >= 100 &&
	    r->results < r->options->pairs / ANSWERED) {
		printf(say(r, WORD_BLIND), r->role,
		    mode_name(r->mode, r->options->chinese));
		err = ERR_UNVERIFIED;
	}
	if (!err)
		tell_held(r);
	r->failed += err == ERR_UNVERIFIED;
	return err == ERR_UNVERIFIED ? ERR_OK : err;
}

/* --- the run -------------------------------------------------------------*/

static bool is_chosen(const char *chosen, const char *word)
{
	return !strcmp(chosen, "all") || !strcmp(chosen, word);
}

static enum err run_mode(struct run *r, bool *found)
{
	struct bytes roles = unpack_lookup(buf_bytes(&r->document), "roles");
	struct reader in = reader_of(roles);
	uint32_t left = read_map(&in);
	enum err err = ERR_OK;

	for (; !err && left; left--) {
		struct bytes key = read_text(&in);
		char role[RUN_PATH];

		read_skip(&in);
		snprintf(role, sizeof role, "%.*s", (int)key.len,
		    (const char *)key.data);
		if (!is_chosen(r->options->role, role) ||
		    !strcmp(role, MAKER_ROLE))
			continue;
		*found = true;
		r->role = role;
		err = run_role(r);
	}
	return err;
}

static enum err run_all(struct run *r)
{
	const struct selftest_options *o = r->options;
	bool mode = false, role = false;
	enum err err = ERR_OK;

	if (!o->is_quiet)
		printf(say(r, WORD_INTRO), (unsigned long long)o->seed);
	for (unsigned i = 0; !err && i < MODE_COUNT; i++) {
		r->mode = (enum mode)i;
		if (!is_chosen(o->mode, mode_key(r->mode)))
			continue;
		mode = true;
		err = run_mode(r, &role);
	}
	if (err)
		return err;
	if (!mode || !role) {
		fprintf(stderr, say(r, mode ? WORD_NO_ROLE : WORD_NO_MODE),
		    mode ? o->role : o->mode);
		return ERR_USAGE;
	}
	if (r->failed)
		printf(say(r, WORD_FAILED), r->failed);
	else
		printf(say(r, WORD_HELD), (unsigned long long)r->pairs);
	return r->failed ? ERR_UNVERIFIED : ERR_OK;
}

/* --- life ----------------------------------------------------------------*/

static enum err open_schema(struct run *r)
{
	struct bytes text = r->options->schema;
	char message[400] = "";
	struct buf plain;
	enum err err;

	buf_init(&plain, MESSAGE_MOST);
	err = document_parse(text.len ? text : document_default(), &plain,
	    message, sizeof message);
	if (!err)
		err = maker_add(buf_bytes(&plain), &r->document);
	if (!err)
		err = schema_compile(buf_bytes(&r->document), 1, &r->schema,
		    message, sizeof message);
	if (!err)
		err = roles_check(buf_bytes(&r->document), r->schema, message,
		    sizeof message);
	if (err)
		fprintf(stderr, "kehud selftest: %s\n", message);
	buf_release(&plain);
	return err;
}

/* In memory if the machine has room there: nothing of it shall last. */
static enum err open_folder(struct run *r)
{
	const char *temporary = getenv("TMPDIR");
	const char *parent = r->options->dir         ? r->options->dir
			     : !access(MEMORY, W_OK) ? MEMORY
			     : temporary             ? temporary
						     : "/tmp";

	snprintf(r->dir, sizeof r->dir, "%s/kehud-selftest-XXXXXX", parent);
	if (mkdtemp(r->dir))
		return ERR_OK;
	r->dir[0] = 0;
	fprintf(stderr, say(r, WORD_NO_FOLDER), parent);
	return ERR_USAGE;
}

#pragma GCC diagnostic pop

enum err selftest_rights(const struct selftest_options *o)
{
	struct run r = { .options = o };
	enum err err;

	log_set_level(LOG_ERROR);
	hold_signals(&r.signals);
	buf_init(&r.document, MESSAGE_MOST);
	buf_init(&r.message, MESSAGE_MOST);
	r.stock = must_alloc(sizeof *r.stock);
	r.corpus = must_alloc(sizeof *r.corpus);
	err = open_schema(&r);
	if (!err)
		err = open_folder(&r);
	if (!err)
		err = run_all(&r);
	if (r.dir[0])
		rmdir(r.dir);
	schema_free(r.schema);
	free(r.stock);
	free(r.corpus);
	buf_release(&r.message);
	buf_release(&r.document);
	return err;
}
