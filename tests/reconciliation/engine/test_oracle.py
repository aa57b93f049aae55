"""The engine against the oracle, byte by byte: made-up rows, then shuffled, damaged, repeated and written in other ways."""

import csv
import io
import json
import tempfile
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.reconciliation import oracle
from tests.reconciliation.files import compare
from tests.reconciliation.oracle import CELLS, COLUMNS

HEADERS = {"Code": " Code", "Section Description": "Description"}
GOOD = {
    column: [text for text, one in cells.items() if one.value is not None and not one.foreign]
    for column, cells in CELLS.items()
}


@st.composite
def rows(draw, most=7):
    """Few different values, so that keys repeat and rows are alike; some of them damaged."""
    made = draw(
        st.lists(st.tuples(*(st.sampled_from(GOOD[column][:3]) for column in COLUMNS)), max_size=most).map(
            lambda found: [list(row) for row in found]
        )
    )
    for row in made:
        for place in draw(st.lists(st.integers(0, len(COLUMNS) - 1), max_size=3)):
            row[place] = draw(st.sampled_from(list(CELLS[COLUMNS[place]])))
    return made


@st.composite
def two_files(draw):
    """The second file holds rows of the first one, changed, repeated and shuffled, and others."""
    before = draw(rows())
    copied = [list(row) for row in draw(st.lists(st.sampled_from(before), max_size=5))] if before else []
    for row in copied:
        if draw(st.booleans()):
            place = draw(st.integers(0, len(COLUMNS) - 1))
            row[place] = draw(st.sampled_from(list(CELLS[COLUMNS[place]])))
    return before, draw(st.permutations(copied + draw(rows(most=3))))


@st.composite
def ways(draw):
    """A way of writing a file that changes nothing of what it says."""
    return {
        "delimiter": draw(st.sampled_from(",;\t")),
        "quoting": draw(st.sampled_from([csv.QUOTE_ALL, csv.QUOTE_MINIMAL])),
        "lineterminator": draw(st.sampled_from(["\r\n", "\n"])),
        "encoding": draw(st.sampled_from(["utf-8-sig", "utf-8", "utf-16"])),
    }


def written(folder: Path, name: str, found, way) -> Path:
    text = io.StringIO(newline="")
    how = {name: value for name, value in way.items() if name != "encoding"}
    csv.writer(text, **how).writerows([[HEADERS.get(column, column) for column in COLUMNS], *found])
    path = folder / name
    path.write_bytes(text.getvalue().encode(way["encoding"]))
    return path


PLAIN = {"delimiter": ",", "quoting": csv.QUOTE_ALL, "lineterminator": "\r\n", "encoding": "utf-8-sig"}


def run(before, after, ways=(PLAIN, PLAIN)) -> tuple[bytes, bytes | None, dict]:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        paths = [
            written(folder, side, found, way) for side, found, way in zip("ba", (before, after), ways, strict=True)
        ]
        out = folder / "out"
        out.mkdir()
        compare(*paths, out)
        unusable = out / "unusable.csv"
        return (
            (out / "result.csv").read_bytes(),
            unusable.read_bytes() if unusable.exists() else None,
            json.loads((out / "summary.json").read_bytes()),
        )


quick = settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])


@quick
@given(two_files(), ways(), ways())
def test_the_engine_agrees_with_the_oracle_to_the_byte(files, first, second):
    expected = oracle.reconcile(*files)
    result, unusable, summary = run(*files, ways=(first, second))
    assert result == expected.result
    assert unusable == expected.unusable
    assert {name: summary[name] for name in expected.summary} == expected.summary


def without_rows(result: bytes) -> list[list[str]]:
    return [[row[0], *row[3:]] for row in csv.reader(io.StringIO(result.decode("utf-8-sig"), newline=""))]


@quick
@given(two_files(), st.randoms(use_true_random=False))
def test_shuffled_rows_change_row_numbers_alone(files, dice):
    shuffled = [dice.sample(found, len(found)) for found in files]
    one, two = run(*files), run(*shuffled)
    assert without_rows(one[0]) == without_rows(two[0])
    assert one[2]["counts"] == two[2]["counts"]
    assert one[2]["equal_after_normalising"] == two[2]["equal_after_normalising"]


@quick
@given(two_files())
def test_swapped_files_swap_added_and_missing(files):
    one, two = run(*files)[2], run(*reversed(files))[2]
    swapped = {"Missing from PASI": "Added New to PASI", "Added New to PASI": "Missing from PASI"}
    assert two["counts"] == {status: one["counts"][swapped.get(status, status)] for status in two["counts"]}


@quick
@given(two_files())
def test_rows_in_are_rows_out(files):
    summary = run(*files)[2]
    counts = summary["counts"]
    paired = counts["Perfectly Matched"] + counts["Matched with Data Differences"]
    assert summary["rows_before"] == paired + counts["Missing from PASI"] + summary["unusable_before"] == len(files[0])
    assert summary["rows_after"] == paired + counts["Added New to PASI"] + summary["unusable_after"] == len(files[1])


def test_the_same_files_give_the_same_bytes(tmp_path):
    cells = [[GOOD[column][n % len(GOOD[column])] for column in COLUMNS] for n in range(50)]
    assert run(cells, cells[::-1]) == run(cells, cells[::-1])


@pytest.mark.parametrize("size", [1, 2, 150, 151])
def test_very_many_rows_of_one_key(size, tmp_path):
    """Beyond 300 leftover rows a simpler pairing, which is said; the totals hold, whatever the order."""
    key, rest = ["0000-5120-8", "MAT3791", "5"], ["", "", "", "", ""]
    before = [[*key, f"section {n}", "a", "", str(n % 100), *rest] for n in range(size)]
    after = [[*key, f"section {n}", "a", "", str((n + 1) % 100), *rest] for n in range(size)]
    result, _, summary = run(before, after[::-1])
    assert summary["counts"]["Matched with Data Differences"] == size
    if 2 * size <= 300:
        assert all(
            row[-2] and ";" not in row[-2] for row in without_rows(result)[1:]
        )  # one difference each is the best
    assert any("simpler rule" in warning for warning in summary["warnings"]) == (2 * size > 300)


def test_two_files_of_headers_alone():
    _, _, summary = run([], [])
    assert summary["counts"] == dict.fromkeys(summary["counts"], 0)
