# SPDX-License-Identifier: ISC
"""Every field of a process on the wire against what /proc says of it. The
children live together, so that a few scans serve all tests."""

import os
import pwd
import secrets
import shutil
import signal
import subprocess
import time

import pytest

from children import (STATES, Stat, argv_of, boot_time, context_switches,
                      cpu_percent, io_fields)
from suite import (IS_ROOT, fd_count, read_file, schema_limit,
                   status_fields, wait_until)

BAD = "\N{REPLACEMENT CHARACTER}"  # for a byte that is no UTF-8

NAMES = [
    # (name, as the wire must show it)
    (b") R 1", ") R 1"),
    (b"a b (c) d", "a b (c) d"),
    (b"(((", "((("),
    (b"two\nlines", "two\nlines"),
    (b"\x1b[31mred\x07", "\x1b[31mred\x07"),
    (b"\xff\xfebad\xe2\x82", BAD * 2 + "bad" + BAD * 2),
    ("größe".encode(), "größe"),
    (b"back\\slash", "back\\slash"),
]
HUGE = ["huge"] + [f"{i:03}" + "x" * 4000 for i in range(100)]
SECRET = "s3cr3t" + secrets.token_hex(8)
RATE = 4 << 20  # bytes/s of the writer
SCANS = 6  # over which rates are averaged


def next_scan(intake):
    """A whole scan that began after now. Its number tells, as a newer one
    may overtake."""
    intake.wait_scans(1, timeout=30)
    last = max(p.message.groupId for p in intake.got())
    return wait_until(lambda: [scan for number, scan in intake.scans().items()
                               if number > last + 1], 30, "a scan")[0]


class Zoo:
    def __init__(self, children, intake):
        self.children, self.intake = children, intake
        self.procs = {}

    def spawn(self, key, *args, **kwargs):
        self.procs[key] = self.children.spawn(*args, **kwargs)

    def pid(self, key):
        return self.procs[key].pid

    def settle(self):
        """Waits for a scan that began after everything was in place."""
        self.records = {p.pid: p for payload in next_scan(self.intake)
                        for p in payload.message.processes}

    def __getitem__(self, key):
        return self.records[self.pid(key)]


@pytest.fixture(scope="module")
def zoo(module_suite, module_children, module_intake, workdir,
        child_program):
    z = Zoo(module_children, module_intake)
    z.deep = workdir + ("/" + "d" * 199) * 15
    os.makedirs(z.deep)
    copy = os.path.join(workdir, "copy")
    shutil.copy(child_program, copy)
    z.spawn("plain", argv=["a child", "of", "", "five", "args"],
            cwd="/usr/lib", preexec_fn=lambda: os.nice(5))
    z.spawn("files", "files 50")
    z.spawn("threads", "threads 37")
    z.spawn("memory", "memory 32")
    z.spawn("no argv", "no-argv")
    z.spawn("huge argv", argv=HUGE)
    z.spawn("zombie", "zombies 1")
    z.spawn("stopped")
    os.kill(z.pid("stopped"), signal.SIGSTOP)
    z.spawn("deep", cwd=z.deep)
    z.spawn("secret", argv=["server", "--password", SECRET, "-token=x",
                            f"--api_key={SECRET}",
                            f"https://user:{SECRET}@host/path"])
    z.spawn("packed", argv=[f"daemon --password {SECRET} -v"])
    for name, _ in NAMES:
        z.spawn(name, "name", argv=[b"argv0 " + name, name], name=name)
    if IS_ROOT:
        z.spawn("nobody", user="nobody", cwd="/")
    module_children.program = copy
    z.spawn("deleted")
    module_children.program = child_program
    os.unlink(copy)
    z.settle()
    return z


def test_identity(zoo):
    pid, got = zoo.pid("plain"), zoo["plain"]
    status = status_fields(pid)
    uids = [int(u) for u in status["Uid"].split()]
    gids = [int(g) for g in status["Gid"].split()]
    c, u = got.command, got.user
    assert {
        "args": list(c.args), "cwd": c.cwd, "root": c.root, "exe": c.exe,
        "comm": c.comm, "onDisk": c.onDisk, "ppid": c.ppid,
        "pgroup": c.pgroup, "name": u.name, "uid": u.uid, "euid": u.euid,
        "suid": u.suid, "gid": u.gid, "egid": u.egid, "sgid": u.sgid,
        "nice": got.cpu.nice, "numThreads": got.cpu.numThreads,
        "openFdCount": got.openFdCount, "state": STATES[got.state],
        "containerId": got.containerId, "nsPid": got.nsPid,
    } == {
        "args": ["a child", "of", "", "five", "args"],
        "cwd": "/usr/lib", "root": "/",
        "exe": os.readlink(f"/proc/{pid}/exe"),
        "comm": "child", "onDisk": True,
        "ppid": os.getpid(), "pgroup": os.getpgid(pid),
        "name": pwd.getpwuid(os.getuid()).pw_name,
        "uid": uids[0], "euid": uids[1], "suid": uids[2],
        "gid": gids[0], "egid": gids[1], "sgid": gids[2],
        "nice": 5, "numThreads": 1,
        "openFdCount": len(os.listdir(f"/proc/{pid}/fd")),
        "state": "S", "containerId": "",
        "nsPid": int(status["NSpid"].split()[-1]),
    }


