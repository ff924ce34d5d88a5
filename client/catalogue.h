// SPDX-License-Identifier: MIT
/*
 * The translated catalogues, embedded when the program is built.
 */
#ifndef CLIENT_CATALOGUE_H
#define CLIENT_CATALOGUE_H

#include "common/bytes.h"

/* zh_CN.mo, for the program's life. */
struct bytes catalogue_chinese(void);

#endif
