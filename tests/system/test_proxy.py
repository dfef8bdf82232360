# SPDX-License-Identifier: ISC
"""The way through a proxy: every kind of proxy with every kind of endpoint
and login, names and addresses, and who names the proxy."""

import base64
from urllib.parse import quote

import pytest

from frames import Viewer
from proxies import Dante, Squid, Stunnel, Tinyproxy, can_mount
from sockets import Relay, Scripted, ScriptedSocks
from suite import Suite, wait_until

USER, PASSWORD = "user", "s3cret"

# name: scheme, wants a login, how it is made of (certificate, name: port of
# those before it)
PROXIES = {
    "squid": ("http", False, lambda cert, at: Squid()),
    "squid-login": ("http", True, lambda cert, at: Squid(USER, PASSWORD)),
    "tinyproxy": ("http", False, lambda cert, at: Tinyproxy()),
    "tinyproxy-login": ("http", True,
                        lambda cert, at: Tinyproxy(USER, PASSWORD)),
    "stunnel": ("https", False, lambda cert, at: Stunnel(cert, at["squid"])),
    "stunnel-login": ("https", True,
                      lambda cert, at: Stunnel(cert, at["squid-login"])),
    "dante": ("socks5", False, lambda cert, at: Dante()),
    "dante-login": ("socks5", True, lambda cert, at: Dante(USER, PASSWORD)),
}
LOGINS = {"no": None, "right": (USER, PASSWORD), "wrong": (USER, "wr0ng")}
ENDPOINTS = ("https address", "https name", "http")


@pytest.fixture(scope="module")
def proxies(all_certs):
    """name: a relay in front of the proxy."""
    made, ports = {}, {}
    for name, (_, _, make) in PROXIES.items():
        if name == "dante-login" and not can_mount():
            continue
        proxy = make(all_certs, ports)
        ports[name] = proxy.port
        made[name] = Relay(proxy.port), proxy
    yield {name: relay for name, (relay, _) in made.items()}
    for pair in made.values():
        for one in pair:
            one.close()


def proxy_keys(name, port, login):
    """The keys of [Main] that name the proxy."""
    keys = {"proxy_host": f"{PROXIES[name][0]}://127.0.0.1",
            "proxy_port": port}
    if login:
        keys["proxy_user"], keys["proxy_password"] = login
    return keys


def endpoint_url(intakes, kind):
    if kind == "http":
        return intakes["http"].url()
    return intakes["https"].url("localhost" if kind.endswith("name")
                                else "127.0.0.1")


def want_failure(name, kind, login):
    """What a trial must say, or None when it must succeed."""
    scheme, wants_login, _ = PROXIES[name]
    if not wants_login or login == "right":
        return None
    if kind == "http" and scheme != "socks5":
        if name.startswith("tinyproxy") and login == "wrong":  # says 401
            return "the API key, or the proxy's user or password, is refused"
        return "the proxy wants another user or password"
    if login == "no":
        return "it wants a user and a password"
    return "it refuses the user or the password"


@pytest.mark.parametrize("name", PROXIES)
def test_every_endpoint_and_login(make_trial, proxies, intakes, name):
    if name not in proxies:
        pytest.skip("needs root, to give dante a user of its own")
    relay = proxies[name]
    for kind in ENDPOINTS:
        for login, pair in LOGINS.items():
            before = relay.connections
            intake = intakes[kind.split()[0]]
            trials = len(intake.trials)
            got = make_trial(proxy_keys(name, relay.port, pair),
                             endpoint_url(intakes, kind),
                             keys=f"k-{name}")
            case = f"{kind}, {login} login: {got.stdout}{got.stderr}"
            why = want_failure(name, kind, login)
            assert got.returncode == (0 if why is None else 1), case
            assert relay.connections == before + 1, case
            assert len(intake.trials) == trials + (why is None), case
            assert f"ok, 127.0.0.1 port {relay.port}" in got.stdout, case
            if why:
                assert "FAILED: " in got.stdout, case
                assert why in got.stdout, case
                continue
            headers = intake.trials[-1]
            assert headers["X-Dd-APIKey"] == f"k-{name}"
            # tinyproxy passes on the login that it did not ask for
            if name != "tinyproxy":
                assert headers["Proxy-Authorization"] is None