def test_memory(zoo):
    got = zoo["memory"].memory
    page = os.sysconf("SC_PAGE_SIZE")
    pid = zoo.pid("memory")
    size, rss, shared, text, *_ = (
        int(n) * page for n in read_file(f"/proc/{pid}/statm").split())
    status = {k: int(v.split()[0]) * 1024 for k, v in
              status_fields(pid).items() if v.endswith(" kB")}
    assert (got.vms, got.text, got.data, got.swap) == (
        size, text, status["VmData"], status["VmSwap"])
    # the kernel's own counts differ by what each CPU has not added yet
    assert got.rss == pytest.approx(rss, rel=0.05)
    assert got.rss > 32 << 20
    assert got.shared == pytest.approx(shared, rel=0.1)


def test_create_time_is_stable(zoo, module_intake):
    pid = zoo.pid("plain")
    found = module_intake.wait_process(pid, count=3, timeout=30)
    got = {p.createTime for p in found}
    assert len(got) == 1, f"createTime moves: {got}"
    want = (boot_time() + Stat(pid).start_ticks / 100) * 1000
    assert got.pop() == pytest.approx(want, abs=1100)


def test_other_user(zoo):
    if not IS_ROOT:
        pytest.skip("only root can start a process of another user")
    got = zoo["nobody"]
    assert (got.user.name, got.user.uid) == (
        "nobody", pwd.getpwnam("nobody").pw_uid)
    # collectord's two capabilities show what is not its own
    assert got.command.cwd == "/"
    assert got.command.exe != ""
    assert got.openFdCount == len(
        os.listdir(f"/proc/{zoo.pid('nobody')}/fd"))
    assert got.ioStat.readRate >= 0


def test_unreadable_is_not_zero(zoo):
    if IS_ROOT:
        pytest.skip("root may read everything")
    got = zoo.records[1]
    assert (got.openFdCount, got.command.cwd, got.command.exe,
            got.ioStat.readRate, got.ioStat.writeBytesRate) == (
        fd_count(1) or -1, "", "", -1, -1)


def test_open_files(zoo):
    want = len(os.listdir(f"/proc/{zoo.pid('files')}/fd"))
    assert want >= 50
    assert zoo["files"].openFdCount == want


def test_threads(zoo):
    assert zoo["threads"].cpu.numThreads == 38


@pytest.mark.parametrize("name,want", NAMES, ids=[repr(n) for n, _ in NAMES])
def test_names(zoo, name, want):
    got = zoo[name]
    assert got.command.comm == want
    assert list(got.command.args) == ["argv0 " + want, want]
    assert got.command.ppid == os.getpid()
    assert STATES[got.state] == "S"
    assert got.cpu.numThreads == 1


def test_secret_is_nowhere(zoo, module_suite, module_intake):
    assert list(zoo["secret"].command.args) == [
        "server", "--password", "********", "-token=x",
        "--api_key=********", "https://user:********@host/path"]
    assert " ".join(zoo["packed"].command.args) == (
        "daemon --password ******** -v")
    for p in module_intake.got():
        assert SECRET.encode() not in p.data
    for args in (["check", "process"], ["top", "-b", "-n", "1"]):
        view = module_suite.ddproc(*args).stdout
        assert b"--password" in view  # it is shown, without its secret
        assert SECRET.encode() not in view, args
    assert SECRET not in module_suite.logs()


def test_empty_argv(zoo):
    assert argv_of(zoo.pid("no argv")) in ([], [b""])
    command = zoo["no argv"].command
    assert list(command.args) == [f"[{command.comm}]"]
    assert command.comm != ""


def test_huge_argv(zoo):
    got = list(zoo["huge argv"].command.args)
    most = schema_limit("LIMIT_CMDLINE")
    size = sum(len(a.encode()) + 1 for a in got)
    assert most * 0.9 < size <= most + 8, f"{size} bytes of argv"
    assert got[-1].endswith("…"), f"no mark where it is cut: {got[-1][-9:]}"
    assert got[:-1] == HUGE[:len(got) - 1]


def test_zombie(zoo):
    parent = zoo.pid("zombie")
    pid = int(read_file(f"/proc/{parent}/task/{parent}/children"))
    got = zoo.records[pid]
    assert STATES[got.state] == "Z"
    assert list(got.command.args) == ["[child]"]
    assert got.command.ppid == parent
    assert got.memory.rss == 0


def test_stopped(zoo):
    assert STATES[zoo["stopped"].state] == "T"


def test_deep_cwd(zoo):
    assert zoo["deep"].command.cwd == zoo.deep


def test_deleted_executable(zoo):
    command = zoo["deleted"].command
    assert command.onDisk is False
    assert "/copy" in command.exe


def test_kernel_threads_are_left_out(zoo):
    kernel = {pid for pid in all_pids() if is_kernel(pid)}
    if len(kernel) < 2:
        pytest.skip("no kernel thread is to be seen here")
    assert not set(zoo.records) & kernel


