// SPDX-License-Identifier: MIT
/*
 * Findings: a bounded list in an arena.  See findings.h.
 */
#include "common/findings.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define MESSAGE_LENGTH 240
#define REFUSALS_MOST  (4 * FINDINGS_MOST)

void findings_init(struct findings *f, struct arena *a)
{
	*f = (struct findings){ .arena = a, .item = -1 };
}

static const char *keep(struct findings *f, const char *text)
{
	return arena_text(f->arena, bytes_text(text));
}

static void count(struct findings *f, enum severity s)
{
	f->errors += s == FINDING_ERROR;
	f->overridable += s == FINDING_OVERRIDE;
	f->warnings += s == FINDING_WARNING;
}

/* NULL past the bound: it is counted all the same. */
static struct finding *add(struct findings *f, enum severity s,
    const char *field, const char *rule, const char *message)
{
	struct finding *new;

	count(f, s);
	/* Refusals are worth more room than warnings. */
	if (f->count >= (s == FINDING_WARNING ? FINDINGS_MOST : REFUSALS_MOST))
		return NULL;
	new = arena_alloc(f->arena, sizeof *new);
	if (!new)
		return NULL;
	*new = (struct finding){ .item = f->item,
		.severity = s,
		.record = f->record ? keep(f, f->record) : NULL,
		.field = keep(f, field),
		.rule = keep(f, rule),
		.message = keep(f, message) };
	if (!new->field || !new->rule || !new->message)
		return NULL;
	if (f->last)
		f->last->next = new;
	else
		f->first = new;
	f->last = new;
	f->count++;
	return new;
}

void findings_add(struct findings *f, enum severity s, const char *field,
    const char *rule, const char *format, ...)
{
	char message[MESSAGE_LENGTH];
	va_list args;

	va_start(args, format);
	vsnprintf(message, sizeof message, format, args);
	va_end(args);
	(void)add(f, s, field, rule, message);
}

void findings_add_worded(struct findings *f, enum severity s, const char *field,
    const char *rule, const char *en, const char *zh)
{
	struct finding *new = add(f, s, field, rule, en);

	if (new)
		new->zh = keep(f, zh);
}

void findings_fold(struct findings *f, const char *rule)
{
	struct finding **at = &f->first;
	bool is_met = false;

	f->last = NULL;
	while (*at) {
		struct finding *one = *at;
		bool is_of_rule = !strcmp(one->rule, rule);

		if (is_of_rule && is_met) {
			*at = one->next;
			f->count--;
			continue;
		}
		if (is_of_rule)
			one->item = -1;
		is_met |= is_of_rule;
		f->last = one;
		at = &one->next;
	}
}
