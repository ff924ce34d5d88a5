// SPDX-License-Identifier: MIT
/*
 * kehud: the command line of the daemon.
 *
 * Parses options, asks for what is missing when there is a terminal, and
 * calls init or the server.  No logic of the book.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <termios.h>
#include <unistd.h>

#include "common/file.h"
#include "common/log.h"
#include "common/secret.h"
#include "common/version.h"
#include "server/crypto/certificate.h"
#include "server/init.h"
#include "server/selftest/selftest.h"
#include "server/server.h"

#define SECRET_TEXT 512
#define EXIT_USAGE  2

struct options {
	const char *dir, *listen, *admin, *password_file, *root_key,
	    *passphrase_file, *request, *schema;
	const char *names[INIT_NAMES];
	unsigned name_count;
};

static const char usage[] =
    "usage: kehud init --dir DIR [--admin NAME] [--admin-password-file F]\n"
    "                  [--name HOST]... [--root-key SPEC] [--schema FILE]\n"
    "       kehud run  --dir DIR [--listen HOST:PORT]\n"
    "       kehud selftest rights [--help]\n"
    "       kehud certificate --dir DIR --request FILE.csr\n"
    "       kehud --version\n"
    "\n"
    "  --dir DIR                the book's folder\n"
    "  --admin NAME             the first account [admin]\n"
    "  --admin-password-file F  its password: the first line of F\n"
    "  --name HOST              another name for the certificate\n"
    "  --root-key SPEC          file:PATH, credential:NAME or passphrase\n"
    "                           [file:DIR/keys/root.key, for trials]\n"
    "  --passphrase-file F      the passphrase: the first line of F\n"
    "  --schema FILE            entities, fields and roles of one's own\n"
    "  --request FILE           a client's request (kehu certificate request);"
    "\n                           the certificate goes to standard output\n"
    "  --listen HOST:PORT       instead of kehud.conf's; port 0: a free "
    "one\n";

static const char see_help[] = "Next   kehud --help\n";

/* --- secrets -------------------------------------------------------------*/

static void cut_line(char *text)
{
	text[strcspn(text, "\r\n")] = 0;
}

static enum err secret_from_file(const char *path, char out[static SECRET_TEXT])
{
	ssize_t len;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	if (fd < 0) {
		fprintf(stderr, "kehud: %s: %s\n", path, strerror(errno));
		return ERR_USAGE;
	}
	len = read(fd, out, SECRET_TEXT - 1);
	close(fd);
	out[len > 0 ? len : 0] = 0;
	cut_line(out);
	return ERR_OK;
}

/* `flag` is what gives it where there is no terminal. */
static enum err ask_secret(
    const char *prompt, const char *flag, char out[static SECRET_TEXT])
{
	struct termios shown, hidden;

	if (!isatty(STDIN_FILENO) || tcgetattr(STDIN_FILENO, &shown)) {
		fprintf(
		    stderr, "kehud: give %s, or run it on a terminal\n", flag);
		return ERR_USAGE;
	}
	hidden = shown;
	hidden.c_lflag &= (tcflag_t)~ECHO;
	/* Before it is asked: what is typed at once is not thrown away. */
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &hidden);
	fprintf(stderr, "%s (not shown) > ", prompt);
	if (!fgets(out, SECRET_TEXT, stdin))
		out[0] = 0;
	tcsetattr(STDIN_FILENO, TCSAFLUSH, &shown);
	fputc('\n', stderr);
	cut_line(out);
	return ERR_OK;
}

static enum err ask_twice(
    const char *prompt, const char *flag, char out[static SECRET_TEXT])
{
	char again[SECRET_TEXT] = "";
	enum err err = ask_secret(prompt, flag, out);

	if (!err)
		err = ask_secret("Once more", flag, again);
	if (!err && strcmp(out, again)) {
		fputs("kehud: the two differ; nothing was made\n", stderr);
		err = ERR_USAGE;
	}
	secret_wipe(again, sizeof again);
	return err;
}

static enum err need_password(
    const struct options *o, char out[static SECRET_TEXT])
{
	if (o->password_file)
		return secret_from_file(o->password_file, out);
	return ask_twice(
	    "Password, 12 characters or more", "--admin-password-file", out);
}

/* Only asked for when the root key is one; a new one twice, since a slip
 * would lock the book for ever. */
static enum err need_passphrase(const struct options *o, const char *root_key,
    bool is_new, char out[static SECRET_TEXT])
{
	static const char prompt[] = "Passphrase of the root key";

	out[0] = 0;
	if (!root_key || strcmp(root_key, "passphrase"))
		return ERR_OK;
	if (o->passphrase_file)
		return secret_from_file(o->passphrase_file, out);
	return is_new ? ask_twice(prompt, "--passphrase-file", out)
		      : ask_secret(prompt, "--passphrase-file", out);
}

