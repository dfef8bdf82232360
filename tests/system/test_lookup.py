# SPDX-License-Identifier: ISC
"""Names of endpoints, as a name server gives them: several addresses, none,
errors and silence."""

import os
import subprocess

import pytest

from nameserver import NO_SUCH_NAME, REFUSED, SERVER_FAILED, NameServer
from proxies import can_mount
from suite import BUILD, Suite

FAULT = os.path.join(BUILD, "unit/fault.so")

pytestmark = pytest.mark.skipif(not can_mount(),
                                reason="mounts a resolv.conf of its own")

NO_NAME = "there is no such name"
NO_ADDRESS = "no name server has an address for it"
NAMES = {  # what the server says, and then shipperd; None is good
    "one.test": (["127.0.0.1"], None),
    "several.test": (["127.0.0.2", "127.0.0.3", "127.0.0.1"], None),
    "closed.test": (["127.0.0.2", "127.0.0.3"],
                    "cannot connect: Connection refused"),
    "missing.test": (NO_SUCH_NAME, f"cannot look up missing.test: {NO_NAME}"),
    "empty.test": ([], f"cannot look up empty.test: {NO_ADDRESS}"),
    "failed.test": (SERVER_FAILED,
                    f"cannot look up failed.test: {NO_ADDRESS}"),
    "refused.test": (REFUSED,
                     f"cannot look up refused.test: {NO_ADDRESS}"),
}


def look_up(names, intake, workdir, env):
    """Runs `shipperd -t` with an endpoint of each name; returns what it says
    of them."""
    server = NameServer(names, workdir)
    suite = Suite({"api_key": ",".join("k" * len(names))},
                  {"endpoint": ",".join(intake.url(n) for n in names),
                   "allow_plaintext_endpoint": "yes"})
    got = subprocess.run(
        [*server.prefix(), *suite.argv("shipperd", "-t")],
        env={**suite.env, **env}, cwd="/", stdin=subprocess.DEVNULL,
        capture_output=True, text=True, timeout=40)
    suite.stop()
    server.close()
    assert set(names) <= set(server.asked), server.asked
    said = got.stdout.split("http://")[1:]
    assert len(said) == len(names), got
    return dict(zip(names, said))


def test_lookups(programs, intake, workdir):
    said = look_up({n: answer for n, (answer, _) in NAMES.items()}, intake,
                   workdir, {})
    for name, (_, why) in NAMES.items():
        if why is None:
            assert "  key       ok" in said[name], said[name]
        else:
            assert f"FAILED: {why}\n" in said[name], said[name]


def test_silence(programs, intake, workdir):
    """Ends by our time, in 10-fold time."""
    said = look_up({"silent.test": None}, intake, workdir,
                   {"LD_PRELOAD": FAULT, "CLOCK_RATE": "10"})
    assert ("FAILED: cannot look up silent.test: no answer in time\n"
            in said["silent.test"]), said
