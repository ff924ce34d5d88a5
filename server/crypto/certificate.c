// SPDX-License-Identifier: MIT
/*
 * Making certificates with OpenSSL's X.509 calls.  See certificate.h.
 */
#include "server/crypto/certificate.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rand.h>
#include <openssl/x509v3.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common/log.h"

#define PATH_LENGTH 4096
#define NAMES_TEXT  4096
#define NAME_TEXT   65 /* X.520's bound of a common name, and NUL */

struct issue {             /* what one certificate is made from */
	EVP_PKEY *key;     /* its own */
	const char *name;  /* common name, for people */
	const char *names; /* subjectAltName, or NULL */
	const char *usage; /* extended key usage, of all but the authority */
	int days;
	X509 *issuer; /* NULL: itself */
	EVP_PKEY *issuer_key;
};

static bool add_extension(X509 *cert, X509 *issuer, int nid, const char *text)
{
	X509V3_CTX context;
	X509_EXTENSION *extension;
	bool done;

	X509V3_set_ctx_nodb(&context);
	X509V3_set_ctx(&context, issuer, cert, NULL, NULL, 0);
	extension = X509V3_EXT_conf_nid(NULL, &context, nid, text);
	done = extension && X509_add_ext(cert, extension, -1);
	X509_EXTENSION_free(extension);
	return done;
}

static bool set_serial(X509 *cert)
{
	unsigned char raw[16];
	BIGNUM *number;
	bool done;

	if (RAND_bytes(raw, sizeof raw) != 1)
		return false;
	raw[0] &= 0x7f;
	number = BN_bin2bn(raw, sizeof raw, NULL);
	done =
	    number && BN_to_ASN1_INTEGER(number, X509_get_serialNumber(cert));
	BN_free(number);
	return done;
}

static bool set_name(X509 *cert, const char *text)
{
	X509_NAME *name = X509_get_subject_name(cert);

	return X509_NAME_add_entry_by_txt(name, "CN", MBSTRING_UTF8,
		   (const unsigned char *)text, -1, -1, 0) == 1;
}

static bool fill(X509 *cert, const struct issue *i)
{
	X509 *issuer = i->issuer ? i->issuer : cert;
	bool is_ca = !i->issuer;

	return X509_set_version(cert, X509_VERSION_3) && set_serial(cert) &&
	       X509_gmtime_adj(X509_getm_notBefore(cert), -3600) &&
	       X509_time_adj_ex(X509_getm_notAfter(cert), i->days, 0, NULL) &&
	       X509_set_pubkey(cert, i->key) && set_name(cert, i->name) &&
	       X509_set_issuer_name(cert, X509_get_subject_name(issuer)) &&
	       add_extension(cert, issuer, NID_basic_constraints,
		   is_ca ? "critical,CA:TRUE,pathlen:0"
			 : "critical,CA:FALSE") &&
	       add_extension(cert, issuer, NID_key_usage,
		   is_ca ? "critical,keyCertSign,cRLSign"
			 : "critical,digitalSignature") &&
	       add_extension(
		   cert, issuer, NID_subject_key_identifier, "hash") &&
	       (is_ca ||
		   (add_extension(cert, issuer, NID_authority_key_identifier,
			"keyid:always") &&
		       add_extension(
			   cert, issuer, NID_ext_key_usage, i->usage) &&
		       (!i->names || add_extension(cert, issuer,
					 NID_subject_alt_name, i->names))));
}

static X509 *issue(const struct issue *i)
{
	X509 *cert = X509_new();
	EVP_PKEY *by = i->issuer_key ? i->issuer_key : i->key;

	if (cert && fill(cert, i) && X509_sign(cert, by, EVP_sha256()))
		return cert;
	X509_free(cert);
	return NULL;
}

/* --- files ---------------------------------------------------------------*/

