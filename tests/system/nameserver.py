# SPDX-License-Identifier: ISC
"""A name server of the test's own, for programs that ask no other one."""

import os
import socket
import struct
import threading

NO_SUCH_NAME, SERVER_FAILED, REFUSED = 3, 2, 5
TYPE_A = 1

# A file in the place of /etc/resolv.conf, for what is run then.
MOUNTED = 'mount --bind "$0" /etc/resolv.conf && exec "$@"'


class NameServer:
    """`names` gives for a name its IPv4 addresses, the number of an error, or
    None for silence. Keeps what was asked for."""

    def __init__(self, names, workdir):
        self.names, self.asked = names, []
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.conf = os.path.join(workdir, "resolv.conf")
        with open(self.conf, "w") as f:
            f.write("nameserver 127.0.0.1:%d\n" % self.sock.getsockname()[1])
        os.chmod(self.conf, 0o644)
        threading.Thread(target=self._run, daemon=True).start()

    def prefix(self):
        """What makes a program the client of this server alone."""
        return ["unshare", "-m", "sh", "-c", MOUNTED, self.conf]

    def _run(self):
        while True:
            try:
                query, client = self.sock.recvfrom(4096)
                answer = self._answer(query)
                if answer is not None:
                    self.sock.sendto(answer, client)
            except OSError:
                return

    def _answer(self, query):
        name, at = [], 12
        while query[at]:
            name.append(query[at + 1:at + 1 + query[at]].decode())
            at += 1 + query[at]
        name, question = ".".join(name).lower(), query[12:at + 5]
        self.asked.append(name)
        found = self.names.get(name, NO_SUCH_NAME)
        if found is None:
            return None
        code, records = 0, []
        if isinstance(found, int):
            code = found
        elif struct.unpack(">H", question[-4:-2])[0] == TYPE_A:
            records = [b"\xc0\x0c" + struct.pack(">HHIH", 1, 1, 60, 4)
                       + socket.inet_aton(a) for a in found]
        return (query[:2] + struct.pack(">HHHHH", 0x8180 | code, 1,
                                        len(records), 0, 0)
                + question + b"".join(records))

    def close(self):
        self.sock.close()
