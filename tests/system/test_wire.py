# SPDX-License-Identifier: ISC
"""What reaches the intake: header, HTTP, TLS, chunks, and what happens to a
payload that is not taken at once."""

import math
import os
import platform
import re
import socket
import time

import pytest

from frames import Viewer
from intake import (ENCODING_PROTOBUF, ENCODING_ZSTD, TYPE_PROC, Intake,
                    Reply, make_ca, make_cert)
from suite import HOSTNAME, Suite, read_file, wait_until

# What the intake knows, told a second time on purpose: the .proto is what
# is tested.
FIELDS = {
    "CollectorProc": "hostName2 processes3 info5 groupId6 groupSize7 "
                     "containers10 containerHostType12",
    "CollectorRealTime": "hostName2 stats3 groupId6 groupSize7 numCpus8 "
                         "totalMemory9 containerStats10 containerHostType11",
    "CollectorContainer": "hostName1 info2 containers3 groupId4 groupSize5 "
                          "containerHostType9",
    "CollectorContainerRealTime": "hostName1 stats2 numCpus3 totalMemory4 "
                                  "groupId6 groupSize7 containerHostType8",
    "ResCollector": "header1 message2 status3",
    "Process": "pid2 command4 user5 memory7 cpu8 createTime9 openFdCount11 "
               "state12 ioStat13 containerId14 voluntaryCtxSwitches16 "
               "involuntaryCtxSwitches17 nsPid20 tags23",
    "ProcessStat": "pid1 createTime2 memory3 cpu4 nice5 threads7 "
                   "openFdCount8 containerId10 processState12 ioStat19 "
                   "voluntaryCtxSwitches24 involuntaryCtxSwitches25",
    "Command": "args1 cwd3 root4 onDisk5 ppid6 pgroup7 exe8 comm9",
    "ProcessUser": "name1 uid2 gid3 euid4 egid5 suid6 sgid7",
    "MemoryStat": "rss1 vms2 swap3 shared4 text5 lib6 data7 dirty8",
    "CPUStat": "lastCpu1 totalPct2 userPct3 systemPct4 numThreads5 nice7 "
               "userTime8 systemTime9",
    "IOStat": "readRate1 writeRate2 readBytesRate3 writeBytesRate4",
    "SystemInfo": "uuid1 os2 cpus3 totalMemory5",
    "OSInfo": "name1 platform2 family3 version4 kernelVersion5",
    "CPUInfo": "number1 vendor2 family3 model4 physicalId5 coreId6 cores7 "
               "mhz8 cacheSize9",
    "Container": "type1 id2 cpuLimit5 memoryLimit6 state8 health9 created10 "
                 "rbps11 wbps12 netRcvdPs14 netSentPs15 netRcvdBps16 "
                 "netSentBps17 userPct18 systemPct19 totalPct20 memRss21 "
                 "memCache22 started24 tags26 addresses27 threadCount28 "
                 "threadLimit29 memUsage30 cpuUsageNs31 memAccounted32 "
                 "cpuRequest33 memoryRequest34 repoDigest35",
    "ContainerStat": "id1 userPct2 systemPct3 totalPct4 cpuLimit5 memRss6 "
                     "memCache7 memLimit8 rbps9 wbps10 netRcvdPs11 "
                     "netSentPs12 netRcvdBps13 netSentBps14 state15 health16 "
                     "started18 threadCount20 threadLimit21 memUsage22 "
                     "cpuUsageNs23 memAccounted24 cpuRequest25 "
                     "memoryRequest26",
    "ContainerAddr": "ip1 port2 protocol3",
}


@pytest.mark.parametrize("message", FIELDS)
def test_field_numbers(proto, message):
    descriptor = getattr(proto, message).DESCRIPTOR
    got = {f"{f.name}{f.number}" for f in descriptor.fields}
    assert got == set(FIELDS[message].split())


def test_header(module_suite, module_intake):
    p = module_intake.wait()[0]
    assert (p.version, p.encoding, p.type, p.sub, p.org, p.stamp) == (
        3, ENCODING_ZSTD, TYPE_PROC, 0, 0, 0)
    assert p.path == "/api/v1/collector"
    h = p.headers
    assert h["X-Dd-APIKey"] == "k1"
    assert h["X-Dd-Hostname"] == HOSTNAME == p.message.hostName
    assert h["X-Dd-ContainerCount"] == str(len(p.message.containers))
    assert h["Content-Type"] == "application/x-protobuf"
    version = h["X-Dd-Processagentversion"]
    assert version and h["User-Agent"] == f"datadog-agent/{version}"
    assert abs(int(h["X-DD-Agent-Timestamp"]) - p.at) <= 2
    ids = [q.headers["X-DD-Request-ID"] for q in module_intake.wait(3)]
    assert all(ids) and len(set(ids)) == len(ids), ids


