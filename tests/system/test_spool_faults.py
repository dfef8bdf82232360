# SPDX-License-Identifier: ISC
"""The system calls of the spool fail one after the other. FAULT_STEP=1 takes
every call, not each one of so many. test_kill.py ends shipperd there."""

import os
import subprocess

import pytest

from suite import BUILD

STEP = int(os.environ.get("FAULT_STEP", "97"))
FAULT = os.path.join(BUILD, "unit/fault.so")
DRIVE = os.path.join(BUILD, "unit/spool_drive")
EIO, ENOSPC, EROFS, EACCES = 5, 28, 30, 13


def drive(path, fault):
    """A life of the spool with a fault."""
    env = {"PATH": os.environ["PATH"], "LD_PRELOAD": FAULT, "FAULT": fault}
    return subprocess.run([DRIVE, path], env=env, capture_output=True,
                          text=True, timeout=20)


@pytest.fixture(scope="module")
def calls(tmp_path_factory):
    path = tmp_path_factory.mktemp("calls") / "spool"
    done = drive(path, "0:0")
    assert done.returncode == 0, done.stdout + done.stderr
    count = int(done.stdout.split()[0])
    assert count > 1000, "nothing is intercepted"
    return count


START = 130  # calls of the first opening, each of which is failed


@pytest.mark.parametrize("error", [EIO, ENOSPC, EROFS, EACCES])
def test_each_call_fails(calls, tmp_path, error):
    """Nothing is lost without being counted, the spool mends itself, and one
    error of the disk is not taken for damage."""
    wrong = []
    for n in [*range(1, START), *range(START + error % STEP, calls, STEP)]:
        spool = tmp_path / str(n) / "spool"
        done = drive(spool, f"{n}:{error}")
        if done.returncode != 0 or list(spool.glob("*.damaged-*")):
            wrong.append(f"call {n}: {done.returncode} {done.stdout}"
                         f"{done.stderr[-300:]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("calls", [1, 2, 3])
def test_each_sync_fails(tmp_path, calls):
    """And those behind it, so that what is said not to be on disk is found
    there: it is not taken for another."""
    wrong, n = [], 0
    while True:
        n += 1
        done = drive(tmp_path / str(n) / "spool", f"{n}:{EIO}*{calls}:fdatasync")
        if done.returncode != 0:
            wrong.append(f"sync {n}: {done.stdout}{done.stderr[-300:]}")
        if int(done.stdout.split()[0]) < n:
            break
    assert not wrong, "\n".join(wrong)
    assert n > 40, "hardly any sync"


@pytest.mark.parametrize("error", [EIO, ENOSPC])
@pytest.mark.parametrize("call", ["pwrite64", "fdatasync", "fsync", "pread64",
                                  "ftruncate64", "open64", "mkdir", "flock"])
def test_all_calls_fail(tmp_path, call, error):
    """It does not crash, and what it can still say is true."""
    done = drive(tmp_path / "spool", f"1:{error}+:{call}")
    assert done.returncode in (0, 1), done.stderr
    given, delivered = (int(done.stdout.split(", ")[i].split()[0])
                        for i in (1, 2))
    assert delivered <= given, done.stdout
