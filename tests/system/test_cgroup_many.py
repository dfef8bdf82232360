# SPDX-License-Identifier: ISC
"""Containers by the thousand, and such as come and go: each is whole or is
not there, whatever collectord has of descriptors."""

import os
import random
import shutil
import signal
import subprocess
import sys
import threading
import time

import pytest

from cgroup_files import check_all_is_well, get
from cgroups import V1Container, needs_v1
from frames import container_of
from suite import memory_kb, schema_limit

HIDDEN_MEMORY = 1 << 1


def test_vanishes_while_it_is_read(collectord_of, file_host):
    """It is whole, or it is left out and counted."""
    host = file_host
    container = host.container()
    taggerd = collectord_of(host)
    taggerd.wait(lambda s: container_of(s, container.id))
    stop = threading.Event()

    def flicker():
        rng = random.Random(1)
        here = container.where().rstrip("/")
        while not stop.is_set():
            os.rename(here, here + ".gone")
            time.sleep(rng.random() / 1000)
            os.rename(here + ".gone", here)
            time.sleep(rng.random() / 1000)

    thread = threading.Thread(target=flicker)
    thread.start()
    try:
        seen = [taggerd.wait(lambda s: s) for _ in range(8)]
    finally:
        stop.set()
        thread.join()
    for s in seen:
        got = container_of(s, container.id)
        dropped = get(s["end"].get("skipped", {}), "containers")
        assert dropped == (got is None), s["end"]
    shutil.rmtree(container.where())
    gone = taggerd.wait(lambda s: container_of(s, container.id) is None
                        and s)
    assert gone["end"]["skipped"]["containers"] == 1
    assert container.pid in [p["stat"]["pid"] for p in gone["process"]]


def test_two_thousand_with_few_descriptors(suite_of, intake, file_host):
    host = file_host
    ids = [host.container().id for _ in range(2000)]
    suite = suite_of(host)
    suite.kill("collectord")
    suite.start_as("collectord", "prlimit", "--nofile=100")
    check_all_is_well(suite, intake, ids, timeout=60)
    assert memory_kb(suite.pid("collectord"), "VmHWM") < 32 * 1024
    assert memory_kb(suite.pid("taggerd"), "VmHWM") < 48 * 1024


def test_more_containers_than_there_may_be(collectord_of, file_host):
    """One user's cgroups, each named as a container."""
    host = file_host
    limit = schema_limit("LIMIT_CONTAINERS")
    path = host.path(f"{host.unified}/all")
    os.makedirs(path)
    good = host.container()
    for n in range(limit + 10):
        host.pids += 1
        base = host.path(f"proc/{host.pids}")
        os.mkdir(base)
        for name, data in (
                ("stat", f"{host.pids} (x) S 1 1 1 0 -1 4194304 0 0 0 0 1 1 "
                 "0 0 20 0 1 0 5000 4096 1 1\n"),
                ("cmdline", "x\0"), ("cgroup", f"0::/all/{n:064x}\n")):
            with open(f"{base}/{name}", "w") as f:
                f.write(data)
    taggerd = collectord_of(host)
    snapshot = taggerd.wait(lambda s: s, 60)
    found = container_of(snapshot, good.id)
    assert found["mem_usage"] == 4000
    assert len(snapshot["process"]) == limit + 12
    assert get(snapshot["end"]["skipped"], "containers") == limit - 1
    assert memory_kb(taggerd.suite.pid("collectord"), "VmHWM") < 96 * 1024


def test_killed_at_any_moment(suite_of, intake, file_host):
    """The next collectord begins anew; nobody needs to be told."""
    host = file_host
    ids = [host.container().id for _ in range(200)]
    suite = suite_of(host)
    rng = random.Random(1)
    for _ in range(8):
        time.sleep(0.2 + rng.random())
        assert suite.kill("collectord") == -signal.SIGKILL
        suite.start("collectord")
    check_all_is_well(suite, intake, ids)


CHURN = """
import os, sys, time
groups = sys.argv[1].split(":")
n = 0
while True:
    n += 1
    name = "%064x" % (n * 7919)
    made = [f"{g}/{name}" for g in groups]
    for path in made:
        os.mkdir(path)
    if (pid := os.fork()) == 0:
        for path in made:
            with open(f"{path}/cgroup.procs", "w") as f:
                f.write("0")
        time.sleep(n % 5 / 1000)
        os._exit(0)
    os.waitpid(pid, 0)
    for path in made:
        try:
            os.rmdir(path)
        except OSError:
            time.sleep(0.001)
            os.rmdir(path)
"""


@pytest.mark.alone
def test_real_ones_that_live_for_moments(make_suite, make_taggerd,
                                         children):
    """In a tight loop, with descriptors for none of them."""
    needs_v1()
    parent, stays = V1Container(), V1Container()
    loops = []
    try:
        stays.spawn(children)
        groups = ":".join(os.path.dirname(parent.dir(c))
                          for c in ("memory", "pids", "cpuacct", "blkio"))
        suite = make_suite(process={"process_interval": "1"})
        taggerd = make_taggerd(suite)
        suite.start_as("collectord", "prlimit", "--nofile=80")
        loops = [subprocess.Popen([sys.executable, "-c", CHURN, groups])]
        taggerd.wait(lambda s: s)
        taggerd.realtime()
        for _ in range(8):
            s = taggerd.wait(lambda s: container_of(s, stays.id) and s)
            assert get(container_of(s, stays.id), "hidden") == 0
            for c in s["container"]:
                c = c["stat"]
                assert (get(c, "mem_usage") > 0) != bool(
                    get(c, "hidden") & HIDDEN_MEMORY), c
        suite.assert_alive()
        assert loops[0].poll() is None
    finally:
        for loop in loops:
            loop.terminate()
            loop.wait()
        time.sleep(0.1)
        for controller in ("memory", "pids", "cpuacct", "blkio"):
            below = os.path.dirname(parent.dir(controller))
            for entry in os.scandir(below):
                if entry.is_dir() and entry.name != parent.id:
                    os.rmdir(entry.path)
        parent.end()
        stays.end()
