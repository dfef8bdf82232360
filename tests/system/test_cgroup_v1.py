# SPDX-License-Identifier: ISC
"""Containers in cgroup v1: cgroups named as Docker names them, real
processes in them, and every figure against what the files say. collectord
alone; the test is its taggerd."""

import os
import subprocess
import sys
import time

import pytest

from cgroups import V1Container, needs_v1
from frames import container_of
from suite import IS_ROOT, wait_until

MIB = 1 << 20
RUNNING = 3
TRAFFIC = """
import socket, subprocess, time
run = lambda *a: subprocess.run(["ip", *a], check=True)
run("link", "add", "v0", "type", "veth", "peer", "name", "v1")
run("link", "set", "v0", "up")
run("link", "set", "v1", "up")
s = socket.socket(socket.AF_PACKET, socket.SOCK_RAW)
s.bind(("v0", 0x88b5))
while True:
    s.send(b"\\xff" * 12 + b"\\x88\\xb5" + bytes(986))
    time.sleep(0.01)
"""
# Written past the cache, as v1 counts only what a process does itself.
DIRECT = """
import mmap, os, sys, time
fd = os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_DIRECT)
page = mmap.mmap(-1, 1 << 16)
while True:
    os.pwrite(fd, page, 0)
    time.sleep(0.02)
"""


@pytest.fixture(scope="module")
def run_container():
    needs_v1()
    made = []

    def make(cid=None):
        made.append(V1Container(cid))
        return made[-1]

    yield make
    for container in made:
        container.end()


@pytest.fixture
def container(run_container):
    made = run_container()
    yield made
    made.end()


@pytest.fixture
def collectord(make_suite, make_taggerd):
    """A running collectord, as what its taggerd sees."""
    suite = make_suite()
    taggerd = make_taggerd(suite)
    taggerd.suite = suite.start("collectord")
    return taggerd


def figures(taggerd, container, check=lambda c: True, **kwargs):
    """The container's figures in the next snapshot where `check` holds."""
    def find(snapshot):
        found = container_of(snapshot, container.id)
        return found if found and check(found) else None
    return taggerd.wait(find, what=f"container {container.id[:12]}", **kwargs)


def get(record, name):
    return record.get(name, 0)


def used(container):
    """When, in s, and the ns of CPU that it has had then."""
    return time.monotonic(), container.number("cpuacct", "cpuacct.usage")


def percent(before, after):
    return (after[1] - before[1]) / (after[0] - before[0]) / 1e7


def test_identity(collectord, container, children):
    pids = [container.spawn(children).pid for _ in range(3)]
    outside = children.spawn().pid
    got = figures(collectord, container, lambda c: c["processes"] == 3)
    assert got["type"] == "docker"
    assert got["state"] == RUNNING
    assert got["started"] == pytest.approx(time.time(), abs=20)
    assert got["started"] == pytest.approx(
        os.stat(container.dir("memory")).st_mtime, abs=2)  # boot time's s
    assert get(got, "hidden") == 0

    snapshot = collectord.wait(lambda s: s)
    begin = snapshot["begin"]
    assert get(begin, "containers") == len(snapshot["container"]) >= 1
    assert get(begin, "container_stats") == 0
    assert get(begin, "scope") == 0
    assert snapshot["order"] == ["container", "process"]
    ids = {p["stat"]["pid"]: get(p["stat"], "container_id") or ""
           for p in snapshot["process"]}
    assert [ids[p] for p in pids] == [container.id] * 3
    assert ids[outside] == ""
    status = collectord.wait_status(lambda s: get(s, "containers") >= 1)
    assert "v1" in status["cgroup"]


