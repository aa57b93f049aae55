"""The jobs: the column check of large files, and the comparison. Either may be killed at any moment and starts over.

Every attempt writes into a folder of its own. The run points to one only when it is whole, in the transaction in which the job's
fence is checked, so what a late worker writes is never seen.
"""

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils import translation
from django.utils.translation import gettext
from django.utils.translation import gettext as _

from operations import clock
from operations.rules.words import gettext_noop
from operations.services import audit
from operations.services.jobs import Running
from reconciliation.models import Run
from reconciliation.rules.notes import Note, Refused
from reconciliation.rules.reading_options import how_of
from reconciliation.rules.types import TYPES
from reconciliation.services import answers, checking, files
from reconciliation.services.faults import EngineFault, calm
from reconciliation.services.notes import sentences, stored

if TYPE_CHECKING:
    from reconciliation.engine.outcome import Language, Outcome

PAGES = gettext_noop("Preparing the pages")
NOT_COMPARED = gettext_noop("These files were not compared. See the run for the reason.")


def _run_of(running: Running) -> Run:
    run = Run.objects.filter(pk=running.inputs["run"]).first()
    if run is None:
        raise ValidationError(_("This run has been removed."))
    return run


def check(running: Running) -> dict[str, Any]:
    """The job's run: as `runs.check` does it for small files."""
    run = _run_of(running)
    running.check()
    checks = checking.checked(checking.files_of(run), run.type)
    with transaction.atomic():
        running.step(None)
        Run.objects.filter(pk=run.pk).update(status=Run.Status.CHECKED, checks=checks, reasons=[])
    return {"faults": len(checking.faults(checks))}


def preview(running: Running) -> dict[str, Any]:
    """The job of a dry run with large files: its result is the check, in the person's language, and nothing is kept."""
    inputs = running.inputs
    folder = files.room() / inputs["folder"]
    try:
        on_disk = {
            side: checking.File(folder / file["stored"], file["name"], how_of(inputs["how"].get(side, {})))
            for side, file in inputs["files"].items()
        }
        running.check()
        checks = checking.checked(on_disk, inputs["type"])
        whose = checking.whose(on_disk, inputs["type"], inputs["school"], inputs["school_year"])
        return {"check": answers.check(checks, whose)}
    finally:
        files.remove(folder)


def compare(running: Running) -> dict[str, Any]:
    """The job's run. The job's result holds the counts of the four statuses and of the rows that could not be used."""
    run = _run_of(running)
    name = f"result-{running.job_id}-{running.fence}"
    folder = run.place / name
    files.remove(folder)
    folder.mkdir(mode=0o700)
    try:
        with calm():
            outcome = _outcome(running, run, folder)
            values = _record_result(running, run, outcome, folder)
        files.private(folder)
        with transaction.atomic():
            running.step(None)
            Run.objects.filter(pk=run.pk).update(status=Run.Status.DONE, result=name, finished_at=clock.now(), **values)
            entry = audit.Entry(
                audit.Verb.RECONCILIATION_COMPARED, "reconciliation", str(run.pk), school_code=values["school_code"],
                changes={status: [None, count] for status, count in outcome.counts.items()},
            )  # fmt: skip
            audit.record(running.actor, entry)
    except (Refused, EngineFault) as error:
        files.remove(folder)
        notes = error.notes if isinstance(error, Refused) else (Note("run_failed", {"where": str(error)}),)
        _refuse(running, run, notes)
        raise ValidationError(NOT_COMPARED) from None
    except BaseException:
        files.remove(folder)
        raise
    for other in run.place.glob("result-*"):
        if other.name != name:
            files.remove(other)
    return {"run": run.pk, "counts": outcome.counts, "unusable": outcome.before.unusable + outcome.after.unusable}


def _refuse(running: Running, run: Run, notes: Iterable[Note]) -> None:
    """The reasons stand with the run, as notes: who reads them has a language of their own."""
    with transaction.atomic():
        running.step(None)
        Run.objects.filter(pk=run.pk).update(status=Run.Status.REFUSED, reasons=stored(notes))


def _outcome(running: Running, run: Run, folder: Path) -> "Outcome":
    from reconciliation.engine.outcome import Options
    from reconciliation.engine.running import Run as EngineRun

    def cancelled() -> bool:
        running.check()  # raises Stopped
        return False

    on_disk = checking.files_of(run)
    options = Options(
        type=run.type,
        school=run.school_code or None,
        school_year=str(run.school_year) if run.school_year else None,
        also=tuple(run.also),
        set_deleted_apart=run.set_deleted_apart,
        xlsx=run.xlsx,
        before_name=on_disk["before"].name,
        after_name=on_disk["after"].name,
        before_how=on_disk["before"].how,
        after_how=on_disk["after"].how,
        languages={code: _language(code) for code, _name in settings.LANGUAGES if code != "en"},
    )

    def progress(sentence: str, done: int, total: int | None) -> None:
        if total is not None:
            running.count(total)
        running.say(sentence, done)

    engine = EngineRun(options, progress=progress, cancelled=cancelled)
    return engine(on_disk["before"].path, on_disk["after"].path, folder)


def _language(code: str) -> "Language":
    """For the workbook of those who read this language, whoever has started the run."""
    from reconciliation.engine.outcome import Language

    return Language(translation.override(code)(gettext), translation.override(code)(sentence))


def sentence(note: Note) -> str:
    return sentences(stored([note]))[0]


def _record_result(running: Running, run: Run, outcome: "Outcome", folder: Path) -> dict[str, Any]:
    """What the run's row says about the result; writes what its pages read."""
    from reconciliation.engine import rows, writing

    running.check()
    running.say(PAGES)
    header = rows.write(folder / writing.RESULT, folder / rows.ROWS)
    unusable = folder / writing.UNUSABLE
    unusable_header = rows.write(unusable, folder / rows.UNUSABLE_ROWS) if unusable.exists() else []
    running.check()
    return {
        "school_code": outcome.school or "",
        "school_year": outcome.school_year,
        "summary": outcome.summary(),
        "warnings": stored(outcome.warnings),
        "different_in": outcome.different_in,
        "header": header,
        "unusable_header": unusable_header,
        "unusable_reasons": {text: stored(notes) for text, notes in outcome.reasons.items()},
        "moved": _moved(run, outcome, header, folder),
    }


def earlier(run: Run, school: str | None, year: str | None) -> Run | None:
    """The last run before this one of the same kind, school and school year that has a result."""
    if not school:
        return None
    done = Run.objects.filter(pk__lt=run.pk, type=run.type, school_code=school, status=Run.Status.DONE)
    done = done.filter(school_year=year) if year else done.filter(school_year=None)
    return done.order_by(F("finished_at").desc()).first()


def _moved(run: Run, outcome: "Outcome", header: list[str], folder: Path) -> dict[str, Any] | None:
    from reconciliation.engine import earlier_result
    from reconciliation.engine.rows import ROWS

    before = earlier(run, outcome.school, outcome.school_year)
    keys = [column.name for column in TYPES[run.type].key]
    if before is None or not (before.result_place / ROWS).exists():
        return None
    counts = earlier_result.write(folder, header, before.result_place, before.header, keys)
    finished = before.finished_at
    return {
        "run": before.pk,
        "at": finished.isoformat() if finished else None,
        "by": before.made_by,
        "counts": counts,
    }
