# SPDX-License-Identifier: ISC
"""The system calls of the spool fail one after the other, or the program ends
there. FAULT_STEP=1 takes every call, not each one of so many."""

import os
import sqlite3
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


@pytest.mark.parametrize("error", [EIO, ENOSPC, EROFS, EACCES])
def test_each_call_fails(calls, tmp_path, error):
    """Nothing is lost without being counted, and the spool mends itself."""
    wrong = []
    for n in range(1 + error % STEP, calls, STEP):
        done = drive(tmp_path / str(n) / "spool", f"{n}:{error}")
        if done.returncode != 0:
            wrong.append(f"call {n}: {done.returncode} {done.stdout}"
                         f"{done.stderr[-300:]}")
    assert not wrong, "\n".join(wrong)


@pytest.mark.parametrize("error", [EIO, ENOSPC])
@pytest.mark.parametrize("call", ["pwrite64", "fdatasync", "fsync", "pread64",
                                  "ftruncate64", "open64", "mkdir", "flock"])
def test_all_calls_fail(tmp_path, call, error):
    """It does not crash, and what it can still say is true."""
    done = drive(tmp_path / "spool", f"1:{error}+:{call}")
    assert done.returncode in (0, 1), done.stderr
    accepted, delivered = (int(done.stdout.split(", ")[i].split()[0])
                           for i in (1, 2))
    assert delivered <= accepted + 1, done.stdout


# Where a kill would hurt most, by the call and when.
POINTS = {
    "before the log is written": "before:pwrite64",
    "after the log is written": "after:pwrite64",
    "before the sync": "before:fdatasync",
    "after the sync": "after:fdatasync",
    "before the file is cut": "before:ftruncate64",
    "after the log is gone": "after:unlink",
}


@pytest.mark.parametrize("point", POINTS)
def test_killed_at(tmp_path, point):
    """The database is whole, and the next start is as any other."""
    hit = 0
    for n in (1, 2, 5, 17, 40, 90, 150):
        path = tmp_path / f"{n}" / "spool"
        when, call = POINTS[point].split(":")
        done = drive(path, f"{n}:{when}:{call}")
        if done.returncode == 0:
            continue  # there are not so many
        hit += 1
        assert done.returncode == -9, done.stderr
        if os.path.exists(path / "spool.db"):
            with sqlite3.connect(path / "spool.db") as db:
                assert db.execute("PRAGMA integrity_check").fetchall() == [
                    ("ok",)]
                orphans = db.execute(
                    "SELECT count(*) FROM debt WHERE payload NOT IN "
                    "(SELECT id FROM payload)").fetchone() if db.execute(
                    "SELECT 1 FROM sqlite_schema WHERE name = 'debt'"
                    ).fetchone() else (0,)
                assert orphans == (0,)
            db.close()
        done = subprocess.run([DRIVE, tmp_path / "next"],
                              capture_output=True, text=True, timeout=20)
        assert done.returncode == 0, done.stdout + done.stderr
    assert hit > 0, "this call was never made"
