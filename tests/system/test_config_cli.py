# SPDX-License-Identifier: ISC
"""`PROGRAM -t` and `-t -d`: what each daemon says of a configuration, and
that every key of the table is in the manual and the example."""

import os
import re
import subprocess

import pytest

from suite import BUILD, ROOT

C, T, S = "collectord", "taggerd", "shipperd"
PC = "[process.config]\n"
LONG = "x" * 9000


def run(program, path, env=None, options=("-t", "-d")):
    return subprocess.run(
        [os.path.join(BUILD, program), *options, "-c", str(path)],
        env=env or {}, stdin=subprocess.DEVNULL, capture_output=True,
        timeout=10, encoding="utf-8", errors="replace")


# name: program, file, environment, lines that -t -d prints
GOOD = {
    "empty": (S, "", {}, [
        "Main.log_level = info  (default)",
        "process.config.endpoint = https://process.datadoghq.com  (default)"]),
    "agent 5's own file": (
        S, "[Main]\ndd_url: https://app.datadoghq.com\napi_key: 0123\n"
        "# gce_updated_hostname: yes\ncollect_ec2_tags: no\n", {},
        ["Main.api_key = ********  (datadog.conf:3)",
         "settled.endpoint.1 = https://process.datadoghq.com, key ********,"
         " direct  (default)"]),
    "equals sign": (C, "[Main]\nlog_level=debug\n", {},
                    ["Main.log_level = debug  (datadog.conf:2)"]),
    "environment over file": (
        C, "[Main]\nlog_level: debug\n", {"DD_LOG_LEVEL": "error"},
        ["Main.log_level = error  (env DD_LOG_LEVEL)"]),
    "older name of a variable": (C, "", {"LOG_LEVEL": "error"},
                                 ["Main.log_level = error  (env LOG_LEVEL)"]),
    "general name of a variable": (
        C, "", {"DD_PROCESS_CONFIG_MAX_PROC_FDS": "5"},
        ["process.config.max_proc_fds = 5"
         "  (env DD_PROCESS_CONFIG_MAX_PROC_FDS)"]),
    "comment behind a value": (C, PC + "max_proc_fds: 5 ; few\n", {},
                               ["process.config.max_proc_fds = 5"
                                "  (datadog.conf:2)"]),
    "hash in a value": (S, PC + "spool_path: /a#b\n", {},
                        ["process.config.spool_path = /a#b"
                         "  (datadog.conf:2)"]),
    "quotes": (C, PC + 'blacklist: "a ;b"\n', {},
               ["process.config.blacklist = a ;b  (datadog.conf:2)"]),
    "long value": (T, f"[Main]\ntags: {LONG}\n", {},
                   [f"Main.tags = {LONG}  (datadog.conf:2)"]),
    "long comment": (C, PC + f"# {LONG} max_proc_fds: 5\n", {},
                     ["process.config.max_proc_fds = 200  (default)"]),
    "Windows line ends": (C, "[Main]\r\nlog_level: error\r\n", {},
                          ["Main.log_level = error  (datadog.conf:2)"]),
    "fall-back section": (S, "[process]\nproc_limit: 9\n", {},
                          ["process.config.proc_limit = 9"
                           "  (datadog.conf:2)"]),
    "agent on": (T, "[Main]\nprocess_agent_enabled: true\n", {},
                 ["Main.process_agent_enabled = on  (datadog.conf:2)"]),
    "agent off": (T, "[Main]\nprocess_agent_enabled: nope\n", {},
                  ["Main.process_agent_enabled = off  (datadog.conf:2)"]),
    "tags": (T, "[Main]\ntags: a:b , c\n", {},
             ["Main.tags = a:b, c  (datadog.conf:2)"]),
    "tags by environment": (T, "[Main]\ntags: a\n",
                            {"DD_TAGS": "b", "TAGS": "c"},
                            ["Main.tags = b  (env DD_TAGS)"]),
    "site": (S, "[Main]\napi_key: k\n", {"DD_SITE": "datadoghq.eu"},
             ["process.config.endpoint = https://process.datadoghq.eu"
              "  (env DD_SITE)"]),
    "URL over site": (
        S, "[Main]\napi_key: k\n",
        {"DD_SITE": "datadoghq.eu", "DD_PROCESS_AGENT_URL": "https://x/p"},
        ["settled.endpoint.1 = https://x/p, key ********, direct"
         "  (env DD_PROCESS_AGENT_URL)"]),
    "one URL and two keys": (
        S, "", {"DD_API_KEY": "a,b"},
        [f"settled.endpoint.{i} = https://process.datadoghq.com, key"
         " ********, direct  (default)" for i in (1, 2)]),
    "plain http to this host": (
        S, "[Main]\napi_key: k\n" + PC + "endpoint: http://127.0.0.1:8080\n",
        {}, ["settled.endpoint.1 = http://127.0.0.1:8080, key ********,"
             " direct  (datadog.conf:4)"]),
    "plain http allowed": (
        S, PC + "endpoint: http://x\nallow_plaintext_endpoint: yes\n", {},
        ["process.config.endpoint = http://x  (datadog.conf:2)"]),
    "proxy": (
        S, "[Main]\nproxy_host: p\nproxy_user: u\nproxy_password: w\n", {},
        ["Main.proxy_password = ********  (datadog.conf:4)",
         "settled.proxy = http://********@p:3128  (datadog.conf:2)"]),
    "proxy of the environment": (
        S, "[Main]\nproxy_host: p\n", {"PROXY_HOST": "q", "PROXY_PORT": "1"},
        ["settled.proxy = http://q:1  (env PROXY_HOST)"]),
    "NO_PROXY": (
        S, "[Main]\napi_key: k\n",
        {"HTTPS_PROXY": "http://p:1", "NO_PROXY": "datadoghq.com"},
        ["settled.endpoint.1 = https://process.datadoghq.com, key ********,"
         " direct  (default)"]),
    "host's trees": (
        C, "[Main]\nprocfs_path: /a\n", {"HOST_PROC": "/b", "HOST_SYS": "/c"},
        ["env.host_proc = /b  (env HOST_PROC)",
         "env.host_sys = /c  (env HOST_SYS)"]),
    "strip by the older key": (
        C, "[Main]\nexclude_process_args: yes\n", {},
        ["process.config.strip_proc_arguments = yes  (datadog.conf:2)"]),
    "spool in words": (
        S, PC + "spool_max_size: 1 GiB\nspool_max_age: 2 d\n"
        "spool_path: none\n", {},
        ["process.config.spool_max_size = 1073741824 bytes  (datadog.conf:2)",
         "process.config.spool_max_age = 172800 s  (datadog.conf:3)",
         "process.config.spool_path = none  (datadog.conf:4)"]),
}

