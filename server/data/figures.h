// SPDX-License-Identifier: MIT
/*
 * Figures: sums by month that a record's ledger row keeps of its children.
 *
 * What reports and rules add up without walking orders: totals.c moves them
 * in the plan that changed the children, by exact differences, so they are
 * never stale.  A figure is a list of (month, decimal) in the order of
 * months, without zeros:
 *
 *   u16 year * 12 + month - 1 | u8 scale | u8 length | digits, big endian,
 *   two's complement
 */
#ifndef SERVER_DATA_FIGURES_H
#define SERVER_DATA_FIGURES_H

#include "server/data/ledger.h"

#define MONTH_NONE  0 /* of a child without the date: in no figure */
#define MONTH_FIRST 1
#define MONTH_LAST  UINT16_MAX

/* The month of a day; the last one has all that comes after too. */
uint16_t figure_month_of(int32_t day);
/* Its first day. */
int32_t figure_month_first(uint16_t month);
/* The month of a packed date of the field, MONTH_NONE without one. */
uint16_t figure_month(const struct field *by, struct bytes date);

/* Adds to one month, in the record's arena.  ERR_TOO_LARGE past what a ledger
 * row holds: some thousand months. */
enum err figure_add(struct ledger *l, const struct field *figure,
    uint16_t month, const struct decimal *by, struct arena *a) MUST_USE;

/* One after the other; false at the end.  `rest` begins as figure_of(). */
struct bytes figure_of(const struct ledger *l, const struct field *figure);
bool figure_next(struct bytes *rest, uint16_t *month, struct decimal *value);

/* From one month to another, both included. */
enum err figure_sum(const struct ledger *l, const struct field *figure,
    uint16_t from, uint16_t to, struct decimal *sum) MUST_USE;

#endif
