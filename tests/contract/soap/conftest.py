"""The simulator and a small district for node-soap, and node-soap itself where it is installed."""

import os

import pytest

from pasi_connect.models import ConnectionSettings
from pasi_connect.soap.contract import WSDL
from tests.contract.soap import node
from tests.parts import is_required
from tests.pasi_connect.conftest import pasi, simulator, world

__all__ = ["pasi", "simulator", "world"]


@pytest.fixture(scope="session")
def node_soap():
    """Whoever asks for all tests is told that this one cannot run; others go on without it."""
    if reason := node.missing():
        (pytest.fail if is_required(os.environ) else pytest.skip)(reason)


@pytest.fixture(scope="session")
def _client(node_soap, simulator):
    files = simulator.files
    running = node.Node("client.js", simulator.url, files.ca, files.client, files.key_of(files.client))
    yield running
    running.stop()


@pytest.fixture
def client(node_soap, world, _client):
    """node-soap as a client of the simulator."""
    return _client


@pytest.fixture(scope="session")
def _server(node_soap, simulator):
    files = simulator.files
    running = node.Node("server.js", WSDL, files.ca, files.server, files.key_of(files.server))
    yield running
    running.stop()


@pytest.fixture
def server(node_soap, world, _server):
    """node-soap as PASI; our connection points at it."""
    ConnectionSettings.objects.update(endpoint_url=_server.about["address"])
    world.hang_up()
    _server.forget()
    yield _server
    world.hang_up()
