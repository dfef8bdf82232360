# SPDX-License-Identifier: ISC
"""Proxies that fail: each in its own way, with its own reason in log and
status, and never with a direct connection."""

import base64
import time

import pytest

from frames import Viewer
from intake import Intake, make_cert
from sockets import (Relay, Scripted, ScriptedSocks, drip, free_port, reset,
                     stall)
from suite import Suite, wait_until

USER, PASSWORD = "user", "s3cret"


def say(data, then=lambda sock: None):
    def behave(sock, host, port):
        sock.sendall(data)
        then(sock)
    return behave


def flood(sock, host, port):
    sock.sendall(b"HTTP/1.1 200 OK\r\n")
    for _ in range(1 << 16):
        sock.sendall(b"X-More: " + b"x" * 500 + b"\r\n")


def late(sock):
    time.sleep(0.3)
    sock.sendall(b"hello, who is there?\r\n")
    stall(sock)


def answer_hello(sock):
    sock.recv(65536)
    sock.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")


OK = b"HTTP/1.1 200 OK\r\n\r\n"
TIMED_OUT = "no whole answer in time"
BAD_HTTP = {
    "s407": (say(b"HTTP/1.1 407 x\r\n\r\n"),
             "it wants a user and a password (status 407)"),
    "s403": (say(b"HTTP/1.1 403 x\r\n\r\n"),
             "it forbids the connection to the endpoint (status 403)"),
    "s502": (say(b"HTTP/1.1 502 x\r\n\r\n"),
             "it cannot reach the endpoint (status 502)"),
    "s302": (say(b"HTTP/1.1 302 x\r\nLocation: /\r\n\r\n"),
             "it makes no connection (status 302)"),
    "s101": (say(b"HTTP/1.1 101 x\r\n\r\n"),
             "the answer has an impossible status"),
    "banner": (say(b"SSH-2.0-OpenSSH_9.2\r\n"), "the answer is not HTTP/1"),
    "behind": (say(OK + b"hello"), "it sends bytes behind its answer"),
    "flood": (flood, "the headers are too long"),
    "drip": (lambda s, *_: drip(s, OK[:-2] + b"X: y" * 9), TIMED_OUT),
    "stall": (lambda s, *_: stall(s), TIMED_OUT),
    "closed": (say(b""), "the connection was closed"),
    "cut": (say(OK[:-3]), "the connection was closed"),
    "reset": (lambda s, *_: reset(s), "the connection broke: "
              "Connection reset by peer"),
    "notls": (say(OK, stall), "the TLS handshake timed out"),
    "plain": (say(OK, answer_hello), "wrong version number"),
    "late": (say(OK, late), "wrong version number"),
}
GRANTED = b"\x05\x00\x00\x01\0\0\0\0\0\0"
CANNOT = "it cannot connect to the endpoint: "
BAD_SOCKS = {
    "failure": (say(b"\x05\x01\x00\x01\0\0\0\0\0\0"),
                CANNOT + "general failure"),
    "forbidden": (say(b"\x05\x02\x00\x01\0\0\0\0\0\0"),
                  "it forbids the connection to the endpoint"),
    "refused": (say(b"\x05\x05\x00\x01\0\0\0\0\0\0"),
                CANNOT + "connection refused"),
    "short": (say(b"\x05\x04"), CANNOT + "host unreachable"),
    "nine": (say(b"\x05\x09\x00\x01\0\0\0\0\0\0"),
             "it cannot connect to the endpoint, and does not say why"),
    "type": (say(b"\x05\x00\x00\x07\0\0\0\0\0\0"),
             "its answer has an unknown type of address"),
    "http": (say(b"HTTP/1.1 400\r\n\r\n"), "its answer is not SOCKS5"),
    "behind": (say(GRANTED + b"hello"), "it sends bytes behind its answer"),
    "cut": (say(GRANTED[:7]), "the connection was closed"),
    "stall": (lambda s, *_: stall(s), "it does not connect in time"),
    "drip": (lambda s, *_: drip(s, GRANTED, 2), "it does not connect in "
             "time"),
    "plain": (say(GRANTED, answer_hello), "wrong version number"),
}


class Failing:
    """A suite whose endpoints all fail, each in its own way."""

    def __init__(self, scheme, proxy, cases, ca):
        self.proxy, self.cases = proxy, cases
        self.text = f"{scheme}://127.0.0.1:{proxy.port}"
        self.suite = Suite(
            {"api_key": ",".join(f"k{i}" for i in range(len(cases))),
             "proxy_host": self.text},
            {"endpoint": ",".join(f"https://{c}.test" for c in cases),
             "ca_file": ca[0]}).start()

    def errors(self):
        """case: the last error in the status, when all have one."""
        status = Viewer(self.suite).wait_status("shipperd", lambda s: all(
            e.get("last_error") for e in s.get("endpoints", [{}])),
            timeout=30)
        assert not any(e.get("delivered") for e in status["endpoints"])
        return {e["url"][8:-5]: e["last_error"] for e in status["endpoints"]}

    def close(self):
        self.suite.stop()
        self.proxy.close()


