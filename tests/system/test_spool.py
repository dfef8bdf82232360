# SPDX-License-Identifier: ISC
"""The spool of a running shipperd: outages, restarts, a disk that fills, and
clocks that step."""

import os
import pwd
import re
import shutil
import signal
import subprocess
import time

import pytest

from intake import Reply
from shipping import Shipping, received, wait_for_all
from suite import BUILD, HOSTNAME, IS_ROOT, USERS, wait_until

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


class Disk:
    """A file system of its own for a spool, in memory."""

    def __init__(self, path, size):
        self.path, self.spool = path, f"{path}/spool"
        os.mkdir(path)
        subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}", "none",
                        path], check=True)

    def fill(self):
        other = os.open(f"{self.path}/other", os.O_WRONLY | os.O_CREAT)
        with pytest.raises(OSError):
            while True:
                os.write(other, bytes(4096))
        os.close(other)

    def free(self):
        os.unlink(f"{self.path}/other")


@pytest.fixture(params=["1m"])
def disk(workdir, request):
    """shipperd may have it open still when it goes."""
    if not IS_ROOT:
        pytest.skip("mounts a tmpfs")
    made = Disk(os.path.join(workdir, "disk"), request.param)
    yield made
    subprocess.run(["umount", "-l", made.path], check=True)
    os.rmdir(made.path)


def test_a_small_disk_fills_and_is_freed(make_shipping, intake, disk):
    shipping = make_shipping({"spool_path": disk.spool}, processes=1).start()
    assert shipping.connect()
    shipping.put(1)
    wait_for_all(shipping, intake)
    disk.fill()
    shipping.put(5)
    wait_for_all(shipping, intake)  # from memory
    assert "full" in shipping.suite.log("shipperd")
    disk.free()
    time.sleep(1.1)
    shipping.put(1)
    wait_for_all(shipping, intake)
    wait_until(lambda: "works again" in shipping.suite.log("shipperd"),
               5, "the spool to work again")


def said_to_be_dropped(shipping):
    return sum(int(n) for n in re.findall(
        r"(\d+) payloads that endpoints were owed are dropped",
        shipping.suite.log("shipperd")))


def test_a_spool_fills_its_disk(make_shipping, intake, disk):
    """By itself: what is on it or came last is delivered, the oldest is
    dropped and said, over a kill too, and not one is both or neither."""
    shipping = make_shipping({"spool_path": disk.spool}).start()
    shipping.text = os.urandom(14000).hex()
    intake.answer = down
    assert shipping.connect()
    shipping.put(55)
    lost = shipping.losses()
    assert set(lost) == {"room"} and lost["room"] > 80, lost
    shipping.kill()
    shipping.start()
    assert shipping.connect()
    shipping.put(3)
    intake.answer, since = None, intake.mark()
    assert shipping.suite.kill("shipperd", signal.SIGTERM) == 0
    assert "stay in the spool" not in shipping.suite.log("shipperd")
    dropped = said_to_be_dropped(shipping)
    assert dropped >= lost["room"]
    got = received(intake, since)
    # one may have been on its way already when it was dropped
    assert 0 <= len(got) + dropped - len(shipping.pids()) <= 1
    assert set(got.values()) == {1}
    assert max(got) == max(shipping.pids())