static FILE *create(const char *dir, const char *name)
{
	char path[PATH_LENGTH];
	FILE *out;
	int fd;

	snprintf(path, sizeof path, "%s/%s", dir, name);
	fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	out = fd < 0 ? NULL : fdopen(fd, "w");
	if (!out)
		log_error("%s/%s cannot be made", dir, name);
	return out;
}

static bool finish(FILE *out, bool done)
{
	done = done && !fflush(out) && !fsync(fileno(out));
	return !fclose(out) && done;
}

static bool write_key(const char *dir, const char *name, EVP_PKEY *key)
{
	FILE *out = create(dir, name);

	return out && finish(out, PEM_write_PrivateKey(
				      out, key, NULL, NULL, 0, NULL, NULL));
}

static bool write_chain(
    const char *dir, const char *name, X509 *first, X509 *second)
{
	FILE *out = create(dir, name);

	return out && finish(out, PEM_write_X509(out, first) &&
				      (!second || PEM_write_X509(out, second)));
}

static bool is_address(const char *name)
{
	unsigned char raw[16];

	return inet_pton(AF_INET, name, raw) == 1 ||
	       inet_pton(AF_INET6, name, raw) == 1;
}

/* As long as OpenSSL lets one be; * for all hosts of a domain. */
bool certificate_may_name(const char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz"
				      "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
				      "0123456789-_.*";
	size_t len = strspn(name, letters);

	return is_address(name) || (len && len <= 250 && !name[len] &&
				       *name != '.' && *name != '-');
}

/* "DNS:a,IP:127.0.0.1" */
static void join_names(
    const char *const *names, unsigned count, char text[static NAMES_TEXT])
{
	size_t len = 0;

	text[0] = 0;
	for (unsigned i = 0; i < count && len < NAMES_TEXT - 300; i++) {
		const char *kind = is_address(names[i]) ? "IP" : "DNS";

		len += (size_t)snprintf(text + len, NAMES_TEXT - len,
		    "%s%s:%.250s", i ? "," : "", kind, names[i]);
	}
}

static bool fingerprint_of(X509 *cert, struct digest *out)
{
	unsigned char *der = NULL;
	int len = i2d_X509(cert, &der);

	if (len <= 0)
		return false;
	digest_bytes(bytes_of(der, (size_t)len), out);
	OPENSSL_free(der);
	return true;
}

struct made {
	EVP_PKEY *ca_key, *server_key;
	X509 *ca, *server;
};

static bool make(const char *const *names, unsigned count, struct made *m)
{
	char alternatives[NAMES_TEXT];

	join_names(names, count, alternatives);
	m->ca_key = EVP_EC_gen("P-256");
	m->server_key = EVP_EC_gen("P-256");
	if (!m->ca_key || !m->server_key)
		return false;
	m->ca = issue(&(struct issue){
	    .key = m->ca_key, .name = "Kehu authority", .days = CA_DAYS });
	m->server = m->ca ? issue(&(struct issue){ .key = m->server_key,
				.name = names[0],
				.names = alternatives,
				.usage = "serverAuth",
				.days = SERVER_DAYS,
				.issuer = m->ca,
				.issuer_key = m->ca_key })
			  : NULL;
	return m->server != NULL;
}

enum err certificate_make(const char *dir, const char *const *names,
    unsigned count, struct digest *fingerprint)
{
	struct made m = { 0 };
	bool done = make(names, count, &m) &&
		    write_key(dir, "ca.key", m.ca_key) &&
		    write_chain(dir, "ca.crt", m.ca, NULL) &&
		    write_key(dir, "server.key", m.server_key) &&
		    write_chain(dir, "server.crt", m.server, m.ca) &&
		    fingerprint_of(m.ca, fingerprint);

	X509_free(m.server);
	X509_free(m.ca);
	EVP_PKEY_free(m.server_key);
	EVP_PKEY_free(m.ca_key);
	return done ? ERR_OK : ERR_INTERNAL;
}

/* --- clients' certificates -----------------------------------------------*/

