# SPDX-License-Identifier: ISC
"""The kubelet as a source: a real taggerd between a collectord and a kubelet
of our own making. What it says, that it is always right about the state, and
that nothing which a kubelet answers stalls tagging or takes memory."""

import os

import pytest

import kube as k8s
from frames import Viewer
from kube import Kube, container, pod
from made import FULL, ID, RUNNING, Collectord, Watcher, of


class Node:
    """taggerd, its two peers, and the kubelet that it asks."""

    def __init__(self, make_suite, workdir, ca, kubelet, config=None,
                 env=None):
        self.kubelet = kubelet
        self.token = os.path.join(workdir, f"token-{id(self)}")
        k8s.write_token(self.token, "token-1")
        self.suite = make_suite(
            None, {"process_interval": "10", "kubelet_host": "127.0.0.1",
                   "kubelet_https_port": str(kubelet.port),
                   "kubelet_http_port": "1",
                   "kubelet_client_ca": ca[0],
                   "kubelet_auth_token_path": self.token, **(config or {})},
            {"DOCKER_SOCKET_PATH": "/nowhere/docker.sock", **(env or {})})
        self.suite.start("taggerd")
        self.collectord = Collectord(self.suite)
        self.watcher = Watcher(self.suite)
        self.viewer = Viewer(self.suite)

    def close(self):
        for peer in (self.collectord, self.watcher, self.viewer):
            peer.close()

    def state(self, *starts, timeout=15):
        """The state of the kubelet in the status, once it starts so."""
        found = []

        def check(status):
            found[:] = [s["state"] for s in status["sources"]
                        if s["name"] == "kubelet"]
            return any(found and found[0].startswith(s) for s in starts)

        self.viewer.wait_status("taggerd", check, timeout,
                                f"the kubelet to be {starts}")
        return found[0]

    def snapshot(self, *containers, timeout=10):
        """Sends a snapshot; returns its containers by id as viewers get
        them, and the whole of it."""
        count = len(self.watcher.snapshots) + 1
        self.collectord.snapshot(FULL, containers=containers)
        got = self.watcher.wait(count, timeout)
        return {c["stat"]["id"]: c for c in of(got, "container")}


def seen(n, in_pod=None):
    """What collectord says of container n."""
    more = {"pod_uid": k8s.uid(in_pod)} if in_pod is not None else {}
    return {"stat": {"id": ID % n, "state": RUNNING}, "type": "", **more}


@pytest.fixture
def make_node(make_suite, workdir, ca, server_cert):
    made = []

    def make(pods=(), config=None, env=None, kubelet=None):
        kubelet = kubelet or Kube(server_cert)
        kubelet.pods = list(pods)
        made.append(kubelet)
        made.append(Node(make_suite, workdir, ca, kubelet, config, env))
        return made[-1]

    yield make
    for one in reversed(made):
        one.close()


def test_tagged_in_the_first_snapshot(make_node):
    node = make_node([
        pod(1, "web-5c78c65d4b-hdbjz", "shop",
            [container(ID % 1, "web", ports=[{"containerPort": 8080}]),
             container(ID % 2, "setup", "busybox", init=True,
                       state="terminated")],
            owner=("ReplicaSet", "web-5c78c65d4b"))])
    assert node.state("ok") == (
        "ok: 1 pod, 2 containers, by "
        f"https://127.0.0.1:{node.kubelet.port}")
    got = node.snapshot(seen(1, 1), seen(2, 1))
    assert sorted(got[ID % 1]["tags"]) == sorted([
        "container_id:" + ID % 1, "container_name:web",
        "container_image:registry.example:5000/team/app:1.2",
        "image_name:registry.example:5000/team/app", "short_image:app",
        "image_tag:1.2", "pod:web-5c78c65d4b-hdbjz", "namespace:shop",
        "pod_ip:10.1.0.1", "replica_set:web-5c78c65d4b", "deployment:web"])
    assert got[ID % 1]["name"] == "web"
    assert got[ID % 1]["type"] == "containerd"
    assert "container_name:setup" in got[ID % 2]["tags"]
