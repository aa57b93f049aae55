"""A slow and obvious reconciliation of course marks, which shares no code with the product.

What a cell means is not worked out here: the tests make their cells from CELLS, which says it.
"""

import csv
import io
from collections import defaultdict
from dataclasses import dataclass
from itertools import permutations

KEY = ["ASN", "Code"]
COMPARED = [
    "Credits Attempted",
    "Section Description",
    "Term",
    "Exit Date",
    "Value",
    "Assignment Date",
    "Approved?",
    "Status",
    "Funding Requested?",
    "Entry Date",
]
COLUMNS = KEY + COMPARED


@dataclass(frozen=True)
class Means:
    """The value (None: it cannot be read), and whether PASIprep ever writes such a cell."""

    value: str | None
    foreign: bool = False
    reason: str = ""


def same(*texts: str) -> dict[str, Means]:
    return {text: Means(text) for text in texts}


NONE = {"": Means(""), "-": Means(""), "  ": Means("")}
DATE = {
    **NONE,
    **same("2027-01-29", "2026-09-01"),
    "29/01/2027": Means("2027-01-29", True),
    "1/29/2027": Means("2027-01-29", True),
    "2027/01/29": Means("2027-01-29", True),
    "2026-09-01 00:00": Means("2026-09-01", True),
    "01/09/2026": Means(None, True),
    "46266": Means(None, True),
    "soon": Means(None, True),
}
YES_NO = {**NONE, **same("Yes", "No"), "TRUE": Means("Yes", True), "no": Means("No", True), "maybe": Means(None, True)}
TEXT = {
    **NONE,
    **same(
        "Semester 1",
        "Semester 2",
        "semester 1",
        "Semester 1 ",
        "=1+1",
        "'=1+1",
        "-1",
        "-1,5",
        "-a",
        "-1+1",
        "@a",
        "\tb",
        "+",
        'in "quotes"',
    ),
    **same("a\nb", "a; b", "a,b", "\u00e9t\u00e9"),
    "e\u0301te\u0301": Means("\u00e9t\u00e9"),
    "#REF!": Means(None, True),
}
NUMBER = {
    **NONE,
    **same("5", "3", "-1", "0"),
    "5.0": Means("5", True),
    "05": Means("5", True),
    "5,00": Means("5", True),
    "5 ": Means("5", True),
    "1,500": Means(None, True),
    "5E+00": Means(None, True),
}
CELLS = {
    "ASN": {
        **same("0000-5120-8", "1000-8846-3"),
        "000051208": Means("0000-5120-8", True),
        "51208": Means("0000-5120-8", True),
        "51208.0": Means("0000-5120-8", True),
        "1000 8846 3": Means("1000-8846-3", True),
        "1.00009E+08": Means(None, True, "ASN: in scientific notation: digits are lost"),
        "12-34": Means(None, True, "ASN: not the nine digits of an ASN"),
        "": Means(None, False, "ASN: blank"),
    },
    "Code": {
        **same("MAT3791", "SCN2231"),
        "mat3791": Means("MAT3791", True),
        " MAT 3791": Means("MAT3791", True),
        "-": Means(None, False, "Code: blank"),
    },
    "Credits Attempted": {**NUMBER, "five": Means(None, True)},
    "Section Description": TEXT,
    "Term": TEXT,
    "Exit Date": DATE,
    "Value": {**NUMBER, **same("INC", "inc", "=INC"), "78.50": Means("78.5", True)},
    "Assignment Date": DATE,
    "Approved?": YES_NO,
    "Status": TEXT,
    "Funding Requested?": YES_NO,
    "Entry Date": DATE,
}


ORDER = ["Matched with Data Differences", "Missing from PASI", "Added New to PASI", "Perfectly Matched"]
AMBIGUOUS, DAY_FIRST, MONTH_FIRST = "01/09/2026", "29/01/2027", "1/29/2027"


def settled(rows: list[list[str]]) -> dict[str, Means]:
    """What 01/09/2026 means in each column of dates: the other cells of the column can prove it."""
    found = {}
    for column, place in ((column, place) for place, column in enumerate(COLUMNS) if CELLS[column] is DATE):
        cells = {row[place] for row in rows}
        if DAY_FIRST in cells and MONTH_FIRST not in cells:
            found[column] = Means("2026-09-01", True)
        elif MONTH_FIRST in cells and DAY_FIRST not in cells:
            found[column] = Means("2026-01-09", True)
    return found


@dataclass(frozen=True)
class Row:
    number: int
    cells: tuple[str, ...]
    settled: dict[str, Means]

    @property
    def means(self) -> list[Means]:
        return [
            self.settled[column] if cell == AMBIGUOUS and column in self.settled else CELLS[column][cell]
            for column, cell in zip(COLUMNS, self.cells, strict=True)
        ]

    @property
    def key(self) -> tuple[str | None, ...]:
        return tuple(one.value for one in self.means[: len(KEY)])

    @property
    def values(self) -> tuple[str | None, ...]:
        return tuple(one.value for one in self.means[len(KEY) :])


def harmless(text: str) -> str:
    shown = text.lstrip(" \u00a0\u200b\ufeff")
    if shown[:1] == "-":
        digits, _, decimals = shown[1:].replace(",", ".", 1).partition(".")
        plain = digits.isdecimal() and digits.isascii() and ("." not in text.replace(",", ".") or decimals.isdecimal())
        return text if shown == "-" or plain else "'" + text
    starts = shown[:1] and shown[:1] in "=+@\uff1d\uff0b\uff0d\uff20"
    return "'" + text if starts or (text and text[0] in "\t\r\n") else text


