# SPDX-License-Identifier: ISC
"""taggerd under more than a host has: many containers with as many tags as
there may be, reloads without end, peers that die in the middle."""

import json
import time

import pytest

import ecs
from frames import Peer, Viewer
from made import FULL, ID, REALTIME, Collectord, Watcher, of
from suite import fd_count, memory_kb, schema_limit

MANY = 10000


@pytest.fixture
def closing():
    made = []
    yield lambda one: made.append(one) or one
    for one in reversed(made):
        one.close()


def tasks(n, per=100, first=0):
    """Tasks of n containers from the first on, whose names and images are as long as they may
    be, and not clean."""
    return [ecs.agent_task(*(
        ecs.container(ID % c, f"{c}-\x1b\x7f" + "n" * 400,
                      Image="r/" + "i" * 400 + f":{c}", DockerName="d" * 400)
        for c in range(at, min(at + per, first + n))), number=str(at))
        for at in range(first, first + n, per)]


class Recorder(Collectord):
    """Keeps what it would send."""

    def __init__(self):
        self.scan = 0

    def send(self, data):
        self.data = data


def full(collectord, n):
    collectord.snapshot(
        FULL, containers=range(n),
        processes=[{"stat": {"pid": p + 1, "container_id": ID % p}}
                   for p in range(n)])


def realtime(collectord, n):
    collectord.snapshot(
        REALTIME, container_stats=[{"id": ID % c} for c in range(n)],
        stats=[{"pid": p + 1, "container_id": ID % p} for p in range(n)])


def make_trio(make_suite, closing, server, main=None, process=None):
    """A taggerd that has asked ECS, its collectord and a watcher."""
    suite = make_suite(
        main, {"ecs_agent_url": server.url(), **(process or {})}).start(
            "taggerd")
    collectord = closing(Collectord(suite))
    watcher = closing(Watcher(suite))
    closing(Viewer(suite)).wait_status("taggerd", lambda s: any(
        x["state"].startswith("ok: cluster") for x in s["sources"]))
    return suite, collectord, watcher


def test_many(make_suite, closing):
    """Every record arrives, tags as far as there is room for them."""
    server = closing(ecs.Server(ecs.agent_pages(*tasks(MANY))))
    suite, collectord, watcher = make_trio(
        make_suite, closing, server,
        {"tags": ",".join(f"{i}:" + "t" * 240 for i in range(64))},
        {"send_host_tags": "yes", "tag_names": "both"})
    for n, send in enumerate([full, realtime, full, realtime, full], 1):
        send(collectord, MANY)
        got = watcher.wait(n, 30)
        assert len(got) == 2 * MANY + 2
    tags = of(got, "container")[0]["tags"]
    assert len(tags) == schema_limit("LIMIT_TAGS")
    assert "container_id:" + ID % 0 in tags
    assert all(len(t.encode()) <= schema_limit("LIMIT_TAG") for t in tags)
    assert not any(ord(c) < 32 or ord(c) == 127 for t in tags for c in t)
    closing(Viewer(suite)).wait_status(
        "taggerd", lambda s: "no room for tags" in s.get("note", ""))
    most = memory_kb(suite.pid("taggerd"), "VmHWM")
    assert most < 192 << 10, f"{most} KiB"


def test_other_containers_each_time(make_suite, closing):
    """Lists that are all new, one after the other, cost what one store
    holds."""
    many = schema_limit("LIMIT_CONTAINERS") // 4
    server = closing(ecs.Server(ecs.agent_pages()))
    suite, collectord, watcher = make_trio(make_suite, closing, server)
    sizes = []
    for n in range(1, 15):
        server.pages["/v1/tasks"] = json.dumps(
            {"Tasks": tasks(many, first=n * many)}).encode()
        collectord.snapshot(containers=[n * many])  # unknown: ECS is asked
        assert "task_name:web" in of(watcher.wait(n), "container")[0]["tags"]
        sizes.append(memory_kb(suite.pid("taggerd"), "VmHWM"))
    assert sizes[-1] < 128 << 10, sizes
    assert sizes[-1] < sizes[9] * 1.1, sizes


def test_reloads_without_end(make_suite, closing):
    """No snapshot loses a tag to a reload, and nothing grows."""
    server = closing(ecs.Server(ecs.agent_pages(*tasks(100))))
    suite, collectord, watcher = make_trio(make_suite, closing, server)
    full(collectord, 100)
    want = sorted(c["tags"] for c in of(watcher.wait(1), "container"))
    assert all(len(tags) > 5 for tags in want)
    pid, sizes = suite.pid("taggerd"), []
    for n in range(2, 42):
        for _ in range(10):
            suite.hup("taggerd")
            time.sleep(0.002)
        full(collectord, 100)
        got = watcher.wait(n)
        assert sorted(c["tags"] for c in of(got, "container")) == want
        sizes.append((fd_count(pid), memory_kb(pid)))
    assert suite.log("taggerd").count("configuration read again") > 100
    suite.assert_alive()
    assert max(s[0] for s in sizes) < sizes[0][0] + 64, sizes
    assert sizes[-1][1] < sizes[9][1] + 2048, sizes
    closing(Viewer(suite)).wait_status("taggerd", lambda s: any(
        x["state"].startswith("ok: cluster") for x in s["sources"]))


def test_taggerd_killed_in_a_snapshot(make_suite, closing):
    """The next one starts from nothing, and its first snapshot has all."""
    server = closing(ecs.Server(ecs.agent_pages(*tasks(100))))
    suite, collectord, watcher = make_trio(make_suite, closing, server)
    for _ in range(3):
        collectord.snapshot(containers=range(100), end=False)
        suite.kill("taggerd")
        suite.start("taggerd")
        collectord = closing(Collectord(suite))
        watcher = closing(Watcher(suite))
        full(collectord, 100)
        got = watcher.wait(1)
        assert all("task_name:web" in c["tags"]
                   for c in of(got, "container"))


def test_collectord_killed_in_a_snapshot(make_suite, closing):
    """Halves are forgotten, wherever they end."""
    server = closing(ecs.Server(ecs.agent_pages(*tasks(100))))
    suite, collectord, watcher = make_trio(make_suite, closing, server)
    whole = Recorder()
    full(whole, 100)
    for n, at in enumerate(range(0, len(whole.data), 1499), 1):
        collectord.send(whole.data[:at])
        collectord.close()
        collectord = closing(Collectord(suite))
        full(collectord, 100)
        got = watcher.wait(n)
        assert len(got) == 202
    suite.assert_alive()


def test_viewer_killed_in_a_snapshot(make_suite, closing):
    server = closing(ecs.Server(ecs.agent_pages(*tasks(1000))))
    suite, collectord, watcher = make_trio(make_suite, closing, server)
    for n in range(1, 11):
        gone = Peer(suite.socket_path("view.sock"))
        gone.hello()
        full(collectord, 1000)
        gone.receive(5)
        gone.close()
        assert len(watcher.wait(n)) == 2002
    suite.assert_alive()
