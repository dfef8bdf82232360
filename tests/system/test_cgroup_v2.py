# SPDX-License-Identifier: ISC
"""Containers in cgroup v2, alone and beside v1: a host made of files, and
every figure all the way to the intake."""

import os
import threading
import time

import pytest

from frames import container_of
from intake import TYPE_PROC, TYPE_REALTIME
from madehost import BOOT, HZ
from suite import read_file, wait_until

RUNNING = 3
STARTED = BOOT + 5000 // HZ  # of all processes here
NS = 1 << 20  # a network namespace that is not the host's
CHANGED = {  # half a second of CPU, and amounts that are told apart
    "cpu.stat": "usage_usec 1500000\nuser_usec 900000\nsystem_usec 600000\n",
    "io.stat": "8:0 rbytes=10100 wbytes=20200\n8:16 rbytes=10 wbytes=20\n",
}
# Rates that follow where these go in one interval of a second.
CHANGES = {"totalPct": 50, "userPct": 30, "systemPct": 20,
           "cpuUsageNs": 5e8, "rbps": 10000, "wbps": 20000,
           "netRcvdBps": 3000, "netRcvdPs": 300, "netSentBps": 4000,
           "netSentPs": 400}
V1_CHANGED = {
    "cpu,cpuacct": {"cpuacct.stat": "user 90\nsystem 60\n",
                    "cpuacct.usage": "1500000000\n"},
    "blkio": {"blkio.throttle.io_service_bytes":
              "8:0 Read 10110\n8:0 Write 20220\nTotal 30330\n"},
}


def containers_in(intake, type=TYPE_PROC, since=0):
    """By id, each as in every message of that type, oldest first."""
    got = {}
    for p in intake.payloads[since:]:
        if p.type == type:
            for c in p.containers:
                got.setdefault(c.id, []).append(c)
    return got


def wait_container(intake, cid, type=TYPE_PROC, since=0):
    return wait_until(lambda: containers_in(intake, type, since).get(cid),
                      10, f"container {cid[:12]}")[-1]


def figures(message, names):
    return {name: getattr(message, name) for name in names}


def check_rates(intake, cid, change, seconds, type=TYPE_PROC):
    """Changes counters; what follows must be seen once, as a rate over the
    interval."""
    since = intake.mark()
    before = time.monotonic()
    change()
    assert time.monotonic() - before < 0.2, "too slow for a check of rates"
    end = time.monotonic() + 3 * seconds + 1

    def most():
        seen = containers_in(intake, type, since).get(cid, [])
        return {n: max((getattr(c, n) for c in seen), default=0)
                for n in CHANGES}

    wait_until(lambda: all(most().values()) or time.monotonic() > end,
               3 * seconds + 3, "rates")
    got = most()
    want = {n: pytest.approx(v / seconds, rel=0.15)
            for n, v in CHANGES.items()}
    assert got == want


def change_v2(container):
    for name, text in CHANGED.items():
        container.put(name, text)
    container.host.network(container.pid, NS, 3000, 300, 4000, 400)


def change_hybrid(container):
    for hierarchy, texts in V1_CHANGED.items():
        for name, text in texts.items():
            container.host.put(
                f"sys/fs/cgroup/{hierarchy}{container.path}/{name}", text)
    container.host.network(container.pid, NS, 3000, 300, 4000, 400)


FIGURES = {"type": "docker", "state": RUNNING, "memRss": 1000,
           "memCache": 2000, "memUsage": 4000, "memAccounted": 3700,
           "threadCount": 7, "started": STARTED,
           **dict.fromkeys(CHANGES, 0)}
LIMITS = {"cpuLimit": 150, "memoryLimit": 8000, "threadLimit": 77}


def limited(host):
    return host.container(namespace=NS, files={
        "cpu.max": "150000 100000\n", "memory.max": "8000\n",
        "pids.max": "77\n"})


def test_every_figure(suite_of, intake, file_host):
    host = file_host
    container = limited(host)
    suite_of(host)
    got = wait_container(intake, container.id)
    want = {**FIGURES, **LIMITS}
    assert figures(got, want) == want
    scan = intake.wait_scans(1)[-1]
    owner = {p.pid: p.containerId for c in scan for p in c.message.processes}
    assert owner[container.pid] == container.id
    assert owner[1] == ""
    check_rates(intake, container.id, lambda: change_v2(container), 1)


