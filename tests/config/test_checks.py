"""Each unsafe production setting has its own message; a safe one passes; real processes refuse to start."""

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings
from django.test import override_settings

from config.checks import refuse_unsafe_start, unsafe_settings
from config.data_folder import CHECKOUT
from operations.models import User
from operations.rules.addresses import networks
from pasi_connect.demo.making import PASSWORD
from pasi_connect.models import ConnectionSettings

pytestmark = pytest.mark.django_db

SECRET = "K7_q-Zr2mXw9Tb4Lc6Vn8Hs1Jd3Fg5Pk0Qy-RtUvBxEeGiMoAaSzDf"
POSTGRESQL = {"default": {"ENGINE": "django.db.backends.postgresql", "NAME": "pasi"}}
REMOTE = {"default": {**POSTGRESQL["default"], "HOST": "db.example"}}
SQLITE = {"default": {"ENGINE": "django.db.backends.sqlite3", "NAME": "pasi.sqlite3"}}
SMTP = "django.core.mail.backends.smtp.EmailBackend"
SAFE: dict[str, Any] = {
    "PRODUCTION": True,
    "DEBUG": False,
    "DEMO": False,
    "ALLOWED_HOSTS": ["pasi.example.ca"],
    "SECRET_KEY": SECRET,
    "REDIS_URL": "rediss://broker.example:6379/0",
    "HOSTS": ["one", "two"],
    "SECURE_PROXY_SSL_HEADER": ("HTTP_X_FORWARDED_PROTO", "https"),
    "PUBLIC_URL": "https://pasi.example.ca",
    "TRUSTED_PROXIES": networks(["127.0.0.1"]),
    "SESSION_COOKIE_SECURE": True,
    "CSRF_COOKIE_SECURE": True,
}


def with_options(**options: str) -> dict[str, Any]:
    return {"default": {**REMOTE["default"], "OPTIONS": options}}


def here_with(**options: str) -> dict[str, Any]:
    """A database that seems to be on this machine, until its options are read."""
    return {"default": {**REMOTE["default"], "HOST": "", "OPTIONS": options}}


def ids(databases: dict[str, Any] = POSTGRESQL, **changes: Any) -> list[str | None]:
    # Only the mapping is looked at: no connection is made, and those of the test run stay as they are.
    with override_settings(**{**SAFE, **changes}), pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "DATABASES", databases)
        return [message.id for message in unsafe_settings()]


def test_safe_settings_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("SECRET_KEY_FILE", raising=False)
    assert ids() == []


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"METRICS_TOKEN": "Zr2mXw9Tb4Lc6"}, "config.E017"),
        ({"METRICS_TOKEN": "abab" * 10}, "config.E017"),
        ({"DEBUG": True}, "config.E001"),
        ({"DEMO": True}, "config.E002"),
        ({"ALLOWED_HOSTS": ["pasi.example.ca", "*"]}, "config.E003"),
        ({"SECRET_KEY": ""}, "config.E004"),
        ({"SECRET_KEY": SECRET[:49]}, "config.E004"),
        ({"SECRET_KEY": "abcd" * 20}, "config.E004"),
        ({"SECRET_KEY": "django-insecure-" + SECRET}, "config.E004"),
        ({"SECRET_KEY": "Change-me-" + SECRET}, "config.E004"),
        ({"REDIS_URL": ""}, "config.E008"),
        ({"databases": SQLITE}, "config.E007"),
        ({"databases": SQLITE, "HOSTS": ["3"]}, "config.E007"),
        ({"SECURE_PROXY_SSL_HEADER": None}, "config.E009"),
        ({"PUBLIC_URL": "http://pasi.example.ca"}, "config.E009"),
        ({"TRUSTED_PROXIES": ()}, "config.E015"),
        ({"SESSION_COOKIE_SECURE": False}, "config.E010"),
        ({"CSRF_COOKIE_SECURE": False}, "config.E010"),
        ({"databases": REMOTE}, "config.E011"),
        ({"databases": with_options(sslmode="require")}, "config.E011"),
        ({"databases": here_with(host="db.example")}, "config.E011"),
        ({"databases": here_with(host="/run/postgresql,10.1.1.1")}, "config.E011"),
        ({"databases": here_with(hostaddr="10.1.1.1")}, "config.E011"),
        ({"databases": {"default": {**REMOTE["default"], "HOST": "127.example.ca"}}}, "config.E011"),
        ({"REDIS_URL": "redis://127.example.ca:6379/0"}, "config.E012"),
        ({"REDIS_URL": "redis://broker.example:6379/0"}, "config.E012"),
        ({"EMAIL_BACKEND": SMTP, "EMAIL_HOST": "mail.example"}, "config.E016"),
    ],
)
def test_unsafe_setting_has_its_message(changes: dict[str, Any], expected: str) -> None:
    assert ids(**changes) == [expected]


