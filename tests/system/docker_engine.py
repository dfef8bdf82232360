# SPDX-License-Identifier: ISC
"""A real Docker Engine in a directory of its own, with an image made of
busybox: no network, no registry, beside any engine that the host has. Its
containerd is a process of its own, as distributions run it, so that
containers outlive a dockerd that is killed."""

import contextlib
import copy
import json
import os
import shutil
import subprocess
import tempfile

from suite import read_file, wait_until

APPLETS = ("sh", "sleep", "dd", "true", "false")
IMAGE = "bb:1"
CGROUP = "/sys/fs/cgroup"
SPARSE = ("--iptables=false", "--ip6tables=false", "--bridge=none",
          "--storage-driver=vfs")


CONTAINERD = """version = 2
root = "{dir}/containerd"
state = "{dir}/containerd-run"
disabled_plugins = ["io.containerd.grpc.v1.cri"]
[grpc]
  address = "{dir}/containerd.sock"
"""


class DockerEngine:
    def __init__(self):
        # Not tmp_path: the broker must be able to walk to the socket.
        self.dir = tempfile.mkdtemp(prefix="dd-dockerd-")
        os.chmod(self.dir, 0o755)
        self.socket = os.path.join(self.dir, "docker.sock")
        self.log = os.path.join(self.dir, "log")
        self.containerd = self.daemon = None
        try:
            self._start_containerd()
            self.start()
            self.make_image()
        except BaseException:
            self.close()
            raise

    def _run(self, *argv):
        with open(self.log, "ab") as log:
            return subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                    stdout=log, stderr=log)

    def _start_containerd(self):
        config = os.path.join(self.dir, "containerd.toml")
        with open(config, "w") as f:
            f.write(CONTAINERD.format(dir=self.dir))
        self.containerd = self._run("containerd", "--config", config)
        wait_until(lambda: os.path.exists(self.dir + "/containerd.sock"),
                   20, "containerd")

    def start(self):
        self.daemon = self._run(
            "dockerd", "--containerd", self.dir + "/containerd.sock",
            "--live-restore", *SPARSE, "--data-root=" + self.dir + "/data",
            "--exec-root=" + self.dir + "/exec", "-H",
            "unix://" + self.socket, "--pidfile", self.dir + "/pid")
        try:
            wait_until(self.answers, 20, "dockerd")
        except AssertionError:
            raise AssertionError(read_file(self.log)[-4000:]) from None

    def at(self, socket):
        """The same hands for another dockerd, which ends by itself."""
        other = copy.copy(self)
        other.socket = socket
        return other

    def answers(self):
        assert self.daemon.poll() is None, read_file(self.log)[-4000:]
        return self.docker("version", check=False).returncode == 0

    def stop(self):
        self.daemon.terminate()
        self.daemon.wait(20)

    def kill(self):
        self.daemon.kill()
        self.daemon.wait()
        with contextlib.suppress(FileNotFoundError):
            os.unlink(self.dir + "/pid")

    def make_image(self):
        with tempfile.TemporaryDirectory() as root:
            os.mkdir(root + "/bin")
            shutil.copy("/bin/busybox", root + "/bin/busybox")
            for name in APPLETS:
                os.symlink("busybox", f"{root}/bin/{name}")
            tar = subprocess.run(["tar", "-C", root, "-c", "."], check=True,
                                 capture_output=True)
        self.image_id = self.docker("import", "-", IMAGE,
                                    input=tar.stdout).stdout.decode().strip()

    def docker(self, *args, check=True, timeout=60, **kwargs):
        done = subprocess.run(
            ["docker", "-H", "unix://" + self.socket, *args],
            capture_output=True, timeout=timeout, **kwargs)
        assert not check or done.returncode == 0, (
            f"docker {args}: {done.stderr.decode()}")
        return done

    def run(self, *options, image=IMAGE, command=("sleep", "1000")):
        """Starts a container; returns its id."""
        return self.docker("run", "-d", *options, image,
                           *command).stdout.decode().strip()

    def remove(self, *ids):
        def removed():
            done = self.docker("rm", "-f", *ids, check=False)
            if b"is already in progress" in done.stderr:  # with --rm
                return False
            assert done.returncode == 0, done.stderr
            return True

        if ids:
            wait_until(removed, 20, "Docker to remove containers")

    def inspect(self, ident):
        return json.loads(self.docker("inspect", ident).stdout)[0]

    def pid(self, ident):
        return self.inspect(ident)["State"]["Pid"]

    @staticmethod
    def attach(pid, interface, address):
        """Brings up an interface that is in a container's network."""
        for args in (("addr", "add", address, "dev", interface),
                     ("link", "set", interface, "up")):
            subprocess.run(["nsenter", "-t", str(pid), "-n", "ip", *args],
                           check=True)

    def stats(self, ident):
        """What `docker stats` says of it."""
        return json.loads(self.docker(
            "stats", "--no-stream", "--format", "{{json .}}", ident).stdout)

    def close(self):
        """Ends all that it started."""
        with contextlib.suppress(Exception):
            self.remove(*self.docker("ps", "-aq").stdout.decode().split())
        for proc in (self.daemon, self.containerd):
            if proc is None:
                continue
            proc.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                proc.wait(10)
            proc.kill()
            proc.wait()
        for line in reversed(read_file("/proc/self/mounts").splitlines()):
            path = line.split()[1]
            if path.startswith(self.dir + "/"):
                subprocess.run(["umount", "-l", path], check=False)
        shutil.rmtree(self.dir, ignore_errors=True)