def test_real_time(suite_of, intake, file_host):
    """Every figure of ContainerStat, at the rate of real time."""
    host = file_host
    container = limited(host)
    suite_of(host, process_interval=60)
    intake.active = 1
    wait_container(intake, container.id)
    first = wait_container(intake, container.id, TYPE_REALTIME)
    want = {**FIGURES, "cpuLimit": 150, "memLimit": 8000, "threadLimit": 77}
    del want["type"]
    assert figures(first, want) == want
    check_rates(intake, container.id, lambda: change_v2(container), 2,
                TYPE_REALTIME)


def test_hybrid(suite_of, intake, make_file_host):
    """cpu, cpuset and blkio in v1, the rest in v2."""
    hybrid = make_file_host(hybrid=True)
    container = hybrid.container(namespace=NS, files={"pids.max": "5\n"})
    suite_of(hybrid)
    got = wait_container(intake, container.id)
    want = {**FIGURES, "cpuLimit": 0, "memoryLimit": 0, "threadLimit": 5}
    assert figures(got, want) == want
    check_rates(intake, container.id, lambda: change_hybrid(container), 1)


def test_steady_rates_in_both_modes(suite_of, intake, file_host):
    """Full scans and real-time ones share the counters, whichever comes
    first."""
    host = file_host
    container = limited(host)
    suite_of(host)
    intake.active = 1
    stop = threading.Event()

    def run():
        begin = time.monotonic()
        while not stop.wait(0.01):
            us = int((time.monotonic() - begin) * 1e6)
            container.put("cpu.stat", f"usage_usec {us // 2}\nuser_usec "
                          f"{us // 5}\nsystem_usec {us // 10}\n")
            container.put("io.stat", f"8:0 rbytes={us} wbytes={2 * us}\n")

    thread = threading.Thread(target=run)
    thread.start()
    try:
        wait_container(intake, container.id, TYPE_REALTIME)
        since = intake.mark()
        wait_until(lambda: len(containers_in(
            intake, TYPE_REALTIME, since).get(container.id, [])) >= 4,
            15, "real time")
    finally:
        stop.set()
        thread.join()
    for type in (TYPE_PROC, TYPE_REALTIME):
        seen = containers_in(intake, type, since)[container.id]
        assert len(seen) >= 4
        for c in seen:
            got = figures(c, ("totalPct", "userPct", "systemPct", "rbps",
                              "wbps"))
            assert got == {n: pytest.approx(v, rel=0.3) for n, v in {
                "totalPct": 50, "userPct": 20, "systemPct": 10,
                "rbps": 1e6, "wbps": 2e6}.items()}, type


POD = "11111111-2222-3333-4444-555555555555"
# cpu.max, cpus, memory.max and pids.max; the parent's cpu.max and
# memory.max; the limits.
LIMIT_CASES = [
    ("max 100000", "0-7", "max", "max", None, None, (0, 0, 0)),
    ("50000 100000", "0-7", "1000", "9", None, None, (50, 1000, 9)),
    ("50000 100000", "0", "1000", "9", "25000 100000", "500",
     (50, 1000, 9)),
    ("max 100000", "0-7", "max", "max", "40000 100000", "3000",
     (40, 3000, 0)),
    ("max 100000", "0-2,5", "max", "max", None, None, (400, 0, 0)),
    ("max 100000", "0", "max", "max", "250000 100000", None, (100, 0, 0)),
    ("max 100000", "0-3", "max", "max", "250000 100000", None,
     (250, 0, 0)),
    ("max 100000", "", "max", "max", "max 100000", "max", (0, 0, 0)),
    ("-1 100000", "0-7", "-1", "-5", None, None, (0, 0, 0)),
    ("50000 0", "0-7", "0", "0", None, None, (0, 0, 0)),
    ("1000000 50000", "0-7", "1152921504606846977", "18446744073709551616",
     None, None, (2000, 0, 0)),
    ("99999999999999999999999 1", "0-7", "9223372036854771712", "max",
     None, None, (0, 0, 0)),
    ("max", "0-99999999999999999999", "max 1", "", None, None, (0, 0, 0)),
    ("garbage", "garbage", "garbage", "garbage", "garbage", "garbage",
     (0, 0, 0)),
]


