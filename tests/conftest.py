"""For every test: nothing that a test does reaches a broker, a data folder or a database outside of it."""

import os

import pytest


@pytest.fixture(scope="session", autouse=True)
def broker_in_memory():
    """Woken tasks go to a broker that nobody listens to: tests call the services, as the woken worker would.

    Without this a test run beside a running demo would put its messages into the demo's data folder.
    """
    from config.celery import app

    app.conf.update(broker_url="memory://", broker_transport_options={})
    yield
    app.close()


@pytest.fixture(scope="session")
def django_db_modify_db_settings(tmp_path_factory, django_db_modify_db_settings_parallel_suffix):
    """SQLite in a file, as it runs in earnest: in memory two threads share one lock that no time-out waits for."""
    from django.db import connections

    connection = connections["default"]
    if connection.vendor == "sqlite":
        connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(scope="session", autouse=True)
def quick_passwords():
    """The slow hash of production costs a third of a second for each made-up person."""
    from django.conf import settings

    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture(autouse=True)
def no_proxy_of_the_machine(monkeypatch):
    """A proxy or certificate bundle set on the machine must not decide a test."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
