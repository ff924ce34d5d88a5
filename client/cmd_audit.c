// SPDX-License-Identifier: MIT
/*
 * The auditor's commands.  Nothing is taken on the server's word that the
 * client can compute: signatures, consistency, inclusion and the tree's root
 * are checked here, against the checkpoint kept from earlier logins.
 *
 * A proof file is C2SP's tlog-proof: a first line with the name of the form,
 * "extra" with the leaf in base64, "index", the hashes, an empty line, the
 * signed checkpoint.  It is checked without any server.
 */
#include "client/commands.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "client/call.h"
#include "client/look.h"
#include "client/output.h"
#include "client/progress.h"
#include "client/show.h"
#include "client/tell.h"
#include "client/witness.h"
#include "common/pack.h"
#include "common/text.h"

#define PROOF_FORM "c2sp.org/tlog-proof@v1"
#define PROOF_MOST ((size_t)4 << 20)
#define PAGE       1000

static void say_head(struct app *app, const struct checkpoint *head)
{
	char root[2 * DIGEST_SIZE + 1];

	hex_format(bytes_of(head->root.of, DIGEST_SIZE), root);
	screen_say(&app->screen, ROLE_GOOD, "%s  #%" PRIu64 "  %s",
	    tr(app, "ok"), head->size, root);
}

enum err cmd_audit_checkpoint(struct app *app)
{
	struct bytes note;
	struct checkpoint head;
	struct verifier by;

	enum err e = witness_fetch(app, &note, &head, &by);
	if (e != ERR_OK)
		return e;
	if (app_flag(app, FLAG_OUT))
		e = output_write(app, app_flag(app, FLAG_OUT), note);
	if (e != ERR_OK)
		return e;
	if (app_flag(app, FLAG_JSON)) {
		struct buf out;
		buf_init(&out, KEEP_CAP);
		pack_map(&out, 3);
		pack_key_text(&out, "note", note);
		pack_key_cstr(&out, "origin", head.origin);
		pack_key_int(&out, "size", (int64_t)head.size);
		show_json(keep_buf(&app->arena, &out));
		return ERR_OK;
	}
	screen_put(&app->screen, ROLE_VALUE, note);
	say_head(app, &head);
	return ERR_OK;
}

/* --- the whole log ---------------------------------------------------------
 */

struct recount {
	struct frontier tree;
	uint64_t upto;
	FILE *out; /* leaves also go here, length before each; or NULL */
};

static void take_leaves(struct recount *c, struct bytes result)
{
	uint32_t count;
	struct reader r = look_array(result, "entries", &count);

	for (uint32_t i = 0; i < count && c->tree.size < c->upto; i++) {
		struct bytes packed = read_raw(&r);
		struct reader one = reader_of(packed);
		struct bytes leaf = value_type(packed) == UNPACK_BIN
					? read_bin(&one)
					: BYTES_NONE;
		struct digest hash;
		uint8_t length[4];
		merkle_leaf(leaf, &hash);
		frontier_append(&c->tree, &hash);
		put_be32(length, (uint32_t)leaf.len);
		if (c->out) {
			fwrite(length, 1, sizeof(length), c->out);
			fwrite(leaf.data, 1, leaf.len, c->out);
		}
	}
}

/* Fetches every leaf and grows the tree of it. */
static enum err recount(struct app *app, struct recount *c)
{
	struct arena page;
	enum err e = ERR_OK;
	struct progress bar;

