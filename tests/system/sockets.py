# SPDX-License-Identifier: ISC
"""Servers that a test scripts byte by byte, and those who listen to what
passes."""

import re
import socket
import socketserver
import ssl
import struct
import threading
import time


def free_port(host="127.0.0.1"):
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.create_server((host, 0), family=family) as s:
        return s.getsockname()[1]


def accepts(port, host="127.0.0.1"):
    try:
        socket.create_connection((host, port), timeout=1).close()
        return True
    except OSError:
        return False


class Threaded(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    request_queue_size = 64

    def __init__(self, handle, host="127.0.0.1"):
        if ":" in host:
            self.address_family = socket.AF_INET6
        super().__init__((host, 0), None)
        self.handle = handle
        threading.Thread(target=self.serve_forever,
                         kwargs={"poll_interval": 0.05}, daemon=True).start()

    @property
    def port(self):
        return self.server_address[1]

    def finish_request(self, request, client_address):
        # or what was sent last is lost with a reset
        request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            self.handle(request)
        except OSError:
            pass  # who is spoken to may well hang up

    def close(self):
        self.shutdown()
        self.server_close()


def pump(source, sink, keep):
    """Copies until the end, and passes that on."""
    try:
        while True:
            data = source.recv(65536)
            if not data:
                break
            keep(data)
            sink.sendall(data)
    except OSError:
        pass
    try:
        sink.shutdown(socket.SHUT_WR)
    except OSError:
        pass


def splice(a, b, keep_up=lambda data: None, keep_down=lambda data: None):
    other = threading.Thread(target=pump, args=(b, a, keep_down), daemon=True)
    other.start()
    pump(a, b, keep_up)
    other.join()


class Relay:
    """Passes everything on to a port, and keeps it."""

    def __init__(self, target, host="127.0.0.1", target_host="127.0.0.1"):
        self.target, self.target_host = target, target_host
        self.up, self.down = bytearray(), bytearray()
        self.connections = 0
        self.server = Threaded(self._handle, host)
        self.port = self.server.port

    def _handle(self, client):
        self.connections += 1
        with client, socket.create_connection(
                (self.target_host, self.target)) as far:
            splice(client, far, self.up.extend, self.down.extend)

    def close(self):
        self.server.close()


class Sniffer:
    """Keeps every TCP and UDP byte that passes over the loopback interface,
    but those of the ports in `skip`. Needs root."""

    def __init__(self, skip=()):
        self.skip, self.bytes = set(skip), bytearray()
        self.sock = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM,
                                  socket.htons(3))  # ETH_P_ALL
        self.sock.setsockopt(socket.SOL_SOCKET, 33, 64 << 20)  # RCVBUFFORCE
        self.sock.bind(("lo", 3))
        self.sock.settimeout(0.2)
        self.over = False
        self.thread = threading.Thread(target=self._run, daemon=True)
        self.thread.start()

    def _run(self):
        while not self.over:
            try:
                packet = self.sock.recv(1 << 17)
            except TimeoutError:
                continue
            at = 40 if packet[0] >> 4 == 6 else (packet[0] & 15) * 4
            ports = struct.unpack_from(">HH", packet.ljust(at + 4), at)
            if not self.skip & set(ports):
                self.bytes += packet

    def close(self):
        self.over = True
        self.thread.join()
        self.sock.close()


def read_until(sock, end):
    data = b""
    while end not in data:
        more = sock.recv(1 if len(data) < 3 else 4096)
        if not more:
            return None
        data += more
    return data


def read_exactly(sock, n):
    data = b""
    while len(data) < n:
        more = sock.recv(n - len(data))
        if not more:
            raise ConnectionError
        data += more
    return data


