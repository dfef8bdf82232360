# SPDX-License-Identifier: ISC
"""TLS to an intake behind nginx: sessions that are resumed, and certificates
that are replaced while shipperd runs."""

import os
import time

import pytest

from certs import Cert
from frames import Viewer
from proxies import Nginx
from suite import wait_until

MISMATCH = "certificate refused: hostname mismatch"
UNKNOWN = "certificate refused: unable to get local issuer certificate"


@pytest.fixture
def make_nginx(pki, intake):
    made = []

    def make(cert, options=""):
        made.append(Nginx(cert, intake.port, options))
        return made[-1]

    yield make
    for one in made:
        one.close()


def start(make_suite, pki, nginx, main=None, **process):
    return make_suite({"api_key": "k", **(main or {})},
                      {"endpoint": f"https://localhost:{nginx.port}",
                       "ca_file": pki.trust, **process}).start()


def endpoint_of(suite, check, what):
    """The endpoint in the status, once check is true of it."""
    status = Viewer(suite).wait_status(
        "shipperd",
        lambda s: s.get("endpoints") and check(s["endpoints"][0]),
        what=what)
    return status["endpoints"][0]


@pytest.mark.parametrize("version", ("TLSv1.2", "TLSv1.3"))
def test_sessions_are_resumed(make_suite, make_nginx, pki, intake, version):
    """The server closes after each answer; only the first handshake is a
    whole one."""
    nginx = make_nginx(pki.write(pki.leaf("localhost")),
                       f"ssl_protocols {version}; keepalive_requests 1;")
    suite = start(make_suite, pki, nginx)
    reused = [p.headers["X-Tls-Reused"] for p in intake.wait(6, timeout=15)]
    assert sorted(reused) == ["."] + ["r"] * (len(reused) - 1), reused
    tls = endpoint_of(suite, lambda e: "resumed" in e.get("tls", ""),
                      "a resumed session")["tls"]
    assert tls.startswith(version + " ")
    # a restarted server knows no session, and that is no trouble
    since = intake.mark()
    nginx.restart()
    reused = [p.headers["X-Tls-Reused"]
              for p in intake.wait(3, since=since, timeout=20)]
    assert reused[0] == "." and set(reused[1:]) <= {"r"}, reused


def test_trust_is_read_again_on_sighup(make_suite, make_nginx, pki, intake,
                                       workdir):
    """ca_file is replaced by another root, and back: what was resumed with
    the one is not with the other."""
    other = Cert("other root", is_ca=True)
    nginx = make_nginx(pki.write(pki.leaf("localhost")),
                       "keepalive_requests 1;")
    trust = os.path.join(pki.dir, "replaced.crt")

    def replace(pem):
        with open(trust + ".new", "wb") as f:
            f.write(pem)
        os.chmod(trust + ".new", 0o644)
        os.rename(trust + ".new", trust)

    def refused():
        return endpoint_of(suite, lambda e: e.get("last_error"),
                           "a refused certificate")["last_error"]

    replace(other.pem())
    suite = start(make_suite, pki, nginx, ca_file=trust)
    assert UNKNOWN in refused()
    assert intake.posts == 0
    replace(pki.root.pem())
    suite.hup("shipperd")
    intake.wait(3)
    replace(other.pem())
    suite.hup("shipperd")
    assert UNKNOWN in refused()
    time.sleep(0.2)
    posts = intake.posts
    # what is no certificate at all changes nothing
    replace(b"-----BEGIN CERTIFICATE-----\nno\n")
    suite.hup("shipperd")
    wait_until(lambda: "the endpoints stay as they were"
               in suite.log("shipperd"), 5, "an error in the log")
    assert intake.posts == posts
    suite.assert_alive()


def test_a_new_certificate_of_the_server(make_suite, make_nginx, pki,
                                         intake):
    """Good to bad and back, while shipperd runs."""
    good = pki.write(pki.leaf("localhost"))
    bad = pki.write(pki.leaf("elsewhere.test"))
    nginx = make_nginx(good, "keepalive_requests 1; ssl_session_cache off; "
                             "ssl_session_tickets off;")
    suite = start(make_suite, pki, nginx)
    intake.wait(2)
    nginx.set_cert(bad)
    endpoint_of(suite, lambda e: MISMATCH in e.get("last_error", ""),
                "the bad certificate")
    nginx.set_cert(good)
    since = intake.mark()
    intake.wait(2, since=since, timeout=20)


def test_skip_ssl_validation_is_loud_and_ends(make_suite, make_nginx, pki,
                                              intake):
    nginx = make_nginx(pki.write(pki.leaf("elsewhere.test")))
    suite = start(make_suite, pki, nginx, {"skip_ssl_validation": "yes"})
    intake.wait(2)
    assert endpoint_of(suite, lambda e: e.get("tls"), "TLS")[
        "tls"].endswith(", not verified")
    assert suite.log("shipperd").count("skip_ssl_validation is set") == 1
    suite.hup("shipperd")
    wait_until(lambda: suite.log("shipperd").count(
        "skip_ssl_validation is set") == 2, 5, "the warning again")
    suite.write_config({"skip_ssl_validation": "no"})
    suite.hup("shipperd")
    endpoint_of(suite, lambda e: MISMATCH in e.get("last_error", ""),
                "a refused certificate")
    posts = intake.posts
    time.sleep(2)
    assert intake.posts == posts
