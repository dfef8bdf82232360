# SPDX-License-Identifier: ISC
"""What an intake may answer, and where a connection may break: each request
of `shipperd -t` is sent once and has its own word said about it."""

import re
import socket

import pytest

from sockets import answer, read_exactly, read_request, reset
from suite import Suite, schema_limit

EMPTY = b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
BATCH = schema_limit("LIMIT_ENDPOINTS")


# Every byte offset, with shipperd -t: a run has as many requests at once as
# there may be endpoints.

def trial(url, ca, n=BATCH):
    suite = Suite({"api_key": ",".join("k" * n)},
                  {"endpoint": url, "ca_file": ca[0]})
    got = suite.trial()
    suite.stop()
    assert got.returncode in (0, 1) and got.stderr == "", got
    return [f"{part}\n" for part in got.stdout.split("http")[1:]]


def try_offsets(raw, size, ca):
    """Runs until every offset up to size has had its connection. Returns
    what was said of each, in no order."""
    said = []
    while raw.count < size:
        said += trial(raw.url(), ca)
    assert len(said) == raw.count, "each request is sent once"
    return said


def request_size(make_raw, ca):
    sizes = []
    trial(make_raw(lambda sock, _: sizes.append(len(sock.recv(65536))) or
                   sock.sendall(EMPTY)).url(), ca, 1)
    return sizes[0]


@pytest.mark.parametrize("end", (reset, socket.socket.close))
def test_cut_at_every_offset_of_the_request(programs, make_raw, ca, end):
    size = request_size(make_raw, ca)

    def handle(sock, number):
        if number > 0:
            read_exactly(sock, min(number, size))
        end(sock)

    said = try_offsets(make_raw(handle), size + 1, ca)
    for one in said:
        assert re.search(
            r"  answer    FAILED: the connection (broke: Connection reset by "
            r"peer|ended without an answer)\n|"
            r"  connect   FAILED: cannot connect: Connection reset by peer\n",
            one), one


@pytest.mark.parametrize("tls", (False, True))
@pytest.mark.parametrize("end", (reset, lambda sock: None))
def test_cut_at_every_offset_of_the_answer(programs, make_raw, ca,
                                           server_cert, tls, end):
    """All but the last byte is no answer."""
    whole = (b"HTTP/1.1 103 Early\r\nA: b\r\n\r\n"
             b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"
             b"3;x=y\r\nabc\r\n0\r\nTrailer: x\r\n\r\n")
    good = []

    def handle(sock, number):
        read_request(sock)
        n = min(number, len(whole))
        good.append(n == len(whole))  # before it can be over
        sock.sendall(whole[:n])
        end(sock)

    said = try_offsets(make_raw(handle, server_cert if tls else None),
                       len(whole) + 1, ca)
    ok = [one for one in said if "  key       ok" in one]
    assert len(ok) == sum(good) > 0
    for one in said:
        assert one in ok or "  answer    FAILED: the connection " in one, one


# Every kind of answer, each by an intake of its own: what is said of it.

def chunked(*sizes_and_data):
    return (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" +
            b"".join(sizes_and_data))


def length(n, rest=b""):
    return b"HTTP/1.1 200 OK\r\nContent-Length: " + n + b"\r\n\r\n" + rest


