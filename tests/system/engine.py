# SPDX-License-Identifier: ISC
"""A Docker Engine for tests that need one to be slow, hostile or of their
own making: the API's answers over a Unix socket, no containers behind them."""

import http.server
import json
import os
import socket
import socketserver
import threading
import time

CREATED = "2024-01-02T03:04:05.678901234Z"


def container(image="nginx:1.25", name="web", labels=None, state="running"):
    return {"image": image, "name": name, "labels": labels or {},
            "state": state}


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *args):
        pass

    def do_GET(self):
        try:
            self.server.engine.answer(self)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def reply(self, value, status=200):
        body = json.dumps(value).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(body)
        self.close_connection = True


class Server(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True
    request_queue_size = 128

    def get_request(self):
        request, _ = super().get_request()
        return request, ("local", 0)


class Engine:
    def __init__(self, directory):
        self.path = os.path.join(directory, "docker.sock")
        self.containers = {}  # id: container(...)
        self.listed = None  # ids that the list shows; None: all
        self.delay = 0  # s before an inspect is answered
        self.hang = threading.Event()  # set: inspects are not answered
        self.named = threading.Event()  # set: says what its host is called
        self.named.set()
        self.inspected = []
        # What is asked ("version", "list", ...) to who answers instead:
        # a function of the handler and the id.
        self.instead = {}
        self.asked = []  # (what, id) in order
        self.streams = []  # handlers of event streams
        self.stopping = threading.Event()
        self.server = Server(self.path, Handler)
        os.chmod(self.path, 0o666)
        self.server.engine = self
        threading.Thread(target=self.server.serve_forever, args=(0.05,),
                         daemon=True).start()

    def close(self):
        self.stopping.set()
        self.server.shutdown()
        self.server.server_close()

    def summary(self, ident):
        c = self.containers[ident]
        return {"Id": ident, "Names": ["/" + c["name"]], "Image": c["image"],
                "ImageID": "sha256:" + "a" * 64, "Created": 1704164645,
                "State": c["state"], "Status": "Up 2 seconds",
                "Labels": c["labels"], "Ports": [],
                "HostConfig": {"NetworkMode": "bridge"},
                "NetworkSettings": {"Networks": {}}}

    def details(self, ident):
        c = self.containers[ident]
        return {"Id": ident, "Name": "/" + c["name"], "Created": CREATED,
                "Image": "sha256:" + "a" * 64,
                "State": {"Status": c["state"], "Pid": 1,
                          "Running": c["state"] == "running"},
                "Config": {"Image": c["image"], "Labels": c["labels"]},
                "HostConfig": {"NetworkMode": "bridge"},
                "NetworkSettings": {"Networks": {}, "Ports": {}}}

    @staticmethod
    def parse(path):
        """What a path asks for, and of whom."""
        parts = path.split("?")[0].strip("/").split("/")
        if parts[0].startswith("v1."):
            parts = parts[1:]
        if parts == ["containers", "json"]:
            return "list", ""
        if len(parts) == 3 and parts[2] == "json":
            return {"containers": "inspect", "images": "image"}.get(
                parts[0], "?"), parts[1]
        return parts[0] if len(parts) == 1 else "?", ""

    def answer(self, handler):
        what, ident = self.parse(handler.path)
        self.asked.append((what, ident))
        if what in self.instead:
            handler.close_connection = True
            self.instead[what](handler, ident)
        elif what == "version":
            handler.reply({"Version": "99.0", "ApiVersion": "1.43",
                           "MinAPIVersion": "1.12"})
        elif what == "info":
            while not self.named.wait(0.1) and not self.stopping.is_set():
                pass
            handler.reply({"Name": "engine-host"})
        elif what == "events":
            self.stream(handler)
        elif what == "list":
            ids = self.containers if self.listed is None else self.listed
            handler.reply([self.summary(i) for i in list(ids)])
        elif what == "inspect":
            self.inspect(handler, ident)
        else:
            handler.reply({"message": "no such thing"}, 404)

    def inspect(self, handler, ident):
        self.inspected.append(ident)
        if self.hang.is_set():
            self.stopping.wait()
            return
        time.sleep(self.delay)
        if ident in self.containers:
            handler.reply(self.details(ident))
        else:
            handler.reply({"message": "no such container"}, 404)

    def stream(self, handler):
        """Events, as they are sent below."""
        handler.send_response(200)
        handler.send_header("Content-Type", "application/json")
        handler.send_header("Transfer-Encoding", "chunked")
        handler.end_headers()
        self.streams.append(handler)
        self.stopping.wait()

    def event(self, action, ident):
        self.send_events(json.dumps({
            "Type": "container", "Action": action,
            "Actor": {"ID": ident}}).encode() + b"\n")

    def send_events(self, data):
        """Bytes of the newest stream, one chunk."""
        self.streams[-1].wfile.write(b"%x\r\n%s\r\n" % (len(data), data))

    def end_events(self):
        self.streams[-1].connection.shutdown(socket.SHUT_RDWR)
