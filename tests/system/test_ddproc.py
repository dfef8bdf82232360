# SPDX-License-Identifier: ISC
"""ddproc against running daemons: what it prints is what /proc says, it
fits its terminal, and no byte of a process reaches a terminal unescaped."""

import fcntl
import json
import os
import pty
import pwd
import re
import select
import signal
import struct
import subprocess
import termios
import time

import pytest

from children import STATES, Stat
from frames import Viewer
from suite import (BUILD, DAEMONS, HOSTNAME, IS_ROOT, USERS, read_file, status_fields,
                   wait_until)

EVIL = b"evil\x1b[31mred\x07\x9b1m\xff\n\xe2\x80\xaeback"
SHOWN = r"evil\x1b[31mred\a"  # how a terminal is given its first part


@pytest.fixture(scope="module")
def pids(module_suite, module_children):
    """Children to look at. The burner comes first in every table."""
    spawn = module_children.spawn
    found = {
        "plain": spawn(argv=["plain child", "--flag"], cwd="/usr/lib").pid,
        "files": spawn("files 50", argv=["files-child"]).pid,
        "evil": spawn("burn 1", argv=[EVIL, EVIL]).pid,
    }
    viewer = Viewer(module_suite)
    viewer.wait(lambda _: len(viewer.ends) >= 2, 10, "two snapshots")
    viewer.close()
    return found


@pytest.fixture
def json_of(module_suite):
    return lambda *args: json.loads(module_suite.ddproc(*args).stdout)


def kernel_threads():
    """How many processes have PF_KTHREAD among their flags."""
    count = 0
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            fields = read_file(f"/proc/{pid}/stat").rsplit(")", 1)[1].split()
        except (FileNotFoundError, ProcessLookupError):
            continue
        count += bool(int(fields[6]) & 0x200000)
    return count


def test_check_process(pids, json_of):
    got = json_of("check", "process")
    assert got["kind"] == "full"
    assert abs(got["wall_ms"] / 1000 - time.time()) < 5
    assert got["host"]["hostname"] == HOSTNAME
    # Kernel threads come and go, but not by the dozen.
    assert abs(got["skipped"]["kernel"] - kernel_threads()) < 12
    by_pid = {p["pid"]: p for p in got["processes"]}
    pid = pids["plain"]
    p, stat = by_pid[pid], Stat(pid)
    want = {
        "args": ["plain child", "--flag"], "comm": "child",
        "cwd": "/usr/lib", "exe": os.readlink(f"/proc/{pid}/exe"),
        "root": "/", "ppid": os.getpid(), "nice": stat.nice,
        "threads": 1, "start_ticks": stat.start_ticks, "vms": stat.vms,
        "uid": os.getuid(), "user": pwd.getpwuid(os.getuid()).pw_name,
        "open_fds": len(os.listdir(f"/proc/{pid}/fd")),
        "state_letter": "S", "state": STATES.index("S"), "hidden": 0,
    }
    assert {k: p[k] for k in want} == want
    assert by_pid[pids["files"]]["open_fds"] >= 50
    assert os.getpid() in by_pid and 1 in by_pid


def test_check_hides_nothing_it_cannot_read(pids, json_of):
    if IS_ROOT:
        pytest.skip("root may read everything")
    init = next(p for p in json_of("check", "process")["processes"]
                if p["pid"] == 1)
    for field in ("cwd", "exe", "root", "read_rate", "write_bytes_rate"):
        assert init[field] is None, field
    assert init["hidden_names"]


def test_check_rtprocess(pids, json_of):
    got = json_of("check", "rtprocess")
    assert got["kind"] == "realtime"
    p = next(p for p in got["processes"] if p["pid"] == pids["evil"])
    assert p["total_pct"] > 5
    assert p["threads"] == 1
    assert p["start_ticks"] == Stat(pids["evil"]).start_ticks


def test_check_is_valid_utf8(pids, module_suite):
    text = module_suite.ddproc("check", "process").stdout.decode()
    p = next(p for p in json.loads(text)["processes"]
             if p["pid"] == pids["evil"])
    assert p["args"][0].startswith("evil\x1b[31mred\x07\ufffd1m\ufffd\n")
    assert "\x1b" not in text  # JSON escapes it


def test_status(pids, module_suite):
    text = module_suite.ddproc("status").stdout.decode()
    for name in DAEMONS:
        pid = module_suite.pid(name)
        assert f"pid {pid}," in text, f"no pid of {name} in:\n{text}"
    user = USERS["collectord"] if IS_ROOT else pwd.getpwuid(
        os.getuid()).pw_name
    for want in (HOSTNAME, "test", user, "real time", "rss", "scan",
                 "endpoint", "delivered"):
        assert want in text, f"no {want!r} in:\n{text}"
    if IS_ROOT:
        assert "cap_dac_read_search" in text and "cap_sys_ptrace" in text


