# SPDX-License-Identifier: ISC
"""Certificates and servers that are refused, each with its reason, and those
that are not."""

import os
import socket
import ssl

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from certs import (CLIENT, Cert, TlsServer, broken_signature, ec_key,
                   rsa_key)
from sockets import Scripted, Threaded, reset
from suite import Suite, schema_limit

DOMAIN = "dd.test"


def named(*names):
    """A certificate for other names than the one that is asked for."""
    return lambda p, host: TlsServer(p.write(p.leaf(host, names=names)))


def leaf(**kwargs):
    return lambda p, host: TlsServer(p.write(p.leaf(host, **kwargs)))


def below(**kwargs):
    return lambda p, host: TlsServer(p.below(host, **kwargs))


def constrained(**kwargs):
    return below(extra=[(x509.NameConstraints(
        **{"permitted_subtrees": None, "excluded_subtrees": None,
           **kwargs}), True)])


def two_below(p, host):
    first = Cert("first", p.root, is_ca=True, path_length=0)
    second = Cert("second", first, is_ca=True)
    return TlsServer(p.write(p.leaf(host, second), [second, first]))


def forged(p, host):
    cert = p.leaf(host)
    path = os.path.join(p.dir, "forged.pem")
    with open(path, "wb") as f:
        f.write(broken_signature(cert) + cert.key_pem())
    return TlsServer(path)


def strange_chain(p, host):
    other = Cert("another root", is_ca=True)
    return TlsServer(p.write(p.leaf(host, other), [other]))


def server(**kwargs):
    return lambda p, host: TlsServer(p.write(p.leaf(host)), **kwargs)


def cut_after(n, end):
    """A good server, whose bytes end after n of them."""
    def make(p, host):
        inner = TlsServer(p.write(p.leaf(host)))

        def handle(client):
            with client, socket.create_connection(
                    ("127.0.0.1", inner.port)) as far:
                far.sendall(client.recv(65536))
                data = b""
                while len(data) < n:
                    data += far.recv(n - len(data))
                client.sendall(data)
                end(client)
        return Threaded(handle)
    return make


def says(data):
    """A server that is none of TLS."""
    def handle(client):
        with client:
            client.recv(65536)
            client.sendall(data)
    return lambda p, host: Threaded(handle)


MISMATCH = "certificate refused: hostname mismatch"
UNKNOWN = "certificate refused: unable to get local issuer certificate"
PURPOSE = "certificate refused: unsuitable certificate purpose"
SUBTREE = [x509.DNSName("elsewhere.test")]
IN_HANDSHAKE = "in the TLS handshake"
# What stands at https://CASE.dd.test, and what is said of it.
BAD = {
    "name": (named("elsewhere.test"), MISMATCH),
    "below": (named(DOMAIN), MISMATCH),
    "above": (named(f"www.above.{DOMAIN}"), MISMATCH),
    "two.labels": (named(f"*.{DOMAIN}"), MISMATCH),
    "partial": (named(f"p*.{DOMAIN}"), MISMATCH),
    "star": (named("*"), MISMATCH),
    "address": (named("127.0.0.1"), MISMATCH),
    "subject": (named(), MISMATCH),
    "expired": (leaf(valid=(-9, -1)), "certificate has expired"),
    "early": (leaf(valid=(1, 9)), "certificate is not yet valid"),
    "self": (lambda p, host: TlsServer(p.write(Cert(host, names=[host]))),
             "self-signed certificate"),
    "stranger": (lambda p, host: TlsServer(p.write(
        p.leaf(host, Cert("nobody", is_ca=True)))), UNKNOWN),
    "chain": (strange_chain, "self-signed certificate in certificate chain"),
    "gap": (lambda p, host: TlsServer(p.write(p.leaf(host, p.middle))),
            UNKNOWN),
    "forged": (forged, "certificate signature failure"),
    "purpose": (leaf(purpose=CLIENT), PURPOSE),
    "usage": (leaf(usage=["crl_sign"]), PURPOSE),
    "critical": (leaf(extra=[(x509.UnrecognizedExtension(
        x509.ObjectIdentifier("1.3.6.1.4.1.99999.1"), b"\x05\0"), True)]),
        "unhandled critical extension"),
    "weak": (lambda p, host: TlsServer(p.write(
        p.leaf(host, key=rsa_key(1024)))), "EE certificate key too weak"),
    "curve": (lambda p, host: TlsServer(p.write(
        p.leaf(host, key=ec_key(ec.SECP192R1)))), "alert handshake failure"),
    "digest": (leaf(digest=hashes.SHA1()),
               "CA signature digest algorithm too weak"),
    "middle-expired": (below(valid=(-9, -1)), "certificate has expired"),
    "middle-early": (below(valid=(1, 9)), "certificate is not yet valid"),
    "middle-leaf": (below(is_ca=False), "invalid CA certificate"),
    "middle-usage": (below(usage=["digital_signature"]),
                     "invalid CA certificate"),
    "middle-weak": (lambda p, host: TlsServer(
        p.below(host, key=rsa_key(1024))), "CA certificate key too weak"),
    "middle-digest": (below(digest=hashes.SHA1()),
                      "CA signature digest algorithm too weak"),
    "depth": (two_below, "path length constraint exceeded"),
    "permitted": (constrained(permitted_subtrees=SUBTREE),
                  "permitted subtree violation"),
    "excluded": (constrained(excluded_subtrees=[x509.DNSName(DOMAIN)]),
                 "excluded subtree violation"),
    "tls10": (server(version=ssl.TLSVersion.TLSv1),
              "alert protocol version"),
    "tls11": (server(version=ssl.TLSVersion.TLSv1_1),
              "alert protocol version"),
    "null": (server(version=ssl.TLSVersion.TLSv1_2, ciphers="eNULL"),
             "alert handshake failure"),
    "nobody": (lambda p, host: TlsServer(
        None, ssl.TLSVersion.TLSv1_2, "aNULL"), "alert handshake failure"),
    "first-byte": (cut_after(1, lambda s: None), IN_HANDSHAKE),
    "half-hello": (cut_after(40, lambda s: None), IN_HANDSHAKE),
    "half-cert": (cut_after(400, lambda s: None), IN_HANDSHAKE),
    "reset": (cut_after(400, reset), "the connection "),
    "silence": (says(b""), IN_HANDSHAKE),
    "http": (says(b"HTTP/1.1 400 Bad Request\r\n\r\n"),
             "wrong version number"),
    "zeros": (says(b"\0" * 99), "wrong version number"),
    "alert": (says(b"\x15\x03\x03\0\x02\x02\x50"), "alert internal error"),
}
GOOD = {
    "ec": leaf(),
    "rsa": lambda p, host: TlsServer(p.write(p.leaf(host, key=rsa_key()))),
    "wildcard": named(f"*.{DOMAIN}"),
    "case": named("CASE.DD.Test"),
    "several": named("elsewhere.test", "10.1.2.3",
                     f"several.{DOMAIN}"),
    "middle": below(),
    "permitted": constrained(permitted_subtrees=[x509.DNSName(DOMAIN)]),
    "tls12": server(version=ssl.TLSVersion.TLSv1_2),
    "tls13": server(version=ssl.TLSVersion.TLSv1_3),
}


