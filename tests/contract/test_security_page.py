"""The page of ASVS names every requirement of levels 1 and 2 once, with a state, and only evidence that there is."""

import ast
import functools
import re
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PAGE = ROOT / "docs" / "operator" / "security.md"
STATES = ("met", "not applicable", "not met")

# Section -> the last parts of the numbers of its requirements of levels 1 and 2 in version 4.0.3.
NUMBERS: dict[str, list[int]] = {
    "1.1": [1, 2, 3, 4, 5, 6, 7], "1.2": [1, 2, 3, 4], "1.4": [1, 4, 5], "1.5": [1, 2, 3, 4], "1.6": [1, 2, 3, 4],
    "1.7": [1, 2], "1.8": [1, 2], "1.9": [1, 2], "1.10": [1], "1.11": [1, 2], "1.12": [2], "1.14": [1, 2, 3, 4, 5, 6],
    "2.1": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], "2.2": [1, 2, 3], "2.3": [1, 2, 3], "2.4": [1, 2, 3, 4, 5],
    "2.5": [1, 2, 3, 4, 5, 6, 7], "2.6": [1, 2, 3], "2.7": [1, 2, 3, 4, 5, 6], "2.8": [1, 2, 3, 4, 5, 6, 7],
    "2.9": [1, 2, 3], "2.10": [1, 2, 3, 4], "3.1": [1], "3.2": [1, 2, 3, 4], "3.3": [1, 2, 3, 4],
    "3.4": [1, 2, 3, 4, 5], "3.5": [1, 2, 3], "3.7": [1], "4.1": [1, 2, 3, 5], "4.2": [1, 2], "4.3": [1, 2, 3],
    "5.1": [1, 2, 3, 4, 5], "5.2": [1, 2, 3, 4, 5, 6, 7, 8], "5.3": [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], "5.4": [1, 2, 3],
    "5.5": [1, 2, 3, 4], "6.1": [1, 2, 3], "6.2": [1, 2, 3, 4, 5, 6], "6.3": [1, 2], "6.4": [1, 2],
    "7.1": [1, 2, 3, 4], "7.2": [1, 2], "7.3": [1, 3, 4], "7.4": [1, 2, 3], "8.1": [1, 2, 3, 4], "8.2": [1, 2, 3],
    "8.3": [1, 2, 3, 4, 5, 6, 7, 8], "9.1": [1, 2, 3], "9.2": [1, 2, 3, 4], "10.2": [1, 2], "10.3": [1, 2, 3],
    "11.1": [1, 2, 3, 4, 5, 6, 7, 8], "12.1": [1, 2, 3], "12.2": [1], "12.3": [1, 2, 3, 4, 5, 6], "12.4": [1, 2],
    "12.5": [1, 2], "12.6": [1], "13.1": [1, 3, 4, 5], "13.2": [1, 2, 3, 5, 6], "13.3": [1, 2], "13.4": [1, 2],
    "14.1": [1, 2, 3, 4], "14.2": [1, 2, 3, 4, 5, 6], "14.3": [2, 3], "14.4": [1, 2, 3, 4, 5, 6, 7],
    "14.5": [1, 2, 3, 4],
}  # fmt: skip
EXPECTED = [f"V{section}.{last}" for section, lasts in NUMBERS.items() for last in lasts]


@dataclass(frozen=True)
class Row:
    number: str
    demand: str
    state: str
    proof: str

    @property
    def spans(self) -> list[str]:
        return re.findall(r"`([^`]+)`", self.proof)

    @property
    def links(self) -> list[str]:
        return re.findall(r"\]\(([^)#]+)", self.proof)

    @property
    def paths(self) -> list[str]:
        """What is named in the checkout: files, and tests as file::name."""
        return [
            span
            for span in self.spans
            if re.fullmatch(r"[\w./-]+/[\w.-]+(::\w+)?|Makefile|pyproject\.toml|requirements\.lock", span)
        ]


def rows() -> list[Row]:
    found = []
    for line in PAGE.read_text().splitlines():
        if re.match(r"\| V\d+\.\d", line):
            found.append(Row(*(cell.strip() for cell in line.strip("|").split("|"))))
    return found


@functools.cache
def names_in(path: str) -> frozenset[str]:
    tree = ast.parse((ROOT / path).read_text())
    return frozenset(node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef))


def exists(name: str) -> bool:
    path, _, test = name.partition("::")
    return (ROOT / path).is_file() and (not test or (test.startswith("test_") and test in names_in(path)))


def test_every_number_stands_there_once_and_in_order():
    assert len(EXPECTED) == 259
    assert [row.number for row in rows()] == EXPECTED


def faults(row: Row) -> list[str]:
    found = [name for name in row.paths if not exists(name)]
    found += [link for link in row.links if not (PAGE.parent / link).is_file()]
    if not (row.demand and row.proof and row.state in STATES):
        found.append("something is missing")
    if row.state == "met" and not (row.paths or row.links or "](#" in row.proof):
        found.append("no evidence")
    return found


def test_each_has_a_state_and_evidence_that_there_is():
    assert {row.number: wrong for row in rows() if (wrong := faults(row))} == {}


def test_settings_and_checks_that_are_named_exist():
    known = "".join(
        (ROOT / path).read_text() for path in ("config/settings.py", "config/checks.py", "docs/operator/environment.md")
    )
    named = {span for row in rows() for span in row.spans if re.fullmatch(r"[A-Z_]{4,}|config\.E\d+", span)}
    assert {name for name in named if name not in known} == set()


def test_the_summary_counts_right():
    lines = re.findall(r"^\| (V\d+|All)\b[^|]*\| (\d+) \| (\d+) \| (\d+) \|$", PAGE.read_text(), re.MULTILINE)
    counted = {chapter: tuple(int(number) for number in numbers) for chapter, *numbers in lines}
    assert len(counted) == 15
    for chapter, numbers in counted.items():
        own = [row.state for row in rows() if chapter in ("All", row.number.partition(".")[0])]
        assert numbers == tuple(own.count(state) for state in STATES), chapter


def test_what_is_not_there_is_noticed():
    here = "tests/contract/test_security_page.py"
    assert exists(f"{here}::test_what_is_not_there_is_noticed")
    assert not exists(f"{here}::test_of_nothing")
    assert not exists(f"{here}::rows")
    assert not exists("config/nowhere.py")
    assert faults(Row("V1.1.1", "something", "met", "it is so")) == ["no evidence"]
    assert faults(Row("V1.1.1", "something", "partly", f"`{here}`")) == ["something is missing"]
    assert faults(Row("V1.1.1", "something", "met", "`config/nowhere.py`")) == ["config/nowhere.py"]
