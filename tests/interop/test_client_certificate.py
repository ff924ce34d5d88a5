#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Client certificates: asked for when required, checked when shown, and known
in the log by their public key."""
import base64
import hashlib
import os
import ssl
import socket
import subprocess
import sys

import msgpack

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)),
                                "..", "tools"))
import kehu_rpc
from claims import equal, expect_code, run
from server import BUILD, Server, make_people, password_of, password_path


def openssl(*words):
    return subprocess.run(("openssl",) + words, check=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.DEVNULL).stdout


def make_certificate(server, name, ca=None):
    """A key and a certificate by the book's authority, or by itself."""
    path = os.path.join(server.directory, name)
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-subj", "/CN=" + name,
            "-keyout", path + ".key", "-out", path + ".csr")
    if ca:
        openssl("x509", "-req", "-in", path + ".csr", "-days", "2",
                "-CA", os.path.join(ca, "ca.crt"),
                "-CAkey", os.path.join(ca, "ca.key"),
                "-set_serial", "7", "-out", path + ".crt")
    else:
        openssl("x509", "-req", "-in", path + ".csr", "-days", "2",
                "-signkey", path + ".key", "-out", path + ".crt")
    return path


def spki_digest(path):
    public = openssl("x509", "-in", path + ".crt", "-noout", "-pubkey")
    body = b"".join(public.split(b"\n")[1:-2])
    return hashlib.sha256(base64.b64decode(body)).digest()


def hello(server, path=None):
    """What session.hello answers, or None when the server hangs up."""
    tls = kehu_rpc.context(server.ca)
    if path:
        tls.load_cert_chain(path + ".crt", path + ".key")
    try:
        with socket.create_connection(("127.0.0.1", server.port), 120) as s:
            with tls.wrap_socket(s, server_hostname="127.0.0.1") as stream:
                stream.sendall(msgpack.packb([0, 1, "session.hello", [{}]]))
                said = stream.recv(4096)
        return msgpack.unpackb(said)[3] if said else None
    except (ssl.SSLError, ConnectionError):
        return None


def test_a_client_without_one_is_turned_away_where_required(server):
    equal(hello(server), None)


def test_our_client_says_that_one_is_wanted(server):
    stranger = make_certificate(server, "nobody")
    for own in ((), ("--cert", stranger + ".crt", "--key", stranger + ".key")):
        said = subprocess.run(
            [os.path.join(BUILD, "kehu"), "--server",
             "127.0.0.1:%d" % server.port, "--ca", server.ca, "--user",
             "gm", "--password-file", password_path(server.directory, "gm"),
             *own, "whoami"],
            env=dict(os.environ, HOME=server.directory, KEHU_LANG="en"),
            stdin=subprocess.DEVNULL, capture_output=True, text=True,
            timeout=60, check=False)
        equal(said.returncode, 4)
        assert "wants a certificate of this client" in said.stderr, said
        assert "not known whether" not in said.stderr, said


def test_another_authoritys_certificate_is_refused(server):
    equal(hello(server, make_certificate(server, "stranger")), None)


def test_the_logs_entry_names_the_public_key(server):
    path = make_certificate(server, "office",
                            os.path.join(server.data, "tls"))
    equal(hello(server, path)["server"], "kehud")
    tls = kehu_rpc.context(server.ca)
    tls.load_cert_chain(path + ".crt", path + ".key")
    client = kehu_rpc.Client("127.0.0.1", server.port, server.ca,
                             tls=tls)
    with open(os.path.join(server.directory, "passwords", "auditor"),
              encoding="utf-8") as f:
        client.login("auditor", f.read().strip())
    seen = {msgpack.unpackb(leaf, strict_map_key=False)[3].get("spki")
            for leaf in client.call("audit.export", limit=1000)["entries"]}
    assert spki_digest(path) in seen, seen


# --- who is bound comes by his key, whatever the certificate says ----------

def sign(server, csr, out, *words):
    tls = os.path.join(server.data, "tls")
    openssl("x509", "-req", "-in", csr, "-CA", os.path.join(tls, "ca.crt"),
            "-CAkey", os.path.join(tls, "ca.key"), "-set_serial", "7",
            "-out", out, *words)


