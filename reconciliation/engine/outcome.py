"""What a run is told and what it finds."""

from dataclasses import dataclass
from typing import Any

from reconciliation.rules.notes import Note, words
from reconciliation.rules.statuses import ADDED, DIFFERENT, MISSING, PERFECT


@dataclass(frozen=True)
class Options:
    """`type` is a key of TYPES; school ("9101") and school year ("2026-2027") may stay open.

    `also` are headers of extra columns to compare. The names are those under which people know the files, where their paths
    do not say so.
    """

    type: str
    school: str | None = None
    school_year: str | None = None
    also: tuple[str, ...] = ()
    set_deleted_apart: bool = False
    xlsx: bool = False
    before_name: str = ""
    after_name: str = ""


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

    @property
    def is_perfect(self) -> bool:
        """Every row is Perfectly Matched; rows set apart by choice do not count."""
        others = sum(count for status, count in self.counts.items() if status != PERFECT)
        return not (others or self.before.unusable or self.after.unusable)

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
            "warnings": [words(note) for note in self.warnings],
        }
