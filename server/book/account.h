// SPDX-License-Identifier: MIT
/*
 * What a customer's account says to a reader: statement and ageing.
 *
 * Both are of the lines of dues.h, and only for who may read each of them in
 * clear: their amounts, dates and what decides whether they count.  A reader
 * who may not is refused; nobody gets a thinner account.
 */
#ifndef SERVER_BOOK_ACCOUNT_H
#define SERVER_BOOK_ACCOUNT_H

#include "server/book/dues.h"
#include "server/book/params.h"

/* May he read the account of this customer, to whom he stands so? */
bool account_may_read(const struct caller *who, const struct record *customer,
    unsigned relations);

/* Each appends its whole answer; `r`'s parameters are the method's. */
enum err account_statement(
    struct report_run *r, struct record *customer) MUST_USE;
enum err account_ageing(struct report_run *r, struct record *customer) MUST_USE;

/* What is open, as paid up to day `at`, by more than so many days past due. */
enum err account_overdue(struct desk *d, struct record *customer, int32_t at,
    int32_t days, struct decimal *out) MUST_USE;

/* --- between them --------------------------------------------------------*/

void account_pack_day(struct buf *out, const char *key, int32_t day);
/* `id` and `number`. */
void account_pack_head(struct buf *out, const struct record *customer);

#endif
