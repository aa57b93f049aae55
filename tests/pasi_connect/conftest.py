"""What the tests of the synchronisation stand on: a fixed day, the real simulator, and a small district on both sides."""

import datetime as dt

import pytest

from operations import clock
from tests.pasi_connect.world import TODAY, World
from tests.simulator_process import SimulatorProcess


@pytest.fixture
def on_a_fixed_day():
    """The product's clock stands on TODAY and goes on from there, so that no test depends on the school year it runs in."""
    with clock.moved_to(dt.datetime(TODAY.year, TODAY.month, TODAY.day, 18, tzinfo=dt.UTC)):
        yield


@pytest.fixture(scope="session")
def simulator(tmp_path_factory):
    """One simulator a test process, started when the first test needs it."""
    running = SimulatorProcess(tmp_path_factory.mktemp("pasi"))
    running.start()
    yield running
    running.stop()


@pytest.fixture
def pasi(simulator, on_a_fixed_day) -> SimulatorProcess:
    """PASI Core, empty of enrolments, with every knob at rest."""
    simulator.clear(TODAY)
    return simulator


@pytest.fixture
def world(db, pasi, settings) -> World:
    """A district that is connected to `pasi`; back-off is short and leases last long."""
    settings.BACK_OFF_SECONDS = settings.BACK_OFF_MAX_SECONDS = 0.0
    World.hang_up()
    return World(pasi)
