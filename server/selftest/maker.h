// SPDX-License-Identifier: MIT
/*
 * A role that may do everything, for whoever fills the made-up books.
 *
 * It is added to a copy of the schema's document and exists in no other book.
 */
#ifndef SERVER_SELFTEST_MAKER_H
#define SERVER_SELFTEST_MAKER_H

#include "common/buf.h"

#define MAKER_ROLE "selftest"

/* Appends the document with one role more. */
enum err maker_add(struct bytes document, struct buf *out) MUST_USE;

#endif
