// SPDX-License-Identifier: MIT
/*
 * A record that is being entered: the questions, what was answered, and what
 * the server's last dry run said about it.  Asks and prints nothing
 * (guide.h does), and lies in memory alone.
 *
 * The list of questions begins with what is required, recommended, or what
 * people will search by; a dry run that complains or warns about another
 * field adds that field's question.
 */
#ifndef CLIENT_DRAFT_H
#define CLIENT_DRAFT_H

#include "client/call.h"
#include "client/schema.h"

#define QUESTIONS 128
#define OVERRIDES 16

struct question {
	const struct field *field;
	struct bytes answer;  /* taken; empty: none */
	struct bytes doubted; /* refused by a rule that may be set aside */
	bool is_asked;
};

struct draft {
	struct app *app;
	const struct entity *entity;
	struct question questions[QUESTIONS];
	unsigned count;
	unsigned at; /* the question being asked */
	const char *overrides[OVERRIDES];
	unsigned override_count;
	const char *reason;
	const char *id;       /* of the request that saves */
	struct bytes doubted; /* rule of the last complaint, if it may be set
				 aside */
	struct bytes checked; /* the last dry run's answer, or empty */
	struct bytes refused; /* or its error map */
	bool duplicates_told;
};

/* Fills the list of questions. */
void draft_begin(struct draft *d);

/* The question about `f`, added at the end if it is new; NULL when full. */
struct question *draft_ask(struct draft *d, const struct field *f);
/* Opens the question about a field that may be entered; else false. */
bool draft_reopen(struct draft *d, const struct field *f);
/* Opens those of all refused fields; false if none can be mended here. */
bool draft_reopen_wrong(struct draft *d);
/* Adds those that the last dry run recommends. */
void draft_ask_recommended(struct draft *d);

/* The answers as a packed map. */
struct bytes draft_pack(struct draft *d);
/* record.create of the answers, without a request id. */
void draft_request(struct draft *d, struct request *r);

/* A dry run of what is known so far; its answer or refusal is kept.  Only a
 * lost link is a failure. */
enum err draft_check(struct draft *d) MUST_USE;

/* Whether another value may mend a failure of this kind. */
bool draft_may_mend(enum err e);
/* Refused for another reason than a value: a right, a field not known. */
bool draft_is_barred(const struct draft *d);
/* The role may not set rules aside. */
bool draft_override_denied(const struct draft *d);
/* The first complaint about `field`, or empty; fields complained of that
 * nobody asks about yet are asked next. */
struct bytes draft_complaint(struct draft *d, const struct field *field);

/* The field in row `number` of the preview, or NULL. */
const struct field *draft_previewed(struct draft *d, unsigned long number);

#endif
