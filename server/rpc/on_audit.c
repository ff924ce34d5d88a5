// SPDX-License-Identifier: MIT
/*
 * audit.*: heads, proofs and verifying: the log for those who check it.
 *
 * Heads and consistency proofs are for everybody who is logged in: every
 * client is a witness.  What the entries say is on_audit_entries.c's.
 */
#include "common/digest.h"
#include "common/pack.h"
#include "server/data/verify.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"

enum err on_audit_checkpoint(struct request *r)
{
	struct bytes note;
	struct buf vkey;
	enum err err = auditlog_note(r->desk->snapshot, &r->arena, &note);

	if (err)
		return err == ERR_NOT_FOUND ? ERR_BUSY : err;
	buf_init(&vkey, 1024);
	auditlog_vkey(r->rpc->options.log, &vkey);
	pack_map(&r->out, 2);
	pack_key_text(&r->out, "note", note);
	pack_key_text(&r->out, "vkey", buf_bytes(&vkey));
	buf_release(&vkey);
	return ERR_OK;
}

/* --- proofs --------------------------------------------------------------*/

static void pack_proof(
    struct buf *out, const struct digest *proof, size_t count)
{
	char hex[2 * DIGEST_SIZE + 1];

	pack_cstr(out, "proof");
	pack_array(out, (uint32_t)count);
	for (size_t i = 0; i < count; i++) {
		hex_format(bytes_of(proof[i].of, DIGEST_SIZE), hex);
		pack_cstr(out, hex);
	}
}

enum err on_audit_consistency(struct request *r)
{
	struct digest proof[MERKLE_PROOF];
	int64_t old = param_int(r, "old", 0), new = param_int(r, "new", 0);
	size_t count;
	enum err err = param_error(r);

	if (!err)
		err = auditlog_consistency(r->desk->snapshot, (uint64_t)old,
		    (uint64_t) new, proof, &count);
	if (err == ERR_INVALID)
		return request_refuse(r, "new", "range",
		    "old is at most new, and the log has that many entries");
	if (err)
		return err;
	pack_map(&r->out, 1);
	pack_proof(&r->out, proof, count);
	return ERR_OK;
}

/* The size that the newest signed head speaks of. */
static enum err signed_head(
    struct request *r, struct bytes *note, struct checkpoint *head)
{
	uint8_t key[NOTE_PUBLIC];
	struct verifier by;
	enum err err = auditlog_note(r->desk->snapshot, &r->arena, note);

	if (err)
		return err == ERR_NOT_FOUND ? ERR_BUSY : err;
	keyring_public(r->rpc->options.keyring, key);
	verifier_init(&by, auditlog_origin(r->rpc->options.log), key);
	return note_open(*note, &by, head);
}

enum err on_audit_proof(struct request *r)
{
	struct digest proof[MERKLE_PROOF];
	int64_t index = param_int(r, "index", 0);
	struct checkpoint head;
	struct bytes note, leaf;
	size_t count;
	enum err err = param_error(r);

	if (!err)
		err = signed_head(r, &note, &head);
	if (!err)
		err = (uint64_t)index < head.size
			  ? auditlog_inclusion(r->desk->snapshot,
				(uint64_t)index, head.size, proof, &count)
			  : request_refuse(r, "index", "range",
				"no signed head covers this position yet");
	if (!err)
		err = auditlog_leaf(r->desk->snapshot, (uint64_t)index, &leaf);
	if (err)
		return err;
	r->must_log = true;
	pack_map(&r->out, 5);
	pack_key_int(&r->out, "index", index);
	pack_key_int(&r->out, "size", (int64_t)head.size);
	pack_cstr(&r->out, "leaf");
	pack_bin(&r->out, leaf);
	pack_proof(&r->out, proof, count);
	pack_key_text(&r->out, "note", note);
	return ERR_OK;
}

/* --- verifying -----------------------------------------------------------*/

struct tallying {
	struct desk *desk;
	uint64_t versions; /* of records, that entries say were written */
};

static enum err count_entry(void *ctx, const struct entry *e)
{
	struct tallying *t = ctx;

	if (strcmp(e->result, "ok"))
		return desk_may_go_on(t->desk);
	for (size_t i = 0; i < e->draft.record_count; i++)
		t->versions += e->draft.records[i].touch == TOUCH_WRITE;
	return desk_may_go_on(t->desk);
}

enum err on_audit_verify(struct request *r)
{
	uint64_t from = (uint64_t)param_int(r, "from", 0);
	uint64_t to = (uint64_t)param_int(r, "to", INT64_MAX);
	uint64_t head = snapshot_head(r->desk->snapshot);
	struct tallying t = { .desk = r->desk };
	struct audit_result log;
	struct verify_result values;
	enum err err = param_error(r);

	if (to > head)
		to = head;
	if (!err)
		err = auditlog_verify(r->rpc->options.log, r->desk->snapshot,
		    from, to, count_entry, &t, &log);
	if (!err)
		err = verify_values(r->desk, from, to, &values);
	if (err)
		return err;
	/* A version that the log knows and the store does not. */
	if (t.versions > values.rows + values.erased)
		values.bad += t.versions - values.rows - values.erased;
	r->must_log = true;
	pack_map(&r->out, 7);
	pack_key_int(&r->out, "from", (int64_t)from);
	pack_key_int(&r->out, "to", (int64_t)to);
	pack_key_int(&r->out, "entries", (int64_t)log.entries);
	pack_key_int(&r->out, "rows", (int64_t)values.rows);
	pack_key_int(&r->out, "values", (int64_t)values.values);
	pack_key_int(&r->out, "bad", (int64_t)(log.bad + values.bad));
	pack_key_int(&r->out, "erased", (int64_t)values.erased);
	return ERR_OK;
}
