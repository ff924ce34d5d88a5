#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""A stock MessagePack-RPC client: Python's ssl and Debian's python3-msgpack.

It knows nothing of Kehu but the port's wire: TLS 1.3, ALPN kehu/1, requests
[0, msgid, method, [params]], answers [1, msgid, error, result].  Tests use it
where they must not depend on our own client.

    kehu_rpc.py --port P --ca FILE [--user U --password-file F] METHOD [JSON]

prints the result as JSON; a refusal goes to standard error, exit 1.
"""
import argparse
import json
import socket
import ssl
import sys

import msgpack


class RpcError(Exception):
    """The error map of an answer."""

    def __init__(self, error):
        super().__init__("%s: %s" % (error.get("code"), error.get("message")))
        self.error = error
        self.code = error.get("code")
        self.field = error.get("field")
        self.rule = error.get("rule")
        self.errors = error.get("errors") or []


class Closed(Exception):
    """The server ended the connection."""


def context(ca):
    tls = ssl.create_default_context(cafile=ca)
    tls.minimum_version = ssl.TLSVersion.TLSv1_3
    tls.set_alpn_protocols(["kehu/1"])
    return tls


class Client:
    def __init__(self, host, port, ca, timeout=120, tls=None, source=""):
        plain = socket.create_connection((host, port), timeout, (source, 0))
        try:
            self.stream = (tls or context(ca)).wrap_socket(
                plain, server_hostname=host)
        except BaseException:
            plain.close()
            raise
        self.unpacker = msgpack.Unpacker(
            raw=False, strict_map_key=False, max_buffer_size=1 << 27)
        self.next_id = 0
        self.waiting = {}  # answers that came before they were asked for
        self.notified = []

    def close(self):
        self.stream.close()

    def __enter__(self):
        return self

    def __exit__(self, *unused):
        self.close()

    def send_raw(self, data):
        self.stream.sendall(data)

    def send(self, method, /, **params):
        """Sends a request and gives its msgid; wait() gets the answer."""
        self.next_id += 1
        self.send_raw(msgpack.packb(
            [0, self.next_id, method, [params]], use_bin_type=True))
        return self.next_id

    def receive(self):
        """The next message as it came."""
        while True:
            for message in self.unpacker:
                return message
            try:
                data = self.stream.recv(65536)
            except (ssl.SSLEOFError, ConnectionResetError, BrokenPipeError):
                data = b""
            if not data:
                raise Closed()
            self.unpacker.feed(data)

    def answer(self, msgid):
        """(error, result) of a request that was sent."""
        while msgid not in self.waiting:
            message = self.receive()
            if message[0] == 2:
                self.notified.append(message)
            elif message[0] != 1 or len(message) != 4:
                raise AssertionError("not an answer: %r" % (message,))
            else:
                self.waiting[message[1]] = message[2:]
        return self.waiting.pop(msgid)

    def wait(self, msgid):
        error, result = self.answer(msgid)
        if error is not None:
            raise RpcError(error)
        return result

    def call(self, method, /, **params):
        return self.wait(self.send(method, **params))

    def login(self, user, password):
        return self.call("session.login", user=user, password=password)

    def find_all(self, entity, **params):
        """Every row of a find, page by page."""
        after = None
        while True:
            if after is not None:
                params["after"] = after
            page = self.call("record.find", entity=entity, **params)
            yield from page["rows"]
            after = page.get("next")
            if after is None:
                return


def readable(value):
    return value.hex() if isinstance(value, bytes) else str(value)


def main():
    parser = argparse.ArgumentParser(description="One call, as JSON.")
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--ca", required=True)
    parser.add_argument("--user")
    parser.add_argument("--password-file")
    parser.add_argument("method")
    parser.add_argument("params", nargs="?", default="{}")
    args = parser.parse_args()
    with Client(args.host, args.port, args.ca) as client:
        try:
            if args.user:
                with open(args.password_file, encoding="utf-8") as f:
                    client.login(args.user, f.read().rstrip("\n"))
            result = client.call(args.method, **json.loads(args.params))
        except RpcError as refused:
            print(json.dumps(refused.error, ensure_ascii=False),
                  file=sys.stderr)
            return 1
    print(json.dumps(result, ensure_ascii=False, default=readable))
    return 0


if __name__ == "__main__":
    sys.exit(main())
