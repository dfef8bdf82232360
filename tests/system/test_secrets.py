# SPDX-License-Identifier: ISC
"""Canaries in place of API key, proxy user and proxy password, and where they
must not sing."""

import base64
import json
import time
from urllib.parse import quote

import pytest

from frames import Viewer
from intake import Reply
from proxies import Stunnel
from sockets import Relay, Scripted, Sniffer, free_port
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


@pytest.mark.parametrize("by", ("file", "environment"))
def test_secrets_are_said_to_nobody(make_suite, ca, intakes, by):
    """The canaries stand in for API key, proxy user and proxy password. The
    intake refuses what comes, and quotes the key."""
    key, user = f"c4nary-key-{by}", "c4nary+user"
    password = "c4nary pass/2"
    proxy = Scripted()
    quoting = intakes["https"]
    quoting.answer = lambda p: (
        Reply(200, quoting.res_collector(message=f"bad key {key}"))
        if p.headers["X-Dd-APIKey"] == key else None)
    relay = Relay(proxy.port)
    secrets = {"api_key": f"{key},{key},{key}", "proxy_user": user,
               "proxy_password": password}
    env = {"DD_API_KEY": secrets["api_key"], "PROXY_USER": user,
           "PROXY_PASSWORD": password}
    suite = make_suite(
        {"proxy_host": f"http://127.0.0.1:{relay.port}", "log_level": "debug",
         **(secrets if by == "file" else {})},
        {"endpoint": f"{quoting.url()},https://unknown.invalid,"
                     f"https://127.0.0.1:{free_port()}",
         "ca_file": ca[0]}, env if by == "environment" else None).start()
    wait_until(lambda: any(p.headers["X-Dd-APIKey"] == key
                           for p in quoting.got()), 15,
               "a payload with the key")
    time.sleep(1)  # for the failures to be said as well
    login = base64.b64encode(f"{user}:{password}".encode())
    assert login in relay.up  # the canary sings
    for where, text in everything_said(suite).items():
        for what in (key.encode(), user.encode(), password.encode(), login,
                     quote(password, safe="").encode()):
            assert what not in text, f"{what!r} in the {where}: {text!r}"
    assert key.encode() not in relay.up + relay.down
    assert password.encode() not in relay.up + relay.down
    relay.close()
    proxy.close()


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
