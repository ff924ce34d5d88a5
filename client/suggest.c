// SPDX-License-Identifier: MIT
/*
 * Near misses; see suggest.h.
 */
#include "client/suggest.h"

#include "common/text.h"

#define WORD_MOST 48 /* code points compared */

static unsigned decode(struct bytes s, int32_t out[static WORD_MOST])
{
	unsigned count = 0;

	for (int32_t c; count < WORD_MOST && (c = text_next(&s)) >= 0;)
		out[count++] = c >= 'A' && c <= 'Z' ? c + 32 : c;
	return count;
}

static unsigned least(unsigned a, unsigned b)
{
	return a < b ? a : b;
}

unsigned suggest_distance(struct bytes a, struct bytes b)
{
	int32_t x[WORD_MOST], y[WORD_MOST];
	unsigned rows[3][WORD_MOST + 1];
	unsigned m = decode(a, x);
	unsigned n = decode(b, y);

	for (unsigned j = 0; j <= n; j++)
		rows[0][j] = j;
	for (unsigned i = 1; i <= m; i++) {
		unsigned *now = rows[i % 3];
		unsigned *up = rows[(i - 1) % 3];
		unsigned *two_up = rows[(i + 1) % 3];
		now[0] = i;
		for (unsigned j = 1; j <= n; j++) {
			now[j] = least(least(up[j], now[j - 1]) + 1,
			    up[j - 1] + (x[i - 1] != y[j - 1]));
			if (i > 1 && j > 1 && x[i - 1] == y[j - 2] &&
			    x[i - 2] == y[j - 1])
				now[j] = least(now[j], two_up[j - 2] + 1);
		}
	}
	return rows[m % 3][n];
}

void suggest_begin(struct suggestions *s, struct bytes word)
{
	*s = (struct suggestions){ .word = word };
}

/* Nothing is suggested past this: a third of the word, at most three. */
static unsigned floor_of(struct bytes word)
{
	size_t count = text_count(word);

	return count < 3 ? 1 : count < 9 ? (unsigned)(count + 2) / 3 : 3;
}

static void take(struct suggestions *s, struct bytes show, unsigned d)
{
	unsigned at = s->count;

	for (unsigned i = 0; i < s->count; i++)
		if (bytes_equal(s->found[i], show))
			return;
	while (at > 0 && s->distance[at - 1] > d)
		at--;
	if (at >= SUGGEST_MOST)
		return;
	if (s->count < SUGGEST_MOST)
		s->count++;
	for (unsigned i = s->count - 1; i > at; i--) {
		s->found[i] = s->found[i - 1];
		s->distance[i] = s->distance[i - 1];
	}
	s->found[at] = show;
	s->distance[at] = d;
}

void suggest_offer(struct suggestions *s, struct bytes name, struct bytes show)
{
	unsigned d = suggest_distance(s->word, name);

	if (s->word.len >= 2 && bytes_starts(name, s->word))
		d = 0;
	else if (s->word.len >= 3 && d > 1 &&
		 memmem(name.data, name.len, s->word.data, s->word.len))
		d = 1;
	if (name.len && d <= floor_of(s->word))
		take(s, show, d);
}

/* --- pinyin --------------------------------------------------------------*/

static size_t vowels(struct bytes word)
{
	size_t n = 0;

	while (n < word.len && strchr("aeiouv", word.data[n]))
		n++;
	return n;
}

static struct bytes behind(struct bytes s, size_t n)
{
	return bytes_of(s.data + n, s.len - n);
}

/* A syllable is an initial (with h: zh, ch, sh), vowels, and n, ng, r or
 * nothing; where one ends is found by trying. */
static bool spells(struct bytes word, struct bytes initials)
{
	static const char *const ends[] = { "", "n", "ng", "r" };

	if (!initials.len || !word.len)
		return !initials.len && !word.len;
	if (word.data[0] != initials.data[0])
		return false;
	bool is_vowel = vowels(bytes_of(word.data, 1)) == 1;
	word = behind(word, 1);
	if (word.len && word.data[0] == 'h' && strchr("zcs", *initials.data))
		word = behind(word, 1);
	for (size_t n = vowels(word) + 1; n-- > !is_vowel;)
		for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
			struct bytes rest = behind(word, n);

			if (bytes_starts(rest, bytes_text(ends[i])) &&
			    spells(behind(rest, strlen(ends[i])),
				behind(initials, 1)))
				return true;
		}
	return false;
}