CUT = "the connection ended within the answer"
ANSWERS = {
    "early hints": (b"HTTP/1.1 100 Continue\r\n\r\n"
                    b"HTTP/1.1 103 Early Hints\r\nLink: <a>\r\n\r\n" + EMPTY,
                    None),
    "1xx and the end": (b"HTTP/1.1 102 Processing\r\n\r\n", CUT),
    "switching protocols": (b"HTTP/1.1 101 Switching\r\n\r\n",
                            "the answer has an impossible status"),
    "202": (b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n", None),
    "204": (b"HTTP/1.1 204 No Content\r\n\r\n", None),
    "close-delimited": (b"HTTP/1.1 200 OK\r\n\r\nall that there is", None),
    "HTTP/1.0": (b"HTTP/1.0 200 OK\r\n\r\nall that there is", None),
    "no reason": (b"HTTP/1.1 200\r\nContent-Length: 0\r\n\r\n", None),
    "chunks": (chunked(b"1\r\na\r\n", b"A\r\n0123456789\r\n", b"0\r\n\r\n"),
               None),
    "301": (b"HTTP/1.1 301 x\r\nContent-Length: 0\r\n"
            b"Location: http://127.0.0.1:9/\r\n\r\n",
            "status 301: redirects are not followed"),
    "304": (b"HTTP/1.1 304 x\r\n\r\n",
            "status 304: redirects are not followed"),
    "307": (b"HTTP/1.1 307 x\r\nContent-Length: 0\r\n"
            b"Location: /elsewhere\r\n\r\n",
            "status 307: redirects are not followed"),
    "401": (b"HTTP/1.1 401 x\r\n\r\n", "the API key is refused (status 401)"),
    "403": (b"HTTP/1.1 403 x\r\n\r\n", "the API key is refused (status 403)"),
    "404": (b"HTTP/1.1 404 x\r\n\r\n",
            "there is no intake at this URL (status 404)"),
    "429": (b"HTTP/1.1 429 x\r\n\r\n", "status 429"),
    "500": (b"HTTP/1.1 500 x\r\n\r\n", "status 500"),
    "599": (b"HTTP/1.1 599 x\r\n\r\n", "status 599"),
    "600": (b"HTTP/1.1 600 x\r\n\r\n", "the answer has an impossible status"),
    "099": (b"HTTP/1.1 099 x\r\n\r\n", "the answer has an impossible status"),
    "HTTP/2": (b"HTTP/2 200\r\n\r\n", "the answer is not HTTP/1"),
    "h2": (b"\0\0\x12\4\0\0\0\0\0\0\3\0\0\0\x80\0\4\0\1\0\0\0\5\0\xff\n",
           "the answer is not HTTP/1"),
    "TLS": (b"\x15\x03\x01\0\x02\x02\x46\n", "the answer is not HTTP/1"),
    "nothing": (b"", "the connection ended without an answer"),
    "no header": (b"HTTP/1.1 200 OK\r\nno header\r\n\r\n",
                  "a header line without a name"),
    "folded": (b"HTTP/1.1 200 OK\r\nA: b\r\n c\r\n\r\n",
               "a folded header line"),
    "NUL": (b"HTTP/1.1 200 OK\r\nA: b\0c\r\n\r\n",
            "a control byte in a header"),
    "too long a length": (length(b"10", b"123"), CUT),
    "too short a length": (length(b"3", b"1234567"), None),
    "a negative length": (length(b"-1"), "Content-Length is not a number"),
    "no length": (length(b"many"), "Content-Length is not a number"),
    "a huge length": (length(b"99999999999999999999"),
                      "Content-Length is not a number"),
    "two lengths": (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n"
                    b"Content-Length: 2\r\n\r\nab", "Content-Length twice"),
    "length and chunks": (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n"
                          b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
                          "Transfer-Encoding where a length decides"),
    "gzip": (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: gzip\r\n\r\nabc",
             "a Transfer-Encoding that we did not ask for"),
    "a chunk too long": (chunked(b"1\r\nab\r\n0\r\n\r\n"),
                         "a chunk longer than its size"),
    "a chunk too short": (chunked(b"9\r\nab\r\n"), CUT),
    "a chunk of no size": (chunked(b"\r\n"), "a chunk without a size"),
    "a huge chunk": (chunked(b"ffffffffffffffff\r\n"),
                     "a chunk of an impossible size"),
    "no last chunk": (chunked(b"1\r\na\r\n"), CUT),
}


def test_answers(programs, make_raw):
    names = list(ANSWERS)
    raws = {n: make_raw(answer(ANSWERS[n][0])) for n in names}
    for i in range(0, len(names), BATCH):
        batch = names[i:i + BATCH]
        suite = Suite({"api_key": ",".join("k" * len(batch))},
                      {"endpoint": ",".join(raws[n].url() for n in batch)})
        said = suite.trial().stdout.split("http://")[1:]
        suite.stop()
        assert len(said) == len(batch), said
        for name, one in zip(batch, said):
            why = ANSWERS[name][1]
            if why is None:
                assert "  key       ok" in one, f"{name}: {one}"
            else:
                assert f"FAILED: {why}\n" in one, f"{name}: {one}"
            assert raws[name].count == 1, name  # nobody is asked twice
