# SPDX-License-Identifier: ISC
"""What the daemons are once they run: the trust table, read from /proc."""

import grp
import os
import pwd
import re
import shutil
import subprocess
import tempfile
import time

import pytest

from suite import (BUILD, DAEMONS, IS_ROOT, USERS, read_file, status_fields,
                   wait_until)

KEY = "0123456789abcdef" + "fedcba9876543210"  # the API key
PROXY = "pr0xy" + "passw0rd"
CAP_DAC_READ_SEARCH, CAP_SYS_PTRACE = 2, 19
CAPS = {"collectord": 1 << CAP_DAC_READ_SEARCH | 1 << CAP_SYS_PTRACE,
        "taggerd": 0, "shipperd": 0}

needs_root = pytest.mark.skipif(not IS_ROOT, reason="only root drops")


@pytest.fixture(scope="module")
def running(module_suite, module_intake):
    module_suite.write_config({"api_key": KEY, "proxy_password": PROXY})
    for name in DAEMONS:
        module_suite.kill(name)
    since = module_intake.mark()
    module_suite.start()
    module_intake.wait_scans(2, since=since)
    return module_suite


@needs_root
@pytest.mark.parametrize("name", DAEMONS)
def test_user(running, name):
    user = pwd.getpwnam(USERS[name])
    got = status_fields(running.pid(name))
    assert got["Uid"].split() == [str(user.pw_uid)] * 4
    assert "0" not in got["Gid"].split() + got["Groups"].split()
    assert user.pw_uid != 0


@needs_root
@pytest.mark.parametrize("name", DAEMONS)
def test_capabilities(running, name):
    got = status_fields(running.pid(name))
    want = {"CapInh": 0, "CapPrm": CAPS[name], "CapEff": CAPS[name],
            "CapBnd": 0, "CapAmb": 0}
    assert {k: int(got[k], 16) for k in want} == want


@pytest.mark.parametrize("name", DAEMONS)
def test_hardening(running, name):
    pid = running.pid(name)
    assert status_fields(pid)["NoNewPrivs"] == "1"
    core = re.search(r"Max core file size\s+(\S+)\s+(\S+)",
                     read_file(f"/proc/{pid}/limits"))
    assert core.groups() == ("0", "0")
    if IS_ROOT:
        # the files of a process that is not dumpable belong to root
        assert os.stat(f"/proc/{pid}/environ").st_uid == 0


@needs_root
@pytest.mark.parametrize("name", DAEMONS)
def test_all_threads_dropped(running, name):
    pid = running.pid(name)
    for task in os.listdir(f"/proc/{pid}/task"):
        got = status_fields(f"{pid}/task/{task}")
        assert int(got["CapEff"], 16) == CAPS[name]
        assert got["NoNewPrivs"] == "1"


def memory_holds(pid, *needles):
    """Which of the needles stand in writable memory of the process."""
    found = set()
    with open(f"/proc/{pid}/mem", "rb", buffering=0) as mem:
        for line in read_file(f"/proc/{pid}/maps").splitlines():
            span, mode = line.split()[:2]
            if "w" not in mode or "r" not in mode:
                continue
            start, end = (int(n, 16) for n in span.split("-"))
            try:
                mem.seek(start)
                data = mem.read(end - start) or b""
            except OSError:
                continue
            found |= {n for n in needles if n.encode() in data}
    return found


@needs_root
@pytest.mark.parametrize("name", DAEMONS)
def test_secrets_in_memory(running, name):
    want = {KEY, PROXY} if name == "shipperd" else set()
    got = memory_holds(running.pid(name), KEY, PROXY)
    if name == "shipperd":  # it must at least have the key, or we see nothing
        assert KEY in got
    else:
        assert got == want


def test_secrets_are_not_shown(running):
    running.ddproc("status")
    texts = {"logs": running.logs().encode(),
             "status": running.ddproc("status").stdout,
             "check": running.ddproc("check", "process").stdout}
    for where, text in texts.items():
        assert text, where
        for secret in (KEY, PROXY):
            assert secret.encode() not in text, f"{secret} in {where}"


