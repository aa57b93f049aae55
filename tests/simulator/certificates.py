"""A throw-away certificate authority for these tests."""

from __future__ import annotations

import datetime
import hashlib
import ipaddress
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.moments import machine_now

DAY = datetime.timedelta(days=1)


@dataclass(frozen=True)
class Pair:
    """A certificate and its key as PEM files, and the certificate's fingerprint."""

    cert: Path
    key: Path
    sha256: str


class Authority:
    def __init__(self, folder: Path, name: str = "Test authority") -> None:
        self.folder, self.name = folder, x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        self.private = ec.generate_private_key(ec.SECP256R1())
        constraint = (x509.BasicConstraints(ca=True, path_length=0), True)
        built = self._build(self.name, self.private.public_key(), constraint, expired=False)
        self.path = folder / f"{name}.pem".replace(" ", "-")
        self.path.write_bytes(built.public_bytes(serialization.Encoding.PEM))

    def issue(self, name: str, *, expired: bool = False) -> Pair:
        private = ec.generate_private_key(ec.SECP256R1())
        names = x509.SubjectAlternativeName(
            [x509.DNSName("localhost"), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
        )
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
        built = self._build(subject, private.public_key(), (names, False), expired=expired)
        cert, key = self.folder / f"{name}.pem", self.folder / f"{name}.key"
        cert.write_bytes(built.public_bytes(serialization.Encoding.PEM))
        key.write_bytes(
            private.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        return Pair(cert, key, hashlib.sha256(built.public_bytes(serialization.Encoding.DER)).hexdigest())

    def _build(self, subject, public_key, extension, *, expired: bool) -> x509.Certificate:
        now = machine_now()
        end = now - DAY if expired else now + 30 * DAY
        return (
            x509.CertificateBuilder()
            .subject_name(subject)
            .issuer_name(self.name)
            .public_key(public_key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - 60 * DAY)
            .not_valid_after(end)
            .add_extension(extension[0], critical=extension[1])
            .sign(self.private, hashes.SHA256())
        )
