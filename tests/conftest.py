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


@pytest.fixture(autouse=True)
def no_proxy_of_the_machine(monkeypatch):
    """A proxy or certificate bundle set on the machine must not decide a test."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)
