// SPDX-License-Identifier: MIT
/*
 * The journal: each commit, durable by one write and one sync, before LMDB
 * has it.
 *
 * Two files, journal.0 and journal.1, take turns.  A frame (frame.h) is
 * appended to the one in use; a turn begins the other from its start, and the
 * one before may be overwritten when a base (base.h) behind it is durable.
 * Files grow by zeros ahead and are then used again, so that a sync writes
 * data alone.
 *
 * What is built (journal_put, journal_del) is one commit's; journal_write
 * makes it durable, journal_drop forgets it.  Only the writer's thread.  Rows
 * come sealed: the journal shows what data.mdb shows.
 */
#ifndef SERVER_STORE_JOURNAL_H
#define SERVER_STORE_JOURNAL_H

#include "server/store/frame.h"

#define JOURNAL_SEGMENTS 2

/* A frame that is to come: which one, at the start of which file, and the
 * check of the one before. */
struct place {
	uint64_t sequence;
	unsigned segment;
	struct digest chain;
};

struct journal;

/* Touches no file.  `dir` is copied. */
struct journal *journal_new(const char *dir);
void journal_free(struct journal *j);
/* Makes the files, or opens those that must be there (ERR_NOT_FOUND); none
 * that are open. */
enum err journal_make(struct journal *j) MUST_USE;
enum err journal_open(struct journal *j) MUST_USE;
/* Of a book that needs them no longer. */
enum err journal_remove(struct journal *j) MUST_USE;

/* --- writing -------------------------------------------------------------*/

void journal_put(struct journal *j, enum table t, uint64_t version,
    struct bytes key, struct bytes value);
void journal_del(struct journal *j, enum table t, struct bytes key);
void journal_drop(struct journal *j);
void journal_trim(struct journal *j);           /* and gives the memory back */
bool journal_is_blank(const struct journal *j); /* nothing is built */
/* ERR_FULL: nothing was written.  Any other failure: nobody knows. */
enum err journal_write(
    struct journal *j, uint64_t base, uint64_t head) MUST_USE;
/* Takes the last one back, which is as if it had never been. */
enum err journal_take_back(struct journal *j) MUST_USE;

/* Goes on with `next`, which follows nothing. */
void journal_start(struct journal *j, const struct place *next);
/* Bytes of frames since the last turn. */
uint64_t journal_length(const struct journal *j);
/* Goes on in the other file; says where. */
void journal_turn(struct journal *j, struct place *out);
/* A base behind the turn is durable: the other file may be shortened. */
void journal_release(struct journal *j);

/* --- reading -------------------------------------------------------------*/

/* What one frame holds, in the order it was written. */
typedef enum err (*journal_fn)(
    void *ctx, const struct frame *f, struct bytes operations);

/* All frames from `from` on, over the turn of the files; the next one written
 * follows the last.  ERR_CORRUPT if one was written when a newer base than
 * `base` was durable; the function's error stops it. */
enum err journal_read(struct journal *j, const struct place *from,
    uint64_t base, journal_fn each, void *ctx) MUST_USE;

#endif
