# SPDX-License-Identifier: ISC
"""What a hostile peer may try on the three sockets: it is closed, counted
and logged, and the daemon goes on as before."""

import os
import socket
import struct
import time

import msgpack
import pytest

from frames import HELLO, MESSAGES, Peer, Viewer, as_user, frame, raw_frame
from intake import Intake
from suite import (IS_ROOT, USERS, Suite, fd_count, memory_kb,
                   schema_limit, wait_until)

MAX = 1 << 20  # LIMIT_FRAME

# socket: (who listens, the user of its honest peer, what that peer may not
# send here)
SOCKETS = {
    "collect.sock": ("taggerd", USERS["collectord"],
                     ["realtime", "inspect"]),
    "view.sock": ("taggerd", None,
                  ["host", "snapshot_begin", "container", "container_stat",
                   "process", "process_stat", "snapshot_end", "files",
                   "status"]),
    "ship.sock": ("shipperd", USERS["taggerd"],
                  ["realtime", "inspect", "files", "status"]),
}


def packed(value):
    return raw_frame(msgpack.packb(value))


# Before hello, and instead of it.
RUDE = {
    "http": b"GET / HTTP/1.1\r\n\r\n",
    "zeros": bytes(64),
    "ones": b"\xff" * 64,
    "too long": struct.pack("<I", MAX + 1),
    "longest": struct.pack("<I", 0xFFFFFFFF),
    "empty frame": raw_frame(b""),
    "not hello": frame("realtime", on=True, interval=2, ttl=60),
    "protocol": frame("hello", protocol=99, version="x", pid=1),
    "hello of text": packed([MESSAGES["hello"], {1: "one"}]),
    "uid that lies": packed([MESSAGES["hello"], {1: -1}]),
}
# After an honest hello.
BOMBS = {
    "array32": raw_frame(b"\xdd\xff\xff\xff\xff"),
    "map32": raw_frame(b"\xdf\xff\xff\xff\xff"),
    "str32": raw_frame(b"\xdb\xff\xff\xff\xff"),
    "bin32": raw_frame(b"\xc6\xff\xff\xff\xff"),
    "ext32": raw_frame(b"\xc9\xff\xff\xff\xff\x01"),
    "array16 of nothing": raw_frame(b"\xdc\xff\xff"),
    "inner array32": raw_frame(b"\x92\x08\x81\x0c\xdd\x0f\xff\xff\xff"),
    "deep": raw_frame(b"\x91" * 5000 + b"\xc0"),
    "deep maps": raw_frame(b"\x81\x01" * 5000 + b"\xc0"),
    "many nodes": raw_frame(b"\xdd\x00\x0f\x00\x00" + b"\xc0" * 0xF0000),
    "half a string": raw_frame(b"\x92\x08\xa9abc"),
    "trailing bytes": raw_frame(HELLO[4:] + b"\xc0"),
    "two values": raw_frame(HELLO[4:] * 2),
    "no array": packed({1: 2}),
    "short array": packed([1]),
    "long array": packed([1, {}, {}]),
    "type of text": packed(["hello", {}]),
    "unknown type": packed([99, {}]),
    "type -1": packed([-1, {}]),
    "type 2^64-1": packed([2**64 - 1, {}]),
    "field twice": raw_frame(b"\x92\x09\x82\x01\xc3\x01\xc3"),
    "wrong field type": packed([MESSAGES["realtime"], {1: "yes"}]),
    "integer too big": packed([MESSAGES["realtime"], {1: True, 2: 2**40}]),
    "second hello": HELLO,
    "oversized length": struct.pack("<I", MAX + 1),
    "record outside a snapshot": frame("process_stat", pid=1),
}


class Listener:
    """One daemon alone, so that no honest peer is in the way."""

    def __init__(self, name, proto):
        self.name = name
        self.daemon, self.user, self.forbidden = SOCKETS[name]
        self.intake = Intake(proto)
        self.suite = Suite({"api_key": "k"},
                           {"endpoint": self.intake.url()})
        self.suite.start(self.daemon)
        self.path = self.suite.socket_path(name)
        wait_until(lambda: os.path.exists(self.path), 5, self.path)
        wait_until(self.answers, 5, f"{self.daemon} to listen")
        self.cheats = 0
        self.rss = memory_kb(self.suite.pid(self.daemon))

    def answers(self):
        try:
            peer = Peer(self.path, self.user)
        except (ConnectionRefusedError, BlockingIOError):
            return False
        got = peer.receive(5)
        peer.close()
        return got and got[0] == "hello"

    def connect(self, hello=True):
        peer = Peer(self.path, self.user)
        if hello:
            peer.hello()
            assert peer.receive(5)[0] == "hello"
        return peer

    def cheat(self, data, hello=True, timeout=3):
        """Sends data; the daemon must close and live."""
        peer = self.connect(hello)
        peer.send(data)
        closed = peer.wait_closed(timeout)
        peer.close()
        self.cheats += 1
        self.suite.assert_alive()
        assert closed, "the peer was not closed"

    def close(self):
        self.suite.stop()
        self.intake.close()


