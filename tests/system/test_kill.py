# SPDX-License-Identifier: ISC
"""shipperd is killed at any moment: what it had said it answers for comes
nevertheless, and next to nothing comes twice. KILLS sets how often."""

import os
import random
import time

import pytest

from shipping import Shipping, received, wait_for_all

KILLS = int(os.environ.get("KILLS", "500"))
WORKERS = 4
SEED = random.randrange(1 << 30)


@pytest.fixture
def shipping(make_suite, intake, ca):
    # one process in a payload, so that each of them can be told apart
    suite = make_suite({"api_key": "k"}, {
        "endpoint": intake.url(), "proc_limit": 1, "ca_file": ca[0],
        "spool_drain_rate": "1 GiB"})
    made = Shipping(suite)
    yield made
    made.kill()


@pytest.mark.parametrize("worker", range(WORKERS))
def test_killed_at_random(shipping, intake, worker):
    chance = random.Random(SEED + worker)
    kills = KILLS // WORKERS
    for _ in range(kills):
        shipping.start()
        end = None
        if chance.random() < 0.9:  # else before it listens, at times
            if shipping.connect():
                end = time.monotonic() + chance.uniform(0, 0.03)
        else:
            time.sleep(chance.uniform(0, 0.02))
        while end is not None and time.monotonic() < end:
            if not shipping.feed(2) or not shipping.listen(
                    max(0, end - time.monotonic())):
                break
        shipping.kill()
    shipping.start()
    assert shipping.connect()
    shipping.finish()
    twice = wait_for_all(shipping, intake)
    assert shipping.number > kills / 3, "hardly any load"
    assert twice <= kills, f"seed {SEED + worker}: {twice} came twice"
    print(f"{kills} kills, {shipping.number} snapshots, "
          f"{len(received(intake))} payloads, {twice} twice")
