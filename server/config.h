// SPDX-License-Identifier: MIT
/*
 * kehud.conf: every limit and default in one table.
 *
 * Lines of `key = value`; `#` begins a comment.  An unknown key, a value of
 * another shape or out of its bounds refuses the whole file, naming the line.
 */
#ifndef SERVER_CONFIG_H
#define SERVER_CONFIG_H

#include <stdio.h>

#include "server/net/net.h"
#include "server/rpc/rpc.h"
#include "server/store/store.h"

#define CONFIG_TEXT 256

struct config {
	char listen[CONFIG_TEXT];
	char root_key[CONFIG_TEXT]; /* spec; "": file in keys/ */
	char company[CONFIG_TEXT];  /* "": not told */
	unsigned loops, hashers, workers;
	unsigned map_size_mib;
	unsigned warm_up;
	unsigned argon2_memory_kib, argon2_passes;
	unsigned password_least, password_classes, password_days;
	char password_breached_file[CONFIG_TEXT]; /* "": none */
	unsigned session_hours, session_idle_minutes, token_days;
	unsigned break_glass_minutes;
	unsigned rules_hour; /* the company's; 24: never */
	struct net_limits limits;
	unsigned client_certificates; /* enum client_certificates */
	unsigned log_level;           /* from LOG_ERROR on */
	unsigned read_only;
};

void config_init(struct config *c);
/* ERR_NOT_FOUND without the file (defaults hold), ERR_INVALID logged. */
enum err config_read(struct config *c, const char *path) MUST_USE;
/* One key, as a line of the file sets it; false: unknown, or a bad value. */
bool config_set(struct config *c, const char *name, const char *value);
/* The default file, each key with its meaning, commented out. */
void config_write_default(FILE *out);

#endif