@pytest.mark.quiet
def test_real_time(collectord, run_container, children):
    """Known containers by their figures; new ones whole, until a full
    snapshot has shown them."""
    known = run_container()
    known.spawn(children, "burn 1")
    figures(collectord, known)
    collectord.suite.write_config(process={"process_interval": "60"})
    collectord.suite.hup("collectord")
    time.sleep(1)
    collectord.realtime()
    snapshot = collectord.wait(lambda s: s["begin"]["kind"] == 2 and s)
    assert [c["id"] for c in snapshot["container_stat"]].count(known.id) == 1
    assert known.id not in [c["stat"]["id"] for c in snapshot["container"]]
    assert snapshot["begin"]["container_stats"] == len(
        snapshot["container_stat"])

    new = run_container()
    pid = new.spawn(children).pid
    usage = used(known)
    for _ in range(2):
        snapshot = collectord.wait(
            lambda s: container_of(s, new.id) and s)
        whole = [c for c in snapshot["container"]
                 if c["stat"]["id"] == new.id]
        assert len(whole) == 1
        order = snapshot["order"]
        first = next(i for i, n in enumerate(order) if "process" in n)
        assert {"container", "container_stat"} == set(order[:first])
        assert not {"container", "container_stat"} & set(order[first:])
        stats = [c for c in snapshot["container_stat"]
                 if c["id"] == new.id]
        assert stats == [whole[0]["stat"]]
        got = [p for p in snapshot["process_stat"] if p["pid"] == pid]
        assert got[0]["container_id"] == new.id
        burning = container_of(snapshot, known.id)["total_pct"]
        before, usage = usage, used(known)
    # the kernel's own count over about the same time
    want = percent(before, usage)
    assert want > 5
    assert burning == pytest.approx(want, abs=40)
    known.end()
    new.end()


@pytest.mark.quiet
def test_cpu(collectord, container, children):
    container.write("cpu", "cpu.cfs_period_us", 100000)
    container.write("cpu", "cpu.cfs_quota_us", 30000)
    container.spawn(children, "burn 2")
    figures(collectord, container, lambda c: get(c, "total_pct") > 0)
    before = used(container)
    got = []
    for _ in range(4):
        got.append(figures(collectord, container))
    want = percent(before, used(container))
    mean = sum(c["total_pct"] for c in got) / len(got)
    assert mean == pytest.approx(want, rel=0.3), (mean, want)
    assert want < 40
    for c in got:
        assert c["cpu_limit"] == pytest.approx(30)
        assert c["cpu_usage_ns"] == pytest.approx(c["total_pct"] * 1e7,
                                                  rel=1e-3)
        # these are counted in ticks
        assert get(c, "user_pct") + get(c, "system_pct") == pytest.approx(
            c["total_pct"], abs=5)


def test_cpu_limit_of_the_parent(collectord, run_container, children):
    """Its own quota, else the smaller of the parent's and the CPU set's."""
    cpus = len(os.sched_getaffinity(0))
    free, parent, single = (run_container() for _ in range(3))
    parent.write("cpu", "cpu.cfs_period_us", 100000, parent=True)
    parent.write("cpu", "cpu.cfs_quota_us", 40000, parent=True)
    single.write("cpuset", "cpuset.cpus", 0)
    for c in (free, parent, single):
        c.spawn(children)
    got = [get(figures(collectord, c), "cpu_limit")
           for c in (free, parent, single)]
    for c in (free, parent, single):
        c.end()
    assert got[0] in (0, 100 * os.cpu_count(), 100 * cpus)
    assert got[1:] == [pytest.approx(c) for c in (40, 100)]


def test_memory(collectord, container, children):
    container.write("memory", "memory.limit_in_bytes", 256 * MIB)
    container.spawn(children, "memory 50")
    got = figures(collectord, container,
                  lambda c: get(c, "mem_rss") > 50 * MIB)
    stat = container.table("memory", "memory.stat")
    usage = container.number("memory", "memory.usage_in_bytes")
    assert got["mem_rss"] == pytest.approx(stat["total_rss"], abs=MIB)
    assert get(got, "mem_cache") == pytest.approx(stat["total_cache"],
                                                  abs=MIB)
    assert got["mem_usage"] == pytest.approx(usage, abs=MIB)
    assert got["mem_limit"] == 256 * MIB
    assert got["mem_accounted"] == pytest.approx(
        usage - stat["total_inactive_file"], abs=MIB)


def test_no_limits(collectord, container, children):
    container.spawn(children)
    got = figures(collectord, container)
    assert [get(got, n) for n in ("mem_limit", "thread_limit")] == [0, 0]