@pytest.fixture(scope="module")
def delivering(programs, proxies, intakes, ca):
    """One running suite for each proxy, with an https and an http
    endpoint."""
    suites = {}
    for name, relay in proxies.items():
        login = LOGINS["right"] if PROXIES[name][1] else None
        suites[name] = Suite(
            {"api_key": f"{name}-s,{name}-p",
             **proxy_keys(name, relay.port, login)},
            {"endpoint": f"{intakes['https'].url('localhost')},"
                         f"{intakes['http'].url()}",
             "ca_file": ca[0], "allow_plaintext_endpoint": "yes"}).start()
    yield suites
    for suite in suites.values():
        suite.stop()


@pytest.mark.parametrize("name", PROXIES)
def test_delivery(delivering, proxies, intakes, name):
    if name not in delivering:
        pytest.skip("needs root, to give dante a user of its own")
    for scheme, key in ("https", f"{name}-s"), ("http", f"{name}-p"):
        def mine():
            return [p for p in intakes[scheme].got()
                    if p.headers["X-Dd-APIKey"] == key]
        wait_until(lambda: len(mine()) >= 4, 20,
                   f"four payloads of {key} by {name}")
        assert all(p.message.processes for p in mine())
        assert mine()[0].headers["Proxy-Authorization"] is None
    viewer = Viewer(delivering[name])
    status = viewer.wait_status("shipperd", lambda s: s.get("endpoints") and
                                all(e.get("delivered", 0) >= 4
                                    for e in s["endpoints"]))
    for endpoint in status["endpoints"]:
        assert endpoint["proxy"] == (f"{PROXIES[name][0]}://127.0.0.1:"
                                     f"{proxies[name].port}")
        assert "last_error" not in endpoint
    said = delivering[name].ddproc("status").stdout.decode()
    assert said.count(f" through {PROXIES[name][0]}://127.0.0.1:") == 2, said
    said = delivering[name].ddproc("diagnose").stdout.decode()
    assert said.count("  key       ok") == 2, said
    assert "FAILED" not in said


def test_the_key_is_seen_by_the_intake_alone(delivering, proxies, intakes):
    """What went over the wire to each proxy, in this module so far."""
    for name, relay in proxies.items():
        wait_until(lambda: any(p.headers["X-Dd-APIKey"] == f"{name}-s"
                               for p in intakes["https"].got()), 20,
                   f"a payload by {name}")
        assert f"{name}-s".encode() not in relay.up, name
        login = base64.b64encode(f"{USER}:{PASSWORD}".encode())
        if PROXIES[name][0] == "https":
            assert b"CONNECT" not in relay.up, name
            assert f"{name}-p".encode() not in relay.up, name
            assert login not in relay.up, name
        elif PROXIES[name][0] == "http":
            assert b"CONNECT localhost:" in relay.up, name
        else:
            assert b"\x09localhost" in relay.up, name


def test_large_payloads(make_suite, all_certs, intakes, large_processes, ca):
    """A mebibyte, by TLS within TLS."""
    proxy = Scripted()
    tls = Stunnel(all_certs, proxy.port)
    intake = intakes["https"]
    make_suite({"api_key": "k-large",
                "proxy_host": f"https://127.0.0.1:{tls.port}"},
               {"endpoint": intake.url(), "ca_file": ca[0],
                "wire_encoding": "protobuf"}).start()

    def large():
        return [p for p in intake.got() if len(p.body) > 500000
                and p.headers["X-Dd-APIKey"] == "k-large"]

    wait_until(lambda: len(large()) >= 4, 20, "four large payloads")
    tls.close()
    proxy.close()
    assert intake.bad == []


@pytest.mark.parametrize("make", (Scripted, ScriptedSocks))
def test_names_are_the_proxys_to_resolve(make_trial, intakes, make):
    proxy = make({"only.proxy.test": intakes["https"].port})
    scheme = "http" if make is Scripted else "socks5"
    got = make_trial({"proxy_host": f"{scheme}://localhost:{proxy.port}"},
                     "https://only.proxy.test")
    proxy.close()
    assert got.returncode == 0, got.stdout
    assert intakes["https"].server_names[-1] == "only.proxy.test"


