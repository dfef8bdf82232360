# SPDX-License-Identifier: ISC
"""Containers in ddproc: what a made-up taggerd serves is what it prints, and
no byte of it reaches a terminal unescaped."""

import json
import re
import time

import pytest

from frames import COLLECTORD, TAGGERD, frame
from made import REALTIME, ViewSocket, container, process, snapshot
from suite import HOSTNAME, Suite, wait_until

WEB, DB, EVIL, LOST = (c * 64 for c in "abcd")
HOSTILE = b"evil\x1b[31mred\x07\x9b1m\xff\n\xe2\x80\xaeback".decode(
    errors="surrogateescape")
SHOWN = r"evil\x1b[31mred\a"

CONTAINERS = [
    container(WEB, type="docker", name="web-1", image="nginx:1.25",
              total_pct=12.5, cpu_limit=150.0, mem_rss=64 << 20,
              mem_limit=1 << 30, net_received_bytes=2048.0,
              net_sent_bytes=1.0, read_bytes_rate=0.0,
              write_bytes_rate=302.0 * 1024, threads=3, health=2,
              started=int(time.time()) - 7200, tags=["namespace:web"],
              addresses=[{"ip": "10.0.0.1", "port": 80}]),
    container(DB, name="db", image="postgres", total_pct=50.0, state=4,
              health=3, host_network=True, hidden=2 | 4,
              tags=["namespace:db"]),
    container(EVIL, name=HOSTILE, image=HOSTILE, tags=[HOSTILE]),
]
PROCESSES = [
    process(11, WEB, args=["nginx", "-g"], comm="nginx", tags=["user:www"]),
    process(12, WEB, args=["nginx worker"], comm="nginx"),
    process(21, DB, args=["postgres"], comm="postgres"),
    process(31, EVIL, args=["sh"], comm="sh"),
    process(41, LOST, args=["lost"], comm="lost"),
    process(51, args=["alone"], comm="alone"),
]
MESSAGES = (
    frame("host", hostname=HOSTNAME, tags=["site:lab"])
    + frame("status", daemon=COLLECTORD, up=True, scan=1, processes=6,
            containers=3, cgroup="v2 at /sys/fs/cgroup",
            skipped={"containers": 2},
            hidden=[{"field": "memory", "containers": 1, "reason": "no"}])
    + frame("status", daemon=TAGGERD, up=True, containers=3, excluded=1,
            sources=[{"name": "docker", "state": "ok, 3 containers"},
                     {"name": "kubelet", "state": "absent"}])
    + snapshot(containers=CONTAINERS, processes=PROCESSES)
    # Real time: the web server moves, the rest is as it was.
    + snapshot(REALTIME, 2,
               container_stats=[{**CONTAINERS[0]["stat"], "total_pct": 99.0}]
               + [c["stat"] for c in CONTAINERS[1:]],
               stats=[p["stat"] for p in PROCESSES]))


@pytest.fixture(scope="module")
def view(programs):
    suite = Suite()
    socket = ViewSocket(suite, MESSAGES)
    yield suite
    socket.close()
    suite.stop()


def check(view, what):
    return json.loads(view.ddproc("check", what).stdout)


def test_check_container(view):
    got = check(view, "container")
    assert got["kind"] == "full" and "processes" not in got
    assert [c["id"] for c in got["containers"]] == [WEB, DB, EVIL]
    web, db, evil = got["containers"]
    want = {"type": "docker", "name": "web-1", "image": "nginx:1.25",
            "cpu_limit": 150.0, "state": 3, "state_name": "running",
            "health_name": "healthy", "mem_limit": 1 << 30, "threads": 3,
            "tags": ["namespace:web", "site:lab"], "hidden_names": [],
            "addresses": [{"ip": "10.0.0.1", "port": 80, "protocol": 0}]}
    assert {k: web[k] for k in want} == want
    assert (db["state_name"], db["health_name"]) == ("paused", "unhealthy")
    assert db["mem_rss"] is None and db["write_bytes_rate"] is None
    assert db["hidden_names"] == ["memory", "io"]
    assert db["total_pct"] == 50.0
    assert evil["name"].startswith("evil\x1b[31mred\x07\ufffd1m\ufffd\n")


