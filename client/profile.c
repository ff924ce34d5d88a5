// SPDX-License-Identifier: MIT
/*
 * Files of the client's own state; see profile.h.
 */
#include "client/profile.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common/text.h"

#define PROFILE_MOST 65536

static const char *environment(const char *name)
{
	const char *value = getenv(name);

	return value && *value ? value : NULL;
}

static const char *directory(
    struct arena *a, const char *variable, const char *below_home)
{
	const char *base = environment(variable);
	const char *home = environment("HOME");

	if (base && base[0] == '/')
		return keep_format(a, "%s/kehu", base);
	return keep_format(a, "%s/%s/kehu", home ? home : "/", below_home);
}

/* A file name out of a server or user name: no separators, no leading dot. */
static char *name_for_file(struct arena *a, const char *text)
{
	char *out = keep_text(a, bytes_text(text));

	for (char *c = out; *c; c++)
		if (*c == '/' || *c == ':' || (c == out && *c == '.'))
			*c = '_';
	return out;
}

const char *profile_path(
    const struct profile *p, struct arena *a, enum keeping what)
{
	const char *config = directory(a, "XDG_CONFIG_HOME", ".config");
	const char *state = directory(a, "XDG_STATE_HOME", ".local/state");
	const char *server =
	    name_for_file(a, keep_format(a, "%s_%s", p->host ? p->host : "",
				 p->port ? p->port : ""));
	const char *user = name_for_file(a, p->user ? p->user : "");

	switch (what) {
	case KEEPING_PROFILE:
		return keep_format(a, "%s/profiles/%s.conf", config,
		    name_for_file(a, p->name));
	case KEEPING_AUTHORITY:
		return keep_format(a, "%s/profiles/%s.pem", config, server);
	case KEEPING_TOKEN:
		if (environment("XDG_RUNTIME_DIR"))
			state = directory(a, "XDG_RUNTIME_DIR", "");
		return keep_format(a, "%s/%s.%s.token", state, server, user);
	case KEEPING_SCHEMA:
		return keep_format(a, "%s/%s.%s.schema", state, server, user);
	case KEEPING_RECENT:
		return keep_format(a, "%s/%s.%s.recent", state, server, user);
	case KEEPING_CHECKPOINT:
		return keep_format(a, "%s/%s.checkpoint", state, server);
	}
	return "";
}

static enum err read_all(
    struct arena *a, int fd, size_t most, struct bytes *out)
{
	struct buf content;

	buf_init(&content, most + 1);
	for (;;) {
		uint8_t block[4096];
		ssize_t got = read(fd, block, sizeof(block));
		if (got < 0 && errno == EINTR)
			continue;
		if (got < 0) {
			buf_release(&content);
			return err_errno(errno);
		}
		if (got == 0)
			break;
		buf_append(&content, block, (size_t)got);
	}
	enum err e = content.err;
	if (e == ERR_OK)
		*out = keep_bytes(a, buf_bytes(&content));
	buf_release(&content);
	return e;
}

static enum err read_file(struct arena *a, const char *path, size_t most,
    bool private, struct bytes *out)
{
	struct stat about;
	bool is_input = !strcmp(path, "-");
	int fd = is_input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);

	*out = BYTES_NONE;
	if (fd < 0)
		return err_errno(errno);
	enum err e = ERR_OK;
	if (private && !is_input && fstat(fd, &about) == 0 &&
	    S_ISREG(about.st_mode) &&
	    ((about.st_mode & 077) || about.st_uid != geteuid()))
		e = ERR_DENIED;
	if (e == ERR_OK)
		e = read_all(a, fd, most, out);
	if (!is_input)
		close(fd);
	return e;
}

enum err file_read(
    struct arena *a, const char *path, size_t most, struct bytes *out)
{
	return read_file(a, path, most, false, out);
}

enum err file_read_private(
    struct arena *a, const char *path, size_t most, struct bytes *out)
{
	return read_file(a, path, most, true, out);
}

static void make_directories(struct arena *a, const char *path)
{
	char *at = keep_text(a, bytes_text(path));

	for (char *c = at + 1; *c; c++) {
		if (*c != '/')
			continue;
		*c = 0;
		/* What is missing in the end shows when the file is opened. */
		(void)mkdir(at, 0700);
		*c = '/';
	}
}

static enum err write_all(int fd, struct bytes s)
{
	while (s.len) {
		ssize_t put = write(fd, s.data, s.len);
		if (put < 0 && errno == EINTR)
			continue;
		if (put < 0)
			return err_errno(errno);
		s.data += put;
		s.len -= (size_t)put;
	}
	return ERR_OK;
}

