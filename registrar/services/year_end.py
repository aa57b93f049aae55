"""The year end: a rehearsal that names what would close, and the run that does exactly that.

Both are jobs. Each chunk is one transaction, so a killed run continues after its last chunk and does nothing twice.
"""

import datetime as dt
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _

from operations import clock
from operations.actor import Actor
from operations.models import AuditEntry, Job, JobRow
from operations.services import audit, jobs
from operations.services.jobs import Running
from operations.wording import label_of
from pasi_connect.models import Action, ActionRecord, Link, SyncSettings
from pasi_connect.services.compare import values
from pasi_connect.services.decisions import entries
from registrar.models import YearEndRehearsal, YearEndRow
from registrar.rules import year_end as rules
from registrar.services.closed_years import count_year
from sis.models import SchoolCalendar, SchoolEnrolment
from sis.rules.enrolment import COMPLETION
from sis.rules.school_year import SchoolYear
from sis.services import enrolments
from sis.services.events import SCHOOL_ENROLMENT

REHEARSAL = "pasi_connect.year_end_rehearsal"


RUN = "pasi_connect.year_end"


CHUNK = 500  # rows read, or written once


CLOSED_AT_ONCE = (
    200  # on SQLite a write transaction of 500 takes over the 250 ms that a registrar's save may have to wait
)


READY = (Job.Status.COMPLETED, Job.Status.COMPLETED_WITH_PROBLEMS)  # a record that failed is skipped and listed


READ = (*enrolments.EDITABLE, "id", "revision", "school_id", "school__code", "school_year")


class NotPossible(Exception):
    """The rehearsal cannot be run as it stands; the message says why."""


@dataclass
class Scope:
    """What a year end looks at, with all that is the same for every record. `school_code` "": all."""

    school_year: SchoolYear
    school_code: str
    early: bool
    exit_code: str
    today: dt.date = field(default_factory=clock.today)

    def __post_init__(self) -> None:
        calendars = SchoolCalendar.objects.filter(school_year=self.school_year)
        self.last_days: dict[int, dt.date] = dict(calendars.values_list("school_id", "last_day"))

    def concurrent(self) -> QuerySet[SchoolEnrolment]:
        rows = SchoolEnrolment.objects.filter(school_year=self.school_year, concurrent=True)
        return rows.filter(school__code=self.school_code) if self.school_code else rows

    def active(self) -> QuerySet[SchoolEnrolment]:
        return self.concurrent().filter(deleted=False, exit_code="", exit_date_type=COMPLETION)

    def closing_date(self, record: dict[str, Any]) -> dt.date | None:
        last_day = self.last_days.get(record["school_id"])
        return rules.closing_date(self.school_year, record["programming_type"], last_day)

    def judge(self, record: dict[str, Any]) -> rules.Verdict:
        """`record` as read by `READ`."""
        case = rules.Case(record, self.closing_date(record), self.today, self.early, self.exit_code, enrolments.CODES)
        return rules.judge(case)


def _records(stays: QuerySet[SchoolEnrolment], after: int = 0) -> Iterator[list[dict[str, Any]]]:
    """The records with an id above `after`, by chunks."""
    while rows := list(stays.filter(pk__gt=after).order_by("pk").values(*READ)[:CHUNK]):
        yield rows
        after = rows[-1]["id"]


def scope_of(rehearsal: YearEndRehearsal) -> Scope:
    return Scope(rehearsal.school_year, rehearsal.school_code, rehearsal.early, rehearsal.exit_code)


def scope_now(school_year: SchoolYear, school_code: str = "", early: bool = False) -> Scope:
    """What a rehearsal would look at now. Raises ValidationError {"early" or "school_year": …}."""
    scope = Scope(school_year, school_code, early, SyncSettings.load().year_end_exit_code)
    if school_year.first_day > scope.today:
        raise ValidationError({"school_year": [_("This school year has not started.")]})
    if early:
        return scope
    calendars = SchoolCalendar.objects.filter(school_year=school_year)
    if school_code:
        calendars = calendars.filter(school__code=school_code)
    if not rules.has_ended(school_year, calendars.values_list("last_day", flat=True), scope.today):
        message = _("The school year has not ended. Choose to close it early, or wait for the closing date.")
        raise ValidationError({"early": [message]})
    return scope


