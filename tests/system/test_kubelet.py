# SPDX-License-Identifier: ISC
"""The kubelet as a source: a real taggerd between a collectord and a kubelet
of our own making. What it says, that it is always right about the state, and
that nothing which a kubelet answers stalls tagging or takes memory."""

import json
import os
import time

import pytest

import kube as k8s
from intake import make_ca, make_cert
from kube import Kube, container, pod
from kube_node import make_node, seen, tags  # noqa: F401
from made import ID, RUNNING, of
from suite import schema_limit, wait_until


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


WEB = pod(1, "web", "shop", [container(ID % 1, "web")])


def test_kinds_of_pods(make_node):
    node = make_node([
        pod(1, "a", containers=[container(ID % 1, runtime="docker"),
                                container("", "b", state="waiting")]),
        pod(2, "b", "kube-system", [container(ID % 2, runtime="cri-o")],
            owner=("DaemonSet", "proxy"), host_network=True),
        k8s.static_pod(3, "etcd", "etcd:3.5"),
        pod(4, "done", containers=[container(ID % 4, state="terminated")],
            phase="Succeeded"),
        None])
    node.state("ok: 3 pods, 2 containers, by")
    static = {"stat": {"id": ID % 3, "state": RUNNING}, "type": "",
              "pod_uid": "%032x" % 3}
    got = node.snapshot(seen(1, 1), seen(2, 2), static, seen(4, 4), seen(5, 1))
    assert got[ID % 1]["type"] == "docker"
    assert got[ID % 2]["type"] == "cri-o"
    assert tags(got[ID % 2])["daemon_set"] == "proxy"
    assert tags(got[ID % 2])["pod_ip"] == "10.0.0.1"
    # One that the kubelet has no id for yet has its pod's tags.
    for n, name in ((3, "etcd"), (5, "a")):
        assert tags(got[ID % n])["pod"] == name, f"container {n}"
        assert "container_name" not in tags(got[ID % n])
    assert tags(got[ID % 4]) == {"container_id": ID % 4}


def test_no_pods_yet(make_node):
    kubelet_of = {"items": None}
    node = make_node()
    node.kubelet.fault = k8s.body(kubelet_of)
    node.state("ok: 0 pods, 0 containers, by")
    node.kubelet.fault = None
    node.kubelet.pods = [WEB]
    assert tags(node.snapshot(seen(1, 1))[ID % 1])["pod"] == "web"


def test_new_containers_are_asked_for_at_once(make_node):
    node = make_node([WEB])
    node.state("ok")
    for n in range(2, 7):
        node.kubelet.pods.append(pod(n, containers=[container(ID % n)]))
        start = time.monotonic()
        got = node.snapshot(seen(1, 1), seen(n, n))
        took = time.monotonic() - start
        assert tags(got[ID % n])["pod"] == f"pod-{n}"
        assert took < 2, f"pod {n}: {took:.1f} s"


def test_many_misses_are_few_questions(make_node):
    node = make_node([WEB])
    node.state("ok")
    before, start = len(node.kubelet.asked()), time.monotonic()
    for n in range(20):
        node.snapshot(*(seen(100 + 50 * n + i) for i in range(50)))
    took = time.monotonic() - start
    asked = len(node.kubelet.asked()) - before
    assert 1 <= asked <= 2 * took + 2, f"{asked} questions in {took:.1f} s"


def test_quiet_when_nothing_changes(make_node):
    """From 5 s on it asks less often; a new pod makes that 5 s again."""
    node = make_node([WEB])
    wait_until(lambda: len(node.kubelet.asked()) >= 3, 20, "three questions")
    first, second, third = node.kubelet.asked()[:3]
    assert 3.7 < second - first < 6.5
    assert 7 < third - second < 12


