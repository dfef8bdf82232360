# SPDX-License-Identifier: ISC
"""A taggerd that asks a Docker Engine of our own making, and answers that no
engine should give."""

import re
import time

from frames import Viewer
from made import ID, Collectord, Watcher, of

GOOD = ID % 1  # a container that the engine has from the start


class Trio:
    """taggerd with the hostile engine behind it, between a collectord and a
    viewer of ours."""

    def __init__(self, suite):
        self.suite = suite
        self.collectord = Collectord(suite)
        self.watcher = Watcher(suite)
        self.viewer = Viewer(suite)

    def wait_state(self, pattern, timeout=10):
        """The Docker source's line of status, once it fits."""
        def fits(status):
            state, = [s["state"] for s in status["sources"]
                      if s["name"] == "docker"]
            return state if re.search(pattern, state) else None

        return fits(self.viewer.wait_status("taggerd", fits, timeout,
                                            f"a Docker that is {pattern}"))

    def snapshot(self, *numbers):
        """Containers as the viewer sees them, and the time it took."""
        count = len(self.watcher.snapshots) + 1
        start = time.monotonic()
        self.collectord.snapshot(containers=numbers,
                                 processes=[{"stat": {"pid": 1}}])
        got = self.watcher.wait(count)
        took = self.watcher.at[count - 1] - start
        assert took < 1.5, f"tagging stalled for {took:.2f} s"
        return {c["stat"]["id"]: c for c in of(got, "container")}, took

    def close(self):
        for peer in (self.collectord, self.watcher, self.viewer):
            peer.close()


# What may stand in place of an answer of the engine (Engine.instead).

def reply(body, head=b"HTTP/1.1 200 OK\r\n"):
    """Answers with a body of bytes, and its length."""
    def answer(handler, ident):
        handler.wfile.write(head + b"Content-Length: %d\r\n\r\n" % len(body)
                            + body)
    return answer


def raw(*pieces, pause=0.0):
    """Answers with bytes, and closes."""
    def answer(handler, ident):
        for piece in pieces:
            handler.wfile.write(piece)
            time.sleep(pause)
    return answer


def endless(head, piece, pause=0.0):
    def answer(handler, ident):
        handler.wfile.write(head)
        while True:
            handler.wfile.write(piece)
            time.sleep(pause)
    return answer


def hang(handler, ident):
    handler.server.engine.stopping.wait()


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