@pytest.mark.parametrize(
    "changes",
    [
        {"databases": with_options(sslmode="verify-full")},
        {"databases": {"default": {**REMOTE["default"], "HOST": "127.0.0.1"}}},
        {"databases": here_with(host="/run/postgresql")},
        {"databases": here_with(host="db.example", sslmode="verify-full")},
        {"databases": {"default": {**REMOTE["default"], "HOST": "/run/postgresql"}}},
        {"REDIS_URL": "redis://localhost:6379/0"},
        {"EMAIL_BACKEND": SMTP, "EMAIL_HOST": "localhost"},
        {"EMAIL_BACKEND": SMTP, "EMAIL_HOST": "mail.example", "EMAIL_USE_TLS": True},
        {"EMAIL_BACKEND": SMTP, "EMAIL_HOST": "mail.example", "EMAIL_USE_SSL": True},
    ],
)
def test_a_wire_that_is_checked_or_leaves_no_machine_is_allowed(changes: dict[str, Any]) -> None:
    assert ids(**changes) == []


@pytest.mark.parametrize("setting", ["DATA_DIR", "CERTIFICATES_DIR"])
@pytest.mark.parametrize(("mode", "expected"), [(0o755, ["config.E013"]), (0o710, ["config.E013"]), (0o700, [])])
def test_folders_of_the_owner_alone(setting: str, mode: int, expected: list[str], tmp_path: Path) -> None:
    tmp_path.chmod(mode)
    assert ids(**{setting: tmp_path}) == expected


def test_the_published_password_is_found() -> None:
    person = User.objects.create_user("district", password=PASSWORD)
    User.objects.create_user("somebody", password=PASSWORD, is_active=False)
    assert ids() == ["config.E014"]
    person.set_password("another one of four words")
    person.save()
    assert ids() == []


@pytest.mark.parametrize("hosts", [[], ["one"], ["1"]])
def test_sqlite_on_one_host_is_allowed(hosts: list[str]) -> None:
    assert ids(databases=SQLITE, HOSTS=hosts) == []


def test_secret_of_exactly_fifty_characters_is_long_enough() -> None:
    assert ids(SECRET_KEY=SECRET[:50]) == []


@pytest.mark.parametrize("named_by", ["SECRET_KEY_FILE", "connection page"])
def test_key_files(named_by: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    key = tmp_path / "key"
    if named_by == "SECRET_KEY_FILE":
        monkeypatch.setenv(named_by, str(key))
    else:
        ConnectionSettings(pk=1, key_file=str(key)).save()
    assert ids() == ["config.E005"]
    key.write_text("key")
    for mode, expected in [(0o640, ["config.E006"]), (0o604, ["config.E006"]), (0o600, []), (0o400, [])]:
        key.chmod(mode)
        assert ids() == expected


def test_nothing_is_said_outside_production() -> None:
    assert ids(PRODUCTION=False, DEBUG=True, SECRET_KEY="", REDIS_URL="", ALLOWED_HOSTS=["*"]) == []


def test_start_is_refused_with_what_to_do() -> None:
    with override_settings(**{**SAFE, "DEBUG": True, "ALLOWED_HOSTS": ["*"]}), pytest.raises(SystemExit) as refusal:
        refuse_unsafe_start()
    text = str(refusal.value)
    assert "config.E001" in text
    assert "Unset DEBUG." in text
    assert "ALLOWED_HOSTS=pasi.example.ca" in text
    assert SECRET not in text


@pytest.mark.slow_process
@pytest.mark.parametrize(
    "command",
    [
        ["-m", "gunicorn", "config.wsgi:application", "--check-config"],
        ["-m", "celery", "-A", "config", "worker", "-Q", "default", "--without-mingle", "--without-gossip"],
        ["manage.py", "tick"],
        ["manage.py", "listen"],
    ],
    ids=["web", "worker", "tick", "listener"],
)
def test_no_process_starts_with_debug_in_production(command: list[str], tmp_path: Path) -> None:
    environment = {
        **os.environ,
        "DATA_DIR": str(tmp_path),
        "PRODUCTION": "1",
        "DEBUG": "1",
        "SECRET_KEY": SECRET,
        "DATABASE_URL": "",
        "REDIS_URL": "redis://127.0.0.1:1/0",
    }
    environment.pop("DEMO", None)
    result = subprocess.run(
        [sys.executable, *command],
        cwd=CHECKOUT,
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert result.returncode != 0
    assert "config.E001" in result.stdout + result.stderr