/* --- init ----------------------------------------------------------------*/

static void print_fingerprint(const struct digest *d)
{
	char hex[2 * DIGEST_SIZE + 1];

	hex_format(bytes_of(d->of, DIGEST_SIZE), hex);
	for (unsigned i = 0; i < 16; i++) {
		if (i && i % 4 == 0)
			putchar('-');
		putchar(hex[i] >= 'a' ? hex[i] - 'a' + 'A' : hex[i]);
	}
}

static void print_made(const struct options *o, const struct digest *ca)
{
	printf("Made %s, readable by you alone:\n", o->dir);
	printf("  authority    tls/ca.crt       fingerprint  ");
	print_fingerprint(ca);
	printf(" ...\n");
	printf("  certificate  tls/server.crt   for ");
	for (unsigned i = 0; i < o->name_count; i++)
		printf("%s, ", o->names[i]);
	printf("localhost, 127.0.0.1\n");
	printf("  root key     %-15s  ! copy it to a second medium NOW: no "
	       "backup can be opened without it\n",
	    o->root_key ? o->root_key : "keys/root.key");
	printf("  account      %-15s  settings and people; sees no customer "
	       "data\n\n",
	    o->admin);
	printf("Next  1. kehud run --dir %s\n", o->dir);
	printf("      2. kehu login --server %s --user %s\n",
	    o->name_count ? o->names[0] : "localhost", o->admin);
	printf("      3. kehu branch add code=... name=...\n");
	printf("      4. kehu user create NAME --role clerk --branch CODE\n");
	printf(
	    "      5. kehu user split-admin NAME: people and machine are two "
	    "persons' work\n");
}

static enum err run_init(struct options *o)
{
	char password[SECRET_TEXT], passphrase[SECRET_TEXT];
	struct init_options init = {
		.dir = o->dir, .root_key = o->root_key, .schema = o->schema
	};
	struct digest ca;
	enum err err;

	if (!o->admin)
		o->admin = "admin";
	init.admin = o->admin;
	init.name_count = o->name_count;
	memcpy(init.names, o->names, sizeof init.names);
	err = need_password(o, password);
	if (!err)
		err = need_passphrase(o, o->root_key, true, passphrase);
	if (!err) {
		init.password = bytes_text(password);
		init.passphrase = bytes_text(passphrase);
		err = init_book(&init, &ca);
	}
	secret_wipe(password, sizeof password);
	secret_wipe(passphrase, sizeof passphrase);
	if (!err)
		print_made(o, &ca);
	return err;
}

/* --- run -----------------------------------------------------------------*/

/* systemd's readiness protocol: one datagram to $NOTIFY_SOCKET. */
static void notify_ready(void)
{
	const char *path = getenv("NOTIFY_SOCKET");
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	int fd;

	if (!path || strlen(path) >= sizeof to.sun_path)
		return;
	strcpy(to.sun_path, path);
	if (to.sun_path[0] == '@')
		to.sun_path[0] = 0;
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return;
	if (sendto(fd, "READY=1", 7, MSG_NOSIGNAL, (struct sockaddr *)&to,
		(socklen_t)(offsetof(struct sockaddr_un, sun_path) +
			    strlen(path))) < 0)
		log_warning("the service manager was not told");
	close(fd);
}

static void say_ready(const struct config *c, const struct server *s)
{
	size_t host = (size_t)(strrchr(c->listen, ':') - c->listen);

	printf("kehud is ready on %.*s:%u\n", (int)host, c->listen,
	    server_port(s));
	fflush(stdout);
	notify_ready();
}

static enum err read_config(const struct options *o, struct config *c)
{
	char path[4200];
	enum err err;

	config_init(c);
	snprintf(path, sizeof path, "%s/kehud.conf", o->dir);
	err = config_read(c, path);
	if (err == ERR_NOT_FOUND) {
		fprintf(stderr,
		    "kehud: there is no book in %s; kehud init makes one\n",
		    o->dir);
		return ERR_USAGE;
	}
	if (!err && o->listen && !config_set(c, "listen", o->listen)) {
		fputs("kehud: --listen takes HOST:PORT\n", stderr);
		err = ERR_USAGE;
	}
	return err;
}

static enum err run_server(struct options *o)
{
	char passphrase[SECRET_TEXT];
	struct server *server;
	struct config config;
	enum err err = read_config(o, &config);

	if (!err)
		err = need_passphrase(o, config.root_key, false, passphrase);
	if (err)
		return err;
	log_set_level((enum log_level)(LOG_ERROR + config.log_level));
	err = server_start(o->dir, &config, bytes_text(passphrase), &server);
	secret_wipe(passphrase, sizeof passphrase);
	if (err)
		return err;
	say_ready(&config, server);
	err = server_run(server);
	server_stop(server);
	return err;
}

