# SPDX-License-Identifier: ISC
"""An intake: an HTTP or HTTPS server that keeps and decodes what arrives,
and answers as the test says."""

import importlib
import os
import socket
import ssl
import struct
import subprocess
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import zstandard

from suite import ROOT, wait_until

HEADER = struct.Struct("<BBBBiq")
TYPE_PROC, TYPE_REALTIME, TYPE_REPLY = 12, 27, 23
TYPE_CONTAINER, TYPE_CONTAINER_REALTIME = 39, 40
MESSAGES = {TYPE_PROC: "CollectorProc", TYPE_REALTIME: "CollectorRealTime",
            TYPE_CONTAINER: "CollectorContainer",
            TYPE_CONTAINER_REALTIME: "CollectorContainerRealTime"}
ENCODING_PROTOBUF, ENCODING_ZSTD05, ENCODING_ZSTD = 0, 2, 4


def load_proto(workdir):
    """Compiles the project's .proto and returns the Python module."""
    subprocess.run(["protoc", f"--proto_path={ROOT}/shipperd",
                    f"--python_out={workdir}", "agent.proto"], check=True)
    sys.path.insert(0, str(workdir))
    try:
        return importlib.import_module("agent_pb2")
    finally:
        sys.path.remove(str(workdir))


class Payload:
    """One POST, as it came and decoded."""

    def __init__(self, proto, path, headers, body, connection):
        self.at = time.time()
        self.path, self.headers, self.body = path, headers, body
        self.connection = connection  # one number per TCP connection
        (self.version, self.encoding, self.type, self.sub, self.org,
         self.stamp) = HEADER.unpack_from(body)
        data = body[HEADER.size:]
        if self.encoding == ENCODING_ZSTD:
            data = zstandard.decompress(data, max_output_size=16 << 20)
        self.data = data  # protobuf bytes
        self.message = getattr(proto, MESSAGES[self.type])()
        self.message.ParseFromString(data)

    @property
    def items(self):
        """The processes, or what moves of them."""
        return (self.message.processes if self.type == TYPE_PROC
                else self.message.stats)

    @property
    def containers(self):
        """The containers, or what moves of them."""
        return getattr(self.message, {
            TYPE_PROC: "containers", TYPE_REALTIME: "containerStats",
            TYPE_CONTAINER: "containers",
            TYPE_CONTAINER_REALTIME: "stats"}[self.type])


class Reply:
    """What to answer: status and body, or delay and reset it."""

    def __init__(self, status=200, body=b"", headers=None, delay=0.0,
                 reset=False):
        self.status, self.body, self.headers = status, body, headers or {}
        self.delay, self.reset = delay, reset