def test_threads(collectord, container, children):
    container.write("pids", "pids.max", 77)
    container.spawn(children, "threads 9")
    container.spawn(children)
    got = figures(collectord, container, lambda c: c["processes"] == 2)
    assert got["threads"] == container.number("pids", "pids.current") == 11
    assert got["thread_limit"] == 77


def written(container):
    """Bytes, over all devices."""
    return sum(int(line.split()[2]) for line in container.read(
        "blkio", "blkio.throttle.io_service_bytes").splitlines()
        if line.split()[1:2] == ["Write"])


@pytest.mark.quiet
def test_block_io(collectord, container, tmp_path):
    # Since Linux 6.8 a device is counted from its first bound on.
    device = os.stat(tmp_path).st_dev
    try:
        container.write("blkio", "blkio.throttle.write_bps_device",
                        f"{os.major(device)}:{os.minor(device)} {1 << 30}")
    except OSError as e:
        pytest.skip(f"no bound on this file system's device: {e}")
    proc = container.run([sys.executable, "-c", DIRECT, tmp_path / "out"],
                         stderr=subprocess.DEVNULL)
    try:
        wait_until(lambda: proc.poll() is not None
                   or written(container) > MIB, 5, "block I/O")
        if proc.poll() is not None:
            pytest.skip("no direct I/O on this file system")
        figures(collectord, container,
                lambda c: get(c, "write_bytes_rate") > 0)
        before = (time.monotonic(), written(container))
        got = [figures(collectord, container) for _ in range(4)]
        after = (time.monotonic(), written(container))
        want = (after[1] - before[1]) / (after[0] - before[0])
        mean = sum(get(c, "write_bytes_rate") for c in got) / len(got)
        assert mean == pytest.approx(want, rel=0.3)
    finally:
        proc.kill()
        proc.wait()


@pytest.mark.quiet
def test_network(collectord, container):
    if not IS_ROOT:
        pytest.skip("a network namespace of its own needs root")
    proc = container.run(["unshare", "-n", sys.executable, "-c", TRAFFIC])
    try:
        def counters():
            with open(f"/proc/{proc.pid}/net/dev") as f:
                rows = [line.replace(":", " ").split()
                        for line in f if ":" in line]
            return [sum(int(r[i]) for r in rows if r[0] != "lo")
                    for i in (1, 2, 9, 10)]

        wait_until(lambda: proc.poll() is not None or counters()[3] > 20,
                   10, "traffic")
        if proc.poll() is not None:
            pytest.skip("no veth pair here")
        figures(collectord, container, lambda c: get(c, "net_sent") > 0)
        before = (time.monotonic(), counters())
        got = [figures(collectord, container) for _ in range(4)]
        after = (time.monotonic(), counters())
        names = ("net_received_bytes", "net_received", "net_sent_bytes",
                 "net_sent")
        for i, name in enumerate(names):
            want = (after[1][i] - before[1][i]) / (after[0] - before[0])
            mean = sum(get(c, name) for c in got) / len(got)
            assert mean == pytest.approx(want, rel=0.3), name
        assert not get(got[-1], "host_network")
    finally:
        proc.kill()
        proc.wait()


def test_network_of_the_host(collectord, container, children):
    container.spawn(children)
    got = [figures(collectord, container) for _ in range(2)][-1]
    assert got["host_network"]
    assert [get(got, n) for n in ("net_received_bytes", "net_sent_bytes",
                                  "hidden")] == [0, 0, 0]


def test_network_switched_off(make_suite, make_taggerd, container, children):
    suite = make_suite(process={"collect_docker_network": "no"})
    taggerd = make_taggerd(suite)
    suite.start("collectord")
    container.spawn(children)
    figures(taggerd, container, lambda c: get(c, "hidden") == 1 << 3)
    status = taggerd.wait_status(lambda s: "hidden" in s)
    assert {"field": "network", "reason": "collect_docker_network is off",
            "containers": 1} in [
        {**h, "containers": 1} for h in status["hidden"]]


