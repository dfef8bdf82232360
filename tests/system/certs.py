# SPDX-License-Identifier: ISC
"""Certificates, good ones and every kind of bad one, and servers that show
them."""

import datetime
import ipaddress
import os
import ssl
import warnings

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from sockets import Threaded

NOW = datetime.datetime.utcnow()
DAY = datetime.timedelta(days=1)
SERVER, CLIENT = (ExtendedKeyUsageOID.SERVER_AUTH,
                  ExtendedKeyUsageOID.CLIENT_AUTH)
KEY_USAGES = ("digital_signature", "content_commitment", "key_encipherment",
              "data_encipherment", "key_agreement", "key_cert_sign",
              "crl_sign", "encipher_only", "decipher_only")


def rsa_key(bits=2048):
    return rsa.generate_private_key(public_exponent=65537, key_size=bits)


def ec_key(curve=ec.SECP256R1):
    return ec.generate_private_key(curve())


def general_name(text):
    try:
        return x509.IPAddress(ipaddress.ip_address(text))
    except ValueError:
        return x509.DNSName(text.removeprefix("DNS:"))


class Cert:
    """One certificate and its key; `issuer` None: signed by itself.
    `names` are DNS names or addresses ("DNS:10.0.0.1" is a name that looks
    like one), `valid` days from and to now."""

    def __init__(self, cn, issuer=None, names=(), key=None, valid=(-1, 2),
                 digest=hashes.SHA256(), is_ca=False, path_length=None,
                 purpose=SERVER, usage=None, extra=()):
        self.cn, self.issuer = cn, issuer
        self.key = key or ec_key()
        builder = (
            x509.CertificateBuilder()
            .subject_name(self._name(cn))
            .issuer_name(self._name(issuer.cn if issuer else cn))
            .public_key(self.key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(NOW + valid[0] * DAY)
            .not_valid_after(NOW + valid[1] * DAY)
            .add_extension(x509.BasicConstraints(is_ca, path_length), True))
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(
                [general_name(n) for n in names]), False)
        if purpose and not is_ca:
            builder = builder.add_extension(
                x509.ExtendedKeyUsage([purpose]), False)
        if usage:
            builder = builder.add_extension(x509.KeyUsage(
                **{name: name in usage for name in KEY_USAGES}), True)
        for extension, critical in extra:
            builder = builder.add_extension(extension, critical)
        with warnings.catch_warnings():  # that SHA-1 is weak is the point
            warnings.simplefilter("ignore")
            self.cert = builder.sign(
                issuer.key if issuer else self.key, digest)

    @staticmethod
    def _name(cn):
        return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, cn)])

    def pem(self):
        return self.cert.public_bytes(serialization.Encoding.PEM)

    def key_pem(self):
        return self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption())

    def write(self, directory, name, chain=()):
        """Certificate, key and `chain` in one file; returns its path."""
        path = os.path.join(directory, name + ".pem")
        with open(path, "wb") as f:
            f.write(self.pem() + self.key_pem())
            for other in chain:
                f.write(other.pem())
        os.chmod(path, 0o644)
        return path

    def write_trust(self, directory, name):
        """The certificate alone, for ca_file."""
        path = os.path.join(directory, name + ".crt")
        with open(path, "wb") as f:
            f.write(self.pem())
        os.chmod(path, 0o644)
        return path


class Pki:
    """A root that is trusted, and what it has signed."""

    def __init__(self, directory):
        self.dir = directory
        self.root = Cert("root", is_ca=True)
        self.trust = self.root.write_trust(directory, "root")
        self.middle = Cert("middle", self.root, is_ca=True)

    def leaf(self, host, issuer=None, **kwargs):
        return Cert(host, issuer or self.root,
                    **{"names": [host], **kwargs})

    def write(self, cert, chain=()):
        return cert.write(self.dir, f"{cert.cert.serial_number:x}", chain)

    def below(self, host, **kwargs):
        """A good leaf below an intermediate that is as kwargs say."""
        middle = Cert("middle", self.root, **{"is_ca": True, **kwargs})
        return self.write(self.leaf(host, middle), [middle])


def broken_signature(cert):
    """The PEM of cert with a bit of its signature the wrong way round."""
    der = bytearray(cert.cert.public_bytes(serialization.Encoding.DER))
    der[-1] ^= 1
    return ssl.DER_cert_to_PEM_cert(bytes(der)).encode()


class TlsServer:
    """Answers each request with 200 and nothing, over TLS that may be as
    weak as `version` and `ciphers` make it. Keeps the names it was asked
    for."""

    def __init__(self, pem, version=None, ciphers="DEFAULT"):
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.set_ciphers(ciphers + ":@SECLEVEL=0")
        if version:
            with warnings.catch_warnings():  # so is that these are old
                warnings.simplefilter("ignore")
                self.context.minimum_version = version
                self.context.maximum_version = version
        if pem:
            self.context.load_cert_chain(pem)
        self.context.sni_callback = lambda _, name, __: self.names.append(
            name)
        self.names, self.requests = [], []
        self.server = Threaded(self._handle)
        self.port = self.server.port

    def _handle(self, client):
        with self.context.wrap_socket(client, server_side=True) as tls:
            self.requests.append(tls.recv(65536))
            tls.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")
            tls.unwrap()

    def close(self):
        self.server.close()