def test_system_info(module_suite, module_intake):
    info = module_intake.wait()[0].message.info
    memory = int(read_file("/proc/meminfo").split()[1]) * 1024
    release = dict(line.split("=", 1) for line in
                   read_file("/etc/os-release").splitlines() if "=" in line)
    assert info.totalMemory == memory
    assert info.os.kernelVersion == platform.release()
    assert info.os.name == "linux"
    assert info.os.platform == release["ID"].strip('"')
    assert len(info.uuid) >= 32
    cores = {(c.physicalId, c.coreId, c.number) for c in info.cpus}
    assert len(cores) == len(info.cpus) > 0
    want = dict(re.findall(r"^(.*?)\s*: (.*)$",
                           read_file("/proc/cpuinfo").split("\n\n")[0],
                           re.M))
    first = info.cpus[0]
    assert (first.vendor, first.family, first.model) == (
        want["vendor_id"], want["cpu family"], want["model"])


@pytest.mark.quiet
def test_scans_come_on_time(module_suite, module_intake):
    since = module_intake.mark()
    scans = module_intake.wait_scans(5, since=since)
    times = [s[0].at for s in scans]
    assert times[-1] - times[0] == pytest.approx(len(times) - 1, abs=0.5)


def test_keep_alive(module_suite, module_intake):
    payloads = module_intake.wait(8, timeout=15)
    connections = {p.connection for p in payloads}
    assert len(connections) <= 2, f"{len(payloads)} on {connections}"


def test_nothing_was_undecodable(module_suite, module_intake):
    module_intake.wait(2)
    assert module_intake.bad == []


@pytest.mark.quiet
def test_first_data_within_3_seconds(make_suite, intake):
    suite = make_suite({"api_key": "k"}, {"endpoint": intake.url(),
                                          "process_interval": "10"})
    start = time.time()
    suite.start()
    first = intake.wait(timeout=6)[0]
    # a second of grace for a machine that is busy with other tests
    assert first.at - start < 3 + 1


@pytest.mark.quiet
@pytest.mark.parametrize("limit", [1, 7, 100])
def test_chunks(make_suite, intake, children, limit):
    pids = {children.spawn().pid for _ in range(20)}
    make_suite({"api_key": "k"}, {"endpoint": intake.url(path="/a/b"),
                                  "proc_limit": limit}).start()
    scans = intake.wait_scans(2)
    for chunks in scans:
        sizes = [len(p.message.processes) for p in chunks]
        assert max(sizes) <= limit
        assert len(chunks) == math.ceil(sum(sizes) / limit)
        assert {p.message.groupSize for p in chunks} == {len(chunks)}
        assert all(p.message.info.totalMemory for p in chunks)
        assert pids <= {q.pid for p in chunks for q in p.message.processes}
    first, second = (c[0].message.groupId for c in scans[:2])
    assert second == first + 1
    assert chunks[0].path == "/a/b/api/v1/collector"


def test_plain_protobuf(make_suite, intake):
    make_suite({"api_key": "k"}, {"endpoint": intake.url(),
                                  "wire_encoding": "protobuf"}).start()
    p = intake.wait()[0]
    assert p.encoding == ENCODING_PROTOBUF
    assert p.message.processes


def test_without_key_nothing_is_sent(make_suite, intake):
    suite = make_suite({}, {"endpoint": intake.url()}).start()
    viewer = Viewer(suite)
    viewer.wait(lambda _: viewer.count.get("snapshot_end", 0) >= 2, 10,
                "two snapshots in the local view")
    assert intake.posts == 0
    assert suite.log("shipperd").lower().count("no api key") == 1