# name: program, file, environment, exit status, all of stderr
SAID = {
    "a blacklist that is no regex": (
        C, PC + "blacklist: a(b\n", {}, 1,
        'datadog.conf:2: blacklist: "a(b": missing closing parenthesis at'
        " offset 3\n"),
    "containers' lists": (
        T, PC + "container_blacklist: nginx, name:a(b\n"
        "container_whitelist: image:\n", {}, 1,
        'datadog.conf:3: container_whitelist: "image:" is not image:REGEX,'
        " name:REGEX or kube_namespace:REGEX\n"
        'datadog.conf:2: container_blacklist: "nginx" is not image:REGEX,'
        " name:REGEX or kube_namespace:REGEX\n"
        'datadog.conf:2: container_blacklist: "a(b": missing closing'
        " parenthesis at offset 3\n"),
    "good lists of containers": (
        T, PC + "container_blacklist: image:^a, kube_namespace:b\n", {}, 0,
        ""),
    "a source of containers that is none": (
        T, "", {"DD_PROCESS_AGENT_CONTAINER_SOURCE": "rkt"}, 1,
        'env DD_PROCESS_AGENT_CONTAINER_SOURCE: "rkt" is no source of'
        " containers: docker, ecs or kubelet\n"),
    "a source of containers by Agent 5's name": (
        T, "", {"DD_PROCESS_AGENT_CONTAINER_SOURCE": "ecs_fargate"}, 0, ""),
    "a port": (S, "[Main]\nproxy_port: abc\n", {}, 1,
               'datadog.conf:2: proxy_port: "abc" is not a port (1-65535)\n'),
    "a port, by another daemon": (
        C, "[Main]\nproxy_port: abc\n", {}, 1,
        'datadog.conf:2: proxy_port: "abc" is not a port (1-65535)\n'),
    "a boolean": (T, PC + "\nscrub_args: si\n", {}, 1,
                  'datadog.conf:3: scrub_args: "si" is not yes or no\n'),
    "a number": (S, PC + "proc_limit: 1000\n", {}, 1,
                 'datadog.conf:2: proc_limit: "1000" is not a number'
                 ' (1-100)\n'),
    "a time": (C, PC + "process_interval: 0\n", {}, 1,
               'datadog.conf:2: process_interval: "0" is not a time'
               ' (1 s-3600 s)\n'),
    "a level": (C, "", {"DD_LOG_LEVEL": "loud"}, 1,
                'env DD_LOG_LEVEL: log_level: "loud" is not one of debug,'
                ' info, warning, error, critical\n'),
    "a URL": (C, PC + "endpoint: process.x\n", {}, 1,
              'datadog.conf:2: endpoint: "process.x" is not an http or https'
              ' URL\n'),
    "plain http": (
        S, "[Main]\napi_key: k\n" + PC + "endpoint: http://x\n", {}, 1,
        "datadog.conf:4: endpoint: http://x would get the API key in the"
        " clear; use https, or set allow_plaintext_endpoint: yes\n"),
    "lists of other lengths": (
        S, "[Main]\napi_key: a,b,c\n" + PC
        + "endpoint: https://x, https://y\n", {}, 1,
        "datadog.conf:4: endpoint: 2 endpoints but 3 API keys; they are"
        " paired one by one\n"),
    "a proxy that makes no sense": (
        S, "[Main]\nproxy_host: socks4://p\n", {}, 1,
        "datadog.conf:2: proxy_host: a proxy is http, https or socks5, and"
        " has no path\n"),
    "malformed lines": (
        T, "[Main]\nhello\n[x\n", {}, 1,
        "datadog.conf:2: this is no [section], key: value or comment\n"
        "datadog.conf:3: this is no [section], key: value or comment\n"),
    "no section": (T, "api_key: x\n", {}, 1,
                   "datadog.conf:1: api_key: a key before the first"
                   " [section]\n"),
    "a line too long": (
        T, PC + "blacklist: " + "x" * 16384 + "\n", {}, 1,
        "datadog.conf:2: the line is longer than 16384 bytes\n"),
    "a NUL byte": (T, "[Main]\nhostname: a\0b\n", {}, 1,
                   "datadog.conf:2: there is a NUL byte in the line\n"),
    "an unknown key": (T, PC + "proc_limt: 5\n", {}, 0,
                       "datadog.conf:2: warning: proc_limt: there is no such"
                       " key; did you mean proc_limit?\n"),
    "a key of another section": (
        T, PC + "api_key: 5\n", {}, 0,
        "datadog.conf:2: warning: api_key: this key belongs in [Main]\n"),
    "a key twice": (
        T, "[Main]\nhostname: a\nhostname: b\n", {}, 0,
        "datadog.conf:3: warning: hostname: set before (datadog.conf:2); this"
        " one counts\n"),
    "a host name that is none": (
        T, "[Main]\nhostname: a_b\n", {}, 0,
        'datadog.conf:2: warning: hostname: "a_b" cannot be used: no valid'
        ' host name\n'),
    "no TLS check": (
        S, "[Main]\nskip_ssl_validation: yes\n", {}, 0,
        "datadog.conf:2: warning: skip_ssl_validation: nobody checks that the"
        " intake is who it says it is\n"),
    "a terminal's escape": (
        C, PC + "engine: \x1b[2J\n", {}, 1,
        'datadog.conf:2: engine: "\\x1b[2J" is not one of auto, procfs\n'),
}