def test_check_container_is_ascii(view):
    text = view.ddproc("check", "container").stdout
    assert all(b == 10 or 32 <= b < 127 for b in text)


def test_check_process_has_both(view):
    got = check(view, "process")
    assert len(got["containers"]) == 3
    tags = {p["pid"]: p["tags"] for p in got["processes"]}
    assert tags[11] == ["user:www", "namespace:web", "site:lab"]
    assert tags[51] == tags[41] == ["site:lab"]


def test_containers(view):
    text = view.ddproc("containers").stdout.decode()
    lines = text.splitlines()
    assert lines[0].split() == [
        "ID", "NAME", "IMAGE", "STATE", "HEALTH", "CPU%/LIM", "RSS/LIM",
        "NET", "IN/OUT", "READ/WRITE", "AGE", "TAGS"]
    rows = [line.split() for line in lines[1:]]
    # Real time has come, or not yet: the web server is first or second.
    assert {r[0] for r in rows} == {WEB[:12], DB[:12], EVIL[:12]}
    db = next(r for r in rows if r[1] == "db")
    assert db[2:] == ["postgres", "paused", "unhealthy", "50.0/-", "-",
                      "host", "-", "-", "namespace:db"]
    assert all(c == "\n" or c.isprintable() for c in text)
    assert SHOWN in text


def names(view, *args, code=0):
    done = view.ddproc("containers", *args, check=False)
    assert done.returncode == code, done.stderr
    return [line.split()[1] for line in
            done.stdout.decode().splitlines()[1:]]


def test_containers_words_and_order(view):
    assert names(view, "NGINX", "namespace:web") == ["web-1"]
    assert names(view, "site:lab", "-s", code=1) == []
    assert names(view, "-s", "name", "namespace:") == ["db", "web-1"]
    assert names(view, "-s", "rss")[-1] == "db"
    assert names(view, WEB[:20]) == ["web-1"]
    assert names(view, "nothing-like-it", code=1) == []


def test_containers_wrong_use(view):
    done = view.ddproc("containers", "-s", "pid", check=False)
    assert (done.returncode, done.stdout) == (64, b"")
    assert b"usage: ddproc containers" in done.stderr


def found(view, *words):
    lines = view.ddproc("search", *words,
                        check=False).stdout.decode().splitlines()[1:]
    return {int(line.split()[0]) for line in lines}


@pytest.mark.parametrize("words,want", [
    (["nginx", "namespace:web"], {11, 12}), (["web-1"], {11, 12}),
    (["postgres", "namespace:web"], set()), (["nginx:1.25", "worker"], {12}),
    ([DB[:16]], {21}), (["namespace:"], {11, 12, 21})], ids=str)
def test_search_finds_by_container(view, words, want):
    assert found(view, *words) == want


def test_processes_show_their_container(view):
    text = view.ddproc("top", "-b", "-n", "1").stdout.decode()
    rows = {line.split()[0]: line.split() for line in text.splitlines()
            if line.strip()[:1].isdigit() and len(line.split()) > 10}
    cells = {pid: row[10] for pid, row in rows.items()}
    assert cells["11"] == "web-1"
    assert cells["21"] == "db"
    assert cells["41"] == LOST[:12]
    assert cells["51"] == "-"
    assert all(c == "\n" or c.isprintable() for c in text)


def test_status(view):
    text = view.ddproc("status", check=False).stdout.decode()
    for want in ("number 1: 6 processes, 3 containers,",
                 "cgroups       v2 at /sys/fs/cgroup",
                 "2 containers ended while read",
                 "hidden        memory of 1 container: no",
                 "containers    3, and 1 excluded",
                 "tag source    docker: ok, 3 containers",
                 "tag source    kubelet: absent"):
        assert want in text, f"no {want!r} in:\n{text}"


