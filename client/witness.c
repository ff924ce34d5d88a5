// SPDX-License-Identifier: MIT
/*
 * The last checkpoint of each server; see witness.h.
 *
 * The file: the verifier key, a line feed, the note.
 */
#include "client/witness.h"

#include <inttypes.h>

#include "client/call.h"
#include "client/look.h"
#include "client/tell.h"
#include "common/text.h"

#define NOTE_MOST 65536

struct memory { /* what was kept */
	bool is_there;
	struct bytes key, note;
	struct verifier by;
	struct checkpoint head;
};

static const char *path_of(struct app *app)
{
	return profile_path(&app->profile, &app->arena, KEEPING_CHECKPOINT);
}

static enum err recall(struct app *app, struct memory *m)
{
	struct bytes file;

	*m = (struct memory){ 0 };
	enum err e =
	    file_read_private(&app->arena, path_of(app), NOTE_MOST, &file);
	if (e == ERR_NOT_FOUND)
		return ERR_OK;
	const uint8_t *end = e == ERR_OK ? bytes_find(file, '\n') : NULL;
	if (!end)
		return tell(app, ERR_UNVERIFIED,
		    tr(app, "The kept checkpoint %s cannot be read."),
		    path_of(app));
	size_t at = (size_t)(end - file.data);
	m->key = bytes_of(file.data, at);
	m->note = bytes_of(end + 1, file.len - at - 1);
	m->is_there = true;
	e = verifier_parse(m->key, &m->by);
	if (e == ERR_OK)
		e = note_open(m->note, &m->by, &m->head);
	return e == ERR_OK ? e
			   : tell(app, ERR_UNVERIFIED,
				 tr(app, "The kept checkpoint %s is damaged."),
				 path_of(app));
}

static enum err keep_note(struct app *app, struct bytes key, struct bytes note)
{
	struct buf file;

	buf_init(&file, NOTE_MOST);
	buf_append_bytes(&file, key);
	buf_append_byte(&file, '\n');
	buf_append_bytes(&file, note);
	enum err e = file.err;
	if (e == ERR_OK)
		e = file_keep(&app->arena, path_of(app), buf_bytes(&file));
	buf_release(&file);
	return e == ERR_OK ? e
			   : tell(app, e, "%s",
				 tr(app, "The checkpoint could not be kept."));
}

/* The loud part: says what was and what came. */
static enum err tell_fork(struct app *app, const struct checkpoint *old_head,
    const struct checkpoint *new_head)
{
	(void)tell(app, ERR_UNVERIFIED,
	    tr(app, "THE AUDIT LOG DOES NOT CONTINUE the one seen before "
		    "(size %" PRIu64 ", now %" PRIu64 ")."),
	    old_head->size, new_head->size);
	screen_say(&app->screen, ROLE_BAD, "  %s",
	    tr(app, "The past was changed, or an older state was restored. "
		    "Delete nothing and tell the auditor."));
	screen_say(&app->screen, ROLE_LABEL, "  %s %s",
	    tr(app, "The earlier checkpoint is kept in"), path_of(app));
	return ERR_UNVERIFIED;
}

enum err witness_proof(struct bytes map, const char *key,
    struct digest proof[static MERKLE_PROOF], size_t *count)
{
	uint32_t n;
	struct reader r = look_array(map, key, &n);

	*count = 0;
	if (n > MERKLE_PROOF)
		return ERR_UNVERIFIED;
	for (uint32_t i = 0; i < n; i++) {
		struct bytes hex = value_text(read_raw(&r));
		if (hex_parse(hex, proof[i].of, DIGEST_SIZE) != ERR_OK)
			return ERR_UNVERIFIED;
	}
	*count = n;
	return ERR_OK;
}

enum err witness_extends(struct app *app, const struct checkpoint *old_head,
    const struct checkpoint *new_head)
{
	struct digest proof[MERKLE_PROOF];
	size_t count = 0;
	struct bytes result = BYTES_NONE;
	struct request r;

	if (new_head->size < old_head->size)
		return tell_fork(app, old_head, new_head);
	if (old_head->size > 0 && new_head->size > old_head->size) {
		request_begin(&r, "audit.consistency", CALL_READ);
		request_int(&r, "old", (int64_t)old_head->size);
		request_int(&r, "new", (int64_t)new_head->size);
		enum err e = call(app, &r, &app->arena, &result);
		if (e != ERR_OK)
			return e;
	}
	enum err e = witness_proof(result, "proof", proof, &count);
	if (e == ERR_OK && new_head->size == old_head->size)
		e = digest_same(
			old_head->root.of, new_head->root.of, DIGEST_SIZE)
			? ERR_OK
			: ERR_UNVERIFIED;
	else if (e == ERR_OK && old_head->size > 0)
		e = merkle_check_consistency(old_head->size, &old_head->root,
		    new_head->size, &new_head->root, proof, count);
	return e == ERR_OK ? e : tell_fork(app, old_head, new_head);
}

enum err witness_fetch(struct app *app, struct bytes *note,
    struct checkpoint *head, struct verifier *by)
{
	struct request r;
	struct bytes result;
	struct memory m;

	request_begin(&r, "audit.checkpoint", CALL_READ);
	enum err e = call(app, &r, &app->arena, &result);
	if (e == ERR_OK)
		e = recall(app, &m);
	if (e != ERR_OK)
		return e;
	struct bytes key = text_trim(look_text(result, "vkey"));
	*note = look_text(result, "note");
	if (m.is_there && !bytes_equal(key, m.key))
		return tell(app, ERR_UNVERIFIED, "%s",
		    tr(app, "THE AUDIT LOG'S KEY HAS CHANGED since the last "
			    "login. Tell the auditor."));
	e = verifier_parse(key, by);
	if (e == ERR_OK)
		e = note_open(*note, by, head);
	if (e != ERR_OK)
		return tell(app, ERR_UNVERIFIED, "%s",
		    tr(app, "The checkpoint's signature does not hold."));
	if (m.is_there)
		e = witness_extends(app, &m.head, head);
	return e == ERR_OK ? keep_note(app, key, *note) : e;
}

enum err witness_check(struct app *app)
{
	struct bytes note;
	struct checkpoint head;
	struct verifier by;

	return witness_fetch(app, &note, &head, &by);
}

enum err witness_glance(struct app *app, struct bytes note)
{
	struct memory m;
	struct checkpoint head;

	enum err e = recall(app, &m);
	if (e != ERR_OK || !m.is_there || !note.len)
		return e;
	if (note_open(note, &m.by, &head) != ERR_OK)
		return tell(app, ERR_UNVERIFIED, "%s",
		    tr(app, "The checkpoint's signature does not hold."));
	bool is_same = head.size == m.head.size &&
		       digest_same(head.root.of, m.head.root.of, DIGEST_SIZE);
	if (head.size < m.head.size || (head.size == m.head.size && !is_same))
		return tell_fork(app, &m.head, &head);
	return ERR_OK;
}
