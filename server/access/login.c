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
#include "common/text.h"

#define PASSWORD_LEAST 12 /* code points */

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

/* --- judging -------------------------------------------------------------*/

/* Breached ones that are long enough to get past the length. */
static const char *const breached[] = {
	"123456789012",
	"1234567890123",
	"12345678901234",
	"123456123456",
	"123123123123",
	"111111111111",
	"000000000000",
	"012345678910",
	"qwertyuiop123",
	"qwertyuiop12",
	"qwerty123456",
	"1q2w3e4r5t6y",
	"1qaz2wsx3edc",
	"1qaz2wsx3edc4rfv",
	"q1w2e3r4t5y6",
	"zaq12wsxcde3",
	"asdfghjkl123",
	"abcdefghijkl",
	"abcdef123456",
	"abcd12345678",
	"abc123456789",
	"a12345678910",
	"password1234",
	"password12345",
	"password123456",
	"passwordpassword",
	"mypassword123",
	"p@ssw0rd1234",
	"p@ssword1234",
	"passw0rd1234",
	"administrator",
	"admin1234567",
	"administrator1",
	"adminadminadmin",
	"changeme1234",
	"changeme12345",
	"welcome12345",
	"welcome123456",
	"letmein12345",
	"letmein123456",
	"iloveyou1234",
	"iloveyou12345",
	"woaini1314520",
	"woaini520520",
	"woaini123456",
	"5201314520131",
	"5201314woaini",
	"qq123456789",
	"1234567890qwe",
	"1234567890-=",
	"qazwsxedcrfv",
	"qazwsxedc123",
	"qweasdzxc123",
	"qwe123456789",
	"zxcvbnm12345",
	"asd123456789",
	"aa1234567890",
	"aaaaaaaaaaaa",
	"sunshine1234",
	"princess1234",
	"football1234",
	"baseball1234",
	"superman1234",
	"trustno1trustno1",
	"correcthorsebatterystaple",
	"thisisapassword",
	"secretsecret",
	"google123456",
	"facebook1234",
	"kehukehukehu",
	"company12345",
};

static bool is_breached(struct bytes folded)
{
	for (size_t i = 0; i < sizeof(breached) / sizeof(breached[0]); i++) {
		if (bytes_is(folded, breached[i]))
			return true;
	}
	return false;
}

static void judge_length(struct bytes password, struct findings *found)
{
	if (text_count(password) < PASSWORD_LEAST)
		findings_add(found, FINDING_ERROR, "password",
		    "password_length", "use at least %d characters",
		    PASSWORD_LEAST);
	if (password.len > PASSWORD_MOST)
		findings_add(found, FINDING_ERROR, "password",
		    "password_length", "use at most %d bytes", PASSWORD_MOST);
}

void password_judge(
    struct bytes password, struct bytes login, struct findings *found)
{
	struct bytes folded, name;
	enum err e;

	if (!text_is_utf8(password)) {
		findings_add(found, FINDING_ERROR, "password", "password_text",
		    "use text");
		return;
	}
	judge_length(password, found);
	if (password.len > PASSWORD_MOST)
		return;
	e = text_fold(found->arena, password, &folded);
	if (e == ERR_OK && is_breached(folded))
		findings_add(found, FINDING_ERROR, "password",
		    "password_common", "this password is on every list");
	if (e == ERR_OK)
		e = login_canonical(found->arena, login, &name);
	if (e == ERR_OK && bytes_equal(folded, name))
		findings_add(found, FINDING_ERROR, "password", "password_login",
		    "use something else than your name");
}
