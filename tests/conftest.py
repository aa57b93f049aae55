"""For every test: nothing that a test does reaches a broker, a data folder or a database outside of it."""

import datetime as dt
import gc
import importlib
import os
import re
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from operations import clock, liveness, reading
from tests import moments

if "TEST_MOMENT" in os.environ:
    moments.move_to(os.environ["TEST_MOMENT"])

# The same examples every day, on a busy machine too: a red run must mean a fault of the product.
settings.register_profile("steady", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
# `make fuzz`: others each time, and nothing is remembered from one time to the next.
settings.register_profile("fresh", settings.get_profile("steady"), derandomize=False, database=None, print_blob=True)
settings.load_profile(os.environ.get("TEST_EXAMPLES", "steady"))


def pytest_generate_tests(metafunc):
    """The part `days`: each test at every moment of `moments`, in one process."""
    if "TEST_EVERY_MOMENT" in os.environ:
        metafunc.fixturenames.insert(0, "moment")
        metafunc.parametrize("moment", list(moments.MOMENTS), indirect=True)


def pytest_collection_finish():
    """What is imported and collected stays: not looked through for garbage again and again, a tenth of the time of a run."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 20, 50)


@pytest.fixture
def moment(request):
    """Every clock that Python reads is moved there for the length of a test."""
    with moments.at(request.param):
        yield


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


@pytest.fixture(scope="session", autouse=True)
def certificates_of_tests(tmp_path_factory):
    """The throw-away certificates of a test lie in the folders of this run, and the connection reads none elsewhere."""
    from django.conf import settings

    settings.CERTIFICATES_DIR = tmp_path_factory.getbasetemp()


@pytest.fixture(scope="session", autouse=True)
def no_limit():
    """Tests ask more often than people do; those of the limits turn them on."""
    from django.conf import settings

    settings.THROTTLE = False


@pytest.fixture(autouse=True)
def no_proxy_of_the_machine(monkeypatch):
    """A proxy or certificate bundle set on the machine must not decide a test."""
    for name in [name for name in os.environ if name.lower().endswith("_proxy")]:
        monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def nothing_remembered():
    """What a process remembers of its database goes with it."""
    from django.core.cache import cache

    cache.clear()


@pytest.fixture(autouse=True)
def nothing_read_before(monkeypatch):
    """A process remembers what it has written this hour; the next test's database knows nothing of it."""
    monkeypatch.setattr(reading, "RECORDER", reading.Recorder())


@pytest.fixture(scope="session")
def fresh_process():
    """[(module, name, value)] of what modules of the product remember for their process, as it is when that starts."""
    root = Path(__file__).resolve().parent.parent
    packages = ("operations", "sis", "pasi_connect", "registrar", "alerts", "reconciliation")
    return [
        (module, name, getattr(module, name))
        for package in packages
        for file in sorted((root / package).rglob("*.py"))
        if (names := re.findall(r"^ +global (.+)$", file.read_text(), re.MULTILINE))
        for module in [importlib.import_module(".".join(file.relative_to(root).with_suffix("").parts))]
        for name in sorted({name.strip() for line in names for name in line.split(",")} - {"_shift"})
    ]  # the clock's `_shift` is set by whoever moves the clock, and set back by it


@pytest.fixture(autouse=True)
def process_just_started(monkeypatch, fresh_process):
    """Each test begins as a process does: a broker that was away in the test before is not away in this one."""
    for module, name, value in fresh_process:
        monkeypatch.setattr(module, name, value)


@pytest.fixture
def on_a_fixed_day():
    """The product's clock stands on FIXED_DAY, at eleven in Alberta, and goes on from there: what a test says of dates and school
    years is true every day."""
    with clock.moved_to(dt.datetime.combine(moments.FIXED_DAY, dt.time(18), dt.UTC)):
        yield


@pytest.fixture
def time_passes(monkeypatch):
    """`time_passes(seconds)` for those who watch whether others live; the clock on the wall is another one."""
    passed = [0.0]
    monkeypatch.setattr(liveness, "monotonic", lambda: passed[0])

    def on(seconds: float) -> None:
        passed[0] += seconds

    return on
