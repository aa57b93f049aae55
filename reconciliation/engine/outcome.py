"""A run's options and its outcome."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from reconciliation.rules.notes import Note, words
from reconciliation.rules.reading_options import AS_FOUND, How
from reconciliation.rules.statuses import ADDED, DIFFERENT, MISSING, PERFECT


@dataclass(frozen=True)
class Language:
    """For result.xlsx, which people read: `translate` a word of ours, and a note as a sentence."""

    translate: Callable[[str], str] = str
    sentence: Callable[[Note], str] = words


ENGLISH = Language()


@dataclass(frozen=True)
class Options:
    """`type` is a key of TYPES; school ("9101") and school year ("2026-2027") may stay open.

    `also` are headers of extra columns to compare. The names are those under which people know the files, where their paths
    do not say so. How a file is read follows from the file, unless somebody says so.
    """

    type: str
    school: str | None = None
    school_year: str | None = None
    also: tuple[str, ...] = ()
    set_deleted_apart: bool = False
    xlsx: bool = False
    before_name: str = ""
    after_name: str = ""
    before_how: How = AS_FOUND
    after_how: How = AS_FOUND
    languages: Mapping[str, Language] = field(default_factory=dict)  # of further workbooks, by code


@dataclass(frozen=True)
class Side:
    """One file: rows that hold any text, of these unusable ones and ones set apart; its header by required name."""

    rows: int
    unusable: int
    set_apart: int
    headers: dict[str, str]
    format: str
    encoding: str
    delimiter: str
    sheet: str = ""
    header_row: int = 1
    date_orders: dict[str, str] = field(default_factory=dict)  # by column, where the order of day and month mattered

    def reading(self) -> dict[str, Any]:
        """How the file was read."""
        return {
            "format": self.format,
            "encoding": self.encoding,
            "delimiter": self.delimiter,
            "sheet": self.sheet,
            "header_row": self.header_row,
            "date_orders": self.date_orders,
        }


@dataclass(frozen=True)
class Outcome:
    """`counts` by Match Status; `different_in` counts, by column, the pairs that differ there."""

    type: str
    school: str | None
    school_year: str | None
    before: Side
    after: Side
    counts: dict[str, int]
    repaired_cells: int
    equal_after_normalising: int
    different_in: dict[str, int]
    warnings: tuple[Note, ...]
    reasons: dict[str, tuple[Note, ...]] = field(default_factory=dict)  # those in unusable.csv, by their English words

    @property
    def is_perfect(self) -> bool:
        """Every row is Perfectly Matched; rows set apart by choice do not count."""
        others = sum(count for status, count in self.counts.items() if status != PERFECT)
        return not (others or self.before.unusable or self.after.unusable)

    @property
    def is_identical(self) -> bool:
        """Both files are one."""
        return any(note.code == "identical" for note in self.warnings)

    def balance(self, side: str) -> list[int]:
        """Perfectly Matched, with differences, Missing or Added, unusable, set apart: together the rows of the file."""
        alone, of = (MISSING, self.before) if side == "before" else (ADDED, self.after)
        return [self.counts[PERFECT], self.counts[DIFFERENT], self.counts[alone], of.unusable, of.set_apart]

    def summary(self) -> dict[str, Any]:
        """What summary.json holds; warnings in English."""
        return {
            "type": self.type,
            "school": self.school,
            "school_year": self.school_year,
            "rows_before": self.before.rows,
            "rows_after": self.after.rows,
            "counts": self.counts,
            "unusable_before": self.before.unusable,
            "unusable_after": self.after.unusable,
            "set_apart_before": self.before.set_apart,
            "set_apart_after": self.after.set_apart,
            "repaired_cells": self.repaired_cells,
            "equal_after_normalising": self.equal_after_normalising,
            "columns": {"before": self.before.headers, "after": self.after.headers},
            "files": {"before": self.before.reading(), "after": self.after.reading()},
            "warnings": [words(note) for note in self.warnings],
        }
