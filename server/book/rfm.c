// SPDX-License-Identifier: MIT
/*
 * Sorted once by each axis; a run of equal values has one score.
 */
#include "server/book/rfm.h"

#include <stdlib.h>

static int compare_axis(const void *a, const void *b, void *axis)
{
	const struct rfm_line *x = a, *y = b;
	enum rfm_axis at = *(enum rfm_axis *)axis;

	return decimal_compare(&x->value[at], &y->value[at]);
}

static int compare_id(const void *a, const void *b)
{
	const struct rfm_line *x = a, *y = b;

	return (x->id > y->id) - (x->id < y->id);
}

void rfm_score_axis(struct rfm_line *lines, size_t count, unsigned bins,
    enum rfm_ties ties, enum rfm_axis axis)
{
	size_t first = 0, next;

	qsort_r(lines, count, sizeof *lines, compare_axis, &axis);
	for (; first < count; first = next) {
		size_t better_than;

		for (next = first + 1; next < count; next++)
			if (compare_axis(&lines[first], &lines[next], &axis))
				break;
		better_than = ties == RFM_LOW ? first : next - 1;
		for (size_t i = first; i < next; i++)
			lines[i].score[axis] =
			    (uint8_t)(1 + better_than * bins / count);
	}
}

void rfm_score(
    struct rfm_line *lines, size_t count, unsigned bins, enum rfm_ties ties)
{
	if (!count)
		return;
	for (enum rfm_axis axis = 0; axis < RFM_AXES; axis++)
		rfm_score_axis(lines, count, bins, ties, axis);
	qsort(lines, count, sizeof *lines, compare_id);
}
