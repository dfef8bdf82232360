# SPDX-License-Identifier: ISC
"""Docker's events that stop, flood or lie, and the death of the broker that
they come through: taggerd says so, goes on tagging, and recovers."""

import json
import os
import signal
import time

import pytest

from engine import container
from hostile import CHUNKED, GOOD, hang, raw, reply
from made import ID
from suite import wait_until


def test_events(make_trio, engine):
    """Bytes that are no events, and then one that is."""
    trio = make_trio()
    trio.wait_state("ok: .*1 container$")
    lists = engine.asked.count(("list", ""))
    engine.send_events(b"[" * 100000 + b"\n" + b"{}\n\n\0\xff\n")
    engine.event("start", "../../" + "a" * 58)
    engine.event("start", 5)
    engine.event("exec_start", ID % 3)
    for _ in range(33):  # one that is too long: a list has to tell
        engine.send_events(b"x" * 65536)
    engine.send_events(b"\n")
    wait_until(lambda: engine.asked.count(("list", "")) == lists + 1, 5,
               "a list in place of the event")
    engine.containers[ID % 2] = container(name="new")
    engine.event("start", ID % 2)
    trio.wait_state("ok: .*2 containers$")
    assert engine.inspected == [ID % 2]
    engine.event("die", ID % 2)
    trio.wait_state("ok: .*1 container$")
    assert trio.snapshot(2)[0][ID % 2]["name"] == "new", "for its last report"


def test_many_events(make_trio, engine):
    """More of them than headers may have bytes: their stream goes on."""
    trio = make_trio()
    trio.wait_state("ok: .*1 container$")
    for _ in range(5000):
        engine.event("exec_start", GOOD)
    engine.containers[ID % 2] = container(name="new")
    engine.event("start", ID % 2)
    trio.wait_state("ok: .*2 containers$")
    assert len(engine.streams) == 1


def test_event_flood(make_trio, engine):
    """As fast as it can: snapshots go on, questions are bounded."""
    trio = make_trio()
    trio.wait_state("ok: .*1 container$")
    flood = b"".join(
        json.dumps({"Type": "container", "Action": "start",
                    "Actor": {"ID": ID % n}}).encode() + b"\n"
        for n in range(100, 20100))
    engine.send_events(flood)
    got, took = trio.snapshot(1)
    assert got[GOOD]["name"] == "good"
    trio.wait_state("ok: .*1 container$", 20)


def test_event_stream_stops(make_trio, engine):
    """Docker is up without it, lists more often, and subscribes again."""
    trio = make_trio(container_cache_duration="1")
    trio.wait_state("ok: .*1 container$")
    engine.end_events()
    wait_until(lambda: len(engine.streams) == 2, 5, "another stream")
    engine.containers[ID % 2] = container(name="new")
    engine.event("start", ID % 2)
    trio.wait_state("ok: .*2 containers$")
    # One that ends each time it begins is not asked for without end.
    engine.instead["events"] = raw(CHUNKED)
    engine.end_events()
    before = len(engine.asked)
    trio.wait_state("ok: .*2 containers, without events$")
    time.sleep(2)
    assert len(engine.asked) - before < 20
    assert "WARNING Docker" not in trio.suite.log("taggerd")


@pytest.mark.parametrize("answer", [
    hang, reply(b"", b"HTTP/1.1 403 Forbidden\r\n"), raw()])
def test_no_events(make_trio, engine, answer):
    engine.instead["events"] = answer
    trio = make_trio(container_cache_duration="1")
    trio.wait_state("ok: .*1 container, without events$")
    engine.containers[ID % 2] = container(name="new")
    trio.wait_state("ok: .*2 containers, without events$")


def test_broker_killed(make_trio, engine):
    """In the midst of an answer, too: the next one goes on."""
    trio = make_trio()
    trio.wait_state("ok: .*1 container$")
    engine.hang.set()
    trio.snapshot(2)
    engine.hang.clear()
    _, broker = trio.suite.keeper_and_broker()
    os.kill(broker, signal.SIGKILL)
    wait_until(lambda: "the Docker broker was ended by signal 9"
               in trio.suite.log("taggerd"), 5, "the log to say so")
    engine.containers[ID % 3] = container(name="third")
    assert trio.snapshot(3)[0][ID % 3]["name"] == "third"
    trio.wait_state("ok: .*2 containers")
    assert trio.suite.keeper_and_broker()[1] != broker


def test_broker_stopped(make_trio, engine):
    """Stands still: no answer in time, and it is well again afterwards."""
    trio = make_trio()
    trio.wait_state("ok: .*1 container$")
    _, broker = trio.suite.keeper_and_broker()
    os.kill(broker, signal.SIGSTOP)
    trio.suite.hup("taggerd")  # it meets Docker anew
    trio.wait_state("failing: .*its version: no whole answer in time")
    assert trio.snapshot(1)[0][GOOD]["name"] == "good"
    os.kill(broker, signal.SIGCONT)
    trio.wait_state("ok: .*1 container$")


def test_keeper_killed(make_trio, engine):
    trio = make_trio()
    trio.wait_state("ok: .*1 container$")
    keeper, broker = trio.suite.keeper_and_broker()
    os.kill(keeper, signal.SIGKILL)
    trio.wait_state("failing: .*the broker is gone")
    assert "only a restart brings them back" in trio.suite.log("taggerd")
    wait_until(lambda: not os.path.exists(f"/proc/{broker}"), 5,
               "the broker to end with its keeper")
    assert trio.snapshot(1)[0][GOOD]["name"] == "good"
