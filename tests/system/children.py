# SPDX-License-Identifier: ISC
"""Child processes with known properties, and what /proc says of them."""

import os
import subprocess
import time

from suite import read_file, status_fields

HZ = os.sysconf("SC_CLK_TCK")
PAGE = os.sysconf("SC_PAGE_SIZE")
STATES = "UDRSTWXZ"  # ProcessState 0 to 7


class Children:
    """Starts child.c in its modes; kills all of them at the end."""

    def __init__(self, program):
        self.program = program
        self.procs = []

    def spawn(self, mode="idle", argv=("child",), name=None, **kwargs):
        env = {b"CHILD": mode.encode()}
        if name is not None:
            env[b"CHILD_NAME"] = name
        proc = subprocess.Popen(list(argv), executable=self.program, env=env,
                                stdin=subprocess.DEVNULL,
                                stdout=subprocess.PIPE, **kwargs)
        self.procs.append(proc)
        line = proc.stdout.readline()
        assert line == b"ready\n", f"child {mode}: got {line!r}"
        return proc

    def kill(self, proc):
        proc.kill()
        proc.wait()
        proc.stdout.close()
        self.procs.remove(proc)

    def close(self):
        for proc in list(self.procs):
            self.kill(proc)


class Stat:
    """The fields of /proc/PID/stat that tests compare."""

    def __init__(self, pid):
        text = read_file(f"/proc/{pid}/stat", "rb")
        rest = text[text.rindex(b")") + 2:].split()
        self.state = rest[0].decode()
        self.ppid, self.pgroup = int(rest[1]), int(rest[2])
        self.cpu = (int(rest[11]) + int(rest[12])) / HZ  # s
        self.nice, self.threads = int(rest[16]), int(rest[17])
        self.start_ticks = int(rest[19])
        self.vms, self.rss = int(rest[20]), int(rest[21]) * PAGE
        self.at = time.monotonic()


def cpu_percent(before, after):
    return 100 * (after.cpu - before.cpu) / (after.at - before.at)


def io_fields(pid):
    lines = read_file(f"/proc/{pid}/io").splitlines()
    return {k: int(v) for k, v in (line.split(": ") for line in lines)}


def argv_of(pid):
    data = read_file(f"/proc/{pid}/cmdline", "rb")
    return data[:-1].split(b"\0") if data else []


def context_switches(pid):
    fields = status_fields(pid)
    return (int(fields["voluntary_ctxt_switches"]),
            int(fields["nonvoluntary_ctxt_switches"]))


def boot_time():
    """Seconds since the epoch."""
    return next(int(line.split()[1]) for line in
                read_file("/proc/stat").splitlines()
                if line.startswith("btime"))
