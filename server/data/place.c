// SPDX-License-Identifier: MIT
/*
 * Cursors.  See place.h.
 */
#include "server/data/place.h"

#include "common/pack.h"
#include "common/unpack.h"

#define CURSOR_MOST 2048

static void pack_place(struct desk *d, const struct caller *who,
    const struct query *q, const struct place *at, struct buf *out)
{
	pack_array(out, 7);
	pack_uint(out, who->user);
	pack_uint(out, view_fingerprint(who->view));
	pack_bin(out, bytes_of(q->identity.of, DIGEST_SIZE));
	pack_uint(out, directory_schema(d->directory)->version);
	pack_int(out, clock_now_ms(d->clock) + CURSOR_LIFE_MS);
	pack_bin(out, at->key);
	pack_uint(out, at->id);
}

enum err place_pack(struct desk *d, const struct caller *who,
    const struct query *q, const struct place *at, struct buf *out)
{
	struct buf inside, sealed, text;
	enum err err;

	buf_init(&inside, CURSOR_MOST);
	buf_init(&sealed, CURSOR_MOST);
	buf_init(&text, 2 * CURSOR_MOST);
	pack_place(d, who, q, at, &inside);
	err = inside.err;
	if (!err)
		err = seal_system(d->sealer, "cursor", BYTES_NONE,
		    buf_bytes(&inside), &sealed);
	base64_append(&text, buf_bytes(&sealed));
	pack_text(out, buf_bytes(&text));
	buf_release(&inside);
	buf_release(&sealed);
	buf_release(&text);
	return err;
}

static enum err read_place(struct desk *d, const struct caller *who,
    const struct query *q, struct bytes inside, struct place *out)
{
	struct reader in = reader_of(inside);
	bool fits = read_array(&in) == 7;

	fits &= read_uint(&in) == who->user;
	fits &= read_uint(&in) == view_fingerprint(who->view);
	fits &=
	    bytes_equal(read_bin(&in), bytes_of(q->identity.of, DIGEST_SIZE));
	fits &= read_uint(&in) == directory_schema(d->directory)->version;
	fits &= read_int(&in) > clock_now_ms(d->clock);
	out->key = read_bin(&in);
	out->id = read_uint(&in);
	return fits && !in.err ? ERR_OK : ERR_INVALID;
}

enum err place_open(struct desk *d, const struct caller *who,
    const struct query *q, struct bytes text, struct arena *a,
    struct place *out)
{
	struct bytes inside;
	struct buf sealed;
	enum err err;

	*out = (struct place){ 0 };
	if (!text.len)
		return ERR_OK;
	buf_init(&sealed, CURSOR_MOST);
	err = base64_parse(text, &sealed);
	if (!err)
		err = unseal_system(d->sealer, "cursor", BYTES_NONE,
		    buf_bytes(&sealed), a, &inside);
	if (!err)
		err = read_place(d, who, q, inside, out);
	buf_release(&sealed);
	return err ? ERR_INVALID : ERR_OK;
}
