# SPDX-License-Identifier: ISC
"""HOST_PROC, HOST_SYS and HOST_ETC: a made-up host stands in for this one,
so that every number on the wire is known."""

import os

import pytest

from children import STATES
from suite import wait_until

BOOT = 1500000000  # s since the epoch
PAGE = os.sysconf("SC_PAGE_SIZE")
HZ = os.sysconf("SC_CLK_TCK")
PF_KTHREAD = 0x200000

CPUINFO = """processor\t: {n}
vendor_id\t: MadeUp
cpu family\t: 6
model\t\t: 85
model name\t: Made Up CPU @ 3.00GHz
cpu MHz\t\t: 3000.000
cache size\t: 1024 KB
physical id\t: 0
core id\t\t: {n}
cpu cores\t: 2

"""

STATUS = """Name:\t{name}
Umask:\t0022
State:\tS (sleeping)
Tgid:\t{pid}
Ngid:\t0
Pid:\t{pid}
PPid:\t{ppid}
TracerPid:\t0
Uid:\t1234\t1235\t1236\t1237
Gid:\t55\t56\t57\t58
FDSize:\t64
Groups:\t55
NStgid:\t{pid}
NSpid:\t{pid}\t7
VmPeak:\t    1000 kB
VmSize:\t    1000 kB
VmRSS:\t     400 kB
RssAnon:\t     240 kB
RssFile:\t     140 kB
RssShmem:\t      20 kB
VmData:\t     120 kB
VmStk:\t     132 kB
VmExe:\t      20 kB
VmLib:\t      16 kB
VmSwap:\t      64 kB
Threads:\t3
voluntary_ctxt_switches:\t111
nonvoluntary_ctxt_switches:\t22
"""


def write(root, path, text):
    path = os.path.join(root, path)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "w") as f:
        f.write(text)


def make_process(root, pid, name, argv, ppid=1, start=5000,
                 flags=0x400000):
    base = f"proc/{pid}"
    write(root, f"{base}/stat",
          f"{pid} ({name}) S {ppid} {pid} {pid} 0 -1 {flags} 100 0 0 0 "
          f"500 250 0 0 15 -5 3 0 {start} "
          f"{0 if flags == PF_KTHREAD else 1024000} 100 "
          "18446744073709551615 1 1 0 0 0 0 0 0 0 0 0 0 17 0 0 0 0 0 0 "
          "0 0 0 0 0 0 0 0\n")
    write(root, f"{base}/status",
          STATUS.format(name=name, pid=pid, ppid=ppid))
    write(root, f"{base}/statm", "250 100 40 5 0 30 0\n")
    write(root, f"{base}/cmdline", "".join(a + "\0" for a in argv))
    write(root, f"{base}/comm", name + "\n")
    write(root, f"{base}/cgroup", "0::/\n")
    write(root, f"{base}/io",
          "rchar: 9\nwchar: 9\nsyscr: 5\nsyscw: 6\nread_bytes: 4096\n"
          "write_bytes: 8192\ncancelled_write_bytes: 0\n")
    os.makedirs(os.path.join(root, base, "fd"))
    for fd in range(4):
        os.symlink("/dev/null", os.path.join(root, base, "fd", str(fd)))
    os.symlink("/usr/bin/true", os.path.join(root, base, "exe"))
    os.symlink("/made/up", os.path.join(root, base, "cwd"))
    os.symlink("/", os.path.join(root, base, "root"))


@pytest.fixture
def host(workdir):
    root = os.path.join(workdir, "host")
    write(root, "proc/stat",
          "cpu  1 2 3 4 5 6 7 0 0 0\ncpu0 1 2 3 4 5 6 7 0 0 0\n"
          "cpu1 1 2 3 4 5 6 7 0 0 0\nintr 1\nctxt 1\n"
          f"btime {BOOT}\nprocesses 99\nprocs_running 1\n")
    write(root, "proc/meminfo", "MemTotal:        2048 kB\n"
          "MemFree:          512 kB\nMemAvailable:    1024 kB\n")
    write(root, "proc/cpuinfo", "".join(CPUINFO.format(n=n)
                                        for n in range(2)))
    write(root, "proc/uptime", "100000.00 90000.00\n")
    write(root, "proc/loadavg", "0.00 0.01 0.05 1/3 4\n")
    write(root, "proc/version", "Linux version 4.4.4-made-up\n")
    write(root, "proc/sys/kernel/osrelease", "4.4.4-made-up\n")
    write(root, "proc/sys/kernel/random/boot_id",
          "01234567-89ab-cdef-0123-456789abcdef\n")
    write(root, "sys/class/dmi/id/product_uuid",
          "11111111-2222-3333-4444-555555555555\n")
    write(root, "etc/passwd", "root:x:0:0::/:/bin/sh\n"
          "madeup:x:1234:55::/:/bin/sh\n")
    write(root, "etc/os-release",
          'NAME="Made Up"\nID=madeup\nID_LIKE=debian\nVERSION_ID="9.9"\n')
    make_process(root, 1, "init", ["/sbin/init"], ppid=0, start=1)
    make_process(root, 4242, "made) R 7 (up", ["made", "--up"])
    make_process(root, 2, "kthreadd", [], 0, 1, PF_KTHREAD)
    make_process(root, 9, "kworker/0:1", [], 2, 1, PF_KTHREAD)
    write(root, "proc/77/stat", "77 (broken\n")  # what no kernel writes
    return root


@pytest.fixture
def intake_of_host(make_suite, intake, host):
    make_suite({"api_key": "k"}, {"endpoint": intake.url()},
               env={f"HOST_{n.upper()}": os.path.join(host, n)
                    for n in ("proc", "sys", "etc")}).start()
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
