# SPDX-License-Identifier: ISC
"""Daemons that die, start in any order, end cleanly and read anew."""

import itertools
import os
import signal
import subprocess
import time

import pytest

from intake import Reply
from suite import (DAEMONS, IS_ROOT, read_file, status_fields,
                   wait_until)


@pytest.mark.parametrize("order", itertools.permutations(DAEMONS),
                         ids="-".join)
def test_killed_and_started_in_every_order(module_suite, module_intake,
                                           order):
    for name in DAEMONS:
        module_suite.kill(name)
    since = module_intake.mark()
    for name in order:
        module_suite.start(name)
        # the next one starts once this one is up and alone
        wait_until(lambda: is_sleeping(module_suite.pid(name)), 5,
                   f"{name} to be up")
    assert module_intake.wait_scans(2, since=since)[-1]
    module_suite.assert_alive()


def is_sleeping(pid):
    return "\nState:\tS" in read_file(f"/proc/{pid}/status")


@pytest.mark.parametrize("name", DAEMONS)
def test_one_dies_alone(module_suite, module_intake, name):
    module_intake.wait_scans(1)
    assert module_suite.kill(name) == -signal.SIGKILL
    others = [n for n in DAEMONS if n != name]
    since = module_intake.mark()
    module_suite.start(name)
    module_intake.wait_scans(2, since=since)
    assert all(module_suite.procs[n].poll() is None for n in others)


def test_view_goes_on_without_shipperd(make_suite, intake):
    suite = make_suite({"api_key": "k"}, {"endpoint": intake.url()})
    suite.start("taggerd", "collectord")
    wait_until(lambda: suite.ddproc("check", "process", check=False)
               .returncode == 0, 10, "a local view")


def test_no_file_may_grow(make_suite, intake):
    """RLIMIT_FSIZE, which a service's start sets for whoever it starts: no
    log and no spool, and no end either."""
    suite = make_suite({"api_key": "k"}, {"endpoint": intake.url()})
    for name in DAEMONS:
        suite.start_as(name, "prlimit", "--fsize=0")
    intake.wait_scans(2)
    suite.assert_alive()
    wait_until(lambda: b"File too large" in suite.ddproc("status").stdout, 10,
               "a status that says so")


@pytest.mark.parametrize("how", [signal.SIGTERM, signal.SIGINT])
def test_twice_ends_cleanly(suite, intake, how):
    intake.wait()
    for proc in suite.procs.values():
        proc.send_signal(how)
    for proc in suite.procs.values():
        proc.send_signal(how)
    got = {n: p.wait(8) for n, p in suite.procs.items()}
    assert got == {n: 0 for n in DAEMONS}
    assert not [f for f in os.listdir(suite.rundir) if f.endswith(".pid")]


def test_ends_at_once_when_it_is_early(make_suite):
    """A signal in the first moments ends a daemon as well."""
    suite = make_suite().start()
    got = {n: suite.kill(n, signal.SIGTERM) for n in DAEMONS}
    assert set(got.values()) <= {0, -signal.SIGTERM}, got


@pytest.mark.parametrize("name", DAEMONS)
def test_hup_while_it_starts(make_suite, name):
    """It ends no daemon, and is heard later."""
    suite = make_suite()
    plain = suite.config + ".plain"
    os.rename(suite.config, plain)
    os.mkfifo(suite.config)  # the start lasts until it is written

    def open_fifo():
        try:
            return os.open(suite.config, os.O_WRONLY | os.O_NONBLOCK)
        except OSError:
            return None  # nobody reads it yet

    suite.start(name)
    fifo = wait_until(open_fifo, 5, "the configuration to be read")
    suite.hup(name)
    os.write(fifo, read_file(plain, "rb"))
    os.rename(plain, suite.config)
    os.close(fifo)
    wait_until(lambda: "read again" in suite.log(name), 5, "another reading")
    suite.assert_alive()