@needs_root
def test_sockets(running):
    modes = {}
    for name in ("collect.sock", "view.sock", "ship.sock"):
        st = os.stat(running.socket_path(name))
        modes[name] = (oct(st.st_mode & 0o777),
                       pwd.getpwuid(st.st_uid).pw_name)
    assert modes["view.sock"][0] == "0o660"
    assert modes["collect.sock"] == ("0o660", USERS["taggerd"])
    assert modes["ship.sock"] == ("0o660", USERS["shipperd"])
    assert not os.stat(running.rundir).st_mode & 0o022


@needs_root
def test_open_files(running):
    """collectord holds nothing but /proc, its sockets and its log."""
    links = set()
    base = f"/proc/{running.pid('collectord')}/fd"
    for fd in os.listdir(base):
        try:
            links.add(os.readlink(f"{base}/{fd}"))
        except FileNotFoundError:
            pass
    allowed = re.compile(
        r"/proc($|/)|socket:|anon_inode:|pipe:|/dev/null$|/sys/|"
        + re.escape(running.dir))
    strange = {link for link in links if not allowed.match(link)}
    assert links and not strange, strange


@needs_root
@pytest.mark.parametrize("group,mode,taken", [
    ("nogroup", 0o660, True),
    ("nogroup", 0o600, False),
    ("nogroup", 0o666, False),
    ("root", 0o660, True),
    ("root", 0o600, False),
    ("root", 0o666, False)])
def test_group_of_the_broker(make_suite, engine, group, mode, taken):
    """It has the socket's group only where it takes that to connect."""
    gid = grp.getgrnam(group).gr_gid
    os.chown(engine.path, 0, gid)
    os.chmod(engine.path, mode)
    suite = make_suite(env={"DOCKER_SOCKET_PATH": engine.path})
    suite.start("taggerd")
    for pid in suite.keeper_and_broker():
        got = status_fields(pid)["Gid"].split()
        assert (got == [str(gid)] * 4) == taken, got
    assert ("belongs to group root" in suite.log("taggerd")) == (
        taken and gid == 0)


@pytest.mark.parametrize("name", DAEMONS)
def test_started_without_standard_files(make_suite, name):
    """The log writes to number 2, so no socket may get it."""
    suite = make_suite()
    suite.start_as(name, "sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh")
    wait_until(lambda: status_fields(suite.pid(name))["NoNewPrivs"] == "1",
               5, "the drop")
    time.sleep(0.2)
    suite.assert_alive()
    got = {os.readlink(f"/proc/{suite.pid(name)}/fd/{n}") for n in range(3)}
    assert got == {"/dev/null"}


@needs_root
def test_run_directory_of_another_user_is_refused(make_suite):
    suite = make_suite()
    os.mkdir(suite.rundir)
    os.chown(suite.rundir, pwd.getpwnam("nobody").pw_uid, -1)
    suite.start("taggerd")
    assert suite.procs["taggerd"].wait(5) == 1
    assert suite.rundir in suite.log("taggerd")


HIDEPID = """
mount -t proc -o hidepid=2 proc /proc || exit 9
for name in shipperd taggerd collectord; do
    $AS $BUILD/$name -f -c /dev/null -r $DIR/run 2>$DIR/$name.log &
done
for i in $(seq 100); do
    $AS $BUILD/ddproc -r $DIR/run status >$DIR/out 2>&1 &&
        grep -q 'last scan  *number' $DIR/out && break
    sleep 0.1
done
cat $DIR/out $DIR/*.log
kill %1 %2 %3
wait
"""


@needs_root
@pytest.mark.parametrize("prefix,want", [
    ("setpriv --reuid=65534 --regid=65534 --clear-groups", True),
    ("", False)])
def test_hidepid_is_said(prefix, want):
    """Where the kernel leaves processes out, status says so; CAP_SYS_PTRACE
    sees them."""
    folder = tempfile.mkdtemp(prefix="dd-test-")
    os.chmod(folder, 0o777)
    try:
        got = subprocess.run(
            ["unshare", "--mount", "--pid", "--fork", "bash", "-c", HIDEPID],
            env={"PATH": os.environ["PATH"], "AS": prefix, "DIR": folder,
                 "BUILD": BUILD, "DD_PROCESS_AGENT_ENABLED": "true"},
            stdout=subprocess.PIPE, text=True, timeout=60)
    finally:
        shutil.rmtree(folder)
    assert "last scan" in got.stdout, got.stdout
    assert ("mounted with hidepid" in got.stdout) == want, got.stdout