	frontier_init(&c->tree);
	arena_init(&page, 1 << 20, KEEP_CAP);
	progress_begin(&bar, app, tr(app, "checking"), c->upto);
	while (c->tree.size < c->upto && e == ERR_OK) {
		struct request r;
		struct bytes result;
		uint64_t before = c->tree.size;
		arena_reset(&page);
		request_begin(&r, "audit.export", CALL_READ);
		request_int(&r, "from", (int64_t)c->tree.size);
		request_int(&r, "limit", PAGE);
		e = call(app, &r, &page, &result);
		if (e == ERR_OK)
			take_leaves(c, result);
		progress_show(&bar, c->tree.size);
		if (e == ERR_OK && c->tree.size == before)
			e = tell(app, ERR_UNVERIFIED,
			    tr(app, "The log ends early, at entry %" PRIu64),
			    before);
	}
	progress_end(&bar);
	arena_release(&page);
	return e;
}

static enum err check_root(
    struct app *app, struct recount *c, const struct checkpoint *head)
{
	struct digest root;

	frontier_root(&c->tree, &root);
	if (c->tree.size == head->size &&
	    digest_same(root.of, head->root.of, DIGEST_SIZE))
		return ERR_OK;
	return tell(app, ERR_UNVERIFIED,
	    tr(app, "The entries do not give the signed root at #%" PRIu64
		    ". Delete nothing and tell the auditor."),
	    head->size);
}

static enum err check_values(struct app *app, struct bytes *result)
{
	struct request r;

	request_begin(&r, "audit.verify", CALL_READ);
	enum err e = request_flag_entry(app, &r, "from", FLAG_FROM);
	if (e == ERR_OK)
		e = request_flag_entry(app, &r, "to", FLAG_TO);
	if (e == ERR_OK)
		e = call(app, &r, &app->arena, result);
	if (e != ERR_OK)
		return e;
	struct bytes bad = look_value(*result, "bad");
	int64_t count = value_type(bad) == UNPACK_ARRAY
			    ? (int64_t)value_count(bad)
			    : look_int(*result, "bad", 0);
	if (show_is_machine(app))
		show_json(*result);
	else
		show_answer(app, *result);
	if (!count)
		return ERR_OK;
	return tell(app, ERR_UNVERIFIED,
	    tr(app, "%lld stored values do not fit the log."),
	    (long long)count);
}

static enum err check_old_note(
    struct app *app, const struct verifier *by, const struct checkpoint *head)
{
	struct bytes note;
	struct checkpoint old;
	const char *path = app_flag(app, FLAG_CHECKPOINT);

	if (!path)
		return ERR_OK;
	enum err e = file_read(&app->arena, path, PROOF_MOST, &note);
	if (e == ERR_OK)
		e = note_open(note, by, &old);
	if (e != ERR_OK)
		return tell(app, ERR_UNVERIFIED,
		    tr(app, "%s is no checkpoint signed by this log."), path);
	e = witness_extends(app, &old, head);
	if (e == ERR_OK && !show_is_machine(app))
		screen_say(&app->screen, ROLE_GOOD, "%s  %s #%" PRIu64,
		    tr(app, "ok"), tr(app, "nothing was rewritten since"),
		    old.size);
	return e;
}

static enum err verify_log(struct app *app)
{
	struct bytes note, result;
	struct checkpoint head;
	struct verifier by;

	enum err e = witness_fetch(app, &note, &head, &by);
	if (e != ERR_OK)
		return e;
	struct recount c = { .upto = head.size };
	e = recount(app, &c);
	if (e == ERR_OK)
		e = check_root(app, &c, &head);
	if (e == ERR_OK)
		e = check_old_note(app, &by, &head);
	if (e == ERR_OK)
		e = check_values(app, &result);
	if (e == ERR_OK && !show_is_machine(app))
		say_head(app, &head);
	return e;
}

/* --- one proof -----------------------------------------------------------*/

struct proof {
	uint64_t index;
	struct bytes leaf, note;
	struct digest hashes[MERKLE_PROOF];
	size_t count;
};

static enum err decode_base64(
    struct arena *a, struct bytes text, struct bytes *out)
{
	struct buf raw;

	buf_init(&raw, PROOF_MOST);
	enum err e = base64_parse(text, &raw);
	if (e == ERR_OK)
		*out = keep_bytes(a, buf_bytes(&raw));
	buf_release(&raw);
	return e;
}

