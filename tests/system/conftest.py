# SPDX-License-Identifier: ISC
"""Fixtures of the system tests: real daemons, real children, real TLS."""

import os
import shutil
import signal
import subprocess
import tempfile
import time

import pytest

from certs import Pki
from cgroup_files import FileHost
from children import Children
from docker_engine import DockerEngine
from docker_scene import Scene
from engine import Engine, container
from frames import Taggerd
from hostile import GOOD, Trio
from intake import Intake, load_proto, make_ca, make_cert
from madehost import host_env
from sockets import Raw
from suite import BUILD, DAEMONS, IS_ROOT, ROOT, USERS, Suite, memory_kb


# Ended from outside we clean up as well.
signal.signal(signal.SIGTERM, signal.default_int_handler)


def pytest_configure(config):
    """check.sh has all others run at once, whatever else the host does."""
    config.addinivalue_line(
        "markers", "quiet: measures times, so only others that wait most of "
        "theirs may run meanwhile")
    config.addinivalue_line(
        "markers", "alone: keeps the host busy, or looks at all that is sent")


# The files that take longest begin first, or the others wait for them.
LONGEST = ("apiserver_faults", "spool_faults", "apiserver", "kubelet",
           "kubelet_faults", "spool", "hostile_intake", "kill", "ecs", "wire",
           "realtime", "cgroup_v1")


def pytest_collection_modifyitems(items):
    def place(item):
        name = item.path.stem.removeprefix("test_")
        return LONGEST.index(name) if name in LONGEST else len(LONGEST)

    items.sort(key=place)


@pytest.fixture(scope="session", autouse=True)
def users():
    """As root the daemons drop to their users, so these must be there."""
    if not IS_ROOT:
        return
    for name in (*USERS.values(),):
        if subprocess.run(["getent", "passwd", name],
                          capture_output=True).returncode:
            subprocess.run(["make", "-s", "-C", ROOT, "users"], check=True)
            return


@pytest.fixture(scope="session")
def workdir():
    """Where everybody may read: /tmp/pytest-of-root is closed to others."""
    path = tempfile.mkdtemp(prefix="dd-session-")
    os.chmod(path, 0o755)
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="session")
def programs():
    missing = [p for p in (*DAEMONS, "ddproc")
               if not os.path.exists(os.path.join(BUILD, p))]
    if missing:
        pytest.exit(f"{BUILD} has no {missing}; run make", returncode=1)
    return BUILD


@pytest.fixture(scope="session")
def child_program(workdir):
    out = os.path.join(workdir, "child")
    subprocess.run(["cc", "-O1", "-pthread", "-o", out,
                    os.path.join(os.path.dirname(__file__), "child.c")],
                   check=True)
    return out


@pytest.fixture(scope="session")
def proto(workdir):
    return load_proto(workdir)


@pytest.fixture(scope="session")
def ca(workdir):
    return make_ca(workdir)


@pytest.fixture(scope="session")
def server_cert(workdir, ca):
    return make_cert(workdir, ca, "server", "IP:127.0.0.1,DNS:localhost")


def closing(cls, bind):
    """A fixture's body: gives a maker, ends what was made."""
    made = []

    def make(*args, **kwargs):
        made.append(cls(*bind, *args, **kwargs))
        return made[-1]

    yield make
    for one in reversed(made):
        one.stop() if hasattr(one, "stop") else one.close()


@pytest.fixture
def make_intake(proto):
    yield from closing(Intake, (proto,))


@pytest.fixture
def intake(make_intake):
    return make_intake()


@pytest.fixture
def make_suite(programs):
    yield from closing(Suite, ())


@pytest.fixture
def suite(make_suite, intake):
    """A running suite that sends to `intake`."""
    return make_suite({"api_key": "k1"}, {"endpoint": intake.url()}).start()


@pytest.fixture
def engine():
    """A Docker Engine of our own making."""
    # Not tmp_path: the broker must be able to walk to it.
    directory = tempfile.mkdtemp(prefix="dd-engine-")
    os.chmod(directory, 0o755)
    made = Engine(directory)
    yield made
    made.close()
    shutil.rmtree(directory, ignore_errors=True)


@pytest.fixture
def make_trio(make_suite, engine):
    """A maker of taggerds that ask the engine. However that answers, they
    are alive and small in the end."""
    made = []
    engine.containers = {GOOD: container(name="good")}

    def make(**process):
        suite = make_suite(None, {"process_interval": "10", **process},
                           {"DOCKER_SOCKET_PATH": engine.path,
                            "DD_PROCESS_AGENT_CONTAINER_SOURCE": "docker"})
        made.append(Trio(suite.start("taggerd")))
        return made[-1]

    yield make
    for trio in made:
        trio.suite.assert_alive()
        peak = memory_kb(trio.suite.pid("taggerd"), "VmHWM") / 1024
        assert peak < 48, f"want at most 48 MiB, taggerd took {peak:.0f}"
        trio.close()