def test_killed_while_the_disk_is_full(make_shipping, intake, disk):
    """What was in memory only is counted by the next start, by endpoint; so
    is what was there when it ended in order. What waits on the full disk is
    sent from there."""
    shipping = make_shipping({"spool_path": disk.spool}).start()
    intake.answer = down
    assert shipping.connect()
    shipping.put(2)
    disk.fill()
    shipping.put(5)
    shipping.kill()
    shipping.start()
    assert shipping.connect()
    assert shipping.losses() == {"memory": 15}
    assert ("15 payloads were in memory only when shipperd ended"
            in shipping.suite.log("shipperd"))
    shipping.put(2)
    assert shipping.suite.kill("shipperd", signal.SIGTERM) == 0
    intake.answer, since = None, intake.mark()
    shipping.start()
    assert shipping.connect()
    assert shipping.losses() == {"memory": 6}
    wait_until(lambda: len(received(intake, since)) == 6, 20,
               "what was on disk")
    disk.free()
    time.sleep(1.1)
    shipping.put(1)
    wait_until(lambda: len(received(intake, since)) == 9, 20, "the newest")
    shipping.kill()
    shipping.start()
    assert shipping.connect()
    assert shipping.losses() == {}
    assert set(received(intake, since).values()) == {1}


def test_full_from_start_to_start(make_shipping, intake, disk):
    """What a start has counted the next one does not count again, though
    nothing but the ledger can be written."""
    shipping = make_shipping({"spool_path": disk.spool}).start()
    intake.answer = down
    assert shipping.connect()
    shipping.put(2)
    disk.fill()
    shipping.put(5)
    for lost in ({"memory": 15}, {}, {}):
        shipping.kill()
        shipping.start()
        assert shipping.connect()
        assert shipping.losses() == lost


@pytest.mark.parametrize("disk", ["2m"], indirect=True)
def test_a_new_key_while_the_disk_is_full(make_shipping, intake, disk):
    """What was delivered and could not be taken out is not sent again."""
    shipping = make_shipping({"spool_path": disk.spool}).start()
    intake.answer = down
    assert shipping.connect()
    shipping.put(30)
    disk.fill()
    intake.answer, since = None, intake.mark()
    shipping.suite.hup("shipperd")
    wait_until(lambda: len(received(intake, since)) == 90, 20, "all")
    shipping.suite.write_config({"api_key": "ANOTHERKEY"})
    shipping.suite.hup("shipperd")
    disk.free()
    time.sleep(1.1)
    shipping.put(1)
    wait_until(lambda: len(received(intake, since)) == 93, 20, "the newest")
    assert shipping.losses() == {}
    assert set(received(intake, since).values()) == {1}


def test_nothing_goes_without_a_name(make_shipping, intake):
    """What is in the spool waits for the host's name, to the end."""
    shipping = make_shipping().start()
    intake.answer = down
    assert shipping.connect()
    shipping.put(2)
    shipping.kill()
    intake.answer = None
    os.unlink(shipping.suite.socket_path("ship.sock"))
    shipping.start()
    wait_until(lambda: os.path.exists(shipping.suite.socket_path("ship.sock")),
               10, "shipperd")
    time.sleep(0.5)
    assert shipping.suite.kill("shipperd", signal.SIGTERM) == 0
    names = {p.headers["X-Dd-Hostname"] for p in intake.payloads}
    assert names == {HOSTNAME}


def read_again(suite):
    before = suite.log("shipperd").count("read again")
    suite.hup("shipperd")
    wait_until(lambda: suite.log("shipperd").count("read again") > before, 10,
               "the configuration to be read")


def test_a_new_key_without_a_spool(make_shipping, intake):
    """It takes over what waits in memory."""
    shipping = make_shipping({"spool_path": "none"}).start()
    intake.answer = down
    assert shipping.connect()
    shipping.put(3)
    shipping.suite.write_config({"api_key": "ANOTHERKEY"})
    read_again(shipping.suite)
    intake.answer, since = None, intake.mark()
    wait_until(lambda: len(received(intake, since)) == 9, 20, "all")
    # one may have been under way with the former
    assert "ANOTHERKEY" in {
        p.headers["X-Dd-APIKey"] for p in intake.got(since=since)}