class Intake:
    def __init__(self, proto, cert=None):
        self.proto = proto
        self.payloads, self.bad, self.tls_errors = [], [], []
        self.trials = []  # headers of POSTs without a body: shipperd -t
        self.trial_reply = Reply()
        self.posts = 0
        self.active, self.interval, self.version = 0, 2, 3
        self.answer = None  # function of a Payload that gives a Reply
        self.server_names = []  # what TLS clients asked for
        self.lock = threading.Lock()
        self.connections = 0
        self.server = ThreadingHTTPServer(("127.0.0.1", 0),
                                          self._handler_class())
        self.server.daemon_threads = True
        self.server.handle_error = self._on_error
        self.scheme = "http"
        if cert:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(cert)
            context.sni_callback = lambda _, name, __: (
                self.server_names.append(name))
            self.server.socket = context.wrap_socket(
                self.server.socket, server_side=True,
                do_handshake_on_connect=False)
            self.scheme = "https"
        threading.Thread(target=self.server.serve_forever,
                         kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def port(self):
        return self.server.server_address[1]

    def url(self, host="127.0.0.1", path=""):
        return f"{self.scheme}://{host}:{self.port}{path}"

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def _on_error(self, request, address):
        error = sys.exc_info()[1]
        if isinstance(error, ssl.SSLError):
            self.tls_errors.append(str(error))
        elif not isinstance(error, OSError):
            self.bad.append(repr(error))

    def res_collector(self, active=None, interval=None, version=None,
                      encoding=ENCODING_PROTOBUF, message=""):
        """The bytes of a ResCollector with its header."""
        version = self.version if version is None else version
        res = self.proto.ResCollector(message=message)
        res.header.type = TYPE_REPLY
        res.status.activeClients = (self.active if active is None
                                    else active)
        res.status.interval = self.interval if interval is None else interval
        data = res.SerializeToString()
        if encoding == ENCODING_ZSTD:
            data = zstandard.compress(data)
        size = {1: 4, 2: 8, 3: 16}[version]
        return HEADER.pack(version, encoding, TYPE_REPLY, 0, 0,
                           0)[:size] + data

    def _record(self, handler, body):
        with self.lock:
            self.posts += 1
        try:
            payload = Payload(self.proto, handler.path, handler.headers,
                              body, handler.number)
        except Exception as error:  # the test asserts that there was none
            self.bad.append(f"{handler.path}: {error!r}: {body[:64]!r}")
            return None
        with self.lock:
            self.payloads.append(payload)
        return payload

    def _handler_class(intake):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            timeout = 60
            wbufsize = 1 << 16  # an answer is one segment, not three

            def setup(self):
                with intake.lock:
                    intake.connections += 1
                    self.number = intake.connections
                super().setup()

            def do_POST(self):
                length = int(self.headers["Content-Length"])
                if length == 0:
                    intake.trials.append(self.headers)
                    self.give(intake.trial_reply)
                    return
                payload = intake._record(self, self.rfile.read(length))
                reply = intake.answer and intake.answer(payload)
                self.give(reply or Reply(body=intake.res_collector()))

            def give(self, reply):
                time.sleep(reply.delay)
                if reply.reset:
                    self.connection.setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER,
                        struct.pack("ii", 1, 0))
                    self.close_connection = True
                    self.connection.close()
                    return
                self.send_response(reply.status)
                self.send_header("Content-Length", str(len(reply.body)))
                for name, value in reply.headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            def log_message(self, *args):
                pass

        return Handler

    # What a test asks for.

    def mark(self):
        """The number of payloads so far, for `since`."""
        with self.lock:
            return len(self.payloads)

    def got(self, type=TYPE_PROC, since=0):
        with self.lock:
            return [p for p in self.payloads[since:] if p.type == type]

    def wait(self, count=1, type=TYPE_PROC, since=0, timeout=10):
        wait_until(lambda: len(self.got(type, since)) >= count, timeout,
                   f"{count} payloads of type {type}")
        return self.got(type, since)

    def scans(self, type=TYPE_PROC, since=0):
        """Whole scans, oldest first: {groupId: [payload...]}."""
        groups = {}
        for p in self.got(type, since):
            groups.setdefault(p.message.groupId, []).append(p)
        return {g: chunks for g, chunks in groups.items()
                if len(chunks) == chunks[0].message.groupSize}

    def wait_scans(self, count=1, type=TYPE_PROC, since=0, timeout=10):
        wait_until(lambda: len(self.scans(type, since)) >= count, timeout,
                   f"{count} whole scans of type {type}")
        return list(self.scans(type, since).values())

    def find(self, pid, type=TYPE_PROC, since=0):
        """Every record of pid, oldest first."""
        return [item for p in self.got(type, since) for item in p.items
                if item.pid == pid]

    def wait_process(self, pid, type=TYPE_PROC, since=0, count=1,
                     timeout=10):
        wait_until(lambda: len(self.find(pid, type, since)) >= count,
                   timeout, f"{count} records of process {pid}")
        return self.find(pid, type, since)


def make_ca(workdir, name="ca"):
    """A CA of our own; returns (certificate, key)."""
    cert, key = (os.path.join(workdir, f"{name}.{s}") for s in ("crt", "key"))
    _openssl("req", "-x509", "-newkey", "ec", "-pkeyopt",
             "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
             "-subj", f"/CN={name}", "-keyout", key, "-out", cert)
    os.chmod(cert, 0o644)
    return cert, key


def make_cert(workdir, ca, name, subject_alt):
    """A server certificate with its key in one file."""
    base = os.path.join(workdir, name)
    _openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256",
             "-nodes", "-subj", f"/CN={name}", "-keyout", base + ".key",
             "-out", base + ".csr")
    with open(base + ".ext", "w") as f:
        f.write(f"subjectAltName={subject_alt}\n")
    _openssl("x509", "-req", "-in", base + ".csr", "-CA", ca[0], "-CAkey",
             ca[1], "-CAcreateserial", "-days", "2", "-extfile",
             base + ".ext", "-out", base + ".crt")
    with open(base + ".pem", "w") as out:
        for part in (".crt", ".key"):
            with open(base + part) as f:
                out.write(f.read())
    return base + ".pem"


def _openssl(*args):
    subprocess.run(["openssl", *args], check=True, capture_output=True)
