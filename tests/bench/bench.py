#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""The benchmark: what the suite costs per process, beside what others take
for the same. `bench.py [COUNT...]` makes that many idle processes with ten
open files each. It measures on a machine that is otherwise quiet, and it
says nothing about correctness."""

import os
import re
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "../system"))

from frames import Viewer  # noqa: E402
from intake import (HEADER, TYPE_PROC, TYPE_REALTIME, Intake,  # noqa: E402
                    load_proto, make_ca, make_cert)
from peers import (PEERS, build_gopsutil, children,  # noqa: E402
                   cpu_ticks_us, cpu_us, missing, processes)
from suite import DAEMONS, Suite, read_file  # noqa: E402
from suite import wait_until  # noqa: E402

COUNTS = (100, 500, 5000, 15000)
FILES = 10
INTERVAL = 5  # s between full scans
CYCLES = 3  # full scans that are measured

# name of a figure, most it should be, when (processes)
TARGETS = (
    ("full scan, us/process", 40, 5000),
    ("real-time scan, us/process", 20, 5000),
    ("three daemons, us/process", 70, 5000),
    ("of gopsutil", 1 / 10, 5000),
    ("of apps.plugin", 1 / 2, 5000),
    ("PSS of the suite, MiB", 40, 5000),
    ("PSS of the suite, MiB", 15, 100),
)


def pss_mib(pid):
    """Of a process and the children that it keeps."""
    text = read_file(f"/proc/{pid}/smaps_rollup")
    return (int(re.search(r"^Pss:\s+(\d+)", text, re.M)[1]) / 1024
            + sum(pss_mib(child) for child in children(pid)))


class CountingIntake(Intake):
    """Looks at no more of a payload than its header."""

    def _record(self, handler, body):
        seen = (HEADER.unpack_from(body)[2],
                handler.headers["X-DD-Agent-Timestamp"], len(body),
                time.monotonic())
        with self.lock:
            self.payloads.append(seen)

    def scans(self, type, since=0):
        return {p[1] for p in self.payloads[since:] if p[0] == type}

    def size(self, type, since):
        return sum(p[2] for p in self.payloads[since:] if p[0] == type)

    def wait_scan(self, type):
        """Waits for the end of the next scan's last payload."""
        since = self.mark()
        wait_until(lambda: self.scans(type, since), 4 * INTERVAL, "a scan")
        wait_until(lambda: time.monotonic() - self.payloads[-1][3] > 0.5,
                   4 * INTERVAL, "the last payload of a scan")


class Spawned:
    """The idle processes."""

    def __init__(self, program, count):
        self.proc = subprocess.Popen([program, str(count), str(FILES)],
                                     stdin=subprocess.PIPE,
                                     stdout=subprocess.PIPE)
        if self.proc.stdout.readline() != b"ready\n":
            self.close()
            raise SystemExit(f"{count} processes are more than may be here")

    def close(self):
        self.proc.stdin.close()
        self.proc.wait()


def measure(suite, seconds):
    before = {n: cpu_us(suite.pid(n)) for n in DAEMONS}
    ticks = {n: cpu_ticks_us(suite.pid(n)) for n in DAEMONS}
    time.sleep(seconds)
    out = {}
    for name in DAEMONS:
        out[name] = cpu_us(suite.pid(name)) - before[name]
        out[name + " by ticks"] = cpu_ticks_us(suite.pid(name)) - ticks[name]
    return out


def last_costs(suite):
    """collectord's own account of its last scans."""
    viewer = Viewer(suite)
    since = time.time() * 1000
    status = viewer.wait_status("collectord", lambda s: s["at"] > since)
    viewer.close()
    return status


def run_suite(tools, env=None):
    """Returns the figures of the suite with the processes that are there."""
    intake = CountingIntake(tools.proto, tools.cert)
    suite = Suite({"api_key": "k"},
                  {"endpoint": intake.url(), "ca_file": tools.ca[0],
                   "process_interval": INTERVAL}, env)
    got = {}
    try:
        suite.start()
        intake.wait_scan(TYPE_PROC)
        intake.wait_scan(TYPE_PROC)
        since, before = intake.mark(), processes()
        cost = measure(suite, CYCLES * INTERVAL)
        scans = len(intake.scans(TYPE_PROC, since))
        n = processes()
        if abs(n - before) > n // 50:
            print(f"{before} processes became {n}: the machine is not quiet "
                  "and the figures are not right", file=sys.stderr)
        got["processes"] = n
        for name in DAEMONS:
            got[name] = cost[name] / scans
            got[name + " by ticks"] = cost[name + " by ticks"] / scans
        got["bytes"] = intake.size(TYPE_PROC, since) / scans / n
        got["pss"] = {n: pss_mib(suite.pid(n)) for n in DAEMONS}

        intake.active = 1
        intake.wait_scan(TYPE_REALTIME)
        since = intake.mark()
        cost = measure(suite, 2 * INTERVAL)
        full = len(intake.scans(TYPE_PROC, since))
        rt = len(intake.scans(TYPE_REALTIME, since))
        for name in DAEMONS:
            got["rt " + name] = (cost[name] - full * got[name]) / rt
        got["rt bytes"] = intake.size(TYPE_REALTIME, since) / rt / n
        status = last_costs(suite)
        got["own full"] = status["full_cpu"]
        got["own rt"] = status["rt_cpu"]
        got["kept fds"] = status.get("kept_fds", 0)
        suite.assert_alive()
    finally:
        suite.stop()
        intake.close()
    return got