class Row:
    """Servers behind a proxy that knows their names, for shipperd -t."""

    def __init__(self, pki, cases):
        self.pki = pki
        self.servers = {c: make(pki, f"{c}.{DOMAIN}")
                        for c, make in cases.items()}
        self.proxy = Scripted({f"{c}.{DOMAIN}": s.port
                               for c, s in self.servers.items()})

    def trial(self, cases, main=None):
        """case: the lines about it."""
        suite = Suite(
            {"api_key": ",".join("k" * len(cases)), **(main or {})},
            {"endpoint": ",".join(f"https://{c}.{DOMAIN}" for c in cases),
             "ca_file": self.pki.trust},
            {"HTTPS_PROXY": f"http://127.0.0.1:{self.proxy.port}"})
        got = suite.trial()
        suite.stop()
        assert got.returncode in (0, 1), got
        parts = got.stdout.split("https://")[1:]
        assert len(parts) == len(cases), got
        return dict(zip(cases, parts))

    def close(self):
        self.proxy.close()
        for one in self.servers.values():
            one.close()


def in_batches(cases):
    cases, n = list(cases), schema_limit("LIMIT_ENDPOINTS")
    return [cases[i:i + n] for i in range(0, len(cases), n)]


def test_bad_certificates(programs, pki):
    row = Row(pki, {c: make for c, (make, _) in BAD.items()})
    for cases in in_batches(BAD):
        said = row.trial(cases)
        for case in cases:
            assert "  TLS       FAILED: " in said[case], said[case]
            assert BAD[case][1] in said[case], said[case]
            assert "  key       not reached" in said[case], said[case]
            assert not getattr(row.servers[case], "requests", None), case
    row.close()


def test_nothing_of_that_is_verified_with_skip_ssl_validation(programs, pki):
    """Whose certificate is bad, but whose TLS is not."""
    cases = ["name", "subject", "expired", "early", "self", "stranger",
             "purpose", "forged", "gap"]
    row = Row(pki, {c: BAD[c][0] for c in cases})
    said = row.trial(cases, {"skip_ssl_validation": "yes"})
    row.close()
    for case in cases:
        assert "  key       ok" in said[case], said[case]
        assert ", not verified" in said[case], said[case]


def test_good_certificates(programs, pki):
    row = Row(pki, GOOD)
    said = row.trial(list(GOOD))
    row.close()
    for case, server_ in row.servers.items():
        assert "  key       ok" in said[case], said[case]
        assert "not verified" not in said[case]
        assert server_.names == [f"{case}.{DOMAIN}"]
    for case, version in ("tls12", "TLSv1.2"), ("tls13", "TLSv1.3"):
        assert f"  TLS       ok, {version} " in said[case], said[case]


@pytest.mark.parametrize("names,why", [
    (["127.0.0.1"], None),
    (["127.0.0.9"], "IP address mismatch"),
    (["DNS:127.0.0.1"], "IP address mismatch"),
    (["localhost"], "IP address mismatch"),
    (["::1"], "IP address mismatch"),
])
def test_addresses(programs, pki, make_suite, names, why):
    one = TlsServer(pki.write(pki.leaf("127.0.0.1", names=names)))
    got = make_suite({"api_key": "k"},
                     {"endpoint": f"https://127.0.0.1:{one.port}",
                      "ca_file": pki.trust}).trial()
    one.close()
    assert got.returncode == (0 if why is None else 1), got.stdout
    assert (why or "  key       ok") in got.stdout, got.stdout
    assert one.names == [None]  # no address in SNI (RFC 6066)