def test_what_waits_is_sent_at_the_end(suite, intake):
    intake.answer = lambda p: Reply(503)
    wait_until(lambda: intake.posts >= 3, 15, "three tries")
    suite.kill("collectord")
    intake.answer = None
    failed = {p.data for p in intake.payloads}
    since = intake.mark()
    assert suite.kill("shipperd", signal.SIGTERM) == 0
    missing = failed - {p.data for p in intake.got(since=since)}
    assert not missing, f"{len(missing)} of {len(failed)} payloads are lost"


def test_hup_reads_the_configuration(suite, intake, make_intake, children):
    hidden = children.spawn(argv=["blacklistme", "arg"]).pid
    intake.wait_process(hidden)

    suite.write_config(process={"blacklist": "^blacklistme "})
    suite.hup("collectord")
    wait_until(lambda: hidden not in {
        p.pid for p in intake.got()[-1].message.processes}, 10,
        "the new blacklist")

    second = make_intake()
    suite.write_config({"api_key": "k2"}, {"endpoint": second.url()})
    suite.hup("shipperd")
    assert second.wait()[-1].headers["X-Dd-APIKey"] == "k2"

    suite.write_config({"tags": "colour:blue"})
    suite.hup("taggerd")
    wait_until(lambda: b"colour:blue" in suite.ddproc(
        "check", "process").stdout, 10, "the new tag")
    suite.assert_alive()


def test_hup_with_a_bad_configuration_keeps_the_old(suite, intake):
    intake.wait()
    suite.write_raw_config("[Main]\nproxy_port: abc\n")
    for name in DAEMONS:
        suite.hup(name)
    wait_until(lambda: "proxy_port" in suite.log("shipperd"), 5,
               "the error in the log")
    since = intake.mark()
    intake.wait_scans(2, since=since)
    suite.assert_alive()


class Background:
    """The daemons as an init script starts them: without -f."""

    def __init__(self, suite):
        self.suite, self.pids = suite, {}
        for name in DAEMONS:
            done = subprocess.run(suite.argv(name), env=suite.env, cwd="/",
                                  capture_output=True, timeout=10)
            assert done.returncode == 0, done.stderr
            self.pids[name] = int(read_file(self.pid_file(name)))

    def pid_file(self, name):
        return os.path.join(self.suite.rundir, name + ".pid")

    def alive(self):
        """Those that have not ended, whether or not init has reaped them."""
        return [n for n, p in self.pids.items()
                if os.path.exists(f"/proc/{p}")
                and status_fields(p)["State"][0] != "Z"]

    def stop(self):
        for name in self.alive():
            os.kill(self.pids[name], signal.SIGTERM)
        wait_until(lambda: not self.alive(), 10, "the daemons to end")


def test_background(make_suite, intake):
    suite = make_suite({"api_key": "k"}, {"endpoint": intake.url()})
    logs = os.path.join(suite.dir, "log")
    os.mkdir(logs)
    if IS_ROOT:  # as it is installed: the daemons' group may write
        import grp
        os.chown(logs, 0, grp.getgrnam("dd-agent").gr_gid)
        os.chmod(logs, 0o775)
    suite.write_config(process={"log_file": f"{logs}/process-agent.log"})
    daemons = Background(suite)
    try:
        intake.wait_scans(1)
        assert sorted(daemons.alive()) == sorted(DAEMONS)
        for name, pid in daemons.pids.items():
            assert read_file(f"/proc/{pid}/comm").strip() == name
        files = sorted(os.listdir(logs))
        assert len(files) == 3, files
        for name in files:
            os.rename(f"{logs}/{name}", f"{logs}/{name}.1")
        for pid in daemons.pids.values():
            os.kill(pid, signal.SIGHUP)
        wait_until(lambda: all(os.path.exists(f"{logs}/{n}") for n in files),
                   5, "the logs to be opened again")
        since = intake.mark()
        intake.wait_scans(1, since=since)
        start = time.monotonic()
    finally:
        daemons.stop()
    assert time.monotonic() - start < 7
    # dropped users cannot remove the file from root's directory
    path = daemons.pid_file("collectord")
    assert not os.path.exists(path) or read_file(path) == ""