def test_an_endpoint_goes_with_its_losses(make_shipping, intake):
    """Those of the others are said in the log all the same. In 60-fold
    time."""
    shipping = make_shipping({"spool_path": "none", "queue_size": 1},
                             processes=1)
    shipping.suite.write_config({"api_key": "a,b"})
    shipping.start({"LD_PRELOAD": FAULT, "CLOCK_RATE": "60"})
    intake.answer = down
    assert shipping.connect()
    shipping.put(11)
    wait_until(lambda: "; 20 since the start" in shipping.suite.log(
        "shipperd"), 10, "the losses of both")
    shipping.suite.write_config({"api_key": "a"})
    read_again(shipping.suite)
    shipping.put(3)
    wait_until(lambda: "; 13 since the start" in shipping.suite.log(
        "shipperd"), 10, "the losses of one")


def test_another_directory(make_shipping, intake):
    """What the former one holds stays there, and the log says so."""
    shipping = make_shipping().start()
    intake.answer = down
    assert shipping.connect()
    shipping.put(5)
    spool = shipping.suite.process["spool_path"]
    shipping.suite.write_config(process={"spool_path": spool + "2"})
    read_again(shipping.suite)
    wait_until(lambda: f"payloads stay in the spool {spool}\n" in
               shipping.suite.log("shipperd"), 5, "the log to say so")
    intake.answer, since = None, intake.mark()
    shipping.suite.write_config(process={"spool_path": spool})
    read_again(shipping.suite)
    wait_until(lambda: set(received(intake, since)) == shipping.pids(), 20,
               "all")


def test_the_directory_is_removed(make_shipping, intake):
    """And cannot be made again: what was there is lost, and said so."""
    shipping = make_shipping(processes=1).start()
    intake.answer = down
    assert shipping.connect()
    shipping.put(5)
    shutil.rmtree(shipping.suite.process["spool_path"])
    wait_until(lambda: shipping.losses() == {"damage": 4}, 10,
               shipping.losses)
    intake.answer, since = None, intake.mark()
    shipping.put(1)
    wait_until(lambda: set(received(intake, since)) == {500, 600}, 20,
               "those in memory")


def test_the_disk_is_free_again_and_we_stop(make_shipping, intake, disk):
    """What waited in memory is put in, without another snapshot."""
    shipping = make_shipping({"spool_path": disk.spool}).start()
    intake.answer = down
    assert shipping.connect()
    shipping.put(2)
    disk.fill()
    shipping.put(5)
    disk.free()
    assert shipping.suite.kill("shipperd", signal.SIGTERM) == 0
    assert "21 payloads stay in the spool" in shipping.suite.log("shipperd")
    intake.answer, since = None, intake.mark()
    shipping.start()
    assert shipping.connect()
    wait_until(lambda: len(received(intake, since)) == 21, 20, "all")


def test_a_log_damaged_between_two_lives(make_shipping, intake):
    """SQLite takes a log as far as it is sound: the rest is counted."""
    shipping = make_shipping().start()
    intake.answer = down
    assert shipping.connect()
    shipping.put(20)
    shipping.kill()
    log = os.path.join(shipping.suite.process["spool_path"], "spool.db-wal")
    with open(log, "r+b") as f:
        f.seek(os.stat(log).st_size // 2)
        f.write(b"garbage")
    shipping.start()
    assert shipping.connect()
    lost = shipping.losses()
    assert set(lost) == {"damage"} and 10 < lost["damage"] < 50, lost
    assert (f"{lost['damage']} payloads that should be there are lost"
            in shipping.suite.log("shipperd"))
    intake.answer, since = None, intake.mark()
    wait_until(lambda: len(received(intake, since)) == 60 - lost["damage"], 20,
               "the others")


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


@pytest.mark.parametrize("disk", ["64m"], indirect=True)
def test_six_hours_of_outage(make_shipping, intake, disk):
    """In 600-fold time: a snapshot each 10 s and then all of them, in order,
    with the backlog's rate as it is by default. A real disk's syncs would
    take 600 times as long."""
    shipping = make_shipping({"spool_drain_rate": "512 KiB",
                              "spool_path": disk.spool}, processes=1)
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