class Scripted:
    """An HTTP proxy in Python. `behave` maps the host that is asked for to a
    function of (socket, host, port); all others are connected to
    `hosts[host]`, a port of this host. Keeps each request's head."""

    def __init__(self, hosts=None, behave=None, host="127.0.0.1"):
        self.hosts, self.behave = hosts or {}, behave or {}
        self.heads = []
        self.server = Threaded(self._handle, host)
        self.port = self.server.port

    def _handle(self, client):
        with client:
            head = read_until(client, b"\r\n\r\n")
            if head is None:
                return
            self.heads.append(head)
            host, port = head.split(b" ")[1].decode().rsplit(":", 1)
            if host in self.behave:
                self.behave[host](client, host, port)
                return
            with socket.create_connection(
                    ("127.0.0.1", self.hosts.get(host, int(port)))) as far:
                client.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
                splice(client, far)

    def close(self):
        self.server.close()


class ScriptedSocks:
    """The same in SOCKS5. `behave` maps a host to what is said to the
    request; `method` and `login` answer what comes before. `logins` keeps
    (user, password)."""

    def __init__(self, hosts=None, behave=None, method=b"\x05\x00",
                 login=b"\x01\x00"):
        self.hosts, self.behave = hosts or {}, behave or {}
        self.method, self.login = method, login
        self.logins, self.asked = [], []
        self.server = Threaded(self._handle)
        self.port = self.server.port

    def _handle(self, client):
        with client:
            _, n = read_exactly(client, 2)
            read_exactly(client, n)
            client.sendall(self.method)
            if self.method[1:2] == b"\x02":
                read_exactly(client, 1)
                pair = []
                for _ in range(2):
                    pair.append(read_exactly(client,
                                             read_exactly(client, 1)[0]))
                self.logins.append(tuple(pair))
                client.sendall(self.login)
            host, port = self._request(client)
            self.asked.append((host, port))
            if host in self.behave:
                self.behave[host](client, host, port)
                return
            with socket.create_connection(
                    ("127.0.0.1", self.hosts.get(host, port))) as far:
                client.sendall(b"\x05\x00\x00\x01\0\0\0\0\0\0")
                splice(client, far)

    @staticmethod
    def _request(client):
        kind = read_exactly(client, 4)[3]
        if kind == 3:
            host = read_exactly(client, read_exactly(client, 1)[0]).decode()
        else:
            family, size = {1: (socket.AF_INET, 4),
                            4: (socket.AF_INET6, 16)}[kind]
            host = socket.inet_ntop(family, read_exactly(client, size))
        return host, struct.unpack(">H", read_exactly(client, 2))[0]

    def close(self):
        self.server.close()


def stall(sock, seconds=60):
    """Says nothing until the other side gives up."""
    sock.settimeout(seconds)
    try:
        while sock.recv(65536):
            pass
    except OSError:
        pass


def drip(sock, data, pause=0.5):
    for i in range(len(data)):
        sock.sendall(data[i:i + 1])
        time.sleep(pause)


def reset(sock):
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER,
                    struct.pack("ii", 1, 0))
    sock.close()


class Raw:
    """An intake of bytes: each connection is given to `handle`, a function
    of (socket, number of the connection)."""

    def __init__(self, handle, cert=None):
        self.handle, self.count = handle, 0
        self.lock = threading.Lock()
        self.context = None
        if cert:
            self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            self.context.load_cert_chain(cert)
        self.server = Threaded(self._serve)
        self.port = self.server.port

    def _serve(self, client):
        with self.lock:
            number, self.count = self.count, self.count + 1
        with client:
            if self.context:
                client = self.context.wrap_socket(client, server_side=True)
            self.handle(client, number)

    def url(self):
        scheme = "https" if self.context else "http"
        return f"{scheme}://127.0.0.1:{self.port}"

    def close(self):
        self.server.close()


def read_request(sock):
    """(head, body), or None at the end of the connection."""
    head = read_until(sock, b"\r\n\r\n")
    if head is None:
        return None
    head, body = head.split(b"\r\n\r\n", 1)
    length = int(re.search(rb"Content-Length: (\d+)", head)[1])
    return head, body + read_exactly(sock, length - len(body))


def answer(data, then=lambda sock: None):
    """A handler that answers one request with data."""
    def handle(sock, _):
        if read_request(sock) is not None:
            sock.sendall(data)
            then(sock)
    return handle
