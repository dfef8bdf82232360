# SPDX-License-Identifier: ISC
"""Real time: switched on and off by the intake's replies, bounded in time."""

import os
import time

import pytest

from intake import (ENCODING_PROTOBUF, ENCODING_ZSTD, TYPE_REALTIME, Reply)
from suite import wait_until

pytestmark = pytest.mark.quiet


def start(make_suite, intake, **process):
    return make_suite({"api_key": "k"}, {"endpoint": intake.url(),
                                         **process}).start()


def wait_quiet(intake, quiet, timeout):
    """Waits until no real time came for `quiet` s; returns when the last
    one came."""
    def last():
        found = intake.got(TYPE_REALTIME)
        return found[-1].at if found else 0

    wait_until(lambda: time.time() - last() > quiet, timeout,
               "an end of real time")
    return last()


def test_on_and_off(make_suite, intake, children):
    proc = children.spawn("burn 1")
    intake.active = 1
    start(make_suite, intake)
    intake.wait_scans(3, TYPE_REALTIME, timeout=15)
    scans = list(intake.scans(TYPE_REALTIME).values())
    times = [s[0].at for s in scans]
    gaps = [b - a for a, b in zip(times, times[1:])]
    assert all(1.5 < g < 3 for g in gaps), gaps
    p = scans[-1][0]
    assert p.path == "/api/v1/collector"
    assert p.message.numCpus == os.cpu_count()
    assert p.message.totalMemory > 0
    found = intake.find(proc.pid, TYPE_REALTIME)
    assert [s.threads for s in found] == [1] * len(found)
    assert all(s.cpu.totalPct > 5 for s in found), found
    full = intake.find(proc.pid)[-1]
    assert found[-1].createTime == full.createTime
    assert found[-1].memory.rss == full.memory.rss
    assert found[-1].openFdCount == full.openFdCount
    known = {q.pid for c in list(intake.scans().values())[-1]
             for q in c.message.processes}
    assert known & {s.pid for c in scans[-1] for s in c.message.stats}

    intake.active = 0
    off = time.time()
    assert wait_quiet(intake, quiet=3, timeout=12) < off + 3
    before = len(intake.got())
    wait_until(lambda: len(intake.got()) > before, 5,
               "full snapshots to go on")

    intake.active, since = 1, intake.mark()
    intake.wait(1, TYPE_REALTIME, since)


@pytest.mark.parametrize("version,encoding", [
    (1, ENCODING_PROTOBUF), (2, ENCODING_PROTOBUF), (3, ENCODING_ZSTD)])
def test_reply_versions(make_suite, intake, version, encoding):
    intake.answer = lambda p: Reply(body=intake.res_collector(
        active=2, version=version, encoding=encoding))
    start(make_suite, intake)
    assert intake.wait(1, TYPE_REALTIME)[0].message.stats


def test_interval_is_the_intakes(make_suite, intake):
    intake.active, intake.interval = 1, 3
    start(make_suite, intake)
    times = [s[0].at for s in intake.wait_scans(2, TYPE_REALTIME)]
    assert times[1] - times[0] == pytest.approx(3, abs=0.7)


def test_lease_ends_when_replies_stop(make_suite, intake):
    interval = 1
    intake.active = 1
    start(make_suite, intake, process_interval=interval)
    intake.wait(2, TYPE_REALTIME)
    intake.answer = lambda p: Reply(body=b"")  # delivered, but says nothing
    stopped = time.time()
    last = wait_quiet(intake, quiet=3, timeout=20)
    assert last - stopped < 2 * interval + 2 + 1


def test_any_endpoint_may_ask(make_suite, make_intake):
    quiet, asking = make_intake(), make_intake()
    asking.active = 1
    make_suite({"api_key": "a,b"}, {
        "endpoint": f"{quiet.url()},{asking.url()}"}).start()
    for intake in (quiet, asking):
        intake.wait(1, TYPE_REALTIME)


def test_not_allowed(make_suite, intake):
    intake.active = 1
    start(make_suite, intake, allow_real_time="false")
    intake.wait_scans(4)
    assert intake.got(TYPE_REALTIME) == []


def test_is_never_retried(make_suite, intake):
    intake.active = 1
    intake.answer = lambda p: Reply(503) if p.type == TYPE_REALTIME else None
    start(make_suite, intake)
    found = intake.wait(3, TYPE_REALTIME, timeout=15)
    assert len({p.data for p in found}) == len(found)
