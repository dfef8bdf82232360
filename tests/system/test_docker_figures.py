# SPDX-License-Identifier: ISC
"""The figures of real containers, held against the kernel's own files and
`docker stats`."""

import os
import socket
import time

import pytest

from ecs import Network
from intake import TYPE_PROC
from suite import read_file, wait_until

MIB = 1 << 20
CGROUP = "/sys/fs/cgroup"


def cgroup_file(pid, controller, v1, v2):
    """A file of the process's cgroup, in either hierarchy."""
    for line in read_file(f"/proc/{pid}/cgroup").splitlines():
        _, controllers, path = line.split(":", 2)
        if controller in controllers.split(","):
            return read_file(f"{CGROUP}/{controller}{path}/{v1}")
        if controllers == "" and os.path.exists(f"{CGROUP}{path}/{v2}"):
            return read_file(f"{CGROUP}{path}/{v2}")
    raise AssertionError(f"process {pid} has no {controller}")


def fields(text):
    return {line.split()[0]: int(line.split()[1])
            for line in text.splitlines()}


def memory(pid):
    """Usage, RSS, cache and limit in bytes, and what `docker stats` makes of
    the first."""
    usage = int(cgroup_file(pid, "memory", "memory.usage_in_bytes",
                            "memory.current"))
    stat = fields(cgroup_file(pid, "memory", "memory.stat", "memory.stat"))
    return {"mem_usage": usage,
            "mem_rss": stat.get("total_rss", stat.get("anon")),
            "mem_cache": stat.get("total_cache", stat.get("file")),
            "mem_accounted": usage - stat.get("total_inactive_file",
                                              stat.get("inactive_file"))}


def cpu_ns(pid):
    text = cgroup_file(pid, "cpuacct", "cpuacct.usage", "cpu.stat")
    return (int(text) if text.strip().isdigit()
            else fields(text)["usage_usec"] * 1000)


def written(pid):
    """Bytes that its cgroup has written to all devices."""
    text = cgroup_file(pid, "blkio", "blkio.throttle.io_service_bytes",
                       "io.stat")
    if "wbytes=" in text:
        return sum(int(word[7:]) for word in text.split()
                   if word.startswith("wbytes="))
    return sum(int(line.split()[2]) for line in text.splitlines()
               if " Write " in line)


def parse(text):
    """"12.5MiB" or "3%" as a number, bytes of the first."""
    units = (("GiB", 1 << 30), ("MiB", MIB), ("KiB", 1024), ("GB", 10**9),
             ("MB", 10**6), ("kB", 1000), ("B", 1), ("%", 1))
    for unit, factor in units:
        if text.endswith(unit):
            return float(text[:-len(unit)]) * factor
    raise ValueError(text)


def rates(scene, ident, since, field):
    return [c["stat"].get(field, 0) for c in scene.records(ident, since)]


def mean(numbers):
    return sum(numbers) / len(numbers)


def over(scene, ident, seconds, count, *names):
    """For a counter of the kernel's and our rates of it: what a second
    brought, as the counter says, and the mean of each rate."""
    since = scene.now() + 1
    start, before = time.monotonic(), count()
    time.sleep(seconds)
    want = (count() - before) / (time.monotonic() - start)
    return want, *(mean(rates(scene, ident, since, n)) for n in names)


def test_limits(scene):
    ident = scene.run("--memory", "64m", "--cpus", "0.5",
                      "--pids-limit", "77")
    stat = scene.first(ident)["stat"]
    pid = scene.docker.pid(ident)
    assert stat["mem_limit"] == 64 * MIB == int(cgroup_file(
        pid, "memory", "memory.limit_in_bytes", "memory.max"))
    assert stat["cpu_limit"] == pytest.approx(50)
    assert stat["thread_limit"] == 77 == int(cgroup_file(
        pid, "pids", "pids.max", "pids.max"))
    p = scene.wait_sent(ident, TYPE_PROC)
    assert (p.memoryLimit, p.cpuLimit, p.threadLimit) == (64 * MIB, 50, 77)


def test_no_limits(scene):
    """Nothing is claimed."""
    stat = scene.first(scene.run())["stat"]
    assert stat.get("mem_limit", 0) == 0
    assert stat.get("cpu_limit", 0) <= 100 * os.cpu_count()
    assert stat.get("thread_limit", 0) == 0


def test_limit_of_cpus(scene):
    """Of a cpuset."""
    stat = scene.first(scene.run("--cpuset-cpus", "0"))["stat"]
    assert stat["cpu_limit"] == pytest.approx(100)


def test_limits_change(scene):
    ident = scene.run("--memory", "64m")
    scene.first(ident)
    scene.docker.docker("update", "--memory", "80m", "--memory-swap", "-1",
                        "--cpus", "0.25", ident)
    stat = scene.wait(ident, lambda c: c["stat"]["mem_limit"] == 80 * MIB)[
        "stat"]
    assert stat["cpu_limit"] == pytest.approx(25)


