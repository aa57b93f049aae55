"""Reads XML without building a tree, for the two spreadsheet formats made of it. A document type is refused: it could carry entities."""

from collections.abc import Callable, Iterable
from typing import Any, cast

from lxml import etree

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

    def bounds(self, row: int, column: int = 1) -> None:
        """Raises Refused for a cell that no spreadsheet has; both count from 1."""
        if not (1 <= row <= SHEET_ROWS and 1 <= column <= SHEET_COLUMNS):
            raise self.refuse("too_wide", row=min(max(row, 0), SHEET_ROWS))


class Ended(Exception):
    """What was looked for is read; the rest of the document does not matter."""


def local(tag: str) -> str:
    return tag.rpartition("}")[2]


def parse(pieces: Iterable[bytes], target: Target, step: Callable[[], None]) -> None:
    """Feed the target. Raises Refused."""
    # huge_tree off keeps libxml2's own limits on depth, names and texts.
    parser: Any = etree.XMLParser(
        target=cast("Any", target), resolve_entities=False, no_network=True, huge_tree=False, load_dtd=False, remove_pis=True
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
