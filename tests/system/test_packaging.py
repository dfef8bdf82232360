# SPDX-License-Identifier: ISC
"""What etc/docker and etc/kubernetes hand over to a container, held against
what the programs read, what they are linked with, and the README."""

import os
import re
import shlex
import subprocess

import pytest
import yaml

from suite import BUILD, DAEMONS, ROOT, read_file

START = os.path.join(ROOT, "etc/docker/start")
# What the original was given; stronger access would be news to who runs it.
MOUNTS = {"/var/run/docker.sock": "/var/run/docker.sock",
          "/proc": "/host/proc",
          "/sys/fs/cgroup": "/host/sys/fs/cgroup",
          "/etc/passwd": "/etc/passwd"}
SPOOL = "/var/lib/dd-agent"  # a volume of our own


@pytest.fixture(scope="module")
def manifest():
    path = os.path.join(ROOT, "etc/kubernetes/dd-process-agent.yaml")
    return {doc["kind"]: doc for doc in yaml.safe_load_all(read_file(path))}


@pytest.fixture(scope="module")
def pod(manifest):
    return manifest["DaemonSet"]["spec"]["template"]["spec"]


@pytest.fixture(scope="module")
def container(pod):
    assert len(pod["containers"]) == 1
    return pod["containers"][0]


@pytest.fixture(scope="module")
def run_line():
    """The README's `docker run`, as (option, value) pairs and the rest."""
    text = read_file(os.path.join(ROOT, "README.md"))
    line = re.search(r"docker run ((?:.*\\\n)*.*)\n", text)[1]
    words = shlex.split(line.replace("\\\n", ""))
    options, rest = [], []
    flags = ("-d", "--read-only")
    while words:
        word = words.pop(0)
        if word in flags:
            options.append((word, None))
        elif word.startswith("-"):
            options.append((word, words.pop(0)))
        else:
            rest.append(word)
    return options, rest


def env_names():
    """Every variable that some program reads."""
    text = read_file(os.path.join(ROOT, "common/config_keys.def"))
    text = re.sub(r"/\*.*?\*/", "", text, flags=re.S)
    names = set()
    for key in re.findall(r"^KEY\((.*?)\)$", text, re.S | re.M):
        names.update(re.findall(r'"([^"]*)"', key)[-1].split())
    return names


def test_manifest_names_fit(manifest):
    space = manifest["Namespace"]["metadata"]["name"]
    account = manifest["ServiceAccount"]["metadata"]
    binding = manifest["ClusterRoleBinding"]
    daemonset = manifest["DaemonSet"]
    assert account["namespace"] == space
    assert daemonset["metadata"]["namespace"] == space
    assert binding["roleRef"]["name"] == (
        manifest["ClusterRole"]["metadata"]["name"])
    assert binding["subjects"] == [
        {"kind": "ServiceAccount", "name": account["name"],
         "namespace": space}]
    template = daemonset["spec"]["template"]
    assert template["spec"]["serviceAccountName"] == account["name"]
    assert template["metadata"]["labels"] == (
        daemonset["spec"]["selector"]["matchLabels"])


def test_manifest_environment(container, pod):
    env = {e["name"]: e for e in container["env"]}
    assert not set(env) - env_names(), "nobody reads these"
    assert env["DD_PROCESS_AGENT_ENABLED"]["value"] == "true"
    assert "value" not in env["DD_API_KEY"], "a key belongs into a secret"
    assert env["DD_KUBERNETES_KUBELET_HOST"]["valueFrom"]["fieldRef"][
        "fieldPath"] == "status.hostIP"

    paths = {v["name"]: v["hostPath"]["path"] for v in pod["volumes"]
             if "hostPath" in v}
    mounts = {m["mountPath"]: m for m in container["volumeMounts"]}
    assert paths.pop("spool") == SPOOL
    assert mounts[SPOOL]["name"] == "spool"
    hosts = {at: m for at, m in mounts.items() if m["name"] in paths}
    assert all(m.get("readOnly") for m in hosts.values())
    for at, mount in hosts.items():
        assert MOUNTS[paths[mount["name"]]] == at
    assert env["HOST_PROC"]["value"] in hosts
    assert env["HOST_SYS"]["value"] + "/fs/cgroup" in hosts
    assert "/run/dd-agent" in mounts, "the root is read-only"


def test_capabilities_are_the_same_everywhere(container, run_line):
    context = container["securityContext"]
    options = run_line[0]
    added = sorted(v for o, v in options if o == "--cap-add")
    assert context["capabilities"]["drop"] == ["ALL"]
    assert ("--cap-drop", "ALL") in options
    assert sorted(context["capabilities"]["add"]) == added
    keeps = re.findall(r"CAP_(\w+)", re.search(
        r"caps\[\] = \{(.*?)\}",
        read_file(os.path.join(ROOT, "collectord/main.c")), re.S)[1])
    assert keeps and not set(keeps) - set(added)

    assert context["readOnlyRootFilesystem"] is True
    assert ("--read-only", None) in options
    assert context["allowPrivilegeEscalation"] is False
    assert ("--security-opt", "no-new-privileges") in options
    assert "privileged" not in context


def test_docker_run(run_line):
    options, rest = run_line
    mounts = dict(v.removesuffix(":ro").split(":") for o, v in options
                  if o == "-v")
    assert mounts.pop("dd-agent-spool") == SPOOL
    assert mounts == MOUNTS
    assert all(v.endswith(":ro") for o, v in options if o == "-v"
               and SPOOL not in v)
    names = {v.split("=")[0] for o, v in options if o == "-e"}
    assert not names - env_names(), "nobody reads these"
    assert ("-e", "DD_PROCESS_AGENT_ENABLED=true") in options
    assert rest == ["dd-process-agent"]


def packages_of(program):
    """The Debian packages of the libraries that it is linked with itself."""
    text = subprocess.run(["readelf", "-d", program], check=True,
                          capture_output=True, text=True).stdout
    found = set()
    for lib in re.findall(r"\(NEEDED\).*\[(.*)\]", text):
        owners = subprocess.run(["dpkg", "-S", f"*/{lib}"], check=True,
                                capture_output=True, text=True).stdout
        names = {line.split(":")[0] for line in owners.splitlines()}
        found |= {n for n in names if not re.search(
            r"-dev$|^lib(32|x32)|-i386$", n)}
    return found - {"libc6"}


def test_image_has_the_libraries(programs):
    text = read_file(os.path.join(ROOT, "etc/docker/Dockerfile"))
    last = text[text.rindex("\nFROM "):]
    installed = set(re.search(r"--no-install-recommends \\\n(.*?)&&", last,
                              re.S)[1].replace("\\", "").split())
    needed = set()
    for name in (*DAEMONS, "ddproc"):
        needed |= packages_of(os.path.join(BUILD, name))
    assert needed, "every program is linked with something"
    assert needed - installed == set(), "the Dockerfile misses these"
    unused = {p for p in installed - needed if p.startswith("lib")}
    assert unused == {"libnss-extrausers"}, "nothing is linked with these"


def test_start_script_is_bash():
    assert os.access(START, os.X_OK)
    subprocess.run(["bash", "-n", START], check=True)
    for name in DAEMONS:
        assert re.search(rf"\bfor name in .*\b{name}\b", read_file(START))
