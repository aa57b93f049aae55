"""A preview in words: every record before and after, what goes to PASI in which order, what people finish by hand."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from operations.wording import label_of
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.models import Action
from pasi_connect.rules import pasi
from pasi_connect.selectors import Sight
from pasi_connect.services import words
from pasi_connect.services.compare.context import Context
from pasi_connect.views import expectations
from registrar.services.actions.plans import Change, Preview
from registrar.services.actions.previews import differences, expected_of
from registrar.views.guided import picture
from sis.models import Course, CourseEnrolment, School, Section
from sis.services.carrying import NotCarried
from sis.views.lanes import month_names

COURSE_WHAT = {
    "begun": gettext_lazy("starts"),
    "ended": gettext_lazy("ends"),
    "removed": gettext_lazy("removed: it had not started"),
    "moved": gettext_lazy("moves over unchanged"),
    "changed": gettext_lazy("changed"),
    "restored": gettext_lazy("is restored"),
}
WHAT = {
    "create": gettext_lazy("created"),
    "change": gettext_lazy("changed"),
    "delete": gettext_lazy("deleted"),
    "undelete": gettext_lazy("restored"),
}
# The fields shown of a course enrolment: a day says more than the status that follows from it.
COURSE_FIELDS = {
    "begun": ("entry_date", "exit_date", "challenge"),
    "ended": ("exit_date",),
    "removed": (),
    "moved": ("entry_date", "exit_date"),
}
ALL_COURSE_FIELDS = ("entry_date", "exit_date", "status", "credits_attempted", "challenge", "deleted")


@dataclass(frozen=True)
class Field:
    label: str
    before: str
    after: str


@dataclass
class Record:
    """One school enrolment. `number`: its place among the submissions, None where it is not sent."""

    school: str
    code: str
    concurrent: bool
    what: str
    label: str
    fields: list[Field]
    number: int | None
    expected: list[dict[str, Any]]
    waits: str = ""

    @property
    def is_made(self) -> bool:
        return self.what == "create"

    @property
    def names(self) -> str:
        return ", ".join(row.label for row in self.fields)


@dataclass
class Page:
    kind: str
    year: str
    months: list[str]
    lanes: list[picture.Row]
    records: list[Record]
    courses: list[dict[str, Any]]
    left: list[dict[str, str]]
    remarks: list[str]
    other_schools: list[str]  # other schools that get a notice
    button: str
    due: str
    sent: list[Record] = field(default_factory=list)

    @property
    def total(self) -> int:
        return len(self.records) + len(self.courses)


def of(looked: Preview, sight: Sight) -> Page:
    """A record at a school that is not the person's shows its dates and type only."""
    plan = looked.plan
    context, number = Context(), 0
    records = []
    for order, change in enumerate(plan.changes):
        if not change.differs:
            continue
        number += change.sends
        records.append(
            _record(change, number if change.sends else None, expected_of(looked, order, sight), context, sight)
        )
    others = sorted({change.school.name for change in plan.changes if change.school.code != plan.school_code})
    sent = [record for record in records if record.number]
    due = plan.due_on.isoformat() if plan.due_on else ""
    page = Page(
        kind=str(Action.Kind(plan.kind).label),
        year=str(plan.changes[0].school_year) if plan.changes else "",
        months=month_names(),
        lanes=picture.rows(plan),
        records=records,
        courses=courses(looked.course_rows, sight),
        left=[not_carried(one, sight) for one in looked.done.not_carried],
        remarks=plan.remarks,
        other_schools=others,
        button="",
        due=due,
        sent=sent,
    )
    is_new = all(record.is_made for record in records) and not page.courses
    page.button = button(page.kind, page.total, len(sent), due, is_new=is_new)
    return page


def button(kind: str, records: int, sent: int, due: str, *, is_new: bool) -> str:
    """The button says the size of what it does."""
    values = {"action": kind, "records": records, "sent": sent, "day": due}
    if due:
        return _("%(action)s, planned for %(day)s: change %(records)s, send %(sent)s") % values
    if not sent:
        return _("%(action)s: change %(records)s, send nothing") % values
    if is_new:
        return _("%(action)s: create %(records)s, send %(sent)s") % values
    return _("%(action)s: change %(records)s, send %(sent)s") % values


