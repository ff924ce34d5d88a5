// SPDX-License-Identifier: MIT
/*
 * Keeping the register.  See register.h.
 */
#include "server/data/register.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/date.h"
#include "common/digest.h"
#include "common/file.h"
#include "common/log.h"
#include "server/data/erase.h"
#include "server/data/round.h"

#define KNOWN     "register"
#define OUTBOX    "erased/"
#define OUT_KEY   (sizeof OUTBOX - 1 + 9) /* entity, id */
#define MAC_BYTES 16
#define LINE_TEXT 100
#define FILE_MOST ((size_t)64 << 20)
#define AT_ONCE   1000 /* lines a plan */
#define BLOCK     (64 * 1024)
#define CAP       ((size_t)64 * 1024 * 1024)

struct known { /* of the file */
	uint64_t length;
	uint8_t mac[MAC_BYTES];
};

struct keeping {
	struct desk *desk;
	const char *path;
	struct arena arena;
	struct known known, whole; /* by the book; of the whole lines there */
	struct buf file, fresh;    /* `fresh`: to be appended */
	struct plan *plan;
};

struct line {
	uint8_t entity;
	uint64_t id;
};

/* --- the plan's part -----------------------------------------------------*/

static void want(struct plan *p, const struct record *r, int64_t now_ms)
{
	uint8_t key[OUT_KEY], raw[8];

	memcpy(key, OUTBOX, sizeof OUTBOX - 1);
	key[sizeof OUTBOX - 1] = r->entity->id;
	put_be64(key + sizeof OUTBOX, r->id);
	put_be64(raw, (uint64_t)now_ms);
	plan_put(p, TABLE_META, bytes_of(key, sizeof key),
	    bytes_of(raw, sizeof raw));
}

void register_want(const struct work *w, struct plan *p)
{
	for (size_t i = 0; i < w->record_count; i++) {
		const struct record *r = w->records[i];

		if (record_is_erased(r) && r->is_changed &&
		    r->entity->subject == r->entity)
			want(p, r, w->now_ms);
	}
}

/* --- lines ---------------------------------------------------------------*/

/* Over what stands before the MAC, and the MAC of the line before. */
static void chain(struct desk *d, uint8_t mac[static MAC_BYTES],
    struct bytes text, char hex[static 2 * MAC_BYTES + 1])
{
	struct bytes parts[] = { bytes_of(mac, MAC_BYTES), text };
	uint8_t whole[32];

	system_mac(d->sealer, "erasures", parts, 2, whole);
	memcpy(mac, whole, MAC_BYTES);
	hex_format(bytes_of(mac, MAC_BYTES), hex);
}

static void append_line(struct keeping *k, struct line l, int64_t at_ms)
{
	char text[LINE_TEXT], when[INSTANT_TEXT], hex[2 * MAC_BYTES + 1];

	instant_format(at_ms, when);
	snprintf(text, sizeof text, "%u %016llx %s ", l.entity,
	    (unsigned long long)l.id, when);
	chain(k->desk, k->whole.mac, bytes_text(text), hex);
	buf_append_text(&k->fresh, text);
	buf_append_text(&k->fresh, hex);
	buf_append_byte(&k->fresh, '\n');
}

static bool parse_line(struct bytes text, struct line *out)
{
	unsigned entity;
	unsigned long long id;
	char copy[LINE_TEXT];

	if (text.len >= sizeof copy)
		return false;
	memcpy(copy, text.data, text.len);
	copy[text.len] = '\0';
	if (sscanf(copy, "%3u %16llx ", &entity, &id) != 2 ||
	    entity >= SCHEMA_ENTITIES)
		return false;
	*out = (struct line){ (uint8_t)entity, id };
	return true;
}

static struct bytes rest(const struct keeping *k)
{
	struct bytes all = buf_bytes(&k->file);
	size_t past = (size_t)k->whole.length;

	return all.len > past ? bytes_of(all.data + past, all.len - past)
			      : BYTES_NONE;
}

