// SPDX-License-Identifier: MIT
/*
 * Tokens: what stands for an account in place of its password.
 *
 * One mechanism, two kinds.  A *kept* token is what a login gives to a client
 * that wants to come back: the whole account, for a shift, and no longer than
 * it is used; whatever moves the account's stamp ends it.  An *issued* one is
 * made for a machine: some of the account's roles, until a day, perhaps from
 * some networks alone; it has a name, and only its end, its revocation or the
 * account's closing ends it.
 *
 * A token is 32 random bytes as text, told once.  The store has its digest as
 * key and everything else sealed, so the file holds no token and no row can
 * be put under another's.  Its id, for people and for the log, is the first
 * bytes of that digest.
 *
 * Times are those of struct steady: a clock set back lengthens nothing.
 */
#ifndef SERVER_ACCESS_TOKEN_H
#define SERVER_ACCESS_TOKEN_H

#include "common/digest.h"
#include "server/access/directory.h"
#include "server/access/network.h"

#define TOKEN_TEXT     65 /* hex and NUL */
#define TOKEN_ID       17 /* likewise */
#define TOKEN_NAME     64 /* code points */
#define TOKEN_NETWORKS 16
#define TOKENS_MOST    100 /* issued ones of an account */

enum token_kind { TOKEN_KEPT, TOKEN_ISSUED };

struct token {
	struct digest key; /* of what its holder has */
	char id[TOKEN_ID];
	enum token_kind kind;
	uint64_t account;
	uint64_t stamp;   /* of the account then; ends a kept one */
	uint64_t creator; /* account that asked for it */
	int64_t created_ms, expires_ms;
	int64_t used_ms;  /* some time ago at most, see token_is_stale() */
	const char *from; /* where it was used then */
	const char *name; /* "" of a kept one */
	const char *roles[ACCOUNT_ROLES]; /* keys; of an issued one */
	unsigned role_count;
	struct network networks[TOKEN_NETWORKS];
	unsigned network_count; /* 0: from anywhere */
};

/* A new one: fills key and id, tells the text. */
enum err token_plan(struct plan *p, struct sealer *s,
    const struct random *random, struct token *t,
    char secret[static TOKEN_TEXT]) MUST_USE;
/* The row anew; expects that nobody has revoked it meanwhile. */
enum err token_plan_used(
    struct plan *p, struct sealer *s, const struct token *t) MUST_USE;
/* Is what the row says of its use so old that it should be written anew? */
bool token_is_stale(const struct token *t, int64_t used_ms);

enum err token_parse(struct bytes secret, struct digest *key) MUST_USE;
/* The row as it lies; texts in the arena.  ERR_NOT_FOUND, ERR_CORRUPT. */
enum err token_get(struct snapshot *n, struct sealer *s,
    const struct digest *key, struct arena *a, struct token *out) MUST_USE;
/* Its two halves, for tokens.h. */
enum err token_find(
    struct snapshot *n, const struct digest *key, struct row *out) MUST_USE;
enum err token_open(struct sealer *s, const struct digest *key,
    struct bytes row, struct arena *a, struct token *out) MUST_USE;
/* By its id as people have it.  ERR_NOT_FOUND. */
enum err token_get_by_id(struct snapshot *n, struct sealer *s, struct bytes id,
    struct arena *a, struct token *out) MUST_USE;
/* What a look at a row costs, for when there was none. */
void token_spend(struct sealer *s, struct arena *a);

/* Why a token opens nothing now; the caller's answer is one for all. */
enum token_state {
	TOKEN_GOOD,
	TOKEN_EXPIRED,
	TOKEN_IDLE,      /* a kept one that nobody used */
	TOKEN_CLOSED,    /* the account is disabled or gone */
	TOKEN_OUTDATED,  /* a kept one; the account has changed */
	TOKEN_ELSEWHERE, /* not from its networks */
	TOKEN_STATES
};
struct token_scene {
	int64_t now_ms;
	int64_t used_ms; /* the latest that is known of its use */
	int64_t idle_ms; /* how long a kept one lies unused; 0: for ever */
	const char *peer;
};
enum token_state token_judge(const struct token *t, const struct account *who,
    const struct token_scene *scene);
const char *token_state_word(enum token_state s); /* for the log */

/* The roles it is good for, as far as they exist: ROLES_ALL of a kept one. */
uint64_t token_roles(const struct token *t, const struct directory *d);

enum err token_plan_revoke(struct plan *p, const struct digest *key) MUST_USE;

/* Every token of `account` (0: of all), in order of id; in the arena. */
struct token_list {
	struct token token;
	struct token_list *next;
};
enum err token_list(struct snapshot *n, struct sealer *s, uint64_t account,
    struct arena *a, struct token_list **out) MUST_USE;

/* Deletes what has expired, at most TOKEN_SWEEP at a time; a plan without a
 * draft will do. */
#define TOKEN_SWEEP 1000
enum err token_plan_sweep(struct plan *p, struct snapshot *n, struct sealer *s,
    int64_t now_ms, struct arena *a, unsigned *count) MUST_USE;

#endif
