# SPDX-License-Identifier: ISC
"""Containers that a source knows: which are left out, how the tags are
called, and how long a snapshot waits for what is new. taggerd between a
collectord and a Docker Engine of our own making."""

import json
import time

import pytest

from engine import container
from frames import Viewer
from suite import wait_until
from test_tagging import FULL, ID, REALTIME, Collectord, Watcher, of

POD = {"io.kubernetes.container.name": "POD",
       "io.kubernetes.pod.uid": "aa-bb"}


@pytest.fixture
def make_trio(make_suite, engine):
    """A taggerd that has asked the engine already, its two peers."""
    made = []

    def make(process=None):
        suite = make_suite(
            None, {"process_interval": "10", **(process or {})},
            {"DOCKER_SOCKET_PATH": engine.path,
             "DD_PROCESS_AGENT_CONTAINER_SOURCE": "docker"}).start("taggerd")
        made.append(Collectord(suite))
        made.append(Watcher(suite))
        made.append(Viewer(suite))
        made[-1].wait_status(
            "taggerd",
            lambda s: any(x["name"].lower().startswith("docker")
                          and x["state"].startswith("ok")
                          for x in s["sources"]),
            what="Docker to be known")
        return suite, made[-3], made[-2]

    yield make
    for peer in made:
        peer.close()


def names(snapshot):
    return sorted(c.get("name", "?") for c in of(snapshot, "container"))


def timed(collectord, watcher, **what):
    """Sends a snapshot; returns it and the seconds that it took."""
    count = len(watcher.snapshots) + 1
    start = time.monotonic()
    collectord.snapshot(**what)
    got = watcher.wait(count)
    return got, watcher.at[count - 1] - start


def test_tagged_and_named(make_trio, engine):
    engine.containers = {ID % 1: container("quay.io:443/org/app:1.2", "app")}
    suite, collectord, watcher = make_trio()
    collectord.snapshot(containers=[1])
    got = of(watcher.wait(1), "container")[0]
    assert (got["name"], got["image"]) == ("app", "quay.io:443/org/app:1.2")
    assert sorted(got["tags"]) == sorted([
        "container_id:" + ID % 1, "container_name:app",
        "container_image:quay.io:443/org/app:1.2",
        "image_name:quay.io:443/org/app", "short_image:app",
        "image_tag:1.2"])
    for names_of, want in (("agent", {"docker_image"}),
                           ("both", {"docker_image", "container_image"})):
        suite.write_config(process={"tag_names": names_of})
        before = suite.log("taggerd").count("configuration read again")
        suite.hup("taggerd")
        wait_until(lambda: suite.log("taggerd").count(
            "configuration read again") > before, 5, "the reload")
        count = len(watcher.snapshots) + 1
        collectord.snapshot(containers=[1])
        tags = of(watcher.wait(count), "container")[0]["tags"]
        got = {t.split(":")[0] for t in tags if t.endswith("app:1.2")}
        assert got == want, f"tag_names {names_of}: {tags}"


# what: (lists, names of the containers that stay)
LISTS = {
    "nothing": ({}, ["cache", "web"]),
    "an image": ({"container_blacklist": "image:^redis"}, ["web"]),
    "a name": ({"container_blacklist": "name:^we"}, ["cache"]),
    "all but": ({"container_blacklist": "name:.*",
                 "container_whitelist": "image:^nginx"}, ["web"]),
    "the pause container as well": ({"container_whitelist": "name:POD"},
                                    ["POD", "cache", "web"]),
    "a namespace that is not known": (
        {"container_blacklist": "kube_namespace:.*"}, ["cache", "web"]),
}


@pytest.mark.parametrize("what", LISTS)
def test_lists(make_trio, engine, what):
    lists, want = LISTS[what]
    engine.containers = {ID % 1: container(),
                         ID % 2: container("redis:7", "cache"),
                         ID % 3: container("pause:3.9", "POD", POD)}
    suite, collectord, watcher = make_trio(lists)
    collectord.snapshot(
        containers=[1, 2, 3],
        processes=[{"stat": {"pid": n, "container_id": ID % n}}
                   for n in (1, 2, 3, 1)])
    got = watcher.wait(1)
    assert names(got) == want
    assert got[0][1].get("containers", 0) == len(want)
    assert got[0][1]["processes"] == 4
    status = json.loads(suite.ddproc("status", "--json", check=False).stdout)
    assert (status["taggerd"]["containers"], status["taggerd"]["excluded"]
            ) == (len(want), 3 - len(want))
    ids = {c["stat"]["id"] for c in of(got, "container")}
    for process in of(got, "process"):
        stat = process["stat"]
        wanted = ID % stat["pid"] if ID % stat["pid"] in ids else None
        assert stat.get("container_id") == wanted, stat

    collectord.snapshot(
        REALTIME, container_stats=[{"id": ID % n} for n in (1, 2, 3)],
        stats=[{"pid": n, "container_id": ID % n} for n in (1, 2, 3)])
    got = watcher.wait(2)
    assert got[0][1].get("container_stats", 0) == len(want)
    assert {s["id"] for s in of(got, "container_stat")} == ids
    assert {s.get("container_id") for s in of(got, "process_stat")} - {
        None} == ids