class Screen:
    """`ddproc top` in a terminal that can be looked at."""

    def __init__(self, tmux):
        self.tmux = tmux

    def keys(self, *keys):
        self.tmux("send-keys", *keys)

    def lines(self):
        return self.tmux("capture-pane", "-p").splitlines()

    def wait(self, *texts):
        return wait_until(
            lambda: all(any(t in line for line in self.lines())
                        for t in texts) and self.lines(), 15,
            f"{texts} on the screen")

    def wait_rows(self, *firsts):
        """Waits until the table's rows begin with these, in this order."""

        def rows():
            shown = self.lines()
            title = next((i for i, line in enumerate(shown)
                          if re.match(r" *(PID|ID|NAME) ", line)), None)
            return title is not None and [
                line.split()[0] for line in shown[title + 1:]
                if line.strip()]

        wait_until(lambda: rows() == list(firsts), 15, f"rows {firsts}")


@pytest.fixture
def top(view, terminal_of):
    return lambda columns, rows: Screen(terminal_of(view, columns, rows))


def test_top_shows_containers(top):
    screen = top(200, 30)
    screen.wait("6 processes", "3 containers", "web-1")
    screen.keys("Tab")
    screen.wait("Enter inspect  p processes  Tab all processes")
    screen.wait_rows(WEB[:12], DB[:12], EVIL[:12])  # by CPU, real time
    lines = screen.wait(SHOWN, "namespace:web", "99.0/150")
    assert max(map(len, lines)) <= 200
    screen.keys("n")  # by name
    screen.wait_rows(DB[:12], EVIL[:12], WEB[:12])
    screen.keys("/", "paused", "Enter")
    screen.wait("/paused  (1 match, Esc shows all)")
    screen.wait_rows(DB[:12])
    screen.keys("Escape")
    screen.wait_rows(DB[:12], EVIL[:12], WEB[:12])


def test_top_goes_into_a_container(top):
    screen = top(100, 40)
    screen.wait("CONTAINER", "nginx worker")
    screen.keys("Tab")
    screen.wait_rows("web-1", "db", SHOWN[:15] + "+")
    screen.keys("p")
    screen.wait("container web-1  (2 match, Esc goes back)")
    screen.wait_rows("11", "12")
    screen.keys("/", "worker", "Enter")
    screen.wait("container web-1  /worker  (1 match, Esc shows all)")
    screen.wait_rows("12")
    screen.keys("Enter")  # inspects the process
    screen.wait("container   " + WEB, "  name      web-1",
                "  image     nginx:1.25", "  state     running, healthy",
                "namespace:web")
    screen.keys("q", "Escape")
    screen.wait_rows("11", "12")
    screen.keys("Escape")  # back to the containers
    screen.keys("Down")
    screen.wait_rows("web-1", "db", SHOWN[:15] + "+")
    screen.keys("Enter")  # inspects the container
    screen.wait("container   " + DB, "state       paused, unhealthy",
                "network     the host's", "processes   1", "postgres")
    screen.keys("q")
    screen.wait_rows("web-1", "db", SHOWN[:15] + "+")
    screen.keys("/", "no-such-thing", "Enter")
    screen.wait("no container matches")


@pytest.mark.parametrize("columns,rows", [(80, 24), (40, 10)])
def test_containers_fit_the_terminal(top, columns, rows):
    screen = top(columns, rows)
    screen.wait("CPU%")
    if columns >= 80:
        screen.wait("CONTAINER", "web-1")
    screen.keys("Tab")
    lines = screen.wait("NAME", "web-1")
    assert len(lines) <= rows and max(map(len, lines)) <= columns
    assert sum("web-1" in line for line in lines) == 1
    assert ("IMAGE" in " ".join(lines)) == (columns >= 80)
    screen.keys("Down", "Down", "Enter")  # the hostile one, inspected
    lines = screen.wait("container", "Esc back")
    assert len(lines) <= rows and max(map(len, lines)) <= columns


def test_json(view):
    def got(*args, code=0):
        done = view.ddproc("containers", "--json", *args, check=False)
        assert done.returncode == code, done.stderr
        return json.loads(done.stdout)

    want = check(view, "container")["containers"]
    assert [c["id"] for c in got("-s", "id")] == [c["id"] for c in want]
    assert got("paused")[0] == want[1]
    assert got("nothing-like-it", code=1) == []


