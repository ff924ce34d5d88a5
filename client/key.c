// SPDX-License-Identifier: MIT
/*
 * Keys and requests by OpenSSL; see key.h.
 */
#include "client/key.h"

#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/x509.h>

static enum err copy_out(BIO *from, struct buf *out)
{
	char *data = NULL;
	long len = BIO_get_mem_data(from, &data);

	if (len <= 0)
		return ERR_INTERNAL;
	buf_append(out, data, (size_t)len);
	return out->err;
}

static bool fill(X509_REQ *request, EVP_PKEY *key, const char *name)
{
	return X509_NAME_add_entry_by_txt(X509_REQ_get_subject_name(request),
		   "CN", MBSTRING_UTF8, (const unsigned char *)name, -1, -1,
		   0) == 1 &&
	       X509_REQ_set_pubkey(request, key) &&
	       X509_REQ_sign(request, key, EVP_sha256());
}

enum err key_make(const char *name, struct buf *key, struct buf *request)
{
	EVP_PKEY *made = EVP_EC_gen("P-256");
	X509_REQ *asked = X509_REQ_new();
	BIO *key_out = BIO_new(BIO_s_secmem());
	BIO *request_out = BIO_new(BIO_s_mem());
	bool done = made && asked && key_out && request_out &&
		    fill(asked, made, name) &&
		    PEM_write_bio_PKCS8PrivateKey(
			key_out, made, NULL, NULL, 0, NULL, NULL) &&
		    PEM_write_bio_X509_REQ(request_out, asked);
	enum err e = done ? copy_out(key_out, key) : ERR_INTERNAL;

	if (e == ERR_OK)
		e = copy_out(request_out, request);
	BIO_free(key_out);
	BIO_free(request_out);
	X509_REQ_free(asked);
	EVP_PKEY_free(made);
	return e;
}

/* The public half of whichever of the two it is; borrowed from them. */
static X509_PUBKEY *read_public(BIO *in, X509 **certificate, X509_REQ **request)
{
	*request = NULL;
	*certificate = PEM_read_bio_X509(in, NULL, NULL, NULL);
	if (*certificate)
		return X509_get_X509_PUBKEY(*certificate);
	(void)BIO_reset(in);
	*request = PEM_read_bio_X509_REQ(in, NULL, NULL, NULL);
	return *request ? X509_REQ_get_X509_PUBKEY(*request) : NULL;
}

enum err key_digest(struct bytes pem, struct digest *out)
{
	BIO *in = BIO_new_mem_buf(pem.data, (int)pem.len);
	unsigned char *der = NULL;
	X509 *certificate = NULL;
	X509_REQ *request = NULL;
	X509_PUBKEY *public =
	    in ? read_public(in, &certificate, &request) : NULL;
	int len = public ? i2d_X509_PUBKEY(public, &der) : 0;

	if (len > 0)
		digest_bytes(bytes_of(der, (size_t)len), out);
	OPENSSL_free(der);
	X509_free(certificate);
	X509_REQ_free(request);
	BIO_free(in);
	return len > 0 ? ERR_OK : ERR_INVALID;
}
