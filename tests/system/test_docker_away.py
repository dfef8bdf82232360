# SPDX-License-Identifier: ISC
"""A real Docker Engine that goes and comes back, has much to do, or runs in
one of its own containers; and who it is that may ask it."""

import concurrent.futures
import os

import pytest

from children import Stat
from docker_engine import IMAGE, SPARSE
from intake import TYPE_PROC
from suite import status_fields, wait_until

NAMES = [f"crowd{i}" for i in range(50)]


def test_fifty_at_once(scene):
    """All tagged in the first snapshot after their start."""
    with concurrent.futures.ThreadPoolExecutor(10) as pool:
        idents = list(pool.map(lambda n: scene.run("--name", n), NAMES))
    for name, ident in zip(NAMES, idents):
        c = scene.first(ident)
        assert c.get("name") == name
        assert f"container_image:{IMAGE}" in c["tags"]
    for name, ident in zip(NAMES, idents):
        wait_until(lambda: f"container_name:{name}" in scene.sent(
            ident, TYPE_PROC)[-1].tags, 10, f"{name} at the intake")
    scene.wait_source("ok: .*50 containers")


@pytest.mark.parametrize("how", ["terminate", "kill"])
def test_docker_restarted(scene, how):
    docker = scene.docker
    before = scene.run("--name", "before-it")
    scene.first(before)
    docker.stop() if how == "terminate" else docker.kill()
    scene.wait_source(f"failing: {docker.socket}")
    c = scene.wait(before, lambda c: True, scene.now())
    assert c["name"] == "before-it", "what was known stays known"
    docker.start()
    # Asked for, even before taggerd would look again.
    after = scene.run("--name", "after-it")
    assert scene.wait(after, lambda c: c.get("name"))["name"] == "after-it"
    scene.wait_source("ok")
    scene.wait(before, lambda c: c["name"] == "before-it", scene.now())
    again = scene.run("--name", "then")
    assert scene.first(again)["name"] == "then"


def test_socket_removed_and_back(scene):
    docker = scene.docker
    real, hidden = docker.socket, docker.socket + ".hidden"
    os.rename(real, hidden)
    try:
        # The event stream is still there and tells of it; only asking about
        # it fails.
        docker.socket = hidden
        ident = scene.run("--name", "unseen")
        scene.wait_source(f"failing: {real}: No such file")
        assert "name" not in scene.first(ident)
    finally:
        docker.socket = real
        os.rename(hidden, real)
    scene.wait_source("ok")
    assert scene.wait(ident, lambda c: c.get("name"))["name"] == "unseen"


def test_privileges(scene):
    """dd-tagger with the group of the socket, and nothing else; taggerd
    itself has not even that."""
    gid = os.stat(scene.docker.socket).st_gid
    uid = os.stat(scene.suite.socket_path("view.sock")).st_uid
    for pid in scene.suite.keeper_and_broker():
        status = status_fields(pid)
        assert status["Uid"].split() == [str(uid)] * 4
        assert status["Gid"].split() == [str(gid)] * 4
        assert status["Groups"].split() == []
        for caps in ("CapEff", "CapPrm", "CapInh", "CapBnd", "CapAmb"):
            assert int(status[caps], 16) == 0, caps
        assert status["NoNewPrivs"] == "1"
        targets = {os.readlink(f"/proc/{pid}/fd/{fd}").split(":")[0]
                   for fd in os.listdir(f"/proc/{pid}/fd")}
        assert targets == {"/dev/null", "socket"}
        # Not dumpable: its own user may not look into it.
        assert os.stat(f"/proc/{pid}/environ").st_uid == 0
    taggerd = status_fields(scene.suite.pid("taggerd"))
    assert str(gid) not in taggerd["Gid"].split()
    assert taggerd["Groups"].split() == []


def runs(pid):
    """Not if it has ended, though nobody may have taken notice yet."""
    try:
        return Stat(pid).state != "Z"
    except (FileNotFoundError, ProcessLookupError):
        return False


def test_the_broker_goes_with_taggerd(docker, make_suite):
    suite = make_suite(env={"DOCKER_SOCKET_PATH": docker.socket})
    suite.start("taggerd")
    wait_until(lambda: os.path.exists(suite.socket_path("view.sock")), 5,
               "taggerd")
    pids = suite.keeper_and_broker()
    suite.kill("taggerd")
    wait_until(lambda: not any(map(runs, pids)), 5,
               "keeper and broker to end")


def test_nested(scene):
    """Docker in a container of Docker: the inner container is one of its
    own, of which the outer Docker knows nothing."""
    docker = scene.docker
    mounts = [arg for d in ("/usr", "/bin", "/sbin", "/lib", "/lib64",
                            "/etc/alternatives") if os.path.exists(d)
              for arg in ("-v", f"{d}:{d}:ro")]
    data = os.path.join(docker.dir, "nested")
    os.makedirs(data, exist_ok=True)
    # What dockerd needs of --privileged, which asks for more than some hosts
    # have themselves.
    outer = scene.run(
        "--name", "outer", *mounts, "-v", f"{data}:/data", "--tmpfs", "/run",
        "--tmpfs", "/tmp", "--cap-add", "SYS_ADMIN", "--cap-add", "NET_ADMIN",
        "--security-opt", "seccomp=unconfined", "--security-opt",
        "apparmor=unconfined", "--security-opt", "systempaths=unconfined",
        "--device-cgroup-rule", "a *:* rwm",
        "--env", "PATH=/usr/sbin:/usr/bin:/sbin:/bin",
        command=("sh", "-c", "for d in /sys/fs/cgroup /sys/fs/cgroup/*; do "
                 "mount -o remount,bind,rw $d; done; exec dockerd " + " ".join((
                     *SPARSE, "--data-root=/data/root", "-H",
                     "unix:///data/docker.sock"))))
    inside = docker.at(os.path.join(data, "docker.sock"))
    try:
        wait_until(inside.answers, 20, "the inner dockerd")
    except AssertionError:
        log = docker.docker("logs", "--tail", "20", outer, check=False)
        raise AssertionError(log.stderr.decode()) from None
    inside.make_image()
    inner = inside.run("--name", "inner")
    try:
        c = scene.first(inner)
        assert c["tags"] == [f"container_id:{inner}"]
        assert c["processes"] == 1
        assert scene.wait_sent(inner, TYPE_PROC).threadCount == 1
        # dockerd, containerd and the shim are the outer one's.
        assert scene.wait(outer, lambda c: c["processes"] >= 3)[
            "name"] == "outer"
    finally:
        inside.remove(inner)
