// SPDX-License-Identifier: MIT
/*
 * The words of rights, relations and levels, for the role file and the wire.
 */
#include "server/access/right.h"

struct word {
	const char *text;
	unsigned bits;
};

static const struct word right_words[] = {
	{ "import", RIGHT_IMPORT },
	{ "export", RIGHT_EXPORT },
	{ "export_clear", RIGHT_EXPORT_CLEAR },
	{ "lookup", RIGHT_LOOKUP },
	{ "override", RIGHT_OVERRIDE },
	{ "approve", RIGHT_APPROVE },
	{ "merge", RIGHT_MERGE },
	{ "erase", RIGHT_ERASE },
	{ "audit", RIGHT_AUDIT },
	{ "backup", RIGHT_BACKUP },
	{ "restore", RIGHT_RESTORE },
	{ "keys", RIGHT_KEYS },
	{ "users", RIGHT_USERS },
	{ "roles", RIGHT_ROLES },
	{ "schema", RIGHT_SCHEMA },
	{ "rules", RIGHT_RULES },
	{ "claim", RIGHT_CLAIM },
	{ NULL, 0 },
};

static const struct word relation_words[] = {
	{ "own", RELATION_OWN },
	{ "pool", RELATION_POOL },
	{ "branch", RELATION_BRANCH },
	{ "all", RELATION_ALL },
	{ NULL, 0 },
};

static const struct word level_words[] = {
	{ "none", 0 },
	{ "masked", MAY_SEE_MASKED },
	{ "enter", MAY_SEE_MASKED | MAY_SET | MAY_SET_NEW },
	{ "read", MAY_SEE },
	{ "create", MAY_SEE | MAY_SET_NEW },
	{ "write", MAY_SEE | MAY_SET | MAY_SET_NEW },
	{ NULL, 0 },
};

static const char *const quota_words[QUOTA_KINDS] = { "sealed", "lookup" };

static const struct word *find_word(const struct word *table, struct bytes text)
{
	for (; table->text; table++) {
		if (bytes_is(text, table->text))
			return table;
	}
	return NULL;
}

static const char *word_of(const struct word *table, unsigned bits)
{
	for (; table->text; table++) {
		if (table->bits == bits)
			return table->text;
	}
	return NULL;
}

unsigned right_parse(struct bytes word)
{
	const struct word *w = find_word(right_words, word);

	return w ? w->bits : 0;
}

const char *right_word(unsigned right)
{
	return word_of(right_words, right);
}

unsigned relation_parse(struct bytes word)
{
	const struct word *w = find_word(relation_words, word);

	return w ? w->bits : 0;
}

const char *relation_word(unsigned relation)
{
	return word_of(relation_words, relation);
}

int level_parse(struct bytes word)
{
	const struct word *w = find_word(level_words, word);

	return w ? (int)w->bits : -1;
}

const char *level_word(unsigned bits)
{
	/* A united level may hold both ways of seeing: the clear one counts,
	 * and who may set at any time may set at first. */
	if (bits & MAY_SEE)
		bits &= ~(unsigned)MAY_SEE_MASKED;
	if (bits & MAY_SET)
		bits |= MAY_SET_NEW;
	return word_of(level_words, bits);
}

int quota_parse(struct bytes word)
{
	for (int kind = 0; kind < QUOTA_KINDS; kind++)
		if (bytes_is(word, quota_words[kind]))
			return kind;
	return -1;
}

const char *quota_word(enum quota_kind kind)
{
	return quota_words[kind];
}
