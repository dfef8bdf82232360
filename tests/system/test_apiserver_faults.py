# SPDX-License-Identifier: ISC
"""An API server that refuses, stalls or makes no sense: what was known stays,
the state says why, and it is over when the fault is."""

import json
import time

import pytest

import kube as k8s
from kube_api import service
from kube_cluster import (SHOP, failing, make_cluster, ok,  # noqa: F401
                          services_of, tags_of, wait_services)
from kube_node import make_node  # noqa: F401
from suite import wait_until

# What goes wrong below JSON is test_kubelet.py's: both fetch in one way.
LIST_FAULTS = [
    ("403", k8s.refuse(403), "status 403, our account may not list services"),
    ("redirect", k8s.redirect("https://127.0.0.1:1/"), "status 302"),
    ("silence", k8s.silence, "no whole answer in time"),
    ("no version", k8s.body({"items": []}), "not a list of services"),
    ("bad version", k8s.body({"metadata": {"resourceVersion": "1&x=/"},
                              "items": []}), "not a list of services"),
    ("depth", k8s.body(b'{"items":' + b"[" * 100000), ""),
]


@pytest.mark.parametrize("fault, why", [f[1:] for f in LIST_FAULTS],
                         ids=[f[0] for f in LIST_FAULTS])
def test_faults_of_the_list(make_cluster, fault, why):
    node, api = make_cluster(services=SHOP)
    wait_services(node, ["front", "web"])
    api.list_fault = fault
    wait_until(lambda: api.watches, 10, "a watch")
    api.say(b'{"type":"ERROR","object":{}}\n')
    failing(node, why, timeout=20)
    start = time.monotonic()
    assert services_of(node) == ["front", "web"]
    assert time.monotonic() - start < 2
    assert node.peak_mb() < 150
    api.list_fault = None
    ok(node, timeout=30)
    node.suite.assert_alive()


WATCH_FAULTS = [
    ("403", k8s.refuse(403), "status 403, our account may not watch"),
    ("silence", k8s.silence, "no whole answer in time"),
    ("no event", k8s.body(b"{}\n"), "no event"),
    ("depth", k8s.body(b"[" * 100000 + b"\n"), "no event"),
]


@pytest.mark.parametrize("fault, why", [f[1:] for f in WATCH_FAULTS],
                         ids=[f[0] for f in WATCH_FAULTS])
def test_faults_of_the_watch(make_cluster, fault, why):
    node, api = make_cluster(services=SHOP)
    wait_services(node, ["front", "web"])
    wait_until(lambda: api.watches, 5, "a watch")
    api.watch_fault = fault
    api.say(None)
    failing(node, why, timeout=20)
    assert services_of(node) == ["front", "web"]
    assert node.peak_mb() < 150
    api.watch_fault = None
    api.put("blue", "shop", tier="front")
    wait_services(node, ["blue", "front", "web"])
    ok(node, timeout=30)


def test_hostile_services(make_cluster):
    long = "n" * 65536
    node, api = make_cluster()
    ok(node, "0 services")
    bad = [{"metadata": {"name": "web", "namespace": "shop"},
            "spec": {"selector": selector}}
           for selector in (7, "app", ["app"], {"app": 7}, {"app": None},
                            {long: long}, {})]
    bad += [None, 7, [], {}, {"metadata": None, "spec": None},
            {"metadata": {"name": 7, "namespace": "shop"},
             "spec": {"selector": {"app": "web"}}},
            {"metadata": {"name": long, "namespace": "shop"},
             "spec": {"selector": {"app": "web"}}}]
    good = service("\x1b[2Jw\x00\u202eeb\ud800", "shop", app="web")
    api.list_fault = k8s.body(json.dumps({
        "metadata": {"resourceVersion": "9"},
        "items": bad + [service("ok", "shop", app="web"), good]}).encode())
    wait_until(lambda: api.watches, 10, "a watch")
    api.say(b'{"type":"ERROR"}\n')
    wait_until(lambda: "ok" in services_of(node), 20, "the good one")
    for tag in tags_of(node):
        assert tag.isprintable() and len(tag.encode()) <= 200, repr(tag)
    node.suite.assert_alive()