def _record(
    change: Change, number: int | None, expected: list[pasi.Expected], context: Context, sight: Sight
) -> Record:
    return Record(
        school=change.school.name,
        code=change.school.code,
        concurrent=bool(change.after()["concurrent"]),
        what=change.what,
        label=str(WHAT[change.what]),
        fields=fields(sight.fields(change.school.code, differences(change)), created=change.enrolment is None),
        number=number,
        expected=expectations.lines(expected),
        waits="" if number is None else _waits(change, context),
    )


def _waits(change: Change, context: Context) -> str:
    """Why a submission would not go out at once, where that is known beforehand."""
    if change.school.code not in context.active_schools(ENTITY):
        return _(
            "Enrolment synchronization of this school is inactive: the change is stored, and sent when it is "
            "switched on."
        )
    if change.school_year not in context.years:
        return _("This school year is not synchronized: the change is stored until somebody has compared it with PASI.")
    return ""


def fields(changes: Mapping[str, list[Any]], *, created: bool = False) -> list[Field]:
    """Names and values of an enrolment as people read them; for a new one without the empty and the usual ones."""
    return [
        Field(
            words.field_label(ENTITY, name),
            words.value_text(ENTITY, name, before),
            words.value_text(ENTITY, name, after),
        )
        for name, (before, after) in changes.items()
        if not (created and (name, after) in USUAL)
    ]


USUAL = {("deleted", False), ("concurrent", False), ("exit_date_type", "CompletionDate")}


def courses(rows: list[dict[str, Any]], sight: Sight) -> list[dict[str, Any]]:
    """{course, section, school, what, fields} of each row of a preview's or an action's course enrolments."""
    names = dict(Course.objects.filter(code__in={row["course"] for row in rows}).values_list("code", "name"))
    schools = dict(School.objects.filter(code__in={row["school"] for row in rows}).values_list("code", "name"))
    return [
        {
            **(
                {"course": names.get(row["course"], row["course"]), "code": row["course"], "section": row["section"]}
                if sight.school(row["school"])
                else HIDDEN_COURSE
            ),
            "school": schools.get(row["school"], row["school"]),
            "what": COURSE_WHAT.get(row["what"], ""),
            "is_made": row["what"] == "begun",
            "fields": course_fields(sight.fields(row["school"], row["changes"]), row["what"]),
        }
        for row in rows
    ]


def course_fields(changes: Mapping[str, list[Any]], what: str = "") -> list[Field]:
    rows = []
    for name, (before, after) in changes.items():
        if name not in COURSE_FIELDS.get(what, ALL_COURSE_FIELDS) or (before is None and after in (None, False, "")):
            continue
        label = label_of(CourseEnrolment, name)
        rows.append(Field(label[:1].upper() + label[1:], _course_value(name, before), _course_value(name, after)))
    return rows


def _course_value(name: str, value: Any) -> str:
    if value is None or value == "":
        return ""
    if name == "deleted":
        return _("removed") if value else _("counts")
    if name == "challenge":
        return _("yes") if value else _("no")
    if name == "status":
        return str(dict(CourseEnrolment.Status.choices).get(value, value))
    return str(value)


# A course enrolment at another school is shown; which course it is only that school knows.
HIDDEN_COURSE = {"course": gettext_lazy("A course enrolment"), "code": "", "section": ""}


def course_of(section: Section, mine: bool) -> dict[str, Any]:
    """{course, code, section}. Reads its course."""
    if not mine:
        return HIDDEN_COURSE
    return {"course": section.course.name, "code": section.course.code, "section": section.number}


def not_carried(left: NotCarried, sight: Sight) -> dict[str, Any]:
    """{course, code, section, reason, next_step}."""
    section = left.record.section
    return {
        **course_of(section, sight.school(section.school.code)),
        "reason": _(left.words.text),
        "next_step": _(left.words.next_step),
    }
