#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""What a process costs on the wire: one payload of the suite's own, of
processes whose command lines are as those of a server, in each encoding that
its header can name. Nothing writes the legacy one any more (zstd 0.5, which
zstd 1 only reads): zstd 1 at the level that it was used with stands for it."""

import os
import subprocess
import sys
import tempfile

import zstandard

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../system"))

from children import Children  # noqa: E402
from intake import HEADER, Intake, load_proto  # noqa: E402
from suite import Suite, wait_until  # noqa: E402

MOST = 100  # processes in a payload
LEGACY_LEVEL = 5
LINES = (
    "nginx: worker process",
    "postgres: app shop 10.0.3.{n}(4{n}12) idle in transaction",
    "/usr/bin/java -Xms512m -Xmx{n}m -XX:+UseG1GC -Dapp.id={n} -cp "
    "/srv/app/lib/app.jar:/srv/app/lib/netty-all-4.1.jar "
    "com.example.shop.Main --port 8{n}",
    "/usr/bin/python3 /usr/local/bin/gunicorn --workers 4 --bind "
    "127.0.0.1:9{n} shop.wsgi:application",
    "node --max-old-space-size=2048 /srv/web/server.js --id={n}",
    "/usr/bin/containerd-shim-runc-v2 -namespace moby -id {id} -address "
    "/run/containerd/containerd.sock",
    "sshd: deploy@pts/{n}",
    "/bin/sh -c sleep {n}",
)


def record(workdir, proto):
    """A full payload with as many processes as it may have."""
    program = os.path.join(workdir, "child")
    subprocess.run(["cc", "-O1", "-pthread", "-o", program,
                    os.path.join(HERE, "../system/child.c")], check=True)
    children, intake = Children(program), Intake(proto)
    suite = Suite({"api_key": "k"}, {"endpoint": intake.url()})
    try:
        for n in range(4 * MOST):
            line = LINES[n % len(LINES)].format(
                n=100 + n, id=os.urandom(32).hex())
            children.spawn(argv=line.split(" "))
        ours = {p.pid for p in children.procs}
        suite.start()
        intake.wait_scans(2)  # from here on with rates
        since = intake.mark()
        return wait_until(lambda: next(
            (p for p in intake.got(since=since) if len(p.items) == MOST
             and ours.issuperset(i.pid for i in p.items)), None), 10,
            f"a payload of {MOST} of our processes")
    finally:
        suite.stop()
        children.close()
        intake.close()


def main():
    with tempfile.TemporaryDirectory(prefix="dd-bench-") as workdir:
        os.chmod(workdir, 0o755)
        payload = record(workdir, load_proto(workdir))
    legacy = zstandard.ZstdCompressor(level=LEGACY_LEVEL).compress(
        payload.data)
    for name, size in (("as sent (zstd)", len(payload.body)),
                       ("protobuf", HEADER.size + len(payload.data)),
                       ("legacy (zstd 0.5), about",
                        HEADER.size + len(legacy))):
        print(f"wire, {name}: {size / MOST:.1f} bytes/process")


if __name__ == "__main__":
    main()
