// SPDX-License-Identifier: MIT
/*
 * Who may come in: one answer for every refusal, at one cost.
 *
 * Each way to fail (no such name, disabled, no password set, wrong password,
 * a password that cannot be one) spends one hash, the account's own or the
 * dummy; so password_check() and password_dummy() cost the same.  The caller
 * learns nothing more than yes or no.
 */
#include "server/access/login.h"

#include "common/log.h"

/* --- passwords -----------------------------------------------------------*/

static const struct account *find_account(
    const struct directory *d, struct arena *a, struct bytes login)
{
	struct bytes canonical;

	if (login_canonical(a, login, &canonical) != ERR_OK)
		return NULL;
	return directory_account(d, canonical);
}

static enum err refuse_at_cost(
    struct sealer *s, const struct password_cost *cost, struct bytes password)
{
	enum err e = password_dummy(s, cost, password);

	return e == ERR_BUSY ? ERR_BUSY : ERR_UNAUTHENTICATED;
}

enum err login_password(const struct directory *d, struct sealer *s,
    const struct password_cost *cost, struct bytes login, struct bytes password,
    struct arena *a, const struct account **who)
{
	const struct account *account = find_account(d, a, login);
	enum err e;

	*who = NULL;
	if (!account || !account->password.len)
		return refuse_at_cost(s, cost, password);
	e = password_check(s, password, account->password);
	if (e == ERR_CORRUPT)
		log_error("access: a stored password hash is damaged");
	if (e == ERR_CORRUPT)
		return refuse_at_cost(s, cost, password);
	if (e == ERR_BUSY)
		return ERR_BUSY;
	if (e != ERR_OK || account->disabled)
		return ERR_UNAUTHENTICATED;
	*who = account;
	return ERR_OK;
}

/* --- enrolment codes -----------------------------------------------------*/

void enrolment_new(const struct random *random,
    char code[static ENROLMENT_TEXT], struct digest *kept)
{
	code_new(random, ENROLMENT_GROUPS, code, kept);
}

enum err login_enrolment(const struct directory *d, struct sealer *s,
    struct bytes login, struct bytes code, int64_t now_ms, struct arena *a,
    const struct account **who)
{
	const struct account *account = find_account(d, a, login);
	struct digest given, kept = { { 0 } };
	bool is_whole = code_digest(code, ENROLMENT_GROUPS, &given);
	bool is_same;

	(void)s;
	*who = NULL;
	if (account && account->enrolment.len == DIGEST_SIZE)
		memcpy(kept.of, account->enrolment.data, DIGEST_SIZE);
	is_same = digest_same(&given, &kept, sizeof(kept));
	if (!account || account->disabled || !is_whole || !is_same)
		return ERR_UNAUTHENTICATED;
	if (account->enrolment.len != DIGEST_SIZE ||
	    now_ms >= account->enrolment_until_ms)
		return ERR_UNAUTHENTICATED;
	*who = account;
	return ERR_OK;
}
