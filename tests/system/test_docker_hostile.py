# SPDX-License-Identifier: ISC
"""A Docker Engine that answers what none should: taggerd says what is wrong
with it, tags what it can, holds nothing up and stays small."""

import json
import re
import time

import pytest

from engine import container
from hostile import CHUNKED, GOOD, OK, endless, hang, raw, reply
from made import ID

MIB = 1 << 20

# what answers with the list: (how, what status says)
LISTS = {
    "nothing": (raw(), "the connection ended without an answer"),
    "no HTTP": (raw(b"\x16\x03\x01\x02\0"), "no HTTP|ended"),
    "half a head": (raw(OK), "the connection ended within the answer"),
    "half a body": (raw(OK + b"Content-Length: 99\r\n\r\n[{"),
                    "the connection ended within the answer"),
    "half a chunk": (raw(CHUNKED + b"9\r\n[{"),
                     "the connection ended within the answer"),
    "a chunk without size": (raw(CHUNKED + b"zz\r\n[]\r\n"), "chunk"),
    "two lengths": (raw(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n"
                        b"\r\n[]"), "Content-Length|length"),
    "half a list": (reply(b'[{"Id": "'), "list of containers: not JSON"),
    "no list": (reply(b'{"message": "no"}'), "not a list"),
    "two lists": (reply(b"[][]"), "more than one JSON value"),
    "unclosed depth": (reply(b"[" * 100000), "list of containers: not JSON"),
    "a redirect": (reply(b"", b"HTTP/1.1 301 Moved\r\n"
                         b"Location: http://127.0.0.1/\r\n"), "status 301"),
    "an error": (reply(b"", b"HTTP/1.1 500 Oops\r\n"), "status 500"),
    "endless headers": (endless(OK, b"x: " + b"y" * 1000 + b"\r\n"),
                        "the headers are too long"),
    "endless body": (endless(OK + b"\r\n[", b" " * 65536),
                     "the answer is too long"),
    "endless chunks": (endless(CHUNKED, b"10000\r\n" + b" " * 65536
                               + b"\r\n"), "the answer is too long"),
    "a string of 100 MB": (reply(b'["' + b"x" * (100 * MIB) + b'"]'),
                           "the answer is too long"),
    "a drip": (endless(OK + b"\r\n[", b" ", 0.1),
               "no whole answer in time"),
}


@pytest.mark.parametrize("what", LISTS)
def test_list(make_trio, engine, what):
    answer, why = LISTS[what]
    engine.instead["list"] = answer
    trio = make_trio()
    state = trio.wait_state("failing: .*the list of containers: ")
    assert re.search(why, state), state
    # Nobody stalls, and nobody is tagged, until it answers as it should.
    del engine.instead["list"]
    got, _ = trio.snapshot(5)
    assert got[ID % 5]["tags"] == [f"container_id:{ID % 5}"]
    trio.wait_state("ok: Docker 99.0, API 1.43, 1 container$")
    assert trio.snapshot(1)[0][GOOD]["name"] == "good"
    log = trio.suite.log("taggerd")
    assert log.count("WARNING Docker: ") == 1, "said once"
    assert "Docker: %s answers again" % engine.path in log


VERSIONS = {
    "no JSON": (reply(b"<html>"), "not JSON"),
    "no version": (reply(b'{"ApiVersion": 1.43}'), "no ApiVersion"),
    "a path": (reply(b'{"ApiVersion": "1.43/../../x"}'), "no ApiVersion"),
    "a long one": (reply(b'{"ApiVersion": "' + b"1" * 70000 + b'"}'),
                   "no ApiVersion"),
    "depth": (reply(b'{"a":' + b"[" * 100000 + b"]" * 100000 + b"}"),
              "nested too deep"),
    "2 MB": (reply(b" " * (2 * MIB) + b"{}"), "the answer is too long"),
    "silence": (hang, "no whole answer in time"),
}


@pytest.mark.parametrize("what", VERSIONS)
def test_version(make_trio, engine, what):
    answer, why = VERSIONS[what]
    engine.instead["version"] = answer
    trio = make_trio()
    trio.wait_state(f"failing: {engine.path}: its version: .*{why}")
    assert {what for what, _ in engine.asked} == {"version"}
    trio.snapshot(1)


def test_a_name_for_terminals(make_trio, engine):
    engine.instead["version"] = reply(json.dumps({
        "ApiVersion": "1.43", "Version": "9\x1b[31m\n" + "9" * 65536,
        "Components": [{"Name": 7}, [], None]}).encode())
    trio = make_trio()
    trio.wait_state("ok")
    status = trio.suite.ddproc("status", check=False).stdout
    line, = [li for li in status.splitlines() if b"Docker 9" in li]
    assert b"Docker 9?[31m?999" in line
    assert len(line) < 200


def item(number, **fields):
    """A container of a list, as JSON text; those of fields win."""
    return json.dumps({"Id": ID % number, "Names": ["/c"], "Image": "i:1",
                       "State": "running", **fields})


UNREADABLE = {
    "depth": '{"Labels": %s%s}' % ("[" * 100000, "]" * 100000),
    "a long string": item(10, Command="x" * (2 * MIB)),
    "many values": item(11, Mounts=[0] * 70000),
    "a lone surrogate": item(12, Image=r"\ud800").replace("\\\\", "\\"),
    "no UTF-8": item(13, Image="\\xff"),
    "a path": item(14, Id="../../../etc/passwd" + "a" * 45),
    "capitals": item(15, Id="A" * 64),
    "short": item(16, Id="a" * 63),
    "long": item(17, Id="a" * 65),
    "a number": item(18, Id=18),
    "no object": "[]",
}


