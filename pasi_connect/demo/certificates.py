"""Throw-away certificates for development, demonstration and tests: an authority, the simulator's server, its clients.

PASI knows a client by its certificate, which lives 14 months ("Managing PASI Certificates"); these live as long, so
that the warning ahead of expiry is seen in the demo as in earnest. Never for production: the authority's key lies
beside what it signed.
"""

import json
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DEMO_ORGANIZATION = "A.7010"
LIFE = timedelta(days=425)  # 14 months
AUTHORITY_LIFE = timedelta(days=3650)
RENEW_AHEAD = timedelta(days=30)
CLOCK_SKEW = timedelta(minutes=5)
SERVER_NAMES = [
    x509.DNSName("localhost"),
    x509.IPAddress(ip_address("127.0.0.1")),
    x509.IPAddress(ip_address("::1")),
]
ROLES = [
    "Hello World User", "PASI Client Role", "View Enrolment User", "Submit Enrolment User", "View Academic Record User",
    "Submit Academic Record User", "Submit Student User",
]  # fmt: skip
EARLIER_ROLES = (
    ROLES[:4],
    ROLES[:6],
)  # of registries written before there were sections, and before students were sent

Key = ec.EllipticCurvePrivateKey


@dataclass(frozen=True)
class Certificates:
    """Where the files lie, in PEM; a key has its certificate's name with the ending `.key`."""

    directory: Path

    @property
    def ca(self) -> Path:
        return self.directory / "ca.pem"

    @property
    def server(self) -> Path:
        return self.directory / "server.pem"

    @property
    def client(self) -> Path:
        return self.directory / "client.pem"

    @property
    def foreign_client(self) -> Path:
        """Signed by the authority, registered nowhere: PASI answers fault 1001."""
        return self.directory / "foreign_client.pem"

    @property
    def expired_client(self) -> Path:
        return self.directory / "expired_client.pem"

    @property
    def clients(self) -> Path:
        """The simulator's registry of clients (JSON)."""
        return self.directory / "clients.json"

    @staticmethod
    def key_of(certificate: Path) -> Path:
        return certificate.with_suffix(".key")


def ensure(directory: Path, *, organization: str, now: datetime) -> Certificates:
    """Make what is missing, broken, or within 30 days of its end; leave the rest, and hand-made changes, alone.

    `organization` is the client authority's organization code (`A.nnnn`), `now` an aware time. Raises OSError when the
    folder cannot be written.
    """
    files = Certificates(directory)
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    authority = _usable(files.ca, now=now)
    if authority is None:
        authority = _authority(now)
        _store(files.ca, *authority)
    for path in (files.server, files.client, files.foreign_client, files.expired_client):
        expired = path == files.expired_client
        if _usable(path, now=now, issuer=authority[0], ended=expired) is None:
            start = now - LIFE - timedelta(days=1) if expired else now - CLOCK_SKEW
            _store(path, *_leaf(path.stem, authority, start=start, server=path == files.server))
    _register(files, organization)
    return files


def _usable(
    path: Path, *, now: datetime, issuer: x509.Certificate | None = None, ended: bool = False
) -> tuple[x509.Certificate, Key] | None:
    """The pair at `path`; None when it cannot go on serving: unreadable, no pair, another issuer's, near its end."""
    try:
        certificate = x509.load_pem_x509_certificate(path.read_bytes())
        key = serialization.load_pem_private_key(Certificates.key_of(path).read_bytes(), password=None)
        certificate.verify_directly_issued_by(issuer or certificate)
    except Exception:  # whatever is wrong with a throw-away file, the answer is a new one
        return None
    if not isinstance(key, Key) or key.public_key() != certificate.public_key():
        return None
    fresh = certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - RENEW_AHEAD
    return (certificate, key) if ended or fresh else None


def _authority(now: datetime) -> tuple[x509.Certificate, Key]:
    key = ec.generate_private_key(ec.SECP256R1())
    name = _name("Throw-away authority")
    builder = _builder(name, name, key, now - CLOCK_SKEW, AUTHORITY_LIFE)
    builder = builder.add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=True), critical=True)
    return builder.sign(key, hashes.SHA256()), key


def _leaf(
    name: str, authority: tuple[x509.Certificate, Key], *, start: datetime, server: bool
) -> tuple[x509.Certificate, Key]:
    issuer, issuer_key = authority
    key = ec.generate_private_key(ec.SECP256R1())
    builder = _builder(_name(name.replace("_", " ")), issuer.subject, key, start, LIFE)
    builder = builder.add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
    builder = builder.add_extension(_usage(signs_certificates=False), critical=True)
    builder = builder.add_extension(
        x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False
    )
    purpose = ExtendedKeyUsageOID.SERVER_AUTH if server else ExtendedKeyUsageOID.CLIENT_AUTH
    builder = builder.add_extension(x509.ExtendedKeyUsage([purpose]), critical=False)
    if server:
        builder = builder.add_extension(x509.SubjectAlternativeName(SERVER_NAMES), critical=False)
    return builder.sign(issuer_key, hashes.SHA256()), key


def _builder(
    subject: x509.Name, issuer: x509.Name, key: Key, start: datetime, life: timedelta
) -> x509.CertificateBuilder:
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start + life)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    return x509.Name(
        [
            x509.NameAttribute(NameOID.ORGANIZATION_NAME, "PASI Connect demonstration"),
            x509.NameAttribute(NameOID.COMMON_NAME, common_name),
        ]
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _store(path: Path, certificate: x509.Certificate, key: Key) -> None:
    secret = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    _write(Certificates.key_of(path), secret, mode=0o600)
    _write(path, certificate.public_bytes(serialization.Encoding.PEM), mode=0o644)


def _register(files: Certificates, organization: str) -> None:
    """Write the simulator's registry, unless it knows our certificate and organization already."""
    certificate = x509.load_pem_x509_certificate(files.client.read_bytes())
    fingerprint = certificate.fingerprint(hashes.SHA256()).hex()
    try:
        clients = json.loads(files.clients.read_text())
        if any(row["certificate_sha256"] == fingerprint and organization in row["organizations"] for row in clients):
            _widen(files, clients)
            return
    except (OSError, ValueError, KeyError, TypeError):
        pass
    row = {
        "name": "Prairie Lantern School Division SIS",
        "system_name": "PASI Connect",
        "certificate_sha256": fingerprint,
        "certificate_active": True,
        "client_active": True,
        "organizations": [organization],
        "roles": ROLES,
        "ip_addresses": None,
    }
    _write(files.clients, json.dumps([row], indent=2).encode() + b"\n", mode=0o644)


def _widen(files: Certificates, clients: list[dict[str, Any]]) -> None:
    """Clients with exactly the roles of an earlier registry get those of today; roles changed by hand stay."""
    earlier = [row for row in clients if row.get("roles") in EARLIER_ROLES]
    if earlier:
        for row in earlier:
            row["roles"] = ROLES
        _write(files.clients, json.dumps(clients, indent=2).encode() + b"\n", mode=0o644)


def _write(path: Path, content: bytes, *, mode: int) -> None:
    """Whole or not at all, and never readable by others for a moment."""
    beside = path.with_name(f".{path.name}.new")
    beside.unlink(missing_ok=True)
    with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
        file.write(content)
    beside.replace(path)
