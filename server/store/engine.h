// SPDX-License-Identifier: MIT
/*
 * The engine: LMDB behind a small door.
 *
 * Only engine.c, row.c, view.c and writer.c see LMDB; its errors are
 * translated and logged there.  A
 * view reads, the writer writes (one at a time, on one thread), a cursor walks
 * a view.  A row longer than ENGINE_PIECE is stored as its first piece, which
 * says how many follow, and further pieces in a table of the engine's own
 * that no cursor shows; whoever reads such a row joins them into memory of
 * his choice.  No value that reaches LMDB needs more than half a page, so
 * that no commit ever looks for runs of free pages.
 */
#ifndef SERVER_STORE_ENGINE_H
#define SERVER_STORE_ENGINE_H

#include "server/store/store.h"

#define ENGINE_PIECE 1900 /* longest value under one LMDB key */

struct engine;

/* A book that was not closed is recovered (recover.h). */
enum err engine_open(
    const struct store_options *options, struct engine **out) MUST_USE;
/* An orderly end: data.mdb holds all. */
void engine_close(struct engine *e);

/* When nothing was written for a while, on the writer's thread: begins what
 * keeps the file small and a recovery short.  *done: there is no more of it. */
enum err engine_tidy(struct engine *e, bool *done) MUST_USE;
/* The same and waits: what was freed can be used again. */
enum err engine_make_room(struct engine *e) MUST_USE;
/* LMDB commits without a sync from now on: keeper.c answers for it. */
void engine_stop_syncing(struct engine *e);
/* The last commit before data.mdb is whole again. */
enum err engine_mark_whole(struct engine *e) MUST_USE;

/* Log positions given out by what is committed; the writer's thread. */
uint64_t engine_head(const struct engine *e);
void engine_space(
    const struct engine *e, uint64_t *map_bytes, uint64_t *used_bytes);

/* What a table's rows are: whether they may have a value, and a version. */
bool table_has_values(enum table t);
bool table_has_versions(enum table t);
/* Keys mostly grow: a put dirties no page that the last one did not. */
bool table_grows(enum table t);

/* --- reading -------------------------------------------------------------*/

struct found {
	struct bytes value; /* the first piece, in the map */
	uint64_t version;
	unsigned pieces; /* further ones */
};

/* Most bytes that the joined row can have. */
size_t found_room(const struct found *f);

struct view;

enum err view_open(struct engine *e, struct view **out) MUST_USE;
void view_close(struct view *v);
enum err view_renew(struct view *v) MUST_USE; /* of a rested view */
void view_rest(struct view *v);
enum err view_head(struct view *v, uint64_t *out) MUST_USE;
enum err view_find(
    struct view *v, enum table t, struct bytes key, struct found *out) MUST_USE;
/* Joins all pieces into `room`, found_room() bytes. */
enum err view_join(struct view *v, enum table t, struct bytes key,
    const struct found *f, uint8_t *room, size_t *len) MUST_USE;

struct cursor;

enum move { MOVE_FIRST, MOVE_LAST, MOVE_NEXT, MOVE_PREV, MOVE_SEEK };

enum err cursor_open(
    struct view *v, enum table t, struct cursor **out) MUST_USE;
void cursor_close(struct cursor *c);
enum err cursor_renew(struct cursor *c) MUST_USE; /* after view_renew */
/* MOVE_SEEK goes to the first key >= *key; all hand out the key there. */
enum err cursor_move(struct cursor *c, enum move m, struct bytes *key,
    struct found *out) MUST_USE;

/* --- writing -------------------------------------------------------------*/

/* One writer at a time; begin, then commit or abort on the same thread.
 * ERR_FULL means no space: abort, and try less.  After any other failure of
 * writer_commit nobody knows what is on disk. */
enum err writer_begin(struct engine *e, struct writer **out) MUST_USE;
void writer_at(struct writer *w, uint64_t version); /* of rows put from here */
/* As writer_get without a long row's pieces. */
enum err writer_find(struct writer *w, enum table t, struct bytes key,
    struct found *out) MUST_USE;
enum err writer_del(struct writer *w, enum table t, struct bytes key) MUST_USE;
enum err writer_commit(struct writer *w, uint64_t head) MUST_USE;
void writer_abort(struct writer *w);

#endif
