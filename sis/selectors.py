"""Reads. Each takes the person who asks: what lies outside their schools does not exist for them (404)."""

from collections.abc import Collection, Iterable
from typing import Any

from django.contrib.auth.models import AnonymousUser
from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce
from django.utils.translation import gettext as _

from operations import clock, keyset, rights
from operations.models import ReadEntry, User
from sis.models import (
    Course,
    CourseEnrolment,
    Delivery,
    School,
    SchoolCalendar,
    SchoolEnrolment,
    Section,
    StoredGrade,
    Student,
    Term,
)
from sis.rules import asn as asn_rules
from sis.rules import course_enrolment as course_rules
from sis.rules import names
from sis.rules import terms as term_rules
from sis.rules.school_year import SchoolYear


def sees_all(user: "User | AnonymousUser") -> bool:
    return user.has_perm(rights.EVERY_SCHOOL)


def _there(user: User, school: str = "") -> Q:
    """Of rows that lead to their school by the path `school`: those of the person's schools, and of the token's, if it is limited.
    For whoever does not see all of them."""
    prefix = f"{school}__" if school else ""
    limit = user.token_schools
    chosen = Q(**{f"{prefix}code__in": limit}) if limit else Q()
    return chosen if limit and user.owner_sees_all() else chosen & Q(**{f"{prefix}access__user": user})


def schools(user: User) -> QuerySet[School]:
    return School.objects.all() if sees_all(user) else School.objects.filter(_there(user))


def school_codes(user: User) -> list[str] | None:
    """The codes of the person's schools; None stands for all."""
    if sees_all(user):
        return None
    if user.rights_read is None:
        return _codes(user)
    if "school_codes" not in user.rights_read:
        user.rights_read["school_codes"] = _codes(user)
    return list(user.rights_read["school_codes"])


def _codes(user: User) -> list[str]:
    return list(School.objects.filter(_there(user)).values_list("code", flat=True))


def students(user: User) -> QuerySet[Student]:
    """Students with an enrolment, of any year, at one of the person's schools."""
    if sees_all(user):
        return Student.objects.all()
    here = SchoolEnrolment.objects.filter(_there(user, "school"), student=OuterRef("pk"))
    return Student.objects.filter(Exists(here))


def students_at(codes: Collection[str]) -> QuerySet[SchoolEnrolment, int]:
    """Ids of the students who belong to the schools with these codes: with a live stay there, or with none anywhere and their last
    one there. An id may come twice.

    What belongs to the student and to no school (names, identification) concerns all these schools. It begins with
    the stays of these schools: a list asks for it beside rows of any number of students.
    """
    ended = Q(exit_date=OuterRef("exit_date"), pk__gt=OuterRef("pk")) | Q(exit_date__gt=OuterRef("exit_date"))
    later = SchoolEnrolment.objects.filter(ended, student=OuterRef("student"), deleted=False)
    there = SchoolEnrolment.objects.filter(school__code__in=list(codes), deleted=False)
    return there.filter(Q(exit_date__gte=clock.today()) | ~Exists(later)).values_list("student_id", flat=True)


def schools_of_students(ids: Collection[int]) -> dict[int, list[School]]:
    """The same from the student's side, by the student's id: the school of the main stay first, the latest of several."""
    stays = SchoolEnrolment.objects.filter(student__in=list(ids), deleted=False).select_related("school__authority")
    ended: dict[int, School] = {}
    live: dict[int, dict[str, School]] = {}
    today = clock.today()
    for stay in stays.order_by("concurrent", "-exit_date", "-pk"):
        if stay.exit_date >= today:
            live.setdefault(stay.student_id, {}).setdefault(stay.school.code, stay.school)
    for stay in sorted(stays, key=lambda stay: (stay.exit_date, stay.pk)):
        ended[stay.student_id] = stay.school
    return {pk: list(live[pk].values()) if pk in live else [school] for pk, school in ended.items()}


def find_students(user: User, text: str) -> QuerySet[Student]:
    """Students whose names have every word of `text` in them, in any order, or whose ASN or local number it is."""
    rows = students(user)
    joined = "".join(text.split())
    if joined.replace("-", "").isdigit():
        try:
            return rows.filter(asn=asn_rules.normalize(joined))
        except ValueError:
            return rows.filter(local_number=joined)
    words = names.words(text)
    if text.strip() and not words:
        return rows.none()  # nothing but punctuation
    named = Q()
    for word in words:
        named &= Q(search_name__contains=word)
    return rows.filter(named | Q(local_number__iexact=joined)) if words else rows


def enrolments(user: User) -> QuerySet[SchoolEnrolment]:
    rows = SchoolEnrolment.objects.select_related("student", "school")
    if sees_all(user):
        return rows
    return rows.filter(_there(user, "school"))


def sections(user: User) -> QuerySet[Section]:
    rows = Section.objects.select_related("school", "course", "term")
    return rows if sees_all(user) else rows.filter(_there(user, "school"))


def course_enrolments(user: User) -> QuerySet[CourseEnrolment]:
    """Those in sections of the person's schools."""
    rows = CourseEnrolment.objects.select_related(
        "student", "enrolment", "section__school", "section__course", "section__term"
    )
    return rows if sees_all(user) else rows.filter(_there(user, "section__school"))