def test_ipv6_literals(make_trial, intakes):
    proxy = Scripted({"[::1]": intakes["https"].port}, host="::1")
    for keys in ({"proxy_host": f"http://[::1]:{proxy.port}"},
                 {"proxy_host": "::1", "proxy_port": proxy.port}):
        got = make_trial(keys, "https://[::1]:8443")
        assert got.returncode == 0, got.stdout
        assert f"ok, ::1 port {proxy.port}" in got.stdout
    assert proxy.heads[-1].startswith(b"CONNECT [::1]:8443 HTTP/1.1\r\n")
    assert b"Host: [::1]:8443\r\n" in proxy.heads[-1]
    proxy.close()
    socks = ScriptedSocks({"::1": intakes["https"].port})
    got = make_trial({"proxy_host": f"socks5://127.0.0.1:{socks.port}"},
                     "https://[::1]:8443")
    assert got.returncode == 0, got.stdout
    assert socks.asked == [("::1", 8443)]
    socks.close()


def test_every_byte_of_user_and_password(make_trial, intakes):
    user = bytes(b for b in range(1, 256) if b != ord(":"))
    password = bytes(range(255, 0, -1))
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    proxy, socks = Scripted(), ScriptedSocks(method=b"\x05\x02")
    url = intakes["https"].url()
    got = make_trial({"proxy_host":
                      f"http://{login}@127.0.0.1:{proxy.port}"}, url)
    assert got.returncode == 0, got.stdout
    sent = proxy.heads[0].split(b"Proxy-Authorization: Basic ")[1]
    assert base64.b64decode(sent.split(b"\r\n")[0]) == user + b":" + password
    user = bytes(range(1, 256))
    login = f"{quote(user, safe='')}:{quote(password, safe='')}"
    got = make_trial({"proxy_host":
                      f"socks5://{login}@127.0.0.1:{socks.port}"}, url)
    assert got.returncode == 0, got.stdout
    assert socks.logins == [(user, password)]
    proxy.close()
    socks.close()


def test_sources(make_trial, intakes):
    """Who names the proxy; that NO_PROXY counts for HTTPS_PROXY alone."""
    proxy = Scripted({"intake.test": intakes["https"].port})
    at = f"http://127.0.0.1:{proxy.port}"
    here, away = intakes["https"].url(), "https://intake.test"
    cases = [
        ("HTTPS_PROXY", {"HTTPS_PROXY": at}, away, True),
        ("https_proxy", {"https_proxy": at}, away, True),
        ("HTTPS_PROXY and this host", {"HTTPS_PROXY": at}, here, False),
        ("DD_PROXY_HTTPS and this host", {"DD_PROXY_HTTPS": at}, here, True),
        ("DD_PROXY_HTTPS and NO_PROXY",
         {"DD_PROXY_HTTPS": at, "NO_PROXY": "*"}, here, True),
        ("PROXY_HOST", {"PROXY_HOST": "127.0.0.1",
                        "PROXY_PORT": str(proxy.port)}, here, True),
        ("PROXY_HOST before DD_PROXY_HTTPS",
         {"PROXY_HOST": at, "DD_PROXY_HTTPS": "http://127.0.0.1:1"}, here,
         True),
        ("DD_PROXY_HTTPS before HTTPS_PROXY",
         {"DD_PROXY_HTTPS": at, "HTTPS_PROXY": "http://127.0.0.1:1"}, away,
         True),
    ]
    for name, env, url, proxied in cases:
        before = len(proxy.heads)
        got = make_trial({}, url, env)
        assert got.returncode == 0, f"{name}: {got.stdout}{got.stderr}"
        assert (len(proxy.heads) > before) == proxied, name
        assert (" through http" in got.stdout) == proxied, name
    # and where NO_PROXY sends it, it goes: nobody knows that name here
    got = make_trial({}, away, {"HTTPS_PROXY": at, "NO_PROXY": ".test"})
    proxy.close()
    assert got.returncode == 1 and " through" not in got.stdout, got.stdout