/* --- certificate ---------------------------------------------------------*/

#define REQUEST_MOST 65536

static void print_certificate(struct bytes pem, const struct digest *spki)
{
	char hex[2 * DIGEST_SIZE + 1];

	hex_format(bytes_of(spki->of, DIGEST_SIZE), hex);
	fwrite(pem.data, 1, pem.len, stdout);
	fprintf(
	    stderr, "key   %s\nNext  kehu certificate add USER %s\n", hex, hex);
}

static enum err run_certificate(struct options *o)
{
	char dir[4200];
	struct buf request, pem;
	struct digest spki;
	enum err err;

	if (!o->request) {
		fputs("kehud certificate: give --request FILE\n", stderr);
		return ERR_USAGE;
	}
	snprintf(dir, sizeof dir, "%s/tls", o->dir);
	buf_init(&request, REQUEST_MOST);
	buf_init(&pem, REQUEST_MOST);
	err = file_append(o->request, &request);
	if (!err)
		err = certificate_sign(dir, buf_bytes(&request), &pem, &spki);
	if (!err)
		print_certificate(buf_bytes(&pem), &spki);
	else
		fprintf(stderr, "kehud certificate: %s\n",
		    err == ERR_NOT_FOUND
			? "the request or the authority's key is not there"
			: "this is no request that proves its key");
	buf_release(&request);
	buf_release(&pem);
	return err;
}

/* --- the command line ----------------------------------------------------*/

static const struct command {
	const char *name;
	enum err (*run)(struct options *o);
} commands[] = { { "init", run_init }, { "run", run_server },
	{ "certificate", run_certificate } };

static const struct option long_options[] = { { "dir", required_argument, NULL,
						  'd' },
	{ "listen", required_argument, NULL, 'l' },
	{ "admin", required_argument, NULL, 'a' },
	{ "admin-password-file", required_argument, NULL, 'p' },
	{ "root-key", required_argument, NULL, 'k' },
	{ "passphrase-file", required_argument, NULL, 'f' },
	{ "name", required_argument, NULL, 'n' },
	{ "schema", required_argument, NULL, 's' },
	{ "request", required_argument, NULL, 'r' },
	{ "help", no_argument, NULL, 'h' },
	{ "version", no_argument, NULL, 'v' }, { NULL, 0, NULL, 0 } };

/* False: the program is done, with *status. */
static bool parse(int argc, char **argv, struct options *o, int *status)
{
	int c;

	*status = EXIT_USAGE;
	while ((c = getopt_long(argc, argv, "h", long_options, NULL)) != -1) {
		const char **text = c == 'd'   ? &o->dir
				    : c == 'l' ? &o->listen
				    : c == 'a' ? &o->admin
				    : c == 'p' ? &o->password_file
				    : c == 'k' ? &o->root_key
				    : c == 'f' ? &o->passphrase_file
				    : c == 's' ? &o->schema
				    : c == 'r' ? &o->request
				    : c == 'n' && o->name_count < INIT_NAMES
					? &o->names[o->name_count++]
					: NULL;

		if (text) {
			*text = optarg;
			continue;
		}
		if (c == 'h' || c == 'v')
			*status = 0;
		fputs(c == 'h'   ? usage
		      : c == 'v' ? "kehud " KEHU_VERSION "\n"
		      : c == 'n' ? "kehud: that is one --name too many\n"
				 : see_help,
		    *status ? stderr : stdout);
		return false;
	}
	return true;
}

static int tell_usage(const char *word, const char *what)
{
	fprintf(stderr, "kehud: %s%s\n%s", word, what, see_help);
	return EXIT_USAGE;
}

static int run_command(int count, char **words, struct options *o)
{
	for (unsigned i = 0; i < sizeof commands / sizeof *commands; i++) {
		if (strcmp(words[0], commands[i].name))
			continue;
		if (count > 1)
			return tell_usage(words[1], " is one word too many");
		if (!o->dir)
			return tell_usage("", "--dir DIR, the book's folder, "
					      "is missing");
		return err_exit(commands[i].run(o));
	}
	return tell_usage(words[0], " is no command");
}

int main(int argc, char **argv)
{
	struct options o = { 0 };
	int status;

	secret_harden_process();
	if (argc > 1 && !strcmp(argv[1], "selftest"))
		return err_exit(selftest_command(argc - 1, argv + 1));
	if (!parse(argc, argv, &o, &status))
		return status;
	if (optind < argc)
		return run_command(argc - optind, argv + optind, &o);
	fputs(usage, stderr);
	return EXIT_USAGE;
}
