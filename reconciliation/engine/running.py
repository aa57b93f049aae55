"""One run: two files in; result.csv, summary.json and what else is wanted out."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl

from operations.rules.words import gettext_noop
from reconciliation.engine import keys, workbook_out, writing
from reconciliation.engine.columns import Export, chosen_columns, open_export
from reconciliation.engine.lines import Counts, Lines
from reconciliation.engine.matching import Matched, match
from reconciliation.engine.outcome import Options, Outcome, Side
from reconciliation.engine.said import extra_columns, forms_said, rows_said
from reconciliation.rules.names import Belongs, belongs, named
from reconciliation.rules.notes import Note, Refused
from reconciliation.rules.pairing import MOST
from reconciliation.rules.types import TYPES, Column

READ_FIRST = gettext_noop("Reading the first file")
READ_SECOND = gettext_noop("Reading the second file")
PAIR = gettext_noop("Pairing rows")
WRITE = gettext_noop("Writing the result")
WORKBOOK = gettext_noop("Writing the workbook")


class Cancelled(Exception):
    """The caller's cancelled() said so; nothing is left in the folder."""


class Run:
    """`progress` gets a fraction from 0 to 1 and a sentence for people; `cancelled` is asked between the steps."""

    def __init__(
        self,
        options: Options,
        *,
        progress: Callable[[float, str], None] = lambda fraction, sentence: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self.options, self.kind = options, TYPES[options.type]
        self._progress, self._cancelled = progress, cancelled

    def step(self) -> None:
        if self._cancelled():
            raise Cancelled

    def report(self, fraction: float, sentence: str) -> None:
        self.step()
        self._progress(fraction, sentence)

    def __call__(self, before: Path, after: Path, folder: Path) -> Outcome:
        """Compare the files and write to the folder. Raises Refused or Cancelled, and then leaves no result there, old or new."""
        _check_places({"before": before, "after": after}, folder)
        writing.clear(folder)
        try:
            exports, compared = self._open(before, after)
            outcome = self._compare(exports, compared, self._belongs(before, after), folder)
            with writing.whole(folder / writing.SUMMARY) as file:
                file.write(json.dumps(outcome.summary(), ensure_ascii=False, indent=1).encode() + b"\n")
        except BaseException:
            writing.clear(folder)
            raise
        self._progress(1.0, WRITE)
        return outcome

    def _belongs(self, before: Path, after: Path) -> Belongs:
        options = self.options
        return belongs(
            named(options.before_name or before.name),
            named(options.after_name or after.name),
            chosen_type=self.kind.code,
            school=options.school,
            school_year=options.school_year,
        )

    def _open(self, before: Path, after: Path) -> tuple[list[Export], list[Column]]:
        """Both files and the columns to compare, or Refused with the reasons of both."""
        exports: list[Export] = []
        reasons: list[Note] = []
        also = chosen_columns(self.options.also)
        for side, path, fraction, sentence in (("before", before, 0.0, READ_FIRST), ("after", after, 0.2, READ_SECOND)):
            self.report(fraction, sentence)
            try:
                exports.append(open_export(path, self.kind, side=side, also=also, step=self.step))
            except Refused as refused:
                reasons += refused.notes
        if reasons:
            raise Refused(*reasons)
        # A chosen column that is a required one in either file is compared already.
        required = {column.name for column in self.kind.columns}
        taken = required | {export.headers[name] for export in exports for name in required}
        return exports, [*self.kind.compared, *(column for column in also if column.name not in taken)]

    def _compare(self, exports: list[Export], compared: list[Column], whose: Belongs, folder: Path) -> Outcome:
        before, after = exports
        usable = [keys.is_readable(export, self.kind) for export in exports]
        taking_part = [self._without_deleted(export, mask) for export, mask in zip(exports, usable, strict=True)]
        self.report(0.4, PAIR)
        matched = match(before, after, keys.numbered(self.kind, exports, taking_part), compared, self.step)
        lines = Lines(self.kind, compared, before, after)
        counts = writing.write_result(
            folder / writing.RESULT, matched, lines, lambda part: self.report(0.5 + 0.5 * part, WRITE)
        )
        columns = [column.name for column in (*self.kind.key, *compared)]
        if not all(mask.all() for mask in usable):
            writing.write_unusable(folder / writing.UNUSABLE, self.kind, columns, list(zip(exports, usable, strict=True)))
        notes = [*whose.notes, *self._warnings(exports, usable, columns, matched)]
        sides = [
            _side(export, mask, part) for export, mask, part in zip(exports, usable, taking_part, strict=True)
        ]
        outcome = _outcome(self.kind.code, whose, sides, counts, notes)
        if self.options.xlsx:
            self.report(1.0, WORKBOOK)
            outcome = self._workbook(outcome, folder)
        return outcome

    def _workbook(self, outcome: Outcome, folder: Path) -> Outcome:
        note = workbook_out.note(outcome)
        if note:
            outcome = replace(outcome, warnings=(*outcome.warnings, note))
        workbook_out.write(folder / writing.RESULT, folder / writing.WORKBOOK, outcome, self.step)
        return outcome

    def _without_deleted(self, export: Export, usable: pl.Series) -> pl.Series:
        if self.options.set_deleted_apart and export.deleted is not None:
            return usable & ~export.deleted
        return usable

    def _warnings(
        self, exports: list[Export], usable: list[pl.Series], columns: list[str], matched: Matched
    ) -> list[Note]:
        notes: list[Note] = []
        for export, mask in zip(exports, usable, strict=True):
            notes += extra_columns(export, columns)
            notes += forms_said(export, columns)
            if not mask.all():
                notes.append(rows_said("unusable", export, export.rows.filter(~mask)))
            if export.sheet.short:
                notes.append(rows_said("short_rows", export, pl.Series(export.sheet.short, dtype=pl.UInt32)))
            if self.options.set_deleted_apart and export.deleted is None:
                notes.append(Note("no_deleted", {"side": export.side}))
        if matched.greedy:
            notes.append(Note("greedy", {"keys": matched.greedy, "limit": MOST}))
        return notes


def _check_places(paths: dict[str, Path], folder: Path) -> None:
    """A former result is taken away first: it must not be one of the files to compare."""
    results = {(folder / name).resolve() for name in writing.FILES}
    notes = [Note("is_a_result", {"side": side}) for side, path in paths.items() if path.resolve() in results]
    if notes:
        raise Refused(*notes)


def _side(export: Export, usable: pl.Series, taking_part: pl.Series) -> Side:
    sheet = export.sheet
    return Side(
        export.height,
        int((~usable).sum()),
        int((usable & ~taking_part).sum()),
        export.headers,
        sheet.format,
        sheet.encoding,
        sheet.delimiter,
    )


def _outcome(kind: str, whose: Belongs, sides: list[Side], counts: Counts, notes: list[Note]) -> Outcome:
    """Raises AssertionError if any row were lost or doubled."""
    outcome = Outcome(
        kind,
        whose.school,
        whose.school_year,
        sides[0],
        sides[1],
        counts.statuses,
        counts.repaired,
        counts.equal_after_normalising,
        counts.different_in,
        tuple(notes),
    )
    for name, side in (("before", sides[0]), ("after", sides[1])):
        if sum(outcome.balance(name)) != side.rows:
            raise AssertionError(f"{name}: {side.rows} rows in, {outcome.balance(name)} out")
    return outcome
