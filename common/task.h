// SPDX-License-Identifier: MIT
/*
 * Something to be called on another thread: embedded in its owner, queued
 * without allocation.  The owner may free itself inside `call`.
 */
#ifndef COMMON_TASK_H
#define COMMON_TASK_H

struct task {
	struct task *next; /* the queue's */
	void (*call)(struct task *t);
};

#endif
