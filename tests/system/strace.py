# SPDX-License-Identifier: ISC
"""What passes on the Unix sockets of a daemon and of the processes that it
forks, as the kernel sees it."""

import glob
import os
import re

CALLS = ("read", "readv", "recvfrom", "recvmsg", "write", "writev", "sendto",
         "sendmsg")

# sendto(3<UNIX-STREAM:[7->8,"\x2f\x61"]>, "\x00\x01", 2, 0, NULL, 0) = 2
CALL = re.compile(
    rf'^({"|".join(CALLS)})\(\d+<(UNIX\S*?):\[([^",\]]*)(?:,"([^"]*)")?\]>, '
    r'(.*) = (\d+)$', re.M)
STRING = re.compile(r'"((?:\\x[0-9a-f]{2})*)"(\.\.\.)?')


def unescape(text):
    return bytes.fromhex(text.replace("\\x", ""))


class Strace:
    def __init__(self, directory):
        self.directory = directory
        os.mkdir(directory)

    def prefix(self, name):
        """What to start a daemon by; it keeps its pid."""
        return ["strace", "-D", "-qq", "-ff", "-yy", "-xx", "-s", "2000000",
                "-e", "signal=none", "-e", "trace=" + ",".join(CALLS),
                "-o", os.path.join(self.directory, name)]

    def streams(self):
        """All bytes, by (daemon, pid, socket, call). The pid may be that of
        a process which the daemon forked; a socket is told by its kind and
        inodes, and by the name of its file at the end that listened."""
        out = {}
        for path in glob.glob(os.path.join(self.directory, "*")):
            who, pid = os.path.basename(path).split(".")
            with open(path) as f:
                text = f.read()
            for call, kind, inodes, file, data, size in CALL.findall(text):
                parts = STRING.findall(data)
                assert not any(cut for _, cut in parts), f"{path} is cut"
                name = os.path.basename(unescape(file).decode())
                passed = b"".join(unescape(part) for part, _ in parts)
                key = who, int(pid), f"{kind} {inodes} {name}".strip(), call
                # more may have been offered than went
                out.setdefault(key, bytearray()).extend(passed[:int(size)])
        return out
