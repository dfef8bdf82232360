# SPDX-License-Identifier: ISC
"""The spool of a running shipperd: outages, restarts, a disk that fills, and
clocks that step."""

import os
import pwd
import signal
import subprocess
import time

import pytest

from intake import Reply
from shipping import Shipping, received, wait_for_all
from suite import BUILD, IS_ROOT, USERS, wait_until

FAULT = os.path.join(BUILD, "unit/fault.so")
YEARS = 10 * 365 * 86400


@pytest.fixture
def make_shipping(make_suite, intake, ca):
    made = []

    def make(process=None, **kwargs):
        suite = make_suite({"api_key": "CANARYKEY"}, {
            "endpoint": intake.url(), "proc_limit": 1, "ca_file": ca[0],
            "spool_drain_rate": "1 GiB", **(process or {})})
        made.append(Shipping(suite, **kwargs))
        return made[-1]

    yield make
    for shipping in made:
        shipping.kill()


def down(_):
    return Reply(503)


def test_an_outage_and_a_restart(make_shipping, intake):
    """What is left at the end stays, and the next start sends it, oldest
    first; no key is on disk."""
    shipping = make_shipping().start()
    intake.answer = down
    assert shipping.connect()
    shipping.put(20)
    assert shipping.suite.kill("shipperd", signal.SIGTERM) == 0
    assert "60 payloads stay in the spool" in shipping.suite.log("shipperd")
    spool = shipping.suite.process["spool_path"]
    assert os.stat(spool).st_mode & 0o777 == 0o700
    for name in os.listdir(spool):
        with open(os.path.join(spool, name), "rb") as f:
            assert b"CANARYKEY" not in f.read()
    intake.answer, since = None, intake.mark()
    shipping.start()
    assert shipping.connect()
    assert wait_for_all(shipping, intake) >= 0
    pids = [p.items[0].pid for p in intake.got(since=since)]
    assert pids == sorted(pids), "the oldest comes first"


def test_stop_takes_5_seconds_at_most(make_shipping, intake):
    shipping = make_shipping().start()
    intake.answer = lambda _: Reply(200, delay=0.5)
    assert shipping.connect()
    shipping.put(20)
    start = time.monotonic()
    assert shipping.suite.kill("shipperd", signal.SIGTERM) == 0
    assert time.monotonic() - start < 7
    intake.answer = None
    shipping.start()
    assert shipping.connect()
    assert wait_for_all(shipping, intake) <= 1


def test_backlog_goes_at_its_rate_and_behind_what_is_new(make_shipping,
                                                         intake):
    shipping = make_shipping({"spool_drain_rate": "2 KiB"}).start()
    intake.answer = down
    assert shipping.connect()
    shipping.put(30)
    intake.answer, since = None, intake.mark()
    shipping.kill()
    shipping.start()  # no back-off now
    assert shipping.connect()
    start = time.monotonic()
    shipping.put(1)
    newest = shipping.number * 100
    wait_until(lambda: newest in received(intake, since), 2, "the newest")
    wait_until(lambda: len(received(intake, since)) > 30, 20, "the backlog")
    took = time.monotonic() - start
    size = sum(len(p.body) for p in intake.got(since=since))
    assert size / took < 2.5 * 2048 + 2048 / took, f"{size} bytes in {took} s"
    assert size / took > 1024


@pytest.mark.skipif(not IS_ROOT, reason="mounts a tmpfs")
def test_a_small_disk_fills_and_is_freed(make_shipping, intake, workdir):
    disk = os.path.join(workdir, "disk")
    os.mkdir(disk)
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m", "none", disk],
                   check=True)
    try:
        shipping = make_shipping({"spool_path": f"{disk}/spool"}, processes=1)
        shipping.start()
        assert shipping.connect()
        shipping.put(1)
        wait_for_all(shipping, intake)
        other = os.open(f"{disk}/other", os.O_WRONLY | os.O_CREAT)
        with pytest.raises(OSError):
            while True:
                os.write(other, bytes(4096))
        os.close(other)
        shipping.put(5)
        wait_for_all(shipping, intake)  # from memory
        assert "full" in shipping.suite.log("shipperd")
        os.unlink(f"{disk}/other")
        time.sleep(1.1)
        shipping.put(1)
        wait_for_all(shipping, intake)
        wait_until(lambda: "works again" in shipping.suite.log("shipperd"),
                   5, "the spool to work again")
        # now by ourselves: the oldest is dropped, and nothing breaks
        intake.answer = down
        shipping.text = os.urandom(12000).hex()
        shipping.put(48)
        assert shipping.is_alive()
    finally:
        if "shipping" in locals():
            shipping.kill()
        subprocess.run(["umount", disk], check=True)


@pytest.mark.skipif(not IS_ROOT, reason="mounts a tmpfs")
def test_a_read_only_disk(make_shipping, intake):
    """It is said in words, and the spool is used when it can be."""
    shipping = make_shipping()
    spool = shipping.suite.process["spool_path"]
    user = pwd.getpwnam(USERS["shipperd"]).pw_uid
    os.mkdir(spool)
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"ro,mode=700,uid={user}",
                    "none", spool], check=True)
    try:
        shipping.start()
        assert shipping.connect()
        shipping.put(1)
        wait_for_all(shipping, intake)
        assert (f"spool {spool}: not used: Read-only file system"
                in shipping.suite.log("shipperd"))
        subprocess.run(["mount", "-o", "remount,rw", spool], check=True)
        wait_until(lambda: "works again" in shipping.suite.log("shipperd"),
                   10, "the spool to work again")
    finally:
        shipping.kill()
        subprocess.run(["umount", spool], check=True)


@pytest.mark.parametrize("step", [YEARS, -YEARS])
def test_the_wall_clock_steps(make_shipping, intake, step):
    """Nothing is dropped for its age, forwards or backwards."""
    shipping = make_shipping()
    intake.answer = down
    for offset in (0, step, 0):
        shipping.start({"LD_PRELOAD": FAULT, "CLOCK_OFFSET": str(offset)})
        assert shipping.connect()
        shipping.put(3)
        shipping.kill()
    intake.answer = None
    shipping.start()
    assert shipping.connect()
    wait_for_all(shipping, intake)


def test_six_hours_of_outage(make_shipping, intake):
    """In 600-fold time: a snapshot each 10 s and then all of them, in order,
    with the backlog's rate as it is by default."""
    shipping = make_shipping({"spool_drain_rate": "512 KiB"}, processes=1)
    intake.answer = down
    shipping.start({"LD_PRELOAD": FAULT, "CLOCK_RATE": "600"})
    assert shipping.connect()
    start = time.monotonic()
    for i in range(6 * 360):
        shipping.room = 60  # its seconds are shorter
        shipping.put(1)
        time.sleep(max(0, start + (i + 1) / 60 - time.monotonic()))
    intake.answer = None
    # the longest back-off is 5 min
    assert wait_for_all(shipping, intake, 60) >= 0
