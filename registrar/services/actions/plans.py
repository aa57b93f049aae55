"""A guided action before it is done. The preview is the work, rolled back: what people see is what is then done.

A planner draws the Plan from the present state and refuses what cannot be. `do` draws it again under the student's lock,
carries it out, and lets it stand only when it is what the person saw.
"""

import datetime as dt
import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext as _

from operations.actor import Actor
from pasi_connect.entities.school_enrolment import COMPARED
from pasi_connect.models import Action, ActionRecord
from pasi_connect.rules import elsewhere
from pasi_connect.services.compare import values
from pasi_connect.services.decisions import entries, expected
from pasi_connect.services.queue import submissions
from registrar.services.actions.refusals import PlannedAlready as PlannedAlready
from registrar.services.actions.refusals import Refused as Refused
from registrar.services.actions.refusals import refuse as refuse
from registrar.services.actions.refusals import refuse_second_plan
from sis.models import CourseEnrolment, School, SchoolEnrolment, Student
from sis.rules.school_year import SchoolYear
from sis.services import course_enrolments, enrolments
from sis.services.carrying import NotCarried
from sis.services.events import COURSE_ENROLMENT, SCHOOL_ENROLMENT


@dataclass
class Change:
    """One school enrolment as the action leaves it: `values` by field. `enrolment` is None for a new one."""

    student: Student
    school: School
    school_year: SchoolYear
    values: dict[str, Any]
    enrolment: SchoolEnrolment | None = None

    @classmethod
    def of(cls, enrolment: SchoolEnrolment, **wanted: Any) -> "Change":
        return cls(enrolment.student, enrolment.school, enrolment.school_year, wanted, enrolment)

    @property
    def before(self) -> dict[str, Any] | None:
        """The present values of what changes; None for a new record."""
        if self.enrolment is None:
            return None
        return {name: getattr(self.enrolment, name) for name in self.values}

    @property
    def differs(self) -> bool:
        return self.before != self.values

    @property
    def sends(self) -> bool:
        """A field that PASI holds differs."""
        before = self.before
        return before is None or any(name in COMPARED and before[name] != value for name, value in self.values.items())

    @property
    def what(self) -> str:
        """create, change, delete or undelete."""
        if self.enrolment is None:
            return "create"
        if "deleted" in self.values:
            return "delete" if self.values["deleted"] else "undelete"
        return "change"

    def after(self) -> dict[str, Any]:
        """The record as it will be, by field."""
        present = (
            enrolments.values(self.enrolment)
            if self.enrolment
            else {
                **{name: getattr(SchoolEnrolment(), name) for name in enrolments.EDITABLE},
                "student": self.student,
                "school": self.school,
                "school_year": self.school_year,
            }
        )
        return {**present, **self.values}


# What happens to course enrolments: takes who acts, the enrolments that the action has created (by place among its changes) and
# the reason; returns what it wrote, and what could not be carried on.
CourseResult = tuple[list[course_enrolments.Changed], list[NotCarried]]
CourseWork = Callable[[Actor, dict[int, SchoolEnrolment], str], CourseResult]


@dataclass
class Plan:
    """`changes` in the order in which they go to PASI. `inputs` are what the planner needs to draw the plan again.

    `form_fields`: the field of the action's form that stands for a field of the record, where the names differ.
    """

    kind: str
    student: Student
    school_code: str
    changes: list[Change]
    reason: str = ""
    note: str = ""
    inputs: dict[str, Any] = field(default_factory=dict)
    courses: list[CourseWork] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    due_on: dt.date | None = None  # in the future: planned now, done on that day
    form_fields: dict[str, str] = field(default_factory=dict)


@dataclass
class Done:
    """What carrying a plan out wrote."""

    records: list[ActionRecord]
    not_carried: list[NotCarried]

    def version(self, kind: str) -> str:
        """Identifies all that the preview shows; differs as soon as any of it changes."""
        new_ids = {row.subject_id for row in self.records if row.entity == SCHOOL_ENROLMENT and row.before is None}
        rows = [
            [
                row.entity,
                *(["new", 0] if row.before is None else [row.subject_id, row.revision_after]),
                row.before,
                # A new enrolment has another id each time: PostgreSQL does not give one out twice.
                {name: value for name, value in row.after.items() if name != "enrolment_id" or value not in new_ids},
                row.seen_version,  # type: ignore[attr-defined]
            ]
            for row in self.records
        ]
        left = left_over(self.not_carried)
        text = json.dumps([kind, rows, left], sort_keys=True, default=str)
        return salted_hmac("plan", text).hexdigest()[:24]  # salted, so that nobody can find out the values by trying


