# SPDX-License-Identifier: ISC
"""An intake that takes a request a byte at a time, or not at all: shipperd
gives it up after its time, says so, and delivers the payload later. In
15-fold time."""

import os
import re
import socket
import threading
import time

import pytest

from frames import SHIPPERD
from intake import Payload
from shipping import Shipping
from sockets import read_exactly, read_until
from suite import BUILD, schema_limit, wait_until

FAULT = os.path.join(BUILD, "unit/fault.so")
RATE = 15
LATE = "the request was not taken in time"
STEP_ANSWER = 5  # of schema.h


class Slow:
    """Takes the head of each request, and of its body a byte now and then if
    it `drips`, until it is told to hurry."""

    def __init__(self, make_raw, proto, cert, drips):
        self.proto, self.drips = proto, drips
        self.hurry = threading.Event()
        self.payloads = []
        self.raw = make_raw(self.handle, cert)
        # so small that most of a request is still with shipperd
        self.raw.server.socket.setsockopt(
            socket.SOL_SOCKET, socket.SO_RCVBUF, 8192)

    def handle(self, sock, number):
        while (head := read_until(sock, b"\r\n\r\n")) is not None:
            head, body = head.split(b"\r\n\r\n", 1)
            while not self.hurry.wait(0.02):
                if self.drips:
                    body += read_exactly(sock, 1)
            size = int(re.search(rb"Content-Length: (\d+)", head)[1])
            body += read_exactly(sock, size - len(body))
            self.payloads.append(Payload(self.proto, "", {}, body, number))
            sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")

    def pids(self):
        return {item.pid for p in self.payloads for item in p.items}


def wait_endpoint(shipping, check, timeout=40):
    """The endpoint's part of a status, once it fits."""
    end, got = time.monotonic() + timeout, None
    while time.monotonic() < end:
        name, record = shipping.peer.receive(timeout)
        if name == "status" and record["daemon"] == SHIPPERD:
            got = record["endpoints"][0]
            if check(got):
                return got
    raise AssertionError(f"waited {timeout} s for a status, got {got}")


@pytest.mark.parametrize("drips", (False, True), ids=("stalls", "drips"))
@pytest.mark.parametrize("scheme", ("http", "https"))
def test_slow_upload(make_suite, make_raw, proto, ca, server_cert, scheme,
                     drips):
    slow = Slow(make_raw, proto, server_cert if scheme == "https" else None,
                drips)
    suite = make_suite({"api_key": "k"},
                       {"endpoint": slow.raw.url(), "ca_file": ca[0],
                        "wire_encoding": "protobuf"})
    shipping = Shipping(suite, processes=40, text=os.urandom(12000).hex())
    shipping.start({"LD_PRELOAD": FAULT, "CLOCK_RATE": str(RATE)})
    try:
        assert shipping.connect()
        start = time.monotonic()
        shipping.put(1)
        wait_endpoint(shipping, lambda e: e["state"] == "sending")
        endpoint = wait_endpoint(shipping,
                                 lambda e: e.get("last_error") == LATE)
        took = (time.monotonic() - start) * RATE
        assert took > schema_limit("LIMIT_REQUEST_TIMEOUT"), took
        assert endpoint["retried"] >= 1, endpoint
        assert endpoint.get("delivered", 0) == 0, endpoint
        assert endpoint["queued"] >= 1, endpoint
        assert endpoint["step"] == STEP_ANSWER, endpoint
        assert f"{slow.raw.url()}: {LATE}\n" in suite.log("shipperd")

        slow.hurry.set()
        wait_until(lambda: slow.pids() == shipping.pids(), 40, "the payload")
        endpoint = wait_endpoint(shipping, lambda e: e.get("queued", 0) == 0)
        assert endpoint["delivered"] >= 1, endpoint
        assert endpoint.get("last_error", "") == "", endpoint
        assert endpoint.get("dropped", 0) == 0, endpoint
        assert "works again" in suite.log("shipperd")
    finally:
        slow.hurry.set()
        shipping.kill()
