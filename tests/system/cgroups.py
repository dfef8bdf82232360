# SPDX-License-Identifier: ISC
"""Containers without a runtime: cgroups named as containers are, made for a
test in the trees of this host, with real processes in them."""

import errno
import os
import secrets
import subprocess
import time

import pytest

ROOT = "/sys/fs/cgroup"
CONTROLLERS = ("cpu", "cpuacct", "cpuset", "memory", "blkio", "pids")


def v1_mounts():
    """Where each v1 controller is mounted here."""
    mounts = {}
    with open("/proc/self/mounts") as f:
        for line in f:
            _, point, fstype, options = line.split()[:4]
            if fstype == "cgroup":
                for name in options.split(","):
                    if name in CONTROLLERS:
                        mounts.setdefault(name, point)
    return mounts


def needs_v1():
    """Skips the test where v1 cgroups cannot be made."""
    mounts = v1_mounts()
    missing = [c for c in CONTROLLERS if c not in mounts]
    if missing:
        pytest.skip(f"no cgroup v1 controllers {missing} here")
    if not all(os.access(p, os.W_OK) for p in mounts.values()):
        pytest.skip("making cgroups needs root")


class V1Container:
    """A container's cgroup in every v1 hierarchy, below a parent of its
    own: /dd-test-X/docker/ID."""

    def __init__(self, cid=None):
        self.id = cid or secrets.token_hex(32)
        self.parent = f"dd-test-{os.getpid()}-{self.id[:8]}"
        self.mounts = v1_mounts()
        self.procs = []
        for controller in CONTROLLERS:
            for path in (self.parent, f"{self.parent}/docker",
                         f"{self.parent}/docker/{self.id}"):
                self._make(controller, path)

    def _make(self, controller, path):
        path = os.path.join(self.mounts[controller], path)
        os.makedirs(path, exist_ok=True)
        if controller == "cpuset":  # empty ones take no process
            for name in ("cpuset.cpus", "cpuset.mems"):
                above = os.path.join(os.path.dirname(path), name)
                with open(above) as f, open(os.path.join(path, name),
                                            "w") as out:
                    out.write(f.read())

    def dir(self, controller):
        return os.path.join(self.mounts[controller], self.parent, "docker",
                            self.id)

    def read(self, controller, name):
        with open(os.path.join(self.dir(controller), name)) as f:
            return f.read()

    def number(self, controller, name):
        return int(self.read(controller, name))

    def table(self, controller, name):
        return {k: int(v) for k, v in
                (line.split() for line in
                 self.read(controller, name).splitlines())}

    def write(self, controller, name, value, parent=False):
        where = self.dir(controller)
        if parent:
            where = os.path.dirname(where)
        with open(os.path.join(where, name), "w") as f:
            f.write(str(value))

    def enter(self):
        """In a child between fork and exec."""
        for controller in CONTROLLERS:
            self.write(controller, "cgroup.procs", os.getpid())

    def spawn(self, children, *args, **kwargs):
        """One of the tests' children, born in here."""
        proc = children.spawn(*args, preexec_fn=self.enter, **kwargs)
        self.procs.append((children, proc))
        return proc

    def run(self, argv, **kwargs):
        """Any other program."""
        return subprocess.Popen(argv, preexec_fn=self.enter, **kwargs)

    def end(self):
        """Its processes die and its cgroups go."""
        for children, proc in self.procs:
            if proc in children.procs:
                children.kill(proc)
        self.procs = []
        for controller in CONTROLLERS:
            path = self.dir(controller)
            for _ in range(3):
                remove(path)
                path = os.path.dirname(path)

    close = end


def remove(path, timeout=5):
    """rmdir, which has to wait until the processes have left."""
    end = time.monotonic() + timeout
    while True:
        try:
            os.rmdir(path)
            return
        except FileNotFoundError:
            return
        except OSError as e:
            if e.errno != errno.EBUSY or time.monotonic() > end:
                raise
            time.sleep(0.02)
