# SPDX-License-Identifier: ISC
"""Canaries in place of API key, proxy user and proxy password, and where they
must not sing."""

import base64
import json
import os
import signal
from urllib.parse import quote

import pytest

from engine import container
from frames import Viewer
from intake import Reply
from made import ID
from proxies import Stunnel
from sockets import Relay, Scripted, Sniffer, free_port
from strace import Strace
from suite import DAEMONS, IS_ROOT, read_file, wait_until


def everything_said(suite):
    """All that the suite shows of itself to anybody."""
    said = {f"log of {n}": suite.log(n).encode() for n in DAEMONS}
    said["status"] = suite.ddproc("status").stdout
    said["status in JSON"] = suite.ddproc("status", "--json").stdout
    said["diagnosis"] = suite.ddproc("diagnose", check=False).stdout
    said["view.sock"] = json.dumps(
        Viewer(suite).wait_status("shipperd", lambda s: True),
        default=repr).encode()
    said["shipperd -t"] = suite.trial().stdout.encode()
    for name in DAEMONS:
        for file in "cmdline", "environ":
            said[f"{file} of {name}"] = read_file(
                f"/proc/{suite.pid(name)}/{file}", "rb")
    return said


class Canaries:
    """A suite with secrets, from its file or its environment, behind a proxy
    that wants them. Of three endpoints one refuses what comes and quotes the
    key, the others cannot be reached."""

    def __init__(self, make_suite, ca, quoting, by, env=None):
        self.key, self.user = f"c4nary-key-{by}", "c4nary+user"
        self.password = "c4nary pass/2"
        self.login = f"{self.user}:{self.password}"
        self.quoting = quoting
        self.proxy = Scripted()
        self.relay = Relay(self.proxy.port)
        quoting.answer = self._refuse
        keys = ",".join([self.key] * 3)
        main, env = {}, dict(env or {})
        if by == "file":
            main = {"api_key": keys, "proxy_user": self.user,
                    "proxy_password": self.password}
        else:
            env.update(DD_API_KEY=keys, PROXY_USER=self.user,
                       PROXY_PASSWORD=self.password)
        self.suite = make_suite(
            {"proxy_host": f"http://127.0.0.1:{self.relay.port}",
             "log_level": "debug", **main},
            {"endpoint": f"{quoting.url()},https://unknown.invalid,"
                         f"https://127.0.0.1:{free_port()}",
             "ca_file": ca[0]}, env)

    def _refuse(self, payload):
        if payload.headers["X-Dd-APIKey"] != self.key:
            return None
        return Reply(200, self.quoting.res_collector(
            message=f"bad key {self.key}"))

    def refused(self):
        return [p for p in self.quoting.got()
                if p.headers["X-Dd-APIKey"] == self.key]

    def wait_failures(self):
        """Until every endpoint's failure is known to all daemons."""
        wait_until(self.refused, 15, "a payload with the key")
        viewer = Viewer(self.suite)
        viewer.wait_status("shipperd", lambda status: all(
            e.get("last_error") for e in status.get("endpoints", [{}])))
        viewer.close()
        assert base64.b64encode(self.login.encode()) in self.relay.up

    def close(self):
        self.relay.close()
        self.proxy.close()
        self.quoting.answer = None


@pytest.fixture(params=("file", "environment"))
def make_canaries(request, make_suite, ca, intakes):
    made = []

    def make(env=None):
        made.append(Canaries(make_suite, ca, intakes["https"], request.param,
                             env))
        return made[-1]

    yield make
    for one in made:
        one.close()


def test_secrets_are_said_to_nobody(make_canaries):
    canaries = make_canaries()
    canaries.suite.start()
    canaries.wait_failures()
    login = base64.b64encode(canaries.login.encode())
    for where, text in everything_said(canaries.suite).items():
        for what in (canaries.key.encode(), canaries.user.encode(),
                     canaries.password.encode(), login,
                     quote(canaries.password, safe="").encode()):
            assert what not in text, f"{what!r} in the {where}: {text!r}"
    passed = canaries.relay.up + canaries.relay.down
    assert canaries.key.encode() not in passed
    assert canaries.password.encode() not in passed