def _row(scope: Scope, record: dict[str, Any]) -> YearEndRow:
    verdict = scope.judge(record)
    return YearEndRow(
        enrolment_id=record["id"],
        school_code=record["school__code"],
        revision=record["revision"],
        closing_date=verdict.closing_date,
        exit_date_before=record["exit_date"],
        exit_date_after=verdict.exit_date,
        reason=verdict.reason,
    )


def preview(scope: Scope) -> list[YearEndRow]:
    """The rows that a rehearsal would write. Nothing is written."""
    return [_row(scope, record) for chunk in _records(scope.concurrent()) for record in chunk]


@transaction.atomic
def rehearse(actor: Actor, scope: Scope) -> YearEndRehearsal:
    """A rehearsal and the job that fills it."""
    rehearsal = YearEndRehearsal.objects.create(
        school_year=scope.school_year,
        school_code=scope.school_code,
        early=scope.early,
        exit_code=scope.exit_code,
        at=clock.now(),
        actor_name=actor.name,
    )
    rehearsal.job = jobs.start(actor, REHEARSAL, {"rehearsal": rehearsal.pk}, total=scope.concurrent().count())
    rehearsal.save(update_fields=["job"])
    return rehearsal


def run_rehearsal(running: Running) -> dict[str, Any]:
    """The job of the rehearsal. Its mark is the last enrolment that it looked at."""
    rehearsal = YearEndRehearsal.objects.get(pk=running.inputs["rehearsal"])
    scope = scope_of(rehearsal)
    if not running.mark:
        running.count(scope.concurrent().count())
    running.check()

    def left(most: int) -> list[dict[str, Any]]:
        return list(scope.concurrent().filter(pk__gt=running.mark or 0).order_by("pk").values(*READ)[:most])

    def look(most: int) -> bool:
        for row in (rows := [_row(scope, record) for record in left(most)]):
            row.rehearsal = rehearsal
        YearEndRow.objects.bulk_create(rows, batch_size=CHUNK)
        if rows:
            running.step(rows[-1].enrolment_id, done=len(rows))
        return bool(rows)

    def pass_over(where: str) -> None:
        record = left(1)[0]
        row = YearEndRow(enrolment_id=record["id"], school_code=record["school__code"])
        running.step(record["id"], done=1, failed=1, rows=[_job_row(row, "fault", jobs.fault(where))])

    while running.chunk(CHUNK, look, pass_over):
        running.check()
    closing = rehearsal.rows.filter(reason="")
    return {
        "rehearsal": rehearsal.pk,
        "closing": closing.count(),
        "exit_dates": closing.exclude(exit_date_after=None).count(),
        "not_closing": rehearsal.rows.exclude(reason="").count(),
    }


@transaction.atomic
def start(actor: Actor, rehearsal_id: int) -> Action:
    """The run of a rehearsal: an action and its job. Raises NotPossible when the rehearsal was run already or has not finished."""
    rehearsal = YearEndRehearsal.objects.select_for_update(of=("self",)).select_related("job").get(pk=rehearsal_id)
    check_runnable(rehearsal)
    action = entries.record(
        actor,
        Action.Kind.YEAR_END,
        [],
        school_code=rehearsal.school_code,
        inputs={
            "rehearsal": rehearsal.pk,
            "school_year": str(rehearsal.school_year),
            "early": rehearsal.early,
            "exit_code": rehearsal.exit_code,
        },
    )
    closing = rehearsal.rows.filter(reason="").count()
    action.job = jobs.start(actor, RUN, {"rehearsal": rehearsal.pk, "action": action.pk}, total=closing)
    action.save(update_fields=["job"])
    rehearsal.run = action
    rehearsal.save(update_fields=["run"])
    changes = {"school_year": [None, str(rehearsal.school_year)], "closing": [None, closing]}
    audit.record(actor, audit.Entry(audit.Verb.YEAR_END_RUN, "action", str(action.pk), rehearsal.school_code, changes))
    return action


def check_runnable(rehearsal: YearEndRehearsal) -> None:
    if rehearsal.run_id is not None:
        raise NotPossible(_("This rehearsal was already run. Rehearse again to see what is left."))
    if rehearsal.job is None or rehearsal.job.status not in READY:
        raise NotPossible(_("The rehearsal is not complete, so it does not show what would close."))


