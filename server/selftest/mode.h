// SPDX-License-Identifier: MIT
/*
 * The states that a book can be in while somebody asks.
 */
#ifndef SERVER_SELFTEST_MODE_H
#define SERVER_SELFTEST_MODE_H

enum mode {
	MODE_NORMAL,
	MODE_FULL,      /* no space on the disk */
	MODE_READ_ONLY, /* kehud.conf says so */
	MODE_DRAINING,  /* after SIGTERM */
	MODE_STALLED,   /* the log does not verify */
	MODE_COUNT
};

#endif