def test_status_json(pids, json_of, module_suite):
    got = json_of("status", "--json")
    for name in DAEMONS:
        st, pid = got[name], module_suite.pid(name)
        assert st["up"] is True
        assert st["pid"] == pid
        assert st["uid"] == int(status_fields(pid)["Uid"].split()[0])
        assert st["rss"] == pytest.approx(
            int(status_fields(pid)["VmRSS"].split()[0]) * 1024, rel=0.5)
        assert abs(st["started"] / 1000 - time.time()) < 600
        assert st["version"].startswith("5.")
    scan = got["collectord"]
    assert 3 < scan["processes"] < 33000
    assert scan["full_cpu"] > 0
    assert scan["engine"] == "procfs"
    endpoint = got["shipperd"]["endpoints"][0]
    assert endpoint["delivered"] > 0
    assert endpoint["last_success"] > 0


def test_status_tells_what_is_down(make_suite):
    suite = make_suite()
    done = suite.ddproc("status", check=False)
    assert done.returncode == 2 and done.stderr
    suite.start("taggerd")
    wait_until(lambda: suite.ddproc("status", check=False).returncode == 1,
               10, "a status of taggerd alone")
    done = suite.ddproc("status", check=False)
    assert b"collectord is down" in done.stderr
    assert b"shipperd is down" in done.stderr


@pytest.mark.parametrize("args", [[], ["nothing"], ["check"],
                                  ["check", "sometimes"], ["inspect"],
                                  ["inspect", "--pid"], ["top", "-s", "no"],
                                  ["-x"]], ids=" ".join)
def test_wrong_use(module_suite, args):
    done = module_suite.ddproc(*args, check=False)
    assert (done.returncode, done.stdout) == (64, b"")
    assert b"usage: ddproc" in done.stderr


def test_search(pids, module_suite):
    def found(*words):
        done = module_suite.ddproc("search", *words, check=False)
        lines = done.stdout.decode().splitlines()[1:]
        return done.returncode, {int(line.split()[0]) for line in lines}

    assert found("plain child") == (0, {pids["plain"]})
    assert found("FILES-child") == (0, {pids["files"]})
    assert found("child", "/usr/lib", "--flag") == (0, {pids["plain"]})
    code, got = found(str(pids["files"]))
    assert code == 0 and pids["files"] in got
    assert found("no-such-process-anywhere")[0] == 1


def test_inspect(pids, module_suite):
    text = module_suite.ddproc("inspect", str(pids["files"])).stdout.decode()
    assert "files-child" in text
    base = f"/proc/{pids['files']}/fd"
    want = {int(fd): os.readlink(f"{base}/{fd}") for fd in os.listdir(base)}
    got = {int(fd): target for fd, target in
           re.findall(r"^ *(\d+)  \w+ +(\S.*)$", text, re.M)}
    assert got == want
    done = module_suite.ddproc("inspect", "4194303", check=False)
    assert done.returncode == 1 and b"4194303" in done.stderr


def test_inspect_lists_no_more_than_max_proc_fds(make_suite, children):
    suite = make_suite(process={"max_proc_fds": "10"}).start()
    pid = children.spawn("files 50").pid
    total = len(os.listdir(f"/proc/{pid}/fd"))
    wait_until(lambda: suite.ddproc("search", str(pid), check=False)
               .returncode == 0, 10, "the child")
    text = suite.ddproc("inspect", str(pid)).stdout.decode()
    assert len(re.findall(r"^ *\d+  \w+ +\S", text, re.M)) == 10
    assert f"and {total - 10} more" in text


TITLE = ["PID", "USER", "S", "CPU%", "RSS", "THR", "FD", "READ/s", "WRITE/s",
         "AGE", "CONTAINER", "COMMAND"]


def tables(text):
    """The tables of a plain `top`: each a list of rows of words."""
    found = []
    for block in re.split(r"^(?= *PID )", text, flags=re.M)[1:]:
        lines = block.split("\n\n")[0].splitlines()
        found.append([line.split() for line in lines if line.strip()])
    return found


def test_plain_top(pids, module_suite):
    start = time.monotonic()
    done = module_suite.ddproc("top", "-b", "-n", "2")
    took = time.monotonic() - start
    text = done.stdout.decode()
    first, second = tables(text)
    assert 1.5 < took < 8
    assert first[0] == second[0] == TITLE
    pid = str(pids["plain"])
    row = next(r for r in second if r[0] == pid)
    assert row[1] == pwd.getpwuid(os.getuid()).pw_name[:8]
    assert row[2] == "S"
    assert row[-3:] == ["plain", "child", "--flag"]
    assert str(pids["evil"]) in [r[0] for r in second[1:4]], "not by CPU"
    assert all(c == "\n" or c.isprintable() for c in text)