@dataclass
class Preview:
    """A plan with what it would write. `expected`: what PASI will say of each change, by its place in the plan."""

    plan: Plan
    done: Done
    version: str
    expected: dict[int, list[expected.Expected]]
    course_rows: list[dict[str, Any]]

    @property
    def submissions(self) -> int:
        return sum(change.sends for change in self.plan.changes)


class Moved(Exception):
    """Something has changed since the person saw the preview; `preview` is the present one."""

    def __init__(self, preview: Preview) -> None:
        super().__init__(_("Something has changed since you saw the preview. Check the new preview, then try again."))
        self.preview = preview


Planner = Callable[[], Plan]


class _RollBack(Exception):
    pass


class _AsItStands(Exception):
    """A record of another school cannot be saved because of what that school has entered, which stays theirs to know."""

    def __init__(self, school_code: str) -> None:
        super().__init__(school_code)
        self.school_code = school_code


def preview(actor: Actor, planner: Planner) -> Preview:
    """What the action would do, here and in PASI. Writes nothing. Raises what the planner and the rules refuse."""
    plan = planner()
    if plan.due_on is not None:
        refuse_second_plan(plan.student)
    previews: list[Preview] = []
    try:
        with transaction.atomic():
            done = carry_out(actor, plan)
            previews.append(_preview(plan, done))
            raise _RollBack
    except _RollBack:
        return previews[0]


def _preview(plan: Plan, done: Done) -> Preview:
    ids = {row.order: row.subject_id for row in done.records if row.entity == SCHOOL_ENROLMENT}
    places = [order for order, change in enumerate(plan.changes) if change.differs]
    answers = expected.of_plan(
        [_expected_record(plan.changes[place], ids[place]) for place in places], today=plan.due_on
    )
    return Preview(
        plan,
        done,
        done.version(plan.kind),
        {place: rows for place, rows in zip(places, answers, strict=True) if rows},
        _course_rows(done),
    )


def _expected_record(change: Change, enrolment_id: int) -> dict[str, Any]:
    """As `expected.of_plan` takes it. In a preview a new record has an id too."""
    record = change.after()
    return {
        **{name: record[name] for name in (*COMPARED, "concurrent")},
        "student_id": change.student.pk,
        "school_code": change.school.code,
        "school_year": change.school_year,
        "enrolment_id": enrolment_id,
    }


def _course_rows(done: Done) -> list[dict[str, Any]]:
    rows = [row for row in done.records if row.entity == COURSE_ENROLMENT]
    by_id = CourseEnrolment.objects.select_related("section__course", "section__school").in_bulk(
        [row.subject_id for row in rows]
    )
    return [
        {
            "id": row.subject_id if row.before is not None else None,
            "what": row.what,  # type: ignore[attr-defined]
            "course": by_id[row.subject_id].section.course.code,
            "section": by_id[row.subject_id].section.number,
            "school": row.school_code,
            "changes": {
                name: [(row.before or {}).get(name), value]
                for name, value in row.after.items()
                if name != "enrolment_id" and (row.before or {}).get(name) != value
            },
        }
        for row in rows
    ]


def do(actor: Actor, student_id: int, planner: Planner, version: str | None = None) -> Action:
    """Does the plan, one transaction; plans it where its day is still to come. Raises Moved when it is not the preview's `version`."""
    with transaction.atomic():
        Student.objects.select_for_update().get(pk=student_id)
        plan = planner()
        if plan.due_on is not None:
            looked = preview(actor, lambda: plan)
            if version is not None and version != looked.version:
                raise Moved(looked)
            return _enter(actor, plan, _planned(looked.done), looked.done.not_carried, version, Action.Status.PLANNED)
        done = carry_out(actor, plan)
        if version is not None and version != done.version(plan.kind):
            raise Moved(_preview(plan, done))
        if not done.records:
            raise Refused(_("Nothing would change: the record already has these values."))
        return _enter(actor, plan, done.records, done.not_carried, version, Action.Status.DONE)


def left_over(not_carried: Iterable[NotCarried]) -> list[list[Any]]:
    """What could not be carried on, as it is kept with the action: [id of the course enrolment, key of the reason]."""
    return [[one.record.pk, one.reason] for one in not_carried]


