"""What only both files together show: that they are the same, that nothing was uploaded between them, that one is incomplete."""

from pathlib import Path

from operations.rules.guard import Guard
from reconciliation.engine.columns import Export
from reconciliation.engine.keys import is_readable, key_values
from reconciliation.rules.notes import Note
from reconciliation.rules.types import Kind, Type

PIECE = 1 << 20
# Fewer rows in the second file: by half for a small one, by a tenth for a larger one.
DROPS = (Guard(share=0.10, least=20), Guard(share=0.50, least=2))
FEWEST = 2  # rows of a file of which this can be said
PEEK = 1000  # rows that usually show whether a column has one value only
FILTERED_BY = (Kind.TEXT, Kind.YES_NO, Kind.CODE, Kind.SCHOOL_YEAR)


def are_identical(first: Path, second: Path) -> bool:
    """Byte by byte."""
    try:
        if first.stat().st_size != second.stat().st_size:
            return False
        with first.open("rb") as one, second.open("rb") as two:
            while piece := one.read(PIECE):
                if piece != two.read(PIECE):
                    return False
    except OSError:
        return False
    return True


def both_said(before: Export, after: Export, kind: Type) -> list[Note]:
    return [*_references(before, after), *_drop(before, after), *_filter(before, after, kind)]


def _references(before: Export, after: Export) -> list[Note]:
    """Reference numbers that have outlived the delete."""
    if before.references is None or after.references is None:
        return []
    values = before.references.filter(before.references != "").unique()
    count = int(after.references.is_in(values.implode()).sum())
    return [Note("same_references", {"count": count, "rows": after.height})] if count else []


def _drop(before: Export, after: Export) -> list[Note]:
    lost = before.height - after.height
    if after.height and any(guard.trips(lost, before.height) for guard in DROPS):
        return [Note("rows_dropped", {"before": before.height, "after": after.height})]
    return []


def _filter(before: Export, after: Export, kind: Type) -> list[Note]:
    """A column with one value only, and no more rows than the other file has of that value: so does a filter leave a file."""
    records = {export.side: is_readable(export, kind) for export in (before, after)}
    small, large = (after, before) if after.height <= before.height else (before, after)
    height = int(records[small.side].sum())
    if height < FEWEST or height == int(records[large.side].sum()):
        return []
    notes = []
    for column in kind.columns:
        if (
            column.kind not in FILTERED_BY or small.cells[column.name].head(PEEK).n_unique() > 2
        ):  # a totals row may be there
            continue
        values, others = (key_values(one, column.name).filter(records[one.side]) for one in (small, large))
        some = [value for value in values.unique().to_list() if value]
        is_one = len(some) == 1 and (values == some[0]).all()
        if is_one and others.filter(others != "").n_unique() > 1 and height <= int((others == some[0]).sum()):
            notes.append(Note("one_value", {"side": small.side, "column": column.name}))
    return notes