class Tools:
    """What is compiled or made once."""

    def __init__(self, workdir):
        self.proto = load_proto(workdir)
        self.ca = make_ca(workdir)
        self.cert = make_cert(workdir, self.ca, "server", "IP:127.0.0.1")
        self.spawn = os.path.join(workdir, "spawn")
        subprocess.run(["cc", "-O1", "-o", self.spawn, f"{HERE}/spawn.c"],
                       check=True)
        self.gopsutil = build_gopsutil(workdir)


def run(tools, count):
    spawned = Spawned(tools.spawn, count)
    try:
        got = run_suite(tools)
        got["peers"] = {}
        for name, how, file, package in PEERS:
            if missing(file, package):
                got["peers"][name] = f"skipped: apt install {package}"
            elif count > 100:
                got["peers"][name] = how(tools)
        return got
    finally:
        spawned.close()


def row(title, results, pick, form="{:.1f}"):
    cells = []
    for got in results.values():
        value = pick(got)
        cells.append(value if isinstance(value, str)
                     else "" if value is None else form.format(value))
    print(f"{title:<44}" + "".join(f"{c:>12}" for c in cells))


def report(results):
    print(f"\nCPU in us per process and cycle; full scans each {INTERVAL} s, "
          f"over TLS; {FILES} open files each\n")
    row("processes", results, lambda g: g["processes"], "{}")
    for prefix, title in (("", "full"), ("rt ", "real time")):
        for name in ("collectord", "taggerd", "shipperd"):
            row(f"{title}: {name}", results,
                lambda g: g[prefix + name] / g["processes"])
        row(f"{title}: three daemons", results,
            lambda g: sum(g[prefix + n] for n in DAEMONS) / g["processes"])
    row("full: collectord by its own status", results,
        lambda g: g["own full"] / g["processes"])
    row("real time: collectord by its own status", results,
        lambda g: g["own rt"] / g["processes"])
    row("full: three daemons, by /proc/PID/stat", results,
        lambda g: sum(g[n + " by ticks"] for n in DAEMONS) / g["processes"])
    row("descriptors kept", results, lambda g: g["kept fds"], "{}")
    for name in DAEMONS:
        row(f"PSS of {name}, MiB", results, lambda g: g["pss"][name])
    row("PSS of the suite, MiB", results, lambda g: sum(g["pss"].values()))
    row("bytes on the wire per process, full", results,
        lambda g: g["bytes"])
    row("bytes on the wire per process, real time", results,
        lambda g: g["rt bytes"])
    print()
    for name, *_ in PEERS:
        row(name, results, lambda g: g["peers"].get(name))


def figures(got):
    n = got["processes"]
    full = got["collectord"] / n
    out = {
        "full scan, us/process": full,
        "real-time scan, us/process": got["rt collectord"] / n,
        "three daemons, us/process": sum(got[d] for d in DAEMONS) / n,
        "PSS of the suite, MiB": sum(got["pss"].values()),
    }
    for peer in ("gopsutil", "apps.plugin"):
        if isinstance(got["peers"].get(peer), float):
            out[f"of {peer}"] = full / got["peers"][peer]
    return out


def verdict(name, value, most):
    if not value:
        print(f"{name}: not measured")
        return
    print(f"{name}: {value:.2f}, target {most:.2f}: "
          f"{'reached' if value <= most else 'MISSED'}")


def judge(results):
    print()
    for name, most, count in TARGETS:
        verdict(f"{name} at {count}",
                count in results and figures(results[count]).get(name), most)
    if 5000 in results and 15000 in results:
        few, many = (figures(results[c])["full scan, us/process"]
                     for c in (5000, 15000))
        verdict("full scan at 15000 to 5000", many / few, 1.6)


def main():
    counts = [int(a) for a in sys.argv[1:]] or COUNTS
    with tempfile.TemporaryDirectory(prefix="dd-bench-") as workdir:
        os.chmod(workdir, 0o755)  # the CA is read by dd-shipper
        tools = Tools(workdir)
        results = {}
        for count in counts:
            print(f"{count} processes...", file=sys.stderr, flush=True)
            results[count] = run(tools, count)
    report(results)
    judge(results)


if __name__ == "__main__":
    main()
