# SPDX-License-Identifier: ISC
"""A node of Kubernetes for tests: a real taggerd between a collectord, a
viewer, and a kubelet and an API server of our own making."""

import os

import pytest

import kube as k8s
from frames import Viewer
from kube import Kube
from made import FULL, ID, RUNNING, Collectord, Watcher, of
from suite import memory_kb, wait_until


class Node:
    """taggerd, its two peers, and the kubelet that it asks."""

    def __init__(self, make_suite, workdir, ca, kubelet, config=None,
                 env=None, main=None):
        self.kubelet = kubelet
        self.missed = 0
        self.token = os.path.join(workdir, f"token-{id(self)}")
        k8s.write_token(self.token, "token-1")
        self.suite = make_suite(
            main, {"process_interval": "10", "kubelet_host": "127.0.0.1",
                   "kubelet_https_port": str(kubelet.port),
                   "kubelet_http_port": "1",
                   "kubelet_client_ca": ca[0],
                   "kubelet_auth_token_path": self.token, **(config or {})},
            {"DD_PROCESS_AGENT_CONTAINER_SOURCE": "kubelet", **(env or {})})
        self.suite.start("taggerd")
        self.collectord = Collectord(self.suite)
        self.watcher = Watcher(self.suite)
        self.viewer = Viewer(self.suite)

    def close(self):
        for peer in (self.collectord, self.watcher, self.viewer):
            peer.close()

    def state(self, start, *parts, timeout=15, of="kubelet"):
        """The state of a source in the status, once it starts so and has
        these parts."""
        found = []

        def check(status):
            found[:] = [s["state"] for s in status["sources"]
                        if s["name"] == of]
            return found and found[0].startswith(start) and all(
                part in found[0] for part in parts)

        self.viewer.wait_status("taggerd", check, timeout,
                                f"the {of} to be {start} {parts}")
        return found[0]

    def snapshot(self, *containers, timeout=10, **more):
        """Sends a snapshot; returns its containers by id as viewers get
        them."""
        count = len(self.watcher.snapshots) + 1
        self.collectord.snapshot(FULL, containers=containers, **more)
        got = self.watcher.wait(count, timeout)
        return {c["stat"]["id"]: c for c in of(got, "container")}

    def miss(self):
        """Has the kubelet asked, by a container that nobody knows."""
        self.missed += 1
        asked = len(self.kubelet.asked())
        self.snapshot(seen(1000000 + self.missed))
        wait_until(lambda: len(self.kubelet.asked()) > asked, 10,
                   "the kubelet to be asked")

    def rss_mb(self):
        return memory_kb(self.suite.pid("taggerd")) / 1024

    def peak_mb(self):
        return memory_kb(self.suite.pid("taggerd"), "VmHWM") / 1024


def seen(n, in_pod=None):
    """What collectord says of container n."""
    more = {"pod_uid": k8s.uid(in_pod)} if in_pod is not None else {}
    return {"stat": {"id": ID % n, "state": RUNNING}, "type": "", **more}


@pytest.fixture
def make_node(make_suite, workdir, ca, server_cert):
    made = []

    def make(pods=(), config=None, env=None, kubelet=None, main=None):
        kubelet = kubelet or Kube(server_cert)
        kubelet.pods = list(pods)
        made.append(kubelet)
        made.append(Node(make_suite, workdir, ca, kubelet, config, env,
                         main))
        return made[-1]

    yield make
    for one in reversed(made):
        one.close()


def tags(record):
    """{name: value}"""
    return dict(t.split(":", 1) for t in record["tags"])
