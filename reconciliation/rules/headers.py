"""Which row of a file holds the headers, and which rows are totals added by a spreadsheet or a report."""

from collections.abc import Iterable, Sequence
from functools import cache

from reconciliation.rules import invisible
from reconciliation.rules.types import NEVER_COMPARED, OPTIONAL_KINDS, TYPES, Type, find_columns, simplified

LOOKED_AT = 50  # rows with text, from the top
FEWEST = 2  # headers that a row must have to be taken instead of the first one
MOST_HEADERS = 500  # PASIprep offers some forty columns

# What else PASIprep calls its columns (direct-connect 20.1).
OTHER_HEADERS = ("Student Name", "Description", "School Enrolment", "School", "Partner PSI", "Period")

SUM = r"totals?|totaux|sums?|sommes?|counts?|number|nombre|compte|averages?|avg|moyennes?"
COUNTED = r"records?|rows?|lines?|students?|entries|enregistrements?|lignes?|élèves?|inscriptions?"
OF = r"(?:of |d['’]|de |des )?"  # "number of records", "nombre d'enregistrements"
# A pattern that Python and Rust read alike: "Total", "Grand total: 412", "4 records", "Nombre d'enregistrements : 12".
TOTALS = (
    rf"(?i)^\W*(?:(?:grand|sub|sous|overall|general|full|all)[\s-]*)?(?:{SUM}|{COUNTED})"
    rf"(?:[\W\d]*(?:général(?:e|es|aux)?|generale?|partiels?|overall|{OF}(?:{COUNTED})|{SUM}))*[\W\d]*$"
    rf"|^[\d\s.,]+(?:{COUNTED})\W*$"
)
MOST_CELLS_OF_A_TOTAL = 4  # with text, where no key column says what it is: a record has more


@cache
def known_headers() -> frozenset[str]:
    """Everything that PASIprep calls a column, simplified."""
    names = [*NEVER_COMPARED, *OPTIONAL_KINDS, *OTHER_HEADERS]
    for kind in TYPES.values():
        for column in kind.columns:
            names += [column.name, *column.headers]
    return frozenset(map(simplified, names))


def matching_headers(cells: Sequence[str]) -> int:
    return len({simplified(invisible.header(cell)) for cell in cells[:MOST_HEADERS]} & known_headers())


def worth(kind: Type, cells: Sequence[str]) -> tuple[int, int]:
    """How much a row looks like the headers: required columns that it has, then names of columns at all."""
    some = matching_headers(cells)
    if not some:
        return 0, 0
    return len(find_columns(kind, [invisible.header(cell) for cell in cells[:MOST_HEADERS]]).places), some


def header_place(kind: Type, rows: Sequence[Sequence[str]]) -> int:
    """The place of the headers among the first rows; 0 where no row below the first one looks more like them."""
    best, place = (0, FEWEST - 1), 0
    for number, cells in enumerate(rows):
        score = worth(kind, cells)
        if score > best and score[1] >= FEWEST:
            best, place = score, number
        if best[0] == len(kind.columns):
            break
    return place


def are_headers(cells: Sequence[str], below: Iterable[Sequence[str]]) -> bool:
    """Whether a row is certainly no record: several of PASIprep's headers; or names in every cell, all different and without a
    digit, over a column in which most rows have digits. A row of a student has an ASN, dates or marks."""
    if matching_headers(cells) >= FEWEST:
        return True
    names = [cell.strip() for cell in cells if cell.strip()]
    if (
        len(names) < FEWEST
        or len(set(names)) < len(names)
        or any(letter.isdigit() for name in names for letter in name)
    ):
        return False
    if not any(cells) or "" in map(str.strip, cells[: len(names)]):
        return False
    rows = list(below)
    counts = [sum(any(map(str.isdigit, cell)) for cell in column) for column in zip(*rows, strict=True)]
    return any(2 * count > len(rows) for count in counts)


def likely_kind(headers: Sequence[str]) -> Type | None:
    """The kind of file whose required columns are all there."""
    return next((kind for kind in TYPES.values() if not find_columns(kind, list(headers)).missing), None)
