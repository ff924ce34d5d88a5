// SPDX-License-Identifier: MIT
/*
 * Packing an account under its seal.
 *
 * A fixed array, one element a field, in the order below; a further field is
 * appended and readers take a shorter array as older.
 */
#include "server/access/account.h"

#include "common/pack.h"
#include "common/unpack.h"
#include "server/access/sealed_row.h"

#define PURPOSE  "account"
#define ELEMENTS 15
#define OLDEST   12 /* elements of the first version */
#define MOST     (64 * 1024)

static void pack_account(struct buf *b, const struct account *who)
{
	pack_array(b, ELEMENTS);
	pack_uint(b, who->id);
	pack_cstr(b, who->login);
	pack_cstr(b, who->name ? who->name : "");
	pack_array(b, who->role_count);
	for (unsigned i = 0; i < who->role_count; i++)
		pack_cstr(b, who->roles[i]->key);
	pack_uint(b, who->branch);
	pack_cstr(b, who->branch_code ? who->branch_code : "");
	pack_bin(b, who->password);
	pack_bin(b, who->enrolment);
	pack_int(b, who->enrolment_until_ms);
	pack_bool(b, who->must_change);
	pack_bool(b, who->disabled);
	pack_uint(b, who->stamp);
	pack_array(b, who->certificate_count);
	for (unsigned i = 0; i < who->certificate_count; i++)
		pack_bin(b, bytes_of(who->certificates[i].of, DIGEST_SIZE));
	pack_uint(b, who->maker);
	pack_int(b, who->password_ms);
}

enum err account_put(
    struct plan *p, struct sealer *s, const struct account *who)
{
	struct buf plain;

	buf_init(&plain, MOST);
	pack_account(&plain, who);
	return sealed_row_put(
	    p, s, PURPOSE, TABLE_USER, bytes_text(who->login), &plain);
}

static void read_roles(struct reader *r,
    struct bytes roles[static ACCOUNT_ROLES], unsigned *role_count)
{
	uint32_t count = read_array(r);

	*role_count = 0;
	if (count > ACCOUNT_ROLES) {
		r->err = ERR_INVALID;
		return;
	}
	for (uint32_t i = 0; i < count; i++)
		roles[i] = read_text(r);
	*role_count = count;
}

static void read_certificates(struct reader *r, struct account *out)
{
	uint32_t count = read_array(r);

	if (count > ACCOUNT_CERTIFICATES)
		r->err = ERR_INVALID;
	for (uint32_t i = 0; i < count && !r->err; i++) {
		struct bytes key = read_bin(r);

		if (key.len != DIGEST_SIZE)
			r->err = ERR_INVALID;
		else
			memcpy(out->certificates[i].of, key.data, key.len);
	}
	out->certificate_count = r->err ? 0 : count;
}

enum err account_unseal(struct sealer *s, struct bytes login,
    struct bytes sealed, struct arena *a, struct account *out,
    struct bytes roles[static ACCOUNT_ROLES], unsigned *role_count)
{
	struct bytes plain;
	struct reader r;
	uint32_t elements;
	enum err e = unseal_system(s, PURPOSE, login, sealed, a, &plain);

	if (e != ERR_OK)
		return e;
	r = reader_of(plain);
	elements = read_array(&r);
	if (elements < OLDEST || elements > ELEMENTS)
		return ERR_CORRUPT;
	*out = (struct account){ .id = read_uint(&r) };
	out->login = arena_text(a, read_text(&r));
	out->name = arena_text(a, read_text(&r));
	read_roles(&r, roles, role_count);
	out->branch = read_uint(&r);
	out->branch_code = arena_text(a, read_text(&r));
	out->password = read_bin(&r);
	out->enrolment = read_bin(&r);
	out->enrolment_until_ms = read_int(&r);
	out->must_change = read_bool(&r);
	out->disabled = read_bool(&r);
	out->stamp = read_uint(&r);
	if (elements > OLDEST)
		read_certificates(&r, out);
	if (elements > OLDEST + 1)
		out->maker = read_uint(&r);
	if (elements > OLDEST + 2)
		out->password_ms = read_int(&r);
	if (!out->login || !out->name || !out->branch_code)
		return ERR_TOO_LARGE;
	if (r.err != ERR_OK || !out->id || !bytes_is(login, out->login))
		return ERR_CORRUPT;
	return ERR_OK;
}
