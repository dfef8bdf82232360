# SPDX-License-Identifier: ISC
"""Kubernetes for tests: a server that answers as a kubelet and as an API
server do, over TLS, with tokens that rotate, and with every fault that a
server can have. What it lists is made here, in the API's own words."""

import json
import os
import socket
import ssl
import struct
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

NODE = "node-1.example"
STARTED = "2024-01-02T03:04:05Z"


def uid(n):
    return "%08x-0000-4000-8000-%012x" % (n, n)


def container(cid, name="app", image="registry.example:5000/team/app:1.2",
              runtime="containerd", state="running", init=False, **spec):
    """One of pod()'s. cid "": it is not created yet."""
    return {"id": cid, "name": name, "image": image, "runtime": runtime,
            "state": state, "init": init, "spec": spec}


def _state(kind):
    if kind == "waiting":
        return {"waiting": {"reason": "ContainerCreating"}}
    if kind == "terminated":
        return {"terminated": {"exitCode": 0, "reason": "Completed",
                               "startedAt": STARTED, "finishedAt": STARTED}}
    return {"running": {"startedAt": STARTED}}


def _status(c):
    status = {"name": c["name"], "image": c["image"], "ready": True,
              "restartCount": 0, "state": _state(c["state"]), "lastState": {},
              "imageID": c["image"].split(":")[0] + "@sha256:" + "d" * 64}
    if c["id"]:
        status["containerID"] = f"{c['runtime']}://{c['id']}"
    return status


