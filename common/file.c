// SPDX-License-Identifier: MIT
/*
 * See file.h.
 */
#include "common/file.h"

#include <fcntl.h>
#include <unistd.h>

enum err file_append(const char *path, struct buf *out)
{
	uint8_t piece[16 * 1024];
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t len = 0;

	if (fd < 0)
		return ERR_NOT_FOUND;
	while (out->err == ERR_OK && (len = read(fd, piece, sizeof piece)) > 0)
		buf_append(out, piece, (size_t)len);
	close(fd);
	if (out->err != ERR_OK)
		return out->err;
	return len < 0 ? ERR_UNAVAILABLE : ERR_OK;
}