def test_rotated_token(make_node):
    node = make_node([WEB])
    node.state("ok")
    node.kubelet.tokens = {"token-2"}
    k8s.write_token(node.token, "token-2\n")
    before = len(node.kubelet.requests)
    node.kubelet.pods.append(pod(2, containers=[container(ID % 2)]))
    got = node.snapshot(seen(2, 2))
    assert tags(got[ID % 2])["pod"] == "pod-2"
    assert [t for _, _, t in node.kubelet.requests[before:]] == [
        "token-1", "token-2"]
    node.state("ok: 2 pods")
    assert "kubelet: 127" not in node.suite.log("taggerd")


def test_revoked_token(make_node):
    """It looks at the file again, but asks no more often for that."""
    node = make_node([WEB])
    node.state("ok")
    node.kubelet.tokens = {"token-2"}
    before = len(node.kubelet.asked())
    node.miss()
    node.state("failing", "status 401, it refuses our token")
    assert len(node.kubelet.asked()) - before <= 2
    k8s.write_token(node.token, "token-2")
    node.state("ok: 1 pod")
    os.unlink(node.token)
    node.kubelet.tokens = {"token-3"}
    node.miss()
    node.state("failing", f"status 401, it wants a token: {node.token}: ")
    k8s.write_token(node.token, "token-3")
    node.state("ok: 1 pod")


def test_no_token(make_node):
    path = "/nowhere/token"
    node = make_node([WEB], {"kubelet_auth_token_path": path})
    node.state("failing",
               f"status 401, it wants a token: {path}: No such file")


# Names of the certificate, and what is wrong with it.
CERTIFICATES = {
    "another host's": ("IP:127.0.0.2,DNS:localhost", True, "mismatch"),
    "a name for an address": ("DNS:127.0.0.1", True, "mismatch"),
    "signed by somebody else": ("IP:127.0.0.1", False, "certificate refused"),
}


@pytest.mark.parametrize("what", CERTIFICATES)
def test_certificates(make_node, workdir, ca, what):
    names, ours, want = CERTIFICATES[what]
    signer = ca if ours else make_ca(workdir, "other-ca")
    kubelet = Kube(make_cert(workdir, signer, "kubelet", names))
    node = make_node([WEB], kubelet=kubelet)
    node.state("failing", want)
    assert kubelet.requests == [], "it was shown a token"
    node.suite.write_config(process={"kubelet_tls_verify": "no"})
    node.suite.hup("taggerd")
    assert node.state("ok").endswith(", not verified")
    assert "kubelet_tls_verify is off" in node.suite.log("taggerd")


def test_no_tls_at_all(make_node):
    node = make_node([WEB], kubelet=Kube())
    node.state("failing", "wrong version number")
    assert node.kubelet.requests == []


def test_client_certificate(make_node, workdir, ca, server_cert):
    kubelet = Kube(server_cert, tokens=(), client_ca=ca[0])
    node = make_node([WEB], kubelet=kubelet)
    node.state("failing")
    base = make_cert(workdir, ca, "agent", "DNS:agent").removesuffix(".pem")
    os.chmod(base + ".key", 0o644)
    node.suite.write_config(process={"kubelet_client_crt": base + ".crt",
                                     "kubelet_client_key": base + ".key"})
    node.suite.hup("taggerd")
    node.state("ok: 1 pod")


def test_missing_files(make_node):
    node = make_node([WEB], {"kubelet_client_ca": "/nowhere/ca.crt"})
    node.state("failing", "/nowhere/ca.crt: No such file")


@pytest.mark.parametrize("fault", ["nobody there", "403"])
def test_read_only_port(make_node, server_cert, fault):
    """Without a token, where the other one refuses."""
    plain = Kube(tokens=())
    config = {"kubelet_http_port": str(plain.port)}
    secure = Kube(server_cert)
    secure.fault = k8s.refuse(403)
    if fault == "nobody there":
        config["kubelet_https_port"] = "1"
    plain.pods = [WEB]
    node = make_node([WEB], config, kubelet=secure)
    assert node.state("ok") == (
        f"ok: 1 pod, 1 container, by http://127.0.0.1:{plain.port}")
    assert tags(node.snapshot(seen(1, 1))[ID % 1])["pod"] == "web"
    assert {t for _, _, t in plain.requests} == {""}
    plain.close()