@pytest.fixture(scope="module", params=SOCKETS)
def listener(request, proto, programs):
    made = Listener(request.param, proto)
    yield made
    made.close()


@pytest.mark.parametrize("what", RUDE)
def test_rude(listener, what):
    listener.cheat(RUDE[what], hello=False)


@pytest.mark.parametrize("what", BOMBS)
def test_bombs(listener, what):
    listener.cheat(BOMBS[what])


def test_wrong_direction(listener):
    for name in listener.forbidden:
        listener.cheat(packed([MESSAGES[name], {}]))


def test_flood(listener):
    """More messages than the permit table allows in its window."""
    if listener.name == "view.sock":
        one = frame("realtime", on=True, interval=2, ttl=60)
    else:
        one = packed([MESSAGES["host"], {}])
    listener.cheat(one * 300)


def test_snapshot_without_end(listener):
    if listener.name == "view.sock":
        pytest.skip("a viewer sends no snapshots")
    begin = frame("snapshot_begin", kind=1, scan=1, processes=1)
    listener.cheat(begin + begin)


def test_half_frames_cost_little(listener):
    """Peers that leave in the middle of the largest frame."""
    pid = listener.suite.pid(listener.daemon)
    for _ in range(20):
        peer = listener.connect()
        peer.send(struct.pack("<I", MAX) + b"\xc0" * (MAX // 2))
        peer.close()
    assert memory_kb(pid) < listener.rss + 16 * 1024
    wait_until(lambda: fd_count(pid) < 40, 5,
               "the descriptors of the peers that left")
    listener.connect().close()


def test_many_connections(listener):
    pid = listener.suite.pid(listener.daemon)
    peers = []
    for _ in range(200):
        try:
            peers.append(Peer(listener.path, listener.user))
        except BlockingIOError:
            break
    # All that waited are accepted in one go, and closed in the next.
    wait_until(lambda: fd_count(pid) < 100, 5, "most of them to be closed")
    for peer in peers:
        peer.close()
    wait_until(listener.answers, 10, "a connection after the flood")


def test_wrong_user(listener):
    """Neither nobody nor the suite's other users are let in."""
    if not IS_ROOT:
        pytest.skip("only root can be several users")
    allowed = {listener.user}
    if listener.name == "view.sock":
        allowed = set(USERS.values())  # group dd-agent may look
    for user in {"nobody", *USERS.values()} - allowed:
        try:
            peer = Peer(listener.path, user)
        except PermissionError:
            continue
        listener.cheats += 1
        got = None
        if not peer.wait_closed(3):
            got = "an open connection"
        peer.close()
        assert got is None, f"{user} got {got} to {listener.name}"


def test_afterwards(listener):
    """Last of the file for each socket: all was counted and logged, memory
    is as before, and honest peers are served."""
    suite, daemon = listener.suite, listener.daemon
    assert listener.cheats > len(BOMBS)
    assert memory_kb(suite.pid(daemon)) < listener.rss + 16 * 1024
    lines = [line for line in suite.log(daemon).splitlines()
             if "closed:" in line]
    assert 1 <= len(lines) <= listener.cheats
    suite.start(*{"taggerd", "collectord", "shipperd"} - {daemon})
    listener.intake.wait_scans(2)
    viewer = Viewer(suite)
    status = viewer.wait_status(daemon, lambda s: s.get("peers"))
    viewer.close()
    got = sum(p.get("refused", 0) for p in status["peers"])
    assert got >= listener.cheats, status["peers"]


def test_hello_in_pieces_that_stop(proto, programs):
    """Slow loris: half a hello and then nothing, on all three sockets."""
    listeners = [Listener(name, proto) for name in SOCKETS]
    try:
        start = time.monotonic()
        peers = [one.connect(hello=False) for one in listeners]
        for peer in peers:
            for byte in HELLO[:-1]:
                peer.send(bytes([byte]))
        limit = schema_limit("LIMIT_HELLO_TIMEOUT")
        for one, peer in zip(listeners, peers):
            assert peer.wait_closed(limit + 3), f"{one.name} waits on"
            assert time.monotonic() - start > limit - 1
            peer.close()
            one.suite.assert_alive()
    finally:
        for one in listeners:
            one.close()


FAKES = {"collect.sock": "collectord", "ship.sock": "taggerd"}


@pytest.mark.parametrize("name", FAKES)
def test_false_server(make_suite, name):
    """The side that connects asks as well who the other is."""
    if not IS_ROOT:
        pytest.skip("only root can be several users")
    suite = make_suite()
    os.mkdir(suite.rundir, 0o755)
    path = suite.socket_path(name)
    sock = socket.socket(socket.AF_UNIX)
    sock.bind(path)
    os.chmod(path, 0o666)
    with as_user("nobody"):
        sock.listen()
    sock.settimeout(10)
    suite.start(FAKES[name])
    for _ in range(2):  # it tries again, and is as careful then
        peer, _ = sock.accept()
        peer.settimeout(5)
        assert peer.recv(1) == b"", "it spoke to a stranger"
        peer.close()
    sock.close()