/* The next whole line of the file, if it follows from those before. */
static bool next_line(struct keeping *k, struct line *out)
{
	struct bytes left = rest(k);
	const uint8_t *end = bytes_find(left, '\n');
	size_t len = end ? (size_t)(end - left.data) : 0;
	char hex[2 * MAC_BYTES + 1];

	if (len <= 2 * MAC_BYTES)
		return false;
	chain(k->desk, k->whole.mac, bytes_of(left.data, len - 2 * MAC_BYTES),
	    hex);
	if (!digest_same(end - 2 * MAC_BYTES, hex, 2 * MAC_BYTES) ||
	    !parse_line(bytes_of(left.data, len), out))
		return false;
	k->whole.length += len + 1;
	return true;
}

/* --- erasing again -------------------------------------------------------*/

static const struct caller nobody = { .login = "",
	.roles = "",
	.branch_code = "",
	.peer = "",
	.source = "rule" };

static enum err plan_again(struct keeping *k, struct work *w, struct plan *p)
{
	struct draft draft = { .method = "customer.erase",
		.clear = "again: it is in the register" };
	struct touched touched;
	enum err err = work_save(w, p, &touched);

	if (err)
		return err;
	touched_note(&touched, &draft);
	err = erase_imports(w, p);
	round_want(p);
	if (!err)
		err = draft_plan(&draft, p);
	return err ? err : store_commit(k->desk->store, p);
}

static enum err erase_again(
    struct keeping *k, const struct entity *e, uint64_t id, struct arena *a)
{
	const struct work_options options = { .origin = { .source = bytes_text(
							      "rule") } };
	struct findings found;
	struct record *r;
	struct work w;
	struct plan *p = plan_new(a);
	enum err err = p ? ERR_OK : ERR_TOO_LARGE;

	findings_init(&found, a);
	work_init(&w, k->desk, &nobody, a, &found, &options, NULL, 0);
	if (!err)
		err = work_record(&w, e, id, &r);
	if (!err)
		err = erase_subject(&w, r, &options.origin);
	if (!err)
		err = plan_again(k, &w, p);
	if (!err)
		log_warning("a record that was erased was back with an older "
			    "book: it is erased again");
	return err ? err : desk_refresh(k->desk);
}

/* Not there, or erased: as it should be. */
static enum err make_true(struct keeping *k, struct line l)
{
	const struct schema *s = directory_schema(k->desk->directory);
	const struct entity *e = s->by_id[l.entity];
	struct header header;
	struct arena arena;
	struct row row;
	enum err err =
	    e ? row_get(k->desk->snapshot, l.entity, l.id, &row, &header)
	      : ERR_NOT_FOUND;

	if (err || header.flags & ROW_ERASED)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	arena_init(&arena, BLOCK, CAP);
	err = erase_again(k, e, l.id, &arena);
	arena_release(&arena);
	return err;
}

/* --- the file into the book ----------------------------------------------*/

static bool is_known_up_to_here(const struct keeping *k)
{
	return k->whole.length == k->known.length &&
	       digest_same(k->whole.mac, k->known.mac, MAC_BYTES);
}

/* An end without line feed was broken off by a kill, and is written anew. */
static bool has_more_lines(const struct keeping *k)
{
	struct bytes left = rest(k);

	return bytes_find(left, '\n');
}

static enum err read_file(struct keeping *k)
{
	bool was_known = is_known_up_to_here(k);
	struct line l;
	enum err err = file_append(k->path, &k->file);

	if (err && err != ERR_NOT_FOUND)
		return err;
	for (err = ERR_OK; !err && next_line(k, &l);) {
		if (was_known)
			err = make_true(k, l);
		was_known |= is_known_up_to_here(k);
	}
	if (!err && (!was_known || has_more_lines(k))) {
		log_error(
		    "%s is not the register that this book has kept", k->path);
		err = ERR_UNVERIFIED;
	}
	return err;
}

/* --- the book into the file ----------------------------------------------*/

static enum err append_outbox(struct keeping *k)
{
	struct bytes prefix = bytes_text(OUTBOX), key;
	struct row row;
	struct scan *scan;
	unsigned left = AT_ONCE;
	enum err err = scan_open(
	    k->desk->snapshot, TABLE_META, prefix, BYTES_NONE, SCAN_UP, &scan);

