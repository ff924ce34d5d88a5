// SPDX-License-Identifier: MIT
/*
 * See journal.h.
 *
 * Where the frames end is told by nothing but the first one that does not
 * follow the one before.  A write that found no space leaves a torn frame,
 * and the next begins at the same place; a sync that failed is the end of the
 * process (committer.c), and blocks are never shared by frames, so that it
 * cannot have harmed an earlier one.
 */
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"
#include "server/store/disk.h"
#include "server/store/journal.h"

/* Zeros behind the last frame; at the start also room for deletions on a disk
 * that is full. */
#define AHEAD ((uint64_t)1024 * 1024)      /* zeros behind the last frame */
#define MOST  ((uint64_t)32 * 1024 * 1024) /* a file keeps, after bulk */

static const char *const names[JOURNAL_SEGMENTS] = { "journal.0", "journal.1" };

struct segment {
	int fd;
	uint64_t written; /* its length */
};

struct journal {
	char *dir;
	struct segment segments[JOURNAL_SEGMENTS];
	struct buf frame; /* the commit in hand */
	struct place next;
	uint64_t at;       /* where it begins in its file */
	struct place last; /* as next and at were before the last write */
	uint64_t last_at;
};

struct journal *journal_new(const char *dir)
{
	struct journal *j = must_alloc(sizeof(*j));
	memset(j, 0, sizeof(*j));
	j->dir = must_copy(dir);
	for (unsigned i = 0; i < JOURNAL_SEGMENTS; i++)
		j->segments[i].fd = -1;
	buf_init(&j->frame, FRAME_HEAD + FRAME_MOST);
	frame_begin(&j->frame);
	return j;
}

void journal_free(struct journal *j)
{
	if (!j)
		return;
	for (unsigned i = 0; i < JOURNAL_SEGMENTS; i++)
		if (j->segments[i].fd >= 0)
			close(j->segments[i].fd);
	buf_release(&j->frame);
	free(j->dir);
	free(j);
}

static enum err open_segments(struct journal *j, bool create)
{
	for (unsigned i = 0; i < JOURNAL_SEGMENTS; i++) {
		struct segment *s = &j->segments[i];
		if (s->fd >= 0)
			continue;
		enum err err = disk_open(j->dir, names[i], create, &s->fd);
		if (err != ERR_OK)
			return err;
		s->written = disk_size(s->fd);
	}
	return ERR_OK;
}

enum err journal_open(struct journal *j)
{
	return open_segments(j, false);
}

enum err journal_make(struct journal *j)
{
	enum err err = open_segments(j, true);
	for (unsigned i = 0; i < JOURNAL_SEGMENTS && err == ERR_OK; i++) {
		struct segment *s = &j->segments[i];
		disk_write_zeros(s->fd, &s->written, AHEAD);
	}
	return err;
}

enum err journal_remove(struct journal *j)
{
	enum err err = ERR_OK;
	for (unsigned i = 0; i < JOURNAL_SEGMENTS && err == ERR_OK; i++)
		err = disk_remove(j->dir, names[i]);
	return err;
}

/* --- writing -------------------------------------------------------------*/

void journal_put(struct journal *j, enum table t, uint64_t version,
    struct bytes key, struct bytes value)
{
	const struct operation o = { true, t, version, key, value };
	operation_append(&j->frame, &o);
}

void journal_del(struct journal *j, enum table t, struct bytes key)
{
	const struct operation o = { false, t, 0, key, BYTES_NONE };
	operation_append(&j->frame, &o);
}

void journal_drop(struct journal *j)
{
	frame_begin(&j->frame);
}

void journal_trim(struct journal *j)
{
	buf_reset(&j->frame);
	buf_trim(&j->frame);
	frame_begin(&j->frame);
}

bool journal_is_blank(const struct journal *j)
{
	return frame_is_empty(&j->frame);
}

static enum err append(struct journal *j, struct bytes frame)
{
	struct segment *s = &j->segments[j->next.segment];
	if (j->at + frame.len > s->written)
		disk_write_zeros(s->fd, &s->written, j->at + frame.len + AHEAD);
	enum err err =
	    disk_write(s->fd, frame.data, frame.len, j->at, "journal");
	if (err != ERR_OK)
		return err;
	if (j->at + frame.len > s->written)
		s->written = j->at + frame.len;
	return disk_sync(s->fd, "journal");
}

