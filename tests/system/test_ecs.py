# SPDX-License-Identifier: ISC
"""ECS as taggerd sees it: the real taggerd, stand-ins for ECS, containers of
a made-up collectord."""

import json
import os
import time

import pytest

import ecs
from frames import Viewer
from made import ID, RUNNING, Collectord, Watcher, of
from suite import IS_ROOT, memory_kb, wait_until

AGENT_PORT = 51678
TASK_HOST = "169.254.170.2"
FARGATE_ID = "0123456789abcdef0123456789abcdef-%010d"
FARGATE_ECS = 1  # enum container_host
# Those of ecs.container() in a task of blue.
TAGS = {"task_name:web", "task_version:7", "ecs_cluster:blue",
        "task_arn:" + ecs.ARN % 77, "ecs_container_name:front",
        "container_name:ecs-front", "short_image:nginx", "image_tag:1.25"}

needs_root = pytest.mark.skipif(
    not IS_ROOT, reason="only root makes networks of its own")


@pytest.fixture
def closing():
    made = []
    yield lambda one: made.append(one) or one
    for one in reversed(made):
        one.close()


@pytest.fixture
def make_taggerd(make_suite, closing, workdir):
    """A taggerd alone, in `network` if there is one, with a collectord and
    a watcher of ours."""

    def make(env=None, main=None, network=None, process=None):
        env = {"DOCKER_SOCKET_PATH": os.path.join(workdir, "none.sock"),
               **(env or {})}
        suite = make_suite(main, process, env)
        if network is not None:
            network.run(suite.start, "taggerd")
        else:
            suite.start("taggerd")
        collectord = closing(Collectord(suite))
        watcher = closing(Watcher(suite))
        return suite, collectord, watcher

    return make


def state_of(suite, closing, check, what):
    """Waits until the state of the source satisfies check; returns it."""
    def state(status):
        return next((s["state"] for s in status["sources"]
                     if s["name"] == "ecs"), "")

    viewer = closing(Viewer(suite))
    return state(viewer.wait_status(
        "taggerd", lambda s: check(state(s)), 20, what))


def tags_of(snapshot, cid):
    found = [c for c in of(snapshot, "container") if c["stat"]["id"] == cid]
    return found[0]["tags"] if found else None


def test_agent(make_taggerd, closing):
    server = closing(ecs.Server(ecs.agent_pages(
        ecs.agent_task(ecs.container(ID % 1)),
        ecs.agent_task(ecs.container(ID % 3), number="78",
                       status="STOPPED"))))
    suite, collectord, watcher = make_taggerd(
        process={"ecs_agent_url": server.url()})
    collectord.snapshot(containers=[1, 2, 3])
    first = watcher.wait(1)
    assert TAGS <= set(tags_of(first, ID % 1))
    assert tags_of(first, ID % 2) == ["container_id:" + ID % 2]
    assert tags_of(first, ID % 3) == ["container_id:" + ID % 3]
    state = state_of(suite, closing, lambda s: s.startswith("ok"), "ok")
    assert state == f"ok: cluster blue, 1 task, by 127.0.0.1:{server.port}"

    # A task that starts is tagged the first time that it is seen, and one
    # that ended keeps its tags.
    server.pages.update(ecs.agent_pages(
        ecs.agent_task(ecs.container(ID % 4, "back"), number="79")))
    asked = len(server.asked)
    collectord.snapshot(containers=[1, 4])
    second = watcher.wait(2)
    assert {"task_arn:" + ecs.ARN % 79, "ecs_container_name:back"} <= set(
        tags_of(second, ID % 4))
    assert TAGS <= set(tags_of(second, ID % 1))
    assert server.asked[asked:] == ["/v1/tasks"]


def test_pause_is_left_out(make_taggerd, closing):
    server = closing(ecs.Server(ecs.agent_pages(ecs.agent_task(
        ecs.container(ID % 1), ecs.container(ID % 2, "~internal~ecs~pause")))))
    suite, collectord, watcher = make_taggerd(
        {"DD_ECS_AGENT_URL": server.url()})
    collectord.snapshot(containers=[1, 2], processes=[
        {"stat": {"pid": 5, "container_id": ID % 2}}])
    got = watcher.wait(1)
    assert [c["stat"]["id"] for c in of(got, "container")] == [ID % 1]
    assert "container_id" not in of(got, "process")[0]["stat"]