@pytest.mark.quiet
def test_several_endpoints(make_suite, make_intake):
    """Each gets everything with its own key; one that never answers and one
    where nothing listens delay nobody."""
    good = [make_intake(), make_intake()]
    silent = socket.create_server(("127.0.0.1", 0))
    closed = socket.create_server(("127.0.0.1", 0))
    closed_port = closed.getsockname()[1]
    closed.close()
    urls = [good[0].url(), f"http://127.0.0.1:{silent.getsockname()[1]}",
            f"http://127.0.0.1:{closed_port}", good[1].url()]
    make_suite({"api_key": "k0,k1,k2,k3"},
               {"endpoint": ", ".join(urls)}).start()
    for intake, key in zip(good, ("k0", "k3")):
        scans = intake.wait_scans(4)
        times = [s[0].at for s in scans]
        assert times[3] - times[0] == pytest.approx(3, abs=1)
        assert {p.headers["X-Dd-APIKey"] for p in intake.got()} == {key}
    silent.close()


def test_one_endpoint_with_two_keys(make_suite, intake):
    make_suite({"api_key": " k0 , k1"}, {"endpoint": intake.url()}).start()
    wait_until(lambda: {p.headers["X-Dd-APIKey"] for p in intake.got()}
               == {"k0", "k1"}, 10, "both keys")


# What the first payload is answered with, whether it is sent again, and the
# counter of the endpoint that must tell.
ANSWERS = {
    "200": (lambda i: Reply(200, i.res_collector()), False, "delivered"),
    "202": (lambda i: Reply(202), False, "delivered"),
    "garbage": (lambda i: Reply(200, b"\xff" * 99), False, "delivered"),
    "400": (lambda i: Reply(400), False, "refused"),
    "413": (lambda i: Reply(413), False, "refused"),
    "message": (lambda i: Reply(200, i.res_collector(message="bad news")),
                False, "refused"),
    "408": (lambda i: Reply(408), True, "retried"),
    "429": (lambda i: Reply(429), True, "retried"),
    "500": (lambda i: Reply(500), True, "retried"),
    "503": (lambda i: Reply(503), True, "retried"),
    "reset": (lambda i: Reply(reset=True), True, "retried"),
}


class Answered:
    """An intake that answers its first payload in a way of its own."""

    def __init__(self, proto, first):
        self.intake = Intake(proto)
        self.intake.answer = self.answer
        self.make, self.first = first, None

    def answer(self, payload):
        if self.first is None:
            self.first = payload
            return self.make(self.intake)
        return None

    def copies(self):
        return [p for p in self.intake.got() if p.data == self.first.data]


@pytest.fixture(scope="module")
def answered(proto, programs):
    """All the cases at once, each at an endpoint of one suite."""
    cases = {k: Answered(proto, a[0]) for k, a in ANSWERS.items()}
    cases["401"] = Answered(proto, lambda i: Reply(401))
    suite = Suite(
        {"api_key": ",".join(f"k{i}" for i in range(len(cases)))},
        {"endpoint": ",".join(c.intake.url() for c in cases.values())})
    suite.start()
    for name, case in cases.items():
        if name != "401":
            case.intake.wait_scans(5, timeout=15)
    viewer = Viewer(suite)
    since = time.time() * 1000
    status = viewer.wait_status("shipperd", lambda s: s["at"] > since,
                                what="a status after the answers")
    for case, endpoint in zip(cases.values(), status["endpoints"]):
        case.endpoint = endpoint
        assert str(case.intake.port) in endpoint["url"]
    yield cases, suite
    suite.stop()
    for case in cases.values():
        case.intake.close()


@pytest.mark.parametrize("name", ANSWERS)
def test_answers(answered, name):
    case = answered[0][name]
    _, again, counter = ANSWERS[name]
    copies = len(case.copies())
    assert copies == (2 if again else 1), f"sent {copies} times"
    assert case.endpoint.get(counter, 0) >= 1, case.endpoint
    if counter != "retried":
        assert case.endpoint.get("retried", 0) == 0
    if counter != "refused":
        assert case.endpoint.get("refused", 0) == 0


def test_retry_keeps_the_time_of_collection(answered):
    first, again = answered[0]["503"].copies()
    assert again.at - first.at >= 0.4
    name = "X-DD-Agent-Timestamp"
    assert first.headers[name] == again.headers[name]


def test_refused_message_is_logged(answered):
    assert "bad news" in answered[1].log("shipperd")


def test_unauthorized_pauses_the_endpoint(answered):
    case, suite = answered[0]["401"], answered[1]
    assert case.intake.posts == 1
    assert "401" in suite.log("shipperd")


