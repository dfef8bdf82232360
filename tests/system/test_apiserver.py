# SPDX-License-Identifier: ISC
"""The API server as a source: services that select pods, followed by a
watch, and the cluster's name. taggerd between a collectord, a kubelet and an
API server of our own making."""

import json

import pytest

import kube as k8s
from ecs import Network
from kube import container, pod
from kube_api import service
from kube_cluster import (SHOP, WEB, failing, make_cluster,  # noqa: F401
                          ok, services_of, tags_of, wait_services, wait_tag)
from kube_node import make_node  # noqa: F401
from made import ID
from suite import wait_until


def test_services_select_pods(make_cluster):
    node, api = make_cluster(services=SHOP)
    assert ok(node) == (
        f"ok: 4 services, by https://127.0.0.1:{api.kube.port}")
    wait_services(node, ["front", "web"])
    # Who comes later has them at once.
    node.kubelet.pods.append(pod(2, "late", "elsewhere", [
        container(ID % 2)], labels={"app": "web"}))
    assert services_of(node, 2) == ["other"]


def test_agent_names(make_cluster):
    node, _ = make_cluster(services=SHOP, config={
        "tag_names": "agent", "cluster_name": "Prod-EU"})
    ok(node)
    wait_tag(node, "kube_service:web")
    assert "kube_cluster:prod-eu" in tags_of(node)


def test_not_for_those_that_take_none(make_cluster):
    node, _ = make_cluster(services=SHOP, pods=[
        pod(1, "starting", "shop", [container(ID % 1)], ready=False,
            labels={"app": "web"}),
        pod(2, "proxy", "shop", [container(ID % 2)], host_network=True,
            labels={"app": "web"}),
        WEB | {"metadata": WEB["metadata"] | {"uid": k8s.uid(3)},
               "status": WEB["status"] | {"containerStatuses": [
                   {"name": "web", "state": {"running": {}},
                    "containerID": "containerd://" + ID % 3}]}}])
    ok(node)
    wait_services(node, ["front", "web"], 3)
    assert services_of(node, 1) == services_of(node, 2) == []


def test_the_watch_is_followed(make_cluster):
    node, api = make_cluster(services=SHOP)
    wait_services(node, ["front", "web"])
    wait_until(lambda: api.watches, 5, "a watch")
    assert api.watched()[0]["resourceVersion"] == [str(api.version)]
    api.put("blue", "shop", tier="front")
    wait_services(node, ["blue", "front", "web"])
    api.drop("web", "shop")
    wait_services(node, ["blue", "front"])
    api.put("front", "shop", tier="back")  # its selector has changed
    wait_services(node, ["blue"])
    api.version += 5
    api.tell("BOOKMARK", {"metadata": {"resourceVersion": str(api.version)}})
    api.say(b"\n")
    api.say(None)  # its time is over
    wait_until(lambda: len(api.watched()) == 2, 10, "another watch")
    assert api.watched()[1]["resourceVersion"] == [str(api.version)]
    assert len(api.lists()) == 1
    ok(node)


def test_lines_in_any_pieces(make_cluster):
    node, api = make_cluster(services=SHOP)
    wait_until(lambda: api.watches, 10, "a watch")
    line = json.dumps({"type": "ADDED", "object": service(
        "blue", "shop", 200, tier="front")}).encode() + b"\r\n"
    for i in range(0, len(line), 7):
        api.say(line[i:i + 7])
    wait_services(node, ["blue", "front", "web"])


@pytest.mark.parametrize("line", [
    {"type": "ERROR", "object": k8s.status(410, "Expired")}, None])
def test_forgotten_versions(make_cluster, line):
    """What happened since is not to be had: by an event, or by a status."""
    node, api = make_cluster(services=SHOP)
    wait_until(lambda: api.watches, 10, "a watch")
    del api.services["shop", "web"]  # and nobody tells
    api.version += 1
    if line:
        api.say(json.dumps(line).encode() + b"\n")
    else:
        api.watch_fault = k8s.refuse(410, "Expired")
        api.say(None)
        wait_until(lambda: len(api.watched()) > 1, 10, "another watch")
        api.watch_fault = None
    wait_services(node, ["front"])
    assert len(api.lists()) > 1
    ok(node)


def test_long_lists_come_in_pages(make_cluster):
    node, api = make_cluster(services=SHOP + tuple(
        (f"s{i}", "many", {"n": str(i)}) for i in range(1700)))
    ok(node, "1704 services")
    assert [q.get("continue") for q in api.lists()] == [
        None, ["500"], ["1000"], ["1500"]]
    wait_services(node, ["front", "web"])


def test_tokens_rotate(make_cluster):
    node, api = make_cluster(services=SHOP)
    wait_services(node, ["front", "web"])
    wait_until(lambda: api.watches, 10, "a watch")
    api.kube.tokens = {"token-2"}
    api.say(None)
    failing(node, "status 401, it refuses our token")
    assert services_of(node) == ["front", "web"]  # is not forgotten
    k8s.write_token(node.token, "token-2")
    ok(node, timeout=30)
    api.kube.tokens = {"token-3"}
    k8s.write_token(node.token, "token-3")
    wait_until(lambda: api.watches, 10, "a watch")
    api.say(None)
    wait_until(lambda: "token-3" in api.kube.requests[-1][2], 10,
               "the new token")
    ok(node)


def test_many_services_cost_bounded_memory(make_cluster):
    node, api = make_cluster(services=SHOP)
    ok(node)
    items = [service(f"s{i}", "many", i + 1, **{
        f"label-{k}": "v" * 60 for k in range(8)}) for i in range(20000)]
    for item in items:
        api.services["many", item["metadata"]["name"]] = item
    wait_until(lambda: api.watches, 10, "a watch")
    api.say(b'{"type":"ERROR"}\n')
    ok(node, "20004 services", timeout=60)
    assert node.peak_mb() < 80


@pytest.mark.parametrize("labels, want", [
    ({"alpha.eksctl.io/cluster-name": "EKS-1"}, "eks-1"),
    ({"alpha.eksctl.io/cluster-name": "EKS-1",
      "ad.datadoghq.com/cluster-name": "Ours"}, "ours"),
    ({"alpha.eksctl.io/cluster-name": 7}, None), ({}, None)])
def test_cluster_name_of_the_node(make_cluster, labels, want):
    node, api = make_cluster(labels=labels)
    ok(node)
    if want:
        wait_tag(node, f"cluster-name:{want}")
        ok(node, f"cluster {want}")
    else:
        wait_until(lambda: api.kube.asked("/api/v1/nodes/" + k8s.NODE), 10,
                   "the node to be asked for")
        assert not [t for t in tags_of(node) if t.startswith("cluster-name")]


def test_cluster_name_of_the_configuration(make_node):
    """Without an API server as well."""
    node = make_node([WEB], {"cluster_name": "Prod"},
                     env={"KUBERNETES_SERVICE_HOST": ""})
    node.state("absent", of="apiserver")
    assert "cluster-name:prod" in tags_of(node)


def test_cluster_name_of_the_metadata(make_cluster, request):
    network = Network("169.254.169.254")
    request.addfinalizer(network.close)

    def answer(handler):
        good = handler.headers.get("Metadata-Flavor") == "Google"
        handler.send_response(200 if good else 403)
        handler.end_headers()
        handler.wfile.write(b"GKE-1")

    server = network.serve(
        {"/computeMetadata/v1/instance/attributes/cluster-name": answer},
        "169.254.169.254", 80)
    request.addfinalizer(server.close)
    node, _ = network.run(make_cluster)
    wait_tag(node, "cluster-name:gke-1")
