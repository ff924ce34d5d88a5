// SPDX-License-Identifier: MIT
/*
 * The validators that a schema file names (docs/validators.md).
 *
 * A check takes one clean value (NFC, trimmed, no controls, not empty),
 * gives its normal form and adds findings: errors, overridable ones and
 * warnings.  Each rule has a stable short key.  A message says what would be
 * right and never prints a check character that was computed: that would
 * turn a typing slip into a forged number.  A pass never proves that the
 * number exists.
 */
#ifndef SERVER_SCHEMA_CHECK_H
#define SERVER_SCHEMA_CHECK_H

#include "server/schema/schema.h"

struct checking {
	const char *field;      /* key, for findings */
	struct bytes companion; /* text of the companion field, or none */
	int32_t today;
	bool is_import;
	struct arena *arena;
	struct findings *found;
	/* The telephone area of the branch that the record belongs to; NULL:
	 * nobody knows. */
	struct bytes (*area)(void *ctx);
	void *ctx;
};

/* ERR_TOO_LARGE past the arena's cap, and nothing else. */
typedef enum err (*check_fn)(
    const struct checking *c, struct bytes text, struct bytes *normal);
/* The form that is compared and digested. */
typedef enum err (*blind_fn)(
    struct arena *a, struct bytes text, struct bytes *form);

enum check_kind { CHECK_TEXT, CHECK_DAY };

struct check {
	const char *name;
	check_fn run;
	blind_fn blind; /* NULL: text_fold() */
	enum check_kind kind;
};

/* NULL if there is none of that name. */
const struct check *check_find(struct bytes name);
unsigned check_count(void);
const struct check *check_at(unsigned i);

/* The validators, one a name. */
enum err check_name(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_person_name(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_uscc(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_resident_id(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_bank_account(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_cnaps(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_tax_no(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_region(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_code(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_plain_words(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_mobile(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_phone(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_any_phone(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_email(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_wechat(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_url(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_postcode(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_birthday(
    const struct checking *c, struct bytes text, struct bytes *normal);
enum err check_not_future(
    const struct checking *c, struct bytes text, struct bytes *normal);

enum err blind_phone(struct arena *a, struct bytes text, struct bytes *form);
enum err blind_code(struct arena *a, struct bytes text, struct bytes *form);

/* What several of them share. */
/* NFKC (cheap for ASCII), upper case, without the characters of `drop`. */
enum err check_squeeze(struct arena *a, struct bytes text, const char *drop,
    bool upper, struct bytes *out);
/* Each character as `narrow` has it; ASCII stays. */
enum err check_narrow(struct arena *a, struct bytes text,
    int32_t (*narrow)(int32_t code_point), struct bytes *out);
bool check_is_ascii(struct bytes s);
bool check_digits(struct bytes s);    /* all, and at least one */
bool check_is_mobile(struct bytes s); /* 1[3-9] and nine more */
bool check_is_luhn(struct bytes digits);
/* 18 characters, a real date up to today, and the check holds. */
bool check_is_resident_id(struct bytes s, int32_t today);
bool check_is_china(struct bytes country);   /* empty: yes */
bool check_is_province(struct bytes region); /* its first two digits */
/* A spreadsheet that took a code for a number ("9.16E+17"). */
bool check_is_spoilt(const struct checking *c, struct bytes text);

#endif
