# SPDX-License-Identifier: ISC
"""What cgroups, and processes in them, may hold against collectord: files
that are none, numbers of any size, paths that nobody's runtime makes. Nothing
is lost but what is bad, and nobody waits."""

import os
import random
import time

import pytest

from cgroup_files import FILES, check_all_is_well, get
from frames import container_of
from suite import IS_ROOT, memory_kb

CPU, MEMORY, BLOCK_IO, _, THREADS = (1 << n for n in range(5))


def link_to(target):
    return lambda path: os.symlink(target, path)


def text(data):
    def make(path):
        with open(path, "wb") as f:
            f.write(data)
    return make


# Instead of a file that should be there.
INSTEAD = {
    "missing": lambda path: None,
    "empty": text(b""),
    "garbage": text(bytes(range(256)) * 64),
    "negative": text(b"-1\n"),
    "10 MB line": text(b"x" * 10_000_000),
    "lines": text(b"x 1\n" * 100_000),
    "fifo": os.mkfifo,
    "directory": os.mkdir,
    "link out": link_to("/etc/passwd"),
    "link to a good one": link_to("good"),
    "loop": link_to("loop"),
}
if IS_ROOT:
    INSTEAD["device"] = lambda path: os.mknod(path, 0o20644,
                                              os.makedev(1, 5))
# Which figures a file takes with it, and their bit.
FIGURES = {
    "cpu.stat": (CPU, ("total_pct", "user_pct", "system_pct",
                       "cpu_usage_ns")),
    "memory.stat": (MEMORY, ("mem_rss", "mem_cache", "mem_accounted")),
    "memory.current": (MEMORY, ("mem_usage", "mem_accounted")),
    "io.stat": (BLOCK_IO, ("read_bytes_rate", "write_bytes_rate")),
    "pids.current": (THREADS, ("threads",)),
    "cpu.max": (0, ("cpu_limit",)),
    "cpuset.cpus.effective": (0, ("cpu_limit",)),
    "memory.max": (0, ("mem_limit",)),
    "pids.max": (0, ("thread_limit",)),
}
# Text that says nothing of I/O is no I/O, and is not hidden.
TEXTS = {"empty", "garbage", "negative", "10 MB line", "lines"}


def test_files_that_are_none(collectord_of, file_host):
    host = file_host
    made = {}
    for file in FILES:
        for what, make in INSTEAD.items():
            container = host.container()
            container.remove(file)
            with open(container.where("good"), "w") as f:
                f.write(FILES[file])
            make(container.where(file))
            made[file, what] = container
    good = host.container()
    taggerd = collectord_of(host)
    taggerd.wait(lambda s: container_of(s, good.id))
    snapshot = taggerd.wait(lambda s: container_of(s, good.id) and s)
    usual = container_of(snapshot, good.id)
    assert get(usual, "hidden") == 0
    for (file, what), container in made.items():
        got = container_of(snapshot, container.id)
        bit, figures = FIGURES[file]
        if file == "io.stat" and what in TEXTS:
            bit = 0
        assert get(got, "hidden") == bit, (file, what)
        assert {n: get(got, n) for n in figures} == dict.fromkeys(
            figures, 0), (file, what)
        others = {n for _, names in FIGURES.values() for n in names
                  if n not in figures}
        if file == "memory.stat":
            others -= {"mem_accounted"}
        assert {n: get(got, n) for n in others} == {
            n: get(usual, n) for n in others}, (file, what)
    assert snapshot["end"]["cost_wall"] < 1e6
    assert memory_kb(taggerd.suite.pid("collectord"), "VmHWM") < 16 * 1024


NUMBERS = ("18446744073709551615", "18446744073709551616",
           "9" * 1000, "9223372036854775808", "1e9", "0x10", " 1", "+1")


def test_numbers_of_any_size(suite_of, intake, file_host):
    """Back and forth between the largest and nothing: no rate is mad enough
    to be refused on the way."""
    host = file_host
    made = [host.container(files={
        "cpu.stat": f"usage_usec {n}\nuser_usec {n}\nsystem_usec {n}\n",
        "memory.stat": f"anon {n}\nfile {n}\ninactive_file {n}\n",
        "memory.current": n + "\n", "memory.max": n + "\n",
        "pids.current": n + "\n", "pids.max": n + "\n",
        "cpu.max": f"{n} {n}\n",
        "io.stat": f"8:0 rbytes={n} wbytes={n}\n8:1 rbytes={n} wbytes={n}\n",
    }, namespace=1) for n in NUMBERS]
    suite = suite_of(host)
    rng = random.Random(1)
    end = time.monotonic() + 5
    while time.monotonic() < end:
        for c in made:
            n = rng.choice(NUMBERS + ("0",))
            c.put("cpu.stat",
                  f"usage_usec {n}\nuser_usec {n}\nsystem_usec {n}\n")
            c.put("io.stat", f"8:0 rbytes={n} wbytes={n}\n")
            host.network(c.pid, 1, n, n, n, n)
        time.sleep(0.1)
    check_all_is_well(suite, intake, [c.id for c in made])