def test_every_process_is_there(zoo, module_intake):
    """No process that /proc lists before and after is missing between."""
    before = user_pids()
    chunks = next_scan(module_intake)
    got = [p.pid for c in chunks for p in c.message.processes]
    assert len(got) == len(set(got)), "a process twice in one scan"
    missing = (before & user_pids()) - set(got)
    assert not missing, f"not reported: {missing}"


def all_pids():
    return [int(p) for p in os.listdir("/proc") if p.isdigit()]


def is_kernel(pid):
    """None: it has ended."""
    try:
        return pid == 2 or Stat(pid).ppid == 2
    except OSError:
        return None


def user_pids():
    return {pid for pid in all_pids() if is_kernel(pid) is False}


def test_exec_is_noticed(module_suite, module_intake):
    """argv is kept from scan to scan, but not across exec."""
    proc = subprocess.Popen(["sh"], stdin=subprocess.PIPE)
    try:
        first = module_intake.wait_process(proc.pid)[-1]
        proc.stdin.write(b"exec sleep 1000\n")
        proc.stdin.flush()
        wait_until(lambda: argv_of(proc.pid) == [b"sleep", b"1000"], 5,
                   "exec")
        last = wait_until(lambda: [
            p for p in module_intake.find(proc.pid)
            if p.createTime == first.createTime
            and list(p.command.args) == ["sleep", "1000"]], 30,
            "the new arguments")[0]
    finally:
        proc.kill()
        proc.wait()
    assert list(first.command.args) == ["sh"]
    assert last.command.comm == "sleep"


class Busy:
    """A busy child, its records and /proc's own counts around them."""

    def __init__(self, proc):
        self.proc, self.pid = proc, proc.pid

    def sample(self):
        return (Stat(self.pid), io_fields(self.pid),
                context_switches(self.pid), time.monotonic())


@pytest.fixture(scope="module")
def busy(module_suite, module_children, module_intake, workdir):
    modes = {1: "burn 1", 4: "burn 4",
             "write": f"write {workdir}/written {RATE}"}
    found = {k: Busy(module_children.spawn(m)) for k, m in modes.items()}
    for one in found.values():
        module_intake.wait_process(one.pid)
        one.before = one.sample()
    since = module_intake.mark()
    module_intake.wait_process(found[4].pid, since=since, count=SCANS,
                               timeout=20)
    for one in found.values():
        one.after = one.sample()
        one.records = module_intake.find(one.pid, since=since)
        # a newer snapshot may overtake: the first taken, not the first here
        one.first = next(p for payload in sorted(
            module_intake.got(), key=lambda p: p.message.groupId)
            for p in payload.items if p.pid == one.pid)
        module_children.kill(one.proc)
    return found


@pytest.mark.alone
@pytest.mark.parametrize("threads", [1, 4])
def test_cpu(busy, threads):
    one = busy[threads]
    # the kernel's own count over the same time: right on a loaded machine
    want = cpu_percent(one.before[0], one.after[0])
    found = [p.cpu for p in one.records]
    assert sum(c.totalPct for c in found) / len(found) == pytest.approx(
        want, abs=10 * threads)
    most = 100 * min(threads, os.cpu_count())
    assert all(0 < c.totalPct < most + 10 for c in found)
    assert want > 10, "the burner did not run: nothing was compared"
    last = found[-1]
    assert last.totalPct == pytest.approx(last.userPct + last.systemPct,
                                          abs=1)
    assert last.numThreads == threads
    assert last.userTime + last.systemTime == pytest.approx(
        one.after[0].cpu, abs=3)


@pytest.mark.alone
def test_write_rate(busy):
    one = busy["write"]
    took = one.after[3] - one.before[3]
    for field, key in (("writeBytesRate", "write_bytes"),
                       ("writeRate", "syscw")):
        want = (one.after[1][key] - one.before[1][key]) / took
        if want == 0:
            pytest.skip("the test's folder is on no real file system")
        rates = [getattr(p.ioStat, field) for p in one.records]
        got = sum(rates) / len(rates)
        assert got == pytest.approx(want, rel=0.25), field
    assert all(p.ioStat.readBytesRate == 0 for p in one.records)


@pytest.mark.alone
@pytest.mark.parametrize("key", [1, 4, "write"])
def test_context_switches_are_monotonic(busy, key):
    one = busy[key]
    for side, field in enumerate(("voluntaryCtxSwitches",
                                  "involuntaryCtxSwitches")):
        got = [getattr(p, field) for p in one.records]
        assert got == sorted(got), field
        assert got[-1] <= one.after[2][side], field
        assert got[-1] >= one.before[2][side], field


@pytest.mark.alone
def test_first_seen(busy):
    """A process is reported when first seen: with its CPU since it started,
    and with rates of 0 because there is nothing to compare with."""
    assert busy[1].first.cpu.totalPct > 10
    io = busy["write"].first.ioStat
    assert (io.readRate, io.writeRate, io.readBytesRate,
            io.writeBytesRate) == (0, 0, 0, 0)
