# SPDX-License-Identifier: ISC
"""`shipperd -t` and `ddproc diagnose`: what a person is told who looks for
the step that fails."""

import pytest

from frames import Viewer
from intake import Reply
from sockets import free_port
from suite import wait_until


STEPS = ("name", "connect", "TLS", "answer", "key")

# What is configured: a function of the intake's URL; the step that fails,
# its reason, and the line of advice.
CASES = {
    "in order": (lambda url: url, None, "", ""),
    "no such name": (lambda url: "https://no-such-host.invalid", "name",
                     "cannot look up no-such-host.invalid: ",
                     "a name server of /etc/resolv.conf"),
    "nobody listens": (lambda url: f"https://127.0.0.1:{free_port()}",
                       "connect", "cannot connect: Connection refused",
                       "set proxy_host"),
    "no TLS": (lambda url: url.replace("http:", "https:"), "TLS",
               "wrong version number", "ca_file"),
    "no intake": (lambda url: url, "answer",
                  "there is no intake at this URL (status 404)",
                  "Is the endpoint's URL that of an intake?"),
    "the key": (lambda url: url, "key", "the API key is refused (status 403)",
                "Is api_key a key of this site?"),
}
STATUS = {"no intake": 404, "the key": 403}


def lines_of(text):
    """step: what stands behind it."""
    return {s: line.split(None, 1)[1] for line in text.splitlines()
            for s in STEPS if line.startswith(f"  {s:9} ")}


def check(text, step, why, advice):
    lines = lines_of(text)
    assert why in lines.get(step, ""), text
    assert advice in text, text
    for i, name in enumerate(STEPS):
        if name not in lines:
            continue  # TLS, for an http endpoint
        if step is None or i < STEPS.index(step):
            assert lines[name].startswith("ok"), text
        elif name == step:
            assert lines[name].startswith("FAILED: "), text
        else:
            assert lines[name] == "not reached", text


@pytest.mark.parametrize("case", CASES)
def test_the_step_that_fails(make_suite, intake, case):
    """Both say the same: the one tries, the other tells of a real try."""
    url, step, why, advice = CASES[case]
    status = STATUS.get(case, 200)
    intake.trial_reply = Reply(status)
    intake.answer = lambda p: Reply(status)
    suite = make_suite({"api_key": "k"}, {"endpoint": url(intake.url())})
    tried = suite.trial()
    assert tried.returncode == (step is not None), tried
    check(tried.stdout, step, why, advice)
    suite.start()
    Viewer(suite).wait_status("shipperd", lambda s: s.get("endpoints") and
                              s["endpoints"][0].get("last_try"), timeout=25)
    done = suite.ddproc("diagnose", check=False)
    assert done.returncode == (step is not None), done
    text = done.stdout.decode()
    check(text, step, why, advice)
    assert text.startswith(tried.stdout), (text, tried.stdout)
    assert text.splitlines()[-1].startswith("  tried "), text


def test_without_key(make_suite):
    suite = make_suite()
    got = suite.trial()
    assert (got.returncode, got.stdout) == (
        0, "no API key: nothing would be sent\n")
    suite.start()
    Viewer(suite).wait_status("shipperd")
    done = suite.ddproc("diagnose")
    assert b"no API key" in done.stdout, done


def test_who_is_down(make_suite):
    suite = make_suite({"api_key": "k"})
    assert suite.ddproc("diagnose", check=False).returncode == 2
    suite.start("taggerd")
    wait_until(lambda: suite.ddproc("diagnose", check=False).returncode == 1,
               10, "a status without shipperd")
    done = suite.ddproc("diagnose", check=False)
    assert b"shipperd is down" in done.stderr, done


def test_trust_that_cannot_be_read(make_suite):
    got = make_suite({"api_key": "k"}, {"ca_file": "/nonexistent"}).trial()
    assert got.returncode == 1
    assert got.stdout.startswith("ca_file: /nonexistent: "), got.stdout
