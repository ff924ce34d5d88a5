// SPDX-License-Identifier: MIT
/*
 * Reading and writing key files.
 *
 * Writing: a temporary name beside the target, fsync, rename (never over an
 * existing file unless asked), fsync of the folder.  A crash leaves the old
 * file, the new one, or a temporary that the next write removes.
 */
#include "server/crypto/keyfile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/log.h"
#include "common/secret.h"

#define NAME_MOST 256
#define PATH_MOST 4096
#define HEX_SIZE  ((size_t)2 * KEY_SIZE)

static enum err read_all(int fd, struct buf *out)
{
	for (;;) {
		uint8_t chunk[512];
		ssize_t n = read(fd, chunk, sizeof(chunk));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(errno);
		if (n == 0)
			return out->err == ERR_OK ? ERR_OK : ERR_CORRUPT;
		buf_append(out, chunk, (size_t)n);
		secret_wipe(chunk, sizeof(chunk));
	}
}

/* `forbidden` are the mode bits that must not be set. */
static enum err read_file(
    int at, const char *name, mode_t forbidden, struct buf *out)
{
	struct stat st;
	int fd = openat(at, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		return err_errno(errno);
	enum err e = ERR_OK;
	if (fstat(fd, &st) != 0 || !S_ISREG(st.st_mode))
		e = ERR_INVALID;
	else if (st.st_mode & forbidden)
		e = ERR_DENIED;
	if (e == ERR_OK)
		e = read_all(fd, out);
	close(fd);
	return e;
}

static enum err open_dir(const char *dir, int *out)
{
	*out = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return *out >= 0 ? ERR_OK : err_errno(errno);
}

enum err keyfile_read(const char *dir, const char *name, struct buf *out)
{
	int at;
	enum err e = open_dir(dir, &at);
	if (e != ERR_OK)
		return e;
	e = read_file(at, name, 0077, out);
	close(at);
	if (e == ERR_DENIED)
		log_error("keys: %s can be read by others", name);
	return e;
}

static enum err write_all(int fd, struct bytes s)
{
	while (s.len) {
		ssize_t n = write(fd, s.data, s.len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_errno(errno);
		s = bytes_of(s.data + n, s.len - (size_t)n);
	}
	return fsync(fd) == 0 ? ERR_OK : err_errno(errno);
}

static enum err write_temporary(int at, const char *name, struct bytes content)
{
	int flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC;
	unlinkat(at, name, 0);
	int fd = openat(at, name, flags, 0600);
	if (fd < 0)
		return err_errno(errno);
	enum err e = write_all(fd, content);
	if (close(fd) != 0 && e == ERR_OK)
		e = err_errno(errno);
	return e;
}

static enum err put_in_place(
    int at, const char *temporary, const char *name, bool replace)
{
	unsigned flags = replace ? 0 : RENAME_NOREPLACE;
	if (renameat2(at, temporary, at, name, flags) != 0)
		return errno == EEXIST ? ERR_CONFLICT : err_errno(errno);
	return fsync(at) == 0 ? ERR_OK : err_errno(errno);
}

enum err keyfile_write(
    const char *dir, const char *name, struct bytes content, bool replace)
{
	char temporary[NAME_MOST];
	int at;
	int n = snprintf(temporary, sizeof(temporary), ".%s.new", name);
	if (n < 0 || (size_t)n >= sizeof(temporary))
		return ERR_INVALID;
	enum err e = open_dir(dir, &at);
	if (e != ERR_OK)
		return e;
	e = write_temporary(at, temporary, content);
	if (e == ERR_OK)
		e = put_in_place(at, temporary, name, replace);
	if (e != ERR_OK)
		unlinkat(at, temporary, 0);
	if (e != ERR_OK && e != ERR_CONFLICT)
		log_error("keys: %s cannot be written", name);
	close(at);
	return e;
}

enum err keyfile_make_dir(const char *dir)
{
	struct stat st;
	if (mkdir(dir, 0700) == 0)
		return ERR_OK;
	if (errno != EEXIST)
		return err_errno(errno);
	if (stat(dir, &st) != 0 || !S_ISDIR(st.st_mode))
		return ERR_INVALID;
	if (st.st_mode & 0077) {
		log_error("keys: the folder is open to others");
		return ERR_DENIED;
	}
	return ERR_OK;
}

/* --- the root key ---------------------------------------------------------*/

static const char *after(const char *text, const char *prefix)
{
	size_t len = strlen(prefix);
	return strncmp(text, prefix, len) == 0 ? text + len : NULL;
}

bool root_is_passphrase(const struct root_source *root)
{
	return strcmp(root->spec, "passphrase") == 0;
}

const char *root_path(const struct root_source *root)
{
	const char *path = after(root->spec, "file:");
	return path && *path ? path : NULL;
}

static enum err parse_key(struct bytes text, uint8_t key[static KEY_SIZE])
{
	if (text.len == HEX_SIZE + 1 && text.data[HEX_SIZE] == '\n')
		text.len = HEX_SIZE;
	return hex_parse(text, key, KEY_SIZE);
}

static enum err read_key(
    const char *path, mode_t forbidden, uint8_t key[static KEY_SIZE])
{
	struct buf text;
	buf_init(&text, HEX_SIZE + 1);
	enum err e = read_file(AT_FDCWD, path, forbidden, &text);
	if (e == ERR_OK)
		e = parse_key(buf_bytes(&text), key);
	if (e == ERR_CORRUPT)
		e = ERR_INVALID;
	if (e == ERR_DENIED)
		log_error("keys: the root key can be read by others");
	else if (e == ERR_INVALID)
		log_error("keys: the root key is not 64 hex digits");
	buf_release(&text);
	return e;
}

/* systemd hands credentials out in a folder of its own; with an access list
 * the mode's group bits are only the list's mask. */
static enum err read_credential(const char *name, uint8_t key[static KEY_SIZE])
{
	char path[PATH_MOST];
	const char *dir = getenv("CREDENTIALS_DIRECTORY");
	if (!*name || *name == '.' || strchr(name, '/'))
		return ERR_INVALID;
	if (!dir)
		return ERR_NOT_FOUND;
	int n = snprintf(path, sizeof(path), "%s/%s", dir, name);
	if (n < 0 || (size_t)n >= sizeof(path))
		return ERR_INVALID;
	return read_key(path, 0007, key);
}

static enum err write_key(const char *path, const struct random *random)
{
	char dir[PATH_MOST];
	uint8_t key[KEY_SIZE];
	char text[HEX_SIZE + 2];
	const char *slash = strrchr(path, '/');
	size_t len = slash ? (size_t)(slash - path) : 0;
	if (len >= sizeof(dir) || strlen(slash ? slash + 1 : path) == 0)
		return ERR_INVALID;
	memcpy(dir, path, len);
	dir[len] = '\0';
	random_fill(random, key, sizeof(key));
	hex_format(bytes_of(key, sizeof(key)), text);
	text[HEX_SIZE] = '\n';
	enum err e = keyfile_write(slash ? (len ? dir : "/") : ".",
	    slash ? slash + 1 : path, bytes_of(text, HEX_SIZE + 1), false);
	secret_wipe(key, sizeof(key));
	secret_wipe(text, sizeof(text));
	return e;
}

enum err root_make(const struct root_source *root, const struct random *random)
{
	const char *path = root_path(root);
	if (!path)
		return ERR_OK;
	enum err e = write_key(path, random);
	return e == ERR_CONFLICT ? ERR_OK : e;
}

enum err root_fetch(const struct root_source *root, const struct stretch *how,
    uint8_t key[static KEY_SIZE])
{
	bool is_passphrase = root_is_passphrase(root);
	const char *credential = after(root->spec, "credential:");
	const char *path = root_path(root);
	if (!is_passphrase && !credential && !path)
		return ERR_INVALID;
	if (is_passphrase != (how->memory_kib != 0))
		return ERR_UNVERIFIED;
	if (is_passphrase)
		return stretch_password(root->passphrase, how->salt,
		    how->memory_kib, how->passes, key);
	if (credential)
		return read_credential(credential, key);
	return read_key(path, 0077, key);
}
