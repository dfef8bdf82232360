# SPDX-License-Identifier: ISC
"""What the spool asks of the disk."""

import os
import re

from intake import Reply
from shipping import Shipping, received
from suite import BUILD, wait_until

FAULT = os.path.join(BUILD, "unit/fault.so")
SCANS = 12


def syncs(suite):
    """What fault.c has said of them."""
    return re.findall(r"^call \d+: (f(?:data)?sync) (\S+)$",
                      suite.log("shipperd"), re.M)


def test_one_sync_for_a_scan(make_suite, make_intake, programs):
    """However many payloads it has, whoever takes them and whoever does not;
    what an endpoint has taken costs none."""
    up, down = make_intake(), make_intake()
    down.answer = lambda _: Reply(503)
    suite = make_suite({"api_key": "a,b"}, {
        "endpoint": f"{up.url()},{down.url()}", "proc_limit": 1})
    shipping = Shipping(suite).start({"LD_PRELOAD": FAULT,
                                      "FAULT": "0:say"})
    try:
        assert shipping.connect()
        shipping.put(1)  # and the log is begun
        for n in range(2, SCANS + 2):
            before = len(syncs(suite))
            shipping.put(1)
            wait_until(lambda: len(received(up)) == n * 3, 5,
                       "the payloads")
            assert len(syncs(suite)) - before == 1, syncs(suite)
    finally:
        shipping.kill()
    assert down.posts > 0