def conf(tmp_path, text):
    path = tmp_path / "datadog.conf"
    path.write_bytes(text.encode())
    return path


@pytest.mark.parametrize("name", GOOD)
def test_prints_what_counts(tmp_path, name):
    program, text, env, want = GOOD[name]
    got = run(program, conf(tmp_path, text), env)
    assert (got.returncode, got.stderr) == (0, "")
    lines = got.stdout.splitlines()
    assert [w for w in want if w not in lines] == [], got.stdout


@pytest.mark.parametrize("name", SAID)
def test_says_what_is_wrong(tmp_path, name):
    program, text, env, status, want = SAID[name]
    got = run(program, conf(tmp_path, text), env, options=("-t",))
    # shipperd goes on to try the endpoints, of which there are none
    tried = program == S and status == 0
    assert (got.returncode, got.stdout, got.stderr) == (
        status, "no API key: nothing would be sent\n" if tried else "", want)


def test_missing_file_is_empty(tmp_path):
    got = run(C, tmp_path / "none.conf", {"DD_LOG_LEVEL": "error"})
    assert got.returncode == 0
    assert "Main.log_level = error  (env DD_LOG_LEVEL)" in got.stdout


def test_directory_is_an_error(tmp_path):
    got = run(C, tmp_path, options=("-t",))
    assert (got.returncode, got.stderr) == (
        1, f"{tmp_path}: is a directory, not a file\n")


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_unreadable_file_is_an_error(tmp_path):
    path = conf(tmp_path, "")
    path.chmod(0)
    got = run(C, path, options=("-t",))
    assert (got.returncode, got.stderr) == (
        1, f"{path}: cannot be read: Permission denied\n")