def test_limits(suite_of, intake, file_host):
    host = file_host
    made = []
    for i, case in enumerate(LIMIT_CASES):
        quota, cpus, memory, pids, above, memory_above, want = case
        uid = f"{i:08x}{POD[8:]}"
        cid = f"{i:064x}"
        made.append(host.container(
            f"/kubepods/pod{uid}/{cid}", cid=cid, files={
                "cpu.max": quota + "\n", "memory.max": memory + "\n",
                "pids.max": pids + "\n",
                "cpuset.cpus.effective": cpus + "\n"}))
        for name, text in (("cpu.max", above), ("memory.max", memory_above)):
            if text is not None:
                host.put(f"{host.unified}/kubepods/pod{uid}/{name}",
                         text + "\n")
    suite_of(host)
    got = {c.id: wait_container(intake, c.id) for c in made}
    assert [(LIMIT_CASES[i], (got[c.id].cpuLimit, got[c.id].memoryLimit,
                              got[c.id].threadLimit))
            for i, c in enumerate(made)] == [
        (case, pytest.approx(case[-1])) for case in LIMIT_CASES]

    # They may be changed while it runs: docker update.
    made[0].put("cpu.max", "10000 100000\n")
    made[0].put("memory.max", "123\n")
    wait_until(lambda: (10, 123) in [
        (c.cpuLimit, c.memoryLimit)
        for c in containers_in(intake)[made[0].id]], 10, "the new limits")


HEX = "%064x"
FARGATE = "0123456789abcdef0123456789abcdef"
TASK = "aaaaaaaa-bbbb-cccc-dddd-eeeeeeeeeeee"
GARDEN = "70eb3c85-3d7a-4e5b-6d3a-1234"
# {0} is an id of the case's own, {1} another.
FORMS = [
    ("/docker/{0}", "docker"),
    ("/{0}", ""),
    ("/lxc/{0}", "docker"),
    ("/system.slice/docker-{0}.scope", "docker"),
    ("/system.slice/docker-{0}.scope/init.scope", "docker"),
    ("/kubepods/pod" + POD + "/{0}", ""),
    ("/kubepods/besteffort/pod" + POD + "/{0}", ""),
    ("/kubepods.slice/kubepods-pod" + POD.replace("-", "_")
     + ".slice/docker-{0}.scope", "docker"),
    ("/kubepods.slice/kubepods-burstable.slice/kubepods-burstable-pod"
     + POD.replace("-", "_") + ".slice/cri-containerd-{0}.scope",
     "containerd"),
    ("/kubepods.slice/kubepods-pod" + FARGATE + ".slice/crio-{0}.scope",
     "cri-o"),
    ("/machine.slice/libpod-{0}.scope", "podman"),
    ("/machine.slice/libpod-{0}.scope/container", "podman"),
    ("/user.slice/user-1000.slice/user@1000.service/user.slice/"
     "libpod-{0}.scope/container", "podman"),
    ("/ecs/" + TASK + "/{0}", ""),
    ("/ecs/cluster/" + FARGATE + "/{0}", ""),
    ("/ecstasks.slice/ecstasks-" + FARGATE + ".slice/docker-{0}.scope",
     "docker"),
    ("/docker/{1}/kubepods/pod" + POD + "/{0}", ""),
    ("/docker/{0}/kube-proxy", "docker"),
]
OTHER_IDS = [  # no 64 digits
    ("/ecs/" + FARGATE + "/" + FARGATE + "-1234567890", "ecs",
     FARGATE + "-1234567890"),
    ("/garden/" + GARDEN, "garden", GARDEN),
]
NO_CONTAINER = [
    "/", "/init.scope", "/system.slice/ssh.service",
    "/system.slice/var-lib-docker-overlay-{0}-merged.mount",
    "/kubepods.slice/kubepods-pod" + FARGATE
    + ".slice/crio-conmon-{0}.scope",
    "/machine.slice/libpod-conmon-{0}.scope",
    "/docker/{0}a", "/docker/A{0}", "/docker/" + FARGATE,
    "/garden/" + GARDEN + "/more",
]


