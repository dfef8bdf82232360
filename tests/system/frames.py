# SPDX-License-Identifier: ISC
"""The suite's own protocol, spoken from Python: honest and otherwise. Names
and numbers come from common/schema.def."""

import contextlib
import ctypes
import grp
import os
import pwd
import re
import select
import socket
import struct
import threading
import time

import msgpack

from suite import IS_ROOT, ROOT, read_file, wait_until

COLLECTORD, TAGGERD, SHIPPERD, VIEWER = 1, 2, 4, 8
ROLE_NAMES = {COLLECTORD: "collectord", TAGGERD: "taggerd",
              SHIPPERD: "shipperd"}
PROTOCOL = 2


def _load_schema():
    text = read_file(os.path.join(ROOT, "common/schema.def"))
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S).replace("\\\n", " ")
    messages = {name: int(number) for name, number in
                re.findall(r"\bMSG\((\w+), (\d+),", text)}
    records = {}
    for name, body in re.findall(
            r"#define SCHEMA_(\w+)\(F, R, S\)(.*?)(?=#define|\Z)", text,
            re.S):
        fields = re.findall(r"\b([FRS])\((\d+), (\w+), (\w+),", body)
        records[name.lower()] = {
            int(number): (field, of if kind != "F" else None, kind)
            for kind, number, of, field in fields}
    return messages, records


MESSAGES, RECORDS = _load_schema()
NAMES = {number: name for name, number in MESSAGES.items()}


def named(record, fields):
    """A decoded record with names for numbers."""
    out = {}
    for number, value in fields.items():
        name, sub, kind = RECORDS[record][number]
        if kind == "R":
            value = [named(sub, v) for v in value]
        elif kind == "S":
            value = named(sub, value)
        out[name] = value
    return out


def numbers(record, fields):
    """The other way round."""
    by_name = {spec[0]: (n, *spec[1:]) for n, spec in RECORDS[record].items()}
    out = {}
    for name, value in fields.items():
        number, sub, kind = by_name[name]
        if kind == "R":
            value = [numbers(sub, v) for v in value]
        elif kind == "S":
            value = numbers(sub, value)
        out[number] = value
    return out


def frame(name, /, **fields):
    body = msgpack.packb([MESSAGES[name], numbers(name, fields)],
                         use_single_float=True,
                         unicode_errors="surrogateescape")
    return raw_frame(body)


def raw_frame(body, length=None):
    return struct.pack("<I", len(body) if length is None else length) + body


HELLO = frame("hello", protocol=PROTOCOL, version="test", pid=1)


@contextlib.contextmanager
def as_user(name):
    """This thread's effective user becomes `name`, as root can; the peer of
    a socket connected within sees that uid. None: nothing changes."""
    if name is None or not IS_ROOT:
        yield
        return
    user = pwd.getpwnam(name)
    groups = [user.pw_gid] + [g.gr_gid for g in grp.getgrall()
                              if name in g.gr_mem]
    # The system calls, which are per thread; libc's change every thread.
    libc = ctypes.CDLL(None, use_errno=True)
    setgroups, setresuid, setresgid = 116, 117, 119  # x86_64

    def call(*args):
        if libc.syscall(*args) == -1:
            raise OSError(ctypes.get_errno(), "set*id")

    before = os.getgroups()
    array = (ctypes.c_uint * len(groups))(*groups)
    call(setgroups, len(groups), array)
    call(setresgid, -1, user.pw_gid, -1)
    call(setresuid, -1, user.pw_uid, -1)
    try:
        yield
    finally:
        call(setresuid, -1, 0, -1)
        call(setresgid, -1, 0, -1)
        call(setgroups, len(before), (ctypes.c_uint * len(before))(*before))


class Peer:
    """One connection to a socket of the suite."""

    def __init__(self, path, user=None, timeout=10):
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.settimeout(timeout)
        self.buffer = b""
        with as_user(user):
            self.sock.connect(path)

    @classmethod
    def of(cls, sock):
        """The same around a socket that is connected already."""
        peer = cls.__new__(cls)
        peer.sock = sock
        peer.buffer = b""
        return peer

    def send(self, data):
        """Sends; returns False if the other end has closed already."""
        try:
            self.sock.sendall(data)
            return True
        except (BrokenPipeError, ConnectionResetError):
            return False

    def hello(self):
        return self.send(HELLO)

    def receive(self, timeout=None):
        """The next message as (name, record), None at the end."""
        end = None if timeout is None else time.monotonic() + timeout
        while True:
            message = self._take()
            if message:
                return message
            if end is not None and not select.select(
                    [self.sock], [], [], max(0, end - time.monotonic()))[0]:
                raise TimeoutError("no message")
            try:
                data = self.sock.recv(1 << 16)
            except ConnectionResetError:
                return None
            if not data:
                return None
            self.buffer += data

    def _take(self):
        if len(self.buffer) < 4:
            return None
        size = struct.unpack_from("<I", self.buffer)[0]
        if len(self.buffer) < 4 + size:
            return None
        body, self.buffer = self.buffer[4:4 + size], self.buffer[4 + size:]
        number, fields = msgpack.unpackb(body, strict_map_key=False,
                                         unicode_errors="surrogateescape")
        return NAMES[number], named(NAMES[number], fields)

    def wait_closed(self, timeout=10):
        """Whether the other end closes within the time."""
        end = time.monotonic() + timeout
        while time.monotonic() < end:
            if not select.select([self.sock], [], [], 0.1)[0]:
                continue
            try:
                if not self.sock.recv(1 << 16):
                    return True
            except ConnectionResetError:
                return True
        return False

    def close(self):
        self.sock.close()


