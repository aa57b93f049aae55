"""Writes result.csv and unusable.csv. Both appear whole or not at all."""

import csv
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, BinaryIO

import polars as pl

from reconciliation.engine.columns import FORM_NUMBERS, FORMS, Export
from reconciliation.engine.lines import AFTER_ROW, BEFORE_ROW, Counts, Lines
from reconciliation.engine.matching import Matched
from reconciliation.rules.harmless import harmless
from reconciliation.rules.notes import KEY_UNREADABLE, TOO_MANY_CELLS
from reconciliation.rules.statuses import MATCH_STATUS
from reconciliation.rules.types import Type

BOM = b"\xef\xbb\xbf"
PIECE = 131_072  # lines that are texts at a time
RESULT, UNUSABLE, SUMMARY, WORKBOOK = "result.csv", "unusable.csv", "summary.json", "result.xlsx"
FILES = (RESULT, UNUSABLE, SUMMARY, WORKBOOK)


def clear(folder: Path) -> None:
    """Take away what a former run left."""
    for name in FILES:
        (folder / name).unlink(missing_ok=True)


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
    """Places of the rows in the order of the result: by key, status, then row content."""
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


def write_result(
    path: Path, matched: Matched, lines: Lines, progress: Callable[[float], None]
) -> Counts:
    counts, places = Counts(), in_order(matched, lines)
    with whole(path) as file:
        file.write(BOM)
        _write(file, pl.DataFrame(schema=dict.fromkeys(lines.header, pl.String)), has_header=True)
        for start in range(0, places.height, PIECE):
            _write(file, lines.build(places.slice(start, PIECE), counts))
            progress(min(1.0, (start + PIECE) / places.height))
    return counts


def _write(file: BinaryIO, frame: pl.DataFrame, *, has_header: bool = False) -> None:
    # Every cell in quotes, as PASIprep itself writes.
    frame.write_csv(file, include_header=has_header, line_terminator="\r\n", quote_style="always", batch_size=8192)


def write_unusable(path: Path, kind: Type, names: list[str], exports: list[tuple[Export, pl.Series]]) -> None:
    """The rows that stand apart (each mask is True for the usable rows), with their cells as they are."""
    with whole(path) as binary:
        binary.write(BOM)
        writer: Any = csv.writer(_Text(binary), quoting=csv.QUOTE_ALL, lineterminator="\r\n")
        writer.writerow(["File", "Row", "Reason", *map(harmless, names), "More Cells"])
        for export, usable in exports:
            writer.writerows(_unusable(kind, names, export, usable))


def _unusable(kind: Type, names: list[str], export: Export, usable: pl.Series) -> Iterator[list[str]]:
    places = (~usable).arg_true()
    forms = {
        column.name: export.meanings[column.name].forms.gather(places)
        for column in kind.key
        if column.name in export.meanings
    }
    unreadable = {number for code, number in FORM_NUMBERS.items() if not FORMS[number].readable and code}
    cells = export.cells.select(names)[places]
    for at, (row, texts) in enumerate(zip(export.rows.gather(places).to_list(), cells.iter_rows(), strict=True)):
        surplus = export.sheet.long.get(row, [])
        reasons = [TOO_MANY_CELLS] if surplus else []
        reasons += [
            KEY_UNREADABLE.format(column=name, form=FORMS[numbers[at]].sentence)
            for name, numbers in forms.items()
            if numbers[at] in unreadable
        ]
        yield [export.side, str(row), "; ".join(reasons), *map(harmless, texts), "; ".join(map(harmless, surplus))]


class _Text:
    """What csv.writer writes to: lines as UTF-8 into a binary file."""

    def __init__(self, file: BinaryIO) -> None:
        self.file = file

    def write(self, text: str) -> int:
        return self.file.write(text.encode())