@pytest.mark.parametrize("when", [-(1 << 31), -1, 0, 1 << 33])
def test_times_of_a_cgroup(suite_of, intake, file_host, when):
    """Who owns a cgroup may give it any time."""
    host = file_host
    container = host.container()
    os.utime(container.where(), (when, when))
    suite = suite_of(host)
    check_all_is_well(suite, intake, [container.id])


ID = "%064x"
# What /proc/PID/cgroup may say, and the id that is in it.
HOSTILE = {
    "nothing": (b"", ""),
    "no newline": (b"0::/docker/" + ID.encode() % 1, ID % 1),
    "newline in a name": (b"0::/a\n1:memory:/docker/" + ID.encode() % 2
                          + b"\n", ID % 2),
    "escapes": (b"0::/a\\012\\040b/docker-" + ID.encode() % 3
                + b".scope\n", ID % 3),
    "up": (b"0::/../../../../etc/" + ID.encode() % 4 + b"\n", ID % 4),
    "up within": (b"0::/docker/../../../" + ID.encode() % 5 + b"/..\n",
                  ID % 5),
    "dots": (b"0::/./docker/./" + ID.encode() % 6 + b"/.\n", ID % 6),
    "slashes": (b"0::////docker////" + ID.encode() % 7 + b"////\n", ID % 7),
    "4 KiB": (b"0::" + b"/x" * 2100 + b"/" + ID.encode() % 8 + b"\n",
              ""),
    "deep": (b"0::" + b"/x" * 1900 + b"/" + ID.encode() % 9 + b"\n",
             ID % 9),
    "not UTF-8": (b"0::/\xff\xfe\xc0\x80/docker/" + ID.encode() % 10
                  + b"\n", ID % 10),
    "NUL": (b"0::/a\0b/docker/" + ID.encode() % 11 + b"\n", ID % 11),
    "colons": (b":::::::" + ID.encode() % 12 + b"\n", ""),
    "5,000 ids": (b"0::/" + b"".join(ID.encode() % n + b"-" for n in
                                     range(5000)) + b"\n", ""),
    "5,000 lines": (b"".join(b"%d:name=%d:/x\n" % (n, n)
                             for n in range(5000)), ""),
    "1 MB": (b"1:memory:/" + b"y" * (1 << 20) + b"\n0::/" + ID.encode() % 13
             + b"\n", ""),
    "pod with quotes": (b'0::/kubepods/pod"\'<>&;$(id)/' + ID.encode() % 14
                        + b"\n", ID % 14),
    "id of dashes": (b"0::/docker/" + b"-" * 64 + b"\n", ""),
    "wide digits": ("0::/docker/{}\n".format("\uff11" * 64).encode(), ""),
}


def test_hostile_paths(suite_of, intake, file_host):
    host = file_host
    want = {}
    for what, (data, cid) in HOSTILE.items():
        pid = host.process("")
        with open(host.path(f"proc/{pid}/cgroup"), "wb") as f:
            f.write(data)
        want[pid] = (what, cid)
    good = host.container()
    suite = suite_of(host)
    check_all_is_well(suite, intake, [good.id])
    scan = intake.wait_scans(1)[-1]
    got = {p.pid: (want[p.pid][0], p.containerId) for c in scan
           for p in c.message.processes if p.pid in want}
    assert got == want


def test_proc_that_is_none(collectord_of, file_host):
    """FIFOs, links and directories where files of a process should be."""
    host = file_host
    good = host.container()
    for what, make in INSTEAD.items():
        for name in ("cgroup", "net/dev", "ns/net", "mountinfo", "root"):
            container = host.container(namespace=5)
            path = host.path(f"proc/{container.pid}/{name}")
            if os.path.lexists(path):
                os.unlink(path)
            make(path)
    taggerd = collectord_of(host)
    for _ in range(3):
        snapshot = taggerd.wait(lambda s: container_of(s, good.id) and s, 5)
        assert snapshot["end"]["cost_wall"] < 1e6
    taggerd.suite.assert_alive()