def test_memory_and_threads(scene):
    """32 MiB of memory in a tmpfs, and a process more."""
    ident = scene.run(
        "--memory", "128m", "--tmpfs", "/t", command=(
            "sh", "-c", "dd if=/dev/zero of=/t/x bs=1048576 count=32; "
            "sleep 1000 & sleep 1000"))
    pid = scene.docker.pid(ident)
    stat = scene.wait(ident, lambda c: c["stat"].get("mem_cache", 0)
                      >= 32 * MIB and c["processes"] == 2)["stat"]
    for name, want in memory(pid).items():
        assert stat.get(name, 0) == pytest.approx(want, abs=MIB), name
    docker = scene.docker.stats(ident)
    usage, limit = docker["MemUsage"].split(" / ")
    assert stat["mem_accounted"] == pytest.approx(parse(usage), abs=2 * MIB)
    assert stat["mem_limit"] == parse(limit)
    assert stat["threads"] == int(docker["PIDs"]) == 2


@pytest.mark.quiet
def test_cpu(scene):
    """Busy with half of one CPU, or what is left of that."""
    ident = scene.run("--cpus", "0.5",
                      command=("sh", "-c", "while :; do :; done"))
    scene.first(ident)
    pid = scene.docker.pid(ident)
    time.sleep(1)
    want, total, user, system, ns = over(
        scene, ident, 3, lambda: cpu_ns(pid) / 1e7, "total_pct", "user_pct",
        "system_pct", "cpu_usage_ns")
    assert total == pytest.approx(want, rel=0.15)
    assert ns / 1e7 == pytest.approx(total, rel=0.01)
    assert user + system == pytest.approx(total, abs=5)
    docker = parse(scene.docker.stats(ident)["CPUPerc"])
    assert total == pytest.approx(docker, abs=15)


@pytest.mark.quiet
def test_disk(scene):
    """Written to a disk past the page cache."""
    docker = scene.docker
    path = os.path.join(docker.dir, "volume")
    os.makedirs(path, exist_ok=True)
    ident = scene.run("-v", path + ":/v", command=(
        "sh", "-c", "while :; do dd if=/dev/zero of=/v/x bs=65536 count=16 "
        "oflag=direct; sleep 0.1; done"))
    scene.first(ident)
    pid = docker.pid(ident)
    wait_until(lambda: written(pid) > MIB, 10, "the kernel to count")
    want, got = over(scene, ident, 4, lambda: written(pid),
                     "write_bytes_rate")
    assert want > MIB
    assert got == pytest.approx(want, rel=0.2)
    assert parse(docker.stats(ident)["BlockIO"].split(" / ")[1]) >= 4 * MIB


def received(pid):
    """Bytes that came to its network, without lo."""
    lines = [line.split(":") for line in
             read_file(f"/proc/{pid}/net/dev").splitlines() if ":" in line]
    return sum(int(text.split()[0]) for name, text in lines
               if name.strip() != "lo")


@pytest.mark.quiet
def test_network(scene):
    """Packets from another network, over an interface of its own."""
    ident = scene.run("--network", "none")
    pid = scene.docker.pid(ident)
    beyond = Network()
    beyond.ip("link", "add", "out", "type", "veth", "peer", "name", "in",
              "netns", str(pid))
    beyond.ip("addr", "add", "10.9.9.1/24", "dev", "out")
    beyond.ip("link", "set", "out", "up")
    scene.docker.attach(pid, "in", "10.9.9.2/24")

    def send(seconds):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            end = time.monotonic() + seconds
            while time.monotonic() < end:
                # 1042 bytes with what is in front of them.
                sock.sendto(b"x" * 1000, ("10.9.9.2", 9))
                time.sleep(0.01)

    try:
        sending = beyond.thread.submit(send, 5)
        scene.wait(ident, lambda c: c["stat"].get("net_received_bytes", 0)
                   > 1000)
        want, got, packets = over(scene, ident, 3, lambda: received(pid),
                                  "net_received_bytes", "net_received")
        assert got == pytest.approx(want, rel=0.15)
        assert packets == pytest.approx(want / 1042, rel=0.15)
        sending.result()
    finally:
        beyond.close()


def test_network_of_the_host(scene):
    """Its figures are nobody's own."""
    ident = scene.run("--network", "host")
    c = scene.wait(ident, lambda c: c.get("host_network"))
    scene.wait(ident, lambda c: True, scene.now() + 1)
    for field in ("net_received_bytes", "net_sent_bytes"):
        assert set(rates(scene, ident, 0, field)) == {0}
    assert c.get("addresses", []) == []
