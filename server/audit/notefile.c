// SPDX-License-Identifier: MIT
/*
 * The newest checkpoint in a file of its own, beside the store.
 *
 * It is what tells older files that were put back from the newest ones; so
 * it is written by temporary name, fsync, rename and fsync of the folder.
 */
#include "server/audit/state.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "common/log.h"

#define PATH_BYTES 4096

static enum err tell(const char *what)
{
	int number = errno;

	log_error("audit: note file: cannot %s: %s", what, strerror(number));
	return err_errno(number);
}

enum err notefile_read(const char *path, struct buf *out)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t got = 0;

	if (fd < 0)
		return errno == ENOENT ? ERR_NOT_FOUND : tell("open it");
	while (out->err == ERR_OK) {
		uint8_t *room = buf_room(out, 512);

		if (!room)
			break;
		got = read(fd, room, 512);
		if (got <= 0)
			break;
		buf_added(out, (size_t)got);
	}
	if (got < 0) {
		enum err e = tell("read it");

		close(fd);
		return e;
	}
	close(fd);
	return out->err;
}

static enum err write_whole(int fd, struct bytes note)
{
	while (note.len) {
		ssize_t put = write(fd, note.data, note.len);

		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return tell("write it");
		note = bytes_of(note.data + put, note.len - (size_t)put);
	}
	return fsync(fd) ? tell("sync it") : ERR_OK;
}

static enum err write_temporary(const char *path, struct bytes note)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	enum err e;

	if (fd < 0)
		return tell("make a new one");
	e = write_whole(fd, note);
	if (close(fd) && e == ERR_OK)
		e = tell("close it");
	return e;
}

static enum err sync_folder(const char *path)
{
	char folder[PATH_BYTES];
	const char *slash = strrchr(path, '/');
	enum err e = ERR_OK;
	int fd;

	snprintf(folder, sizeof(folder), "%.*s",
	    slash ? (int)(slash - path) + 1 : 1, slash ? path : ".");
	fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0)
		return tell("open its folder");
	if (fsync(fd))
		e = tell("sync its folder");
	close(fd);
	return e;
}

enum err notefile_write(const char *path, struct bytes note)
{
	char temporary[PATH_BYTES];
	int len = snprintf(temporary, sizeof(temporary), "%s.new", path);
	enum err e;

	if (len < 0 || (size_t)len >= sizeof(temporary))
		return ERR_INVALID;
	e = write_temporary(temporary, note);
	if (e == ERR_OK && rename(temporary, path))
		e = tell("rename it");
	return e == ERR_OK ? sync_folder(path) : e;
}
