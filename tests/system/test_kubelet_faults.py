# SPDX-License-Identifier: ISC
"""A kubelet that refuses, stalls, floods or goes away: tags stay, nothing
waits or grows, the state says why, and it is over when the fault is."""

import time

import pytest

import kube as k8s
from kube import Kube, container, pod
from kube_node import make_node, seen, tags  # noqa: F401
from made import ID

WEB = pod(1, "web", "shop", [container(ID % 1, "web")])

TOO_LONG = "the answer is too long"
LATE = "no whole answer in time"
# what: (fault, what the state says)
FAULTS = {
    "401": (k8s.refuse(401), "status 401, it refuses our token"),
    "403": (k8s.refuse(403), "status 403, our account may not get"),
    "404": (k8s.refuse(404), "status 404"),
    "500": (k8s.refuse(500), "status 500"),
    "a redirect": (k8s.redirect("https://127.0.0.1/pods"), "status 302"),
    "nothing": (k8s.body(b""), "not JSON"),
    "a page": (k8s.body(b"<html>Sign in</html>"), "not JSON"),
    "another JSON": (k8s.body(b"[1,2,3]"), "not JSON"),
    "a refusal that says 200": (k8s.body(k8s.status(403, "Forbidden")),
                                "not a list of pods"),
    "items that are none": (k8s.body(b'{"items":{"a":1}}'), "not a list"),
    "two lists": (k8s.body(b'{"items":[]}{"items":[]}'), "more than one"),
    "silence": (k8s.silence, LATE),
    "half of it": (k8s.cut, "cut"),
    "half of it, unseen": (k8s.cut_quietly, "cut"),
    "a reset": (k8s.reset, "cut"),
    "a byte now and then": (k8s.slowly, LATE),
    "a header now and then": (k8s.slow_headers, LATE),
    "no end": (k8s.endless(), TOO_LONG),
    "a string of 100 MB": (k8s.sized(
        100 << 20, b'{"items":["', b"a" * (1 << 20)), TOO_LONG),
    "endless headers": (lambda kube, handler: [
        handler.wfile.write(b"X: %s\r\n" % (b"x" * 1000))
        for _ in range(10000)], ""),
}


@pytest.mark.parametrize("what", FAULTS)
def test_faults(make_node, what):
    """The state says it, tags stay, nothing waits or grows; then it is over,
    and that shows as well."""
    fault, want = FAULTS[what]
    node = make_node([WEB])
    node.state("ok")
    assert tags(node.snapshot(seen(1, 1))[ID % 1])["pod"] == "web"
    node.kubelet.fault = fault
    node.miss()
    for n in range(3):
        start = time.monotonic()
        got = node.snapshot(seen(1, 1), seen(10 + n))
        took = time.monotonic() - start
        assert tags(got[ID % 1])["pod"] == "web"
        assert took < 2, f"a snapshot took {took:.1f} s"
    node.state("failing for", f"127.0.0.1:{node.kubelet.port}: ", want)
    assert tags(node.snapshot(seen(1, 1))[ID % 1])["pod"] == "web"
    assert node.peak_mb() < 120, f"{node.peak_mb():.0f} MB"
    log = node.suite.log("taggerd")
    assert log.count("kubelet: 127.0.0.1:") == 1, log
    node.kubelet.fault = None
    node.kubelet.pods = [WEB, pod(2, containers=[container(ID % 2)])]
    node.state("ok: 2 pods", timeout=20)
    assert tags(node.snapshot(seen(2, 2))[ID % 2])["pod"] == "pod-2"
    node.suite.assert_alive()


def test_fault_from_the_start(make_node, server_cert):
    kubelet = Kube(server_cert)
    kubelet.fault = k8s.silence
    node = make_node([WEB], kubelet=kubelet)
    assert node.state("looking") == "looking"
    start = time.monotonic()
    node.snapshot(seen(1, 1))
    assert time.monotonic() - start < 2
    node.state("failing", LATE)
    kubelet.fault = None
    node.state("ok")


def test_gone_and_back(make_node, server_cert):
    node = make_node([WEB])
    node.state("ok")
    port = node.kubelet.port
    node.kubelet.close()
    node.snapshot(seen(2))
    node.state("failing", "Connection refused")
    node.kubelet = Kube(server_cert, port=port)
    node.kubelet.pods = [WEB]
    node.state("ok")
    node.kubelet.close()