def test_no_kubernetes(make_node, server_cert):
    node = make_node([WEB], {"kubelet_host": ""})
    assert node.state("absent") == "absent"
    start = time.monotonic()
    got = node.snapshot(seen(1, 1))
    assert time.monotonic() - start < 0.9  # else a second
    assert tags(got[ID % 1]) == {"container_id": ID % 1}
    assert node.kubelet.requests == []
    assert "kubelet" not in node.suite.log("taggerd")


def test_nothing_says_where(make_node):
    node = make_node([WEB], {"kubelet_host": ""},
                     {"KUBERNETES_SERVICE_HOST": "127.0.0.1"})
    node.state("failing", "set kubelet_host")
    node.suite.write_config(process={"kubelet_host": "127.0.0.1"})
    node.suite.hup("taggerd")
    node.state("ok")


def test_node_name(make_node):
    """The node's name is the host's, and finds the kubelet."""
    node = make_node([pod(1, node="node-7.example")],
                     env={"KUBERNETES_SERVICE_HOST": "127.0.0.1"},
                     main={"hostname": ""})
    wait_until(lambda: "host name is node-7.example (kubelet)" in
               node.suite.log("taggerd"), 10, "the node's name")


def test_node_name_of_the_downward_api(make_node):
    node = make_node([WEB], {"kubelet_host": ""}, {
        "DD_KUBERNETES_KUBELET_NODENAME": "localhost"})
    node.state("ok")


def test_reload_keeps_tags(make_node):
    node = make_node([WEB])
    node.state("ok")
    node.kubelet.fault = k8s.silence
    before = node.suite.log("taggerd").count("configuration read again")
    node.suite.hup("taggerd")
    wait_until(lambda: node.suite.log("taggerd").count(
        "configuration read again") > before, 5, "the reload")
    assert tags(node.snapshot(seen(1, 1))[ID % 1])["pod"] == "web"


def test_dead_containers_keep_their_tags(make_node):
    node = make_node([WEB])
    node.state("ok")
    node.kubelet.pods = []
    node.miss()
    node.state("ok: 0 pods, 0 containers")
    got = node.snapshot(seen(1, 1))
    assert tags(got[ID % 1])["pod"] == "web"
    assert tags(got[ID % 1])["container_name"] == "web"


def test_excluded(make_node):
    node = make_node(
        [WEB,
         pod(2, "dns", "kube-system", [container(ID % 2, "dns")]),
         pod(3, containers=[container(ID % 3, "infra", "k8s/pause:3.9")])],
        {"container_blacklist": "kube_namespace:^kube-"})
    node.state("ok")
    # 4 is the sandbox of pod 1, which no list of the kubelet has; 5 is of
    # the pod that is left out.
    got = node.snapshot(
        seen(1, 1), seen(2, 2), seen(3, 3), seen(4, 1), seen(5, 2),
        processes=[{"stat": {"pid": n, "container_id": ID % n}}
                   for n in range(1, 6)])
    assert set(got) == {ID % 1}
    processes = of(node.watcher.snapshots[-1], "process")
    assert [p["stat"].get("container_id", "") for p in processes] == [
        ID % 1, "", "", "", ""]


def test_sandbox_stays_out(make_node):
    node = make_node([WEB])
    node.state("ok")
    assert set(node.snapshot(seen(1, 1), seen(4, 1))) == {ID % 1}
    node.kubelet.pods.append(pod(2, containers=[container(ID % 2)]))
    for _ in range(3):
        got = node.snapshot(seen(1, 1), seen(4, 1), seen(2, 2))
        assert set(got) == {ID % 1, ID % 2}
        node.miss()


