"""Which sheet of a workbook holds the export: the one that a person chose, else the first one with most of the columns."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from reconciliation.engine.sheets import wide
from reconciliation.engine.xml import Ended
from reconciliation.rules import headers
from reconciliation.rules.headers import LOOKED_AT, MOST_HEADERS
from reconciliation.rules.notes import Note, Refused, quoted
from reconciliation.rules.types import Type

LONGEST_HEADER = 1000  # letters: many sheets are looked into at once
MOST_SHEETS = 100  # that are looked into


@dataclass(frozen=True)
class Candidate:
    """`place` is the part that holds it, or its number from 0 in a file of one part."""

    name: str
    place: str
    is_hidden: bool = False


@dataclass(frozen=True)
class Choice:
    """The sheet that is read; `alike` are the names of others that have its columns too."""

    sheet: Candidate
    alike: tuple[str, ...] = ()


@dataclass
class Heads:
    """Takes the first rows of a sheet, by number; then ends the reading, if no other sheet follows in the same document."""

    ends: bool = True
    rows: dict[int, Mapping[int, str]] = field(default_factory=dict)

    def add_sparse(self, number: int, cells: Mapping[int, str]) -> None:
        if cells and len(self.rows) < LOOKED_AT:
            self.rows[number] = {
                column: text[:LONGEST_HEADER] for column, text in cells.items() if column <= MOST_HEADERS
            } or {1: ""}
        if self.ends and len(self.rows) == LOOKED_AT:
            raise Ended


def choose(
    sheets: Sequence[Candidate],
    heads: Callable[[Candidate], Mapping[int, Mapping[int, str]]],
    kind: Type,
    wanted: str,
    side: str,
) -> Choice:
    """Visible sheets go before hidden ones. Raises Refused where the wanted one is not there."""
    if wanted:
        match = next((sheet for sheet in sheets if sheet.name == wanted), None)
        if match is None:
            names = quoted(sheet.name for sheet in sheets)
            raise Refused(Note("no_such_sheet", {"side": side, "sheet": wanted, "sheets": names}))
        return Choice(match)
    in_turn = sorted(sheets, key=lambda sheet: sheet.is_hidden)
    if len(in_turn) == 1:
        return Choice(in_turn[0])
    worth: list[tuple[tuple[int, int], Candidate]] = []
    for sheet in in_turn[:MOST_SHEETS]:
        rows = [wide(cells, MOST_HEADERS) for cells in heads(sheet).values()]
        worth.append((max((headers.worth(kind, row) for row in rows), default=(0, 0)), sheet))
    best, chosen = max(worth, key=lambda one: one[0])  # the first of several
    if best[0] < len(kind.columns):
        return Choice(chosen)
    # Columns beyond the required ones make no sheet the better one.
    whole = [sheet for match, sheet in worth if match[0] == best[0]]
    return Choice(whole[0], tuple(sheet.name for sheet in whole[1:]))


def notes_of(choice: Choice, sheets: Sequence[Candidate], side: str, *, is_chosen: bool) -> list[Note]:
    """What a person should know about a sheet that nobody chose."""
    if is_chosen:
        return []
    chosen = choice.sheet
    if choice.alike:
        return [Note("sheets_alike", {"side": side, "sheet": chosen.name, "others": quoted(choice.alike)})]
    if chosen.is_hidden:
        return [Note("hidden_sheet", {"side": side, "sheet": chosen.name})]
    if chosen.name != next((sheet.name for sheet in sheets if not sheet.is_hidden), chosen.name):
        return [
            Note("sheet_read", {"side": side, "sheet": chosen.name, "sheets": quoted(sheet.name for sheet in sheets)})
        ]
    return []
