// SPDX-License-Identifier: MIT
/*
 * Starting, running, stopping; loops and sessions introduced to each other.
 *
 * Up: keys, store, log, scribe, crews, listener.  Down: the other way round;
 * the store finishes every plan that it accepted before it closes.
 */
#include "server/server.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/log.h"
#include "common/pack.h"

#define MINUTE_MS (60 * 1000)
#define HOUR_MS   (60 * MINUTE_MS)
#define FILE_PATH 4200

struct server {
	char dir[PATH_MAX];
	struct keyring *keyring;
	struct store *store;
	struct auditlog *log;
	struct rpc *rpc;
	struct net *net;
	bool scribes;
	char erasures[FILE_PATH]; /* the register's file */
	struct breached *breached;
};

/* --- from methods to sockets ---------------------------------------------*/

static void host_send(void *conn, struct bytes reply)
{
	conn_send(conn, reply);
}

static void host_hold(void *conn)
{
	conn_hold(conn);
}

static void host_drop(void *conn)
{
	conn_drop(conn);
}

static void host_admit(void *conn, bool in)
{
	conn_admit(conn, in);
}

static void host_post(void *loop, struct task *t)
{
	loop_post(loop, t);
}

static void host_figures(void *ctx, struct buf *out)
{
	struct server *s = ctx;
	struct net_figures f;

	net_figures(s->net, &f);
	pack_map(out, 7);
	pack_key_int(out, "accepted", (int64_t)f.accepted);
	pack_key_int(out, "refused", (int64_t)f.refused);
	pack_key_int(out, "open", (int64_t)f.open);
	pack_key_int(out, "waiting", (int64_t)f.waiting);
	pack_key_int(out, "messages", (int64_t)f.messages);
	pack_key_int(out, "bytes_in", (int64_t)f.bytes_in);
	pack_key_int(out, "bytes_out", (int64_t)f.bytes_out);
}

/* --- from sockets to methods ---------------------------------------------*/

static void *on_loop_start(void *ctx, struct loop *loop)
{
	struct server *s = ctx;
	struct station *station;

	if (station_new(s->rpc, loop, &station))
		log_fatal(__FILE__, __LINE__, "a loop has no desk");
	return station;
}

static void on_loop_stop(void *ctx, void *station)
{
	(void)ctx;
	station_stop(station);
}

static void on_resting(void *ctx, void *station)
{
	(void)ctx;
	station_rest(station);
}

static void on_tick(void *ctx, void *station)
{
	(void)ctx;
	station_tick(station);
}

static void *on_opened(void *ctx, void *station, struct conn *c)
{
	uint8_t spki[32];

	(void)ctx;
	return session_new(
	    station, c, conn_peer(c), conn_certificate(c, spki) ? spki : NULL);
}

static void on_message(void *ctx, void *session, struct bytes message)
{
	(void)ctx;
	rpc_message(session, message);
}

static void on_broken(void *ctx, void *session, enum err why)
{
	(void)ctx;
	rpc_broken(session, why);
}

static void on_closed(void *ctx, void *session)
{
	(void)ctx;
	session_end(session);
}

static void on_stopping(void *ctx)
{
	struct server *s = ctx;

	rpc_set_service(s->rpc, SERVICE_DRAINING);
}

/* --- starting ------------------------------------------------------------*/

static char *in_dir(
    const struct server *s, const char *name, char out[static FILE_PATH])
{
	snprintf(out, FILE_PATH, "%s/%s", s->dir, name);
	return out;
}

static void root_source(const struct server *s, const struct config *c,
    struct bytes passphrase, char spec[static FILE_PATH],
    struct root_source *out)
{
	if (c->root_key[0])
		snprintf(spec, FILE_PATH, "%s", c->root_key);
	else
		snprintf(spec, FILE_PATH, "file:%s/keys/root.key", s->dir);
	*out = (struct root_source){ spec, passphrase };
}

static enum err open_store(struct server *s, const struct config *c)
{
	struct store_options o;
	char notes[FILE_PATH];
	enum err err;

