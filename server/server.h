// SPDX-License-Identifier: MIT
/*
 * The server: owns what lives as long as the process, and the glue between
 * the room of sockets and the room of methods, which do not know each other.
 */
#ifndef SERVER_SERVER_H
#define SERVER_SERVER_H

#include "server/config.h"

struct server;

/* Opens keys, store, log, crews and the listener of the book in `dir`.  The
 * causes of failure are logged.  `config` stays until the server is freed;
 * `passphrase` is empty unless the root key comes from one. */
enum err server_start(const char *dir, const struct config *config,
    struct bytes passphrase, struct server **out) MUST_USE;
unsigned server_port(const struct server *s);
/* Until SIGTERM or SIGINT. */
enum err server_run(struct server *s) MUST_USE;
void server_stop(struct server *s);

#endif