/* 0600, by mkostemp. */
static int open_fresh(struct arena *a, const char *path, char **fresh)
{
	*fresh = keep_format(a, "%s.XXXXXX", path);
	return mkostemp(*fresh, O_CLOEXEC);
}

enum err file_begin(struct arena *a, const char *path, char **fresh)
{
	int fd = open_fresh(a, path, fresh);

	if (fd < 0)
		return err_errno(errno);
	close(fd);
	return ERR_OK;
}

enum err file_end(const char *fresh, const char *path, enum err e)
{
	if (e == ERR_OK && rename(fresh, path) != 0)
		e = err_errno(errno);
	if (e != ERR_OK)
		(void)unlink(fresh);
	return e;
}

enum err file_write(struct arena *a, const char *path, struct bytes content)
{
	char *fresh;
	int fd = open_fresh(a, path, &fresh);

	if (fd < 0)
		return err_errno(errno);
	enum err e = write_all(fd, content);
	if (close(fd) != 0 && e == ERR_OK)
		e = err_errno(errno);
	return file_end(fresh, path, e);
}

enum err file_keep(struct arena *a, const char *path, struct bytes content)
{
	make_directories(a, path);
	return file_write(a, path, content);
}

enum err file_pour(const char *path, struct bytes content)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC | O_NOCTTY);
	enum err e = fd < 0 ? err_errno(errno) : write_all(fd, content);

	if (fd >= 0 && close(fd) != 0 && e == ERR_OK)
		e = err_errno(errno);
	return e;
}

/* "server = book.example" of the profile's file, or NULL. */
static const char *setting(struct arena *a, struct bytes file, const char *key)
{
	while (file.len) {
		struct bytes line = bytes_take_line(&file);
		const uint8_t *equals = bytes_find(line, '=');
		if (!equals)
			continue;
		size_t at = (size_t)(equals - line.data);
		if (bytes_is(text_trim(bytes_of(line.data, at)), key))
			return keep_text(a,
			    text_trim(bytes_of(equals + 1, line.len - at - 1)));
	}
	return NULL;
}

/* HOST, HOST:PORT, [V6]:PORT, or a bare address of IPv6. */
static enum err split_server(struct profile *p, struct arena *a)
{
	const char *text = p->server;
	const char *colon = strrchr(text, ':');
	const char *close = strchr(text, ']');

	p->port = DEFAULT_PORT;
	if (text[0] == '[') {
		if (!close || (close[1] && close[1] != ':'))
			return ERR_USAGE;
		p->host = keep_text(
		    a, bytes_of(text + 1, (size_t)(close - text) - 1));
		if (close[1] == ':')
			p->port = close + 2;
	} else if (colon && strchr(text, ':') == colon) {
		p->host = keep_text(a, bytes_of(text, (size_t)(colon - text)));
		p->port = colon + 1;
	} else {
		p->host = text;
	}
	return *p->host && *p->port ? ERR_OK : ERR_USAGE;
}

/* It is shown to the server that it is for, and to no other. */
static void read_certificate(
    struct profile *p, struct arena *a, struct bytes file)
{
	const char *known = setting(a, file, "server");

	p->certificate = p->key = NULL;
	if (!known || !p->server || strcmp(known, p->server) != 0)
		return;
	p->certificate = setting(a, file, "certificate");
	p->key = setting(a, file, "key");
}

enum err profile_load(struct profile *p, struct arena *a, const char *name,
    const char *server, const char *user)
{
	struct bytes file = BYTES_NONE;

	*p = (struct profile){ 0 };
	p->name = name ? name : environment("KEHU_PROFILE");
	if (!p->name)
		p->name = "default";
	if (!*p->name || strchr(p->name, '/'))
		return ERR_USAGE;
	enum err e = file_read(
	    a, profile_path(p, a, KEEPING_PROFILE), PROFILE_MOST, &file);
	if (e != ERR_OK)
		file = BYTES_NONE; /* no such profile yet */
	p->server = server ? server : environment("KEHU_SERVER");
	if (!p->server)
		p->server = setting(a, file, "server");
	p->user = user ? user : environment("KEHU_USER");
	if (!p->user)
		p->user = setting(a, file, "user");
	read_certificate(p, a, file);
	return p->server ? split_server(p, a) : ERR_OK;
}

enum err profile_save(const struct profile *p, struct arena *a)
{
	const char *text = keep_format(
	    a, "server = %s\nuser = %s\n", p->server, p->user ? p->user : "");

	if (p->certificate)
		text = keep_format(
		    a, "%scertificate = %s\n", text, p->certificate);
	if (p->certificate && p->key)
		text = keep_format(a, "%skey = %s\n", text, p->key);
	return file_keep(
	    a, profile_path(p, a, KEEPING_PROFILE), bytes_text(text));
}