@pytest.mark.quiet
def test_ends_and_comes_back(collectord, container, run_container, children):
    """Docker restarts a container with its id: counters begin anew."""
    container.spawn(children, "burn 1")
    figures(collectord, container, lambda c: get(c, "total_pct") > 5)
    container.end()
    again = run_container(container.id)
    pid = again.spawn(children, "burn 1").pid
    got = []
    for _ in range(4):
        before = used(again)
        got.append(figures(collectord, again))
    for c in got:
        for name, value in c.items():
            if name.endswith(("_pct", "_rate", "_ns")):
                assert value >= 0, (name, c)
        assert get(c, "total_pct") < 100 * os.cpu_count() + 50
    assert get(got[-1], "total_pct") == pytest.approx(
        percent(before, used(again)), abs=40)
    again.end()
    snapshot = collectord.wait(
        lambda s: container_of(s, again.id) is None and s)
    assert pid not in [p["stat"]["pid"] for p in snapshot["process"]]


def test_come_and_go(collectord, run_container, children):
    """Containers that live for moments: nothing is said twice, nobody is
    lost, and what ended while it was read is counted, not shown."""
    end = time.monotonic() + 6
    made = 0
    while time.monotonic() < end:
        c = run_container()
        c.spawn(children)
        made += 1
        c.end()
    stays = run_container()
    stays.spawn(children)
    figures(collectord, stays)
    for s in collectord.snapshots:
        ids = [c["stat"]["id"] for c in s["container"]]
        assert len(set(ids)) == len(ids) == get(s["begin"], "containers")
    collectord.suite.assert_alive()
    stays.end()


def test_container_only_mode(make_suite, make_taggerd, container, children):
    """Nobody said what to collect, and there is a runtime."""
    suite = make_suite({"process_agent_enabled": ""},
                       {"container_interval": "1", "process_interval": "60"},
                       env={"KUBERNETES_SERVICE_HOST": "127.0.0.1"})
    taggerd = make_taggerd(suite)
    suite.start("collectord")
    container.spawn(children, "burn 1")
    figures(taggerd, container)
    got = figures(taggerd, container, lambda c: get(c, "total_pct") > 5)
    assert got["processes"] == 1
    taggerd.realtime()
    snapshot = taggerd.wait(lambda s: s["begin"]["kind"] == 2 and s)
    assert container_of(snapshot, container.id)["id"] == container.id
    for s in taggerd.snapshots:
        assert s["begin"]["scope"] == 1
        assert s["process"] == s["process_stat"] == []
        assert get(s["begin"], "processes") == get(s["begin"], "stats") == 0

    # What is reported may change while it runs.
    suite.write_config({"process_agent_enabled": "true"},
                       {"process_interval": "1"})
    suite.hup("collectord")
    snapshot = taggerd.wait(lambda s: s["process"] and s)
    argv = {p["stat"]["pid"]: p.get("args") for p in snapshot["process"]}
    assert argv[os.getpid()][0].encode() == subprocess.check_output(
        ["head", "-c", "4096", f"/proc/{os.getpid()}/cmdline"]
    ).split(b"\0")[0]


def test_without_privilege(programs, make_suite, make_taggerd, container,
                           children):
    """Started by nobody in particular, collectord says what it cannot
    read."""
    if not IS_ROOT:
        pytest.skip("needs root to be somebody else")
    suite = make_suite()
    os.chmod(suite.config, 0o644)
    taggerd = make_taggerd(suite, "nobody")
    os.chown(suite.rundir, 65534, 65534)
    container.spawn(children)
    proc = subprocess.Popen(suite.argv("collectord", "-f"), env=suite.env,
                            user=65534, group=65534, extra_groups=[],
                            stdin=subprocess.DEVNULL)
    try:
        got = figures(taggerd, container,
                      lambda c: get(c, "hidden") == 1 << 3)
        assert got["mem_usage"] > 0
        status = taggerd.wait_status(lambda s: any(
            h["field"] == "network"
            for h in s.get("hidden", [])))
        assert {h["field"]: h["reason"] for h in status["hidden"]}[
            "network"] == "needs CAP_SYS_PTRACE"
    finally:
        proc.kill()
        proc.wait()
