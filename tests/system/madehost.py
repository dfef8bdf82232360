# SPDX-License-Identifier: ISC
"""A host made of files, for HOST_PROC, HOST_SYS and HOST_ETC: every number
that collectord may read of it is known."""

import os

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


def make_process(root, pid, name="made", argv=("made",), ppid=1, start=5000,
                 flags=0x400000, cgroup="0::/\n"):
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
    write(root, f"{base}/cgroup", cgroup)
    write(root, f"{base}/io",
          "rchar: 9\nwchar: 9\nsyscr: 5\nsyscw: 6\nread_bytes: 4096\n"
          "write_bytes: 8192\ncancelled_write_bytes: 0\n")
    os.makedirs(os.path.join(root, base, "fd"))
    for fd in range(4):
        os.symlink("/dev/null", os.path.join(root, base, "fd", str(fd)))
    os.symlink("/usr/bin/true", os.path.join(root, base, "exe"))
    os.symlink("/made/up", os.path.join(root, base, "cwd"))
    os.symlink("/", os.path.join(root, base, "root"))


def make_host(root):
    """Two CPUs, 2 MiB of memory, and an init."""
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


def host_env(root):
    return {f"HOST_{n.upper()}": os.path.join(root, n)
            for n in ("proc", "sys", "etc")}