class Viewer(Peer):
    """An honest view client that keeps the newest status of each daemon."""

    def __init__(self, suite, timeout=10):
        self.path = suite.socket_path("view.sock")
        wait_until(self._connected, timeout, self.path)
        self.status, self.count = {}, {}
        self.ends = []  # of snapshots
        self.changed = threading.Condition()
        self.hello()
        threading.Thread(target=self._run, daemon=True).start()

    def _connected(self):
        try:
            super().__init__(self.path)
            return True
        except (FileNotFoundError, ConnectionRefusedError):
            return False

    def _run(self):
        try:
            while True:
                message = self.receive()
                if message is None:
                    return
                name, record = message
                with self.changed:
                    self.count[name] = self.count.get(name, 0) + 1
                    if name == "status":
                        who = ROLE_NAMES[record["daemon"]]
                        self.status[who] = record
                    elif name == "snapshot_end":
                        self.ends.append(record)
                    self.changed.notify_all()
        except OSError:
            return

    def wait(self, check, timeout, what):
        """Waits until check(status) gives something true."""
        found = []

        def done():
            found[:] = [check(self.status)]
            return found[0]

        with self.changed:
            assert self.changed.wait_for(done, timeout), (
                f"waited {timeout} s for {what}; status is {self.status}")
        return found[0]

    def wait_status(self, daemon, check=lambda s: True, timeout=15,
                    what=None):
        return self.wait(
            lambda all: (daemon in all and all[daemon].get("up")
                         and check(all[daemon]) and all[daemon]),
            timeout, what or f"a status of {daemon}")


class Taggerd:
    """Stands in for taggerd: what collectord sends, snapshot by snapshot,
    each a dictionary of its begin, its end and lists of its records."""

    RECORDS = ("container", "container_stat", "process", "process_stat")

    def __init__(self, suite, user="dd-tagger"):
        os.makedirs(suite.rundir, exist_ok=True)
        self.snapshots = []
        self.status = None
        self.changed = threading.Condition()
        self.peer = None
        path = suite.socket_path("collect.sock")
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.bind(path)
        os.chmod(path, 0o666)
        with as_user(user):  # whom the peer sees is who listens
            self.sock.listen()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        try:
            while True:
                conn = self.sock.accept()[0]
                self.peer = Peer.of(conn)
                self.peer.hello()
                self._serve(self.peer)
        except OSError:
            return

    def _serve(self, peer):
        snapshot = None
        while True:
            message = peer.receive()
            if message is None:
                return
            name, record = message
            with self.changed:
                if name == "snapshot_begin":
                    snapshot = {"begin": record, "order": [],
                                **{n: [] for n in self.RECORDS}}
                elif name in self.RECORDS:
                    snapshot[name].append(record)
                    if snapshot["order"][-1:] != [name]:
                        snapshot["order"].append(name)
                elif name == "snapshot_end":
                    snapshot["end"] = record
                    self.snapshots.append(snapshot)
                elif name == "status":
                    self.status = record
                self.changed.notify_all()

    def realtime(self, interval=2, ttl=60):
        self.peer.send(frame("realtime", on=True, interval=interval, ttl=ttl))

    def wait(self, check, timeout=15, what="a snapshot"):
        """Waits until check(snapshot) gives something true for a snapshot
        that comes from now on, and returns that."""
        seen = [len(self.snapshots)]
        found = []

        def done():
            while not found and seen[0] < len(self.snapshots):
                got = check(self.snapshots[seen[0]])
                seen[0] += 1
                if got:
                    found.append(got)
            return found

        with self.changed:
            assert self.changed.wait_for(done, timeout), (
                f"waited {timeout} s for {what}; the last snapshot is "
                f"{self.snapshots[-1:]}")
        return found[0]

    def wait_status(self, check, timeout=15):
        with self.changed:
            assert self.changed.wait_for(
                lambda: self.status is not None and check(self.status),
                timeout), f"status is {self.status}"
            return self.status

    def close(self):
        self.sock.close()
        if self.peer is not None:
            self.peer.close()


def container_of(snapshot, cid):
    """The container's figures in a snapshot of either kind, or None."""
    for record in snapshot["container"]:
        if record["stat"]["id"] == cid:
            return {**record, **record["stat"]}
    for record in snapshot["container_stat"]:
        if record["id"] == cid:
            return record
    return None
