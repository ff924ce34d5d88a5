// SPDX-License-Identifier: MIT
/*
 * See strength.h.
 */
#include "server/access/strength.h"

#include <ctype.h>

#include "common/date.h"
#include "common/log.h"
#include "common/text.h"
#include "server/access/login_name.h"
#include "server/crypto/password.h"

#define LEAST 12 /* code points */

void password_policy_init(struct password_policy *p)
{
	*p = (struct password_policy){ .least = LEAST };
}

/* Breached ones that are long enough to get past the length. */
static const char *const known[] = {
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

static bool is_known(struct bytes folded)
{
	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		if (bytes_is(folded, known[i]))
			return true;
	}
	return false;
}

/* --- one rule each -------------------------------------------------------*/

static void judge_length(
    const struct password_policy *p, struct bytes password, struct findings *f)
{
	if (text_count(password) < p->least)
		findings_add(f, FINDING_ERROR, "password", "password_length",
		    "use at least %u characters", p->least);
	if (password.len > PASSWORD_MOST)
		findings_add(f, FINDING_ERROR, "password", "password_length",
		    "use at most %d bytes", PASSWORD_MOST);
}

static void judge_classes(
    const struct password_policy *p, struct bytes password, struct findings *f)
{
	bool small = false, capital = false, digit = false, other = false;

	for (int32_t c; (c = text_next(&password)) >= 0;) {
		small |= c >= 'a' && c <= 'z';
		capital |= c >= 'A' && c <= 'Z';
		digit |= c >= '0' && c <= '9';
		other |= c > 0x7f || !isalnum((int)c);
	}
	if (0u + small + capital + digit + other < p->classes)
		findings_add(f, FINDING_ERROR, "password", "password_classes",
		    "use at least %u of: small letters, capitals, digits, "
		    "others",
		    p->classes);
}

static void judge_breached(
    const struct password_policy *p, struct bytes password, struct findings *f)
{
	bool has = false;

	if (!p->breached)
		return;
	/* What cannot be asked is not set. */
	if (breached_has(p->breached, password, &has) != ERR_OK) {
		log_error("the list of breached passwords cannot be read");
		has = true;
	}
	if (has)
		findings_add(f, FINDING_ERROR, "password", "password_breached",
		    "this password is in a list of stolen ones");
}

static void judge_common(
    struct bytes password, struct bytes login, struct findings *f)
{
	struct bytes folded, name;

	if (text_fold(f->arena, password, &folded) != ERR_OK)
		return;
	if (is_known(folded))
		findings_add(f, FINDING_ERROR, "password", "password_common",
		    "this password is on every list");
	if (login_canonical(f->arena, login, &name) == ERR_OK &&
	    bytes_equal(folded, name))
		findings_add(f, FINDING_ERROR, "password", "password_login",
		    "use something else than your name");
}

void password_judge(const struct password_policy *p, struct bytes password,
    struct bytes login, struct findings *found)
{
	if (!text_is_utf8(password)) {
		findings_add(found, FINDING_ERROR, "password", "password_text",
		    "use text");
		return;
	}
	judge_length(p, password, found);
	if (password.len > PASSWORD_MOST)
		return;
	judge_classes(p, password, found);
	judge_common(password, login, found);
	judge_breached(p, password, found);
}

bool password_is_stale(
    const struct password_policy *p, int64_t set_ms, int64_t now_ms)
{
	return p->days && (!set_ms || now_ms - set_ms >= p->days * DAY_MS);
}
