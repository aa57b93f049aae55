"""What must not be in production. The checks run at every start, and a start that fails them does not happen.

`manage.py check` shows the same messages. Without `settings.PRODUCTION` they say nothing.
"""

import os
import stat
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import django
from django.apps import apps
from django.conf import settings
from django.contrib.auth.hashers import check_password
from django.core.checks import CheckMessage, Error, Tags, register
from django.core.exceptions import ImproperlyConfigured
from django.db import DatabaseError

from config import env

SHORTEST_SECRET = 50  # characters; Django's own measure (security.W009)
FEWEST_CHARACTERS = 5
SHORTEST_TOKEN = 32  # characters
WELL_KNOWN = ("django-insecure-", "secret", "change", "default", "example", "insecure")


@register(Tags.security)
def unsafe_settings(app_configs: Sequence[Any] | None = None, **_: Any) -> list[CheckMessage]:
    """Every reason why these settings must not serve real students; empty outside production."""
    if not settings.PRODUCTION:
        return []
    return [
        *_switches(),
        *_secret(),
        *_key_files(),
        *_servers(),
        *_lines(),
        *_mail(),
        *_figures(),
        *_data_folder(),
        *_demo_people(),
    ]


def refuse_unsafe_start() -> None:
    """For the entry points of web and workers, which run no system checks by themselves. Raises SystemExit."""
    if not apps.ready:  # Celery asks before it sets Django up
        django.setup()
    if messages := unsafe_settings():
        lines = [f"{message.id}: {message.msg}\n    {message.hint}" for message in messages]
        raise SystemExit("\n".join(["PASI Connect does not start with these settings:", *lines]))


def _switches() -> Iterator[Error]:
    if settings.DEBUG:
        yield Error(
            "DEBUG is on in production: error pages would show student data.",
            hint="Unset DEBUG.",
            id="config.E001",
        )
    if settings.DEMO:
        yield Error(
            "DEMO is on in production: the demonstration's users have published passwords.",
            hint="Unset DEMO, or set PRODUCTION=0 on a machine without real students.",
            id="config.E002",
        )
    if "*" in settings.ALLOWED_HOSTS:
        yield Error(
            "ALLOWED_HOSTS accepts any host name.",
            hint="Name the addresses that people type, separated by commas: ALLOWED_HOSTS=pasi.example.ca",
            id="config.E003",
        )


def _secret() -> Iterator[Error]:
    try:
        secret = settings.SECRET_KEY
    except ImproperlyConfigured:  # Django's answer to an empty one
        secret = ""
    weak = len(secret) < SHORTEST_SECRET or len(set(secret)) < FEWEST_CHARACTERS
    if weak or secret.lower().startswith(WELL_KNOWN):
        yield Error(
            f"SECRET_KEY is missing, well known, or shorter than {SHORTEST_SECRET} characters.",
            hint="Put a random one into a file and name it in SECRET_KEY_FILE: "
            "python -c 'import secrets; print(secrets.token_urlsafe(64))'",
            id="config.E004",
        )


def _key_files() -> Iterator[Error]:
    """Keys must be readable by the product and by nobody else ("Managing PASI Certificates": a secured server)."""
    named = {
        "SECRET_KEY_FILE": os.environ.get("SECRET_KEY_FILE", ""),
        "METRICS_TOKEN_FILE": os.environ.get("METRICS_TOKEN_FILE", ""),
        "The client key for PASI": _client_key_file(),
    }
    for what, name in named.items():
        if not name:
            continue
        path = Path(name)
        try:
            with path.open("rb") as file:
                mode = os.fstat(file.fileno()).st_mode
        except OSError as error:
            yield Error(
                f"{what}: the file {path} cannot be read ({error.strerror}).",
                hint="Give the file to the user that PASI Connect runs as: chown; chmod 600.",
                id="config.E005",
            )
            continue
        if stat.S_IMODE(mode) & 0o077:
            yield Error(
                f"{what}: the file {path} can be used by other users of this machine.",
                hint=f"chmod 600 {path}",
                id="config.E006",
            )


def _client_key_file() -> str:
    """The path on the connection page; empty while there is no database with that page's table yet."""
    from pasi_connect.models import ConnectionSettings

    try:
        return ConnectionSettings.load().key_file
    except DatabaseError:  # `manage.py migrate` must be able to start; health tells of a database that is away
        return ""


def _servers() -> Iterator[Error]:
    engine = settings.DATABASES["default"]["ENGINE"]
    if engine == "django.db.backends.sqlite3" and _number_of_hosts() > 1:
        yield Error(
            "SQLite serves one host, and HOSTS names several.",
            hint="Set DATABASE_URL=postgres://user:password@host:5432/name on every host.",
            id="config.E007",
        )
    if not settings.REDIS_URL:
        yield Error(
            "REDIS_URL is missing: the broker in the data folder is for one machine and loses messages when killed.",
            hint="Set REDIS_URL=redis://host:6379/0.",
            id="config.E008",
        )