def make_named(server, name, common_name, *words, usage=None):
    """A certificate by the book's authority, with a key of its own."""
    path = os.path.join(server.directory, name)
    openssl("req", "-new", "-newkey", "ec", "-pkeyopt",
            "ec_paramgen_curve:prime256v1", "-nodes", "-utf8", "-subj",
            "/CN=" + common_name, "-keyout", path + ".key", "-out",
            path + ".csr")
    if usage:
        with open(path + ".ext", "w", encoding="utf-8") as f:
            f.write("extendedKeyUsage = %s\n" % usage)
        words += ("-extfile", path + ".ext")
    sign(server, path + ".csr", path + ".crt", *(words or ("-days", "2")))
    return path


def der_length(data, at):
    """(length of the value, where it begins) of the element at `at`."""
    first = data[at + 1]
    if first < 128:
        return first, at + 2
    count = first & 127
    return int.from_bytes(data[at + 2:at + 2 + count], "big"), at + 2 + count


def der(tag, value):
    size = len(value)
    if size < 128:
        return bytes([tag, size]) + value
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 128 | len(length)]) + length + value


def put_nul(server, path):
    """The same certificate with a NUL for the '!' of its name, signed anew."""
    whole = openssl("x509", "-in", path + ".crt", "-outform", "DER")
    _, at = der_length(whole, 0)
    size, begin = der_length(whole, at)
    end = begin + size
    # Not the '!' alone: the key's random bytes may hold one.
    assert whole[at:end].count(b"!evil") == 1
    body = whole[at:end].replace(b"!evil", b"\0evil")
    size, begin = der_length(whole, end)
    algorithm = whole[end:begin + size]
    with open(path + ".body", "wb") as f:
        f.write(body)
    signature = openssl("dgst", "-sha256", "-sign",
                        os.path.join(server.data, "tls", "ca.key"),
                        path + ".body")
    made = der(0x30, body + algorithm + der(3, b"\0" + signature))
    with open(path + ".der", "wb") as f:
        f.write(made)
    openssl("x509", "-inform", "DER", "-in", path + ".der", "-out",
            path + ".crt")
    return path


def log_in(server, user, path):
    tls = kehu_rpc.context(server.ca)
    tls.load_cert_chain(path + ".crt", path + ".key")
    client = kehu_rpc.Client("127.0.0.1", server.port, server.ca, tls=tls)
    client.login(user, password_of(server.directory, user))
    return client


def test_bound_accounts_key_counts_and_no_name_in_a_certificate(server):
    own = make_named(server, "own", "sh-sales")
    same_name = make_named(server, "same", "sh-sales")
    nul = put_nul(server, make_named(server, "nul", "sh-sales!evil"))
    other = make_named(server, "other", "admin")
    with log_in(server, "admin", other) as admin:
        admin.call("certificate.add", user="sh-sales",
                   certificate=spki_digest(own).hex(), reason="own machine")
    with log_in(server, "sh-sales", own) as client:
        equal(client.call("session.whoami")["certificate"]["bound"], True)
    for path in (same_name, nul, other):
        expect_code("unauthenticated", log_in, server, "sh-sales", path)
    # The same key in another certificate is the same machine.
    sign(server, own + ".csr", own + ".crt", "-days", "9")
    log_in(server, "sh-sales", own).close()
    # A name with a NUL is whoever has its key, and nobody by its name.
    with log_in(server, "sh-clerk", nul) as client:
        shown = client.call("session.whoami")["certificate"]
        equal(shown["key"], spki_digest(nul).hex()[:16])
        equal(shown["bound"], False)


def test_expired_or_made_for_servers_is_no_client(server):
    equal(hello(server, make_named(server, "servers", "x",
                                   usage="serverAuth")), None)
    equal(hello(server, make_named(server, "clients", "x",
                                   usage="clientAuth"))["server"], "kehud")
    expired = make_named(server, "expired", "x")
    openssl("x509", "-req", "-in", expired + ".csr", "-days", "-1",
            "-CA", os.path.join(server.data, "tls", "ca.crt"),
            "-CAkey", os.path.join(server.data, "tls", "ca.key"),
            "-set_serial", "7", "-out", expired + ".crt")
    equal(hello(server, expired), None)


if __name__ == "__main__":
    kehud = Server()
    try:
        kehud.init()
        kehud.start()
        with kehud.connect("admin") as admin:
            make_people(admin, kehud.directory)
        kehud.stop()
        with open(os.path.join(kehud.data, "kehud.conf"), "a",
                  encoding="utf-8") as conf:
            conf.write("client_certificates = required\n")
        kehud.start()
        sys.exit(run(globals(), kehud))
    finally:
        kehud.close()
