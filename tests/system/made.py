# SPDX-License-Identifier: ISC
"""Snapshots made up by a test, a taggerd that serves them, and a collectord
and a viewer to have a real taggerd between: for what no machine has, or not
on demand."""

import os
import socket
import threading
import time

from frames import HELLO, RECORDS, Peer, frame
from suite import USERS, wait_until

FULL, REALTIME = 1, 2
RUNNING = 3  # CONTAINER_RUNNING
ID = "%064x"  # of a container, from a number


def snapshot(kind=FULL, scan=1, containers=(), container_stats=(),
             processes=(), stats=(), scope=0):
    """The frames of a whole snapshot, from the fields of its records."""
    records = {"container": containers, "container_stat": container_stats,
               "process": processes, "process_stat": stats}
    out = [frame("snapshot_begin", kind=kind, scan=scan, scope=scope,
                 wall_ms=int(time.time() * 1000),
                 mono_ns=time.monotonic_ns(), processes=len(processes),
                 stats=len(stats), containers=len(containers),
                 container_stats=len(container_stats))]
    for name, all_of_it in records.items():
        out += [frame(name, **fields) for fields in all_of_it]
    out.append(frame("snapshot_end", kind=kind, scan=scan))
    return b"".join(out)


def container(cid, **fields):
    """The fields of a container; those of its figures by their own names."""
    figures = {spec[0] for spec in RECORDS["container_stat"].values()}
    stat = {"id": cid, "state": RUNNING}
    stat.update({k: fields.pop(k) for k in figures & set(fields)})
    return {"stat": stat, **fields}


def process(pid, cid="", **fields):
    return {"stat": {"pid": pid, "start_ticks": pid, "create_time": 1000,
                     "container_id": cid}, **fields}


class ViewSocket:
    """Stands in for taggerd on view.sock: tells all who connect the same,
    whatever they ask, after `delay` s."""

    def __init__(self, suite, messages, delay=0):
        os.makedirs(suite.rundir, exist_ok=True)
        self.messages, self.delay = messages, delay
        self.peers = []
        self.sock = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.sock.bind(suite.socket_path("view.sock"))
        self.sock.listen()
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self):
        while True:
            try:
                peer, _ = self.sock.accept()
            except OSError:  # closed
                return
            threading.Thread(target=self._talk, args=(peer,),
                             daemon=True).start()

    def say(self, messages):
        """To all who are connected."""
        for peer in self.peers:
            peer.sendall(messages)

    def _talk(self, peer):
        with peer:
            try:
                time.sleep(self.delay)
                peer.sendall(HELLO + self.messages)
                self.peers.append(peer)
                while peer.recv(1 << 16):
                    pass
            except OSError:
                pass

    def close(self):
        self.sock.close()


class Collectord(Peer):
    """Sends snapshots as it is told."""

    def __init__(self, suite):
        path = suite.socket_path("collect.sock")
        wait_until(lambda: os.path.exists(path), 5, path)
        wait_until(lambda: self._connected(path), 5, "taggerd to listen")
        self.hello()
        assert self.receive(5)[0] == "hello"
        self.scan = 0

    def _connected(self, path):
        try:
            super().__init__(path, USERS["collectord"])
            return True
        except (ConnectionRefusedError, PermissionError):
            return False  # it does not listen yet, or is not ours yet

    def snapshot(self, kind=FULL, containers=(), container_stats=(),
                 processes=(), stats=(), end=True):
        """Containers are records, or numbers that make an id."""
        self.scan += 1
        containers = [c if isinstance(c, dict) else
                      {"stat": {"id": ID % c, "state": RUNNING},
                       "type": "docker"} for c in containers]
        data = frame("snapshot_begin", kind=kind, scan=self.scan,
                     containers=len(containers),
                     container_stats=len(container_stats),
                     processes=len(processes), stats=len(stats))
        data += b"".join(frame("container", **c) for c in containers)
        data += b"".join(frame("container_stat", **c)
                         for c in container_stats)
        data += b"".join(frame("process", **p) for p in processes)
        data += b"".join(frame("process_stat", **p) for p in stats)
        if end:
            data += frame("snapshot_end", kind=kind, scan=self.scan)
        return self.send(data)


class Watcher(Peer):
    """A viewer that keeps whole snapshots: lists of (name, record)."""

    def __init__(self, suite):
        super().__init__(suite.socket_path("view.sock"))
        self.hello()
        self.snapshots = []
        self.at = []  # when each was whole
        self.changed = threading.Condition()
        threading.Thread(target=self._run, daemon=True).start()

    def _run(self):
        now = None
        try:
            while (message := self.receive()) is not None:
                if message[0] == "snapshot_begin":
                    now = []
                if now is not None and message[0] not in ("status", "host"):
                    now.append(message)
                if message[0] == "snapshot_end":
                    with self.changed:
                        self.snapshots.append(now)
                        self.at.append(time.monotonic())
                        self.changed.notify_all()
                    now = None
        except OSError:
            return

    def wait(self, count, timeout=10):
        """The last snapshot, once there are `count`."""
        with self.changed:
            assert self.changed.wait_for(
                lambda: len(self.snapshots) >= count, timeout), (
                f"want {count} snapshots, got {len(self.snapshots)}")
            return self.snapshots[count - 1]


def of(snapshot, name):
    return [record for kind, record in snapshot if kind == name]
