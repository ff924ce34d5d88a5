// SPDX-License-Identifier: MIT
/*
 * Figures: one list of bytes each, read in place, rewritten to change.
 */
#include "server/data/figures.h"

#include "common/date.h"
#include "server/schema/value.h"

#define ENTRY_HEAD           4
#define DIGITS_MOST          16
#define LEDGER_FIELD(figure) ((uint8_t)(LEDGER_FIGURE + (figure)->id))

uint16_t figure_month_of(int32_t day)
{
	int year, month, mday, number;

	date_split(day, &year, &month, &mday);
	number = year * 12 + month - 1;
	return number < MONTH_LAST ? (uint16_t)number : MONTH_LAST;
}

int32_t figure_month_first(uint16_t month)
{
	int32_t day;

	return date_join(month / 12, month % 12 + 1, 1, &day) ? 0 : day;
}

uint16_t figure_month(const struct field *by, struct bytes date)
{
	int32_t day;

	if (value_is_empty(date) || date_parse(value_text(by, date), &day))
		return MONTH_NONE;
	return figure_month_of(day);
}

struct bytes figure_of(const struct ledger *l, const struct field *figure)
{
	return ledger_get(l, LEDGER_FIELD(figure));
}

/* --- entries -------------------------------------------------------------*/

static decimal_digits read_digits(const uint8_t *at, size_t len)
{
	decimal_digits v = len && at[0] & 0x80 ? -1 : 0;

	for (size_t i = 0; i < len; i++)
		v = (decimal_digits)((unsigned __int128)v << 8 | at[i]);
	return v;
}

/* The fewest bytes that keep the sign. */
static size_t write_digits(decimal_digits v, uint8_t out[static DIGITS_MOST])
{
	size_t len = 1;

	while (len < DIGITS_MOST && v >> (8 * len - 1) != 0 &&
	       v >> (8 * len - 1) != -1)
		len++;
	for (size_t i = 0; i < len; i++)
		out[len - 1 - i] = (uint8_t)(v >> (8 * i));
	return len;
}

bool figure_next(struct bytes *rest, uint16_t *month, struct decimal *value)
{
	const uint8_t *at = rest->data;
	size_t len;

	if (rest->len < ENTRY_HEAD)
		return false;
	len = at[3];
	if (rest->len < ENTRY_HEAD + len || len > DIGITS_MOST)
		return false;
	*month = get_be16(at);
	*value = (struct decimal){ read_digits(at + ENTRY_HEAD, len), at[2] };
	if (!decimal_is_sound(value))
		return false;
	rest->data += ENTRY_HEAD + len;
	rest->len -= ENTRY_HEAD + len;
	return true;
}

static void append_entry(
    struct buf *out, uint16_t month, const struct decimal *value)
{
	uint8_t entry[ENTRY_HEAD + DIGITS_MOST];
	size_t len = write_digits(value->digits, entry + ENTRY_HEAD);

	if (!value->digits)
		return;
	put_be16(entry, month);
	entry[2] = value->scale;
	entry[3] = (uint8_t)len;
	buf_append(out, entry, ENTRY_HEAD + len);
}

/* --- changing ------------------------------------------------------------*/

/* The list again, with `by` added to the month where its place is. */
static enum err merge(struct bytes rest, uint16_t month,
    const struct decimal *by, struct buf *out)
{
	struct decimal value, sum = *by;
	bool is_placed = false;
	uint16_t at;
	enum err err = ERR_OK;

	while (!err && figure_next(&rest, &at, &value)) {
		if (!is_placed && at >= month) {
			if (at == month)
				err = decimal_add(&value, by, &sum);
			append_entry(out, month, &sum);
			is_placed = true;
		}
		if (at != month)
			append_entry(out, at, &value);
	}
	if (!is_placed)
		append_entry(out, month, &sum);
	return err ? err : rest.len ? ERR_CORRUPT : out->err;
}

enum err figure_add(struct ledger *l, const struct field *figure,
    uint16_t month, const struct decimal *by, struct arena *a)
{
	struct bytes list;
	struct buf out;
	enum err err;

	if (month == MONTH_NONE || !by->digits)
		return ERR_OK;
	buf_init(&out, UINT16_MAX);
	err = merge(figure_of(l, figure), month, by, &out);
	list = buf_bytes(&out);
	/* An empty list is a value too: it replaces the one before. */
	list = list.len ? arena_copy(a, list) : bytes_text("");
	buf_release(&out);
	return err ? err : ledger_set(l, LEDGER_FIELD(figure), list);
}

enum err figure_sum(const struct ledger *l, const struct field *figure,
    uint16_t from, uint16_t to, struct decimal *sum)
{
	struct bytes rest = figure_of(l, figure);
	struct decimal value;
	uint16_t month;
	enum err err = ERR_OK;

	*sum = decimal_int(0);
	while (!err && figure_next(&rest, &month, &value))
		if (month >= from && month <= to)
			err = decimal_add(sum, &value, sum);
	return err ? err : rest.len ? ERR_CORRUPT : ERR_OK;
}