@pytest.fixture(scope="module")
def failing(programs, ca):
    made = {}
    for scheme, cls, cases in (("http", Scripted, BAD_HTTP),
                               ("socks5", ScriptedSocks, BAD_SOCKS)):
        proxy = cls(behave={f"{c}.test": b for c, (b, _) in cases.items()})
        made[scheme] = Failing(scheme, proxy, cases, ca)
    yield made
    for one in made.values():
        one.close()


@pytest.mark.parametrize("scheme", ("http", "socks5"))
def test_bad_proxy(failing, scheme):
    """Each has its reason in the status and in the log."""
    one = failing[scheme]
    errors, log = one.errors(), one.suite.log("shipperd")
    for case, (_, why) in one.cases.items():
        got = errors[case]
        assert why in got, f"{case}: got {got!r}, want {why!r}"
        assert f"https://{case}.test: {got}" in log, log
        # whose fault it is: TLS is with the endpoint already
        blamed = got.startswith(f"proxy {one.text}: ")
        assert blamed == (case not in ("notls", "plain", "late")), got
    one.suite.assert_alive()


@pytest.mark.parametrize("method,login,user,why", [
    (b"\x05\xff", b"", None, "it wants a user and a password"),
    (b"\x05\xff", b"", USER, "it takes no user and password"),
    (b"\x05\x02", b"", None, "an authentication that we did not offer"),
    (b"\x05\x01", b"", USER, "an authentication that we did not offer"),
    (b"\x04\x5a", b"", None, "it does not speak SOCKS5"),
    (b"HTTP/1.1 400\r\n", b"", None, "it does not speak SOCKS5"),
    (b"\x05\x02", b"\x01\x01", USER, "it refuses the user or the password"),
    (b"\x05\x02", b"\x05\x00", USER, "is not SOCKS5"),
])
def test_bad_socks_method(make_trial, method, login, user, why):
    socks = ScriptedSocks(method=method, login=login)
    keys = {"proxy_host": f"socks5://127.0.0.1:{socks.port}"}
    if user:
        keys.update(proxy_user=user, proxy_password=PASSWORD)
    got = make_trial(keys, "https://a.test")
    socks.close()
    assert got.returncode == 1 and why in got.stdout, got.stdout
    assert socks.asked == []


UNREACHABLE = {
    "nobody listens": ("http://127.0.0.1:{closed}",
                       "cannot connect: Connection refused", "connect"),
    "no such name": ("http://no-such-host.invalid:3128",
                     "cannot look up no-such-host.invalid", "name"),
    "no TLS there": ("https://127.0.0.1:{plain}",
                     "wrong version number", "proxy"),
    "another's certificate": ("https://[::1]:{other}",
                              "certificate refused: IP address mismatch",
                              "proxy"),
}


@pytest.mark.parametrize("case", UNREACHABLE)
def test_never_a_direct_connection(make_trial, proto, workdir, ca, case):
    """The intake would answer, if only somebody came."""
    where, why, step = UNREACHABLE[case]
    cert = make_cert(workdir, ca, "here", "IP:127.0.0.1")
    intake, plain = Intake(proto, cert), Intake(proto)
    other = Relay(intake.port, "::1")
    got = make_trial(
        {"proxy_host": where.format(closed=free_port(), plain=plain.port,
                                    other=other.port),
         "proxy_user": USER, "proxy_password": PASSWORD}, intake.url())
    assert got.returncode == 1, got.stdout
    assert f"  {step:9} FAILED: proxy " in got.stdout, got.stdout
    assert why in got.stdout, got.stdout
    direct = intake.connections - other.connections
    for one in (intake, plain, other):
        one.close()
    assert direct == 0 and intake.trials == []
    assert base64.b64encode(f"{USER}:{PASSWORD}".encode()) not in other.up


def test_a_proxy_that_comes_back(make_suite, ca, intakes):
    """Nothing is lost meanwhile; a new proxy is taken up on SIGHUP."""
    closed = free_port()
    proxy = Scripted()
    suite = make_suite({"api_key": "k-back",
                        "proxy_host": f"http://127.0.0.1:{closed}"},
                       {"endpoint": intakes["https"].url(),
                        "ca_file": ca[0]}).start()
    viewer = Viewer(suite)
    viewer.wait_status("shipperd", lambda s: "refused" in
                       s["endpoints"][0].get("last_error", ""))
    since = intakes["https"].mark()
    suite.write_config({"proxy_host": f"http://127.0.0.1:{proxy.port}"})
    suite.hup("shipperd")
    wait_until(lambda: [p for p in intakes["https"].got(since=since)
                        if p.headers["X-Dd-APIKey"] == "k-back"], 8,
               "a payload through the new proxy")
    proxy.close()
