"""What a person should know before accepting a PASI value: our own rules do not refuse it, since PASI holds it."""

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from operations.models import User
from operations.rules.words import gettext_noop
from pasi_connect.entities import SCHOOL_ENROLMENT
from pasi_connect.models import Discrepancy, EnrolmentCopy
from pasi_connect.models.discrepancy import Kind
from pasi_connect.rules.pasi import Expected
from pasi_connect.services.compare import values
from pasi_connect.services.decisions import expected
from sis import selectors
from sis.models import SchoolEnrolment, Student
from sis.rules.stays import LOOKED_AT

# By code, what our own rules would refuse to be entered here, or question: the step that fits a decision.
NEXT_STEPS = {
    "10069": gettext_noop(
        "If it is a duplicate, delete it in PASI. If both are right, accept, then correct the dates."
    ),
    "twin_in_pasi": gettext_noop(
        "PASI also has another record for these days. Decide which one is right, then delete the other in PASI."
    ),
    "second_main_stay": gettext_noop(
        "If the student takes single courses here, accept, then mark the enrolment as concurrent. If the student has "
        "moved, accept, and have the other school withdraw the student."
    ),
    "withdrawn_ahead": gettext_noop(
        "Check the day with the school. After you accept, you can change it with “Correct the last day”."
    ),
}
PLACES = (Kind.CREATED_IN_PASI, Kind.IDENTITY_CHANGED_IN_PASI)  # accepting puts a record where none was


def warnings(items: Iterable[Discrepancy], user: User | None) -> dict[int, list[Expected]]:
    """By id of each open item; a handful of queries however many there are. Each item by itself, with all else as it is now.

    Nothing is said about a student to whom PASI has moved a record and whom `user` may not see.
    """
    wanted = [item for item in items if item.is_open and item.undecided and _may_matter(item)]
    if not wanted:
        return {}
    plan = _plan(wanted, user)
    expectations = expected.of_plan(list(plan.values()), together=False) if plan else []
    advice = {
        pk: [replace(one, next_step=NEXT_STEPS[one.code]) for one in rows if one.code in NEXT_STEPS]
        for pk, rows in zip(plan, expectations, strict=True)
    }
    return {pk: rows for pk, rows in advice.items() if rows}


def _may_matter(item: Discrepancy) -> bool:
    """Accepting deletes nothing here and touches what stays are compared by."""
    if item.kind in (Kind.DELETED_IN_PASI, Kind.MISSING_IN_PASI):
        return False
    return item.kind in PLACES or any(row["name"] in LOOKED_AT for row in item.fields)


def _plan(items: list[Discrepancy], user: User | None) -> dict[int, dict[str, Any]]:
    """Each record as it would be here once everything of its item is accepted; what cannot be compared is left out."""
    copies = {
        copy.key: copy
        for copy in EnrolmentCopy.objects.filter(key__in=[item.key for item in items], vanished_at=None).defer(
            "document"
        )
    }
    students = dict(Student.objects.filter(asn__in={copy.asn for copy in copies.values()}).values_list("asn", "pk"))
    mine = (
        set(selectors.students(user).filter(pk__in=students.values()).values_list("pk", flat=True)) if user else set()
    )
    ids = [item.subject_id for item in items if item.subject_id]
    enrolments = SchoolEnrolment.objects.select_related("school").in_bulk(ids)
    plan = {}
    for item in items:
        copy, enrolment = copies.get(item.key), enrolments.get(item.subject_id or 0)
        if copy is None:
            continue
        theirs = values.theirs(copy)
        if enrolment is not None and item.kind != Kind.IDENTITY_CHANGED_IN_PASI:
            names = [row["name"] for row in item.fields if row["name"] in theirs]
            row = expected.as_planned(enrolment, **{name: theirs[name] for name in names})
        elif item.kind == Kind.IDENTITY_CHANGED_IN_PASI and students.get(copy.asn) not in mine:
            continue
        elif copy.asn in students and copy.school_year is not None:
            row = {
                "student_id": students[copy.asn],
                "school_code": copy.school_code,
                "school_year": copy.school_year,
                "enrolment_id": item.subject_id,
                "ref_id": copy.key,
                "concurrent": enrolment.concurrent if enrolment else False,
                **SCHOOL_ENROLMENT.empty,
                **theirs,
            }
        else:
            continue
        if all(isinstance(row[name], dt.date) for name in SCHOOL_ENROLMENT.days):
            plan[item.pk] = row
    return plan
