"""The students that a list is about: names from the person's schools, read for a whole page of rows at once."""

from collections.abc import Collection, Iterable

from django.db.models import Count, Min
from django.urls import reverse

from operations.models import User
from pasi_connect import selectors
from pasi_connect.models import Action, ActionRecord, Exchange, Link, Submission
from sis import selectors as sis_selectors
from sis.models import SchoolEnrolment, Student
from sis.services.events import COURSE_ENROLMENT, SCHOOL_ENROLMENT, STUDENT

OF_MANY = (Action.Kind.BULK_DECISION, Action.Kind.YEAR_END, Action.Kind.EXIT_CODES)
Named = tuple[str, str]  # name, address of the student's page


def _named(student: Student) -> Named:
    return student.name, reverse("sis:student", args=[student.pk])


def of_actions(user: User, actions: Collection[Action]) -> tuple[dict[int, int], dict[int, Named]]:
    """(records of each action, its student), by action. An action on records of several students has no student here.

    Four queries however many records the actions have touched.
    """
    wanted = [action.pk for action in actions]
    rows = list(
        selectors.action_records(user)
        .filter(action__in=wanted)
        .order_by()
        .values("action_id")
        .annotate(n=Count("pk"), first=Min("pk"))
    )
    alone = {action.pk for action in actions if action.kind not in OF_MANY}
    firsts = ActionRecord.objects.in_bulk([row["first"] for row in rows if row["action_id"] in alone])
    students = of_records(user, firsts.values())
    named = {row["action_id"]: students[row["first"]] for row in rows if row["first"] in students}
    return {row["action_id"]: row["n"] for row in rows}, named


def of_records(user: User, records: Iterable[ActionRecord]) -> dict[int, Named]:
    """The student of each record of an action, by the record's id. Three queries."""
    rows = list(records)
    stays = sis_selectors.enrolments(user).in_bulk([row.subject_id for row in rows if row.entity == SCHOOL_ENROLMENT])
    seats = (
        sis_selectors.course_enrolments(user)
        .select_related("student")
        .in_bulk([row.subject_id for row in rows if row.entity == COURSE_ENROLMENT])
    )
    own = [row.subject_id for row in rows if row.entity == STUDENT]
    students = sis_selectors.students(user).in_bulk(own) if own else {}
    by_kind: dict[str, dict[int, Student]] = {
        SCHOOL_ENROLMENT: {pk: stay.student for pk, stay in stays.items()},
        COURSE_ENROLMENT: {pk: seat.student for pk, seat in seats.items()},
        STUDENT: students,
    }
    return {
        row.pk: _named(by_kind[row.entity][row.subject_id])
        for row in rows
        if row.subject_id in by_kind.get(row.entity, {})
    }


def of_exchanges(user: User, calls: Iterable[Exchange]) -> dict[int, Named]:
    """The student whose record a call was about, by the call's id. Four queries."""
    rows = list(calls)
    subjects = dict(
        Submission.objects.filter(
            pk__in=[row.submission_id for row in rows if row.submission_id], entity=SCHOOL_ENROLMENT
        ).values_list("pk", "subject_id")
    )
    keys = {row.key for row in rows if row.key}
    tied = Link.objects.filter(entity=SCHOOL_ENROLMENT, key__in=keys)
    links = dict(tied.values_list("key", "subject_id"))
    stays: dict[int, SchoolEnrolment] = sis_selectors.enrolments(user).in_bulk({*subjects.values(), *links.values()})
    asns = {row.key for row in rows if len(row.key) == 9 and row.key.isdecimal()}
    students = {student.asn: student for student in sis_selectors.students(user).filter(asn__in=asns)} if asns else {}
    by_call = {}
    for row in rows:
        stay = stays.get(subjects.get(row.submission_id or 0, 0)) or stays.get(links.get(row.key, 0))
        student = stay.student if stay else students.get(row.key)
        if student is not None:
            by_call[row.pk] = _named(student)
    return by_call