def differing(before: Row, after: Row) -> list[str]:
    return [
        column
        for column, one, two in zip(COMPARED, before.values, after.values, strict=True)
        if one is None or two is None or one != two
    ]


def take_pairs(before: list[Row], after: list[Row], alike) -> list[tuple[Row, Row]]:
    """Each row of the first list with the first free one of the second that is alike; both lose what is paired."""
    pairs = []
    for row in list(before):
        partner = next((other for other in after if alike(row, other)), None)
        if partner:
            pairs.append((row, partner))
            before.remove(row)
            after.remove(partner)
    return pairs


def best_pairs(before: list[Row], after: list[Row]) -> list[tuple[Row, Row]]:
    """All ways are tried, the earliest partners of the first rows first."""
    size = max(len(before), len(after))
    best, cost = None, None
    for order in permutations(range(size)):  # in lexicographic order
        pairs = [(row, after[at]) for row, at in zip(before, order, strict=False) if at < len(after)]
        total = sum(len(differing(*pair)) for pair in pairs)
        if cost is None or total < cost:
            best, cost = pairs, total
    return best or []


def pair(before: list[Row], after: list[Row]) -> list[tuple[Row | None, Row | None]]:
    before, after = list(before), list(after)
    pairs: list[tuple[Row | None, Row | None]] = []
    pairs += take_pairs(before, after, lambda one, two: one.cells == two.cells)
    before.sort(key=lambda row: (row.cells, row.number))
    after.sort(key=lambda row: (row.cells, row.number))
    pairs += take_pairs(before, after, lambda one, two: not differing(one, two))
    best = best_pairs(before, after)
    pairs += best
    paired = {id(row) for rows in best for row in rows}
    pairs += [(row, None) for row in before if id(row) not in paired]
    pairs += [(None, row) for row in after if id(row) not in paired]
    return pairs


def status_of(before: Row | None, after: Row | None) -> str:
    if before is None:
        return "Added New to PASI"
    if after is None:
        return "Missing from PASI"
    return "Matched with Data Differences" if differing(before, after) else "Perfectly Matched"


def line_of(before: Row | None, after: Row | None) -> list[str]:
    some = before or after
    assert some
    cells = []
    for place in range(len(KEY), len(COLUMNS)):
        cells += [harmless(row.cells[place]) if row else "" for row in (before, after)]
    repaired = [
        f"{column} ({side})"
        for place, column in enumerate(COLUMNS)
        for side, row in (("before", before), ("after", after))
        if row and row.means[place].foreign
    ]
    return [
        status_of(before, after),
        str(before.number) if before else "",
        str(after.number) if after else "",
        *(value or "" for value in some.key),
        *cells,
        "; ".join(differing(before, after) if before and after else []),
        "; ".join(repaired),
    ]


def as_csv(rows: list[list[str]]) -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, quoting=csv.QUOTE_ALL, lineterminator="\r\n").writerows(rows)
    return b"\xef\xbb\xbf" + text.getvalue().encode()


@dataclass(frozen=True)
class Expected:
    result: bytes
    unusable: bytes | None
    summary: dict


def reconcile(before: list[list[str]], after: list[list[str]]) -> Expected:
    """Both lists are the files' rows without their header, in the order of COLUMNS."""
    sides = [
        [Row(number, tuple(cells), settled(rows)) for number, cells in enumerate(rows, 2)] for rows in (before, after)
    ]
    usable = [[row for row in rows if None not in row.key] for rows in sides]
    unusable = [[row for row in rows if None in row.key] for rows in sides]
    groups: dict[tuple, tuple[list[Row], list[Row]]] = defaultdict(lambda: ([], []))
    for side, rows in enumerate(usable):
        for row in rows:
            groups[row.key][side].append(row)
    pairs = [one for group in groups.values() for one in pair(*group)]
    lines = [line_of(*one) for one in pairs]
    lines.sort(
        key=lambda line: (
            ORDER.index(line[0]),
            line[3:5],
            line[5:],
            *(int(line[at]) if line[at] else 10**9 for at in (1, 2)),
        )
    )
    header = ["Match Status", "Before Row", "After Row", *KEY]
    header += [f"{column} ({side})" for column in COMPARED for side in ("before", "after")]
    apart = [
        [side, str(row.number), "; ".join(one.reason for one in row.means if one.reason), *map(harmless, row.cells), ""]
        for side, rows in zip(("before", "after"), unusable, strict=True)
        for row in rows
    ]
    matched = [one for one in pairs if one[0] and one[1]]
    return Expected(
        as_csv([[*header, "Differences", "Repaired"], *lines]),
        as_csv([["File", "Row", "Reason", *COLUMNS, "More Cells"], *apart]) if apart else None,
        {
            "rows_before": len(before),
            "rows_after": len(after),
            "counts": {
                status: sum(line[0] == status for line in lines)
                for status in (
                    "Perfectly Matched",
                    "Matched with Data Differences",
                    "Missing from PASI",
                    "Added New to PASI",
                )
            },
            "unusable_before": len(unusable[0]),
            "unusable_after": len(unusable[1]),
            "repaired_cells": sum(len(line[-1].split("; ")) for line in lines if line[-1]),
            "equal_after_normalising": sum(
                one.cells[place] != two.cells[place] and one.means[place].value == two.means[place].value is not None
                for one, two in matched
                for place in range(len(COLUMNS))
            ),
        },
    )
