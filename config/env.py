"""Typed readers of environment variables: every setting that depends on the machine is read here.

A value that cannot be read stops the start with a sentence that names the variable.
"""

import datetime as dt
import os
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, unquote, urlsplit

from django.core.exceptions import ImproperlyConfigured

from operations.rules import addresses

LOCK_SECONDS = 20  # that a statement waits for others

TRUE = {"1", "true", "yes", "on"}
FALSE = {"0", "false", "no", "off", ""}


def text(name: str, default: str = "") -> str:
    return os.environ.get(name, default)


def boolean(name: str, default: bool = False) -> bool:
    raw = os.environ.get(name)
    if raw is None:
        return default
    if raw.strip().lower() in TRUE:
        return True
    if raw.strip().lower() in FALSE:
        return False
    raise ImproperlyConfigured(f"{name} is {raw!r}: write 1 or 0.")


def number(name: str, default: float) -> float:
    raw = os.environ.get(name)
    if not raw:
        return default
    try:
        return float(raw)
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {raw!r}: write a number.") from None


def integer(name: str, default: int) -> int:
    value = number(name, default)
    if value != int(value):
        raise ImproperlyConfigured(f"{name} is {value}: write a whole number.")
    return int(value)


def time_of_day(name: str, default: str) -> dt.time:
    raw = os.environ.get(name) or default
    try:
        return dt.datetime.strptime(raw, "%H:%M").time()  # noqa: DTZ007 - a time alone has no zone
    except ValueError:
        raise ImproperlyConfigured(f"{name} is {raw!r}: write a time like 07:00.") from None


def names(name: str, default: str = "") -> list[str]:
    return [part.strip() for part in os.environ.get(name, default).split(",") if part.strip()]


def networks(name: str) -> tuple[addresses.Network, ...]:
    """Addresses and networks, separated by commas: 10.0.0.7, 10.1.0.0/16."""
    try:
        ranges = addresses.networks(names(name))
        if any(network.prefixlen == 0 for network in ranges):
            raise ValueError("a network of everybody names nobody")
        return ranges
    except ValueError as error:
        raise ImproperlyConfigured(
            f"{name}: {error}. Write addresses or networks, as 10.0.0.7 or 10.1.0.0/16."
        ) from None


def folder(name: str, default: Path) -> Path:
    return Path(os.environ.get(name) or default).expanduser().resolve()


def secret(name: str, fallback_file: Path | None = None) -> str:
    """NAME, or the content of the file that NAME_FILE names, or of `fallback_file`; empty when there is none."""
    if value := os.environ.get(name):
        return value
    file_name = os.environ.get(f"{name}_FILE")
    path = Path(file_name) if file_name else fallback_file
    if path is None or (not file_name and not path.exists()):
        return ""
    try:
        return path.read_text().strip()
    except OSError as error:
        raise ImproperlyConfigured(f"{name}_FILE: {path} cannot be read ({error.strerror}).") from None


def database(url: str, sqlite_file: Path) -> dict[str, object]:
    """Django's DATABASES entry for a URL (`postgres://user:password@host:port/name?sslmode=verify-full`, `sqlite:///path`), or for
    SQLite when empty. What stands behind `?` are libpq's own options; one that it does not know stops the start.
    """
    if not url:
        return sqlite(sqlite_file)
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        return sqlite(Path(unquote(parts.path)))
    if parts.scheme not in {"postgres", "postgresql"}:
        raise ImproperlyConfigured(f"DATABASE_URL begins with {parts.scheme!r}: PostgreSQL or SQLite is supported.")
    return {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": unquote(parts.path.lstrip("/")),
        "USER": unquote(parts.username or ""),
        "PASSWORD": unquote(parts.password or ""),
        "HOST": parts.hostname or "",
        "PORT": str(parts.port or ""),
        "CONN_MAX_AGE": 60,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": _patient({"application_name": "pasi_connect", **_libpq(parts.query)}),
    }