def test_redirects_are_not_followed(make_suite, make_intake):
    target, intake = make_intake(), make_intake()
    intake.answer = lambda p: Reply(302, headers={"Location": target.url()})
    suite = make_suite({"api_key": "k"}, {"endpoint": intake.url()}).start()
    intake.wait(2)
    status = Viewer(suite).wait_status("shipperd",
                                       lambda s: s.get("endpoints"))
    assert target.posts == 0
    assert status["endpoints"][0].get("delivered", 0) == 0


@pytest.mark.quiet
def test_retry_after(make_suite, intake):
    intake.answer = lambda p: (
        Reply(503, headers={"Retry-After": "4"})
        if p is intake.payloads[0] else None)
    make_suite({"api_key": "k"}, {"endpoint": intake.url()}).start()
    first = intake.wait()[0]
    wait_until(lambda: sum(p.data == first.data for p in intake.got()) == 2,
               10, "the payload again")
    again = [p for p in intake.got() if p.data == first.data][1]
    assert 3.5 < again.at - first.at < 7


def test_outage_loses_nothing(make_suite, make_intake, proto):
    """Every scan made while the intake was down comes when it is back."""
    intake = make_intake()
    intake.answer = lambda p: Reply(503)
    make_suite({"api_key": "k"}, {"endpoint": intake.url()}).start()
    wait_until(lambda: intake.posts >= 3, 15, "three tries")
    first = intake.payloads[0].message.groupId
    intake.answer, since = None, intake.mark()

    def complete():
        """Nothing is missing, whichever way round it came."""
        ids = sorted(intake.scans(since=since))
        return len(ids) > 5 and ids == list(range(first, ids[-1] + 1))

    wait_until(complete, 20, "every scan")


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_tls(make_suite, make_intake, ca, server_cert, host):
    intake = make_intake(server_cert)
    suite = make_suite({"api_key": "k"}, {"endpoint": intake.url(host),
                                          "ca_file": ca[0]}).start()
    assert intake.wait(2)[0].message.processes
    assert intake.tls_errors == []
    # SNI carries names, never addresses (RFC 6066)
    assert set(intake.server_names) == {
        None if host == "127.0.0.1" else host}
    status = Viewer(suite).wait_status(
        "shipperd", lambda s: s["endpoints"][0].get("tls"))
    assert status["endpoints"][0]["tls"].startswith("TLSv1.")


BAD_TLS = {
    "unknown CA": ("other-ca", "IP:127.0.0.1"),
    "other name": ("ca", "DNS:elsewhere.example"),
}


@pytest.mark.parametrize("case", BAD_TLS)
def test_bad_certificate_is_refused(make_suite, make_intake, ca, workdir,
                                    case):
    issuer, name = BAD_TLS[case]
    signer = ca if issuer == "ca" else make_ca(workdir, issuer)
    cert = make_cert(workdir, signer, case.replace(" ", "-"), name)
    intake = make_intake(cert)
    suite = make_suite({"api_key": "k"}, {"endpoint": intake.url(),
                                          "ca_file": ca[0]}).start()
    status = Viewer(suite).wait_status(
        "shipperd", lambda s: s["endpoints"][0].get("last_error"))
    assert "certificate" in status["endpoints"][0]["last_error"]
    assert intake.posts == 0
    suite.write_config({"skip_ssl_validation": "yes"})
    suite.kill("shipperd")
    suite.start("shipperd")
    intake.wait()
    assert "skip_ssl_validation" in suite.log("shipperd")


def test_gauges(make_suite):
    """dogstatsd: the first gauges come with the first interval of 15 s."""
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.bind(("127.0.0.1", 0))
    sock.settimeout(25)
    make_suite({"api_key": "k", "dogstatsd_port": sock.getsockname()[1]},
               {"endpoint": "http://127.0.0.1:9"}).start()
    end = time.monotonic() + 25
    text, want = "", {
        "datadog.process.agent:1|g", "datadog.process.processes.host_count:",
        "datadog.process.containers.host_count:",
        "datadog.process.queue.bytes:", "datadog.process.queue.dropped:",
        "datadog.process.queue.scan_ms:"}
    while not all(w in text for w in want):
        assert time.monotonic() < end, text
        text += sock.recv(65536).decode() + "\n"
    assert "#version:" in text
    count = int(text.split("processes.host_count:")[1].split("|")[0])
    assert 1 <= count <= len(os.listdir("/proc"))