static enum err parse_index(struct bytes line, uint64_t *index)
{
	struct bytes word = bytes_text("index ");

	if (!bytes_starts(line, word) || line.len > 26)
		return ERR_INVALID;
	*index = 0;
	for (size_t i = word.len; i < line.len; i++) {
		if (line.data[i] < '0' || line.data[i] > '9')
			return ERR_INVALID;
		*index = *index * 10 + line.data[i] - '0';
	}
	return ERR_OK;
}

static enum err parse_proof(struct arena *a, struct bytes file, struct proof *p)
{
	struct bytes extra = bytes_text("extra ");

	if (!bytes_is(bytes_take_line(&file), PROOF_FORM))
		return ERR_INVALID;
	struct bytes line = bytes_take_line(&file);
	if (!bytes_starts(line, extra))
		return ERR_INVALID;
	enum err e = decode_base64(
	    a, bytes_of(line.data + extra.len, line.len - extra.len), &p->leaf);
	if (e == ERR_OK)
		e = parse_index(bytes_take_line(&file), &p->index);
	while (e == ERR_OK && (line = bytes_take_line(&file)).len) {
		struct bytes hash;
		if (p->count == MERKLE_PROOF)
			return ERR_INVALID;
		e = decode_base64(a, line, &hash);
		if (e == ERR_OK && hash.len != DIGEST_SIZE)
			e = ERR_INVALID;
		if (e == ERR_OK)
			memcpy(
			    p->hashes[p->count++].of, hash.data, DIGEST_SIZE);
	}
	p->note = file;
	return e;
}

static void format_proof(const struct proof *p, struct buf *out)
{
	char index[32];

	snprintf(index, sizeof(index), "\nindex %" PRIu64 "\n", p->index);
	buf_append_text(out, PROOF_FORM "\nextra ");
	base64_append(out, p->leaf);
	buf_append_text(out, index);
	for (size_t i = 0; i < p->count; i++) {
		base64_append(out, bytes_of(p->hashes[i].of, DIGEST_SIZE));
		buf_append_byte(out, '\n');
	}
	buf_append_byte(out, '\n');
	buf_append_bytes(out, p->note);
}

static enum err check_proof(struct app *app, const struct proof *p,
    const struct verifier *by, struct checkpoint *head)
{
	struct digest leaf;

	if (note_open(p->note, by, head) != ERR_OK)
		return tell(app, ERR_UNVERIFIED, "%s",
		    tr(app, "The checkpoint's signature does not hold."));
	merkle_leaf(p->leaf, &leaf);
	if (merkle_check_inclusion(&leaf, p->index, head->size, p->hashes,
		p->count, &head->root) != ERR_OK)
		return tell(app, ERR_UNVERIFIED,
		    tr(app, "Entry %" PRIu64 " is not in the log of #%" PRIu64
			    ". Delete nothing and tell the auditor."),
		    p->index, head->size);
	return ERR_OK;
}

static void say_proven(
    struct app *app, const struct proof *p, const struct checkpoint *head)
{
	if (show_is_machine(app))
		return;
	screen_say(&app->screen, ROLE_GOOD,
	    tr(app, "ok  entry %" PRIu64 " is in the log of #%" PRIu64
		    ": %zu steps"),
	    p->index, head->size, p->count);
}

enum err cmd_audit_proof(struct app *app)
{
	struct request r;
	struct bytes result, note;
	struct checkpoint head;
	struct verifier by;
	struct buf file;
	const char *path = app_flag(app, FLAG_OUT);

