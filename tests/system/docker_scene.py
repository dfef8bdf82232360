# SPDX-License-Identifier: ISC
"""All daemons at work on a real Docker Engine: what its containers look like
to a viewer and at the intake, from the moment that they start."""

import re
import time

from frames import Viewer
from made import Watcher, of
from suite import Suite, wait_until


class Scene:
    def __init__(self, docker, intake, main=None, process=None):
        self.docker, self.intake = docker, intake
        self.made = []  # containers, for clear()
        self.started = {}  # their ids: when they had started, s
        self.suite = Suite(
            {"api_key": "k1", **(main or {})},
            {"endpoint": intake.url(), "process_interval": "1",
             "container_interval": "1", **(process or {})},
            {"DOCKER_SOCKET_PATH": docker.socket,
             "DD_PROCESS_AGENT_CONTAINER_SOURCE": "docker"})
        try:
            self.suite.start()
            self.viewer = Viewer(self.suite)
            self.watcher = Watcher(self.suite)
            self.wait_source("ok")
            self.watcher.wait(1)
        except BaseException:
            self.suite.stop()
            raise

    def run(self, *options, **kwargs):
        """Starts a container until clear(); returns its id."""
        ident = self.docker.run(*options, **kwargs)
        self.started[ident] = time.time()
        self.made.append(ident)
        return ident

    def wait_source(self, pattern, timeout=20):
        """Waits until the Docker source's line of status fits."""
        self.viewer.wait_status(
            "taggerd", lambda status: any(
                s["name"] == "docker" and re.match(pattern, s["state"])
                for s in status.get("sources", [])),
            timeout, f"a Docker that is {pattern}")

    def now(self):
        """A mark: the snapshots from here on come later."""
        return len(self.watcher.snapshots)

    def records(self, ident, since=0):
        """Every record of the container that the viewer got."""
        return [c for s in self.watcher.snapshots[since:]
                for c in of(s, "container") if c["stat"]["id"] == ident]

    def first(self, ident):
        """The container as the first snapshot after its start shows it.
        Docker tells nobody of a container while it is starting it, but that
        has processes before; nor does the event of its start take no
        time."""
        after = (self.started.get(ident, 0) + 0.2) * 1000

        def look():
            return next((c for s in self.watcher.snapshots
                         if s[0][1]["wall_ms"] >= after
                         for c in of(s, "container")
                         if c["stat"]["id"] == ident), None)

        return wait_until(look, 15, f"container {ident[:12]}")

    def wait(self, ident, check, since=0, timeout=15):
        """The first record of it, from a mark on, that fits."""
        def look():
            return next(filter(check, self.records(ident, since)), None)

        try:
            return wait_until(look, timeout, f"container {ident[:12]}")
        except AssertionError:
            raise AssertionError(
                f"{ident[:12]} was last "
                f"{self.records(ident)[-1:]}") from None

    def wait_gone(self, ident, timeout=15):
        wait_until(lambda: ident not in [
            c["stat"]["id"] for c in of(self.watcher.snapshots[-1],
                                        "container")],
            timeout, f"{ident[:12]} to be gone")

    def sent(self, ident, type):
        """Every record of the container at the intake."""
        return [c for p in self.intake.got(type) for c in p.containers
                if c.id == ident]

    def wait_sent(self, ident, type):
        return wait_until(lambda: self.sent(ident, type), 10,
                          f"{ident[:12]} at the intake")[0]

    def processes(self, pid):
        """Every record of a process that the viewer got."""
        return [p for s in self.watcher.snapshots
                for p in of(s, "process") if p["stat"]["pid"] == pid]

    def clear(self):
        self.docker.remove(*self.made)
        self.made.clear()

    def close(self):
        self.watcher.close()
        self.viewer.close()
        self.suite.stop()
