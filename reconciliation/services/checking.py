"""The column check of a run's two files, and the guesses from their names. Nothing is compared here."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from reconciliation.models import Run, RunFile
from reconciliation.notes import stored
from reconciliation.rules.names import Belongs, belongs, named
from reconciliation.rules.notes import Note, Refused
from reconciliation.rules.types import TYPES, is_never_compared

if TYPE_CHECKING:
    from reconciliation.engine.checking import Check

SIDES = ("before", "after")
AT_ONCE = 20 * 1024 * 1024  # bytes that are read while a person waits; an archive unpacks to about ten times as much
ZIP = b"PK\x03\x04"


@dataclass(frozen=True)
class File:
    """A file on disk, and the name under which people know it."""

    path: Path
    name: str


def files_of(run: Run) -> dict[str, File]:
    return {file.side: File(file.path, file.name) for file in RunFile.objects.filter(run=run).select_related("run")}


def is_quick(files: Iterable[File]) -> bool:
    return sum(_weight(file.path) for file in files) <= AT_ONCE


def _weight(path: Path) -> int:
    with path.open("rb") as file:
        return path.stat().st_size * (10 if file.read(4) == ZIP else 1)


def named_type(files: Mapping[str, File]) -> str:
    """What the names say, if they say one thing."""
    said = {found for file in files.values() if (found := named(file.name).type) in TYPES}
    return said.pop() if len(said) == 1 else ""


def likely_type(file: File) -> str:
    """The kind of which the file has most required columns; CM where nothing tells."""
    from reconciliation.engine.checking import check

    missing: dict[str, float] = {}
    for kind in TYPES:
        try:
            found = check(file.path, kind, side="before", name=file.name)
        except Refused:
            return "CM"
        missing[kind] = len(found.missing) / len(found.columns)
    return min(missing, key=lambda kind: missing[kind])


def whose(files: Mapping[str, File], kind: str, school: str = "", school_year: str = "") -> Belongs:
    """School and year, chosen or read from the names, and what contradicts them."""
    names = [named(files[side].name) for side in SIDES]
    return belongs(names[0], names[1], chosen_type=kind, school=school or None, school_year=school_year or None)


def checked(files: Mapping[str, File], kind: str) -> dict[str, Any]:
    """The check of both files as JSON: {"before": {…}, "after": {…}}; see `_told` for what stands in each."""
    from reconciliation.engine.checking import check

    found: dict[str, Any] = {}
    for side in SIDES:
        file = files[side]
        try:
            found[side] = _told(check(file.path, kind, side=side, name=file.name))
        except Refused as refused:
            found[side] = {"faults": stored(refused.notes), "is_clean": False, "columns": [], "extra": [], "notes": []}
    return found


def faults(checks: Mapping[str, Any]) -> list[dict[str, Any]]:
    return [fault for side in SIDES for fault in checks[side]["faults"]]


def also_faults(checks: Mapping[str, Any], also: Iterable[str]) -> list[dict[str, Any]]:
    """Extra columns that were chosen and cannot be compared."""
    notes = []
    for header in also:
        if is_never_compared(header):
            notes.append(Note("also_never", {"column": header}))
            continue
        for side in SIDES:
            taken = {column["header"] for column in checks[side]["columns"]}
            if header not in taken | {extra["header"] for extra in checks[side]["extra"]}:
                notes.append(Note("also_missing", {"side": side, "column": header}))
    return stored(notes)


def is_clean(checks: Mapping[str, Any]) -> bool:
    return all(checks[side]["is_clean"] for side in SIDES)


def _told(check: "Check") -> dict[str, Any]:
    return {
        "format": check.format,
        "encoding": check.encoding,
        "delimiter": check.delimiter,
        "rows": check.rows,
        "columns": [
            {"name": column.name, "header": column.header, "notes": stored(column.forms)} for column in check.columns
        ],
        "extra": [{"header": extra.header, "can_be_compared": extra.can_be_compared} for extra in check.extra],
        "faults": stored(check.faults),
        "notes": stored(check.notes),
        "is_clean": check.is_clean,
    }
