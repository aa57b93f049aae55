"""The one door through which stored grades are written."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from operations import clock
from operations.actor import Actor
from operations.services import audit
from sis.models import Course, CourseEnrolment, School, StoredGrade, Student, Term
from sis.models.event import Origin
from sis.rules.school_year import SchoolYear
from sis.services import events

LONGEST = 10  # characters of a mark
IN_AUDIT = ("mark", "credits", "store_code")


@dataclass(frozen=True)
class Mark:
    """What is stored: the mark as text (78, A, P), and its credits."""

    mark: str
    credits: int


@transaction.atomic
def store(
    actor: Actor,
    course_enrolment_id: int,
    mark: Mark,
    *,
    store_code: str = "",
    reason: str = "",
    origin: str = Origin.SIS,
) -> StoredGrade:
    """Stores the mark of a course enrolment, under the term's Final Mark Store Code unless another one is given.

    Storing under the same code again overwrites; nothing is written when nothing differs. Raises ValidationError {field:
    [sentences]}.
    """
    rows = CourseEnrolment.objects.select_for_update(of=("self",)).select_related(
        "section__school", "section__course", "section__term", "student"
    )
    sitting = rows.get(pk=course_enrolment_id)
    section = sitting.section
    key = {"course_enrolment": sitting, "store_code": store_code or section.term.store_code}
    fixed = {
        "student": sitting.student,
        "course": section.course,
        "school": section.school,
        "school_year": section.school_year,
        "term": section.term,
    }
    if sitting.deleted:
        raise ValidationError({"course_enrolment": [_("The course enrolment is deleted.")]})
    return _store(actor, key, fixed, mark, reason, origin)


@transaction.atomic
def store_elsewhere(
    actor: Actor,
    student: Student,
    course: Course,
    school: School,
    school_year: SchoolYear,
    store_code: str,
    mark: Mark,
    *,
    reason: str = "",
    origin: str = Origin.SIS,
) -> StoredGrade:
    """Stores a mark without a course enrolment: earned elsewhere, or before. Raises as `store` does."""
    Student.objects.select_for_update().get(pk=student.pk)
    terms = Term.objects.filter(calendar__school=school, calendar__school_year=school_year, store_code=store_code)
    key = {
        "course_enrolment": None,
        "student": student,
        "course": course,
        "school": school,
        "school_year": school_year,
        "store_code": store_code,
    }
    return _store(actor, key, {"term": terms.first()}, mark, reason, origin)


@transaction.atomic
def change(actor: Actor, grade_id: int, wanted: Mapping[str, Any], *, reason: str = "") -> StoredGrade:
    """Another mark or other credits under the same store code. Raises as `store` does."""
    grade = StoredGrade.objects.select_for_update(of=("self",)).select_related("school").get(pk=grade_id)
    mark = Mark(wanted.get("mark", grade.mark), wanted.get("credits", grade.credits))
    return _store(actor, {"pk": grade.pk, "store_code": grade.store_code}, {}, mark, reason, Origin.SIS)


def _store(
    actor: Actor, key: dict[str, Any], fixed: dict[str, Any], mark: Mark, reason: str, origin: str
) -> StoredGrade:
    _check(str(key["store_code"]), mark)
    grade = StoredGrade.objects.select_for_update(of=("self",)).select_related("school").filter(**key).first()
    before = {name: getattr(grade, name) for name in IN_AUDIT} if grade else dict.fromkeys(IN_AUDIT)
    now = clock.now()
    if grade is None:
        grade = StoredGrade.objects.create(**key, **fixed, mark=mark.mark, credits=mark.credits, stored_at=now)
    elif (grade.mark, grade.credits) == (mark.mark, mark.credits):
        return grade
    else:
        grade.mark, grade.credits, grade.stored_at, grade.revision = mark.mark, mark.credits, now, grade.revision + 1
        grade.save(update_fields=["mark", "credits", "stored_at", "revision"])
    changes = {name: [before[name], getattr(grade, name)] for name in IN_AUDIT if before[name] != getattr(grade, name)}
    entry = audit.Entry(audit.Verb.GRADE_STORED, events.STORED_GRADE, str(grade.pk), grade.school.code, changes, reason)
    audit.record(actor, entry)
    events.leave(actor, grade, changes, origin)
    return grade


def _check(store_code: str, mark: Mark) -> None:
    problems: dict[str, list[str]] = {}
    if not store_code:
        problems["store_code"] = [_("The term has no Final Mark Store Code.")]
    if not mark.mark.strip() or len(mark.mark) > LONGEST:
        problems["mark"] = [_("Enter the mark, at most 10 characters.")]
    if not 0 <= mark.credits <= 99:
        problems["credits"] = [_("Enter credits between 0 and 99.")]
    if problems:
        raise ValidationError(problems)
