"""The real simulator and a small district on both sides, as the tests of the synchronization have them."""

from tests.pasi_connect.conftest import pasi, simulator, world

__all__ = ["pasi", "simulator", "world"]
