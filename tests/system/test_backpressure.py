# SPDX-License-Identifier: ISC
"""A shipperd that stands still costs the others nothing but what they count."""

import signal
import time

import pytest

from frames import Viewer
from suite import memory_kb, schema_limit, wait_until

pytestmark = pytest.mark.alone

FULL = 1
STILL = 10  # s
ZOMBIES = 5000
SNAPSHOT = 256 << 10  # bytes, at least


def way_to_shipperd(suite):
    """What taggerd says of it, which a new viewer is told at once."""
    viewer = Viewer(suite)
    status = viewer.wait_status("taggerd")
    viewer.close()
    return next(p for p in status["peers"] if p["name"] == "shipperd")


def dropped(suite):
    """Whole snapshots on that way."""
    return way_to_shipperd(suite).get("dropped", 0)


def test_shipperd_stands_still(make_suite, intake, children):
    """Scans go on in time, memory does not grow, the oldest snapshots go and
    are counted; then all goes on, and every snapshot is accounted for."""
    suite = make_suite({"api_key": "k"}, {"endpoint": intake.url()})
    suite.start("taggerd")
    viewer = Viewer(suite)  # before there is anything to see
    children.spawn(f"zombies {ZOMBIES}")
    suite.start("shipperd", "collectord")
    intake.wait_scans(1)

    def scans():
        return sum(e["kind"] == FULL for e in viewer.ends)

    def memory():
        return {n: memory_kb(suite.pid(n)) for n in ("taggerd", "collectord")}

    suite.procs["shipperd"].send_signal(signal.SIGSTOP)
    try:
        before, had = scans(), memory()
        time.sleep(STILL)
        now, seen = memory(), scans() - before
        way = way_to_shipperd(suite)
    finally:
        suite.procs["shipperd"].send_signal(signal.SIGCONT)
    assert seen == pytest.approx(STILL, abs=1)
    kept = schema_limit("LIMIT_LINK_SNAPSHOTS")  # one is under way
    lost = way["dropped"]
    assert lost == pytest.approx(seen - kept, abs=1)
    assert way["queued"] > (kept - 1) * SNAPSHOT
    # Had there been no bound, all that was seen would wait.
    bound = way["queued"] / kept * (kept + 2) / 1024
    assert seen > kept + 3
    for name, size in now.items():
        assert size < had[name] + bound, (
            f"{name} grew from {had[name]} to {size} KiB")

    intake.wait_scans(len(intake.scans()) + kept + 2)
    suite.kill("collectord", signal.SIGTERM)
    wait_until(lambda: len(intake.scans()) + dropped(suite) == scans(), 5,
               "every snapshot")
    assert dropped(suite) <= lost + 1, "some were dropped without need"
    viewer.close()
