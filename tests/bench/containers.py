#!/usr/bin/python3
# SPDX-License-Identifier: ISC
"""What containers cost on top of their processes: 5,000 processes, measured
without containers and then in 500 of them, beside what others take to read
the same cgroups; and taggerd's own code by itself. The containers are v1
cgroups named as Docker names them, the Docker Engine is the tests' own."""

import json
import os
import subprocess
import sys
import tempfile

import bench
import kube
from engine import Engine, container
from peers import GOCODE, children, go_build
from suite import BUILD, wait_until

HERE = os.path.dirname(os.path.abspath(__file__))
PROCESSES = 5000
CONTAINERS = 500
PODS = 300
POD_LIST = 5 << 20  # bytes
CGROUPS = "/sys/fs/cgroup"
CONTROLLERS = ("cpu", "cpuacct", "memory", "blkio", "pids", "systemd")
MARK = "ddbe"  # the first digits of every id: made by nobody else

# name of a figure, most it should be
TARGETS = (
    ("collectord, full scan, us/container", 60),
    ("collectord, real time, us/container", 60),
    ("taggerd, cached tags, us/container", 5),
    ("taggerd PSS with its broker, MiB", 15),
    ("pod list of 5 MiB, ms of CPU", 60),
    ("pod list of 5 MiB, MiB of memory", 40),
)


class Containers:
    """`count` cgroups in each hierarchy; the processes `pids` are shared
    out among them."""

    def __init__(self, pids, count):
        self.ids = [f"{MARK}{i:060x}" for i in range(count)]
        self.made = []
        try:
            for controller in CONTROLLERS:
                self._make(f"{CGROUPS}/{controller}/docker", pids)
        except OSError:
            self.close()
            raise

    def _make(self, parent, pids):
        if not os.path.isdir(parent):
            os.mkdir(parent)
            self.made.append(parent)
        for i, cid in enumerate(self.ids):
            path = f"{parent}/{cid}"
            os.mkdir(path)
            self.made.append(path)
            with open(f"{path}/cgroup.procs", "wb", buffering=0) as procs:
                for pid in pids[i::len(self.ids)]:
                    procs.write(pid.encode())

    def close(self):
        """To be called when the processes have ended."""
        for path in reversed(self.made):
            wait_until(lambda: remove_cgroup(path), 10, f"the end of {path}")
        self.made.clear()


def remove_cgroup(path):
    """A cgroup is busy until the last of its processes is reaped."""
    try:
        os.rmdir(path)
    except FileNotFoundError:
        pass
    except OSError:
        return False
    return True


def describe(number):
    """What the engine knows of a container: tags as compose gives them."""
    return container(
        image=f"registry.example:5000/shop/web-{number % 40}:v1.{number}",
        name=f"shop_web_{number}",
        labels={"com.docker.compose.project": "shop",
                "com.docker.compose.service": f"web-{number % 40}",
                "com.docker.compose.version": "1.29.2",
                "maintainer": "the shop's team <shop@example.com>"})


def heavy_pod(number):
    """A third of a real one's bytes are its environment, a third what was
    applied, a third who manages which field."""
    env = [{"name": f"SERVICE_{i}_PORT_8080_TCP_ADDR",
            "value": f"service-{i}.shop.svc.cluster.local"}
           for i in range(65)]
    made = kube.pod(
        number, f"web-{number % 40}-764867b745-{number:05x}", "shop",
        [kube.container(f"{MARK}{number * 2 + i:060x}", name, env=env[i::2])
         for i, name in enumerate(("web", "proxy"))],
        labels={"app": f"web-{number % 40}"},
        owner=("ReplicaSet", f"web-{number % 40}-764867b745"),
        annotations={"kubectl.kubernetes.io/last-applied-configuration":
                     json.dumps(env)})
    made["metadata"]["managedFields"] = [{
        "manager": "kubectl", "operation": "Update", "fieldsType": "FieldsV1",
        "fieldsV1": {"f:spec": {"f:containers": {
            f'k:{{"name":"SERVICE_{i}"}}': {".": {}, "f:name": {},
                                            "f:value": {}, "f:image": {}}
            for i in range(65)}}}}]
    return made