def _lines() -> Iterator[Error]:
    """Every line that carries student data or a password is encrypted, or does not leave this machine."""
    if not settings.SECURE_PROXY_SSL_HEADER or not settings.PUBLIC_URL.startswith("https://"):
        yield Error(
            "Nothing says that people connect by HTTPS: passwords and student data would cross the network in the open.",
            hint="Put a TLS proxy in front and set BEHIND_TLS_PROXY=1 and PUBLIC_URL=https://… (docs/operator/production.md).",
            id="config.E009",
        )
    elif not settings.TRUSTED_PROXIES:
        yield Error(
            "TRUSTED_PROXIES names no proxy: everybody would have the proxy's address, in the audit and where wrong passwords are counted.",
            hint="TRUSTED_PROXIES=127.0.0.1, or where the proxy is (docs/operator/production.md).",
            id="config.E015",
        )
    if not (settings.SESSION_COOKIE_SECURE and settings.CSRF_COOKIE_SECURE):
        yield Error(
            "SECURE_COOKIES is off in production: a session could be read from an unencrypted request.",
            hint="Unset SECURE_COOKIES.",
            id="config.E010",
        )
    database: dict[str, Any] = settings.DATABASES["default"]
    mode = database.get("OPTIONS", {}).get("sslmode", "")
    if not all(map(env.is_local, env.database_hosts(database))) and mode not in {"verify-full", "verify-ca"}:
        yield Error(
            "The database is on another machine, and DATABASE_URL does not ask for TLS that verifies the server.",
            hint="DATABASE_URL=postgres://…/name?sslmode=verify-full&sslrootcert=/etc/pasi-connect/db-ca.pem",
            id="config.E011",
        )
    redis = urlsplit(settings.REDIS_URL)
    if redis.scheme == "redis" and not env.is_local(redis.hostname or ""):
        yield Error(
            "Redis is on another machine, and REDIS_URL does not ask for TLS.",
            hint="REDIS_URL=rediss://:password@host:6379/0?ssl_ca_certs=/etc/pasi-connect/redis-ca.pem",
            id="config.E012",
        )


def _mail() -> Iterator[Error]:
    """Mails carry the links with which people set their passwords."""
    smtp = settings.EMAIL_BACKEND.endswith("smtp.EmailBackend")
    if smtp and not env.is_local(settings.EMAIL_HOST) and not (settings.EMAIL_USE_TLS or settings.EMAIL_USE_SSL):
        yield Error(
            "The mail server is on another machine, and EMAIL_URL does not ask for TLS.",
            hint="EMAIL_URL=smtp+starttls://user:password@host:587 or smtps://user:password@host:465",
            id="config.E016",
        )


def _figures() -> Iterator[Error]:
    """`/metrics` tells how the product is used; its token is asked of nobody's password rules."""
    token = settings.METRICS_TOKEN
    if token and (len(token) < SHORTEST_TOKEN or len(set(token)) < FEWEST_CHARACTERS):
        yield Error(
            f"METRICS_TOKEN is shorter than {SHORTEST_TOKEN} characters, or easily guessed.",
            hint="Put a random one into a file and name it in METRICS_TOKEN_FILE: "
            "python -c 'import secrets; print(secrets.token_urlsafe(32))'",
            id="config.E017",
        )


def _data_folder() -> Iterator[Error]:
    """Uploads, results, mails and keys lie there."""
    for folder in {settings.DATA_DIR, settings.CERTIFICATES_DIR}:
        if folder.is_dir() and stat.S_IMODE(folder.stat().st_mode) & 0o077:
            yield Error(
                f"{folder} can be used by other users of this machine.",
                hint=f"chmod 700 {folder}",
                id="config.E013",
            )


def _demo_people() -> Iterator[Error]:
    """A database that once was a demo still has people whose password stands in the README."""
    from operations.models import User
    from pasi_connect.demo.making import PASSWORD, PEOPLE

    try:
        rows = User.objects.filter(is_active=True, username__in=[name for name, *_ in PEOPLE])
        names = [user.username for user in rows.order_by("username") if check_password(PASSWORD, user.password)]
    except DatabaseError:  # as above
        return
    if names:
        yield Error(
            f"These people have the demonstration's published password: {', '.join(names)}.",
            hint="Begin with an empty database, or deactivate them: manage.py changepassword NAME.",
            id="config.E014",
        )


def _number_of_hosts() -> int:
    """HOSTS names the application hosts, or gives their number alone."""
    hosts = settings.HOSTS
    return int(hosts[0]) if len(hosts) == 1 and hosts[0].isdecimal() else len(hosts)
