"""The records of an action as rows of its page: school enrolments with what changed, course enrolments beside them."""

from collections.abc import Iterable, Mapping
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from pasi_connect.entities.school_enrolment import COMPARED
from pasi_connect.models import Action, ActionRecord
from pasi_connect.selectors import Sight
from registrar.views.guided import preview
from sis.models import CourseEnrolment, SchoolEnrolment
from sis.rules import carrying
from sis.services.events import COURSE_ENROLMENT, SCHOOL_ENROLMENT

Rows = dict[str, list[dict[str, Any]]]


def of(records: Iterable[ActionRecord], sight: Sight, *, back: bool = False) -> Rows:
    """{enrolments: [{record, enrolment, made, fields, sends}], courses: [{record, course, code, section, school, what, made, fields}]}.

    `back`: the fields from what they are to what they were. Of a record at a school that is not the person's there are dates and
    type alone, and a course enrolment has no course.
    """
    rows = list(records)
    stays = SchoolEnrolment.objects.select_related("school", "student").in_bulk(_ids(rows, SCHOOL_ENROLMENT))
    seats = CourseEnrolment.objects.select_related("section__course", "section__school").in_bulk(
        _ids(rows, COURSE_ENROLMENT)
    )
    enrolments, courses = [], []
    for row in rows:
        whole = _changes(row.before, row.after, back)
        changes = sight.fields(row.school_code, whole)
        if row.subject_id in stays and row.entity == SCHOOL_ENROLMENT:
            enrolments.append(
                {
                    "record": row,
                    "enrolment": stays[row.subject_id],
                    "made": row.before is None,
                    "fields": preview.fields(changes, created=row.before is None),
                    "sends": row.before is None or bool(whole.keys() & set(COMPARED)),
                }
            )
        elif row.subject_id in seats and row.entity == COURSE_ENROLMENT:
            seat, what = seats[row.subject_id], "" if back else _what(row)
            courses.append(
                {
                    "record": row,
                    **preview.course_of(seat.section, sight.school(seat.section.school.code)),
                    "school": seat.section.school.name,
                    "made": what == "begun",
                    "what": preview.COURSE_WHAT.get(what, ""),
                    "fields": preview.course_fields(changes, what),
                }
            )
    return {"enrolments": enrolments, "courses": courses}


def _what(row: ActionRecord) -> str:
    """What the action did to a course enrolment: a key of shown.COURSE_WHAT."""
    before, after = row.before, row.after
    if before is None:
        return "begun"
    if after.get("enrolment_id", before.get("enrolment_id")) != before.get("enrolment_id"):
        return "moved"
    if after.get("deleted") != before.get("deleted"):
        return "removed" if after.get("deleted") else "restored"
    return "ended" if after.get("status") == "Withdrawn" else "changed"


def _ids(rows: list[ActionRecord], kind: str) -> list[int]:
    return [row.subject_id for row in rows if row.entity == kind]


def _changes(before: Mapping[str, Any] | None, after: Mapping[str, Any], back: bool) -> dict[str, list[Any]]:
    if before is None:
        if back:
            return {"deleted": [False, True]}
        return {name: [None, value] for name, value in after.items() if value not in ("", None)}
    pairs = {name: [before.get(name), value] for name, value in after.items() if before.get(name) != value}
    return {name: [new, old] for name, (old, new) in pairs.items()} if back else pairs


def sent_back(rows: Rows) -> int:
    """The most submissions that undoing can cause: what PASI has not accepted yet is not sent at all."""
    return sum(row["sends"] for row in rows["enrolments"])


def left(action: Action, records: QuerySet[ActionRecord], sight: Sight) -> list[dict[str, Any]]:
    """What could not be carried on: {course, code, section, reason, next_step, add}; `add` is the enrolment to add it to."""
    pairs = [pair for pair in action.inputs.get("not_carried", []) if pair[1] in carrying.REASONS]
    if not pairs or action.undone_at:
        return []
    seats = CourseEnrolment.objects.select_related("section__course", "section__school").in_bulk(
        [pair[0] for pair in pairs]
    )
    new_stay = records.filter(entity=SCHOOL_ENROLMENT, before__isnull=True).values_list("subject_id", flat=True).first()
    return [
        {
            **preview.course_of(seats[seat].section, sight.school(seats[seat].section.school.code)),
            "reason": _(carrying.REASONS[why].text),
            "next_step": _(carrying.REASONS[why].next_step),
            "add": new_stay if carrying.REASONS[why].next_step == carrying.REASONS["no_section"].next_step else None,
        }
        for seat, why in pairs
        if seat in seats
    ]
