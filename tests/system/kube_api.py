# SPDX-License-Identifier: ISC
"""The API server's half of the Kubernetes of the tests: services with their
list in pages and their watch, and nodes."""

import json
import queue
from urllib.parse import parse_qs, urlsplit

import kube as k8s

SERVICES = "/api/v1/services"


def service(name, space="default", version=1, **selector):
    return {"metadata": {"name": name, "namespace": space,
                         "resourceVersion": str(version),
                         "managedFields": [{"manager": "kubectl"}]},
            "spec": {"selector": selector or None, "clusterIP": "10.2.0.1",
                     "ports": [{"port": 80, "protocol": "TCP"}]},
            "status": {"loadBalancer": {}}}


class Api:
    """Answers for a Kube. Put and drop tell all who watch; a fault of
    `watch_fault` answers a watch, one of `list_fault` a list."""

    def __init__(self, kube, page=500):
        self.kube = kube
        self.page = page
        self.version = 100
        self.services = {}  # (namespace, name): service()
        self.watches = []  # a queue of lines for each
        self.list_fault = self.watch_fault = None
        self.labels = None  # of the node; None: there is no such node
        kube.routes[SERVICES] = self.answer
        kube.routes["/api/v1/nodes/" + k8s.NODE] = self.answer_node

    def queries(self):
        """Of each question for services, in their order."""
        with self.kube.lock:
            return [parse_qs(urlsplit(path).query)
                    for _, path, _ in self.kube.requests
                    if path.split("?")[0] == SERVICES]

    def lists(self):
        return [q for q in self.queries() if "watch" not in q]

    def watched(self):
        return [q for q in self.queries() if "watch" in q]

    def put(self, name, space="default", **selector):
        kind = "MODIFIED" if (space, name) in self.services else "ADDED"
        self.version += 1
        made = service(name, space, self.version, **selector)
        self.services[space, name] = made
        self.tell(kind, made)

    def drop(self, name, space="default"):
        self.version += 1
        gone = self.services.pop((space, name))
        gone["metadata"]["resourceVersion"] = str(self.version)
        self.tell("DELETED", gone)

    def tell(self, kind, what):
        self.say(json.dumps({"type": kind, "object": what}).encode() + b"\n")

    def say(self, data):
        """Bytes for all who watch; None ends their watch."""
        for watch in list(self.watches):
            watch.put(data)

    def answer(self, kube, handler):
        query = parse_qs(urlsplit(handler.path).query)
        fault = self.watch_fault if "watch" in query else self.list_fault
        if fault is not None:
            fault(kube, handler)
        elif "watch" in query:
            self.watch(handler)
        else:
            self.list(handler, query)

    def list(self, handler, query):
        start = int(query.get("continue", ["0"])[0])
        end = start + min(self.page, int(query["limit"][0]))
        items = [self.services[k] for k in sorted(self.services)]
        meta = {"resourceVersion": str(self.version)}
        if end < len(items):
            meta["continue"] = str(end)
        handler.reply({"kind": "ServiceList", "apiVersion": "v1",
                       "metadata": meta, "items": items[start:end]})

    def watch(self, handler):
        lines = queue.Queue()
        self.watches.append(lines)
        try:
            handler.head(200, Transfer_Encoding="chunked")
            handler.wfile.flush()
            while not self.kube.stopping.is_set():
                try:
                    data = lines.get(timeout=0.1)
                except queue.Empty:
                    continue
                if data is None:
                    handler.wfile.write(b"0\r\n\r\n")
                    return
                handler.chunk(data)
        finally:
            self.watches.remove(lines)

    def answer_node(self, kube, handler):
        if self.labels is None:
            handler.reply(k8s.status(404, "NotFound"), 404)
        else:
            handler.reply({"kind": "Node", "metadata": {
                "name": k8s.NODE, "labels": self.labels}})
