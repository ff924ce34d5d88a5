// SPDX-License-Identifier: MIT
/*
 * How like two texts are: names of companies and people, and addresses.
 *
 * For duplicates.c, which adds up what its parts say (common/likeness.h).
 * Names come as their comparison keys, so that width, case, spaces, brackets
 * and the legal form are gone already; what is left to forgive is the order of
 * words and a slip of the finger.  Knows no records and no rights.
 */
#ifndef SERVER_BOOK_LIKENESS_H
#define SERVER_BOOK_LIKENESS_H

#include "common/likeness.h"

/*
 * 0..100.  100: the same; 95: the same characters, and mostly the same
 * neighbours (上海示例贸易, 示例贸易上海); less where a few neighbours differ;
 * 0 for what only looks alike, such as the next town's branch.  A short name
 * is many people's, and says less even when it is the same.
 */
unsigned likeness_of_names(struct bytes a, struct bytes b);

/* 100 or 0: the same, or one is the end of the other, as with the province
 * left out. */
unsigned likeness_of_addresses(struct bytes a, struct bytes b);

#endif