def test_unreadable_items(make_trio, engine):
    """Each costs itself."""
    text = "[%s, %s, null]" % (json.dumps(engine.summary(GOOD)),
                               ",".join(UNREADABLE.values()))
    body = text.encode().replace(b"\\\\xff", b"\xff")
    engine.instead["list"] = reply(body)
    trio = make_trio()
    trio.wait_state(f"ok: Docker 99.0, API 1.43, 1 container, "
                    f"{len(UNREADABLE)} unreadable$")
    assert trio.snapshot(1)[0][GOOD]["name"] == "good"


def test_odd_items(make_trio, engine):
    """Of the wrong type is not there, what is too long is cut, and of two
    the last counts."""
    numbers = item(20, Names=[1, 2], Image=3, State=4, Status=5, Labels=6,
                   Ports="7", Created="8", NetworkSettings=[9])
    double = item(21)[:-1] + ', "Image": "last:1"}'
    long = item(22, Names=["/" + "n" * 65536], Image="m" * 65536,
                Labels={"io.kubernetes.pod.name": "p" * 65536})
    nul = item(23, Names=["/a\0b\x1b[31m"])
    ports = item(24, Ports=[{"IP": "1.2.3.4", "PublicPort": n, "Type": "tcp"}
                            for n in range(5000)])
    engine.instead["list"] = reply(
        ("[%s]" % ",".join((numbers, double, long, nul, ports))).encode())
    trio = make_trio()
    trio.wait_state("ok: .*, 5 containers$")
    got, _ = trio.snapshot(20, 21, 22, 23, 24)
    assert got[ID % 20]["tags"] == [f"container_id:{ID % 20}"]
    assert "name" not in got[ID % 20] and "image" not in got[ID % 20]
    assert got[ID % 21]["image"] == "last:1"
    assert got[ID % 22]["name"] == "n" * 256
    assert got[ID % 22]["image"] == "m" * 512
    assert max(len(t) for t in got[ID % 22]["tags"]) == 200
    assert not set("\0\x1b") & set(got[ID % 23]["name"])
    assert len(got[ID % 24]["addresses"]) == 32


def test_more_than_there_can_be(make_trio, engine):
    """A list of 100,000: those that fit are kept."""
    engine.instead["list"] = reply(
        ("[%s]" % ",".join(item(n) for n in range(100000))).encode())
    trio = make_trio()
    trio.wait_state("ok: .*, 16384 containers$")
    assert trio.snapshot(1)[0][ID % 1]["name"] == "c"


INSPECTS = {
    2: raw(),
    3: raw(OK + b"Content-Length: 99\r\n\r\n{"),
    4: reply(b"<html>"),
    5: reply(b'{"a":' + b"[" * 100000 + b"]" * 100000 + b"}"),
    6: endless(OK + b"\r\n{", b" " * 65536),
    7: reply(json.dumps({"Id": GOOD, "Name": "/other"}).encode()),
    8: reply(b"", b"HTTP/1.1 500 Oops\r\n"),
}


def test_inspect(make_trio, engine):
    """One container costs itself: Docker stays up, the others are tagged,
    and the next list may know it."""
    trio = make_trio(container_cache_duration="1")
    trio.wait_state("ok: .*1 container$")
    engine.instead["inspect"] = lambda handler, ident: (
        INSPECTS[int(ident, 16)](handler, ident))
    got, _ = trio.snapshot(1, *INSPECTS)
    assert got[GOOD]["name"] == "good"
    for n in INSPECTS:
        assert got[ID % n]["tags"] == [f"container_id:{ID % n}"]
    trio.wait_state(f"ok: .*, {len(INSPECTS)} unreadable$")
    for n in INSPECTS:
        engine.containers[ID % n] = container(name=f"late-{n}")
    trio.wait_state(f"ok: .*, {1 + len(INSPECTS)} containers$")
    got, took = trio.snapshot(1, *INSPECTS)
    assert {got[ID % n]["name"] for n in INSPECTS} == {
        f"late-{n}" for n in INSPECTS}
    assert took < 0.3
    assert "WARNING Docker" not in trio.suite.log("taggerd")


def test_inspect_hangs(make_trio, engine):
    """Docker does so with one container at times, and `docker info` may take
    long; nothing else has to wait for either."""
    engine.instead.update(inspect=hang, info=hang)
    trio = make_trio()
    trio.wait_state("ok: .*1 container$")
    got, took = trio.snapshot(1, 2)
    assert got[GOOD]["name"] == "good"
    assert took > 0.9, "all the time that there is"
    assert trio.snapshot(1, 2)[1] < 0.3, "once"
    trio.wait_state("ok: .*1 container, 1 unreadable$")
    assert "WARNING Docker" not in trio.suite.log("taggerd")


def test_images_without_end(make_trio, engine):
    """Each time it is asked, the container has another image."""
    trio = make_trio()
    trio.wait_state("ok")
    count = iter(range(1, 1 << 20))

    def inspect(handler, ident):
        image = "sha256:" + ID % next(count)
        handler.reply({"Id": ident, "Name": "/x", "Image": image,
                       "Config": {"Image": image}})

    engine.instead["inspect"] = inspect
    got, took = trio.snapshot(2)
    assert got[ID % 2]["name"] == "x"
    assert took < 0.5
    time.sleep(0.3)
    assert [w for w, _ in engine.asked[-3:]] == ["inspect", "image",
                                                 "inspect"]
    assert next(count) == 3, "asked twice about it, no more"