def test_inspect(view):
    text = view.ddproc("inspect", WEB[:7]).stdout.decode()
    for want in ("name        web-1", "type        docker",
                 "state       running, healthy",
                 "addresses   10.0.0.1 port 80/tcp",
                 "tags        namespace:web", "site:lab", ", limit 150",
                 "memory      rss 64M, cache 0, usage 0, limit 1.0G",
                 "io          read 0/s, write 302K/s",
                 "network     in 2.0K/s, out 1/s", "threads     3",
                 "processes   2", "nginx -g", "nginx worker"):
        assert want in text, f"no {want!r} in:\n{text}"
    assert "postgres" not in text
    text = view.ddproc("inspect", "db").stdout.decode()
    assert "memory      -\nio          -\nnetwork     the host's" in text
    text = view.ddproc("inspect", EVIL).stdout.decode()
    assert SHOWN in text
    assert all(c == "\n" or c.isprintable() for c in text)


@pytest.fixture
def serve(programs):
    """Gives a suite whose taggerd says what the test likes."""
    made = []

    def start(messages, **kwargs):
        suite = Suite()
        made.append((ViewSocket(
            suite, frame("host", hostname=HOSTNAME) + messages, **kwargs),
            suite))
        return suite

    yield start
    for socket, suite in made:
        socket.close()
        suite.stop()


def test_a_taggerd_with_much_to_do(serve):
    """It has taken the connection, so it is there."""
    suite = serve(snapshot(containers=CONTAINERS), delay=2)
    suite.ddproc("containers")


def test_inspect_says_which_it_cannot_tell(serve):
    twin = "ab" + "0" * 62, "ab" + "1" * 62
    suite = serve(snapshot(containers=[container(t, name="twin")
                                       for t in twin]))
    for word, want in (("twin", b"2 containers are twin"),
                       ("ab", b"2 containers are ab"),
                       ("none", b"no container none")):
        done = suite.ddproc("inspect", word, check=False)
        assert (done.returncode, done.stdout) == (1, b"")
        assert want in done.stderr, done.stderr
    text = suite.ddproc("inspect", twin[1][:3]).stdout.decode()
    assert "container   " + twin[1] in text


def test_no_containers(serve, terminal_of):
    suite = serve(snapshot(processes=[process(7, comm="alone")]))
    done = suite.ddproc("containers")
    assert b"no containers" in done.stderr
    assert len(done.stdout.splitlines()) == 1
    assert json.loads(suite.ddproc("containers", "--json").stdout) == []
    assert check(suite, "container")["containers"] == []
    screen = Screen(terminal_of(suite, 80, 24))
    screen.wait("1 process", "alone")
    screen.keys("Tab")
    screen.wait("NAME", "no containers")
    screen.keys("p", "Enter")  # of nothing
    screen.keys("Tab")
    screen.wait("alone")


def test_containers_only(serve, terminal_of):
    """Without processes, containers are what top shows at once."""
    suite = serve(snapshot(containers=CONTAINERS, scope=1))
    text = suite.ddproc("top", "-b", "-n", "1").stdout.decode()
    assert "web-1" in text and "IMAGE" in text
    done = suite.ddproc("search", "web-1", check=False)
    assert done.returncode == 1 and b"only containers" in done.stderr
    screen = Screen(terminal_of(suite, 120, 20))
    lines = screen.wait("IMAGE", "web-1")
    assert lines[1] == "3 containers: 2 running, 1 paused"
    assert lines[2].startswith("CPU 62.5%  RSS 64M of ")
    assert lines[3] == "q quit  h help  / filter  Enter inspect"
    screen.keys("Tab", "p", "n")
    screen.wait_rows(DB[:12], EVIL[:12], WEB[:12])
    screen.keys("Enter")
    assert not any("processes" in line for line in screen.wait("unhealthy"))


def test_ended_while_it_is_looked_at(programs, terminal_of):
    suite = Suite()
    socket = ViewSocket(suite, frame("host", hostname=HOSTNAME) + snapshot(
        containers=CONTAINERS))
    try:
        screen = Screen(terminal_of(suite, 120, 20))
        screen.wait("3 containers")
        screen.keys("Tab", "Enter")
        screen.wait("container   " + DB)
        socket.say(snapshot(scan=2))
        screen.wait(f"container {DB} has ended")
        screen.keys("q")
        screen.wait("no containers")
    finally:
        socket.close()
        suite.stop()
