#!/usr/bin/python3
# SPDX-License-Identifier: MIT
"""Passes one connection on to 127.0.0.1:PORT, and keeps what passes.

    relay.py PORT KEPT [MOST]

prints the port where it listens and ends with the connection.  KEPT.near gets
what the client sent, KEPT.far what the server answered.  With MOST that many
bytes of the client go on and no more: whatever comes behind them has no
answer, for as long as a test wants.
"""
import socket
import sys
import threading

PATIENCE_S = 120


def pump(source, sink, path, most):
    """A peer that goes with bytes unread resets its connection: an end like
    any other."""
    passed = 0
    try:
        with open(path, "wb", buffering=0) as kept:
            while data := source.recv(65536):
                kept.write(data)
                sink.sendall(data[:max(0, most - passed)])
                passed += len(data)
    except ConnectionError:
        pass
    for end in (source, sink):
        try:
            end.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass


def main():
    port, kept = int(sys.argv[1]), sys.argv[2]
    most = int(sys.argv[3]) if len(sys.argv) > 3 else sys.maxsize
    with socket.create_server(("127.0.0.1", 0)) as here:
        here.settimeout(PATIENCE_S)
        print(here.getsockname()[1], flush=True)
        sys.stdout.close()
        near = here.accept()[0]
    near.settimeout(None)
    far = socket.create_connection(("127.0.0.1", port))
    back = threading.Thread(target=pump, args=(
        far, near, kept + ".far", sys.maxsize))
    back.start()
    pump(near, far, kept + ".near", most)
    back.join()


if __name__ == "__main__":
    main()
