// SPDX-License-Identifier: MIT
/*
 * The method table, in order of name: found by bisection.
 */
#include "server/rpc/method.h"

/* clang-format off */
static const struct method table[] = {
	{ "audit.checkpoint",  on_audit_checkpoint,  NEED_SESSION, 0,            ON_LOOP,   "" },
	{ "audit.consistency", on_audit_consistency, NEED_SESSION, 0,            ON_LOOP,   "old new " },
	{ "audit.export",      on_audit_export,      NEED_SESSION, RIGHT_AUDIT,  ON_WORKER, "from limit " },
	{ "audit.find",        on_audit_find,        NEED_SESSION, 0,            ON_WORKER, "from limit user method entity id " },
	{ "audit.proof",       on_audit_proof,       NEED_SESSION, RIGHT_AUDIT,  ON_LOOP,   "index " },
	{ "audit.verify",      on_audit_verify,      NEED_SESSION, RIGHT_AUDIT,  ON_WORKER, "from to " },
	{ "record.archive",    on_record_archive,    NEED_SESSION, 0,            ON_LOOP,   "entity id reason source request_id version " },
	{ "record.batch",      on_record_batch,      NEED_SESSION, 0,            ON_LOOP,   "items atomic dry_run confirm override request_id source reason " },
	{ "record.create",     on_record_create,     NEED_SESSION, 0,            ON_LOOP,   "entity fields source reason request_id dry_run confirm override row " },
	{ "record.export",     on_record_export,     NEED_SESSION, RIGHT_EXPORT, ON_WORKER, "entity where order limit after fields scope archived clear " },
	{ "record.find",       on_record_find,       NEED_SESSION, 0,            ON_LOOP,   "entity where order limit after fields scope count archived " },
	{ "record.get",        on_record_get,        NEED_SESSION, 0,            ON_LOOP,   "entity id fields " },
	{ "record.history",    on_record_history,    NEED_SESSION, 0,            ON_LOOP,   "entity id " },
	{ "record.unarchive",  on_record_unarchive,  NEED_SESSION, 0,            ON_LOOP,   "entity id reason source request_id version " },
	{ "record.update",     on_record_update,     NEED_SESSION, 0,            ON_LOOP,   "entity id version set unset reason source request_id dry_run confirm override " },
	{ "role.list",         on_role_list,         NEED_SESSION, 0,            ON_LOOP,   "" },
	{ "schema.get",        on_schema_get,        NEED_SESSION, 0,            ON_LOOP,   "" },
	{ "server.status",     on_server_status,     NEED_SESSION, 0,            ON_LOOP,   "" },
	{ "session.hello",     on_session_hello,     NEED_NOTHING, 0,            ON_LOOP,   "client " },
	{ "session.login",     on_session_login,     NEED_NOTHING, 0,            ON_HASHER, "user password keep token " },
	{ "session.logout",    on_session_logout,    NEED_LOGIN,   0,            ON_LOOP,   "" },
	{ "session.passwd",    on_session_passwd,    NEED_LOGIN,   0,            ON_HASHER, "old new " },
	{ "session.whoami",    on_session_whoami,    NEED_LOGIN,   0,            ON_LOOP,   "" },
	{ "user.create",       on_user_create,       NEED_SESSION, RIGHT_USERS,  ON_HASHER, "user password must_change roles branch name reason " },
	{ "user.disable",      on_user_disable,      NEED_SESSION, RIGHT_USERS,  ON_LOOP,   "user reason " },
	{ "user.effective",    on_user_effective,    NEED_SESSION, 0,            ON_LOOP,   "user " },
	{ "user.list",         on_user_list,         NEED_SESSION, RIGHT_USERS,  ON_LOOP,   "" },
	{ "user.update",       on_user_update,       NEED_SESSION, RIGHT_USERS,  ON_HASHER, "user password must_change roles branch name disabled reason " },
};
/* clang-format on */

size_t method_count(void)
{
	return sizeof table / sizeof *table;
}

const struct method *method_at(size_t at)
{
	return &table[at];
}

const struct method *method_find(struct bytes name)
{
	size_t low = 0, high = method_count();

	while (low < high) {
		size_t middle = (low + high) / 2;
		int order = bytes_compare(name, bytes_text(table[middle].name));

		if (!order)
			return &table[middle];
		if (order < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
