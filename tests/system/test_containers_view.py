# SPDX-License-Identifier: ISC
"""Containers in ddproc: what a made-up taggerd serves is what it prints, and
no byte of it reaches a terminal unescaped."""

import json
import time

import pytest

from frames import COLLECTORD, TAGGERD, frame
from made import REALTIME, ViewSocket, container, process, snapshot
from suite import HOSTNAME, Suite

WEB, DB, EVIL, LOST = (c * 64 for c in "abcd")
HOSTILE = b"evil\x1b[31mred\x07\x9b1m\xff\n\xe2\x80\xaeback".decode(
    errors="surrogateescape")
SHOWN = r"evil\x1b[31mred\a"

CONTAINERS = [
    container(WEB, type="docker", name="web-1", image="nginx:1.25",
              total_pct=12.5, cpu_limit=150.0, mem_rss=64 << 20,
              mem_limit=1 << 30, net_received_bytes=2048.0,
              net_sent_bytes=1.0, read_bytes_rate=0.0,
              write_bytes_rate=302.0 * 1024, threads=3, health=2,
              started=int(time.time()) - 7200, tags=["namespace:web"],
              addresses=[{"ip": "10.0.0.1", "port": 80}]),
    container(DB, name="db", image="postgres", total_pct=50.0, state=4,
              health=3, host_network=True, hidden=2 | 4,
              tags=["namespace:db"]),
    container(EVIL, name=HOSTILE, image=HOSTILE, tags=[HOSTILE]),
]
PROCESSES = [
    process(11, WEB, args=["nginx", "-g"], comm="nginx", tags=["user:www"]),
    process(12, WEB, args=["nginx worker"], comm="nginx"),
    process(21, DB, args=["postgres"], comm="postgres"),
    process(31, EVIL, args=["sh"], comm="sh"),
    process(41, LOST, args=["lost"], comm="lost"),
    process(51, args=["alone"], comm="alone"),
]
MESSAGES = (
    frame("host", hostname=HOSTNAME, tags=["site:lab"])
    + frame("status", daemon=COLLECTORD, up=True, scan=1, processes=6,
            containers=3, cgroup="v2 at /sys/fs/cgroup",
            skipped={"containers": 2},
            hidden=[{"field": "memory", "containers": 1, "reason": "no"}])
    + frame("status", daemon=TAGGERD, up=True, containers=3, excluded=1,
            sources=[{"name": "docker", "state": "ok, 3 containers"},
                     {"name": "kubelet", "state": "absent"}])
    + snapshot(containers=CONTAINERS, processes=PROCESSES)
    # Real time: the web server moves, the rest is as it was.
    + snapshot(REALTIME, 2,
               container_stats=[{**CONTAINERS[0]["stat"], "total_pct": 99.0}]
               + [c["stat"] for c in CONTAINERS[1:]],
               stats=[p["stat"] for p in PROCESSES]))


@pytest.fixture(scope="module")
def view(programs):
    suite = Suite()
    socket = ViewSocket(suite, MESSAGES)
    yield suite
    socket.close()
    suite.stop()


def check(view, what):
    return json.loads(view.ddproc("check", what).stdout)


def test_check_container(view):
    got = check(view, "container")
    assert got["kind"] == "full" and "processes" not in got
    assert [c["id"] for c in got["containers"]] == [WEB, DB, EVIL]
    web, db, evil = got["containers"]
    want = {"type": "docker", "name": "web-1", "image": "nginx:1.25",
            "cpu_limit": 150.0, "state": 3, "state_name": "running",
            "health_name": "healthy", "mem_limit": 1 << 30, "threads": 3,
            "tags": ["namespace:web", "site:lab"], "hidden_names": [],
            "addresses": [{"ip": "10.0.0.1", "port": 80, "protocol": 0}]}
    assert {k: web[k] for k in want} == want
    assert (db["state_name"], db["health_name"]) == ("paused", "unhealthy")
    assert db["mem_rss"] is None and db["write_bytes_rate"] is None
    assert db["hidden_names"] == ["memory", "io"]
    assert db["total_pct"] == 50.0
    assert evil["name"].startswith("evil\x1b[31mred\x07\ufffd1m\ufffd\n")