def forms(secret):
    """What of a secret would be seen, however it was packed."""
    raw = secret.encode()
    percent = "".join(f"%{byte:02x}" for byte in raw)
    out = [raw, raw.hex().encode(), raw.hex().upper().encode(),
           quote(secret, safe="").encode(), percent.encode(),
           percent.upper().encode()]
    for before in range(3):  # bytes, so that it starts within a letter
        first = -(-before * 8 // 6)
        last = (before + len(raw)) * 8 // 6
        letters = base64.b64encode(bytes(before) + raw)[first:last]
        out += [letters, letters.replace(b"+", b"-").replace(b"/", b"_")]
    return out


def is_in(secret, data):
    return any(form in data for form in forms(secret))


PACKED = {
    "as it is": lambda s: s,
    "hex": lambda s: f"x{s}".encode().hex(),
    "HEX": lambda s: s.encode().hex().upper(),
    "percent": lambda s: quote(s, safe=""),
    "base64": lambda s: base64.b64encode(s.encode()).decode(),
    "base64 1": lambda s: base64.b64encode(f"4{s}=".encode()).decode(),
    "base64 2": lambda s: base64.urlsafe_b64encode(
        f"4:{s}==".encode()).decode(),
}


@pytest.mark.skipif(not IS_ROOT, reason="needs root, to trace what drops it")
def test_no_secret_on_unix_sockets(make_canaries, engine, children):
    """Of all that the daemons, the keeper and the broker pass on to each
    other, to a viewer and to Docker. What is known to pass is seen: words of
    a process, packed in all ways, and a container's name."""
    words = {how: f"c0ntrol ~?>{how}" for how in PACKED}
    child = children.spawn(argv=["child"] + [PACKED[how](word) for how, word
                                             in words.items()])
    engine.containers = {ID % 1: container(name="c0ntrol-container")}
    canaries = make_canaries(env={
        "DOCKER_SOCKET_PATH": engine.path,
        "DD_PROCESS_AGENT_CONTAINER_SOURCE": "docker"})
    suite = canaries.suite
    strace = Strace(os.path.join(suite.dir, "strace"))
    for name in DAEMONS:
        suite.start_as(name, *strace.prefix(name))
    canaries.wait_failures()
    wait_until(lambda: any(q.pid == child.pid for p in canaries.refused()
                           for q in p.items), 15, "the child")
    broker = suite.keeper_and_broker()[1]
    everything_said(suite)
    for name in reversed(DAEMONS):
        suite.kill(name, signal.SIGTERM)
    streams = strace.streams()

    def seen(call, ending=None, pid=None):
        return b"".join(
            data for (_, of, where, how), data in streams.items()
            if how == call and pid in (None, of)
            and (ending is None or where.endswith(ending)))

    for how, word in words.items():
        for file, call in (("collect.sock", "readv"), ("ship.sock", "readv"),
                           ("view.sock", "writev")):
            assert is_in(word, seen(call, file)), f"no {how} on {file}"
    for call in "recvfrom", "sendto":  # from Docker and to taggerd
        assert b"c0ntrol-container" in seen(call, pid=broker)
    assert canaries.quoting.url().encode() in seen("writev", "ship.sock")
    for where, data in streams.items():
        for secret in (canaries.key, canaries.user, canaries.password,
                       canaries.login):
            assert not is_in(secret, data), f"{secret} on {where}: {data}"


@pytest.mark.alone
@pytest.mark.skipif(not IS_ROOT, reason="needs root, to read all of lo")
def test_no_secret_in_plaintext(make_suite, ca, intakes, all_certs):
    """Of everything on the loopback interface, while a payload goes through
    an https proxy; what goes in the clear behind that one's TLS is not
    shipperd's."""
    key, user, password = "c4nary-wire-key", "c4nary-wire", "c4nary wire/3"
    proxy = Scripted()
    tls = Stunnel(all_certs, proxy.port)
    sniffer = Sniffer(skip=[proxy.port])
    make_suite({"api_key": key, "proxy_host": f"https://127.0.0.1:{tls.port}",
                "proxy_user": user, "proxy_password": password},
               {"endpoint": intakes["https"].url(), "ca_file": ca[0]}).start()
    wait_until(lambda: len([p for p in intakes["https"].got()
                            if p.headers["X-Dd-APIKey"] == key]) >= 2, 15,
               "payloads with the key")
    sniffer.close()
    login = base64.b64encode(f"{user}:{password}".encode())
    assert any(login in head for head in proxy.heads)  # the canary sings
    tls.close()
    proxy.close()
    assert len(sniffer.bytes) > 5000  # and somebody listens
    for what in (key.encode(), user.encode(), password.encode(), login):
        assert what not in sniffer.bytes, what