	if (app->rest_count != 1)
		return tell(app, ERR_USAGE, "kehu audit proof INDEX [-o FILE]");
	enum err e = witness_fetch(app, &note, &head, &by);
	if (e != ERR_OK)
		return e;
	if (app->rest[0][strspn(app->rest[0], "0123456789")])
		return tell(app, ERR_USAGE, "kehu audit proof INDEX [-o FILE]");
	request_begin(&r, "audit.proof", CALL_READ);
	request_int(&r, "index", strtoll(app->rest[0], NULL, 10));
	e = call(app, &r, &app->arena, &result);
	if (e != ERR_OK)
		return e;
	struct proof p = { .index = (uint64_t)look_int(result, "index", 0),
		.leaf = look_bin(result, "leaf"),
		.note = look_text(result, "note") };
	e = witness_proof(result, "proof", p.hashes, &p.count);
	if (e == ERR_OK)
		e = check_proof(app, &p, &by, &head);
	if (e != ERR_OK)
		return e;
	buf_init(&file, PROOF_MOST);
	format_proof(&p, &file);
	struct bytes text = keep_buf(&app->arena, &file);
	if (path)
		e = output_write(app, path, text);
	if (e != ERR_OK)
		return e;
	if (app_flag(app, FLAG_JSON))
		show_json(result);
	else if (!path)
		screen_put(&app->screen, ROLE_VALUE, text);
	say_proven(app, &p, &head);
	return ERR_OK;
}

/* The key that this machine trusts for the server's log. */
static enum err kept_key(struct app *app, struct verifier *by)
{
	struct bytes file;
	enum err e = file_read_private(&app->arena,
	    profile_path(&app->profile, &app->arena, KEEPING_CHECKPOINT),
	    PROOF_MOST, &file);

	if (e == ERR_OK)
		e = verifier_parse(bytes_take_line(&file), by);
	return e == ERR_OK ? e
			   : tell(app, ERR_UNVERIFIED, "%s",
				 tr(app, "No key of the log is known here: "
					 "kehu login once."));
}

static enum err verify_file(struct app *app, const char *path)
{
	struct bytes file;
	struct proof p = { 0 };
	struct checkpoint head;
	struct verifier by;

	enum err e = file_read(&app->arena, path, PROOF_MOST, &file);
	if (e != ERR_OK)
		return tell(
		    app, ERR_USAGE, tr(app, "%s cannot be read."), path);
	e = kept_key(app, &by);
	if (e != ERR_OK)
		return e;
	if (parse_proof(&app->arena, file, &p) != ERR_OK)
		return tell(
		    app, ERR_UNVERIFIED, tr(app, "%s is no proof."), path);
	e = check_proof(app, &p, &by, &head);
	if (e == ERR_OK)
		e = check_old_note(app, &by, &head);
	if (e == ERR_OK)
		say_proven(app, &p, &head);
	if (e == ERR_OK && !show_is_machine(app))
		screen_say(&app->screen, ROLE_LABEL, "%s",
		    tr(app,
			"It proves that the entry was not changed since; not "
			"that what somebody entered is true."));
	return e;
}

enum err cmd_audit_verify(struct app *app)
{
	if (app->rest_count)
		return verify_file(app, app->rest[0]);
	return verify_log(app);
}

enum err cmd_audit_export(struct app *app)
{
	struct bytes note;
	struct checkpoint head;
	struct verifier by;
	const char *path = app_flag(app, FLAG_OUT);

	if (!path)
		return tell(app, ERR_USAGE, "kehu audit export -o FILE");
	enum err e = witness_fetch(app, &note, &head, &by);
	if (e != ERR_OK)
		return e;
	struct recount c = { .upto = head.size, .out = fopen(path, "wbx") };
	if (!c.out)
		return tell(
		    app, ERR_USAGE, tr(app, "%s cannot be written."), path);
	e = recount(app, &c);
	if (fclose(c.out) != 0 && e == ERR_OK)
		e = tell(app, ERR_UNAVAILABLE, tr(app, "%s cannot be written."),
		    path);
	if (e == ERR_OK)
		e = check_root(app, &c, &head);
	if (e == ERR_OK)
		say_head(app, &head);
	return e;
}
