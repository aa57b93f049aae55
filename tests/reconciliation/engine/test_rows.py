"""Pages of a result against the plain reading of result.csv, and what moved against the plain comparison of two results."""

import csv
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from reconciliation.engine import earlier_result, rows
from reconciliation.engine.rows import Reader, Wanted
from reconciliation.rules.statuses import STATUSES
from tests.reconciliation.files import compare, write

HEADER = [
    "ASN", "Code", "Credits Attempted", "Section Description", "Term", "Exit Date", "Value", "Assignment Date", "Approved?",
    "Status", "Funding Requested?", "Entry Date",
]  # fmt: skip
KEYS = ["ASN", "Code"]
ASNS = ["0000-4417-2", "0000-5120-8", "1000-8846-3"]

row = st.builds(
    lambda asn, code, text, value: [
        asn,
        code,
        "5",
        text,
        "Full Year",
        "2027-01-29",
        value,
        "2027-01-29",
        "Yes",
        "Active",
        "Yes",
        "2026-09-15",
    ],
    st.sampled_from(ASNS),
    st.sampled_from(["MAT3791", "ELA2105"]),
    st.sampled_from(["", 'A, "quoted"', "=B", "two\nlines", "é; x", "'"]),
    st.sampled_from(["75", "80", "-", ""]),
)
table = st.lists(row, min_size=1, max_size=12)


def result(folder, before, after):
    folder.mkdir(parents=True, exist_ok=True)
    done = compare(write(folder / "b.csv", [HEADER, *before]), write(folder / "a.csv", [HEADER, *after]), folder)
    header = rows.write(folder / "result.csv", folder / rows.ROWS)
    return done, Reader(folder, header, KEYS)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table, table, st.integers(1, 5))
def test_pages_hold_every_line_once_in_both_directions(tmp_path, before, after, size):
    done, reader = result(tmp_path, before, after)
    expected = done._rows("result.csv")[1:]
    places = [str(place) for place in range(len(reader.header))]
    seen, mark = [], None
    while True:
        page = reader.page(Wanted(), size, after=mark)
        seen += [[one[place] for place in places] for one in page.rows]
        assert page.more_before == (mark is not None)
        if not page.more_after:
            break
        mark = page.rows[-1]["line"]
    assert seen == expected
    back, mark = [], len(expected) + 1
    while True:
        page = reader.page(Wanted(), size, before=mark)
        back = [one["line"] for one in page.rows] + back
        if not page.more_before:
            break
        mark = page.rows[0]["line"]
    assert back == list(range(1, len(expected) + 1))
    for status in STATUSES:
        assert reader.count(Wanted(status=status)) == sum(line[0] == status for line in expected)
    for name in ("Value", "Section Description"):
        lines = [number for number, line in enumerate(expected, 1) if name in line[-2].split("; ")]
        assert [one["line"] for one in reader.page(Wanted(field=name), 99).rows] == lines
    for asn in ASNS:
        lines = [number for number, line in enumerate(expected, 1) if line[3] == asn]
        assert [one["line"] for one in reader.page(Wanted(asns=(asn,)), 99).rows] == lines
        if lines:
            assert reader.count(Wanted(like=(lines[-1],))) == len(lines)
            assert reader.first_of("ASN", [asn]) == lines[:1]


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(table, table, table)
def test_moved_adds_up(tmp_path, before, after, later):
    """Whatever repeats: the lines of both results are all told once, as moved, gone, new, or as they were."""
    then, first = result(tmp_path / "then", before, after)
    now, second = result(tmp_path / "now", before, later)
    counts = earlier_result.write(tmp_path / "now", second.header, tmp_path / "then", first.header, KEYS)
    told_then, told_now = Counter(), Counter()
    for key, count in counts.items():
        was, _, is_now = key.partition(">")
        assert was != is_now
        told_then[was] += count
        told_now[is_now] += count
    for status in STATUSES:
        stayed_then = then.outcome.counts[status] - told_then[status]
        assert stayed_then == now.outcome.counts[status] - told_now[status] >= 0
    assert second.count(Wanted(moved=True)) == sum(count for key, count in counts.items() if not key.endswith(">"))


def test_a_lost_row_that_came_back_and_one_that_is_lost_now(tmp_path):
    one, two, three = ([asn, "MAT3791", "5", "", "", "", "75", "", "", "", "", ""] for asn in ASNS)
    result(tmp_path / "then", [one, two, three], [two, three])
    _, reader = result(tmp_path / "now", [one, two, three], [one, three])
    counts = earlier_result.write(tmp_path / "now", reader.header, tmp_path / "then", reader.header, KEYS)
    assert counts == {"Missing from PASI>Perfectly Matched": 1, "Perfectly Matched>Missing from PASI": 1}
    assert reader.page(Wanted(was="Missing from PASI"), 9).rows[0]["3"] == ASNS[0]


def test_of_rows_with_one_key_the_one_that_moved_is_told(tmp_path):
    rows_of_key = [
        [ASNS[0], "MAT3791", "5", text, "", "", "75", "", "", "", "", ""] for text in ("first", "second", "third")
    ]
    result(tmp_path / "then", rows_of_key, rows_of_key[:2])
    _, reader = result(tmp_path / "now", rows_of_key, rows_of_key)
    counts = earlier_result.write(tmp_path / "now", reader.header, tmp_path / "then", reader.header, KEYS)
    assert counts == {"Missing from PASI>Perfectly Matched": 1}
    (moved,) = reader.page(Wanted(moved=True), 9).rows
    assert "third" in moved.values()


def test_unusable_rows_have_pages_too(tmp_path):
    bad = ["", "MAT3791", *[""] * 10]
    compare(write(tmp_path / "b.csv", [HEADER, *[bad] * 5]), write(tmp_path / "a.csv", [HEADER, bad]), tmp_path)
    header = rows.write(tmp_path / "unusable.csv", tmp_path / rows.UNUSABLE_ROWS)
    page = Reader(tmp_path, header, name=rows.UNUSABLE_ROWS).page(Wanted(), 4, after=1)
    assert [(one["line"], one["0"], one["1"]) for one in page.rows] == [
        (2, "before", "3"),
        (3, "before", "4"),
        (4, "before", "5"),
        (5, "before", "6"),
    ]
    assert page.more_after
    with (tmp_path / "unusable.csv").open(encoding="utf-8-sig", newline="") as file:
        assert next(csv.reader(file)) == header


def test_a_result_without_a_line_has_one_empty_page(tmp_path):
    _, reader = result(tmp_path, [["", "X", *[""] * 10]], [["", "X", *[""] * 10]])
    assert reader.page(Wanted(), 9).rows == []
    assert reader.count(Wanted()) == 0
