// SPDX-License-Identifier: MIT
/*
 * Whether the caller may have a report: each field it looks at, asked of the
 * view.
 *
 * First the rows: need_customers() begins with the relations in which he may
 * know of customers, need_rows() narrows them to those in which he may know
 * of another entity's.  Then each field, in every relation that is left.  An
 * entity or field that he may not know of is ERR_UNKNOWN, one that he may not
 * use so ERR_DENIED; the run's `bad_field` names it.
 */
#ifndef SERVER_BOOK_NEED_H
#define SERVER_BOOK_NEED_H

#include "server/book/report.h"

/* Also reads `scope`, which narrows what he has and never widens it. */
enum err need_customers(
    struct report_run *r, const struct entity **customer) MUST_USE;
enum err need_rows(struct report_run *r, const struct entity *e) MUST_USE;
/* The same by its key. */
enum err need_entity(
    struct report_run *r, const char *key, const struct entity **out) MUST_USE;

/* A sealed value that is not the book's own sum makes no figures. */
enum err need_field(
    struct report_run *r, const struct field *f, enum use use) MUST_USE;
enum err need_grant(struct report_run *r, const struct field *f, enum use use,
    struct grant *out) MUST_USE;
/* A sealed value that rules weigh: of who reads it in every row, and of whom
 * nobody counts how many he reads. */
enum err need_weighed(struct report_run *r, const struct field *f) MUST_USE;
/* All that a condition asks, and all that a sum adds up. */
enum err need_condition(struct report_run *r, const struct entity *e,
    const struct cond *c) MUST_USE;
enum err need_amount(struct report_run *r, const struct field *f) MUST_USE;
/* All that one part of a figure looks at. */
enum err need_part(
    struct report_run *r, const struct derive_part *part) MUST_USE;

#endif
