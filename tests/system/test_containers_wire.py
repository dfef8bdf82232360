# SPDX-License-Identifier: ISC
"""Containers on their way to the intake: which messages they make, who rides
with whom, and what the headers say. The snapshots are made up; a real
shipperd takes them from a made-up taggerd."""

import contextlib
import socket

import pytest

from frames import HELLO, Peer, frame
from intake import (TYPE_CONTAINER, TYPE_CONTAINER_REALTIME, TYPE_PROC,
                    TYPE_REALTIME)
from made import FULL, REALTIME, container, process, snapshot
from suite import HOSTNAME, USERS, wait_until

ALL, CONTAINERS = 0, 1  # enum snapshot_scope
FARGATE_EKS = 2
HOST = frame("host", hostname=HOSTNAME, total_memory=1 << 30,
             container_host=FARGATE_EKS,
             cpus=[{"number": 0}, {"number": 1}])


@pytest.fixture
def feed(make_suite, intake):
    """A shipperd, and the way to give it messages as taggerd does."""
    peers = []

    def start(limit=100, **main):
        suite = make_suite({"api_key": "k", **main},
                           {"endpoint": intake.url(), "proc_limit": limit})
        suite.start("shipperd")

        def connect():
            with contextlib.suppress(FileNotFoundError,
                                     ConnectionRefusedError,
                                     PermissionError):  # not ours yet
                return Peer(suite.socket_path("ship.sock"),
                            USERS["taggerd"])

        peers.append(wait_until(connect, 10, "ship.sock"))
        peers[-1].send(HELLO + HOST)
        return peers[-1]

    yield start
    for peer in peers:
        peer.close()


def cid(number):
    return f"{number:064x}"


def check_group(chunks, limit):
    """What must hold for every group."""
    assert {p.message.groupSize for p in chunks} == {len(chunks)}
    assert len({p.message.groupId for p in chunks}) == 1
    for p in chunks:
        assert p.message.containerHostType == FARGATE_EKS
        assert p.headers["X-Dd-ContainerCount"] == str(len(p.containers))
        assert len(p.containers) <= limit
        assert len(p.data) <= 1 << 20


