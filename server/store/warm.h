// SPDX-License-Identifier: MIT
/*
 * Brings the data file into the kernel's cache after a start.
 *
 * Else each page comes when somebody asks for it, and he waits for the disk:
 * after a reboot that is the first hours of a book that is asked little.  A
 * thread of low priority reads the file once, from its beginning to its end,
 * and gives what it has read to nobody.  It does so only where the file is far
 * smaller than the memory that is free: it shall not push out what is there.
 */
#ifndef SERVER_STORE_WARM_H
#define SERVER_STORE_WARM_H

struct warmer;

/* NULL where there is nothing to do, or no way to do it. */
struct warmer *warmer_start(const char *dir);
/* Without waiting for the rest; NULL is fine. */
void warmer_stop(struct warmer *w);

#endif
