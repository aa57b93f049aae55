"""One run: two files in; result.csv, summary.json and any other files out."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import polars as pl

from operations.rules.words import gettext_noop
from reconciliation.engine import keys, workbook_out, writing
from reconciliation.engine.both_files import are_identical, both_said
from reconciliation.engine.columns import Export, chosen_columns, open_export
from reconciliation.engine.file_notes import extra_columns, file_said, forms_said
from reconciliation.engine.lines import Counts, Lines
from reconciliation.engine.matching import Matched, match
from reconciliation.engine.outcome import ENGLISH, Options, Outcome, Side
from reconciliation.rules.names import Belongs, belongs, named
from reconciliation.rules.notes import Note, Refused
from reconciliation.rules.pairing import MOST
from reconciliation.rules.reading_options import How
from reconciliation.rules.types import TYPES, Column

READ_FIRST = gettext_noop("Reading the first file")
READ_SECOND = gettext_noop("Reading the second file")
PAIR = gettext_noop("Pairing rows")
WRITE = gettext_noop("Writing the result")
WORKBOOK = gettext_noop("Writing the workbook")


class Cancelled(Exception):
    """The caller's cancelled() was true; nothing is left in the folder."""


class Run:
    """`progress` gets a sentence for people, and how many rows of how many (None: not known yet) have been written.

    `cancelled` is called between the steps.
    """

    def __init__(
        self,
        options: Options,
        *,
        progress: Callable[[str, int, int | None], None] = lambda sentence, done, total: None,
        cancelled: Callable[[], bool] = lambda: False,
    ) -> None:
        self.options, self.kind = options, TYPES[options.type]
        self._progress, self._cancelled = progress, cancelled

    def step(self) -> None:
        if self._cancelled():
            raise Cancelled

    def report(self, sentence: str, done: int = 0, total: int | None = None) -> None:
        self.step()
        self._progress(sentence, done, total)

    def __call__(self, before: Path, after: Path, folder: Path) -> Outcome:
        """Compare the files and write to the folder. Raises Refused or Cancelled, and then leaves no result there, old or new."""
        _check_places({"before": before, "after": after}, folder)
        writing.clear(folder)
        try:
            notes = [Note("identical")] if are_identical(before, after) else []
            exports, compared = self._open(before, after)
            outcome = self._compare(exports, compared, self._belongs(before, after), folder, notes)
            with writing.whole(folder / writing.SUMMARY) as file:
                file.write(json.dumps(outcome.summary(), ensure_ascii=False, indent=1).encode() + b"\n")
        except BaseException:
            writing.clear(folder)
            raise
        total = outcome.before.rows + outcome.after.rows
        self._progress(WRITE, total, total)
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
        for side, path, sentence in (("before", before, READ_FIRST), ("after", after, READ_SECOND)):
            self.report(sentence)
            try:
                exports.append(open_export(path, self.kind, side=side, how=self._how(side), also=also, step=self.step))
            except Refused as refused:
                reasons += refused.notes
        if reasons:
            raise Refused(*reasons)
        # A chosen column that is a required one in either file is compared already.
        required = {column.name for column in self.kind.columns}
        taken = required | {export.headers[name] for export in exports for name in required}
        return exports, [*self.kind.compared, *(column for column in also if column.name not in taken)]

    def _how(self, side: str) -> How:
        return self.options.before_how if side == "before" else self.options.after_how

    def _compare(
        self, exports: list[Export], compared: list[Column], whose: Belongs, folder: Path, first_notes: list[Note]
    ) -> Outcome:
        before, after = exports
        total = before.height + after.height
        usable = [keys.is_readable(export, self.kind) for export in exports]
        taking_part = [self._without_deleted(export, mask) for export, mask in zip(exports, usable, strict=True)]
        self.report(PAIR, 0, total)
        matched = match(before, after, keys.numbered(self.kind, exports, taking_part), compared, self.step)
        lines = Lines(self.kind, compared, before, after)
        counts = writing.write_result(
            folder / writing.RESULT, matched, lines, lambda part: self.report(WRITE, round(part * total), total)
        )
        columns = [column.name for column in (*self.kind.key, *compared)]
        reasons: writing.Reasons = {}
        if not all(mask.all() for mask in usable):
            apart = list(zip(exports, usable, strict=True))
            reasons = writing.write_unusable(folder / writing.UNUSABLE, self.kind, columns, apart)
        together = [] if first_notes else both_said(before, after, self.kind)
        notes = [*first_notes, *together, *whose.notes, *self._warnings(exports, usable, columns, matched)]
        sides = [_side(export, mask, part) for export, mask, part in zip(exports, usable, taking_part, strict=True)]
        outcome = replace(_outcome(self.kind.code, whose, sides, counts, notes), reasons=reasons)
        if self.options.xlsx:
            self.report(WORKBOOK, total, total)
            outcome = self._workbook(outcome, folder)
        return outcome

    def _workbook(self, outcome: Outcome, folder: Path) -> Outcome:
        note = workbook_out.note(outcome)
        if note:
            outcome = replace(outcome, warnings=(*outcome.warnings, note))
        for code, language in {"": ENGLISH, **self.options.languages}.items():
            workbook_out.write(
                folder / writing.RESULT, folder / writing.workbook_name(code), outcome, self.step, language
            )
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
            notes += file_said(export, mask)
            notes += forms_said(export, columns, self._how(export.side))
            notes += extra_columns(export, columns)
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
    orders = {name: meaning.order.code for name, meaning in export.meanings.items() if meaning.order.code}
    return Side(
        export.height,
        int((~usable).sum()),
        int((usable & ~taking_part).sum()),
        export.headers,
        sheet.format,
        sheet.encoding,
        sheet.delimiter,
        sheet.sheet,
        sheet.header_row,
        orders,
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
