# SPDX-License-Identifier: ISC
"""collectord in a cgroup namespace of its own, as in a container: paths are
hidden then, and what a process has mounted tells which container it is in."""

import os
import subprocess

import pytest

from cgroups import V1Container, needs_v1
from frames import container_of
from suite import IS_ROOT

MIB = 1 << 20
# Docker's mount, and the kubelet's.
MOUNTED = ('mount --make-rprivate / && mount --bind "$1" "$2" && '
           'echo ready && exec sleep 1000')


def can_unshare():
    return subprocess.run(["unshare", "-C", "-m", "true"],
                          capture_output=True).returncode == 0


@pytest.fixture
def agent():
    """The cgroup that is the namespace's root."""
    needs_v1()
    if not IS_ROOT or not can_unshare():
        pytest.skip("no cgroup namespace may be made here")
    made = V1Container()
    yield made
    made.close()


@pytest.fixture
def hidden(make_suite, make_taggerd, agent):
    """What the taggerd of such a collectord sees."""
    suite = make_suite()
    taggerd = make_taggerd(suite)
    proc = agent.run(["unshare", "-C", *suite.argv("collectord", "-f")],
                     env=suite.env, stdin=subprocess.DEVNULL)
    yield taggerd
    proc.terminate()
    proc.wait()


@pytest.fixture
def process_with_mount(agent):
    """Starts a process, beside collectord, to which `file` is `point`."""
    procs = []

    def start(file, point):
        os.makedirs(os.path.dirname(file))
        open(file, "w").close()
        proc = agent.run(
            ["unshare", "-m", "sh", "-c", MOUNTED, "sh", file, point],
            stdout=subprocess.PIPE)
        procs.append(proc)
        assert proc.stdout.readline() == b"ready\n"
        return proc.pid

    yield start
    for proc in procs:
        proc.kill()
        proc.wait()
        proc.stdout.close()


def id_of(snapshot, pid):
    return next((p["stat"].get("container_id", "")
                 for p in snapshot["process"] if p["stat"]["pid"] == pid),
                None)


def test_found_by_mounts(hidden, agent, process_with_mount, workdir):
    """Its cgroup is searched for by its id then."""
    container = V1Container()
    try:
        container.write("memory", "memory.limit_in_bytes", 64 * MIB)
        pid = process_with_mount(
            f"{workdir}/containers/{container.id}/hostname",
            "/etc/hostname")
        got = hidden.wait(lambda s: container_of(s, container.id))
        assert got["type"] == "docker"
        assert got["mem_limit"] == 64 * MIB
        assert got["processes"] == 1
        hidden.wait(lambda s: id_of(s, pid) == container.id
                    and container_of(s, agent.id) is None)
    finally:
        container.close()


def test_a_sandbox_is_no_container(hidden, process_with_mount, workdir):
    """All containers of a pod have the sandbox's host name."""
    pid = process_with_mount(f"{workdir}/sandboxes/{'ab' * 32}/hostname",
                             "/etc/hostname")
    hidden.wait(lambda s: id_of(s, pid) == "")


def test_paths_from_beside(hidden, children):
    """Paths that begin with "/.." still say where."""
    container = V1Container()
    try:
        pid = container.spawn(children).pid
        got = hidden.wait(lambda s: container_of(s, container.id))
        assert got["threads"] == 1
        hidden.wait(lambda s: id_of(s, pid) == container.id)
    finally:
        container.close()
