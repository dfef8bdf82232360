# SPDX-License-Identifier: ISC
"""taggerd between a collectord of our own making and a viewer: what becomes
of containers on their way, and what is refused."""

import pytest

from frames import Viewer, frame
from made import FULL, ID, REALTIME, RUNNING, Collectord, Watcher, of
from suite import schema_limit, wait_until


@pytest.fixture
def make_pair(make_suite):
    """A taggerd that only we talk to."""
    made = []

    def make(main=None, process=None, env=None):
        suite = make_suite(main, process, env).start("taggerd")
        made.append(Collectord(suite))
        made.append(Watcher(suite))
        return suite, made[-2], made[-1]

    yield make
    for peer in made:
        peer.close()


def test_a_container_that_nobody_knows(make_pair):
    suite, collectord, watcher = make_pair()
    collectord.snapshot(
        containers=[{"stat": {"id": ID % 1, "state": RUNNING,
                              "health": 2, "cpu_request": 5.0},
                     "type": "docker", "name": "forged", "image": "forged",
                     "tags": ["forged:tag"]}],
        processes=[{"stat": {"pid": 1, "container_id": ID % 1}}])
    got = watcher.wait(1)
    assert [name for name, _ in got] == [
        "snapshot_begin", "container", "process", "snapshot_end"]
    assert got[0][1]["containers"] == 1
    container = got[1][1]
    assert container["tags"] == ["container_id:" + ID % 1]
    assert container["stat"] == {"id": ID % 1, "state": RUNNING}
    assert "name" not in container and "image" not in container
    assert got[2][1]["stat"]["container_id"] == ID % 1


def test_real_time(make_pair):
    suite, collectord, watcher = make_pair()
    collectord.snapshot(
        REALTIME, containers=[2],
        container_stats=[{"id": ID % n, "mem_rss": n} for n in (1, 2)],
        stats=[{"pid": 1, "container_id": ID % 2}])
    got = watcher.wait(1)
    assert [name for name, _ in got] == [
        "snapshot_begin", "container", "container_stat", "container_stat",
        "process_stat", "snapshot_end"]
    assert (got[0][1]["containers"], got[0][1]["container_stats"],
            got[0][1]["stats"]) == (1, 2, 1)
    assert of(got, "container_stat")[1] == {"id": ID % 2, "mem_rss": 2}


def test_host_tags(make_pair):
    suite, collectord, watcher = make_pair(
        {"tags": "env:test, role:db"}, {"send_host_tags": "yes"})
    collectord.snapshot(containers=[1])
    assert of(watcher.wait(1), "container")[0]["tags"] == [
        "container_id:" + ID % 1, "env:test", "role:db"]
    suite.write_config(process={"send_host_tags": "no"})
    suite.hup("taggerd")
    wait_until(lambda: "configuration read again" in suite.log("taggerd"),
               5, "the reload")
    collectord.snapshot(containers=[1])
    assert of(watcher.wait(2), "container")[0]["tags"] == [
        "container_id:" + ID % 1]


def test_many(make_pair):
    """As many as there may be, each with its processes' share."""
    most = schema_limit("LIMIT_CONTAINERS")
    suite, collectord, watcher = make_pair()
    collectord.snapshot(containers=range(most),
                        processes=[{"stat": {"pid": 1}}])
    got = watcher.wait(1, 30)
    assert got[0][1]["containers"] == most
    assert len(of(got, "container")) == most


# what: arguments of a snapshot that no honest collectord sends
WRONG = {
    "an id with a space": {"containers": [{"stat": {"id": "a b"}}]},
    "an id that moves the cursor": {"containers": [{"stat": {
        "id": "\x1b[2J"}}]},
    "no id": {"containers": [{"stat": {"state": 3}}]},
    "a state there is not": {"containers": [{"stat": {
        "id": "a", "state": 7}}]},
    "not a number": {"containers": [{"stat": {
        "id": "a", "total_pct": float("nan")}}]},
    "less than nothing": {"containers": [{"stat": {
        "id": "a", "net_sent": -1.0}}]},
    "a pod of control bytes": {"containers": [{
        "stat": {"id": "a"}, "pod_uid": "\n"}]},
    "a process in an id of control bytes": {"processes": [{
        "stat": {"pid": 1, "container_id": "a\x1b[2J"}}]},
    "a stat in a full snapshot": {"container_stats": [{"id": "a"}]},
}


@pytest.mark.parametrize("what", WRONG)
def test_refused(make_pair, what):
    suite, collectord, watcher = make_pair()
    viewer = Viewer(suite)
    collectord.snapshot(**WRONG[what])
    assert collectord.wait_closed(5), f"{what}: still connected"
    viewer.wait_status(
        "taggerd", lambda s: [p for p in s["peers"]
                              if p["name"] == "collectord"
                              and p.get("refused")],
        what="one refusal")
    suite.assert_alive()
    again = Collectord(suite)
    again.snapshot(containers=[1])
    assert len(of(watcher.wait(1), "container")) == 1
    again.close()
    viewer.close()


def test_a_container_behind_a_process(make_pair):
    suite, collectord, watcher = make_pair()
    collectord.send(
        frame("snapshot_begin", kind=FULL, scan=1, containers=1,
              processes=1) +
        frame("process", stat={"pid": 1}) +
        frame("container", stat={"id": "a"}))
    assert collectord.wait_closed(5)
