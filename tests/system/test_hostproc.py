# SPDX-License-Identifier: ISC
"""HOST_PROC, HOST_SYS and HOST_ETC: a made-up host stands in for this one,
so that every number on the wire is known."""

import os

import pytest

from children import STATES
from madehost import (BOOT, HZ, PAGE, PF_KTHREAD, host_env, make_host,
                      make_process, write)
from suite import wait_until


@pytest.fixture
def host(workdir):
    root = os.path.join(workdir, "host")
    make_host(root)
    make_process(root, 4242, "made) R 7 (up", ["made", "--up"])
    make_process(root, 2, "kthreadd", [], 0, 1, PF_KTHREAD)
    make_process(root, 9, "kworker/0:1", [], 2, 1, PF_KTHREAD)
    write(root, "proc/77/stat", "77 (broken\n")  # what no kernel writes
    return root


@pytest.fixture
def intake_of_host(make_suite, intake, host):
    make_suite({"api_key": "k"}, {"endpoint": intake.url()},
               env=host_env(host)).start()
    return intake


def test_made_up_host(intake_of_host, host):
    scan = intake_of_host.wait_scans(2)[-1]
    got = {p.pid: p for c in scan for p in c.message.processes}
    assert set(got) == {1, 4242}
    p = got[4242]
    c, u, m = p.command, p.user, p.memory
    assert {
        "args": list(c.args), "comm": c.comm, "exe": c.exe, "cwd": c.cwd,
        "root": c.root, "ppid": c.ppid, "pgroup": c.pgroup,
        "user": u.name, "uids": (u.uid, u.euid, u.suid),
        "gids": (u.gid, u.egid, u.sgid),
        "createTime": p.createTime, "state": STATES[p.state],
        "nice": p.cpu.nice, "threads": p.cpu.numThreads,
        "times": (p.cpu.userTime, p.cpu.systemTime),
        "fds": p.openFdCount, "switches": (p.voluntaryCtxSwitches,
                                           p.involuntaryCtxSwitches),
        "nsPid": p.nsPid, "cpu": p.cpu.totalPct, "rate": p.ioStat.readRate,
    } == {
        "args": ["made", "--up"], "comm": "made) R 7 (up",
        "exe": "/usr/bin/true", "cwd": "/made/up", "root": "/",
        "ppid": 1, "pgroup": 4242,
        "user": "madeup", "uids": (1234, 1235, 1236), "gids": (55, 56, 57),
        "createTime": BOOT * 1000 + 5000 * 1000 // HZ, "state": "S",
        "nice": -5, "threads": 3, "times": (500 // HZ, 250 // HZ),
        "fds": 4, "switches": (111, 22),
        "nsPid": 7, "cpu": 0, "rate": 0,
    }
    assert (m.rss, m.vms) == (100 * PAGE, 1024000)
    assert [n >> 10 for n in (m.shared, m.text, m.lib, m.data, m.swap)] == [
        160, 20, 16, 120, 64]

    info = scan[0].message.info
    assert info.totalMemory == 2048 << 10
    assert (info.os.platform, info.os.version, info.os.kernelVersion) == (
        "madeup", "9.9", "4.4.4-made-up")
    assert [(c.number, c.vendor, c.family, c.model, c.cores, c.mhz,
             c.cacheSize) for c in info.cpus] == [
        (n, "MadeUp", "6", "85", 1, 3000, 1024) for n in range(2)]
    assert info.uuid.lower() == "11111111-2222-3333-4444-555555555555"

    # a rate between two scans: the files change, time is real
    base = os.path.join(host, "proc/4242/io")
    text = open(base).read().replace("syscr: 5", "syscr: 1005")
    with open(base, "w") as f:
        f.write(text)
    since = intake_of_host.mark()
    wait_until(lambda: any(q.ioStat.readRate > 0 for q in
                           intake_of_host.find(4242, since=since)), 10,
               "the rate of reads")
    rate = max(q.ioStat.readRate for q in
               intake_of_host.find(4242, since=since))
    assert rate == pytest.approx(1000, rel=0.1)
