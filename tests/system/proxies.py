# SPDX-License-Identifier: ISC
"""Real proxies and servers, each with a configuration and a directory of its
own, never the system's services."""

import os
import shutil
import signal
import subprocess
import tempfile

from sockets import accepts, free_port
from suite import IS_ROOT, read_file, wait_until


class Program:
    """A server that runs in the foreground."""

    def __init__(self, port=None):
        self.dir = tempfile.mkdtemp(prefix="dd-proxy-")
        os.chmod(self.dir, 0o777)
        self.port = port or free_port()
        self.proc = None

    def path(self, name):
        return os.path.join(self.dir, name)

    def write(self, name, text, mode=0o644):
        with open(self.path(name), "wb") as f:
            f.write(text if isinstance(text, bytes) else text.encode())
        os.chmod(self.path(name), mode)
        return self.path(name)

    def start(self, argv):
        with open(self.path("out"), "wb") as out:
            self.proc = subprocess.Popen(argv, stdin=subprocess.DEVNULL,
                                         stdout=out, stderr=out, cwd="/",
                                         start_new_session=True)
        wait_until(lambda: self.proc.poll() is not None or accepts(self.port),
                   20, f"{argv[0]} to listen")
        assert self.proc.poll() is None, (
            f"{argv} ended: {read_file(self.path('out'))}")
        return self

    def stop(self):
        if self.proc is not None:
            try:
                os.killpg(self.proc.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            self.proc.wait()

    def close(self):
        self.stop()
        shutil.rmtree(self.dir, ignore_errors=True)


def apr1(password):
    return subprocess.run(["openssl", "passwd", "-apr1", "-stdin"],
                          input=password, check=True,
                          capture_output=True).stdout.strip()


class Squid(Program):
    def __init__(self, user=None, password=None):
        super().__init__()
        lines = [f"http_port 127.0.0.1:{self.port}", "pid_filename none",
                 "cache deny all", "cache_mem 8 MB",
                 "max_filedescriptors 1024", "netdb_filename none",
                 f"cache_log {self.path('cache.log')}", "access_log none",
                 "shutdown_lifetime 0 seconds", "visible_hostname squid.test",
                 f"coredump_dir {self.dir}",
                 "hosts_file " + self.write("hosts",
                                            "127.0.0.1 localhost\n")]
        if user is None:
            lines += ["http_access allow all"]
        else:
            known = self.write(
                "passwd", user.encode() + b":" + apr1(password.encode())
                + b"\n")
            lines += ["auth_param basic program "
                      f"/usr/lib/squid/basic_ncsa_auth {known}",
                      "auth_param basic children 2 startup=1 idle=1",
                      "acl known proxy_auth REQUIRED",
                      "http_access allow known", "http_access deny all"]
        conf = self.write("squid.conf", "\n".join(lines) + "\n")
        self.start(["/usr/sbin/squid", "-N", "-f", conf])


class Tinyproxy(Program):
    def __init__(self, user=None, password=None):
        super().__init__()
        lines = [f"Port {self.port}", "Listen 127.0.0.1", "Timeout 60",
                 "MaxClients 50", f'LogFile "{self.path("log")}"',
                 f'PidFile "{self.path("pid")}"']
        if user is not None:
            lines += [f"BasicAuth {user} {password}"]
        conf = self.write("tinyproxy.conf", "\n".join(lines) + "\n")
        self.start(["/usr/bin/tinyproxy", "-d", "-c", conf])


def can_mount():
    """Whether dante can be given users of its own."""
    return IS_ROOT and subprocess.run(
        ["unshare", "-m", "true"], capture_output=True).returncode == 0


class Dante(Program):
    """With a user, it runs where /etc/passwd and shadow are others: it
    knows no users but the system's."""

    def __init__(self, user=None, password=None):
        super().__init__()
        argv = ["/usr/sbin/danted"]
        if user is not None:
            passwd = self.write(
                "passwd", read_file("/etc/passwd")
                + f"{user}:x:64999:65534::/nonexistent:/usr/sbin/nologin\n")
            shadow = self.write(
                "shadow", read_file("/etc/shadow").encode()
                + user.encode() + b":" + sha512(password) + b":::::::\n",
                0o600)
            argv = ["unshare", "-m", "sh", "-c",
                    'mount --bind "$0" /etc/passwd && '
                    'mount --bind "$1" /etc/shadow && shift && exec "$@"',
                    passwd, shadow] + argv
        conf = self.write("danted.conf", "\n".join([
            f"logoutput: {self.path('log')}",
            f"internal: 127.0.0.1 port = {self.port}",
            "external: 127.0.0.1", "clientmethod: none",
            f"socksmethod: {'none' if user is None else 'username'}",
            "user.privileged: root", "user.unprivileged: nobody",
            "client pass { from: 127.0.0.0/8 to: 0.0.0.0/0 }",
            "socks pass { from: 127.0.0.0/8 to: 0.0.0.0/0",
            "command: connect }"]) + "\n")
        self.start(argv + ["-f", conf, "-p", self.path("pid")])


def sha512(password):
    return subprocess.run(["openssl", "passwd", "-6", "-stdin"],
                          input=password.encode(), check=True,
                          capture_output=True).stdout.strip()


class Stunnel(Program):
    """TLS in front of a plain port: makes an https:// proxy of an http://
    one."""

    def __init__(self, cert, target):
        super().__init__()
        conf = self.write("stunnel.conf", "\n".join([
            "foreground = yes", "pid =", f"output = {self.path('log')}",
            "[tls]", f"accept = 127.0.0.1:{self.port}",
            f"connect = 127.0.0.1:{target}", f"cert = {cert}"]) + "\n")
        self.start(["/usr/bin/stunnel4", conf])


class Nginx(Program):
    """A TLS server in front of a plain intake; `options` are lines for its
    server block."""

    def __init__(self, cert, target, options=""):
        super().__init__()
        self.cert = self.write("cert.pem", read_file(cert, "rb"))
        self.conf = self.write("nginx.conf", f"""
daemon off; master_process on; worker_processes 1;
pid {self.path('pid')}; error_log {self.path('log')} warn;
events {{}}
http {{
  access_log off;
  client_max_body_size 16m;
  client_body_temp_path {self.path('body')};
  proxy_temp_path {self.path('temp')};
  fastcgi_temp_path {self.path('f')}; uwsgi_temp_path {self.path('u')};
  scgi_temp_path {self.path('s')};
  server {{
    listen 127.0.0.1:{self.port} ssl;
    ssl_certificate {self.cert}; ssl_certificate_key {self.cert};
    ssl_session_cache shared:tls:1m;
    {options}
    location / {{
      proxy_pass http://127.0.0.1:{target};
      proxy_set_header X-Tls-Reused $ssl_session_reused;
    }}
  }}
}}
""")
        self.run()

    def run(self):
        self.start(["/usr/sbin/nginx", "-c", self.conf, "-p", self.dir,
                    "-e", self.path("log")])

    def restart(self):
        self.stop()
        self.run()

    def set_cert(self, cert):
        shutil.copy(cert, self.cert)
        os.kill(self.proc.pid, signal.SIGHUP)
