// SPDX-License-Identifier: MIT
/*
 * See warm.h.
 */
#include "server/store/warm.h"

#include <inttypes.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/clock.h"
#include "common/log.h"
#include "server/store/disk.h"

#define PIECE    ((size_t)1 << 20)
#define SHARE    2  /* of free memory, one part in so many at the most */
#define PATIENCE 19 /* the lowest priority */

struct warmer {
	pthread_t thread;
	atomic_bool stops;
	int file;
	uint64_t size;
	void *piece;
};

/* What the kernel would give without swapping; 0: it does not say. */
static uint64_t available_memory(void)
{
	FILE *f = fopen("/proc/meminfo", "re");
	char line[128];
	uint64_t kib = 0;

	if (!f)
		return 0;
	while (!kib && fgets(line, sizeof line, f))
		if (sscanf(line, "MemAvailable: %" SCNu64 " kB", &kib) != 1)
			kib = 0;
	fclose(f);
	return kib * 1024;
}

static void *run(void *arg)
{
	struct warmer *w = arg;
	uint64_t at = 0, began_ns = clock_monotonic_ns();
	ssize_t got = 1;

	setpriority(PRIO_PROCESS, (id_t)gettid(), PATIENCE);
	while (got > 0 && at < w->size && !atomic_load(&w->stops)) {
		got = pread(w->file, w->piece, PIECE, (off_t)at);
		at += got > 0 ? (uint64_t)got : 0;
	}
	if (at >= w->size)
		log_info("store: %" PRIu64
			 " MiB brought into memory in %" PRIu64 " ms",
		    at >> 20, (clock_monotonic_ns() - began_ns) / 1000000);
	return NULL;
}

static bool begin(struct warmer *w, const char *dir)
{
	if (disk_open(dir, "data.mdb", false, &w->file))
		return false;
	w->size = disk_size(w->file);
	return w->size < available_memory() / SHARE &&
	       !pthread_create(&w->thread, NULL, run, w);
}

static void release(struct warmer *w)
{
	if (w->file >= 0)
		close(w->file);
	free(w->piece);
	free(w);
}

struct warmer *warmer_start(const char *dir)
{
	struct warmer *w = must_alloc(sizeof *w);

	*w = (struct warmer){ .file = -1, .piece = must_alloc(PIECE) };
	if (begin(w, dir))
		return w;
	release(w);
	return NULL;
}

void warmer_stop(struct warmer *w)
{
	if (!w)
		return;
	atomic_store(&w->stops, true);
	pthread_join(w->thread, NULL);
	release(w);
}
