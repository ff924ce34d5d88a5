// SPDX-License-Identifier: MIT
/*
 * The wire as a load generator sees it: many TLS connections, one thread.
 *
 * Each lane is a connection that owes answers; wire_run() asks as often as it
 * is answered (a closed loop) until the time is over.  What is asked and what
 * the answers mean is the driver's business; here only whole MessagePack
 * messages go in and out.  Whatever fails ends the program: a benchmark with
 * a broken connection has nothing to report.
 */
#ifndef TESTS_BENCH_WIRE_H
#define TESTS_BENCH_WIRE_H

#include "common/buf.h"
#include "tests/bench/turn.h"

#define WIRE_DEPTH 64

struct wire;

struct driver {
	void *ctx;
	/* Appends the next request; false: there is none any more. */
	bool (*ask)(void *ctx, uint32_t id, struct buf *out);
	void (*answer)(void *ctx, struct bytes message);
};

struct wire_result {
	double seconds;
	uint64_t answers;
	uint64_t bytes; /* of answers */
	double p50_us, p99_us;
	double server_us; /* CPU an answer */
};

/* `server` is a process id, for its CPU; 0: none. */
struct wire *wire_open(int port, const char *ca, int server);
double wire_server_us(const struct wire *w); /* that CPU, so far */
void wire_close(struct wire *w);

/* Adds one connection; blocking. */
void wire_connect(struct wire *w);
size_t wire_lanes(const struct wire *w);
void wire_drop(struct wire *w); /* closes all of them */

/* One request and its answer on the newest lane, blocking; the message is
 * valid until the next call. */
struct bytes wire_call(struct wire *w, struct bytes request);

/* Until `seconds` are over or ask() has no more and all is answered. */
void wire_run(struct wire *w, const struct driver *d, unsigned depth,
    double seconds, struct wire_result *out);

/* An open loop: `rate` requests a second, the lanes in turn, whether or not
 * they are answered (a lane that owes WIRE_DEPTH answers is passed over).
 * Latencies count from when a request was due. */
void wire_pace(struct wire *w, const struct driver *d, unsigned rate,
    double seconds, struct wire_result *out);

#endif
