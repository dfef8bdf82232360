# SPDX-License-Identifier: ISC
"""Stand-ins for what ECS answers: the agent's introspection (v1), and the
metadata of a task in versions 2, 3 and 4; and networks of their own, so that
they can be where ECS has them."""

import concurrent.futures
import ctypes
import http.server
import json
import subprocess
import threading

CLONE_NEWNET = 0x40000000
ARN = "arn:aws:ecs:eu-west-1:1:task/blue/%s"
CLUSTER = "arn:aws:ecs:eu-west-1:1:cluster/blue"


def container(cid, name="front", **more):
    return {"DockerId": cid, "Name": name, "DockerName": f"ecs-{name}",
            "Image": "registry:5000/a/nginx:1.25", **more}


def agent_task(*containers, number="77", status="RUNNING"):
    """A task as the agent lists it."""
    return {"Arn": ARN % number, "KnownStatus": status, "Family": "web",
            "Version": "7", "Containers": list(containers)}


def metadata(*containers, number="77"):
    """A task as its metadata have it; those of the versions differ in more
    fields, not in these."""
    return {"Cluster": CLUSTER, "TaskARN": ARN % number, "Family": "web",
            "Revision": "7", "KnownStatus": "RUNNING",
            "Containers": [{"KnownStatus": "RUNNING", "Type": "NORMAL", **c}
                           for c in containers]}


class Server:
    """Answers GETs: `pages` maps a path to what is JSON, to bytes, to a
    status, or to a function of the handler. Paths that were asked for are in
    `asked`."""

    def __init__(self, pages, address=("127.0.0.1", 0)):
        self.pages = pages
        self.asked = []
        owner = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def log_message(self, *args):
                pass

            def do_GET(self):
                owner.asked.append(self.path)
                page = owner.pages.get(self.path, 404)
                try:
                    owner.answer(self, page)
                except (BrokenPipeError, ConnectionResetError):
                    pass

        class Http(http.server.ThreadingHTTPServer):
            request_queue_size = 64

        self.http = Http(address, Handler)
        self.port = self.http.server_address[1]
        threading.Thread(target=self.http.serve_forever, args=(0.05,),
                         daemon=True).start()

    def answer(self, handler, page):
        if callable(page):
            page(handler)
            return
        status = page if isinstance(page, int) else 200
        body = page if isinstance(page, bytes) else json.dumps(page).encode()
        handler.send_response(status)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def url(self):
        return f"http://127.0.0.1:{self.port}"

    def close(self):
        self.http.shutdown()
        self.http.server_close()


def agent_pages(*tasks):
    return {"/": {"AvailableCommands": ["/v1/metadata", "/v1/tasks"]},
            "/v1/metadata": {"Cluster": "blue", "Version": "v1.80.0"},
            "/v1/tasks": {"Tasks": list(tasks)}}


class Network:
    """A network namespace. What run() calls is in it, and so are the sockets
    and the processes that it makes; files are everybody's. A gateway is in
    another one, beyond."""

    def __init__(self, *addresses, gateway=None):
        self.thread = concurrent.futures.ThreadPoolExecutor(max_workers=1)
        self.tid = self.run(self._enter)
        self.gateway = gateway
        self.beyond = None
        self.ip("link", "set", "lo", "up")
        for address in addresses:
            self.ip("addr", "add", address + "/32", "dev", "lo")
        if gateway:
            self._add_gateway()

    def _add_gateway(self):
        self.beyond = Network()
        self.ip("link", "add", "eth0", "type", "veth", "peer", "name",
                "eth1", "netns", str(self.beyond.tid))
        self.beyond.ip("addr", "add", self.gateway + "/24", "dev", "eth1")
        self.beyond.ip("link", "set", "eth1", "up")
        self.ip("addr", "add", self.gateway + "00/24", "dev", "eth0")
        self.ip("link", "set", "eth0", "up")
        self.ip("route", "add", "default", "via", self.gateway)

    def _enter(self):
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.unshare(CLONE_NEWNET) == -1:
            raise OSError(ctypes.get_errno(), "unshare")
        return threading.get_native_id()

    def run(self, function, *args):
        return self.thread.submit(function, *args).result(30)

    def ip(self, *args):
        self.run(lambda: subprocess.run(["ip", *args], check=True))

    def serve(self, pages, address, port):
        if address == self.gateway:
            return self.beyond.serve(pages, address, port)
        return self.run(Server, pages, (address, port))

    def close(self):
        self.thread.shutdown()
        if self.beyond:
            self.beyond.close()