def test_check_container_is_ascii(view):
    text = view.ddproc("check", "container").stdout
    assert all(b == 10 or 32 <= b < 127 for b in text)


def test_check_process_has_both(view):
    got = check(view, "process")
    assert len(got["containers"]) == 3
    tags = {p["pid"]: p["tags"] for p in got["processes"]}
    assert tags[11] == ["user:www", "namespace:web", "site:lab"]
    assert tags[51] == tags[41] == ["site:lab"]


def test_containers(view):
    text = view.ddproc("containers").stdout.decode()
    lines = text.splitlines()
    assert lines[0].split() == [
        "ID", "NAME", "IMAGE", "STATE", "HEALTH", "CPU%/LIM", "RSS/LIM",
        "NET", "IN/OUT", "READ/WRITE", "AGE", "TAGS"]
    rows = [line.split() for line in lines[1:]]
    # Real time has come, or not yet: the web server is first or second.
    assert {r[0] for r in rows} == {WEB[:12], DB[:12], EVIL[:12]}
    db = next(r for r in rows if r[1] == "db")
    assert db[2:] == ["postgres", "paused", "unhealthy", "50.0/-", "-",
                      "host", "-", "-", "namespace:db"]
    assert all(c == "\n" or c.isprintable() for c in text)
    assert SHOWN in text


def names(view, *args, code=0):
    done = view.ddproc("containers", *args, check=False)
    assert done.returncode == code, done.stderr
    return [line.split()[1] for line in
            done.stdout.decode().splitlines()[1:]]


def test_containers_words_and_order(view):
    assert names(view, "NGINX", "namespace:web") == ["web-1"]
    assert names(view, "site:lab", "-s", code=1) == []
    assert names(view, "-s", "name", "namespace:") == ["db", "web-1"]
    assert names(view, "-s", "rss")[-1] == "db"
    assert names(view, WEB[:20]) == ["web-1"]
    assert names(view, "nothing-like-it", code=1) == []


def test_containers_wrong_use(view):
    done = view.ddproc("containers", "-s", "pid", check=False)
    assert (done.returncode, done.stdout) == (64, b"")
    assert b"usage: ddproc containers" in done.stderr


def found(view, *words):
    lines = view.ddproc("search", *words,
                        check=False).stdout.decode().splitlines()[1:]
    return {int(line.split()[0]) for line in lines}


@pytest.mark.parametrize("words,want", [
    (["nginx", "namespace:web"], {11, 12}), (["web-1"], {11, 12}),
    (["postgres", "namespace:web"], set()), (["nginx:1.25", "worker"], {12}),
    ([DB[:16]], {21}), (["namespace:"], {11, 12, 21})], ids=str)
def test_search_finds_by_container(view, words, want):
    assert found(view, *words) == want


def test_processes_show_their_container(view):
    text = view.ddproc("top", "-b", "-n", "1").stdout.decode()
    rows = {line.split()[0]: line.split() for line in text.splitlines()
            if line.strip()[:1].isdigit() and len(line.split()) > 10}
    cells = {pid: row[10] for pid, row in rows.items()}
    assert cells["11"] == "web-1"
    assert cells["21"] == "db"
    assert cells["41"] == LOST[:12]
    assert cells["51"] == "-"
    assert all(c == "\n" or c.isprintable() for c in text)


def test_status(view):
    text = view.ddproc("status", check=False).stdout.decode()
    for want in ("number 1: 6 processes, 3 containers,",
                 "cgroups       v2 at /sys/fs/cgroup",
                 "2 containers ended while read",
                 "hidden        memory of 1 container: no",
                 "containers    3, and 1 excluded",
                 "tag source    docker: ok, 3 containers",
                 "tag source    kubelet: absent"):
        assert want in text, f"no {want!r} in:\n{text}"