def pod_list():
    return json.dumps(kube.pod_list(map(heavy_pod, range(PODS))),
                      separators=(",", ":")).encode()


def peer_containerd(workdir):
    if not os.path.exists(f"{GOCODE}/src/github.com/containerd/cgroups"):
        return None
    program = go_build(workdir, f"{HERE}/containerd/main.go")
    cpu, count = map(int, subprocess.run(
        [program], check=True, capture_output=True).stdout.split())
    return cpu / count


def peer_cgtop():
    """Two rounds, as one has no rates."""
    before = os.times()
    shown = subprocess.run(["systemd-cgtop", "-b", "-n", "2", "-d", "1ms"],
                           check=True, capture_output=True, text=True).stdout
    after = os.times()
    cpu = (after.children_user + after.children_system
           - before.children_user - before.children_system)
    return cpu * 1e6 / max(1, shown.count(f"/docker/{MARK}"))


def measure_suite(tools, workdir, got):
    spawned = bench.Spawned(tools.spawn, PROCESSES)
    made = engine = None
    try:
        print("without containers...", file=sys.stderr, flush=True)
        without = bench.run_suite(tools)
        made = Containers(children(spawned.proc.pid), CONTAINERS)
        engine = Engine(workdir)
        engine.containers = {cid: describe(i)
                             for i, cid in enumerate(made.ids)}
        print("with containers...", file=sys.stderr, flush=True)
        within = bench.run_suite(tools, {"DOCKER_SOCKET_PATH": engine.path})
        got["containerd's cgroups (Go), us/container"] = peer_containerd(
            workdir)
        got["systemd-cgtop, us/container"] = peer_cgtop()
    finally:
        spawned.close()
        for thing in (engine, made):
            if thing:
                thing.close()
    for name, figure in (("collectord", "collectord, full scan"),
                         ("rt collectord", "collectord, real time"),
                         ("taggerd", "taggerd, full snapshot, all of it"),
                         ("shipperd", "shipperd, full snapshot")):
        got[f"{figure}, us/container"] = (
            (within[name] - without[name]) / CONTAINERS)
    got["taggerd PSS with its broker, MiB"] = within["pss"]["taggerd"]
    got["PSS of the suite, MiB"] = sum(within["pss"].values())


def tags(*args):
    out = subprocess.run([os.path.join(BUILD, "bench/tags"), *args],
                         check=True, capture_output=True, text=True).stdout
    return [float(x) for x in out.split()]


def measure_taggerd(workdir, got):
    got["taggerd, cached tags, us/container"] = tags(
        "relay", str(CONTAINERS))[0]
    path = os.path.join(workdir, "pods.json")
    with open(path, "wb") as f:
        f.write(pod_list())
    cpu, memory = tags("pods", path)
    per_byte = POD_LIST / os.path.getsize(path)
    got[f"pod list of {PODS}, KiB"] = os.path.getsize(path) / 1024
    got["pod list of 5 MiB, ms of CPU"] = cpu * per_byte
    got["pod list of 5 MiB, MiB of memory"] = memory


def main():
    got = {}
    with tempfile.TemporaryDirectory(prefix="dd-bench-") as workdir:
        os.chmod(workdir, 0o755)  # the CA is read by dd-shipper
        measure_taggerd(workdir, got)
        measure_suite(bench.Tools(workdir), workdir, got)
    print(f"\n{PROCESSES} processes in {CONTAINERS} containers; the cost of "
          f"containers is the difference to none\n")
    for name, value in got.items():
        print(f"{name:<48}" + ("skipped" if value is None
                               else f"{value:8.1f}"))
    print()
    for name, most in TARGETS:
        bench.verdict(name, got[name], most)


if __name__ == "__main__":
    main()
