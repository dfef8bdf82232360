# SPDX-License-Identifier: ISC
"""Snapshots made up by a test, and a taggerd that serves them: for what no
machine has, or not on demand."""

import os
import socket
import threading
import time

from frames import HELLO, RECORDS, frame

FULL, REALTIME = 1, 2
RUNNING = 3  # CONTAINER_RUNNING


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
    whatever they ask."""

    def __init__(self, suite, messages):
        os.makedirs(suite.rundir, exist_ok=True)
        self.messages = messages
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

    def _talk(self, peer):
        with peer:
            try:
                peer.sendall(HELLO + self.messages)
                while peer.recv(1 << 16):
                    pass
            except OSError:
                pass

    def close(self):
        self.sock.close()