@dataclass
class _Mark:
    """How far the run is, and what it has done so far: stored with each chunk."""

    row: int = 0
    closed: int = 0
    exit_dates: int = 0
    changed_since: int = 0
    new_after: int = 0
    new_since: int = 0


def run_closing(running: Running) -> dict[str, Any]:
    """The job of the run: closes, then lists what has become eligible since the rehearsal, then counts the year as closed."""
    rehearsal = YearEndRehearsal.objects.get(pk=running.inputs["rehearsal"])
    action = Action.objects.get(pk=running.inputs["action"])
    if action.undone_at:
        raise ValidationError(_("It was undone in the meantime."))
    mark = _Mark(**(running.mark or {}))
    running.check()
    while running.chunk(
        CLOSED_AT_ONCE,
        lambda most: _close_chunk(running, rehearsal, action, mark, most),
        lambda where: _pass_over(running, rehearsal, mark, where),
    ):
        running.check()
    for rows in new_since(rehearsal, mark.new_after):
        _list_new(running, rows, mark)
        running.check()
    years = count_year(running.actor, rehearsal) if not rehearsal.early and _is_closed(rehearsal.school_year) else None
    done = {"closed": mark.closed, "exit_dates": mark.exit_dates, "changed_since": mark.changed_since}
    return {
        "rehearsal": rehearsal.pk,
        "action": action.pk,
        **done,
        "new_since": mark.new_since,
        "historical_years": years,
    }


def _pass_over(running: Running, rehearsal: YearEndRehearsal, mark: _Mark, where: str) -> None:
    row = _closing(rehearsal, mark.row)[:1].get()
    mark.row = row.pk
    running.step(vars(mark), done=1, failed=1, rows=[_job_row(row, "fault", jobs.fault(where))])


def _close_chunk(running: Running, rehearsal: YearEndRehearsal, action: Action, mark: _Mark, most: int) -> bool:
    """False when there is nothing left to close."""
    rows = list(_closing(rehearsal, mark.row)[:most])
    if not rows:
        return False
    by_id = {row.enrolment_id: row for row in rows}
    moved = _other_closing_date(scope_of(rehearsal), rows)
    wanted: dict[int, dict[str, Any]] = {}
    for row in rows:
        if row.enrolment_id not in moved:
            wanted[row.enrolment_id] = {"exit_code": rehearsal.exit_code}
            if row.exit_date_after is not None:
                wanted[row.enrolment_id]["exit_date"] = row.exit_date_after
    revisions = {pk: by_id[pk].revision for pk in wanted}
    reason = _("Year end %(year)s") % {"year": rehearsal.school_year}
    done = enrolments.change_many(running.actor, wanted, reason=reason, revisions=revisions)
    moved |= _what_changed(rehearsal, done.moved | set(done.unchanged))
    moved |= {pk: " ".join(error.messages) for pk, error in done.refused.items()}
    entries.add(action, _action_records(done.changed, by_id, mark.closed))
    mark.row = rows[-1].pk
    mark.closed += len(done.changed)
    mark.exit_dates += sum("exit_date" in wanted[pk] for pk in done.changed)
    mark.changed_since += len(moved)
    failed = [_job_row(by_id[pk], rules.CHANGED_SINCE, message) for pk, message in sorted(moved.items())]
    running.step(vars(mark), done=len(rows), failed=len(failed), rows=failed)
    return True


def _closing(rehearsal: YearEndRehearsal, after: int) -> QuerySet[YearEndRow]:
    rows = rehearsal.rows.filter(reason="", pk__gt=after).order_by("pk").select_related("enrolment")
    read = ("revision", "school_id", "programming_type")
    return rows.only(*(field.name for field in YearEndRow._meta.fields), *(f"enrolment__{name}" for name in read))


def _other_closing_date(scope: Scope, rows: Iterable[YearEndRow]) -> dict[int, str]:
    """Those whose closing date has changed, with a sentence."""
    moved = {}
    for row in rows:
        now = scope.closing_date(vars(row.enrolment))
        if now != row.closing_date:
            words = {"before": row.closing_date, "now": now or _("not known")}
            moved[row.enrolment_id] = _("The closing date was %(before)s and is %(now)s.") % words
    return moved