@pytest.mark.parametrize("program", [C, T, S])
def test_secrets_stay_inside(tmp_path, program):
    path = conf(tmp_path, "[Main]\napi_key: HUSH1\nproxy_host: u:HUSH2@p\n"
                "proxy_user: HUSH3\nproxy_password: HUSH4\n")
    got = run(program, path, {"HTTPS_PROXY": "http://u:HUSH5@q",
                              "DD_PROXY_HTTPS": "http://u:HUSH6@q"})
    assert got.returncode == 0
    assert "HUSH" not in got.stdout + got.stderr
    assert ("api_key" in got.stdout) == (program == S)


def table_keys():
    """(section, name, environment names, readers) of every key."""
    with open(os.path.join(ROOT, "common/config_keys.def")) as f:
        text = f.read()
    found = re.findall(r'^KEY\((\w+), (\w+), \w+, "[^"]*", [^"]*"([^"]*)",'
                       r"\s*([A-Z| ]+),", text, re.M)
    assert len(found) == len(re.findall(r"^KEY\(", text, re.M))
    return [(section, name, env.split(), readers)
            for section, name, env, readers in found]


@pytest.mark.parametrize("program,letter", [
    (C, "C"), (T, "T"), (S, "S"), ("ddproc", "D")])
def test_nobody_uses_a_key_it_is_not_given(program, letter):
    readers = {name: who for _, name, _, who in table_keys()}
    folder = os.path.join(ROOT, program)
    wrong = set()
    for file in os.listdir(folder):
        if not file.endswith(".c"):
            continue
        with open(os.path.join(folder, file)) as f:
            for name in re.findall(r"config->(\w+)", f.read()):
                if name in readers and not (
                        readers[name] == "ALL" or letter in readers[name]
                        or (readers[name] == "DAEMONS" and letter != "D")):
                    wrong.add((file, name))
    assert wrong == set()


def test_manual_names_every_key():
    with open(os.path.join(ROOT, "common/datadog.conf.5")) as f:
        page = f.read()
    keys = set()
    for line in re.findall(r"^\.It Ic (.*)", page, re.M):
        keys.update(line.split(" , "))
    names = set(re.findall(r"\b[A-Za-z_0-9]+\b",
                           " ".join(re.findall(r"^\.(?:It Ev|Pq Ev|Ev) .*",
                                               page, re.M))))
    table = table_keys()
    want = {name for section, name, _, _ in table if section != "ENV"}
    assert want - keys == set()
    assert keys - want == set()
    assert {e for _, _, env, _ in table for e in env} - names == set()


def test_example_names_every_key_and_is_good(tmp_path):
    with open(os.path.join(ROOT, "etc/dd-agent/datadog.conf.example")) as f:
        text = f.read()
    keys = set(re.findall(r"^#?([a-z_]+): ", text, re.M))
    want = {name for section, name, _, _ in table_keys()
            if section != "ENV"}
    assert (want - keys, keys - want) == (set(), set())
    for program in (C, T, S):
        for version in (text, re.sub(r"(?m)^#([a-z_]+: )", r"\1", text)):
            if program == S:  # which tries what it is told
                version = re.sub(r"(?m)^api_key: .*\n", "", version)
            got = run(program, conf(tmp_path, version), options=("-t",))
            assert (got.returncode, got.stderr) == (0, "")
