// SPDX-License-Identifier: MIT
/*
 * server.status: how the machine is doing, for administrators.
 *
 * Figures and warnings; no value of any record and no path.
 */
#include "common/pack.h"
#include "server/access/policy.h"
#include "server/rpc/inside.h"
#include "server/rpc/method.h"

static void pack_store(struct request *r)
{
	struct store_figures f;

	store_read_figures(r->rpc->options.store, &f);
	pack_cstr(&r->out, "store");
	pack_map(&r->out, 8);
	pack_key_int(&r->out, "map_bytes", (int64_t)f.map_bytes);
	pack_key_int(&r->out, "used_bytes", (int64_t)f.used_bytes);
	pack_key_int(&r->out, "commits", (int64_t)f.commits);
	pack_key_int(&r->out, "plans", (int64_t)f.plans);
	pack_key_int(&r->out, "refused", (int64_t)f.plans_refused);
	pack_key_int(&r->out, "queued", (int64_t)f.queued_plans);
	pack_key_int(&r->out, "oldest_reader_ms", (int64_t)f.oldest_reader_ms);
	pack_key_bool(&r->out, "full", f.full);
}

static void pack_warnings(struct request *r)
{
	size_t mark;
	uint32_t count = 0;

	pack_cstr(&r->out, "warnings");
	mark = pack_array_open(&r->out);
	if (r->rpc->options.root_key_beside) {
		pack_cstr(&r->out, "the root key lies with the data; for "
				   "more than trials keep it elsewhere");
		count++;
	}
	if (!auditlog_is_sound(r->rpc->options.log)) {
		pack_cstr(&r->out, "the log does not verify; changes are "
				   "refused");
		count++;
	}
	if (atomic_load(&r->rpc->service) == SERVICE_READ_ONLY) {
		pack_cstr(&r->out, "kehud.conf says read_only: changes are "
				   "refused");
		count++;
	}
	pack_array_close(&r->out, mark, count);
}

enum err on_server_status(struct request *r)
{
	const unsigned rights = RIGHT_BACKUP | RIGHT_KEYS | RIGHT_USERS;

	if (!(view_rights(r->caller.view, 0) & rights))
		return ERR_DENIED;
	pack_map(&r->out, r->rpc->options.figures ? 6 : 5);
	pack_key_instant(&r->out, "started", r->rpc->started_ms);
	pack_key_int(
	    &r->out, "log_size", (int64_t)snapshot_head(r->desk->snapshot));
	pack_store(r);
	pack_warnings(r);
	pack_cstr(&r->out, "two_person");
	operations_pack(&r->out, directory_two_person(r->desk->directory));
	if (r->rpc->options.figures) {
		pack_cstr(&r->out, "net");
		r->rpc->options.figures(r->rpc->options.figures_ctx, &r->out);
	}
	return ERR_OK;
}