	if (err)
		return err;
	while (!err && left-- && scan_next(scan, &key, &row)) {
		if (key.len != OUT_KEY || row.value.len != 8) {
			err = ERR_CORRUPT;
			continue;
		}
		append_line(k,
		    (struct line){ key.data[prefix.len],
			get_be64(key.data + prefix.len + 1) },
		    (int64_t)get_be64(row.value.data));
		plan_del(k->plan, TABLE_META, key);
	}
	err = err ? err : scan_error(scan);
	scan_close(scan);
	return err ? err : k->fresh.err;
}

static enum err write_file(struct keeping *k)
{
	struct bytes fresh = buf_bytes(&k->fresh);
	int fd =
	    open(k->path, O_WRONLY | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
	bool done = fd >= 0 && !ftruncate(fd, (off_t)k->whole.length) &&
		    pwrite(fd, fresh.data, fresh.len, (off_t)k->whole.length) ==
			(ssize_t)fresh.len &&
		    !fsync(fd);
	int number = errno;

	if (fd >= 0)
		close(fd);
	if (!done)
		log_error("%s: %s", k->path, strerror(number));
	k->whole.length += fresh.len;
	return done ? ERR_OK : err_errno(number);
}

/* --- one turn ------------------------------------------------------------*/

static enum err load_known(struct keeping *k)
{
	struct row row;
	enum err err = snapshot_get(
	    k->desk->snapshot, TABLE_META, bytes_text(KNOWN), &row);

	if (err)
		return err == ERR_NOT_FOUND ? ERR_OK : err;
	if (row.value.len != 8 + MAC_BYTES)
		return ERR_CORRUPT;
	k->known.length = get_be64(row.value.data);
	memcpy(k->known.mac, row.value.data + 8, MAC_BYTES);
	return ERR_OK;
}

static enum err keep_known(struct keeping *k)
{
	uint8_t raw[8 + MAC_BYTES];

	put_be64(raw, k->whole.length);
	memcpy(raw + 8, k->whole.mac, MAC_BYTES);
	plan_put(
	    k->plan, TABLE_META, bytes_text(KNOWN), bytes_of(raw, sizeof raw));
	return store_commit(k->desk->store, k->plan);
}

static bool is_as_known(const struct keeping *k)
{
	struct stat now = { .st_size = 0 };

	return (!stat(k->path, &now) || errno == ENOENT) &&
	       (uint64_t)now.st_size == k->known.length;
}

/* Seldom anything is new, and then the file is not read. */
static enum err is_all_kept(struct keeping *k, bool *is)
{
	struct bytes key;
	struct row row;
	struct scan *scan;
	enum err err = scan_open(k->desk->snapshot, TABLE_META,
	    bytes_text(OUTBOX), BYTES_NONE, SCAN_UP, &scan);

	if (err)
		return err;
	*is = !scan_next(scan, &key, &row) && is_as_known(k);
	err = scan_error(scan);
	scan_close(scan);
	return err;
}

static enum err turn(struct keeping *k)
{
	enum err err = read_file(k);

	k->plan = plan_new(&k->arena);
	if (!err)
		err = k->plan ? append_outbox(k) : ERR_TOO_LARGE;
	if (!err && (buf_bytes(&k->fresh).len ||
			buf_bytes(&k->file).len > k->whole.length))
		err = write_file(k);
	return err ? err : keep_known(k);
}

enum err register_turn(struct desk *d, const char *path)
{
	struct keeping k = { .desk = d, .path = path };
	bool is_kept = false;
	enum err err = desk_refresh(d);

	arena_init(&k.arena, BLOCK, CAP);
	buf_init(&k.file, FILE_MOST);
	buf_init(&k.fresh, FILE_MOST);
	if (!err)
		err = load_known(&k);
	if (!err)
		err = is_all_kept(&k, &is_kept);
	if (!err && !is_kept)
		err = turn(&k);
	buf_release(&k.fresh);
	buf_release(&k.file);
	arena_release(&k.arena);
	return err;
}
