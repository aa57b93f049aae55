"""Reads XML without building a tree, for the two spreadsheet formats made of it. A document type is refused: it could carry entities."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from lxml import etree

from reconciliation.engine.bounds import LONGEST_CELL, MOST_NAMED
from reconciliation.engine.sheets import SHEET_COLUMNS, SHEET_ROWS
from reconciliation.rules.notes import Note, Refused


class Target:
    """Receives the parser's events; names come without their namespace. `side` names the file in refusals."""

    def __init__(self, side: str) -> None:
        self.side = side

    def refuse(self, code: str, **values: str | int) -> Refused:
        return Refused(Note(code, {"side": self.side, **values}))

    def doctype(self, name: str, public: str | None, system: str | None) -> None:
        raise self.refuse("entities")

    def start(self, tag: str, attributes: dict[str, str]) -> None:
        self.opened(local(tag), attributes)

    def end(self, tag: str) -> None:
        self.closed(local(tag))

    def data(self, text: str) -> None: ...

    def comment(self, text: str) -> None: ...

    def close(self) -> None: ...

    def opened(self, name: str, attributes: dict[str, str]) -> None: ...

    def closed(self, name: str) -> None: ...

    def few(self, count: int) -> None:
        """Raises Refused for more names than a workbook has."""
        if count > MOST_NAMED:
            raise self.refuse("many_parts", limit=MOST_NAMED)

    def bounds(self, row: int, column: int = 1) -> None:
        """Raises Refused for a cell that no spreadsheet has; both count from 1."""
        if not (1 <= row <= SHEET_ROWS and 1 <= column <= SHEET_COLUMNS):
            raise self.refuse("too_wide", row=min(max(row, 0), SHEET_ROWS))


class Text:
    """The text of one cell or string, which comes in pieces."""

    def __init__(self, target: Target) -> None:
        self.target, self.parts, self.length = target, list[str](), 0

    def add(self, text: str, row: int = 0) -> None:
        self.parts.append(text)
        self.length += len(text)
        if self.length > LONGEST_CELL:
            raise self.target.refuse("long_cell", row=row, limit=LONGEST_CELL)

    def clear(self) -> None:
        self.parts, self.length = [], 0

    def __str__(self) -> str:
        return "".join(self.parts)


class Ended(Exception):
    """Enough has been read; the rest of the document does not matter."""


def local(tag: str) -> str:
    return tag.rpartition("}")[2]


def parse(pieces: Iterable[bytes], target: Target, step: Callable[[], None]) -> None:
    """Feed the target. Raises Refused."""
    # huge_tree off keeps libxml2's own limits on depth, names and texts.
    parser: Any = etree.XMLParser(
        target=cast("Any", target),
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_pis=True,
    )
    try:
        for piece in pieces:
            parser.feed(piece)
            step()
        parser.close()
    except Ended:
        return
    except etree.XMLSyntaxError as error:
        raise target.refuse("bad_xml", line=error.lineno or 0) from None
