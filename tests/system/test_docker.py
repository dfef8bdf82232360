# SPDX-License-Identifier: ISC
"""The life of real containers of a real Docker Engine: what is said of them,
and when, to a viewer and at the intake."""

import json
import time

import pytest

from docker_engine import IMAGE
from docker_scene import Scene
from intake import (TYPE_CONTAINER, TYPE_CONTAINER_REALTIME, TYPE_PROC,
                    TYPE_REALTIME)
from made import of
from suite import wait_until

RUNNING, PAUSED = 3, 4
STARTING, HEALTHY, UNHEALTHY = 1, 2, 3
IMAGE_TAGS = {f"container_image:{IMAGE}", "image_name:bb", "short_image:bb",
              "image_tag:1"}


def test_tagged_in_its_first_snapshot(scene):
    ident = scene.run("--name", "first")
    c = scene.first(ident)
    want = {f"container_id:{ident}", "container_name:first", *IMAGE_TAGS}
    assert (c["type"], c["name"], c["image"]) == ("docker", "first", IMAGE)
    assert set(c["tags"]) == want
    assert c["stat"]["state"] == RUNNING
    assert abs(c["created"] - time.time()) < 60
    assert abs(c["stat"]["started"] - time.time()) < 60
    assert c["processes"] == 1
    # As it was sent.
    p = wait_until(lambda: [p for p in scene.sent(ident, TYPE_PROC)
                            if len(p.tags) > 1], 10, "it at the intake")[0]
    assert (p.type, p.state, p.health) == ("docker", RUNNING, 0)
    assert set(p.tags) == want
    assert (p.created, p.started) == (c["created"], c["stat"]["started"])


def test_its_processes_name_it(scene):
    ident = scene.run()
    scene.first(ident)
    pid = scene.docker.pid(ident)
    assert scene.processes(pid)[0]["stat"]["container_id"] == ident
    assert scene.intake.wait_process(pid)[0].containerId == ident
    # They travel together.
    for p in scene.intake.got():
        ids = {c.id for c in p.containers}
        assert all(i.containerId in ids for i in p.items if i.pid == pid)


@pytest.mark.parametrize("how", ["stop", "kill"])
def test_ended(scene, how):
    ident = scene.run("--stop-signal", "KILL")
    scene.first(ident)
    scene.docker.docker(how, ident)
    scene.wait_gone(ident)
    # Started again it is known at once.
    since = scene.now()
    scene.docker.docker("start", ident)
    assert scene.wait(ident, lambda c: True, since)["image"] == IMAGE


def test_brief(scene):
    """Removed as soon as it ends; its last report has its tags."""
    ident = scene.run("--rm", "--name", "brief", command=("sleep", "2.5"))
    scene.first(ident)
    scene.wait_gone(ident)
    assert scene.records(ident)[-1]["name"] == "brief"


def test_pause(scene):
    ident = scene.run()
    scene.first(ident)
    scene.docker.docker("pause", ident)
    scene.wait(ident, lambda c: c["stat"]["state"] == PAUSED, scene.now())
    assert scene.intake.wait_process(
        scene.docker.pid(ident))[0].containerId == ident
    scene.docker.docker("unpause", ident)
    scene.wait(ident, lambda c: c["stat"]["state"] == RUNNING, scene.now())
    assert PAUSED in [c.state for c in scene.sent(ident, TYPE_PROC)]


def test_rename(scene):
    ident = scene.run("--name", "before")
    scene.first(ident)
    scene.docker.docker("rename", ident, "after")
    c = scene.wait(ident, lambda c: c["name"] == "after")
    assert "container_name:after" in c["tags"]
    assert "container_name:before" not in c["tags"]


@pytest.mark.parametrize("command,health", [("true", HEALTHY),
                                            ("false", UNHEALTHY)])
def test_health(scene, command, health):
    ident = scene.run("--health-cmd", command, "--health-interval", "1s",
                      "--health-retries", "1")
    assert scene.first(ident)["stat"]["health"] in (STARTING, health)
    scene.wait(ident, lambda c: c["stat"]["health"] == health)