def _patient(options: dict[str, str]) -> dict[str, str]:
    """Nobody waits for ever for a row or a table that somebody has locked: as long as on SQLite, then it is 503 and `Retry-After`.

    What DATABASE_URL says in `options` stands behind ours, and so above it.
    """
    waits = f"-c lock_timeout={LOCK_SECONDS}s"
    return {**options, "options": f"{waits} {options['options']}" if options.get("options") else waits}


def _libpq(query: str) -> dict[str, str]:
    from psycopg import ProgrammingError
    from psycopg.conninfo import make_conninfo

    try:
        options = dict(parse_qsl(query, keep_blank_values=True, strict_parsing=bool(query)))
        make_conninfo(**options)
    except (ProgrammingError, ValueError):
        # The value may be a secret (`sslpassword`): the message has the names alone.
        names = ", ".join(part.partition("=")[0] for part in query.split("&"))
        raise ImproperlyConfigured(f"DATABASE_URL has options that PostgreSQL does not know: {names}.") from None
    return options


def redis(url: str) -> str:
    """A Redis URL, unchanged. One that asks for TLS and switches its check off stops the start."""
    parts = urlsplit(url)
    if url and parts.scheme not in {"redis", "rediss"}:
        raise ImproperlyConfigured(f"REDIS_URL begins with {parts.scheme!r}: write redis://host or rediss://host.")
    options = dict(parse_qsl(parts.query)) if parts.scheme == "rediss" else {}
    if options.get("ssl_cert_reqs", "required") not in {"required", "CERT_REQUIRED"} or (
        options.get("ssl_check_hostname", "true").lower() != "true"
    ):
        raise ImproperlyConfigured(
            "REDIS_URL does not check whom it talks to: leave ssl_cert_reqs and ssl_check_hostname out, and name the authority in "
            "ssl_ca_certs."
        )
    return url


def is_local(host: str) -> bool:
    """This machine, or a socket's folder: nobody else's wire lies between."""
    if host in {"", "localhost"} or host.startswith("/"):
        return True
    try:
        return ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False  # a name, whatever it begins with


def database_hosts(database: Mapping[str, Any]) -> list[str]:
    """Where PostgreSQL is looked for. Options after `?` say so too, and several, and an address stands above its name."""
    options = database.get("OPTIONS", {})
    named = options.get("hostaddr") or options.get("host") or database.get("HOST", "")
    return [host.strip() for host in str(named).split(",")]


@dataclass(frozen=True)
class Mail:
    """Django's EMAIL settings. `starttls` begins plain and turns to TLS, `tls` is TLS from the first byte."""

    backend: str
    folder: str = ""
    host: str = ""
    port: int = 25
    user: str = ""
    password: str = ""
    starttls: bool = False
    tls: bool = False


MAIL_PORTS = {"smtp": 25, "smtp+starttls": 587, "smtps": 465}


def mail(url: str, folder: Path) -> Mail:
    """For a URL (`smtp://host`, `smtp+starttls://user:password@host:587`, `smtps://…`), or mails as files in `folder` when empty."""
    if not url:
        return Mail("django.core.mail.backends.filebased.EmailBackend", str(folder))
    parts = urlsplit(url)
    if parts.scheme not in MAIL_PORTS or not parts.hostname:
        # The address may hold a password: the message has its beginning alone.
        raise ImproperlyConfigured(
            f"EMAIL_URL begins with {parts.scheme!r}: write smtp://host, smtp+starttls://host or smtps://host."
        )
    return Mail(
        "django.core.mail.backends.smtp.EmailBackend",
        str(folder),
        parts.hostname,
        parts.port or MAIL_PORTS[parts.scheme],
        unquote(parts.username or ""),
        unquote(parts.password or ""),
        starttls=parts.scheme == "smtp+starttls",
        tls=parts.scheme == "smtps",
    )


def sqlite(file: Path) -> dict[str, object]:
    """WAL lets people read while a job writes; IMMEDIATE makes two writers wait in line instead of failing half-way."""
    return {
        "ENGINE": "django.db.backends.sqlite3",
        "NAME": str(file),
        "OPTIONS": {
            "timeout": LOCK_SECONDS,
            "transaction_mode": "IMMEDIATE",
            "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL; PRAGMA foreign_keys=ON; PRAGMA cache_size=-16000;",
        },
    }
