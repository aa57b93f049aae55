"""Addresses of servers: what stands in them is kept, and what cannot be meant stops the start with a sentence."""

import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.db import OperationalError, connection

from config import env
from config.data_folder import CHECKOUT
from operations.models import User
from operations.rules import outage

URL = "postgres://pasi:p%40ss@db.example:5433/district"


def test_options_of_the_database_are_kept() -> None:
    found = env.database(f"{URL}?sslmode=verify-full&sslrootcert=/etc/ca.pem&connect_timeout=5", Path("x"))
    assert found["OPTIONS"] == {
        "application_name": "pasi_connect",
        "sslmode": "verify-full",
        "sslrootcert": "/etc/ca.pem",
        "connect_timeout": "5",
        "options": "-c lock_timeout=20s",
    }
    assert (found["HOST"], found["PORT"], found["PASSWORD"]) == ("db.example", "5433", "p@ss")


def test_nobody_waits_for_ever_for_a_lock_unless_the_address_says_so() -> None:
    found = env.database(f"{URL}?options=-c%20lock_timeout%3D0%20-c%20jit%3Doff", Path("x"))
    assert found["OPTIONS"]["options"] == "-c lock_timeout=20s -c lock_timeout=0 -c jit=off"  # type: ignore[index]


@pytest.mark.postgresql
@pytest.mark.django_db(transaction=True)
def test_a_table_that_somebody_locks_is_busy_after_a_while() -> None:
    person = User.objects.create_user("officer")
    with connection.cursor() as cursor:
        cursor.execute("SHOW lock_timeout")
        assert cursor.fetchone() == ("20s",)
    with connection.copy().cursor() as other, connection.cursor() as cursor:
        other.execute("BEGIN")
        other.execute("LOCK TABLE operations_user IN ACCESS EXCLUSIVE MODE")
        cursor.execute("SET lock_timeout = '100ms'")
        try:
            with pytest.raises(OperationalError) as waited:
                User.objects.filter(pk=person.pk).update(first_name="Ines")
        finally:
            cursor.execute("SET lock_timeout = '20s'")
            other.execute("ROLLBACK")
            other.db.close()
    assert outage.kind_of(waited.value) == outage.BUSY


@pytest.mark.parametrize("query", ["sslmod=verify-full", "sslmode", "=x", "sslmode=require&nonsense=1"])
def test_options_that_nobody_knows_are_refused_without_their_values(query: str) -> None:
    with pytest.raises(ImproperlyConfigured) as refusal:
        env.database(f"{URL}?{query}&sslpassword=topsecret", Path("x"))
    assert "topsecret" not in str(refusal.value)
    assert "DATABASE_URL" in str(refusal.value)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "redis://h:1/0",
        "rediss://h:1/0",
        "rediss://h:1/0?ssl_ca_certs=/ca.pem",
        "rediss://h/0?ssl_cert_reqs=required",
    ],
)
def test_redis_addresses(url: str) -> None:
    assert env.redis(url) == url


@pytest.mark.parametrize(
    "url", ["http://h:1/0", "rediss://h/0?ssl_cert_reqs=none", "rediss://h/0?ssl_check_hostname=false", "h:6379"]
)
def test_redis_that_is_not_checked_is_refused(url: str) -> None:
    with pytest.raises(ImproperlyConfigured, match="REDIS_URL"):
        env.redis(url)


def test_what_a_process_writes_is_for_its_owner_alone(tmp_path: Path) -> None:
    wrote = (
        "import django; django.setup(); from django.conf import settings; from pathlib import Path;"
        "(settings.DATA_DIR / 'one').mkdir(); (settings.DATA_DIR / 'two').write_text('x')"
    )
    subprocess.run(
        [sys.executable, "-c", wrote],
        cwd=CHECKOUT,
        env={"DJANGO_SETTINGS_MODULE": "config.settings", "DATA_DIR": str(tmp_path / "data")},
        check=True,
        umask=0,
    )
    modes = {path.name: path.stat().st_mode & 0o777 for path in (tmp_path / "data", *(tmp_path / "data").iterdir())}
    assert modes == {"data": 0o700, "one": 0o700, "two": 0o600}


@pytest.mark.parametrize("everybody", ["0.0.0.0/0", "::/0", "10.0.0.7,0.0.0.0/0"])
def test_a_network_of_everybody_is_no_proxy(everybody: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRUSTED_PROXIES", everybody)
    with pytest.raises(ImproperlyConfigured, match="TRUSTED_PROXIES"):
        env.networks("TRUSTED_PROXIES")