def with_courses_left(stays: Iterable[int]) -> set[int]:
    """Those of the enrolments, by id, with course enrolments that continue after the enrolment's exit date."""
    seats = CourseEnrolment.objects.filter(enrolment__in=list(stays), deleted=False).exclude(
        status=course_rules.COMPLETED
    )
    until = Coalesce("exit_date", "section__end_date")
    left = seats.annotate(until=until).filter(until__gt=F("enrolment__exit_date"))
    return set(left.order_by().values_list("enrolment_id", flat=True))


def stored_grades(user: User) -> QuerySet[StoredGrade]:
    """Those stored at the person's schools."""
    rows = StoredGrade.objects.select_related("student", "course", "school", "term")
    return rows if sees_all(user) else rows.filter(_there(user, "school"))


def courses(user: User) -> QuerySet[Course]:
    """Courses belong to the authority: everybody who has signed in may see them."""
    return Course.objects.all()


def scoped(queryset: QuerySet[Any], user: User, school_code: str = "school_code") -> QuerySet[Any]:
    """Rows that carry a school's code in the column `school_code`, reduced to the person's schools."""
    codes = school_codes(user)
    return queryset if codes is None else queryset.filter(**{f"{school_code}__in": codes})


def school_years(user: User) -> list[SchoolYear]:
    """The years in which the person's schools have enrolments, the newest first."""
    years = enrolments(user).order_by().values_list("school_year", flat=True).distinct()
    return sorted(filter(None, years), reverse=True)


def in_order(students: QuerySet[Student], params: Any, size: int, order: str = "search_name") -> keyset.Page:
    """One page in the order of a column of the student. Its mark is an id only, so no address holds a name."""
    mark, backwards = keyset.mark(params, "after"), False
    if mark is None:
        mark, backwards = keyset.mark(params, "before"), True
    column = order.removeprefix("-")
    edge = students.filter(pk=mark).values_list(column, flat=True).first() if mark is not None else None
    backwards = backwards and edge is not None
    descending = order.startswith("-") != backwards
    ordered = students
    if edge is not None:
        way = "lt" if descending else "gt"
        ordered = ordered.filter(Q(**{f"{column}__{way}": edge}) | Q(**{column: edge, f"pk__{way}": mark}))
    sign = "-" if descending else ""
    rows = list(ordered.order_by(f"{sign}{column}", f"{sign}pk")[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if backwards:
        rows.reverse()
    if not rows:
        return keyset.Page([], None, None)
    follows, precedes = (True, more) if backwards else (more, edge is not None)
    return keyset.Page(rows, ("after", rows[-1].pk) if follows else None, ("before", rows[0].pk) if precedes else None)


def current_year() -> SchoolYear:
    return SchoolYear.of(clock.today())


def term_shape(term: Term) -> term_rules.TermShape:
    return term_rules.TermShape(term.name, term.portion, term.first_day, term.last_day, term.store_code, term.is_summer)


def term_mismatches(home: School, other: School, year: SchoolYear) -> list[term_rules.Mismatch]:
    """Where the terms of two schools differ in a year. The authority's set-up, not records: open to everybody."""
    calendars = SchoolCalendar.objects.filter(school__in=[home, other], school_year=year).prefetch_related("terms")
    shapes = {one.school_id: [term_shape(term) for term in one.terms.all()] for one in calendars}
    return term_rules.mismatches(shapes.get(home.pk), shapes.get(other.pk))


def term_remarks(home: School, other: School, year: SchoolYear) -> list[str]:
    """The same as sentences for people; "the one school" is `home`."""
    return [_(term_rules.WORDS[one.what]) % one.params for one in term_mismatches(home, other, year)]


def challenge_lacks(student: Student, school: School, year: SchoolYear, course_code: str) -> list[str]:
    """What a challenge of the course at `school` lacks: keys of `sis.rules.course_enrolment.CHALLENGE`.

    For previews of guided actions, which name the school; the caller has checked that the student is in the person's scope.
    """
    offered = Section.objects.filter(school=school, school_year=year, course__code=course_code, deleted=False)
    sitting = CourseEnrolment.objects.filter(student=student, section__in=offered, deleted=False)
    return course_rules.challenge_lacks(
        {
            "course": Course.objects.filter(code=course_code, active=True).exists(),
            "section": offered.exists(),
            "course_enrolment": sitting.exists(),
            "mark": StoredGrade.objects.filter(course_enrolment__in=sitting).exists(),
        }
    )


def read_entries(user: User) -> QuerySet[ReadEntry]:
    """Who has seen the students of the person's schools; lists and searches, which name no school, for those who see them all."""
    rows = ReadEntry.objects.select_related("user")
    return rows if sees_all(user) else rows.filter(student_id__in=students(user).order_by().values("pk"))


def made_by_a_load(kind: str, ids: Collection[int]) -> set[int]:
    """Which of these records of one kind another system has delivered that were not here before."""
    rows = Delivery.objects.filter(entity=kind, subject_id__in=list(ids), created=True)
    return set(rows.values_list("subject_id", flat=True))
