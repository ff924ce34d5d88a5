// SPDX-License-Identifier: MIT
/*
 * The version that both programs and the protocol's answers tell.
 */
#ifndef COMMON_VERSION_H
#define COMMON_VERSION_H

#define KEHU_VERSION "0.1"

#endif
