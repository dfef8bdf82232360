# SPDX-License-Identifier: ISC
"""shipperd is killed, at any moment and where it hurts most: what it had said
it answers for comes nevertheless, and next to nothing comes twice. KILLS sets
how often it is killed at random."""

import os
import random
import shutil
import signal
import sqlite3
import time

import pytest

from intake import Reply
from shipping import Shipping, received, wait_for_all
from suite import BUILD

KILLS = int(os.environ.get("KILLS", "500"))
FAULT = os.path.join(BUILD, "unit/fault.so")
WORKERS = 4
SEED = random.randrange(1 << 30)


@pytest.fixture
def shipping(make_suite, intake, ca):
    # one process in a payload, so that each of them can be told apart
    suite = make_suite({"api_key": "k"}, {
        "endpoint": intake.url(), "proc_limit": 1, "ca_file": ca[0],
        "spool_drain_rate": "1 GiB"})
    made = Shipping(suite)
    yield made
    made.kill()


def settle_all(shipping, intake, kills):
    """Whatever was put in comes, next to nothing twice; returns how much."""
    shipping.start()
    assert shipping.connect()
    shipping.finish()
    twice = wait_for_all(shipping, intake)
    assert twice <= kills, f"{twice} came twice in {kills} kills"
    return twice


@pytest.mark.parametrize("worker", range(WORKERS))
def test_killed_at_random(shipping, intake, worker):
    chance = random.Random(SEED + worker)
    kills = KILLS // WORKERS
    for _ in range(kills):
        shipping.start()
        end = None
        if chance.random() < 0.9:  # else before it listens, at times
            if shipping.connect():
                end = time.monotonic() + chance.uniform(0, 0.03)
        else:
            time.sleep(chance.uniform(0, 0.02))
        while end is not None and time.monotonic() < end:
            if not shipping.feed(2) or not shipping.listen(
                    max(0, end - time.monotonic())):
                break
        shipping.kill()
    print(f"seed {SEED + worker}")
    twice = settle_all(shipping, intake, kills)
    assert shipping.number > kills / 3, "hardly any load"
    print(f"{kills} kills, {shipping.number} snapshots, "
          f"{len(received(intake))} payloads, {twice} twice")


# What fault.c ends shipperd at: when, the call, the end of the file's name.
POINTS = {
    "before the log is written": "before:pwrite64:-wal",
    "after the log is written": "after:pwrite64:-wal",
    "before the log is synced": "before:fdatasync:-wal",
    "after the log is synced": "after:fdatasync:-wal",
    "before the database is written": "before:pwrite64:.db",
    "after the database is written": "after:pwrite64:.db",
    "before the database is synced": "before:fdatasync:.db",
    "after the database is synced": "after:fdatasync:.db",
    "before the log is removed": "before:unlink:-wal",
    "after the log is removed": "after:unlink:-wal",
}


def assert_whole(spool, copy):
    """The database is sound, and nobody is owed what is not there. SQLite
    mends what it opens, so that it gets a copy."""
    shutil.copytree(spool, copy)
    with sqlite3.connect(copy / "spool.db") as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        if db.execute("SELECT 1 FROM sqlite_schema WHERE name = 'debt'"
                      ).fetchone():
            assert db.execute(
                "SELECT count(*) FROM debt WHERE payload NOT IN "
                "(SELECT id FROM payload)").fetchone() == (0,)
    db.close()


def live(shipping, env=None):
    """A life of shipperd, with load, and with an end if none comes by
    itself; returns how it ended."""
    shipping.start(env)
    if shipping.connect():
        for _ in range(40):
            if not shipping.feed(2) or not shipping.listen(10):
                break
    if shipping.is_alive():
        shipping.suite.procs["shipperd"].send_signal(signal.SIGTERM)
    ended = shipping.suite.procs["shipperd"].wait(10)
    shipping.kill()
    return ended


@pytest.mark.parametrize("point", POINTS)
def test_killed_at(shipping, intake, tmp_path, point):
    """Every life goes on with what the one before left on disk."""
    shipping.text = os.urandom(14000).hex()  # for the log to fill
    kills = 0
    for n in (1, 2, 3, 7, 20, 60):
        ended = live(shipping, {"LD_PRELOAD": FAULT,
                                "FAULT": f"{n}:{POINTS[point]}"})
        assert_whole(shipping.suite.process["spool_path"], tmp_path / str(n))
        if ended == 0:
            break  # there are not so many in a life
        assert ended == -signal.SIGKILL, shipping.suite.log("shipperd")
        kills += 1
    assert kills > 0, "this call was never made"
    settle_all(shipping, intake, kills)


def test_killed_before_the_answer(shipping, intake):
    """The intake has it, and shipperd cannot know: this one comes twice."""
    def answer(_):
        if intake.posts % 7 != 0:
            return None
        shipping.suite.procs["shipperd"].kill()
        return Reply(reset=True)

    intake.answer = answer
    for _ in range(10):
        assert live(shipping) == -signal.SIGKILL
    intake.answer = None
    assert settle_all(shipping, intake, 10) == 10