def _enter(
    actor: Actor,
    plan: Plan,
    records: list[ActionRecord],
    not_carried: list[NotCarried],
    version: str | None,
    status: str,
) -> Action:
    """`version` is kept, to recognize the same preview when it is confirmed twice."""
    return entries.record(
        actor,
        plan.kind,
        records,
        school_code=plan.school_code,
        reason=plan.reason,
        note=plan.note,
        inputs={**plan.inputs, "seen": version or "", "not_carried": left_over(not_carried)},
        status=status,
        due_on=plan.due_on,
    )


def _planned(done: Done) -> list[ActionRecord]:
    """What the action will touch, so that each record leads to it; new ones have no id yet."""
    rows = [row for row in done.records if row.before is not None]
    for row in rows:
        row.revision_after, row.chained = None, False
    return rows


def carry_out(actor: Actor, plan: Plan) -> Done:
    """Carries out the plan, inside the caller's transaction.

    Raises ValidationError for what was asked for, Refused where a rule is broken by what the action itself brings along.
    """
    try:
        return _carry_out(actor, plan)
    except _AsItStands as error:
        text = _(
            "This would also change the enrolment at school %(school)s, which has a value that PASI would refuse. "
            "That school must correct it first."
        )
        raise Refused(text % {"school": error.school_code}) from None
    except ValidationError as error:
        problems = error.message_dict if hasattr(error, "error_dict") else {"": error.messages}
        if not problems.keys() <= plan.form_fields.keys():
            raise Refused(" ".join(text for texts in problems.values() for text in texts)) from None
        raise ValidationError({plan.form_fields[name]: texts for name, texts in problems.items()}) from None


def _carry_out(actor: Actor, plan: Plan) -> Done:
    records: list[ActionRecord] = []
    new_stays: dict[int, SchoolEnrolment] = {}
    sent_before = False
    reason = " · ".join(part for part in (plan.reason, plan.note) if part)
    for order, change in enumerate(plan.changes):
        if not change.differs:
            continue
        before, seen_version = change.before, 0
        why = reason if change.school.code == plan.school_code else entries.at_another_school(plan.school_code)
        if change.enrolment is None:
            one = enrolments.create(
                actor,
                change.student,
                change.school,
                change.school_year,
                change.values,
                reason=why,
                today=plan.due_on,
            )
            new_stays[order] = one
        else:
            held = submissions.copy_of(submissions.link_of(change.enrolment))
            seen_version = held.core_version if held else 0
            try:
                one = enrolments.change(
                    actor,
                    change.enrolment.pk,
                    change.values,
                    seen_version=seen_version,
                    expected_revision=change.enrolment.revision,
                    reason=why,
                    today=plan.due_on,
                )
            except ValidationError as error:
                if change.school.code == plan.school_code or _speaks_of_days(error):
                    raise
                raise _AsItStands(change.school.code) from None
        row = ActionRecord(
            order=order,
            entity=SCHOOL_ENROLMENT,
            subject_id=one.pk,
            key=submissions.link_of(one).key,
            school_code=change.school.code,
            before=None if before is None else values.plain(before),
            after=values.plain(change.values),
            revision_after=one.revision,
            chained=change.sends and sent_before,
        )
        row.seen_version = seen_version  # type: ignore[attr-defined]
        records.append(row)
        sent_before = sent_before or change.sends
    not_carried: list[NotCarried] = []
    for work in plan.courses:
        written, left = work(actor, new_stays, reason)
        not_carried += left
        records += _course_records(written, first=len(records) + len(plan.changes))
    return Done(records, not_carried)


def _speaks_of_days(error: ValidationError) -> bool:
    """Holds nothing but what may be shown of a record at another school."""
    return hasattr(error, "error_dict") and error.message_dict.keys() <= elsewhere.FIELDS


def _course_records(written: list[course_enrolments.Changed], first: int) -> list[ActionRecord]:
    schools = dict(
        CourseEnrolment.objects.filter(pk__in=[one.id for one in written]).values_list("pk", "section__school__code")
    )
    rows = []
    for number, one in enumerate(written):
        row = ActionRecord(
            order=first + number,
            entity=COURSE_ENROLMENT,
            subject_id=one.id,
            school_code=schools[one.id],
            before=one.before,
            after=one.after,
            revision_after=one.revision_after,
        )
        row.seen_version, row.what = 0, one.kind  # type: ignore[attr-defined]
        rows.append(row)
    return rows