@pytest.fixture(scope="session")
def docker():
    """A real Docker Engine."""
    if not IS_ROOT:
        pytest.skip("dockerd needs root")
    made = DockerEngine()
    yield made
    made.close()


@pytest.fixture(scope="module")
def module_scene(docker, programs, module_intake):
    made = Scene(docker, module_intake)
    yield made
    made.close()


@pytest.fixture
def scene(module_scene):
    """A suite that watches the real engine; its containers are removed."""
    yield module_scene
    module_scene.clear()
    module_scene.suite.assert_alive()


@pytest.fixture
def make_taggerd():
    yield from closing(Taggerd, ())


@pytest.fixture
def make_file_host():
    """A maker of hosts that are made of files; of many, so in memory."""
    made = []

    def make(**kwargs):
        where = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        root = tempfile.mkdtemp(prefix="dd-host-", dir=where)
        os.chmod(root, 0o755)
        made.append(FileHost(root, **kwargs))
        return made[-1]

    yield make
    for host in made:
        shutil.rmtree(host.root)


@pytest.fixture
def file_host(make_file_host):
    return make_file_host()


@pytest.fixture
def collectord_of(make_suite, make_taggerd):
    """Starts collectord alone on such a host; returns what its taggerd
    sees."""
    def start(host):
        suite = make_suite(env=host_env(host.root))
        taggerd = make_taggerd(suite)
        taggerd.suite = suite.start("collectord")
        return taggerd
    return start


@pytest.fixture
def suite_of(make_suite, intake):
    """Starts all daemons on such a host, for `intake`."""
    def start(host, **process):
        return make_suite({"api_key": "k"},
                          {"endpoint": intake.url(), **process},
                          env=host_env(host.root)).start()
    return start


@pytest.fixture
def children(child_program):
    made = Children(child_program)
    yield made
    made.close()


@pytest.fixture
def large_processes(children):
    """Enough for payloads of a mebibyte."""
    for i in range(48):
        children.spawn(argv=["child", os.urandom(15000).hex()])


@pytest.fixture(scope="module")
def module_intake(proto):
    made = Intake(proto)
    yield made
    made.close()


@pytest.fixture(scope="module")
def module_children(child_program):
    made = Children(child_program)
    yield made
    made.close()


@pytest.fixture(scope="module")
def module_suite(programs, module_intake):
    """One running suite for all tests of a file that only look."""
    made = Suite({"api_key": "k1"}, {"endpoint": module_intake.url()})
    yield made.start()
    made.stop()


@pytest.fixture
def terminal_of():
    """Starts `ddproc top` in a terminal that can be looked at: gives the way
    to tell tmux."""
    if shutil.which("tmux") is None:
        pytest.skip("tmux is not installed")
    server = f"dd-test-{os.getpid()}-{time.monotonic_ns()}"

    def start(suite, columns, rows):
        def tmux(*args):
            return subprocess.run(
                ["tmux", "-L", server, "-f", "/dev/null", *args],
                env={**suite.env, "TERM": "xterm-256color",
                     "SHELL": "/bin/sh"},
                capture_output=True, text=True).stdout

        tmux("new-session", "-d", "-x", str(columns), "-y", str(rows),
             f"{BUILD}/ddproc -r {suite.rundir} -c {suite.config} top")
        return tmux

    yield start
    subprocess.run(["tmux", "-L", server, "kill-server"],
                   capture_output=True)


@pytest.fixture(scope="module")
def all_certs(workdir, ca):
    return make_cert(workdir, ca, "proxies",
                     "IP:127.0.0.1,IP:::1,DNS:localhost,DNS:intake.test,"
                     "DNS:only.proxy.test")


@pytest.fixture(scope="module")
def intakes(proto, all_certs):
    made = {"https": Intake(proto, all_certs), "http": Intake(proto)}
    yield made
    for one in made.values():
        one.close()


@pytest.fixture
def make_trial(programs, ca):
    """Runs `shipperd -t` with keys and endpoints; returns what it said."""
    made = []

    def run(main, endpoint, env=None, keys="k"):
        suite = Suite({"api_key": keys, **main},
                      {"endpoint": endpoint, "ca_file": ca[0],
                       "allow_plaintext_endpoint": "yes"}, env)
        made.append(suite)
        return suite.trial()

    yield run
    for suite in made:
        suite.stop()


@pytest.fixture
def make_raw():
    yield from closing(Raw, ())


@pytest.fixture(scope="session")
def pki(workdir):
    path = os.path.join(workdir, "pki")
    os.mkdir(path)
    os.chmod(path, 0o755)
    return Pki(path)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item, call):
    report = (yield).get_result()
    if report.when == "call" and report.failed:
        for suite in Suite.alive:
            for name in DAEMONS:
                if os.path.exists(suite.log_path(name)):
                    report.sections.append(
                        (f"log of {name}", suite.log(name)[-4000:]))
