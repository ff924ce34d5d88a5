// SPDX-License-Identifier: MIT
/*
 * A day as people and other programs write it.
 *
 * The year comes first, so that nothing is guessed: 2026/11/22, 2026.11.22,
 * 2026-1-2, 2026年11月22日, 20261122.  The midnight that a spreadsheet or a
 * database puts behind a day is passed over; any other time is not.  Digits
 * and marks of full width are the caller's to fold.
 */
#ifndef SERVER_SCHEMA_DAY_H
#define SERVER_SCHEMA_DAY_H

#include "common/bytes.h"

bool day_typed(struct bytes text, int32_t *day);

#endif
