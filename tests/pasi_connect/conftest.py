"""What the tests of the synchronization stand on: the real simulator, and a small district on both sides."""

import pytest
from django.conf import settings

from pasi_connect import entities
from tests.pasi_connect import students
from tests.pasi_connect.world import TODAY, World
from tests.simulator_process import SimulatorProcess


@pytest.fixture(scope="session")
def simulator(tmp_path_factory):
    """One simulator a test process, started when the first test needs it."""
    more = getattr(settings, "TEST_SIMULATOR", "")  # where another app brings a kind of record of its own
    running = SimulatorProcess(
        tmp_path_factory.mktemp("pasi"),
        module=more or "pasi_simulator",
        more=("--wsdl", str(settings.PASI_CONTRACT)) if more else (),
        kinds=[entity.notification for entity in entities.written() if entity.key_is_ref_id and more],
    )
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


@pytest.fixture
def student(world):
    """A student whom both sides hold alike; names and identification are compared."""
    return students.in_step(world)
