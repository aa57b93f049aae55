"""Writes result.csv and unusable.csv. Each appears complete or not at all."""

import csv
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from operations.rules.formulas import harmless
from reconciliation.engine.columns import FORM_NUMBERS, FORMS, Export
from reconciliation.engine.lines import AFTER_ROW, BEFORE_ROW, Counts, Lines
from reconciliation.engine.matching import Matched
from reconciliation.rules.notes import Note, phrase
from reconciliation.rules.statuses import IN_RESULT, MATCH_STATUS
from reconciliation.rules.types import Type

BOM = b"\xef\xbb\xbf"
PIECE = 131_072  # lines that are texts at a time
COPIED = 1 << 20  # bytes at a time
REASON = "Reason"  # the header of the column
RESULT, UNUSABLE, SUMMARY, WORKBOOK = "result.csv", "unusable.csv", "summary.json", "result.xlsx"
FILES = (RESULT, UNUSABLE, SUMMARY, WORKBOOK)


def workbook_name(language: str = "") -> str:
    """ "result.xlsx" is English, "result.fr.xlsx" French."""
    return f"result.{language}.xlsx" if language else WORKBOOK


def clear(folder: Path) -> None:
    """Removes what a former run left."""
    for path in [*(folder / name for name in FILES), *folder.glob(workbook_name("??"))]:
        path.unlink(missing_ok=True)


@contextmanager
def whole(path: Path) -> Iterator[BinaryIO]:
    """A file that takes its name only when it is complete."""
    part = path.with_name(f"{path.name}.part")
    try:
        with part.open("wb") as file:
            yield file
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)


def in_order(matched: Matched, lines: Lines) -> pl.DataFrame:
    """Places of the rows by key, then row content: the order of the result within a status."""
    if not matched.repeated.height:
        return matched.single.sort("key")
    key = matched.repeated["key"].rename("\x00key")
    texts = lines.build(matched.repeated, Counts()).with_columns(key)
    content = [name for name in texts.columns if name not in (MATCH_STATUS, BEFORE_ROW, AFTER_ROW, key.name)]
    # Lines of the same content keep the order of their rows, as numbers.
    places = matched.repeated.select(pl.col("before").alias("\x00before"), pl.col("after").alias("\x00after"))
    texts = texts.hstack(places)
    order = texts.select(
        pl.arg_sort_by(key.name, MATCH_STATUS, *content, "\x00before", "\x00after", nulls_last=True)
    ).to_series()
    several = matched.repeated[order]
    # A key lies in one of the two frames only, so a stable sort keeps this order.
    return pl.concat([matched.single, several]).sort("key", maintain_order=True)


def write_result(path: Path, matched: Matched, lines: Lines, progress: Callable[[float], None]) -> Counts:
    """Rows that differ, are missing or new come before those that match; within each by key."""
    counts, places = Counts(), in_order(matched, lines)
    first, *others = IN_RESULT
    with whole(path) as file, ExitStack() as stack:
        # Only when all is built it is known where each status begins, so all but the first wait in files of their own.
        parts: dict[str, Any] = {first: file}
        parts |= {status: stack.enter_context(tempfile.TemporaryFile(dir=path.parent)) for status in others}
        file.write(BOM)
        _write(file, pl.DataFrame(schema=dict.fromkeys(lines.header, pl.String)), has_header=True)
        for start in range(0, places.height, PIECE):
            frame = lines.build(places.slice(start, PIECE), counts)
            for status, part in parts.items():
                _write(part, frame.filter(pl.col(MATCH_STATUS) == status))
            progress(min(1.0, (start + PIECE) / places.height))
        for status in others:
            parts[status].seek(0)
            shutil.copyfileobj(parts[status], file, COPIED)
    return counts


def _write(file: BinaryIO, frame: pl.DataFrame, *, has_header: bool = False) -> None:
    if not (frame.height or has_header):
        return
    # Every cell in quotes, as PASIprep itself writes.
    frame.write_csv(file, include_header=has_header, line_terminator="\r\n", quote_style="always", batch_size=8192)


Reasons = dict[str, tuple[Note, ...]]


def write_unusable(path: Path, kind: Type, names: list[str], exports: list[tuple[Export, pl.Series]]) -> Reasons:
    """The rows that stand apart (each mask is True for the usable rows), with their cells as they are.

    Gives the reasons that occur, as notes: the file has them in English.
    """
    reasons: Reasons = {}
    with whole(path) as binary:
        binary.write(BOM)
        writer: Any = csv.writer(_Text(binary), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(["File", "Row", REASON, *map(harmless, names), "More Cells"])
        for export, usable in exports:
            writer.writerows(_unusable(kind, names, export, usable, reasons))
    return reasons


def _unusable(kind: Type, names: list[str], export: Export, usable: pl.Series, reasons: Reasons) -> Iterator[list[str]]:
    places = (~usable).arg_true()
    forms = {
        column.name: export.meanings[column.name].forms.gather(places)
        for column in kind.key
        if column.name in export.meanings
    }
    unreadable = {number for code, number in FORM_NUMBERS.items() if not FORMS[number].readable and code}
    cells, totals = export.cells.select(names)[places], set(export.totals)
    for at, (row, texts) in enumerate(zip(export.rows.gather(places).to_list(), cells.iter_rows(), strict=True)):
        surplus = export.sheet.long.get(row, [])
        notes = [Note("totals_row")] if row in totals else [Note("too_many_cells")] if surplus else []
        if row not in totals:
            notes += [
                Note("key_unreadable", {"column": name, "form": FORMS[numbers[at]].sentence})
                for name, numbers in forms.items()
                if numbers[at] in unreadable
            ]
        reason = "; ".join(map(phrase, notes))
        reasons.setdefault(reason, tuple(notes))
        yield [export.side, str(row), reason, *map(harmless, texts), "; ".join(map(harmless, surplus))]


class _Text:
    """What csv.writer writes to: lines as UTF-8 into a binary file."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def write(self, text: str) -> int:
        return self.file.write(text.encode())