struct authority {
	X509 *certificate;
	EVP_PKEY *key;
};

static FILE *open_file(const char *dir, const char *name)
{
	char path[PATH_LENGTH];

	snprintf(path, sizeof path, "%s/%s", dir, name);
	return fopen(path, "re");
}

static void close_authority(struct authority *a)
{
	X509_free(a->certificate);
	EVP_PKEY_free(a->key);
}

static enum err open_authority(const char *dir, struct authority *a)
{
	FILE *certificate = open_file(dir, "ca.crt");
	FILE *key = open_file(dir, "ca.key");

	if (certificate)
		a->certificate = PEM_read_X509(certificate, NULL, NULL, NULL);
	if (key)
		a->key = PEM_read_PrivateKey(key, NULL, NULL, NULL);
	if (certificate)
		fclose(certificate);
	if (key)
		fclose(key);
	if (!a->certificate || !a->key)
		return ERR_NOT_FOUND;
	return X509_check_private_key(a->certificate, a->key) == 1
		   ? ERR_OK
		   : ERR_INVALID;
}

/* Who asks has the key, and it is no weaker than ours. */
static EVP_PKEY *proved_key(X509_REQ *request)
{
	EVP_PKEY *key = X509_REQ_get0_pubkey(request);

	if (!key || EVP_PKEY_get_security_bits(key) < 112 ||
	    X509_REQ_verify(request, key) != 1)
		return NULL;
	return key;
}

/* Printed for people alone; cut where a NUL would end it. */
static void read_name(X509_REQ *request, char out[static NAME_TEXT])
{
	X509_NAME *name = X509_REQ_get_subject_name(request);

	if (X509_NAME_get_text_by_NID(name, NID_commonName, out, NAME_TEXT) <=
	    0)
		snprintf(out, NAME_TEXT, "client");
}

static bool digest_key(X509 *certificate, struct digest *out)
{
	unsigned char *der = NULL;
	int len = i2d_X509_PUBKEY(X509_get_X509_PUBKEY(certificate), &der);

	if (len <= 0)
		return false;
	digest_bytes(bytes_of(der, (size_t)len), out);
	OPENSSL_free(der);
	return true;
}

static bool append_pem(X509 *certificate, struct buf *pem)
{
	BIO *out = BIO_new(BIO_s_mem());
	char *data = NULL;
	long len = 0;
	bool done = out && PEM_write_bio_X509(out, certificate) == 1;

	if (done)
		len = BIO_get_mem_data(out, &data);
	if (done)
		buf_append(pem, data, (size_t)len);
	BIO_free(out);
	return done && pem->err == ERR_OK;
}

static enum err sign_request(const struct authority *a, X509_REQ *request,
    struct buf *pem, struct digest *spki)
{
	char name[NAME_TEXT];
	X509 *made;
	bool done;
	EVP_PKEY *key = proved_key(request);

	if (!key)
		return ERR_INVALID;
	read_name(request, name);
	made = issue(&(struct issue){ .key = key,
	    .name = name,
	    .usage = "clientAuth",
	    .days = CLIENT_DAYS,
	    .issuer = a->certificate,
	    .issuer_key = a->key });
	done = made && digest_key(made, spki) && append_pem(made, pem);
	X509_free(made);
	return done ? ERR_OK : ERR_INTERNAL;
}

enum err certificate_sign(
    const char *dir, struct bytes request, struct buf *pem, struct digest *spki)
{
	struct authority a = { 0 };
	BIO *in = BIO_new_mem_buf(request.data, (int)request.len);
	X509_REQ *asked =
	    in ? PEM_read_bio_X509_REQ(in, NULL, NULL, NULL) : NULL;
	enum err err = asked ? open_authority(dir, &a) : ERR_INVALID;

	if (!err)
		err = sign_request(&a, asked, pem, spki);
	close_authority(&a);
	X509_REQ_free(asked);
	BIO_free(in);
	return err;
}
