# SPDX-License-Identifier: ISC
"""A cluster for tests: a node of it with a pod, and an API server that knows
services."""

import time

import pytest

from kube import Kube, container, pod
from kube_api import Api
from kube_node import make_node, seen  # noqa: F401
from made import ID
from suite import wait_until

WEB = pod(1, "web", "shop", [container(ID % 1, "web")],
          labels={"app": "web", "tier": "front"})


@pytest.fixture
def make_cluster(make_node, server_cert):
    """A node and an API server with a certificate of the same CA."""
    made = []

    def make(pods=(WEB,), config=None, services=(), env=None, labels=None,
             **more):
        kube = Kube(server_cert)
        made.append(kube)
        api = Api(kube)
        api.labels = labels
        for name, space, selector in services:
            api.put(name, space, **selector)
        node = make_node(pods, {**(config or {})}, {
            "KUBERNETES_SERVICE_HOST": "127.0.0.1",
            "KUBERNETES_SERVICE_PORT": str(kube.port), **(env or {})},
            **more)
        return node, api

    yield make
    for kube in made:
        kube.close()


def tags_of(node, n=1):
    """Of a container in a snapshot, at a pace that taggerd bears."""
    time.sleep(0.3)
    return node.snapshot(seen(n, n))[ID % n]["tags"]


def services_of(node, n=1):
    return sorted(t.split(":", 1)[1] for t in tags_of(node, n)
                  if t.startswith("service:"))


def wait_tag(node, tag):
    wait_until(lambda: tag in tags_of(node), 15, tag)


def wait_services(node, want, n=1):
    wait_until(lambda: services_of(node, n) == want, 15,
               f"container {n} to have services {want}")


def ok(node, *parts, **more):
    return node.state("ok", *parts, of="apiserver", **more)


def failing(node, *parts, **more):
    return node.state("failing", *parts, of="apiserver", **more)


SHOP = (("web", "shop", {"app": "web"}),
        ("front", "shop", {"app": "web", "tier": "front"}),
        ("back", "shop", {"app": "web", "tier": "back"}),
        ("other", "elsewhere", {"app": "web"}),
        ("headless", "shop", {}))
