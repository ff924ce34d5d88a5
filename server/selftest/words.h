// SPDX-License-Identifier: MIT
/*
 * What the self-test says, in English and Chinese.
 */
#ifndef SERVER_SELFTEST_WORDS_H
#define SERVER_SELFTEST_WORDS_H

#include <stdbool.h>

#include "server/selftest/mode.h"

enum word {
	WORD_INTRO, /* seed */
	WORD_ALIKE, /* role, mode, pairs, results */
	WORD_DIFFERENT,
	WORD_REQUEST,
	WORD_BOOK, /* A or B */
	WORD_AGAIN,
	WORD_HELD,   /* pairs */
	WORD_FAILED, /* roles and modes that failed */
	WORD_NO_ROLE,
	WORD_NO_MODE,
	WORD_NO_FOLDER,
	WORD_NO_BOOK,
	WORD_BLIND,
	WORD_COUNT
};

const char *word_of(enum word w, bool chinese);

/* Key as typed, and name as shown. */
const char *mode_key(enum mode m);
const char *mode_name(enum mode m, bool chinese);

#endif