@pytest.mark.parametrize("key,order", [("pid", int), ("cpu", None)])
def test_sorting(pids, module_suite, key, order):
    text = module_suite.ddproc("top", "-b", "-n", "1", "-s",
                               key).stdout.decode()
    rows = tables(text)[0][1:]
    if key == "pid":
        got = [int(r[0]) for r in rows]
        assert got == sorted(got)
    else:
        got = [float(r[3]) for r in rows]
        assert got == sorted(got, reverse=True)


def run_in_pty(argv, env, rows, columns, until, timeout=15, keys=b"q"):
    """Runs argv on a terminal until `until` was seen, then types keys;
    returns what it wrote and its exit status."""
    pid, fd = pty.fork()
    if pid == 0:
        os.execve(argv[0], argv, env)
    fcntl.ioctl(fd, termios.TIOCSWINSZ,
                struct.pack("HHHH", rows, columns, 0, 0))
    os.kill(pid, signal.SIGWINCH)
    out, end, typed = b"", time.monotonic() + timeout, False
    while time.monotonic() < end:
        if until in out and not typed:
            os.write(fd, keys)
            typed = True
        if select.select([fd], [], [], 0.1)[0]:
            try:
                out += os.read(fd, 65536)
            except OSError:  # the other end is closed
                break
    else:
        os.kill(pid, signal.SIGKILL)
    os.close(fd)
    return out, os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


@pytest.mark.parametrize("term,lang", [("xterm-256color", "C.UTF-8"),
                                       ("vt100", "C")])
def test_no_escape_reaches_the_terminal(pids, module_suite, term, lang):
    argv = [os.path.join(BUILD, "ddproc"), "-r", module_suite.rundir, "-c",
            module_suite.config, "top"]
    out, code = run_in_pty(argv, {"TERM": term, "LC_ALL": lang}, 40, 200,
                           SHOWN.encode())
    assert SHOWN.encode() in out, "the process was not shown"
    assert code == 0
    assert b"[31mred" in out and b"\x1b[31mred" not in out
    for bad in (b"\x07", b"\xe2\x80\xae", b"\x9b1m", b"\xff"):
        assert bad not in out, bad
    if lang == "C":
        assert max(out) < 0x80


@pytest.fixture
def terminal(module_suite, terminal_of):
    return lambda columns, rows: terminal_of(module_suite, columns, rows)


def screen(tmux):
    return tmux("capture-pane", "-p").splitlines()


@pytest.mark.parametrize("columns,rows", [(80, 24), (40, 10), (200, 50)])
def test_fits_the_terminal(pids, terminal, columns, rows):
    tmux = terminal(columns, rows)
    wait_until(lambda: any("evil" in line for line in screen(tmux)), 15,
               "the burner on the screen")
    lines = screen(tmux)
    assert len(lines) <= rows
    assert max(map(len, lines)) <= columns
    title = next(line for line in lines if line.lstrip().startswith("PID"))
    assert "CPU%" in title and "COMMAND" in title
    assert (title.split() == TITLE) == (columns >= 200)
    # one line each: nothing was wrapped, nothing scrolled away
    body = lines[lines.index(title) + 1:]
    rows_shown = [line for line in body if line.strip()]
    assert len(rows_shown) >= min(rows - 6, 10)
    assert all(re.match(r" *\d+ ", line) for line in rows_shown[:-1])


def test_keys(pids, terminal):
    tmux = terminal(120, 30)

    def sees(text):
        wait_until(lambda: any(text in line for line in screen(tmux)), 15,
                   f"{text!r} on the screen")

    sees("COMMAND")
    tmux("send-keys", "/", "files-child")
    sees("(1 match")
    tmux("send-keys", "Enter")
    sees("files-child")
    tmux("send-keys", "Enter")
    sees("open files  5")  # 50 and the three of every process
    sees("/dev/null")
    tmux("send-keys", "q")
    sees("(1 match")
    tmux("resize-window", "-x", "50", "-y", "12")
    wait_until(lambda: max(map(len, screen(tmux))) <= 50
               and len(screen(tmux)) <= 12, 5, "the smaller screen")
    sees("files-child")
    tmux("send-keys", "q")
    wait_until(lambda: tmux("list-sessions") == "", 5, "the end")


def test_top_asks_for_real_time_and_gives_it_back(pids, module_suite,
                                                  json_of):
    out = subprocess.Popen(
        [os.path.join(BUILD, "ddproc"), "-r", module_suite.rundir, "-c",
         module_suite.config, "top", "-b"], env=module_suite.env,
        stdout=subprocess.DEVNULL)

    def realtime():
        return json_of("status", "--json")["taggerd"]["realtime"]

    try:
        wait_until(realtime, 10, "real time")
    finally:
        out.send_signal(signal.SIGINT)
        assert out.wait(5) == 0
    wait_until(lambda: not realtime(), 45, "the end of real time")