	store_options_init(&o, s->dir);
	o.map_size_mib = c->map_size_mib;
	o.warm = c->warm_up;
	err = store_open(&o, &s->store);
	if (err)
		return err;
	err = auditlog_open(s->store, s->keyring, &clock_system,
	    in_dir(s, "checkpoint", notes), &s->log);
	if (!err)
		err = scribe_start(s->log);
	s->scribes = !err;
	return err;
}

static enum err open_breached(struct server *s, const struct config *c)
{
	const char *path = c->password_breached_file;
	enum err err = *path ? breached_open(path, &s->breached) : ERR_OK;

	if (err == ERR_INVALID)
		log_error("password_breached_file is no list of SHA-1 digests "
			  "in capital hex, a line each, in order");
	else if (err)
		log_error("password_breached_file cannot be read");
	return err;
}

static enum err open_rpc(struct server *s, const struct config *c, bool beside)
{
	struct rpc_options o = { .store = s->store,
		.keyring = s->keyring,
		.log = s->log,
		.clock = &clock_system,
		.random = &random_system,
		.host = { host_send, host_hold, host_drop, host_admit,
		    host_post },
		.session_ms = (int64_t)c->session_hours * HOUR_MS,
		.idle_ms = (int64_t)c->session_idle_minutes * MINUTE_MS,
		.glass_ms = (int64_t)c->break_glass_minutes * MINUTE_MS,
		.token_ms = (int64_t)c->token_days * 24 * HOUR_MS,
		.password_cost = { c->argon2_memory_kib, c->argon2_passes },
		.password_policy = { c->password_least, c->password_classes,
		    c->password_days, s->breached },
		.hashers = c->hashers,
		.workers = c->workers,
		.rules_hour = c->rules_hour,
		.company = c->company,
		.root_key_beside = beside,
		.service = c->read_only ? SERVICE_READ_ONLY : SERVICE_OPEN,
		.figures = host_figures,
		.figures_ctx = s,
		.register_path = in_dir(s, "erasures", s->erasures) };

	return rpc_open(&o, &s->rpc);
}

static enum err open_net(struct server *s, const struct config *c)
{
	char certificate[FILE_PATH], key[FILE_PATH], ca[FILE_PATH];
	const struct net_events events = { s, on_loop_start, on_loop_stop,
		on_resting, on_tick, on_opened, on_message, on_broken,
		on_closed, on_stopping };
	struct net_options o = { .listen = c->listen,
		.loops = c->loops,
		.certificate_file = in_dir(s, "tls/server.crt", certificate),
		.key_file = in_dir(s, "tls/server.key", key),
		.client_ca_file = in_dir(s, "tls/ca.crt", ca),
		.certificates =
		    (enum client_certificates)c->client_certificates,
		.limits = c->limits };

	return net_open(&o, &events, &s->net);
}

enum err server_start(const char *dir, const struct config *config,
    struct bytes passphrase, struct server **out)
{
	struct server *s = must_alloc(sizeof *s);
	char keys[FILE_PATH], spec[FILE_PATH];
	struct root_source root;
	bool beside;
	enum err err;

	*s = (struct server){ 0 };
	snprintf(s->dir, sizeof s->dir, "%s", dir);
	root_source(s, config, passphrase, spec, &root);
	beside = keyring_is_beside_data(&root, in_dir(s, "keys", keys));
	if (beside)
		log_warning("the root key lies with the data: for more than "
			    "trials, keep it elsewhere");
	err = keyring_open(keys, &root, &s->keyring);
	if (err)
		log_error("the keys do not open: %s", keyring_trouble(err));
	if (!err)
		err = open_store(s, config);
	if (!err)
		err = open_breached(s, config);
	if (!err)
		err = open_rpc(s, config, beside);
	if (!err)
		err = open_net(s, config);
	*out = s;
	if (err)
		server_stop(s);
	return err;
}

unsigned server_port(const struct server *s)
{
	return net_port(s->net);
}

enum err server_run(struct server *s)
{
	return net_run(s->net);
}

void server_stop(struct server *s)
{
	if (s->rpc)
		rpc_stop(s->rpc);
	if (s->scribes)
		scribe_stop(s->log);
	if (s->store)
		store_close(s->store);
	rpc_free(s->rpc);
	if (s->log)
		auditlog_close(s->log);
	if (s->net)
		net_close(s->net);
	breached_close(s->breached);
	keyring_close(s->keyring);
	free(s);
}
