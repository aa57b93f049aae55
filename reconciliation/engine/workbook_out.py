"""result.xlsx, made from result.csv: coloured, header frozen, filters on, and a second sheet with the totals."""

import csv
import datetime as dt
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import xlsxwriter

from operations.rules.words import gettext_noop
from reconciliation.engine.lines import AFTER_ROW, BEFORE_ROW, BETWEEN, DIFFERENCES, REPAIRED
from reconciliation.engine.outcome import ENGLISH, Language, Outcome
from reconciliation.engine.sheets import SHEET_ROWS
from reconciliation.rules.notes import Note
from reconciliation.rules.statuses import ADDED, DIFFERENT, MATCH_STATUS, MISSING, PERFECT

ROOM = SHEET_ROWS - 1  # lines below the header
FILLS = {PERFECT: "#E3F1E5", DIFFERENT: "#FFF1CC", MISSING: "#F9DADA", ADDED: "#DCE9F8"}
CHANGED, REPAIRED_BORDER = "#FFD966", 4  # a dotted border
# The same two files give the same bytes.
CREATED = dt.datetime(2000, 1, 1)  # noqa: DTZ001
OPTIONS = {
    "constant_memory": True,
    "strings_to_formulas": False,
    "strings_to_numbers": False,
    "strings_to_urls": False,
}


def differing(outcome: Outcome) -> int:
    return sum(count for status, count in outcome.counts.items() if status != PERFECT)


def note(outcome: Outcome) -> Note | None:
    """What the workbook leaves out for lack of room."""
    if sum(outcome.counts.values()) <= ROOM:
        return None
    rows = differing(outcome)
    return Note("sheet_part", {"rows": rows}) if rows <= ROOM else Note("sheet_cut", {"rows": ROOM})


# Numbers of the second sheet, by their names in summary.json; those of one file name it in brackets.
NUMBERS = {
    "type": gettext_noop("Contents of the files"),
    "school": gettext_noop("School"),
    "school_year": gettext_noop("School year"),
    "rows": gettext_noop("Rows"),
    "unusable": gettext_noop("Unusable rows"),
    "set_apart": gettext_noop("Deleted rows, listed separately"),
    "repaired_cells": gettext_noop("Repaired cells"),
    "equal_after_normalising": gettext_noop("Cells that match only as values"),
}
WORDS = {
    "Result": gettext_noop("Result"),
    "Summary": gettext_noop("Summary"),
    "before": gettext_noop("before"),
    "after": gettext_noop("after"),
    MATCH_STATUS: gettext_noop("Match Status"),
    BEFORE_ROW: gettext_noop("Before Row"),
    AFTER_ROW: gettext_noop("After Row"),
    DIFFERENCES: gettext_noop("Differences"),
    REPAIRED: gettext_noop("Repaired"),
    PERFECT: gettext_noop("Perfectly Matched"),
    DIFFERENT: gettext_noop("Matched with Data Differences"),
    MISSING: gettext_noop("Missing from PASI"),
    ADDED: gettext_noop("Added New to PASI"),
}


class Words:
    """The workbook's words in one language. Columns keep the names that PASIprep gives them."""

    def __init__(self, language: Language) -> None:
        self.sentence = language.sentence
        self.names = {word: language.translate(marked) for word, marked in WORDS.items()}
        self.numbers = {name: language.translate(word) for name, word in NUMBERS.items()}

    def column(self, name: str) -> str:
        """ "Exit Date (after)" with the side in the reader's language."""
        if name in self.names:
            return self.names[name]
        column, _, side = name.removesuffix(")").rpartition(" (")
        return f"{column} ({self.names[side]})" if side in ("before", "after") else name

    def columns(self, names: str) -> str:
        return BETWEEN.join(map(self.column, names.split(BETWEEN))) if names else ""

    def number(self, name: str) -> str:
        head, _, side = name.rpartition("_")
        return f"{self.numbers[head]} ({self.names[side]})" if side in ("before", "after") else self.numbers[name]


def write(result: Path, path: Path, outcome: Outcome, step: Callable[[], None], language: Language = ENGLISH) -> None:
    """Raises what `step` raises; then there is no workbook."""
    part = path.with_name(f"{path.name}.part")
    book = xlsxwriter.Workbook(str(part), {**OPTIONS, "tmpdir": str(path.parent)})
    book.set_properties({"created": CREATED})
    try:
        with result.open(encoding="utf-8-sig", newline="") as file:
            lines = csv.reader(file)
            header = next(lines)
            if note(outcome):
                lines = (line for line in lines if line[0] != PERFECT)  # type: ignore[assignment]
            _lines(book, header, islice(lines, ROOM), step, Words(language))
        _totals(book, outcome, Words(language))
        book.close()
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


class Formats:
    """The few looks of a cell, each made once."""

    def __init__(self, book: Any) -> None:
        self.header = book.add_format({"bold": True, "bottom": 1, "text_wrap": True, "valign": "top"})
        self.status = {status: book.add_format({"bg_color": colour}) for status, colour in FILLS.items()}
        self.cell = {
            (changed, repaired): book.add_format(
                {
                    **({"bg_color": CHANGED, "bold": True} if changed else {}),
                    **({"border": REPAIRED_BORDER, "italic": True} if repaired else {}),
                }
            )
            for changed in (False, True)
            for repaired in (False, True)
        }


def _lines(book: Any, header: list[str], lines: Iterator[list[str]], step: Callable[[], None], words: Words) -> None:
    sheet, formats = book.add_worksheet(words.names["Result"]), Formats(book)
    sheet.freeze_panes(1, 0)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, len(header) - 1, 14)
    for column, name in enumerate(header):
        sheet.write_string(0, column, words.column(name), formats.header)
    differences, repaired = header.index(DIFFERENCES), header.index(REPAIRED)
    number = 0
    for number, line in enumerate(lines, 1):
        changed = {f"{name} ({side})" for name in _names(line[differences]) for side in ("before", "after")}
        mended = _names(line[repaired])
        mended |= {name.rpartition(" (")[0] for name in mended}  # a key column stands there once for both files
        sheet.write_string(number, 0, words.names[line[0]], formats.status[line[0]])
        line[repaired] = words.columns(line[repaired])
        for column in range(1, len(line)):
            name, text = header[column], line[column]
            look = name in changed, name in mended
            if any(look):
                sheet.write_string(number, column, text, formats.cell[look])
            elif text:
                _plain(sheet, number, column, text)
        if number % 10_000 == 0:
            step()
    sheet.autofilter(0, 0, number, len(header) - 1)


def _plain(sheet: Any, row: int, column: int, text: str) -> None:
    if column in (1, 2):
        sheet.write_number(row, column, int(text))
    else:
        sheet.write_string(row, column, text)


def _names(text: str) -> set[str]:
    return set(text.split(BETWEEN)) if text else set()


def _totals(book: Any, outcome: Outcome, words: Words) -> None:
    sheet = book.add_worksheet(words.names["Summary"])
    sheet.set_column(0, 0, 40)
    sheet.set_column(1, 1, 20)
    summary = outcome.summary()
    plain = {name: value for name, value in summary.items() if not isinstance(value, dict | list)}
    rows = [(words.number(name), value) for name, value in plain.items()]
    rows += [(words.names[status], count) for status, count in outcome.counts.items()]
    rows += [(words.sentence(one), None) for one in outcome.warnings]
    for number, (name, value) in enumerate(rows):
        sheet.write_string(number, 0, name)
        if isinstance(value, int):
            sheet.write_number(number, 1, value)
        elif value is not None:
            sheet.write_string(number, 1, str(value))
