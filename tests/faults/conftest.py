"""Stages: one of a test's own, or one that the tests of a module share."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.faults.servers import Database, Redis
from tests.faults.stage import Stage, migrated_postgresql

_numbers = iter(range(1, 10_000))


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    with Stage(tmp_path) as made:
        yield made


class _Shared:
    stage: Stage | None = None


@pytest.fixture(scope="session")
def _shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Shared]:
    shared = _Shared()
    yield shared
    if shared.stage:
        shared.stage.__exit__()


@pytest.fixture
def district(_shared: _Shared, tmp_path_factory: pytest.TempPathFactory) -> Stage:
    """A stage behind the proxy with a worker, shared by tests for as long as each leaves it sound."""
    if _shared.stage and not _shared.stage.sound:
        _shared.stage.__exit__()
        _shared.stage = None
    if _shared.stage is None:
        folder = tmp_path_factory.mktemp("district")
        _shared.stage = Stage(
            folder, students=24, proxied=True, more={"CALL_SECONDS": "1.5", "LOG_LEVEL": "WARNING"}
        ).__enter__()
        _shared.stage.start("worker")
    _shared.stage.sound = False
    return _shared.stage


@pytest.fixture(scope="session")
def postgresql() -> str:
    """The server's address."""
    url = os.environ.get("TEST_DATABASE_URL", "")
    if not url:
        pytest.skip("TEST_DATABASE_URL is not set")
    return url


@pytest.fixture
def database(postgresql: str) -> Iterator[Database]:
    """A migrated PostgreSQL database of the test's own."""
    made = Database(postgresql, f"faults_{os.getpid()}_{next(_numbers)}", migrated_postgresql(postgresql))
    yield made
    made.drop()


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    """A Redis of the test's own."""
    made = Redis(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def server_stage(tmp_path: Path, database: Database, redis: Redis) -> Iterator[Stage]:
    """As in production: PostgreSQL and Redis."""
    with Stage(tmp_path, database_url=database.url, redis_url=redis.url) as made:
        yield made
