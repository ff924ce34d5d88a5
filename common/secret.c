// SPDX-License-Identifier: MIT
/*
 * libsodium's guarded memory, and the process's own hardening.
 *
 * sodium_init is idempotent and cheap, so it is called where its page size is
 * needed and nobody has to remember an order.
 */
#include "common/secret.h"

#include <fcntl.h>
#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <unistd.h>

#include "common/log.h"

void secret_wipe(void *data, size_t len)
{
	if (len)
		sodium_memzero(data, len);
}

void *secret_new(size_t len)
{
	void *data = NULL;

	if (sodium_init() >= 0)
		data = sodium_malloc(len);
	ASSERT(data);
	sodium_memzero(data, len);
	return data;
}

void secret_free(void *data)
{
	sodium_free(data);
}

/* A socket or a file of the store must not come to lie where standard output
 * was closed: all that is printed would go there in clear.  Open for reading
 * only, so that printing fails and is told. */
static void fill_standard_streams(void)
{
	int fd;

	do
		fd = open("/dev/null", O_RDONLY);
	while (fd >= 0 && fd <= STDERR_FILENO);
	if (fd > STDERR_FILENO)
		close(fd);
}

void secret_harden_process(void)
{
	const struct rlimit none = { 0, 0 };

	fill_standard_streams();
	ASSERT(sodium_init() >= 0);
	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		log_warning("core dumps could not be switched off");
}
