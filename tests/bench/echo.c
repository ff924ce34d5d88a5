// SPDX-License-Identifier: MIT
/*
 * The transport's own figure: the net room with nothing behind it.
 *
 * Every message, whatever it says, gets the same reply of 700 bytes, so that
 * what a method costs can be told from what TLS and the sockets cost.  Prints
 * the port when it is ready and runs until SIGTERM.
 *
 *	echo LOOPS CERTIFICATE KEY [PORT [REPLY_BYTES]]
 */
#include <stdio.h>
#include <stdlib.h>

#include "server/net/net.h"

#define REPLY_MAX 65535
#define BIN16     0xc5

struct echo {
	uint8_t reply[REPLY_MAX + 3];
	size_t len;
};

static void *on_opened(void *ctx, void *loop_data, struct conn *c)
{
	(void)ctx;
	(void)loop_data;
	conn_admit(c, true);
	return c;
}

static void on_message(void *ctx, void *conn_data, struct bytes message)
{
	struct echo *e = ctx;
	(void)message;
	conn_send(conn_data, bytes_of(e->reply, e->len));
}

static void on_broken(void *ctx, void *conn_data, enum err why)
{
	(void)ctx;
	(void)conn_data;
	(void)why;
}

static void on_closed(void *ctx, void *conn_data)
{
	(void)ctx;
	(void)conn_data;
}

static void make_reply(struct echo *e, size_t len)
{
	if (len < 4 || len > REPLY_MAX)
		len = 700;
	e->len = len;
	memset(e->reply, 'r', len);
	e->reply[0] = BIN16;
	put_be16(e->reply + 1, (uint16_t)(len - 3));
}

static enum err run(char **arguments, struct echo *e, const char *listen)
{
	struct net_events events = {
		.ctx = e,
		.opened = on_opened,
		.message = on_message,
		.broken = on_broken,
		.closed = on_closed,
	};
	struct net_options options = {
		.listen = listen,
		.loops = (unsigned)atoi(arguments[1]),
		.certificate_file = arguments[2],
		.key_file = arguments[3],
	};
	struct net *n;
	net_limits_init(&options.limits);
	enum err failed = net_open(&options, &events, &n);
	if (failed != ERR_OK)
		return failed;
	printf("%u\n", net_port(n));
	fflush(stdout);
	failed = net_run(n);
	net_close(n);
	return failed;
}

int main(int count, char **arguments)
{
	static struct echo e;
	char listen[32];
	if (count < 4) {
		fprintf(stderr,
		    "usage: echo LOOPS CERTIFICATE KEY [PORT [REPLY]]\n");
		return 2;
	}
	int port = count > 4 ? atoi(arguments[4]) : 0;
	make_reply(&e, count > 5 ? (size_t)atoi(arguments[5]) : 700);
	snprintf(listen, sizeof listen, "127.0.0.1:%d", port);
	return err_exit(run(arguments, &e, listen));
}