enum err journal_write(struct journal *j, uint64_t base, uint64_t head)
{
	struct frame f = {
		.sequence = j->next.sequence, .base = base, .head = head
	};
	enum err err = ERR_FULL; /* of memory: fewer plans may fit */
	if (frame_seal(&j->frame, &f, &j->next.chain))
		err = append(j, buf_bytes(&j->frame));
	journal_drop(j);
	if (err != ERR_OK)
		return err;
	j->last = j->next;
	j->last_at = j->at;
	j->next.sequence++;
	j->next.chain = f.check;
	j->at += frame_size(&f);
	return ERR_OK;
}

enum err journal_take_back(struct journal *j)
{
	static const uint8_t zeros[DISK_BLOCK];
	int fd = j->segments[j->last.segment].fd;
	enum err err =
	    disk_write(fd, zeros, sizeof(zeros), j->last_at, "journal");
	if (err == ERR_OK)
		err = disk_sync(fd, "journal");
	if (err != ERR_OK)
		return ERR_INTERNAL;
	j->next = j->last;
	j->at = j->last_at;
	return ERR_OK;
}

void journal_start(struct journal *j, const struct place *next)
{
	j->next = *next;
	j->at = 0;
}

uint64_t journal_length(const struct journal *j)
{
	return j->at;
}

void journal_turn(struct journal *j, struct place *out)
{
	j->next.segment = (j->next.segment + 1) % JOURNAL_SEGMENTS;
	j->at = 0;
	*out = j->next;
}

void journal_release(struct journal *j)
{
	struct segment *s =
	    &j->segments[(j->next.segment + 1) % JOURNAL_SEGMENTS];
	if (s->written > MOST && ftruncate(s->fd, MOST) == 0)
		s->written = MOST;
}

/* --- reading -------------------------------------------------------------*/

/* ERR_NOT_FOUND where no frame follows the last one. */
static enum err read_frame(struct journal *j, struct buf *room, struct frame *f)
{
	const struct segment *s = &j->segments[j->next.segment];
	uint8_t head[FRAME_HEAD];
	enum err err = disk_read(s->fd, head, sizeof(head), j->at, "journal");
	if (err == ERR_OK)
		err = frame_parse(head, f);
	if (err != ERR_OK)
		return err;
	if (f->sequence != j->next.sequence ||
	    frame_size(f) > s->written - j->at)
		return ERR_NOT_FOUND;
	buf_reset(room);
	uint8_t *to = buf_room(room, f->length + 1); /* never none */
	if (!to)
		return room->err;
	err = disk_read(s->fd, to, f->length, j->at + FRAME_HEAD, "journal");
	if (err != ERR_OK)
		return err;
	buf_added(room, f->length);
	return frame_holds(f, &j->next.chain, buf_bytes(room)) ? ERR_OK
							       : ERR_NOT_FOUND;
}

static enum err read_segment(struct journal *j, struct buf *room, uint64_t base,
    journal_fn each, void *ctx)
{
	struct frame f;
	enum err err;
	j->at = 0;
	while ((err = read_frame(j, room, &f)) == ERR_OK) {
		if (f.base > base) {
			log_error("store: the newest base is not in "
				  "journal.base");
			return ERR_CORRUPT;
		}
		err = each(ctx, &f, buf_bytes(room));
		if (err != ERR_OK)
			return err;
		j->next.sequence++;
		j->next.chain = f.check;
		j->at += frame_size(&f);
	}
	return err == ERR_NOT_FOUND ? ERR_OK : err;
}

enum err journal_read(struct journal *j, const struct place *from,
    uint64_t base, journal_fn each, void *ctx)
{
	struct buf room;
	j->next = *from;
	buf_init(&room, FRAME_MOST);
	enum err err = read_segment(j, &room, base, each, ctx);
	if (err == ERR_OK) {
		struct place turned;
		journal_turn(j, &turned);
		err = read_segment(j, &room, base, each, ctx);
	}
	buf_release(&room);
	return err;
}
