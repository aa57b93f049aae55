"""Fresh examples are really fresh, and what fails is printed so that it can be pasted."""

from pathlib import Path

import pytest

from tests import fuzz

FAULTY = """
import os
from hypothesis import given, settings, strategies as st

settings.register_profile("fresh", database=None)
settings.load_profile(os.environ["TEST_EXAMPLES"])

@given(number=st.integers(), text=st.text())
def test_small(number, text):
    assert number < 100 or len(text) < 2
"""
MACHINE = """
E   Failing test case: <state machine>
E   state = Synchronizing()
E   state.edit(k=0)
E   state.teardown()
"""


@pytest.fixture
def faulty(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "pytest.ini").write_text("[pytest]\naddopts = -p no:django\n")
    (tmp_path / "test_faulty.py").write_text(FAULTY)
    (tmp_path / "test_plain.py").write_text("def test_plain(): pass\n")
    return tmp_path


def test_only_property_tests_are_run(faulty: Path) -> None:
    assert fuzz.files(faulty) == [faulty / "test_faulty.py"]
    names = {path.name for path in fuzz.files()}
    assert {"test_delimited.py", "test_oracle.py", "test_formulas.py", "test_pasi_rules.py"} <= names
    assert "test_parts.py" not in names


def test_a_failure_is_printed_as_the_example_to_paste(faulty: Path) -> None:
    output = fuzz.run(faulty / "test_faulty.py", 1, faulty / "data")
    (example,) = fuzz.to_paste(output)
    pasted = (
        f"from hypothesis import example, given, strategies as st\n{example}\n@given(number=st.none(), text=st.none())"
    )
    compile(f"{pasted}\ndef test_small(number, text): pass\n", "pasted", "exec")
    assert "number=100," in example
    assert "text='00'," in example


def test_a_machines_steps_are_printed() -> None:
    (steps,) = fuzz.to_paste(MACHINE.strip("\n"))
    assert steps == "# as a test of its own\nstate = Synchronizing()\nstate.edit(k=0)\nstate.teardown()"
