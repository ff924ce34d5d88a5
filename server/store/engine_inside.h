// SPDX-License-Identifier: MIT
/*
 * What the files that see LMDB share: engine.c, fault.c, row.c,
 * view.c, writer.c.
 *
 * LMDB's types are named by their tags alone, so that its header is included
 * in those five files and nowhere else.
 */
#ifndef SERVER_STORE_ENGINE_INSIDE_H
#define SERVER_STORE_ENGINE_INSIDE_H

#include "server/store/store.h"

struct found; /* engine.h */
struct journal;
struct keeper;
struct MDB_cursor;
struct MDB_env;
struct MDB_txn;
struct MDB_val;

#define TABLES_ALL  (TABLE_COUNT + 1)
#define TABLE_PIECE ((enum table)TABLE_COUNT)
#define PIECE_KEY   (1 + STORE_KEY + 2)

struct writer {
	struct engine *engine;
	struct MDB_txn *txn;
	struct journal *journal; /* NULL: what is written comes from it */
	struct MDB_cursor *cursors[TABLES_ALL]; /* die with the transaction */
	uint64_t version;
	uint8_t *scratch; /* joins long rows for writer_get */
	size_t scratch_size;
};

/* 1 and 2 had a table of their own for data keys; in 3 and 4 a tail had an
 * index key of its own, and ledger rows kept what values overrule; 5 and 6 had
 * reasons in the log in clear, and names by the script they came in.  While
 * commits are not synced the format is one that versions without a journal
 * refuse. */
enum format { FORMAT_WHOLE = 7, FORMAT_JOURNALED = 8 };

struct mark {
	enum format format;
	uint64_t head; /* log positions given out */
};

struct engine {
	struct MDB_env *env;
	unsigned main;
	unsigned tables[TABLES_ALL];
	int lock;
	int data;         /* LMDB's descriptor, borrowed */
	struct mark mark; /* committed */
	uint64_t written; /* bytes of the file that hold something */
	uint64_t used;    /* of these, before the last commit */
	unsigned page;
	struct keeper *keeper;
	bool is_replaying; /* what is committed comes from the journal */
	struct writer writer;
};

/* --- errors (fault.c) ----------------------------------------------------*/

/* A miss and a full disk are answers; all else is logged here. */
enum err fault_translate(int code, const char *what) MUST_USE;
enum err fault_corrupt(const char *what) MUST_USE; /* logged, ERR_CORRUPT */

/* --- LMDB's environment (engine.c) ---------------------------------------*/

enum err environment_open(
    struct engine *e, const struct store_options *o) MUST_USE;
/* Opens the tables, makes those that are missing. */
enum err environment_load(
    struct engine *e, const struct store_options *o) MUST_USE;
void environment_close(struct engine *e);

/* --- the mark (engine.c) -------------------------------------------------*/

enum err mark_read(
    struct MDB_txn *txn, unsigned main, struct mark *out) MUST_USE;
enum err mark_write(
    struct MDB_txn *txn, unsigned main, const struct mark *m) MUST_USE;

/* --- rows (row.c) --------------------------------------------------------*/

struct MDB_val val_of(struct bytes b);
struct bytes val_bytes(const struct MDB_val *v);

const char *table_name(enum table t);
/* Pieces behind the first of a value of `len` bytes. */
unsigned row_pieces(size_t len);
/* Bytes before the first piece, and what stands there. */
size_t row_prefix(enum table t);
void row_pack_prefix(
    enum table t, uint64_t version, unsigned pieces, uint8_t *out);
enum err row_unpack(
    enum table t, const struct MDB_val *v, struct found *out) MUST_USE;
struct bytes row_piece_key(uint8_t room[static PIECE_KEY], enum table t,
    struct bytes key, unsigned piece);
enum err row_join(struct MDB_txn *txn, const struct engine *e, enum table t,
    struct bytes key, const struct found *f, uint8_t *room,
    size_t *len) MUST_USE;

#endif
