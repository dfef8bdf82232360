# SPDX-License-Identifier: ISC
"""The agent switched off, and the options that end at once."""

import os
import subprocess
import time

import pytest

from suite import DAEMONS, IS_ROOT, wait_until


def run(suite, name, *options, timeout=10):
    start = time.monotonic()
    done = subprocess.run(suite.argv(name, *options), env=suite.env,
                          stdin=subprocess.DEVNULL, capture_output=True,
                          text=True, timeout=timeout)
    return done, time.monotonic() - start


def test_disabled(make_suite):
    """Says how to enable it, stays up 5 s, exits 0. All at once."""
    start = time.monotonic()
    procs = {}
    for value in ("false", "maybe"):
        suite = make_suite({"process_agent_enabled": value})
        for name in DAEMONS:
            procs[name, value] = subprocess.Popen(
                suite.argv(name, "-f"), env=suite.env, text=True,
                stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    try:
        for case, proc in procs.items():
            text = proc.communicate(timeout=10)[0]
            assert proc.returncode == 0, (case, text)
            assert "process_agent_enabled: true" in text, (case, text)
    finally:
        for proc in procs.values():
            proc.kill()
            proc.wait()
    assert 4.9 < time.monotonic() - start < 8
    assert not os.path.exists(suite.rundir)


def in_namespace_without_sockets(argv):
    """argv, where no container runtime of this host can be seen."""
    return ["unshare", "-m", "sh", "-c",
            'mount -t tmpfs none /run && exec "$@"', "sh", *argv]


@pytest.mark.skipif(not IS_ROOT, reason="needs root to hide /run")
@pytest.mark.parametrize("name", DAEMONS)
def test_unset_without_a_runtime(make_suite, name):
    suite = make_suite({"process_agent_enabled": ""})
    proc = subprocess.run(
        in_namespace_without_sockets(suite.argv(name, "-f")), env=suite.env,
        text=True, capture_output=True, timeout=20)
    assert proc.returncode == 0, proc
    assert "no container runtime was found" in proc.stdout
    assert "process_agent_enabled: true" in proc.stdout


@pytest.mark.parametrize("name", DAEMONS)
def test_unset_with_a_runtime(make_suite, name):
    suite = make_suite({"process_agent_enabled": ""},
                       env={"KUBERNETES_SERVICE_HOST": "127.0.0.1"})
    suite.start(name)
    wait_until(lambda: "containers only" in suite.log(name), 10,
               "the daemon to say what it collects")
    suite.assert_alive()


@pytest.mark.parametrize("name", DAEMONS)
def test_options(make_suite, name):
    suite = make_suite({"process_agent_enabled": "false"})
    for option, want in (("-h", "usage: " + name), ("-V", name + " 5."),
                         ("-t", "")):
        done, took = run(suite, name, option)
        assert done.returncode == 0, done
        assert done.stdout.startswith(want), (option, done.stdout)
        assert done.stderr == "", (option, done.stderr)
        assert took < 3


@pytest.mark.parametrize("name", DAEMONS)
@pytest.mark.parametrize("options", [["-x"], ["extra"], ["-c"]],
                         ids=" ".join)
def test_bad_options(make_suite, name, options):
    done, _ = run(make_suite(), name, *options)
    assert done.returncode == 1
    assert "usage" in done.stderr


@pytest.mark.parametrize("name", DAEMONS)
def test_bad_configuration(make_suite, name):
    suite = make_suite({"proxy_port": "abc"})
    want = 'datadog.conf:4: proxy_port: "abc" is not a port (1-65535)'
    for options in (["-t"], ["-f"], []):
        done, _ = run(suite, name, *options)
        assert done.returncode == 1, options
        assert want in done.stderr, (options, done.stderr)
