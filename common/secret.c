// SPDX-License-Identifier: MIT
/*
 * libsodium's guarded memory, and the process's own hardening.
 *
 * sodium_init is idempotent and cheap, so it is called where its page size is
 * needed and nobody has to remember an order.
 */
#include "common/secret.h"

#include <sodium.h>
#include <sys/prctl.h>
#include <sys/resource.h>

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

void secret_harden_process(void)
{
	const struct rlimit none = { 0, 0 };

	ASSERT(sodium_init() >= 0);
	if (setrlimit(RLIMIT_CORE, &none) != 0 ||
	    prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) != 0)
		log_warning("core dumps could not be switched off");
}
