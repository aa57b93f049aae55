"""What the client certificate contains, and what is wrong with it, in words. Read again each time: files change."""

import datetime as dt
import stat
from dataclasses import dataclass
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations import clock
from pasi_connect.models import ConnectionSettings
from pasi_connect.soap import certificate_files


@dataclass(frozen=True)
class Certificate:
    """`days_left` is negative once it has expired. `key_mode` is the key file's permission bits, as "0600"."""

    subject: str
    issuer: str
    serial: str
    valid_from: dt.datetime
    valid_to: dt.datetime
    days_left: int
    key_mode: str
    key_open: bool  # others than its owner may read the key file


@dataclass(frozen=True)
class Problem:
    """`code` is expired, not_yet, foreign_key, foreign_issuer, or that of a file that cannot be used (`certificate_files`)."""

    code: str
    message: str
    next_step: str


NEXT_STEPS = {
    "missing": gettext_lazy("Put the file where it belongs, or correct its name on the Connection page."),
    "outside": gettext_lazy(
        "Put the file in the folder %(folder)s on this machine, and enter its full path on that page."
    ),
    "no_file": gettext_lazy("Enter the PEM file itself on the Connection page."),
    "too_large": gettext_lazy("Enter the PEM file itself on the Connection page."),
    "unreadable": gettext_lazy("Give read access to the account that the product runs under, and to nobody else."),
}


def read(connection: ConnectionSettings | None = None) -> Certificate | Problem:
    """The certificate, or why it cannot be used at all. One that has expired is a Problem; see `look` for both."""
    certificate, problem = look(connection)
    if problem:
        return problem
    assert certificate is not None
    return certificate


def look(connection: ConnectionSettings | None = None) -> tuple[Certificate | None, Problem | None]:
    """(what could be read, what is wrong). Both may be there: an expired certificate can still be read."""
    connection = connection or ConnectionSettings.load()
    paths = (connection.certificate_file, connection.key_file, connection.ca_file)
    for path, what in zip(paths, certificate_files.names(), strict=True):
        if problem := _file_problem(path, what):
            return None, problem
    certificate_file, key_file, ca_file = connection.files()
    try:
        leaf = x509.load_pem_x509_certificates(certificate_file.read_bytes())[0]
    except ValueError:
        return None, _unreadable(_("client certificate"))
    try:
        key = load_pem_private_key(key_file.read_bytes(), password=None)
    except (ValueError, TypeError):
        return None, _unreadable(_("private key"))
    try:
        authorities = x509.load_pem_x509_certificates(ca_file.read_bytes())
    except ValueError:
        return None, _unreadable(_("authority certificates"))
    certificate = _certificate(leaf, key_file)
    if key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo) != leaf.public_key().public_bytes(
        Encoding.DER, PublicFormat.SubjectPublicKeyInfo
    ):
        return certificate, Problem(
            "foreign_key",
            _("The private key does not match the certificate."),
            _("Use the key that the certificate was requested with, or request a new certificate."),
        )
    return certificate, _date_problem(certificate) or _issuer_problem(leaf, authorities)


def _file_problem(path: str, what: str) -> Problem | None:
    if not path:
        return Problem(
            "missing",
            _("No file is set for the %(what)s.") % {"what": what},
            _("Enter the three files on the Connection page."),
        )
    try:
        certificate_files.checked(path, what)
    except certificate_files.Unusable as error:
        return Problem(error.code, error.message, NEXT_STEPS[error.code] % {"folder": settings.CERTIFICATES_DIR})
    return None


def _unreadable(what: str) -> Problem:
    return Problem(
        "unreadable",
        _("The file of the %(what)s contains no readable PEM data.") % {"what": what},
        _("Export it again as PEM, the key without a pass phrase, and replace this file."),
    )


def _certificate(leaf: x509.Certificate, key_file: Path) -> Certificate:
    mode = stat.S_IMODE(key_file.stat().st_mode)
    return Certificate(
        subject=leaf.subject.rfc4514_string(),
        issuer=leaf.issuer.rfc4514_string(),
        serial=f"{leaf.serial_number:X}",
        valid_from=leaf.not_valid_before_utc,
        valid_to=leaf.not_valid_after_utc,
        days_left=(leaf.not_valid_after_utc - clock.now()).days,
        key_mode=f"{mode:04o}",
        key_open=bool(mode & 0o077),
    )


def _date_problem(certificate: Certificate) -> Problem | None:
    now = clock.now()
    if certificate.valid_to <= now:
        return Problem(
            "expired",
            _("The certificate expired on %(day)s.") % {"day": f"{certificate.valid_to:%Y-%m-%d}"},
            _("Request a new one from Alberta Education and replace the old files; no restart is needed."),
        )
    if certificate.valid_from > now:
        return Problem(
            "not_yet",
            _("The certificate is valid from %(day)s only.") % {"day": f"{certificate.valid_from:%Y-%m-%d}"},
            _("Check the clock of this machine, or wait for that day."),
        )
    return None


def _issuer_problem(leaf: x509.Certificate, authorities: list[x509.Certificate]) -> Problem | None:
    for authority in authorities:
        try:
            leaf.verify_directly_issued_by(authority)
            return None
        except (ValueError, TypeError, InvalidSignature):
            continue
    return Problem(
        "foreign_issuer",
        _("The issuer of the certificate is not among the authority certificates."),
        _("Add the issuing certificate to the authority certificates, or use the certificate that PASI issued to you."),
    )


def ends_soon(certificate: Certificate, connection: ConnectionSettings) -> bool:
    return certificate.days_left <= connection.warn_days