def test_image_by_its_id(scene):
    """Docker has the id only; the image knows its name."""
    ident = scene.run(image=scene.docker.image_id)
    assert IMAGE_TAGS < set(scene.wait(
        ident, lambda c: c.get("image") == IMAGE)["tags"])


def test_image_that_lost_its_name(scene):
    docker = scene.docker
    docker.docker("tag", IMAGE, "lost:1")
    ident = scene.run(image="lost:1")
    docker.docker("rmi", "lost:1")
    assert scene.first(ident)["image"] == "lost:1"


def test_kubernetes_labels(scene):
    """What the kubelet writes on containers counts, and no environment."""
    pod = {"io.kubernetes.pod.name": "web-1",
           "io.kubernetes.pod.namespace": "shop",
           "io.kubernetes.pod.uid": "11111111-2222-3333-4444-555555555555"}
    labels = [f"--label={k}={v}" for k, v in pod.items()]
    pause = scene.run(*labels, "--label=io.kubernetes.container.name=POD")
    ident = scene.run(*labels, "--label=io.kubernetes.container.name=web",
                      "--env", "PASSWORD=hunter2")
    c = scene.first(ident)
    assert c["name"] == "web"
    assert {"pod:web-1", "namespace:shop", "container_name:web"} < set(
        c["tags"])
    assert "hunter2" not in json.dumps(c)
    # The sandbox is left out, its processes are not.
    pid = scene.docker.pid(pause)
    scene.intake.wait_process(pid)
    scene.watcher.wait(scene.now() + 1)
    assert scene.records(pause) == []
    assert not scene.processes(pid)[-1]["stat"].get("container_id")
    assert scene.intake.find(pid)[-1].containerId == ""


def test_real_time(scene):
    ident = scene.run("--name", "quick")
    scene.wait_sent(ident, TYPE_PROC)
    scene.intake.active = 1
    try:
        got = scene.wait_sent(ident, TYPE_REALTIME)
    finally:
        scene.intake.active = 0
    assert (got.state, got.threadCount) == (RUNNING, 1)


def test_seen_by_a_person(scene):
    ident = scene.run("--name", "seen", "--memory", "64m", "--cpus", "0.5")
    scene.first(ident)
    lines = scene.suite.ddproc("containers").stdout.decode().splitlines()
    head, = [li for li in lines if li.startswith("ID ")]
    line, = [li for li in lines if ident[:12] in li]
    assert head.split()[:3] == ["ID", "NAME", "IMAGE"]
    assert line.split()[:4] == [ident[:12], "seen", IMAGE, "running"]
    assert "64" in line and "container_name:seen" not in line.split()[:4]
    got = json.loads(scene.suite.ddproc("check", "container").stdout)
    c, = [c for c in got["containers"] if c["id"] == ident]
    assert IMAGE_TAGS < set(c["tags"])
    status = scene.suite.ddproc("status").stdout.decode()
    assert "ok: Docker " in status


def test_containers_only(docker, module_intake):
    """With process_agent_enabled unset, a runtime that is found is enough."""
    scene = Scene(docker, module_intake, {"process_agent_enabled": ""})
    try:
        ident = scene.run("--name", "only")
        scene.first(ident)
        c = wait_until(lambda: [c for c in scene.sent(ident, TYPE_CONTAINER)
                                if len(c.tags) > 1], 10, "its tags")[0]
        assert {"container_name:only", *IMAGE_TAGS} < set(c.tags)
        assert (c.type, c.state, c.threadCount) == ("docker", RUNNING, 1)
        assert not [p for s in scene.watcher.snapshots
                    for p in of(s, "process")]
        module_intake.active = 1
        got = scene.wait_sent(ident, TYPE_CONTAINER_REALTIME)
        assert got.threadCount == 1
        scene.suite.assert_alive()
    finally:
        module_intake.active = 0
        scene.clear()
        scene.close()