def test_agent_ends_and_comes_back(make_taggerd, closing):
    pages = ecs.agent_pages(ecs.agent_task(ecs.container(ID % 1)))
    server = closing(ecs.Server(pages))
    suite, collectord, watcher = make_taggerd(
        {"DD_ECS_AGENT_URL": server.url()})
    collectord.snapshot(containers=[1])
    watcher.wait(1)
    server.pages = {}
    state = state_of(suite, closing, lambda s: s.startswith("failing"),
                     "a failure")
    assert "status 404" in state
    collectord.snapshot(containers=[1])
    assert TAGS <= set(tags_of(watcher.wait(2), ID % 1)), "what is known stays"
    server.pages = pages
    state_of(suite, closing, lambda s: s.startswith("ok"), "ok again")
    log = suite.log("taggerd")
    assert log.count("WARNING ecs: ") == 1, log


def begin(handler, length=None):
    handler.send_response(200)
    if length is not None:
        handler.send_header("Content-Length", str(length))
    handler.end_headers()


def endless(handler):
    begin(handler)
    while True:
        handler.wfile.write(b" " * 65536)


def half(handler):
    begin(handler, 1000)
    handler.wfile.write(b'{"Tasks":[')


def huge_string(handler):
    """100 MB of it."""
    begin(handler)
    handler.wfile.write(b'{"TaskARN":"')
    for _ in range(100):
        handler.wfile.write(b"a" * 1000000)
    handler.wfile.write(b'"}')


def redirect(handler):
    handler.send_response(302)
    handler.send_header("Location", "/other")
    handler.send_header("Content-Length", "0")
    handler.end_headers()


def silent(handler):
    time.sleep(8)


def slow(handler):
    """Each byte is in time, the whole is not."""
    begin(handler, 1000)
    for _ in range(40):
        handler.wfile.write(b" ")
        time.sleep(0.2)


# what: (the answer, what status says of it)
FAULTS = {
    "endless": (endless, "too long"),
    "half": (half, "the connection was cut"),
    "huge string": (huge_string, "too long"),
    "redirect": (redirect, "status 302"),
    "forbidden": (403, "status 403"),
    "broken": (500, "status 500"),
    "silent": (silent, "in time"),
    "slow": (slow, "in time"),
    "deep": (b"[" * 100000, "not JSON"),
    "nested": (b'{"Tasks":' * 100000 + b"0" + b"}" * 100000, ""),
    "html": (b"<html>", "not JSON"),
    "garbage": (bytes(range(256)) * 64, "not JSON"),
    "nothing": (b"", "not JSON"),
    "cut": (b'{"Tasks":[{"Containers":[{"DockerId":"', "not JSON"),
    "two": (b'{"Tasks":[],"TaskARN":"a"}{}', "more than one JSON value"),
    "a number": (b"7", ""),
}


def check_fault(made, server, closing, path, good, fault):
    """A fault at the path, then the good page: nobody waits for long, memory
    is bounded, status says where and why, and in the end there are tags."""
    suite, collectord, watcher = made
    before = memory_kb(suite.pid("taggerd"), "VmHWM")
    began = time.monotonic()
    collectord.snapshot(containers=[1])
    assert tags_of(watcher.wait(1), ID % 1) == ["container_id:" + ID % 1]
    assert time.monotonic() - began < 3, "a snapshot waits no longer"
    state = state_of(suite, closing, lambda s: s.startswith("failing"),
                     "a failure")
    host, port = server.http.server_address
    assert f"{host}:{port}: " in state
    assert FAULTS[fault][1] in state
    shown = suite.ddproc("status", check=False).stdout.decode()
    assert state.split(": ", 1)[1] in shown
    grown = memory_kb(suite.pid("taggerd"), "VmHWM") - before
    assert grown < 80 << 10, f"grew by {grown} KiB"  # the body's bound, twice
    server.pages[path] = good
    state_of(suite, closing, lambda s: s.startswith("ok"), "ok at last")
    collectord.snapshot(containers=[1])
    assert TAGS <= set(tags_of(watcher.wait(2), ID % 1))
    assert "/other" not in server.asked
    assert suite.log("taggerd").count("WARNING ecs: ") == 1
    suite.assert_alive()


@pytest.mark.parametrize("fault", FAULTS)
def test_faults_of_the_agent(make_taggerd, closing, fault):
    good = ecs.agent_pages(ecs.agent_task(ecs.container(ID % 1)))
    server = closing(ecs.Server({**good, "/v1/tasks": FAULTS[fault][0]}))
    check_fault(make_taggerd({"DD_ECS_AGENT_URL": server.url()}), server,
                closing, "/v1/tasks", good["/v1/tasks"], fault)