/* All of them, or the last two and more: "dengji" for khdj, 客户等级. */
static bool is_reading(struct bytes word, struct bytes initials)
{
	size_t at = 0;

	do {
		struct bytes end = behind(initials, at);

		if (bytes_equal(word, end) || spells(word, end))
			return true;
	} while (++at + 2 <= initials.len);
	return false;
}

bool suggest_is_pinyin(struct bytes word, struct bytes initials)
{
	if (!word.len || word.len > WORD_MOST)
		return false;
	for (size_t len; initials.len; initials = behind(initials, len)) {
		const uint8_t *space = bytes_find(initials, ' ');
		size_t one =
		    space ? (size_t)(space - initials.data) : initials.len;

		if (is_reading(word, bytes_of(initials.data, one)))
			return true;
		len = one + (space != NULL);
	}
	return false;
}

void suggest_offer_pinyin(
    struct suggestions *s, struct bytes initials, struct bytes show)
{
	if (suggest_is_pinyin(s->word, initials))
		take(s, show, 0);
}

/* --- saying --------------------------------------------------------------*/

void suggest_print(struct app *app, const struct suggestions *s)
{
	const char *list = "";

	for (unsigned i = 0; i < s->count; i++)
		list = keep_format(&app->arena, "%s%s%.*s", list, i ? ", " : "",
		    (int)s->found[i].len, (const char *)s->found[i].data);
	if (s->count && !app_flag(app, FLAG_JSON))
		screen_say(&app->screen, ROLE_LABEL, "  %s  %s",
		    tr(app, "Did you mean:"), list);
}

void suggest_field(struct app *app, const struct entity *e, struct bytes word)
{
	struct suggestions s;

	suggest_begin(&s, word);
	for (unsigned i = 0; i < e->field_count; i++) {
		const struct field *f = &e->fields[i];
		struct bytes label = field_label(app, f);
		const char *show = keep_format(&app->arena, "%.*s (%.*s)",
		    (int)f->key.len, (const char *)f->key.data, (int)label.len,
		    (const char *)label.data);
		suggest_offer(&s, f->key, bytes_text(show));
		suggest_offer(&s, f->zh, bytes_text(show));
		suggest_offer(&s, f->en, bytes_text(show));
		suggest_offer_pinyin(&s, f->initials, bytes_text(show));
	}
	suggest_print(app, &s);
	if (!app_flag(app, FLAG_JSON))
		screen_say(&app->screen, ROLE_LABEL, "  %s  kehu %.*s describe",
		    tr(app, "All fields:"), (int)e->key.len,
		    (const char *)e->key.data);
}

bool suggest_among(struct app *app, const char *const *names, struct bytes word)
{
	struct suggestions s;

	suggest_begin(&s, word);
	for (; *names; names++)
		suggest_offer(&s, bytes_text(*names), bytes_text(*names));
	suggest_print(app, &s);
	return s.count;
}

void suggest_all(struct app *app, const char *const *names)
{
	const char *list = "";

	for (unsigned i = 0; names[i]; i++)
		list = keep_format(
		    &app->arena, "%s%s%s", list, i ? ", " : "", names[i]);
	if (*list && !app_flag(app, FLAG_JSON))
		screen_say(&app->screen, ROLE_LABEL, "  %s  %s",
		    tr(app, "There are:"), list);
}

void suggest_choice(struct app *app, const struct field *f, struct bytes word)
{
	struct suggestions s;

	suggest_begin(&s, word);
	for (unsigned i = 0; i < f->choice_count; i++) {
		const struct choice *c = &f->choices[i];
		struct bytes label = choice_label(app, c);
		struct bytes show = bytes_text(keep_format(&app->arena,
		    "%.*s (%.*s)", (int)c->key.len, (const char *)c->key.data,
		    (int)label.len, (const char *)label.data));

		suggest_offer(&s, c->key, show);
		suggest_offer(&s, c->zh, show);
		suggest_offer(&s, c->en, show);
		suggest_offer_pinyin(&s, c->initials, show);
	}
	suggest_print(app, &s);
}

void suggest_entity(struct app *app, struct bytes word)
{
	struct suggestions s;

	suggest_begin(&s, word);
	for (unsigned i = 0; app->schema && i < app->schema->entity_count;
	     i++) {
		const struct entity *e = &app->schema->entities[i];
		suggest_offer(&s, e->key, e->key);
		suggest_offer(&s, e->zh, e->key);
		suggest_offer(&s, e->en, e->key);
		suggest_offer_pinyin(&s, e->initials, e->key);
	}
	suggest_print(app, &s);
}
