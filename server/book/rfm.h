// SPDX-License-Identifier: MIT
/*
 * RFM: how recently, how often and for how much, in bins of equal size.
 *
 * Of n customers the one whose value is better than that of b others has the
 * score 1 + floor(b * bins / n): with five bins the best fifth has 5.  Equal
 * values have one score: by `low` b counts those who are worse, by `high` all
 * but himself who are no better.
 */
#ifndef SERVER_BOOK_RFM_H
#define SERVER_BOOK_RFM_H

#include "common/decimal.h"

#define RFM_BINS_USUAL 5
#define RFM_BINS_MOST  9

enum rfm_axis { RFM_RECENCY, RFM_FREQUENCY, RFM_MONEY, RFM_AXES };
enum rfm_ties { RFM_LOW, RFM_HIGH };

struct rfm_line {
	uint64_t id;
	struct decimal value[RFM_AXES]; /* more is better: recency in days as
					   a date is counted */
	uint8_t score[RFM_AXES];        /* 1..bins */
};

/* One axis; leaves the lines in its order, the worst first. */
void rfm_score_axis(struct rfm_line *lines, size_t count, unsigned bins,
    enum rfm_ties ties, enum rfm_axis axis);
/* All; leaves the lines in the order of their ids. */
void rfm_score(
    struct rfm_line *lines, size_t count, unsigned bins, enum rfm_ties ties);

#endif
