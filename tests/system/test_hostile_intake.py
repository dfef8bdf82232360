# SPDX-License-Identifier: ISC
"""An intake that floods, stalls and refuses in the middle of a request. Every
payload that it does not take is tried again or counted, and shipperd stays
as it was."""

import os
import re
import socket
import struct
import time

import pytest
import zstandard

from frames import Viewer
from intake import ENCODING_ZSTD, HEADER, TYPE_REPLY, Payload
from sockets import (Scripted, Threaded, answer, read_exactly, read_request,
                     read_until, reset, stall)
from suite import Suite, memory_kb, schema_limit, wait_until

EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
MIB = 1 << 20


def length(n, rest=b""):
    return b"HTTP/1.1 200 OK\r\nContent-Length: " + n + b"\r\n\r\n" + rest


CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"


# In the daemon: floods, bombs and stalls.

def flood_body(head):
    def handle(sock, _):
        while read_request(sock):
            sock.sendall(head)
            piece = b"\0" * MIB
            for _ in range(64):
                sock.sendall(piece)
    return handle


def flood_chunks(sock, _):
    read_request(sock)
    sock.sendall(CHUNKED)
    for _ in range(64 * 16):
        sock.sendall(b"10000\r\n" + b"\0" * 65536 + b"\r\n")


def flood_lines(line):
    def handle(sock, _):
        read_request(sock)
        sock.sendall(b"HTTP/1.1 200 OK\r\n")
        for _ in range(64 * MIB // len(line)):
            sock.sendall(line)
    return handle


def flood_hints(sock, _):
    read_request(sock)
    for _ in range(1 << 20):
        sock.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")


def bomb(data):
    body = HEADER.pack(3, ENCODING_ZSTD, TYPE_REPLY, 0, 0, 0) + data
    return answer(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(body)
                  + body)


# A frame of zstd that claims a window of 2 GiB and 8 GiB of content.
CLAIM = (b"\x28\xb5\x2f\xfd" + bytes([0xc0, 0xa8]) + struct.pack(
    "<Q", 8 << 30) + b"\x03\0\0\0")
FLOODS = {
    "length": (flood_body(length(b"%d" % (64 * MIB))), "delivered", None),
    "close": (flood_body(b"HTTP/1.1 200 OK\r\n\r\n"), "delivered", None),
    "chunks": (flood_chunks, "delivered", None),
    "headers": (flood_lines(b"A: " + b"b" * 1000 + b"\r\n"), "retried",
                "the headers are too long"),
    "line": (flood_lines(b"a" * 65536), "retried",
             "the headers are too long"),
    "hints": (flood_hints, "retried", "the headers are too long"),
    "bomb": (bomb(zstandard.compress(b"\0" * (64 * MIB))), "delivered", None),
    "claim": (bomb(CLAIM), "delivered", None),
}


def test_floods(programs, make_raw, intake):
    """64 MiB in every way; memory stays flat, and the good endpoint is fed
    meanwhile."""
    raws = {n: make_raw(f[0]) for n, f in FLOODS.items()}
    suite = Suite(
        {"api_key": ",".join("k" * (len(raws) + 1))},
        {"endpoint": ",".join([intake.url()] +
                              [r.url() for r in raws.values()])})
    suite.start("taggerd", "shipperd")
    wait_until(lambda: os.path.exists(suite.socket_path("ship.sock")), 5,
               "shipperd")
    before = memory_kb(suite.pid("shipperd"), "VmHWM")
    suite.start("collectord")

    def all_answered(status):
        return len(status.get("endpoints", [])) > 1 and all(
            e.get("delivered") or e.get("retried")
            for e in status["endpoints"])

    status = Viewer(suite).wait_status("shipperd", all_answered, timeout=90)
    intake.wait_scans(4)
    after = memory_kb(suite.pid("shipperd"), "VmHWM")
    for (name, (_, counter, why)), endpoint in zip(FLOODS.items(),
                                                   status["endpoints"][1:]):
        assert endpoint.get(counter), f"{name}: {endpoint}"
        assert endpoint.get("last_error") == why, f"{name}: {endpoint}"
    assert "the answer is too large when decompressed" in suite.log(
        "shipperd")
    suite.assert_alive()
    suite.stop()
    assert after - before < 16384, f"{before} kB before, {after} kB after"


def drip_answer(sock, _):
    read_request(sock)
    for byte in EMPTY * 9:
        sock.sendall(bytes([byte]))
        time.sleep(0.8)


def stall_after(data):
    def handle(sock, _):
        read_request(sock)
        sock.sendall(data)
        stall(sock)
    return handle


LATE = "no whole answer in time"
STALLS = {
    "silent": (stall_after(b""), LATE),
    "in the head": (stall_after(EMPTY[:-2]), LATE),
    "in the body": (stall_after(length(b"9", b"1234")), LATE),
    "in a chunk": (stall_after(CHUNKED + b"9\r\nab"), LATE),
    "hints only": (stall_after(b"HTTP/1.1 103 x\r\n\r\n"), LATE),
    "drip": (drip_answer, LATE),
}


def test_stalls(programs, make_raw, ca, server_cert):
    """Each is given up after its time, and others get theirs meanwhile."""
    raws = [make_raw(h) for h, _ in STALLS.values()]
    raws.append(make_raw(STALLS["silent"][0], server_cert))
    handshake = Threaded(stall)
    urls = [r.url() for r in raws] + [f"https://127.0.0.1:{handshake.port}"]
    suite = Suite({"api_key": ",".join("k" * len(urls))},
                  {"endpoint": ",".join(urls), "ca_file": ca[0]})
    start = time.monotonic()
    said = suite.trial(90).stdout.split("\nhttp")
    took = time.monotonic() - start
    suite.stop()
    handshake.close()
    for one in said[:-1]:
        assert f"FAILED: {LATE}\n" in one, one
    assert "  TLS       FAILED: the TLS handshake timed out" in said[-1]
    limit = schema_limit("LIMIT_REPLY_TIMEOUT")
    # not one after the other
    assert limit - 1 < took < 2 * limit, took


# An answer in the middle of the request.

class Refusing:
    """Answers after so many bytes of the body with data, and resets."""

    def __init__(self, make_raw, after, data, cert=None):
        self.after, self.data, self.rest = after, data, []
        self.raw = make_raw(self.handle, cert)
        # so small that most of a request is still with shipperd
        self.raw.server.socket.setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)

    def handle(self, sock, _):
        head = read_until(sock, b"\r\n\r\n")
        if head is None:
            return
        size = int(re.search(rb"Content-Length: (\d+)", head)[1])
        read_exactly(sock, min(self.after, size) -
                     len(head.split(b"\r\n\r\n", 1)[1]))
        self.rest.append(max(size - self.after, 0))
        sock.sendall(self.data)
        # TLS or not: what is unread makes this a reset
        sock.close()