def pod(n, name=None, namespace="default", containers=(), labels=None,
        owner=None, phase="Running", ready=True, host_network=False,
        annotations=None, node=NODE, ip=None):
    """An item of a PodList. owner: (kind, name). containers: container()."""
    host = "10.0.0.1"
    spec = [{"name": c["name"], "image": c["image"], "resources": {},
             "env": [{"name": "SECRET", "value": "hunter2"}], **c["spec"]}
            for c in containers]
    meta = {"name": name or f"pod-{n}", "namespace": namespace, "uid": uid(n),
            "creationTimestamp": STARTED, "labels": labels or {},
            "annotations": {"kubernetes.io/config.source": "api",
                            **(annotations or {})}}
    if owner:
        meta["ownerReferences"] = [{"apiVersion": "apps/v1", "kind": owner[0],
                                    "name": owner[1], "uid": uid(n + 1),
                                    "controller": True}]
    kinds = (("containers", "containerStatuses", False),
             ("initContainers", "initContainerStatuses", True))
    out = {"metadata": meta,
           "spec": {"nodeName": node, "volumes": [], "tolerations": []},
           "status": {"phase": phase, "hostIP": host, "startTime": STARTED,
                      "podIP": host if host_network else
                      ip or "10.1.%d.%d" % (n // 256 % 256, n % 256),
                      "conditions": [{"type": "Ready", "status":
                                      "True" if ready else "False"}]}}
    if host_network:
        out["spec"]["hostNetwork"] = True
    for specs, statuses, init in kinds:
        mine = [i for i, c in enumerate(containers) if c["init"] == init]
        if mine or not init:
            out["spec"][specs] = [spec[i] for i in mine]
            out["status"][statuses] = [_status(containers[i]) for i in mine]
    return out


def static_pod(n, name, image):
    """As the kubelet lists those that it has from a file: nobody tells it
    their state."""
    made = pod(n, name, "kube-system", [container("", name, image)],
               phase="Pending", annotations={
                   "kubernetes.io/config.source": "file"})
    made["status"] = {"phase": "Pending"}
    made["metadata"]["uid"] = "%032x" % n
    return made


def pod_list(pods):
    return {"kind": "PodList", "apiVersion": "v1", "metadata": {},
            "items": list(pods)}


def status(code, reason):
    """The API's own answer to what it refuses."""
    return {"kind": "Status", "apiVersion": "v1", "metadata": {},
            "status": "Failure", "reason": reason, "code": code,
            "message": reason.lower()}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 60

    def log_message(self, *args):
        pass

    def do_GET(self):
        self.close_connection = True
        try:
            self.server.kube.answer(self)
        except (OSError, ssl.SSLError):
            pass  # it has gone

    def head(self, code=200, length=None, **headers):
        """The status line and headers; length None: until the end."""
        self.send_response(code)
        self.send_header("Content-Type", "application/json")
        if length is not None:
            self.send_header("Content-Length", str(length))
        for name, value in headers.items():
            self.send_header(name.replace("_", "-"), value)
        self.end_headers()

    def reply(self, value, code=200):
        """A whole answer: JSON, or bytes as they are."""
        body = value if isinstance(value, bytes) else (
            json.dumps(value).encode())
        self.head(code, len(body))
        self.wfile.write(body)

    def chunk(self, data):
        self.wfile.write(b"%x\r\n%s\r\n" % (len(data), data))
        self.wfile.flush()

    def bearer(self):
        return self.headers.get("Authorization", "").removeprefix("Bearer ")


class Kube:
    """`routes` says what answers a path: a function of (kube, handler).
    Whoever adds some for the API server adds them there. A `fault` answers
    in place of all of them."""

    def __init__(self, cert=None, tokens=("token-1",), port=0,
                 client_ca=None):
        self.pods = []  # pod()
        self.tokens = set(tokens)  # that are taken; empty: no token needed
        self.routes = {"/pods": Kube.answer_pods}
        self.fault = None
        self.requests = []  # (monotonic s, path with its query, token)
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.server = ThreadingHTTPServer(("127.0.0.1", port), Handler)
        self.server.daemon_threads = True
        self.server.kube = self
        self.server.handle_error = lambda *args: None  # handshakes
        if cert:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert)
            if client_ca:
                context.verify_mode = ssl.CERT_REQUIRED
                context.load_verify_locations(client_ca)
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True,
                do_handshake_on_connect=False)
        threading.Thread(target=self.server.serve_forever,
                         kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def port(self):
        return self.server.server_address[1]

    def close(self):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()

    def asked(self, path="/pods"):
        """The times at which it was asked for the path, any query."""
        with self.lock:
            return [at for at, p, _ in self.requests
                    if p.split("?")[0] == path]

    def answer(self, handler):
        token = handler.bearer()
        with self.lock:
            self.requests.append((time.monotonic(), handler.path, token))
        if self.fault is not None:
            self.fault(self, handler)
        elif self.tokens and token not in self.tokens:
            handler.reply(status(401, "Unauthorized"), 401)
        else:
            route = self.routes.get(handler.path.split("?")[0])
            if route is None:
                handler.reply(status(404, "NotFound"), 404)
            else:
                route(self, handler)

    def answer_pods(self, handler):
        handler.reply(pod_list(self.pods))


# Faults: functions of (kube, handler), or such that make one.


def refuse(code, reason="Refused"):
    return lambda kube, handler: handler.reply(status(code, reason), code)


def body(data, code=200):
    """An answer with that body."""
    return lambda kube, handler: handler.reply(data, code)


def redirect(to):
    return lambda kube, handler: handler.head(302, 0, Location=to)


def silence(kube, handler):
    kube.stopping.wait(60)


def cut(kube, handler):
    """Ends in the middle of the body."""
    data = json.dumps(pod_list(kube.pods)).encode()
    handler.head(200, len(data))
    handler.wfile.write(data[:len(data) // 2])


def cut_quietly(kube, handler):
    """The same, with nothing in the headers that gives it away."""
    data = json.dumps(pod_list(kube.pods)).encode()
    handler.head(200)
    handler.wfile.write(data[:len(data) // 2])


def reset(kube, handler):
    handler.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                                  struct.pack("ii", 1, 0))
    handler.connection.close()


def slowly(kube, handler):
    """A byte now and then, for ever."""
    data = json.dumps(pod_list(kube.pods)).encode()
    handler.head(200, len(data))
    for byte in data:
        handler.wfile.write(bytes([byte]))
        handler.wfile.flush()
        if kube.stopping.wait(0.3):
            return


def slow_headers(kube, handler):
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n")
    while not kube.stopping.wait(0.3):
        handler.wfile.write(b"X-More: x\r\n")
        handler.wfile.flush()


def endless(start=b'{"kind":"PodList","items":[', more=b'{"a":1},' * 8192):
    """A body that does not end."""
    def fault(kube, handler):
        handler.head(200)
        handler.wfile.write(start)
        while not kube.stopping.is_set():
            handler.wfile.write(more)
    return fault


def sized(length, start, more):
    """A body of that many bytes, of which there is never more in memory."""
    def fault(kube, handler):
        handler.head(200, length)
        handler.wfile.write(start)
        left = length - len(start)
        while left > 0 and not kube.stopping.is_set():
            handler.wfile.write(more[:left])
            left -= len(more[:left])
    return fault


def chunked(size):
    """A good answer in chunks of that size."""
    def fault(kube, handler):
        data = json.dumps(pod_list(kube.pods)).encode()
        handler.head(200, Transfer_Encoding="chunked")
        for at in range(0, len(data), size):
            handler.chunk(data[at:at + size])
        handler.wfile.write(b"0\r\n\r\n")
    return fault


def write_token(path, token):
    """As the kubelet rotates it: another file takes the place."""
    with open(path + ".new", "w") as f:
        f.write(token)
    os.chmod(path + ".new", 0o644)
    os.rename(path + ".new", path)