@pytest.mark.parametrize("lines", ["0::{}\n",
                                   "9:name=systemd:/x:y\n4:memory:{}\n"
                                   "1:name=a:b:c\n0::/\n"])
def test_forms_of_paths(suite_of, intake, file_host, lines):
    """A process of each; its container's record, if it has a cgroup."""
    host = file_host
    want, types = {}, {}
    for i, (path, type) in enumerate(FORMS, 1):
        path = path.format(HEX % i, HEX % (1000 + i))
        want[host.process(lines.format(path))] = HEX % i
        types[HEX % i] = type
        # Its own cgroup is where its id is, whatever is below.
        own = path[:path.index(HEX % i)] + path[path.index(HEX % i):].split(
            "/")[0]
        host.put(f"{host.unified}{own}/memory.current", "1\n")
    for path, type, cid in OTHER_IDS:
        want[host.process(lines.format(path))] = cid
        types[cid] = type
        host.put(f"{host.unified}{path}/memory.current", "1\n")
    for i, path in enumerate(NO_CONTAINER, 1):
        want[host.process(lines.format(path.format(HEX % i)))] = ""
    suite_of(host)
    scan = intake.wait_scans(2)[-1]
    got = {p.pid: p.containerId for c in scan for p in c.message.processes}
    del got[1]
    assert got == want
    got = {c.id: c.type for p in scan for c in p.containers}
    if lines.startswith("0::"):
        assert got == types
    else:  # v1 has no tree here: nothing of them is known but their names
        assert set(got) == set(types)


def test_known_process_costs_nothing(collectord_of, file_host):
    """Its cgroup is asked for once, until it execs."""
    host = file_host
    container, other = host.container(), host.container()
    taggerd = collectord_of(host)
    taggerd.wait(lambda s: container_of(s, container.id))
    path = host.path(f"proc/{container.pid}/cgroup")

    def was_read(how):
        # With an access time this old, the next access changes it.
        os.utime(path, ns=(1, os.stat(path).st_mtime_ns))
        how()
        return os.stat(path).st_atime_ns != 1

    if not was_read(lambda: read_file(path)):
        pytest.skip("this file system keeps no access times")
    assert not was_read(lambda: [taggerd.wait(lambda s: True)
                                 for _ in range(3)])

    # It execs, into another container; nobody else could tell.
    host.put(f"proc/{container.pid}/cgroup", f"0::{other.path}\n")
    name = f"proc/{container.pid}/stat"
    host.put(name, read_file(host.path(name)).replace("(made)", "(execed)"))
    taggerd.wait(lambda s: container_of(s, container.id) is None
                 and container_of(s, other.id)["processes"] == 2)


def test_network_of_the_host(suite_of, intake, file_host):
    """Not the whole host's; and one namespace, read from one process."""
    host = file_host
    on_host = host.container()
    own = host.container(namespace=NS)
    more = [host.process(f"0::{own.path}\n", namespace=NS)
            for _ in range(3)]
    suite_of(host)
    for c in (on_host, own):
        wait_container(intake, c.id)
    since = intake.mark()
    for pid in (on_host.pid, own.pid, *more):
        host.network(pid, NS, 1000, 1000, 1000, 1000)
    wait_until(lambda: any(
        c.netRcvdBps for c in containers_in(intake, since=since).get(
            own.id, [])), 10, "traffic")
    seen = containers_in(intake, since=since)
    assert max(c.netRcvdBps for c in seen[own.id]) == pytest.approx(
        1000, rel=0.15)  # and not four times that
    assert {c.netRcvdBps for c in seen[on_host.id]} == {0}


def test_started(suite_of, intake, file_host):
    """The age of its cgroup, if no process of it is older."""
    host = file_host
    old, young = host.container(), host.container()
    os.utime(old.where(), (STARTED - 100, STARTED - 100))
    suite_of(host)
    assert wait_container(intake, old.id).started == STARTED - 100
    assert wait_container(intake, young.id).started == STARTED
