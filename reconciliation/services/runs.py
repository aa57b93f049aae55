"""Runs: made from two uploads, checked, swapped, started, removed. docs/developer/reconciliation.md."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from operations import clock
from operations.actor import Actor
from operations.models import Job
from operations.services import audit, jobs
from reconciliation.models import Run, RunFile
from reconciliation.rules.names import Belongs
from reconciliation.rules.reading_options import AS_FOUND, How
from reconciliation.services import checking, files
from reconciliation.services.checking import SIDES, File
from sis.models.fields import to_school_year

CHECK, COMPARE, PREVIEW = "reconciliation.check", "reconciliation.compare", "reconciliation.preview"
Status = Run.Status
# A comparison that was cancelled or has failed leaves the run as it was before.
BEFORE_COMPARING = (Status.CHECKING, Status.CHECKED, Status.REFUSED, Status.COMPARING)


class NotPossible(Exception):
    """The run is in a state in which this cannot be done; the message says so."""


@dataclass(frozen=True)
class Choices:
    """What a person chooses. A blank type, school or year is read from the files' names."""

    type: str = ""
    school: str = ""
    school_year: str = ""
    set_deleted_apart: bool = False
    also: tuple[str, ...] = ()
    xlsx: bool = False
    before_how: How = AS_FOUND
    after_how: How = AS_FOUND

    def how(self, side: str) -> How:
        return self.before_how if side == "before" else self.after_how

    def stored_how(self) -> dict[str, Any]:
        return {side: self.how(side).stored() for side in SIDES}


def make(actor: Actor, choices: Choices, uploads: Mapping[str, files.Upload]) -> Run:
    """A new run of the two uploads ("before", "after"), not yet checked. Call it outside of any transaction."""
    folder = files.new_folder()
    place = files.room() / folder
    try:
        kept = {side: files.keep(uploads[side], place) for side in SIDES}
        on_disk = {side: File(place / kept[side].stored, kept[side].name, choices.how(side)) for side in SIDES}
        kind = choices.type or checking.named_type(on_disk) or _likely(on_disk["before"])
        whose = checking.whose(on_disk, kind, choices.school, choices.school_year)
        with transaction.atomic():
            run = Run.objects.create(
                type=kind,
                school_code=whose.school or "",
                school_year=to_school_year(whose.school_year),
                set_deleted_apart=choices.set_deleted_apart,
                also=list(choices.also),
                xlsx=choices.xlsx,
                how=choices.stored_how(),
                folder=folder,
                user_id=actor.user_id,
                made_by=actor.name,
                created_at=clock.now(),
            )
            RunFile.objects.bulk_create(RunFile(run=run, side=side, **vars(kept[side])) for side in SIDES)
            _tell(actor, run, audit.Verb.RECONCILIATION_MADE)
    except BaseException:
        files.remove(place)
        raise
    return run


@dataclass(frozen=True)
class Preview:
    """Two uploads that are checked and not kept, and what their names say. `check` is done already, or `job` does it."""

    whose: Belongs
    check: dict[str, Any] | None = None
    job: Job | None = None


def check_only(
    actor: Actor, choices: Choices, uploads: Mapping[str, files.Upload], agree: Callable[[Belongs], None]
) -> Preview:
    """`agree` is called before anything is read, and raises where the person may not name the school.

    Files too large to read while somebody waits are read by a job, which removes them.
    """
    name = files.new_folder()
    folder, job = files.room() / name, None
    try:
        kept = {side: files.keep(uploads[side], folder) for side in SIDES}
        on_disk = {side: File(folder / kept[side].stored, kept[side].name, choices.how(side)) for side in SIDES}
        whose = checking.whose(on_disk, choices.type, choices.school, choices.school_year)
        agree(whose)
        if checking.is_quick(on_disk.values()):
            return Preview(whose, checking.checked_apart(on_disk, choices.type))
        inputs = {
            "folder": name,
            "files": {side: {"stored": file.stored, "name": file.name} for side, file in kept.items()},
            "how": choices.stored_how(),
            "school_code": whose.school or "",
            "type": choices.type,
            "school": choices.school,
            "school_year": choices.school_year,
        }
        with transaction.atomic():
            job = jobs.start(actor, PREVIEW, inputs, total=None)
        return Preview(whose, job=job)
    finally:
        if job is None:
            files.remove(folder)


def is_quick(run: Run) -> bool:
    """Whether the check is done at once."""
    return checking.is_quick(checking.files_of(run).values())


def _likely(file: File) -> str:
    return checking.likely_type(file) if checking.is_quick([file]) else "CM"


def _tell(actor: Actor, run: Run, action: audit.Verb, **changes: Any) -> None:
    sums = {file.side: [None, file.sha256] for file in RunFile.objects.filter(run=run)}
    entry = audit.Entry(action, "reconciliation", str(run.pk), school_code=run.school_code, changes={**sums, **changes})
    audit.record(actor, entry)


