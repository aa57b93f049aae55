"""A short chaos of one seed in the ordinary run, a longer one in the full matrix; many seeds: make chaos SEEDS=n."""

import os
from pathlib import Path

import pytest

from tests.faults import chaos

pytestmark = [pytest.mark.slow_process, pytest.mark.timeout(300)]


@pytest.mark.parametrize("seed", [1])
def test_chaos(tmp_path: Path, seed: int) -> None:
    result = chaos.run(seed, 60 if os.environ.get("FULL_MATRIX") else 25, tmp_path)
    print(f"\n{result.line()}")
    assert result.broken == []
    assert result.changes >= result.events // 6
