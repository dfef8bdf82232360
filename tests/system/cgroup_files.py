# SPDX-License-Identifier: ISC
"""Containers of a host made of files (madehost.py): the cgroups that account
for them, in v2 or hybrid, whose every file is known and may be changed."""

import os
import secrets
import shutil

from frames import Viewer
from intake import TYPE_PROC
from madehost import make_host, make_process, write
from suite import wait_until

NET_DEV = """Inter-|   Receive                  |  Transmit
 face |bytes packets errs drop fifo frame compressed multicast|bytes
    lo: 999 99 0 0 0 0 0 0 999 99 0 0 0 0 0 0
  eth0: {rb} {rp} 0 0 0 0 0 0 {sb} {sp} 0 0 0 0 0 0
  eth1:1 1 0 0 0 0 0 0 1 1 0 0 0 0 0 0
"""
HOST_NAMESPACE = 4026531992
FILES = {  # of a v2 cgroup
    "cpu.stat": "usage_usec 1000000\nuser_usec 600000\n"
                "system_usec 400000\nnr_periods 1\nnr_throttled 2\n",
    "cpu.max": "max 100000\n",
    "cpuset.cpus.effective": "0-7\n",
    "memory.stat": "anon 1000\nfile 2000\nkernel 5\nanon_thp 7\n"
                   "file_mapped 9\ninactive_anon 1\ninactive_file 300\n",
    "memory.current": "4000\n",
    "memory.max": "max\n",
    "io.stat": "8:0 rbytes=100 wbytes=200 rios=1 wios=2 dbytes=3 dios=4\n"
               "8:16 rbytes=10 wbytes=20 rios=1 wios=2 dbytes=3 dios=4\n",
    "pids.current": "7\n",
    "pids.max": "max\n",
}
# The v1 files that say the same as some of these, and their hierarchy.
V1_FILES = {
    "cpu.stat": [("cpu,cpuacct", "cpuacct.stat", "user 60\nsystem 40\n"),
                 ("cpu,cpuacct", "cpuacct.usage", "1000000000\n")],
    "cpu.max": [("cpu,cpuacct", "cpu.cfs_quota_us", "-1\n"),
                ("cpu,cpuacct", "cpu.cfs_period_us", "100000\n")],
    "cpuset.cpus.effective": [("cpuset", "cpuset.cpus", "0-7\n")],
    "io.stat": [("blkio", "blkio.throttle.io_service_bytes",
                 "8:0 Read 110\n8:0 Write 220\n8:0 Sync 1\n8:0 Total 330\n"
                 "Total 330\n")],
}


class FileHost:
    """A host with eight CPUs and no container yet. v2 is all there is, or,
    in a hybrid, accounts for memory and threads alone."""

    def __init__(self, root, hybrid=False):
        self.root, self.hybrid = root, hybrid
        self.unified = "sys/fs/cgroup" + ("/unified" if hybrid else "")
        self.pids = 100
        make_host(root)
        self.put("sys/devices/system/cpu/online", "0-7\n")
        self.put(f"{self.unified}/cgroup.controllers",
                 "memory pids\n" if hybrid else "cpu io memory pids\n")
        self.network(1, HOST_NAMESPACE)

    def path(self, name):
        return os.path.join(self.root, name)

    def put(self, name, text):
        """Whole at once, as the kernel's files are."""
        write(self.root, name + ".new", text)
        os.rename(self.path(name + ".new"), self.path(name))

    def network(self, pid, namespace, rb=0, rp=0, sb=0, sp=0):
        link = self.path(f"proc/{pid}/ns/net")
        if not os.path.islink(link):
            os.makedirs(os.path.dirname(link), exist_ok=True)
            os.symlink(f"net:[{namespace}]", link)
        self.put(f"proc/{pid}/net/dev",
                 NET_DEV.format(rb=rb, rp=rp, sb=sb, sp=sp))

    def process(self, cgroup, namespace=HOST_NAMESPACE, **kwargs):
        """A new process of that cgroup; returns its pid."""
        self.pids += 1
        make_process(self.root, self.pids, cgroup=cgroup, **kwargs)
        self.network(self.pids, namespace)
        return self.pids

    def container(self, path=None, files=None, **kwargs):
        return FileContainer(self, path, files or {}, **kwargs)


class FileContainer:
    """A process in a cgroup of its own; `files` are other than FILES."""

    def __init__(self, host, path, files, cid=None, **kwargs):
        self.host = host
        self.id = cid or secrets.token_hex(32)
        self.path = path or f"/system.slice/docker-{self.id}.scope"
        for name, text in {**FILES, **files}.items():
            if host.hybrid and name in V1_FILES:
                for hierarchy, v1_name, v1_text in V1_FILES[name]:
                    host.put(f"sys/fs/cgroup/{hierarchy}{self.path}/"
                             f"{v1_name}", v1_text)
            elif text is not None:
                self.put(name, text)
        cgroup = f"0::{self.path}\n"
        if host.hybrid:
            cgroup = (f"5:cpu,cpuacct:{self.path}\n4:cpuset:{self.path}\n"
                      f"3:blkio:{self.path}\n") + cgroup
        self.pid = host.process(cgroup, **kwargs)

    def name(self, file=""):
        return f"{self.host.unified}{self.path}/{file}"

    def where(self, file=""):
        """The path of its directory, or of a file in that."""
        return self.host.path(self.name(file))

    def put(self, file, text):
        self.host.put(self.name(file), text)

    def remove(self, file):
        os.unlink(self.where(file))

    def end(self):
        """Its process and its cgroup go."""
        for path in (self.host.path(f"proc/{self.pid}"), self.where()):
            shutil.rmtree(path, ignore_errors=True)


def get(record, name):
    return record.get(name, 0)


def check_all_is_well(suite, intake, ids, timeout=10):
    """All daemons are alive, nobody refused anybody, and the containers
    arrive."""
    since = intake.mark()

    def arrived():
        got = {c.id for p in intake.payloads[since:] if p.type == TYPE_PROC
               for c in p.containers}
        return set(ids) <= got

    wait_until(arrived, timeout, f"{len(ids)} containers")
    suite.assert_alive()
    viewer = Viewer(suite)
    for daemon in ("taggerd", "shipperd"):
        status = viewer.wait_status(daemon, lambda s: s.get("peers"))
        assert sum(get(p, "refused") for p in status["peers"]) == 0
    viewer.close()
    assert "closed:" not in suite.logs()
    assert intake.bad == []
