from __future__ import annotations

import pytest

from tests.simulator.program import ORGANIZATIONS, TODAY, Simulator


@pytest.fixture(scope="session")
def running(tmp_path_factory):
    """One simulator for all tests that leave it standing."""
    simulator = Simulator(tmp_path_factory.mktemp("simulator"))
    simulator.start()
    yield simulator
    simulator.stop()


@pytest.fixture
def pasi(running):
    """The running simulator with default knobs on a fixed day, an empty call log, and known schools."""
    running.write_clients(running.client())
    running.control("POST", "/control/reset/", {})
    running.knobs(today=TODAY)
    running.control("POST", "/control/load/", ORGANIZATIONS)
    return running
