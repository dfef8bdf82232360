#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""shipperd alone: payloads through one TLS connection with the spool on, what
one costs, a backlog of 200 MiB in memory and on its way out. The intake is
Python's, so the rates are what is reached at least."""

import os
import re
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../system"))

from intake import Intake, Reply, load_proto, make_ca, make_cert  # noqa: E402
from peers import cpu_us  # noqa: E402
from shipping import Shipping  # noqa: E402
from suite import Suite, read_file, wait_until  # noqa: E402

BACKLOG = 200 << 20  # bytes
MOST_PSS = 12  # MiB


def pss_mib(pid):
    text = read_file(f"/proc/{pid}/smaps_rollup")
    return int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) / 1024


class SizingIntake(Intake):
    """Counts payloads and bytes, and looks at none."""

    count = size = 0

    def _record(self, handler, body):
        with self.lock:
            self.count += 1
            self.size += len(body)


def fill(shipping, goal):
    """Puts snapshots in until there are `goal` bytes; returns the bytes."""
    path = shipping.suite.process["spool_path"]

    def size():
        return sum(os.stat(os.path.join(path, f)).st_size
                   for f in os.listdir(path))

    while size() < goal:
        if shipping.room == 0:
            shipping.peer.close()
            assert shipping.connect()
        shipping.put(1)
    return size()


def run(workdir):
    """Returns whether it took more memory than it may."""
    ca = make_ca(workdir)
    cert = make_cert(workdir, ca, "server", "IP:127.0.0.1")
    intake = SizingIntake(load_proto(workdir), cert)
    suite = Suite({"api_key": "k"}, {
        "endpoint": intake.url(), "ca_file": ca[0], "proc_limit": 1,
        "spool_max_size": "1 GiB", "spool_drain_rate": "1 GiB"})
    shipping = Shipping(suite, processes=100,
                        text=os.urandom(15000).hex())
    try:
        intake.answer = lambda _: Reply(503)
        shipping.start()
        assert shipping.connect()
        start = time.monotonic()
        size = fill(shipping, BACKLOG)
        took = time.monotonic() - start
        print(f"put: {size / took / 2**20:.1f} MiB/s to disk, "
              f"{shipping.number / took:.1f} snapshots of 100 payloads/s")
        pss = pss_mib(suite.pid("shipperd"))
        print(f"PSS with a backlog of {size >> 20} MiB: {pss:.1f} MiB, "
              f"at most {MOST_PSS}")
        shipping.kill()
        intake.answer, intake.count, intake.size = None, 0, 0
        start = time.monotonic()
        shipping.start()
        assert shipping.connect()
        print(f"start with that backlog: "
              f"{(time.monotonic() - start) * 1000:.0f} ms")
        pid = suite.pid("shipperd")
        before, start, count = cpu_us(pid), time.monotonic(), intake.count
        bytes_before = intake.size
        wait_until(lambda: intake.count >= shipping.number * 100, 300,
                   "the backlog")
        took, n = time.monotonic() - start, intake.count - count
        most = pss_mib(pid)
        print(f"drain over one TLS connection: {n / took:.0f} payloads/s, "
              f"{(intake.size - bytes_before) / took / 2**20:.1f} MiB/s, "
              f"{(cpu_us(pid) - before) / n:.0f} us of CPU each "
              f"({intake.size // intake.count} bytes), PSS {most:.1f} MiB")
    finally:
        suite.stop()
        intake.close()
    return pss > MOST_PSS or most > MOST_PSS


def main():
    with tempfile.TemporaryDirectory(prefix="dd-bench-") as workdir:
        os.chmod(workdir, 0o755)
        return run(workdir)


if __name__ == "__main__":
    sys.exit(main())
