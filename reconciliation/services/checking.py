"""The column check of a run's two files, and the guesses from their names. Nothing is compared here."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from reconciliation.models import Run, RunFile
from reconciliation.rules.names import Belongs, belongs, named
from reconciliation.rules.notes import Note, Refused, refused_side
from reconciliation.rules.reading_options import AS_FOUND, How, how_of
from reconciliation.rules.types import TYPES, is_never_compared
from reconciliation.services.child import answer_of_child
from reconciliation.services.faults import EngineFault, calm
from reconciliation.services.notes import stored

SIDES = ("before", "after")
AT_ONCE = 20 * 1024 * 1024  # bytes that are read while a person waits; an archive unpacks to about ten times as much
ZIP = (b"PK\x03\x04", b"PK\x05\x06")


@dataclass(frozen=True)
class File:
    """A file on disk, the name under which people know it, and how it is to be read."""

    path: Path
    name: str
    how: How = AS_FOUND


def files_of(run: Run) -> dict[str, File]:
    rows = RunFile.objects.filter(run=run).select_related("run")
    return {file.side: File(file.path, file.name, how_of(run.how.get(file.side, {}))) for file in rows}


def is_quick(files: Iterable[File]) -> bool:
    return sum(_weight(file.path) for file in files) <= AT_ONCE


def _weight(path: Path) -> int:
    with path.open("rb") as file:
        return path.stat().st_size * (10 if file.read(4) in ZIP else 1)


def named_type(files: Mapping[str, File]) -> str:
    """What the names say, if they say one thing."""
    types = {kind for file in files.values() if (kind := named(file.name).type) in TYPES}
    return types.pop() if len(types) == 1 else ""


def likely_type(file: File) -> str:
    """The kind of which the file has most required columns; CM where nothing tells. Read by a child process."""
    try:
        with calm():
            kind = answer_of_child({"before": file}, "")["kind"]
    except (Refused, EngineFault):
        return "CM"  # the check says what is wrong with the file
    return kind if kind in TYPES else "CM"


def whose(files: Mapping[str, File], kind: str, school: str = "", school_year: str = "") -> Belongs:
    """School and year, chosen or read from the names, and what contradicts them."""
    names = [named(files[side].name) for side in SIDES]
    return belongs(names[0], names[1], chosen_type=kind, school=school or None, school_year=school_year or None)


def checked(files: Mapping[str, File], kind: str) -> dict[str, Any]:
    """The check of both files as JSON: {"before": {…}, "after": {…}, "both": notes}; see `engine.checking.described`.

    Whatever happens while a file is read is a fault that stands there. For a job: it is read in this process.
    """
    from reconciliation.engine.checking import Upload, described

    return _calmly(lambda: described({side: Upload(**vars(files[side])) for side in SIDES}, kind))


def checked_apart(files: Mapping[str, File], kind: str) -> dict[str, Any]:
    """The same by a child process, while somebody waits."""
    return _calmly(lambda: answer_of_child({side: files[side] for side in SIDES}, kind))


def _calmly(check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        with calm():
            return check()
    except EngineFault as fault:
        notes = [Note("run_failed", {"where": str(fault)})]
    except Refused as refused:
        notes = list(refused.notes)
    return {"before": refused_side(notes), "after": refused_side([]), "both": []}


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
    return not checks.get("both") and all(checks[side]["is_clean"] for side in SIDES)
