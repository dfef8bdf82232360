# SPDX-License-Identifier: ISC
"""shipperd alone, between a taggerd and an intake that are both the test's,
so that every snapshot can be accounted for."""

import os
import subprocess
import time

from frames import Peer, frame
from suite import HOSTNAME, wait_until

FIRST_NS = 1_000_000_000


def snapshot(number, processes, text=""):
    """The frames of a full snapshot. Process i of it has the pid
    number * 100 + i, and the snapshot's name is number + FIRST_NS."""
    out = [frame("snapshot_begin", kind=1, scan=number,
                 wall_ms=int(time.time() * 1000), mono_ns=number + FIRST_NS,
                 processes=processes)]
    for i in range(processes):
        pid = number * 100 + i
        out.append(frame("process", stat={"pid": pid, "start_ticks": pid},
                         args=[f"p{pid}", text], comm="p"))
    out.append(frame("snapshot_end", kind=1, scan=number))
    return b"".join(out)


class Shipping:
    """A suite of which only shipperd runs, and what taggerd would do: keep a
    snapshot until shipperd answers for it, send it again when it is back."""

    def __init__(self, suite, processes=3, text=""):
        self.suite, self.processes, self.text = suite, processes, text
        self.number = 0  # of the last snapshot
        self.unsaid = []  # numbers that shipperd has not answered for
        self.sent = False  # the first of them, on this connection
        self.peer = None

    def start(self, env=None):
        os.makedirs(self.suite.rundir, exist_ok=True)
        with open(self.suite.log_path("shipperd"), "ab") as out:
            self.suite.procs["shipperd"] = subprocess.Popen(
                self.suite.argv("shipperd", "-f"),
                env={**self.suite.env, **(env or {})}, cwd="/",
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        return self

    def is_alive(self):
        return self.suite.procs["shipperd"].poll() is None

    def connect(self):
        """Returns False if shipperd ends before that."""
        path = self.suite.socket_path("ship.sock")
        end = time.monotonic() + 10
        while True:
            assert time.monotonic() < end, "shipperd does not listen"
            if not self.is_alive():
                return False
            try:
                self.peer = Peer(path, "dd-tagger")
                break
            except (FileNotFoundError, ConnectionRefusedError,
                    PermissionError):  # not there, or not dd-shipper's yet
                time.sleep(0.001)
        self.sent, self.room = False, 60
        self.peer.hello()
        self.peer.send(frame("host", hostname=HOSTNAME))
        return self.listen(10)

    def listen(self, timeout):
        """Takes what shipperd says until it has said what it has taken.
        Returns False when it is gone or says nothing in time."""
        end = time.monotonic() + timeout
        while True:
            try:
                message = self.peer.receive(max(0, end - time.monotonic()))
            except (TimeoutError, OSError):
                return False
            if message is None:
                return False
            if message[0] != "taken":
                continue
            number = message[1].get("mono_ns", 0) - FIRST_NS
            if number in self.unsaid:
                del self.unsaid[:self.unsaid.index(number) + 1]
                self.sent = False
            return True

    def losses(self):
        """How many payloads shipperd says that its endpoint has lost, by the
        reason's name. Begins another connection, for a status at once."""
        self.peer.close()
        assert self.connect()
        while (message := self.peer.receive(10))[0] != "status":
            pass
        endpoint, = message[1]["endpoints"]
        out = {name.removeprefix("lost_"): n for name, n in endpoint.items()
               if name.startswith("lost_") and n > 0}
        assert sum(out.values()) == endpoint.get("dropped", 0)
        return out

    def feed(self, most=1):
        """One more snapshot, unless `most` are under way already."""
        if len(self.unsaid) < most:
            self.number += 1
            self.unsaid.append(self.number)
        if self.sent or not self.unsaid:
            return True
        if self.room == 0:  # schema.def's rate of snapshot_begin
            return False
        self.room -= 1
        self.sent = True
        return self.peer.send(
            snapshot(self.unsaid[0], self.processes, self.text))

    def put(self, count=1):
        """Feeds so many, each until shipperd answers for it."""
        for _ in range(count):
            self.feed()
            self.finish()

    def finish(self):
        """Until shipperd answers for all."""
        while self.unsaid:
            assert self.feed(0) and self.listen(20), self.suite.log("shipperd")

    def pids(self):
        """Every process of every snapshot so far."""
        return {n * 100 + i for n in range(1, self.number + 1)
                for i in range(self.processes)}

    def kill(self):
        if self.peer is not None:
            self.peer.close()
        if self.is_alive():
            self.suite.procs["shipperd"].kill()
        self.suite.procs["shipperd"].wait()


def received(intake, since=0):
    """pid: how often it came."""
    out = {}
    for payload in intake.got(since=since):
        for process in payload.items:
            out[process.pid] = out.get(process.pid, 0) + 1
    return out


def wait_for_all(shipping, intake, timeout=30):
    """Waits until the intake has every process; returns how many came more
    than once, over and above."""
    want = shipping.pids()

    def done():
        return not want - set(received(intake))

    try:
        wait_until(done, timeout, "every process")
    except AssertionError:
        missing = sorted(want - set(received(intake)))
        raise AssertionError(f"{len(missing)} of {len(want)} are missing, "
                             f"as {missing[:20]}") from None
    return sum(n - 1 for n in received(intake).values())