def test_odd_items_are_left_out(make_taggerd, closing):
    """What is no container takes nothing with it."""
    one = json.dumps(ecs.agent_task(ecs.container(ID % 4)))
    odd = [
        7, None, {}, "x", {"Containers": 5}, {"Containers": {"0": {}}},
        {"Arn": ["x"], "Containers": [{}, 7, None, {"DockerId": 7}]},
        ecs.agent_task(ecs.container(ID % 3, "lone surrogate: \ud800")),
        ecs.agent_task(ecs.container("../../etc/passwd"),
                       ecs.container("a" * 129),
                       ecs.container(ID % 1, "a" * 65536),
                       ecs.container(ID % 2, "front\u001b[2J\u009b")),
        ecs.agent_task(ecs.container(ID % 5, 7, DockerName=["x"], Image=7)),
    ]
    raw = [json.dumps(item) for item in odd]
    raw += ["[" * 100000 + "]" * 100000,
            '{"a":' * 100000 + "1" + "}" * 100000,
            "[" + "0," * 100000 + "0]",
            '{"Family":"' + "a" * (2 << 20) + '"}',
            one.replace('"DockerId"', '"DockerId": "../x", "DockerId"')]
    pages = ecs.agent_pages()
    pages["/v1/tasks"] = ('{"Tasks":[' + ",".join(raw) + "]}").encode()
    server = closing(ecs.Server(pages))
    suite, collectord, watcher = make_taggerd(
        {"DD_ECS_AGENT_URL": server.url()})
    collectord.snapshot(containers=[1, 2, 3, 4, 5])
    got = watcher.wait(1)
    assert all(len(t) <= 200 for t in tags_of(got, ID % 1))
    assert "task_name:web" in tags_of(got, ID % 1)
    assert "ecs_container_name:front_[2J_" in tags_of(got, ID % 2)
    assert tags_of(got, ID % 3) == ["container_id:" + ID % 3]
    assert TAGS <= set(tags_of(got, ID % 4)), "the last of a key counts"
    assert set(tags_of(got, ID % 5)) == {
        "container_id:" + ID % 5, "task_name:web", "task_version:7",
        "ecs_cluster:blue", "task_arn:" + ecs.ARN % 77}
    state = state_of(suite, closing, lambda s: s.startswith("ok"), "ok")
    # Two ids, the surrogate, and the four that are too much.
    assert ", 7 left out" in state


def network_of(closing, *addresses, **kwargs):
    return closing(ecs.Network(*addresses, **kwargs))


VERSIONS = {
    "v2": ({}, "/v2/metadata"),
    "v3": ({"ECS_CONTAINER_METADATA_URI": f"http://{TASK_HOST}/v3/abc"},
           "/v3/abc/task"),
    "v4": ({"ECS_CONTAINER_METADATA_URI_V4": f"http://{TASK_HOST}/v4/abc",
            "ECS_CONTAINER_METADATA_URI": f"http://{TASK_HOST}/v3/abc"},
           "/v4/abc/task"),
}


@needs_root
@pytest.mark.parametrize("version", VERSIONS)
def test_fargate(make_taggerd, closing, version):
    env, path = VERSIONS[version]
    network = network_of(closing, TASK_HOST)
    server = closing(network.serve({path: ecs.metadata(
        ecs.container(FARGATE_ID % 1,
                      Health={"status": "HEALTHY"}, Limits={"CPU": 256},
                      CreatedAt="2019-03-01T10:00:00Z",
                      Networks=[{"IPv4Addresses": ["10.0.2.106"]}]),
        ecs.container(FARGATE_ID % 2, "pause", Type="CNI_PAUSE"))},
        TASK_HOST, 80))
    suite, collectord, watcher = make_taggerd(
        {"AWS_EXECUTION_ENV": "AWS_ECS_FARGATE", **env},
        {"hostname": ""}, network)
    collectord.snapshot(containers=[
        {"stat": {"id": FARGATE_ID % n, "state": RUNNING}} for n in (1, 2)])
    containers = of(watcher.wait(1), "container")
    assert len(containers) == 1, "the pause container is left out"
    got = containers[0]
    assert TAGS <= set(got["tags"])
    assert got["type"] == "ecs"
    assert got["created"] == 1551434400
    assert [a["ip"] for a in got["addresses"]] == ["10.0.2.106"]
    assert (got["stat"]["health"], got["stat"]["cpu_request"]) == (2, 25)
    assert server.asked == [path]

    status = closing(Viewer(suite)).wait_status(
        "taggerd", lambda s: s.get("hostname"))
    assert status["hostname"] == "fargate_task:" + ecs.ARN % 77
    assert status["hostname_source"] == "fargate"