def check(actor: Actor, run: Run) -> Job | None:
    """Check the columns: now, and then None; or, of large files, as a job."""
    on_disk = checking.files_of(run)
    if checking.is_quick(on_disk.values()):
        take_check(run, checking.checked_apart(on_disk, run.type))
        return None
    with transaction.atomic():
        locked = _lock(run, *BEFORE_COMPARING)
        job = jobs.start(actor, CHECK, {"run": run.pk}, total=None)
        locked.status, locked.job, locked.checks = Status.CHECKING, job, None
        locked.save(update_fields=["status", "job", "checks"])
    run.refresh_from_db()
    return job


def take_check(run: Run, checks: dict[str, Any]) -> None:
    Run.objects.filter(pk=run.pk).update(status=Status.CHECKED, checks=checks, reasons=[])
    run.refresh_from_db()


def choose(actor: Actor, run: Run, choices: Choices, uploads: Mapping[str, files.Upload] | None = None) -> Run:
    """Other choices for a run that has not been compared, or another file for one side. Check it afterwards."""
    place = run.place
    kept = {side: files.keep(upload, place) for side, upload in (uploads or {}).items()}
    with transaction.atomic():
        locked = _lock(run, *BEFORE_COMPARING)
        _not_at_work(locked)
        for side, file in kept.items():
            old = RunFile.objects.get(run=locked, side=side)
            RunFile.objects.filter(pk=old.pk).update(**vars(file))
            transaction.on_commit(old.path.unlink)
        locked.type = choices.type or locked.type
        whose = checking.whose(checking.files_of(locked), locked.type, choices.school, choices.school_year)
        locked.school_code, locked.school_year = whose.school or "", to_school_year(whose.school_year)
        locked.set_deleted_apart, locked.also, locked.xlsx = choices.set_deleted_apart, list(choices.also), choices.xlsx
        locked.how = choices.stored_how()
        for side in kept:  # another file has other sheets and rows
            locked.how[side] = {
                name: value for name, value in locked.how[side].items() if name not in ("sheet", "header_row")
            }
        locked.save()
        if kept:
            _tell(actor, locked, audit.Verb.RECONCILIATION_FILES_CHANGED)
    run.refresh_from_db()
    return run


def turn(actor: Actor, run: Run) -> Run:
    """The first file becomes the second one. Check it afterwards."""
    with transaction.atomic():
        locked = _lock(run, *BEFORE_COMPARING)
        _not_at_work(locked)
        before, after = (RunFile.objects.get(run=locked, side=side) for side in SIDES)
        RunFile.objects.filter(pk=before.pk).update(side="turned")
        RunFile.objects.filter(pk=after.pk).update(side="before")
        RunFile.objects.filter(pk=before.pk).update(side="after")
        locked.how = {"before": locked.how.get("after", {}), "after": locked.how.get("before", {})}
        locked.save(update_fields=["how"])
        _tell(actor, locked, audit.Verb.RECONCILIATION_FILES_TURNED)
    run.refresh_from_db()
    return run


def start(actor: Actor, run: Run) -> Job:
    """Compare as a job. Raises NotPossible where the check found what makes it impossible, or where it runs already."""
    with transaction.atomic():
        locked = _lock(run, *BEFORE_COMPARING)
        _not_at_work(locked)
        if locked.checks and checking.faults(locked.checks):
            raise NotPossible(_("These files cannot be compared. See what the check found."))
        job = jobs.start(actor, COMPARE, {"run": run.pk}, total=None)
        locked.status, locked.job, locked.reasons, locked.started_at = Status.COMPARING, job, [], clock.now()
        locked.save(update_fields=["status", "job", "reasons", "started_at"])
    run.refresh_from_db()
    return job


def remove(actor: Actor, run: Run) -> None:
    """The run with its files and its result. Raises NotPossible while a job reads them."""
    with transaction.atomic():
        locked = _lock(run, *Status)
        _not_at_work(locked)
        _tell(actor, locked, audit.Verb.RECONCILIATION_REMOVED, made=[locked.created_at.isoformat(), None])
        place = locked.place
        locked.delete()
        transaction.on_commit(lambda: files.remove(place))


def _lock(run: Run, *allowed: str) -> Run:
    locked = Run.objects.select_for_update().filter(pk=run.pk).first()
    if locked is None:
        raise NotPossible(_("This run has been removed."))
    if locked.status not in allowed:
        raise NotPossible(_("This run has already been compared. Start a new one with the files."))
    return locked


def _not_at_work(run: Run) -> None:
    if run.is_at_work:
        raise NotPossible(_("The files are being read. Cancel that first."))