def _what_changed(rehearsal: YearEndRehearsal, ids: Iterable[int]) -> dict[int, str]:
    """For each enrolment who changed which fields since the rehearsal."""
    ids = set(ids)
    if not ids:
        return {}
    changes = AuditEntry.objects.filter(
        entity=SCHOOL_ENROLMENT, subject_id__in=[str(pk) for pk in ids], at__gte=rehearsal.at
    )
    by_id: dict[int, tuple[str, set[str]]] = {}
    for entry in changes.order_by("id"):
        names = by_id.get(int(entry.subject_id), ("", set()))[1]
        by_id[int(entry.subject_id)] = (entry.actor_name, names | (set(entry.changes) & set(enrolments.EDITABLE)))
    return {pk: _sentence(*by_id.get(pk, ("", set()))) for pk in ids}


def _sentence(who: str, names: set[str]) -> str:
    if not names:
        return _("Changed since the rehearsal.")
    fields = ", ".join(sorted(label_of(SchoolEnrolment, name) for name in names))
    return _("Changed since the rehearsal by %(who)s: %(fields)s.") % {"who": who, "fields": fields}


def _action_records(
    changed: dict[int, SchoolEnrolment], rows: dict[int, YearEndRow], so_far: int
) -> Iterator[ActionRecord]:
    links = Link.objects.of(SCHOOL_ENROLMENT, changed)
    keys = dict(links.values_list("subject_id", "key"))
    for order, (pk, enrolment) in enumerate(changed.items(), so_far + 1):
        row = rows[pk]
        before: dict[str, Any] = {"exit_code": ""}
        after: dict[str, Any] = {"exit_code": enrolment.exit_code}
        if row.exit_date_after is not None:
            before["exit_date"] = values.to_json(row.exit_date_before)
            after["exit_date"] = values.to_json(row.exit_date_after)
        yield ActionRecord(
            order=order,
            entity=SCHOOL_ENROLMENT,
            subject_id=pk,
            key=keys.get(pk, ""),
            school_code=row.school_code,
            before=before,
            after=after,
            revision_after=enrolment.revision,
        )


def _job_row(row: YearEndRow, code: str, message: str, failed: bool = True) -> JobRow:
    return JobRow(
        entity=SCHOOL_ENROLMENT,
        subject_id=str(row.enrolment_id),
        school_code=row.school_code,
        code=code,
        message=message,
        failed=failed,
    )


def new_since(rehearsal: YearEndRehearsal, after: int = 0) -> Iterator[list[YearEndRow]]:
    """By chunks, those that would close now and are not in the rehearsal."""
    scope = scope_of(rehearsal)
    named = rehearsal.rows.filter(reason="").values("enrolment")
    for chunk in _records(scope.active().exclude(pk__in=named), after):
        if rows := [row for row in (_row(scope, record) for record in chunk) if not row.reason]:
            yield rows


@transaction.atomic
def _list_new(running: Running, rows: list[YearEndRow], mark: _Mark) -> None:
    message = _("It would close now but is not in the rehearsal, so it was left as it is.")
    mark.new_after, mark.new_since = rows[-1].enrolment_id, mark.new_since + len(rows)
    running.step(vars(mark), rows=[_job_row(row, rules.NEW_SINCE, message, failed=False) for row in rows])


def moved_since(rehearsal: YearEndRehearsal) -> dict[int, str]:
    """What a run would leave now, by enrolment id, with a sentence. Reads only."""
    scope, after = scope_of(rehearsal), 0
    moved: dict[int, str] = {}
    while rows := list(_closing(rehearsal, after)[:CHUNK]):
        after = rows[-1].pk
        moved |= _what_changed(rehearsal, [row.enrolment_id for row in rows if row.enrolment.revision != row.revision])
        moved |= _other_closing_date(scope, rows)
    return moved


def _is_closed(year: SchoolYear) -> bool:
    """No school has an active concurrent enrolment of the year left."""
    scope = Scope(year, "", early=False, exit_code=SyncSettings.load().year_end_exit_code)
    return not any(
        scope.judge(record).reason in rules.STILL_ACTIVE for chunk in _records(scope.active()) for record in chunk
    )
