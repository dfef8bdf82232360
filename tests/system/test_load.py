# SPDX-License-Identifier: ISC
"""Many processes, many threads, and processes that end while they are read.
STORM_SECONDS lengthens the fork storm (600 for a thorough run)."""

import os
import time

import pytest

from children import STATES
from frames import Peer, Viewer
from suite import DAEMONS, fd_count, memory_kb, wait_until

pytestmark = pytest.mark.alone

STORM_SECONDS = int(os.environ.get("STORM_SECONDS", "12"))
ZOMBIES = 3000
THREADS = 3000


def test_zombies(module_suite, module_intake, module_children):
    suite, intake = module_suite, module_intake
    intake.wait_scans(1)
    parent = module_children.spawn(f"zombies {ZOMBIES}")
    since = intake.mark()
    chunks = intake.wait_scans(3, since=since, timeout=20)[-1]
    found = [p for c in chunks for p in c.message.processes
             if p.command.ppid == parent.pid]
    assert len(found) == ZOMBIES
    assert {STATES[p.state] for p in found} == {"Z"}
    assert {tuple(p.command.args) for p in found} == {("[child]",)}
    assert len(chunks) >= ZOMBIES / 100
    assert {c.message.groupSize for c in chunks} == {len(chunks)}
    assert max(len(c.message.processes) for c in chunks) == 100

    module_children.kill(parent)
    ppid = parent.pid
    wait_until(lambda: not any(
        p.command.ppid == ppid
        for c in list(intake.scans(since=since).values())[-1]
        for p in c.message.processes), 15, "the zombies to go")
    suite.assert_alive()


def test_threads(module_suite, module_intake, module_children):
    proc = module_children.spawn(f"threads {THREADS}")
    since = module_intake.mark()
    got = module_intake.wait_process(proc.pid, since=since, count=2)[-1]
    module_children.kill(proc)
    assert got.cpu.numThreads == THREADS + 1


def test_fork_storm(module_suite, module_intake, module_children):
    """Scans go on in time, what ends while it is read is counted, and
    neither memory nor descriptors grow."""
    suite = module_suite
    viewer = Viewer(suite)
    module_intake.wait_scans(1)
    storm = module_children.spawn("storm")
    since, start = module_intake.mark(), time.monotonic()

    def state():
        return {n: (memory_kb(suite.pid(n)), fd_count(suite.pid(n)))
                for n in DAEMONS}

    wait_until(lambda: time.monotonic() - start > STORM_SECONDS / 2,
               STORM_SECONDS, "half of the storm")
    half = state()
    wait_until(lambda: time.monotonic() - start > STORM_SECONDS,
               STORM_SECONDS, "the end of the storm")
    end = state()
    scans = list(module_intake.scans(since=since).values())
    module_children.kill(storm)
    viewer.close()

    suite.assert_alive()
    assert len(scans) >= STORM_SECONDS * 0.7
    brief = [p for s in scans for c in s for p in c.message.processes
             if p.command.ppid == storm.pid]
    assert brief, "no process of the storm was ever seen"
    assert all(p.createTime > 0 and p.command.args for p in brief)
    vanished = sum(r.get("skipped", {}).get("vanished", 0)
                   for r in viewer.ends)
    assert vanished > 0, "nothing ended while it was read?"
    # Not only the storm's: of others there may be more than there were.
    counts = [sum(len(c.message.processes) for c in s) for s in scans]
    more = max(counts) - min(counts)
    for name in DAEMONS:
        assert end[name][0] < half[name][0] + 3 * 1024 + 8 * more, (
            f"{name} grew: {half[name]} then {end[name]} KiB, descriptors")
        assert end[name][1] < half[name][1] + 400 + 3 * more, (
            f"{name} has opened more: {half[name]} then {end[name]}")


def test_slow_viewer(module_suite, module_intake, module_children):
    """A viewer that reads nothing costs bounded memory and delays nobody."""
    suite = module_suite
    parent = module_children.spawn(f"zombies {ZOMBIES}")
    before = memory_kb(suite.pid("taggerd"))
    lazy = [Peer(suite.socket_path("view.sock")) for _ in range(5)]
    for peer in lazy:
        peer.hello()
    since = module_intake.mark()
    scans = module_intake.wait_scans(6, since=since, timeout=20)
    times = [s[0].at for s in scans]
    after = memory_kb(suite.pid("taggerd"))
    for peer in lazy:
        peer.close()
    module_children.kill(parent)
    assert times[5] - times[0] == pytest.approx(5, abs=1)
    assert after < before + 32 * 1024, f"{before} then {after} KiB"