def test_lists_are_read_again(make_trio, engine):
    engine.containers = {ID % 1: container(),
                         ID % 2: container("redis:7", "cache")}
    suite, collectord, watcher = make_trio()
    collectord.snapshot(containers=[1, 2])
    assert names(watcher.wait(1)) == ["cache", "web"]
    suite.write_config(process={"container_blacklist": "name:cache"})
    suite.hup("taggerd")
    wait_until(lambda: "configuration read again" in suite.log("taggerd"),
               5, "the reload")
    collectord.snapshot(containers=[1, 2])
    assert names(watcher.wait(2)) == ["web"]


def test_new_ones_are_waited_for(make_trio, engine):
    """Tagged in the first snapshot that shows them, all in one wait."""
    suite, collectord, watcher = make_trio()
    engine.containers = {ID % n: container(name=f"web-{n}")
                         for n in range(1, 51)}
    engine.delay = 0.05
    got, took = timed(collectord, watcher, containers=range(1, 51),
                      processes=[{"stat": {"pid": 1}}])
    assert names(got) == sorted(f"web-{n}" for n in range(1, 51))
    assert 0.05 <= took < 1.0, f"took {took:.2f} s"
    assert len(engine.inspected) == 50
    # Known by now: no question and no wait.
    got, took = timed(collectord, watcher, containers=range(1, 51))
    assert took < 0.2, f"took {took:.2f} s"
    assert len(engine.inspected) == 50


@pytest.mark.parametrize("interval, most", [("10", 1.0), ("1", 0.5)])
def test_a_hanging_source(make_trio, engine, interval, most):
    """Costs its time once for each new container, and no more."""
    suite, collectord, watcher = make_trio({"process_interval": interval})
    engine.hang.set()
    got, took = timed(collectord, watcher, containers=[1, 2])
    assert names(got) == ["?", "?"]
    assert most * 0.9 <= took < most + 0.4, f"took {took:.2f} s"
    got, took = timed(collectord, watcher, containers=[1, 2])
    assert names(got) == ["?", "?"]
    assert took < 0.3, f"took {took:.2f} s"
    got, took = timed(collectord, watcher, containers=[1, 2, 3])
    assert most * 0.9 <= took < most + 0.4, f"took {took:.2f} s"
    suite.assert_alive()


def test_what_no_source_knows(make_trio, engine):
    """An answer that it is not there ends the wait, too."""
    suite, collectord, watcher = make_trio()
    got, took = timed(collectord, watcher, containers=[1])
    assert names(got) == ["?"]
    assert took < 0.9, f"took {took:.2f} s"


def test_snapshots_behind_a_wait(make_trio, engine):
    """What comes meanwhile waits its turn, nothing is lost or mixed."""
    suite, collectord, watcher = make_trio()
    engine.hang.set()
    collectord.snapshot(containers=[1], processes=[{"stat": {"pid": 1}}])
    collectord.snapshot(containers=[1], processes=[{"stat": {"pid": 2}}])
    collectord.snapshot(REALTIME, stats=[{"pid": 3}])
    watcher.wait(3)
    assert [s[0][1]["scan"] for s in watcher.snapshots] == [1, 2, 3]
    assert [p["stat"]["pid"] for s in watcher.snapshots[:2]
            for p in of(s, "process")] == [1, 2]
    assert watcher.at[0] <= watcher.at[1] <= watcher.at[2]


def test_collectord_goes_during_a_wait(make_trio, engine):
    suite, collectord, watcher = make_trio()
    engine.hang.set()
    collectord.snapshot(containers=[1], end=False)
    time.sleep(0.2)
    collectord.close()
    again = Collectord(suite)
    again.snapshot(FULL, processes=[{"stat": {"pid": 9}}])
    got = watcher.wait(1)
    assert of(got, "container") == []
    assert of(got, "process")[0]["stat"]["pid"] == 9
    again.close()
    suite.assert_alive()
