# SPDX-License-Identifier: ISC
"""The suite under test: the three daemons in a run directory of their own,
with their configuration and logs, and ddproc to look at them."""

import os
import grp
import re
import shutil
import signal
import subprocess
import tempfile
import time

ROOT = os.path.abspath(os.path.join(os.path.dirname(__file__), "../.."))
BUILD = os.path.join(ROOT, os.environ.get("BUILD", "build"))
DAEMONS = ("taggerd", "shipperd", "collectord")
USERS = {"collectord": "dd-collector", "taggerd": "dd-tagger",
         "shipperd": "dd-shipper"}
GROUP = "dd-agent"
IS_ROOT = os.geteuid() == 0
HOSTNAME = "test-host.example"


def wait_until(check, timeout, what):
    """Calls check() until it gives something true, and returns that. `what`
    is a text, or gives one."""
    end = time.monotonic() + timeout
    while True:
        got = check()
        if got:
            return got
        if time.monotonic() > end:
            what = what() if callable(what) else what
            raise AssertionError(
                f"waited {timeout} s for {what}, got {got!r}")
        time.sleep(0.02)


def read_file(path, mode="r"):
    with open(path, mode, **({} if "b" in mode
                             else {"errors": "replace"})) as f:
        return f.read()


def status_fields(pid):
    """/proc/PID/status as a dictionary."""
    text = read_file(f"/proc/{pid}/status")
    return dict(line.split(":\t", 1) for line in text.splitlines()
                if ":\t" in line)


def memory_kb(pid, field="VmRSS"):
    return int(status_fields(pid)[field].split()[0])


def fd_count(pid):
    """Open descriptors; Linux 6.2 tells everybody how many there are, and
    older ones say 0 there."""
    try:
        return len(os.listdir(f"/proc/{pid}/fd"))
    except PermissionError:
        return os.stat(f"/proc/{pid}/fd").st_size


class Suite:
    alive = []  # of this test run, for the logs of a failure

    def __init__(self, main=None, process=None, env=None, build=BUILD):
        # Not tmp_path: the daemons' users must be able to walk to it.
        self.dir = tempfile.mkdtemp(prefix="dd-test-")
        os.chmod(self.dir, 0o755)
        self.build = build
        self.rundir = os.path.join(self.dir, "run")
        self.config = os.path.join(self.dir, "datadog.conf")
        self.env = {"PATH": os.environ["PATH"], "LANG": "C.UTF-8",
                    **(env or {})}
        self.procs = {}
        self.main = {"hostname": HOSTNAME, "process_agent_enabled": "true",
                     **(main or {})}
        self.process = {"process_interval": "1",
                        "spool_path": os.path.join(self.dir, "spool"),
                        **(process or {})}
        self.write_config()
        Suite.alive.append(self)

    def write_config(self, main=None, process=None):
        self.main.update(main or {})
        self.process.update(process or {})
        lines = ["[Main]"]
        lines += [f"{k}: {v}" for k, v in self.main.items()]
        lines += ["[process.config]"]
        lines += [f"{k}: {v}" for k, v in self.process.items()]
        self.write_raw_config("\n".join(lines) + "\n")

    def write_raw_config(self, text):
        with open(self.config, "w") as f:
            f.write(text)
        if IS_ROOT:  # as it is installed: read by the daemons' group
            os.chown(self.config, 0, grp.getgrnam(GROUP).gr_gid)
            os.chmod(self.config, 0o640)

    def argv(self, name, *more):
        return [os.path.join(self.build, name), "-c", self.config,
                "-r", self.rundir, *more]

    def log_path(self, name):
        return os.path.join(self.dir, name + ".out")

    def log(self, name):
        return read_file(self.log_path(name))

    def logs(self):
        return "".join(self.log(n) for n in DAEMONS
                       if os.path.exists(self.log_path(n)))

    def start(self, *names):
        for name in names or DAEMONS:
            self.start_as(name)
        return self

    def start_as(self, name, *prefix):
        """Starts one daemon by another program, which becomes it."""
        with open(self.log_path(name), "ab") as out:
            self.procs[name] = subprocess.Popen(
                [*prefix, *self.argv(name, "-f")], env=self.env, cwd="/",
                stdin=subprocess.DEVNULL, stdout=out, stderr=out)
        return self

    def pid(self, name):
        return self.procs[name].pid

    def kill(self, name, how=signal.SIGKILL, timeout=10):
        """Sends a signal that ends the daemon; returns its exit status."""
        self.procs[name].send_signal(how)
        return self.procs[name].wait(timeout)

    def hup(self, name):
        self.procs[name].send_signal(signal.SIGHUP)

    def assert_alive(self):
        dead = {n: p.returncode for n, p in self.procs.items()
                if p.poll() is not None}
        assert not dead, f"daemons ended: {dead}"

    def stop(self):
        for proc in self.procs.values():
            if proc.poll() is None:
                proc.terminate()
        for proc in self.procs.values():
            try:
                proc.wait(10)
            except subprocess.TimeoutExpired:
                proc.kill()
                proc.wait()
        Suite.alive.remove(self)
        shutil.rmtree(self.dir, ignore_errors=True)

    def ddproc(self, *args, timeout=20, check=True, **kwargs):
        """Runs ddproc; returns its CompletedProcess, output as bytes."""
        env = {**self.env, "COLUMNS": "500"}
        done = subprocess.run(
            [os.path.join(self.build, "ddproc"), "-c", self.config,
             "-r", self.rundir, *args],
            env=env, stdin=subprocess.DEVNULL, capture_output=True,
            timeout=timeout, **kwargs)
        if check:
            assert done.returncode == 0, (
                f"ddproc {args}: want 0, got {done.returncode}: "
                f"{done.stderr!r}")
        return done

    def trial(self, timeout=40):
        """Runs `shipperd -t`; returns its CompletedProcess, output as
        text."""
        return subprocess.run(
            self.argv("shipperd", "-t"), env=self.env, cwd="/",
            stdin=subprocess.DEVNULL, capture_output=True, timeout=timeout,
            encoding="utf-8", errors="replace")

    def keeper_and_broker(self):
        """The pids of taggerd's two; the broker may just have been started
        anew."""
        def children(pid):
            return [int(p) for p in read_file(
                f"/proc/{pid}/task/{pid}/children").split()]

        def keepers():
            return [p for p in children(self.pid("taggerd"))
                    if read_file(f"/proc/{p}/comm") == "broker-keeper\n"]

        keeper, = wait_until(keepers, 5, "a keeper")
        broker, = wait_until(lambda: children(keeper), 5, "a broker")
        return keeper, broker

    def socket_path(self, name):
        return os.path.join(self.rundir, name)


def schema_limit(name):
    """A number from common/limits.h."""
    text = read_file(os.path.join(ROOT, "common/limits.h"))
    value = re.search(rf"#define {name}\s+(\S.*?)\s*(/\*|$)", text, re.M)[1]
    return eval(value.replace("u", ""))  # "(1u << 20)"