@pytest.mark.parametrize("limit", [1, 7, 100])
def test_processes_ride_with_their_container(feed, intake, limit):
    counts = [0, 1, 5, 7, 3, 100, 0, 20, 1, 101]
    containers = [container(cid(i), tags=[f"n:{i}"])
                  for i in range(len(counts))]
    processes = [process(1000 * i + k, cid(i))
                 for k in range(max(counts)) for i, n in enumerate(counts)
                 if k < n]
    processes += [process(100000 + i) for i in range(30)]
    processes += [process(200000, cid(77))]  # of a container nobody knows
    feed(limit).send(snapshot(containers=containers, processes=processes))
    chunks = intake.wait_scans(1)[0]
    check_group(chunks, limit)
    assert all(len(p.items) <= limit for p in chunks)

    got = [c.id for p in chunks for c in p.containers]
    assert sorted(got) == [cid(i) for i in range(len(counts))]
    pids = [q.pid for p in chunks for q in p.items]
    assert sorted(pids) == sorted(q["stat"]["pid"] for q in processes)
    for i, n in enumerate(counts):
        home = next(k for k, p in enumerate(chunks)
                    if cid(i) in {c.id for c in p.containers})
        rooms = [k for k, p in enumerate(chunks) for q in p.items
                 if q.containerId == cid(i)]
        if n <= limit:
            assert set(rooms) <= {home}, f"{n} processes"
        else:  # the first part with it, the rest in the next messages
            assert rooms.count(home) == limit
            assert set(rooms) == set(range(home, home - (-n // limit)))


def test_as_few_messages_as_without_containers(feed, intake):
    peer = feed(10)
    peer.send(snapshot(processes=[process(i + 1) for i in range(95)]))
    peer.send(snapshot(
        scan=2, containers=[container(cid(i)) for i in range(5)],
        processes=[process(i + 1, cid(i % 5)) for i in range(25)]
        + [process(i + 100) for i in range(70)]))
    for chunks in intake.wait_scans(2):
        check_group(chunks, 10)
        assert len(chunks) == 10


def test_bytes_bound_a_message(feed, intake):
    tags = ["x" * 199 for _ in range(64)]
    containers = [container(cid(i), tags=tags) for i in range(100)]
    feed().send(snapshot(containers=containers))
    chunks = intake.wait_scans(1)[0]
    check_group(chunks, 100)
    assert len(chunks) == 2
    assert sum(len(p.containers) for p in chunks) == 100


FIELDS = {"total_pct": 1.5, "user_pct": 2.5, "system_pct": 3.5,
          "cpu_usage_ns": 4.5, "cpu_limit": 5.5, "cpu_request": 6.5,
          "mem_rss": 7, "mem_cache": 8, "mem_usage": 9, "mem_accounted": 10,
          "mem_limit": 11, "mem_request": 12, "read_bytes_rate": 13.5,
          "write_bytes_rate": 14.5, "net_received": 15.5, "net_sent": 16.5,
          "net_received_bytes": 17.5, "net_sent_bytes": 18.5,
          "started": 1700000000, "threads": 20, "thread_limit": 21,
          "health": 3}
WIRE = {"totalPct": 1.5, "userPct": 2.5, "systemPct": 3.5, "cpuUsageNs": 4.5,
        "cpuLimit": 5.5, "cpuRequest": 6.5, "memRss": 7, "memCache": 8,
        "memUsage": 9, "memAccounted": 10, "memoryRequest": 12, "rbps": 13.5,
        "wbps": 14.5, "netRcvdPs": 15.5, "netSentPs": 16.5,
        "netRcvdBps": 17.5, "netSentBps": 18.5, "started": 1700000000,
        "threadCount": 20, "threadLimit": 21, "state": 3, "health": 3}


def check_fields(got, **more):
    want = {**WIRE, **more}
    assert {k: getattr(got, k) for k in want} == want


def full_container():
    return container(cid(1), type="docker", created=1600000000, name="web",
                     image="nginx", repo_digest="sha256:1",
                     addresses=[{"ip": "10.0.0.1", "port": 53,
                                 "protocol": 1}],
                     tags=["a:b", "c:d"], **FIELDS)


def check_container(got):
    check_fields(got, id=cid(1), type="docker", created=1600000000,
                 repoDigest="sha256:1", memoryLimit=11)
    assert list(got.tags) == ["a:b", "c:d"]
    assert [(a.ip, a.port, a.protocol) for a in got.addresses] == [
        ("10.0.0.1", 53, 1)]


def test_every_field(feed, intake):
    feed().send(snapshot(containers=[full_container()]))
    p = intake.wait()[0]
    assert p.path == "/api/v1/collector"
    check_container(p.message.containers[0])


def test_containers_alone(feed, intake):
    peer = feed(2)
    peer.send(snapshot(scope=CONTAINERS, containers=[
        full_container(), container(cid(2)), container(cid(3))]))
    chunks = intake.wait_scans(1, TYPE_CONTAINER)[0]
    check_group(chunks, 2)
    assert [len(p.containers) for p in chunks] == [2, 1]
    assert {p.path for p in chunks} == {"/api/v1/container"}
    assert chunks[0].message.hostName == HOSTNAME
    assert len(chunks[0].message.info.cpus) == 2
    check_container(chunks[0].message.containers[0])


def realtime_feed(feed, intake, scope):
    """A shipperd whose intake wants real time."""
    intake.active = 1
    peer = feed()
    first = TYPE_CONTAINER if scope == CONTAINERS else TYPE_PROC
    peer.send(snapshot(scope=scope, containers=[container(cid(1))]))
    intake.wait(1, first)
    while peer.receive(10)[0] != "realtime":
        pass
    return peer


@pytest.mark.parametrize("scope,type,path", [
    (ALL, TYPE_REALTIME, "/api/v1/collector"),
    (CONTAINERS, TYPE_CONTAINER_REALTIME, "/api/v1/container")])
def test_real_time(feed, intake, scope, type, path):
    peer = realtime_feed(feed, intake, scope)
    stats = [] if scope == CONTAINERS else [
        process(5, cid(1))["stat"], process(6)["stat"]]
    # A whole container for the viewers goes with one that is new.
    peer.send(snapshot(
        REALTIME, 2, scope=scope, containers=[full_container()],
        container_stats=[{"id": cid(1), "state": 3, **FIELDS},
                         {"id": cid(2)}], stats=stats))
    p = intake.wait(1, type)[0]
    check_group([p], 100)
    assert p.path == path
    assert p.message.numCpus == 2
    assert p.message.totalMemory == 1 << 30
    check_fields(p.containers[0], id=cid(1), memLimit=11)
    assert [c.id for c in p.containers] == [cid(1), cid(2)]
    if scope == ALL:
        assert [(s.pid, s.containerId) for s in p.message.stats] == [
            (5, cid(1)), (6, "")]


@pytest.mark.parametrize("scope", [ALL, CONTAINERS])
def test_nothing_is_sent_for_nothing(feed, intake, scope):
    peer = feed()
    peer.send(snapshot(scope=scope))
    peer.send(snapshot(scan=2, scope=scope, containers=[container(cid(1))]))
    wait_until(lambda: intake.posts, 10, "the second snapshot")
    assert intake.posts == 1
    assert len(intake.payloads[0].containers) == 1
    assert intake.bad == []


def test_gauge_counts_containers(feed):
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(25)
    feed(dogstatsd_port=sock.getsockname()[1]).send(snapshot(
        containers=[container(cid(i)) for i in range(3)],
        processes=[process(1)]))
    text = sock.recv(4096).decode()
    while "containers.host_count" not in text:
        text = sock.recv(4096).decode()
    assert "datadog.process.containers.host_count:3|g" in text
    assert "datadog.process.processes.host_count:1|g" in text
