// SPDX-License-Identifier: MIT
/*
 * Made-up customers, each from its number alone.
 *
 * A company of 28 fields, four of them sealed and one sealed and watched.
 * Check digits hold, numbers belong to nobody.  customer_mobile() is what a
 * search asks for, so that nothing must be remembered but the number.
 */
#ifndef TESTS_BENCH_CUSTOMER_H
#define TESTS_BENCH_CUSTOMER_H

#include "common/buf.h"

/* Scrambles, so that neighbours share nothing. */
uint64_t customer_mix(uint64_t n);

#define MOBILE_TEXT 12
void customer_mobile(uint32_t number, char out[static MOBILE_TEXT]);

/* The one before it, entered again: the same company's name in another form
 * and order, without its code, and reached in other ways. */
bool customer_is_again(uint32_t number);

/* The packed map of fields, as record.create takes it.  One without a grade
 * is what the rules make of his orders, and no order is too much for him. */
void customer_pack(uint32_t number, bool is_graded, struct buf *out);

/* Some 318 bytes of Chinese text, other ones each time. */
void customer_remark(uint64_t seed, struct buf *out);

#endif
