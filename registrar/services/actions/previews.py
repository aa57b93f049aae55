"""A preview as plain values, as the API answers it."""

from typing import Any

from django.utils.translation import gettext as _

from pasi_connect.rules.pasi import Expected
from pasi_connect.selectors import Sight
from pasi_connect.services.compare import values
from pasi_connect.services.decisions import expected
from registrar.services.actions.plans import Change, Preview
from sis.services.carrying import NotCarried


def answer(looked: Preview, sight: Sight) -> dict[str, Any]:
    """Records in the order in which they go to PASI, course enrolments, what could not be carried on, remarks.

    Of records at schools that are not the person's: dates and type alone, of course enrolments the school.
    """
    plan = looked.plan
    return {
        "kind": plan.kind,
        "version": looked.version,
        "due_on": plan.due_on.isoformat() if plan.due_on else None,
        "submissions": looked.submissions,
        "records": [
            {
                "what": change.what,
                "enrolment": change.enrolment.pk if change.enrolment else None,
                "school": change.school.code,
                "school_year": str(change.school_year),
                "changes": sight.fields(change.school.code, differences(change)),
                "sent": change.sends,
                "expected": [expected.answer(row, sight.school) for row in expected_of(looked, order, sight)],
            }
            for order, change in enumerate(plan.changes)
            if change.differs
        ],
        "changes_here_only": [_course(row, sight) for row in looked.course_rows],
        "not_carried": [
            {
                **_left(left, sight),
                "reason": _(left.words.text),
                "next_step": _(left.words.next_step),
            }
            for left in looked.done.not_carried
        ],
        "remarks": plan.remarks,
    }


def expected_of(looked: Preview, order: int, sight: Sight) -> list[Expected]:
    """What PASI will say of a change. A new record holds only what comes from the person's own school."""
    change, answers = looked.plan.changes[order], looked.expected.get(order, [])
    return answers if change.enrolment is None else sight.expected(change.school.code, answers)


def _course(row: dict[str, Any], sight: Sight) -> dict[str, Any]:
    if sight.school(row["school"]):
        return row
    return {**row, "id": None, "course": None, "section": None, "changes": sight.fields(row["school"], row["changes"])}


def _left(left: NotCarried, sight: Sight) -> dict[str, Any]:
    section = left.record.section
    if not sight.school(section.school.code):
        return {"course_enrolment": None, "course": None, "section": None}
    return {"course_enrolment": left.record.pk, "course": section.course.code, "section": section.number}


def differences(change: Change) -> dict[str, list[Any]]:
    """Field -> [before, after] of what differs, values as in JSON."""
    before = change.before or {}
    return {
        name: [values.to_json(before.get(name)), values.to_json(value)]
        for name, value in change.values.items()
        if before.get(name) != value and (change.enrolment or value not in ("", None))
    }
