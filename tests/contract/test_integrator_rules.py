"""The page of PASI's rules for integrators names only what there is: tests, files, and a state that fits them."""

import ast
import functools
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "developer" / "integrator-rules.md"
STATES = ("met", "partly", "not yet")


@dataclass(frozen=True)
class Row:
    number: int
    demand: str
    strictly: str
    state: str
    by: str
    proof: str

    @property
    def files(self) -> list[str]:
        return re.findall(r"`([^`]+)`", self.by)

    @property
    def tests(self) -> list[str]:
        return re.findall(r"`(tests/[^`]+)`", self.proof)

    @property
    def words(self) -> str:
        """What is said beside the names of tests."""
        return re.sub(r"`[^`]*`|[,.\s]", "", self.proof)


def rows() -> list[Row]:
    found = []
    for line in PAGE.read_text().splitlines():
        if re.match(r"\| [0-9]", line):
            number, *cells = (cell.strip() for cell in line.strip("|").split("|"))
            found.append(Row(int(number), *cells))
    return found


@functools.cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def exists(name: str) -> bool:
    path, _, test = name.partition("::")
    return test.startswith("test_") and (ROOT / path).is_file() and test in names_in(path)


def test_all_45_rules_stand_there_once_and_in_order():
    assert [row.number for row in rows()] == list(range(1, 46))


@pytest.mark.parametrize("row", rows(), ids=lambda row: str(row.number))
def test_a_rule_names_what_there_is(row):
    assert row.demand and row.strictly
    assert row.state in STATES
    assert [name for name in row.tests if not exists(name)] == []
    assert [name for name in row.files if not (ROOT / name).is_file()] == []
    if row.state == "not yet":
        assert not row.files and not row.tests
        assert row.words
    else:
        assert row.files and row.tests
    if row.state == "partly":
        assert "Missing" in row.proof


def test_a_test_that_is_not_there_is_noticed():
    here = "tests/contract/test_integrator_rules.py"
    assert exists(f"{here}::test_a_test_that_is_not_there_is_noticed")
    assert not exists(f"{here}::test_of_nothing")
    assert not exists(f"{here}::rows")
    assert not exists("tests/contract/test_nowhere.py::test_of_nothing")
