// SPDX-License-Identifier: MIT
/*
 * See disk.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "server/store/disk.h"

enum err disk_errno(const char *what)
{
	int number = errno;
	enum err err = err_errno(number);
	char text[128];
	if (err != ERR_FULL)
		log_error("store: %s: %s", what,
		    strerror_r(number, text, sizeof(text)));
	return err;
}

enum err disk_path(
    const char *dir, const char *name, char path[static DISK_PATH])
{
	int n = snprintf(path, DISK_PATH, "%s/%s", dir, name);
	return n > 0 && n < DISK_PATH ? ERR_OK : ERR_INVALID;
}

enum err disk_open(const char *dir, const char *name, bool create, int *fd)
{
	char path[DISK_PATH];
	*fd = -1;
	enum err err = disk_path(dir, name, path);
	if (err != ERR_OK)
		return err;
	*fd = open(path, O_RDWR | O_CLOEXEC | (create ? O_CREAT : 0), 0600);
	if (*fd >= 0)
		return ERR_OK;
	return errno == ENOENT ? ERR_NOT_FOUND : disk_errno(name);
}

enum err disk_remove(const char *dir, const char *name)
{
	char path[DISK_PATH];
	enum err err = disk_path(dir, name, path);
	if (err != ERR_OK)
		return err;
	return unlink(path) == 0 || errno == ENOENT ? ERR_OK : disk_errno(name);
}

enum err disk_sync_directory(const char *dir)
{
	int fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return disk_errno("data directory");
	enum err err =
	    fsync(fd) == 0 ? ERR_OK : disk_errno("sync the directory");
	close(fd);
	return err;
}

enum err disk_read(
    int fd, void *data, size_t len, uint64_t at, const char *what)
{
	uint8_t *to = data;
	while (len > 0) {
		ssize_t n = pread(fd, to, len, (off_t)at);
		if (n == 0)
			return ERR_NOT_FOUND;
		if (n < 0 && errno != EINTR)
			return disk_errno(what);
		if (n < 0)
			continue;
		to += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return ERR_OK;
}

enum err disk_write(
    int fd, const void *data, size_t len, uint64_t at, const char *what)
{
	const uint8_t *from = data;
	while (len > 0) {
		ssize_t n = pwrite(fd, from, len, (off_t)at);
		if (n < 0 && errno != EINTR)
			return disk_errno(what);
		if (n < 0)
			continue;
		from += n;
		at += (uint64_t)n;
		len -= (size_t)n;
	}
	return ERR_OK;
}

enum err disk_sync(int fd, const char *what)
{
	if (fdatasync(fd) == 0)
		return ERR_OK;
	/* Even for want of space: what was written may be lost. */
	enum err err = disk_errno(what);
	return err == ERR_FULL ? ERR_INTERNAL : err;
}

uint64_t disk_size(int fd)
{
	struct stat s;
	return fstat(fd, &s) == 0 ? (uint64_t)s.st_size : 0;
}

void disk_write_zeros(int fd, uint64_t *written, uint64_t goal)
{
	static const uint8_t zeros[DISK_BLOCK];
	while (*written < goal) {
		uint64_t left = goal - *written;
		size_t most = left < sizeof(zeros) ? left : sizeof(zeros);
		ssize_t n = pwrite(fd, zeros, most, (off_t)*written);
		if (n <= 0)
			return;
		*written += (uint64_t)n;
	}
}
