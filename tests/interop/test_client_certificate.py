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
from claims import equal, run
from server import Server, make_people


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
        with socket.create_connection(("127.0.0.1", server.port), 10) as s:
            with tls.wrap_socket(s, server_hostname="127.0.0.1") as stream:
                stream.sendall(msgpack.packb([0, 1, "session.hello", [{}]]))
                said = stream.recv(4096)
        return msgpack.unpackb(said)[3] if said else None
    except (ssl.SSLError, ConnectionError):
        return None


def test_a_client_without_one_is_turned_away_where_required(server):
    equal(hello(server), None)


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
