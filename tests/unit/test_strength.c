// SPDX-License-Identifier: MIT
/*
 * Which passwords may be set: each rule, and the list that is not loaded.
 */
#include "small_book.h"

#include "server/access/strength.h"
#include "server/crypto/sha1.h"

#define DAY_MS (INT64_C(24) * 3600 * 1000)

static struct arena arena;
static char path[64];
static struct password_policy policy;

static int set_up(void **state)
{
	(void)state;
	arena_init(&arena, 4096, 1 << 20);
	password_policy_init(&policy);
	strcpy(path, "/tmp/kehu-strength-XXXXXX");
	int fd = mkstemp(path);
	assert_true(fd >= 0);
	close(fd);
	return 0;
}

static int tear_down(void **state)
{
	(void)state;
	unlink(path);
	arena_release(&arena);
	return 0;
}

static unsigned judge(const char *password)
{
	struct findings found;
	findings_init(&found, &arena);
	password_judge(
	    &policy, bytes_text(password), bytes_text("Wang.Xiaoming"), &found);
	return found.errors;
}

static bool breaks(const char *password, const char *rule)
{
	struct findings found;
	bool does = false;
	findings_init(&found, &arena);
	password_judge(
	    &policy, bytes_text(password), bytes_text("wang"), &found);
	for (const struct finding *f = found.first; f; f = f->next)
		does |= !strcmp(f->rule, rule);
	return does;
}

static void test_weak_passwords_are_found(void **state)
{
	char large[200];
	(void)state;
	memset(large, 'x', sizeof(large));
	large[129] = '\0';
	assert_int_equal(judge("correct horse"), 0);
	assert_int_equal(judge("一二三四五六七八九十甲乙"), 0);
	assert_int_equal(judge("elevenchars"), 1);
	assert_int_equal(judge("一二三四五六七八九十甲"), 1);
	assert_int_equal(judge(large), 1);
	assert_int_equal(judge("Password1234"), 1);
	assert_int_equal(judge("wang.xiaoming"), 1);
	assert_int_equal(judge("\xff\xff\xff\xff\xff\xff"), 1);
}

static void test_length_is_the_operators(void **state)
{
	(void)state;
	policy.least = 16;
	assert_true(breaks("fifteen letters", "password_length"));
	assert_false(breaks("sixteen letters!", "password_length"));
}

static void test_kinds_count_only_where_they_are_wanted(void **state)
{
	static const struct {
		const char *password;
		unsigned kinds;
	} cases[] = { { "onlysmallletters", 1 }, { "Smalland capitals", 3 },
		{ "smallandCAPITALS", 2 }, { "small4ndCAPITALS", 3 },
		{ "small4nd CAPITALS", 4 }, { "一二三四五六七八九十甲乙", 1 },
		{ "一二三四五六七八九十甲2", 2 } };
	(void)state;
	for (unsigned i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		for (policy.classes = 0; policy.classes <= 4; policy.classes++)
			assert_int_equal(
			    breaks(cases[i].password, "password_classes"),
			    policy.classes > cases[i].kinds);
	}
}

static void test_age_is_off_unless_wanted(void **state)
{
	(void)state;
	assert_false(password_is_stale(&policy, 0, 1000 * DAY_MS));
	policy.days = 90;
	assert_false(password_is_stale(&policy, DAY_MS, 90 * DAY_MS));
	assert_true(password_is_stale(&policy, DAY_MS, 91 * DAY_MS));
	assert_true(password_is_stale(&policy, 0, DAY_MS));
}

/* --- the list ------------------------------------------------------------*/

static int order(const void *a, const void *b)
{
	return strcmp(a, b);
}

/* Of passwords "number N of many" for N below `count`. */
static void write_list(unsigned count, const char *end, bool last_has_end)
{
	static char lines[20000][41];
	FILE *out = fopen(path, "w");
	for (unsigned i = 0; i < count; i++) {
		uint8_t digest[SHA1_SIZE];
		char text[64];
		snprintf(text, sizeof(text), "number %u of many", i);
		sha1_bytes(bytes_text(text), digest);
		for (unsigned k = 0; k < SHA1_SIZE; k++)
			sprintf(lines[i] + 2 * k, "%02X", digest[k]);
	}
	qsort(lines, count, sizeof(lines[0]), order);
	for (unsigned i = 0; i < count; i++)
		fprintf(out, "%s%s", lines[i],
		    i + 1 < count || last_has_end ? end : "");
	fclose(out);
}

static bool has(const struct breached *b, unsigned number)
{
	char text[64];
	bool is_there;
	snprintf(text, sizeof(text), "number %u of many", number);
	assert_int_equal(breached_has(b, bytes_text(text), &is_there), ERR_OK);
	return is_there;
}

static void test_list_of_any_length_is_found_in_whole(void **state)
{
	static const unsigned counts[] = { 1, 2, 3, 40, 50, 60, 1000, 20000 };
	static const char *const ends[] = { "\n", "\r\n", ":1\n",
		":123456789\r\n" };
	(void)state;
	for (unsigned i = 0; i < sizeof(counts) / sizeof(*counts); i++) {
		struct breached *b;
		unsigned n = counts[i];
		write_list(n, ends[i % 4], i % 2);
		assert_int_equal(breached_open(path, &b), ERR_OK);
		for (unsigned k = 0; k < n; k++)
			assert_true(has(b, k));
		for (unsigned k = n; k < n + 1000; k++)
			assert_false(has(b, k));
		breached_close(b);
	}
}

static void test_password_of_the_list_is_refused(void **state)
{
	struct breached *b;
	(void)state;
	write_list(100, "\n", true);
	assert_int_equal(breached_open(path, &b), ERR_OK);
	policy.breached = b;
	assert_true(breaks("number 42 of many", "password_breached"));
	assert_false(breaks("number 142 of many", "password_breached"));
	breached_close(b);
}

static void test_what_is_no_list_is_refused(void **state)
{
	static const char *const files[] = { "", "\n", "password\n",
		"da39a3ee5e6b4b0d3255bfef95601890afd80709\n",
		"DA39A3EE5E6B4B0D3255BFEF95601890AFD80709 1\n",
		"FA39A3EE5E6B4B0D3255BFEF95601890AFD80709\n"
		"DA39A3EE5E6B4B0D3255BFEF95601890AFD80709\n" };
	struct breached *b;
	(void)state;
	for (unsigned i = 0; i < sizeof(files) / sizeof(*files); i++) {
		FILE *out = fopen(path, "w");
		fputs(files[i], out);
		fclose(out);
		assert_int_equal(breached_open(path, &b), ERR_INVALID);
		assert_null(b);
	}
	assert_int_equal(breached_open("/nonexistent", &b), ERR_UNAVAILABLE);
	assert_int_equal(breached_open("/", &b), ERR_UNAVAILABLE);
}

int main(void)
{
#define WITH(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
	const struct CMUnitTest tests[] = {
		WITH(test_weak_passwords_are_found),
		WITH(test_length_is_the_operators),
		WITH(test_kinds_count_only_where_they_are_wanted),
		WITH(test_age_is_off_unless_wanted),
		WITH(test_list_of_any_length_is_found_in_whole),
		WITH(test_password_of_the_list_is_refused),
		WITH(test_what_is_no_list_is_refused),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
