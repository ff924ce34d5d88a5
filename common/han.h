// SPDX-License-Identifier: MIT
/*
 * Han characters that are one and the same in two scripts.
 *
 * For comparison alone: 華騰 and 华腾 are one name, but each is shown as it was
 * written.
 */
#ifndef COMMON_HAN_H
#define COMMON_HAN_H

#include <stdint.h>

/* The simplified form of a traditional character; any other as it is.  Both
 * are of U+4E00..U+9FFF, so that a text keeps its length in UTF-8. */
int32_t han_simple(int32_t code_point);

#endif
