# SPDX-License-Identifier: ISC
"""Others that read the same of every process, and what that costs them."""

import os
import shutil
import subprocess
import threading
import time
import urllib.request

from suite import read_file, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
HZ = os.sysconf("SC_CLK_TCK")
GOCODE = "/usr/share/gocode"
EXPORTER = "127.0.0.1:19256"
ROUNDS = 2  # of each peer


def cpu_us(pid):
    """CPU time of all threads of a process, in microseconds. Threads that
    have ended count in /proc/PID/stat only, by the tick."""
    total = 0
    for task in os.listdir(f"/proc/{pid}/task"):
        total += int(read_file(f"/proc/{pid}/task/{task}/schedstat").split()[0])
    return total / 1000


def cpu_ticks_us(pid):
    fields = read_file(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) * 1e6 / HZ


def children(pid):
    return read_file(f"/proc/{pid}/task/{pid}/children").split()


def processes():
    return sum(p.isdigit() for p in os.listdir("/proc"))


# The peers: each returns microseconds of CPU per process and round.

def peer_apps_plugin():
    path = "/usr/lib/netdata/plugins.d/apps.plugin"
    proc = subprocess.Popen([path, "2"], stdin=subprocess.PIPE,
                            stdout=subprocess.PIPE,
                            stderr=subprocess.DEVNULL,
                            env={"NETDATA_HOST_PREFIX": ""})
    rounds = []

    def follow():
        for line in proc.stdout:
            if line.startswith(b"BEGIN netdata.apps_cpu"):
                rounds.append(cpu_us(proc.pid))

    try:
        threading.Thread(target=follow, daemon=True).start()
        wait_until(lambda: len(rounds) > 1 + ROUNDS, 30, "apps.plugin")
        return (rounds[-1] - rounds[1]) / (len(rounds) - 2) / processes()
    finally:
        proc.kill()
        proc.wait()


def peer_exporter():
    proc = subprocess.Popen(
        ["prometheus-process-exporter", "-procnames", "spawn",
         "-threads=false", "-gather-smaps=false",
         "-web.listen-address", EXPORTER],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def scrape():
        try:
            with urllib.request.urlopen(f"http://{EXPORTER}/metrics",
                                        timeout=60) as reply:
                return len(reply.read())
        except OSError:
            return 0

    try:
        wait_until(scrape, 30, "prometheus-process-exporter")
        before = cpu_ticks_us(proc.pid)
        for _ in range(ROUNDS):
            scrape()
        return (cpu_ticks_us(proc.pid) - before) / ROUNDS / processes()
    finally:
        proc.kill()
        proc.wait()


def peer_psutil():
    import psutil
    fields = ["pid", "ppid", "name", "cmdline", "exe", "cwd", "uids", "gids",
              "username", "create_time", "status", "nice", "num_threads",
              "cpu_times", "memory_info", "num_fds", "io_counters",
              "num_ctx_switches"]
    before = time.process_time()
    for _ in psutil.process_iter(fields):
        pass
    return (time.process_time() - before) * 1e6 / processes()


def peer_command(*argv):
    before = os.times()
    subprocess.run(argv, check=True, stdout=subprocess.DEVNULL)
    after = os.times()
    return ((after.children_user + after.children_system)
            - (before.children_user + before.children_system)
            ) * 1e6 / processes()


def peer_gopsutil(tools):
    cpu, count = map(int, subprocess.run(
        [tools.gopsutil], check=True, capture_output=True).stdout.split())
    return cpu / count


# name, how, the file that must be there, the package that has it
PEERS = (
    ("gopsutil", peer_gopsutil, f"{GOCODE}/src/github.com/shirou/gopsutil",
     "golang-go golang-github-shirou-gopsutil-dev"),
    ("apps.plugin", lambda _: peer_apps_plugin(),
     "/usr/lib/netdata/plugins.d/apps.plugin", "netdata-core"),
    ("process-exporter", lambda _: peer_exporter(),
     "/usr/bin/prometheus-process-exporter", "prometheus-process-exporter"),
    ("psutil", lambda _: peer_psutil(),
     "/usr/lib/python3/dist-packages/psutil", "python3-psutil"),
    ("ps", lambda _: peer_command(
        "ps", "-eo", "pid,ppid,user,uid,gid,lstart,stat,nice,nlwp,rss,vsz,"
        "cputime,comm,args"), "/usr/bin/ps", "procps"),
    ("top", lambda _: peer_command("top", "-b", "-n", "1", "-c"),
     "/usr/bin/top", "procps"),
)


def missing(file, package):
    return (not os.path.exists(file)
            or "golang-go" in package and shutil.which("go") is None)


def go_build(workdir, source):
    """Builds a program of ours with Debian's Go libraries; returns it.
    Debian has gopsutil without the /v3 that it imports itself by, so a
    GOPATH of our own adds it."""
    out = os.path.join(workdir, "peer-" + os.path.basename(
        os.path.dirname(source)))
    parent = os.path.join(workdir, "go/src/github.com/shirou/gopsutil")
    if not os.path.isdir(parent):
        os.makedirs(parent)
        os.symlink(f"{GOCODE}/src/github.com/shirou/gopsutil",
                   os.path.join(parent, "v3"))
    env = {**os.environ, "GO111MODULE": "off", "GOFLAGS": "",
           "GOPATH": f"{workdir}/go:{GOCODE}",
           "GOCACHE": f"{workdir}/gocache"}
    subprocess.run(["go", "build", "-o", out, source], check=True, env=env)
    return out


def build_gopsutil(workdir):
    """Returns the program, or None when Go or the library is not there."""
    if missing(*PEERS[0][2:]):
        return None
    return go_build(workdir, f"{HERE}/gopsutil/main.go")