def big_pods(count, size):
    """Pods with labels and annotations, each of about `size` bytes."""
    filler = {f"note-{i}": "x" * 200 for i in range(size // 220)}
    return [pod(n, f"big-{n}", containers=[container(ID % n, f"c{n}")],
                annotations=filler, labels={"app": f"a{n}"})
            for n in range(1, count + 1)]


def test_many_pods(make_node):
    """300 pods of 5 MB: all tagged in the first snapshot, memory stays."""
    node = make_node(big_pods(300, 16000))
    assert node.state("ok").startswith("ok: 300 pods, 300 containers")
    before = node.rss_mb()
    got = node.snapshot(*(seen(n, n) for n in range(1, 301)))
    assert all(tags(got[ID % n])["pod"] == f"big-{n}" for n in range(1, 301))
    for n in range(8):
        node.kubelet.pods = big_pods(300, 16000 + n)
        node.miss()
        time.sleep(0.6)  # it asks no more often
    node.state("ok")
    assert node.rss_mb() < before + 8, f"{before} -> {node.rss_mb()} MB"
    assert node.peak_mb() < 60, f"{node.peak_mb():.0f} MB"


@pytest.mark.parametrize("size", [1, 1000, 1 << 20])
def test_chunks(make_node, size):
    node = make_node([WEB])
    node.kubelet.fault = k8s.chunked(size)
    assert node.state("ok").startswith("ok: 1 pod")


DEEP = '{"a":' + "[" * 100000 + "]" * 100000 + "}"
NAME = "n" * 65536
# what: the text of a pod beside a good one, and how many are unreadable
HOSTILE = {
    "depth": (DEEP, 1),
    "a depth that is not closed": (None, 0),
    "a string of 30 MB": ('{"metadata":{"uid":"%s"}}' % ("u" * (30 << 20)),
                          1),
    "many values": ("[" + "1," * 700000 + "1]", 1),
    "two of one key": ('{"metadata":{"uid":"a","uid":"b","name":"x",'
                       '"name":"y"},"metadata":{"uid":"c"}}', 0),
    "lone surrogates": ('{"metadata":{"uid":"a","name":"\\ud800"}}', 1),
    "not UTF-8": (b'{"metadata":{"uid":"a","name":"\xff\xfe"}}', 1),
    "numbers for strings": ('{"metadata":{"uid":7,"name":8,"labels":9},'
                            '"spec":1,"status":2}', 0),
    "numbers out of range": ('{"metadata":{"uid":"a"},"status":{'
                             '"startTime":1e999}}', 1),
    "long names": (json.dumps(pod(2, NAME, NAME, [container(
        NAME, NAME, NAME)], labels={NAME: NAME}, owner=("Job", NAME))), 0),
    "ids that are paths": (json.dumps(pod(2, containers=[
        container("../../../etc/passwd"), container("a/../b\n")])), 0),
    "control bytes": (json.dumps(pod(2, "\x1b[2J\r\n\0", "\x07", [
        container(ID % 2, "\x1b]0;x\x07")])), 0),
    "a thousand containers": (json.dumps(pod(2, containers=[
        container("%064x" % (5000 + n), f"c{n}") for n in range(1000)])), 0),
}


@pytest.mark.parametrize("what", HOSTILE)
def test_hostile(make_node, what):
    text, unreadable = HOSTILE[what]
    node = make_node([WEB])
    node.state("ok: 1 pod")
    if text is None:
        data = b'{"items":' + b"[" * 100000
    else:
        text = text if isinstance(text, bytes) else text.encode()
        data = b'{"kind":"PodList","items":[%s,%s]}' % (
            json.dumps(WEB).encode(), text)
    node.kubelet.fault = k8s.body(data)
    node.miss()
    if text is None:
        node.state("failing", "not JSON")
    elif unreadable:
        node.state("ok: 1 pod, 1 container,", f" {unreadable} unreadable, by")
    got = node.snapshot(seen(1, 1), seen(2, 2))
    assert tags(got[ID % 1])["pod"] == "web"
    assert all(len(t.encode()) <= schema_limit("LIMIT_TAG") and
               t.isprintable() for c in got.values() for t in c["tags"])
    assert node.peak_mb() < 150, f"{node.peak_mb():.0f} MB"
    node.suite.assert_alive()
