# SPDX-License-Identifier: ISC
"""What the host is called when several could say it: the real taggerd, a
Docker Engine and ECS of our own making."""

import os
import shutil
import socket
import tempfile

import pytest

import ecs
from engine import Engine
from frames import Viewer
from suite import IS_ROOT, schema_limit, wait_until
from test_ecs import IN_CONTAINER, TASK_HOST

TASK = "fargate_task:" + ecs.ARN % 77
# Makes a container of any place; nobody answers there.
CONTAINER = {"ECS_CONTAINER_METADATA_URI_V4": "http://127.0.0.1:1/v4"}
OWN = {socket.gethostname(), socket.getfqdn()}


@pytest.fixture
def engine():
    directory = tempfile.mkdtemp(prefix="dd-engine-")
    os.chmod(directory, 0o755)
    made = Engine(directory)
    yield made
    made.close()
    shutil.rmtree(directory, ignore_errors=True)


def name_of(suite, want, timeout=10):
    """Waits until the host has that name, or one of these."""
    want = want if isinstance(want, set) else {want}
    viewer = Viewer(suite)
    status = viewer.wait_status(
        "taggerd", lambda s: s.get("hostname") in want, timeout,
        f"the name {want}")
    viewer.close()
    return status["hostname"], status["hostname_source"]


def names_in(log):
    """All names so far, in their order."""
    return [line.split("host name is ")[1].split(" ")[0]
            for line in log.splitlines() if "host name is " in line]


def start(make_suite, engine, env=None, hostname=""):
    return make_suite(
        {"hostname": hostname}, None,
        {"DOCKER_SOCKET_PATH": engine.path, **(env or {})}).start("taggerd")


@pytest.mark.parametrize("env,name,source", [
    ({}, "set-here", "datadog.conf:2"),
    ({"DD_HOSTNAME": "said"}, "said", "env DD_HOSTNAME"),
    ({"AWS_EXECUTION_ENV": "AWS_ECS_FARGATE"}, "set-here", "datadog.conf:2"),
], ids=["file", "environment", "fargate"])
def test_configured(make_suite, engine, env, name, source):
    suite = start(make_suite, engine, {**CONTAINER, **env}, "set-here")
    assert name_of(suite, name) == (name, source)
    wait_until(lambda: "Docker" in suite.ddproc(
        "status", check=False).stdout.decode(), 5, "Docker to be known")
    assert names_in(suite.log("taggerd")) == [name]


def test_docker_in_a_container(make_suite, engine):
    suite = start(make_suite, engine, CONTAINER)
    assert name_of(suite, "engine-host") == ("engine-host", "docker")
    assert names_in(suite.log("taggerd")) == ["engine-host"]


@pytest.mark.skipif(IN_CONTAINER, reason="only outside of a container")
def test_docker_has_no_say_outside(make_suite, engine):
    suite = start(make_suite, engine)
    wait_until(lambda: "Docker 99.0" in suite.ddproc(
        "status", check=False).stdout.decode(), 5, "Docker to be known")
    assert set(names_in(suite.log("taggerd"))) <= OWN


def test_own_name_without_docker(make_suite, engine):
    """An engine that is not there is not waited for."""
    engine.path += "-not"
    suite = start(make_suite, engine, CONTAINER)
    assert name_of(suite, OWN, schema_limit("LIMIT_HOSTNAME_WAIT") - 1)


def test_a_late_docker(make_suite, engine):
    """Our own name counts after a while, and no longer than it must."""
    engine.named.clear()
    suite = start(make_suite, engine, CONTAINER)
    own, _ = name_of(suite, OWN)
    engine.named.set()
    name_of(suite, "engine-host", 30)
    assert names_in(suite.log("taggerd")) == [own, "engine-host"]


@pytest.mark.skipif(not IS_ROOT, reason="only root makes networks of its own")
def test_fargate_before_docker(make_suite, engine):
    network = ecs.Network(TASK_HOST)
    server = network.serve(
        {"/v2/metadata": ecs.metadata(ecs.container("1" * 64))}, TASK_HOST,
        80)
    try:
        suite = make_suite(
            {"hostname": ""}, None,
            {"DOCKER_SOCKET_PATH": engine.path, **CONTAINER,
             "AWS_EXECUTION_ENV": "AWS_ECS_FARGATE"})
        network.run(suite.start, "taggerd")
        assert name_of(suite, TASK) == (TASK, "fargate")
        assert names_in(suite.log("taggerd")) == [TASK]
    finally:
        server.close()
        network.close()


def test_reload(make_suite, engine):
    suite = start(make_suite, engine, CONTAINER)
    name_of(suite, "engine-host")
    suite.write_config({"hostname": "set-later"})
    suite.hup("taggerd")
    assert name_of(suite, "set-later") == ("set-later", "datadog.conf:2")
    suite.write_config({"hostname": ""})
    suite.hup("taggerd")
    name_of(suite, "engine-host")
    assert names_in(suite.log("taggerd")) == [
        "engine-host", "set-later", "engine-host"]
