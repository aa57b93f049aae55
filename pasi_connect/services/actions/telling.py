"""A preview as plain values, as the API answers it."""

from typing import Any

from django.utils.translation import gettext as _

from pasi_connect.services import values
from pasi_connect.services.actions.plans import Change, Preview


def told(looked: Preview) -> dict[str, Any]:
    """Records in the order in which they go to PASI, course enrolments, what could not be carried on, remarks."""
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
                "changes": differences(change),
                "sent": change.sends,
                "expected": [
                    {"number": row.number, "level": row.level, "message": _(row.message)}
                    for row in looked.expected.get(order, [])
                ],
            }
            for order, change in enumerate(plan.changes)
            if change.differs
        ],
        "changes_here_only": looked.course_rows,
        "not_carried": [
            {
                "course_enrolment": left.record.pk,
                "course": left.record.section.course.code,
                "section": left.record.section.number,
                "reason": _(left.words.text),
                "next_step": _(left.words.next_step),
            }
            for left in looked.done.not_carried
        ],
        "remarks": plan.remarks,
    }


def differences(change: Change) -> dict[str, list[Any]]:
    """Field -> [before, after] of what differs, values as in JSON."""
    before = change.before or {}
    return {
        name: [values.to_json(before.get(name)), values.to_json(value)]
        for name, value in change.values.items()
        if before.get(name) != value and (change.enrolment or value not in ("", None))
    }