# Of what else the host runs there may be a message of its own.
ONLY_LARGE = {"blacklist": "^(?!child )"}
REFUSED = ("a payload is refused as too large; it is not sent again "
           "(status 413)")


@pytest.mark.parametrize("way", ("http", "https", "proxy"))
def test_refusal_within_the_request(make_suite, make_raw, large_processes, ca,
                                    server_cert, way):
    """413 and a reset while a mebibyte is still being written: it is heard,
    and the payload is not sent again."""
    one = Refusing(make_raw, 20000,
                   b"HTTP/1.1 413 Too large\r\nContent-Length: 0\r\n"
                   b"Connection: close\r\n\r\n",
                   None if way == "http" else server_cert)
    proxy = Scripted()
    suite = make_suite(
        {"api_key": "k", **({"proxy_host": f"http://127.0.0.1:{proxy.port}"}
                            if way == "proxy" else {})},
        {"endpoint": one.raw.url(), "ca_file": ca[0],
         "wire_encoding": "protobuf", **ONLY_LARGE}).start()
    status = Viewer(suite).wait_status(
        "shipperd", lambda s: s.get("endpoints") and
        s["endpoints"][0].get("refused", 0) >= 12, timeout=90)
    endpoint = status["endpoints"][0]
    proxy.close()
    assert max(one.rest) > 500000, one.rest
    assert endpoint["last_error"] == REFUSED, endpoint
    assert endpoint.get("retried", 0) == 0, endpoint
    assert endpoint.get("delivered", 0) == 0, endpoint
    assert REFUSED in suite.log("shipperd")


def test_no_delivery_within_the_request(make_suite, make_raw,
                                        large_processes):
    """Who says 200 before the payload is there has not taken it."""
    one = Refusing(make_raw, 20000, EMPTY)
    suite = make_suite({"api_key": "k"},
                       {"endpoint": one.raw.url(),
                        "wire_encoding": "protobuf", **ONLY_LARGE}).start()
    status = Viewer(suite).wait_status(
        "shipperd", lambda s: s.get("endpoints") and
        s["endpoints"][0].get("retried", 0) >= 2, timeout=90)
    assert min(one.rest) > 300000, one.rest
    assert status["endpoints"][0].get("delivered", 0) == 0
    assert "it was answered before it was sent" in suite.log("shipperd")


class Flaky:
    """Resets the first two connections somewhere in the request, then takes
    everything."""

    def __init__(self, proto, make_raw, offset):
        self.proto, self.offset = proto, offset
        self.payloads = []
        self.raw = make_raw(self.handle)

    def handle(self, sock, number):
        if number < 2:
            read_exactly(sock, self.offset)
            reset(sock)
            return
        while (request := read_request(sock)) is not None:
            self.payloads.append(
                Payload(self.proto, "", {}, request[1], number))
            sock.sendall(EMPTY)

    def groups(self):
        return sorted({p.message.groupId for p in self.payloads})


def test_resets_lose_nothing(make_suite, make_raw, proto):
    """Reset anywhere in the first request, twice: every scan arrives, whole
    and once."""
    flaky = [Flaky(proto, make_raw, offset)
             for offset in (0, 1, 17, 200, 400, 401, 500, 600, 1000, 2000)]
    make_suite({"api_key": ",".join("k" * len(flaky))},
               {"endpoint": ",".join(f.raw.url() for f in flaky)}).start()
    for one in flaky:
        wait_until(one.groups, 90, "a scan")
    first = min(f.groups()[0] for f in flaky)

    def lacks_none(one):
        """A newer scan may overtake, so there may be gaps for a while."""
        groups = one.groups()
        return len(groups) >= 6 and groups == list(
            range(first, groups[-1] + 1))

    for one in flaky:
        wait_until(lambda: lacks_none(one), 90, f"scans from {first} on at "
                   f"{one.offset}")
        chunks = [p.data for p in one.payloads]
        assert len(chunks) == len(set(chunks)), f"twice at {one.offset}"