@needs_root
@pytest.mark.parametrize("fault", [
    "half", "huge string", "forbidden", "broken", "silent", "slow", "deep",
    "nested", "cut"])
def test_faults_on_fargate(make_taggerd, closing, fault):
    """And no other name than the task's while it can still be had."""
    env, path = VERSIONS["v4"]
    network = network_of(closing, TASK_HOST)
    server = closing(network.serve({path: FAULTS[fault][0]}, TASK_HOST, 80))
    made = make_taggerd({"AWS_EXECUTION_ENV": "AWS_ECS_FARGATE", **env},
                        {"hostname": ""}, network)
    check_fault(made, server, closing, path,
                ecs.metadata(ecs.container(ID % 1)), fault)
    named = [line for line in made[0].log("taggerd").splitlines()
             if "host name is" in line]
    assert len(named) == 1 and "(fargate)" in named[0], named


@needs_root
@pytest.mark.parametrize("at", ["10.88.0.1", "169.254.172.1", "127.0.0.1"])
def test_agent_is_found(make_taggerd, closing, at):
    """From a task on EC2: at the gateway, at the address for tasks with a
    network of their own, or here."""
    network = network_of(closing, "169.254.172.1", TASK_HOST,
                         gateway="10.88.0.1")
    server = closing(network.serve(
        ecs.agent_pages(ecs.agent_task(ecs.container(ID % 1))), at,
        AGENT_PORT))
    suite, collectord, watcher = make_taggerd(
        {"ECS_CONTAINER_METADATA_URI_V4": f"http://{TASK_HOST}/v4/abc"},
        network=network)
    collectord.snapshot(containers=[1])
    assert TAGS <= set(tags_of(watcher.wait(1), ID % 1))
    # The tasks again when the container was missed while they came.
    assert server.asked[:3] == ["/", "/v1/metadata", "/v1/tasks"]


@needs_root
def test_own_task_where_no_agent_answers(make_taggerd, closing):
    network = network_of(closing, TASK_HOST)
    server = closing(network.serve(
        {"/v4/abc/task": ecs.metadata(ecs.container(ID % 1))}, TASK_HOST,
        80))
    suite, collectord, watcher = make_taggerd(
        {"ECS_CONTAINER_METADATA_URI_V4": f"http://{TASK_HOST}/v4/abc"},
        network=network)
    collectord.snapshot(containers=[1])
    assert TAGS <= set(tags_of(watcher.wait(1), ID % 1))
    assert server.asked[0] == "/v4/abc/task"


# Where the tests themselves run in a container, its host is at the gateway.
IN_CONTAINER = (os.path.exists("/.dockerenv")
                or os.path.exists("/run/.containerenv"))


@needs_root
@pytest.mark.parametrize("env,asks", [
    ({}, {"127.0.0.1"} | ({"10.88.0.1"} if IN_CONTAINER else set())),
    ({"KUBERNETES_SERVICE_HOST": "10.77.0.1"}, set()),
], ids=["host", "pod"])
def test_hosts_without_ecs_are_left_alone(make_taggerd, closing, env, asks):
    """Nothing beyond the host is asked, and nothing is said."""
    network = network_of(closing, "169.254.172.1", gateway="10.88.0.1")
    servers = {at: closing(network.serve({}, at, AGENT_PORT))
               for at in ("10.88.0.1", "169.254.172.1", "127.0.0.1")}
    suite, collectord, watcher = make_taggerd(env, network=network)
    collectord.snapshot(containers=[1])
    assert tags_of(watcher.wait(1), ID % 1) == ["container_id:" + ID % 1]
    assert state_of(suite, closing, lambda s: s, "a state") == "absent"
    assert {at for at, s in servers.items() if s.asked} == asks
    assert "ecs" not in suite.log("taggerd")


def test_a_bad_address_is_an_error(make_suite):
    suite = make_suite(process={"ecs_agent_url": "https://10.0.0.1"})
    suite.start("taggerd")
    assert suite.procs["taggerd"].wait(10) == 1
    assert ("ecs_agent_url: \"https://10.0.0.1\" is no http:// URL"
            in suite.log("taggerd"))
