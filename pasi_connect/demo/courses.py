"""The made-up district's school years, courses, sections and course enrolments. PASI has none of them yet.

Written in bulk, in a second or two. The dates follow the day on which the demo is made: what has not begun is registered, what
is over has a mark.
"""

import datetime as dt
from collections.abc import Iterable
from dataclasses import dataclass

from operations import clock
from pasi_connect.demo import district as made_up
from sis.models import (
    Course,
    CourseEnrolment,
    School,
    SchoolCalendar,
    SchoolEnrolment,
    Section,
    SectionCourse,
    StoredGrade,
    Term,
)
from sis.rules.course_enrolment import open_status
from sis.rules.school_year import SchoolYear
from sis.rules.section import REGULAR, description_of, schedule_of

FIRST, SECOND, SUMMER = "Semester 1", "Semester 2", "Summer"
ALTERNATE = {FIRST: "S1", SECOND: "S2", SUMMER: "SU"}  # the simulator's codes of SectionTerm
CLOSING = (6, 26)  # month and day on which the school year ends

# Code, name, credits, diploma course.
COURSES = (
    ("ELA9000", "English Language Arts 9", 0, False),
    ("MAT9000", "Mathematics 9", 0, False),
    ("ELA1105", "English Language Arts 10-1", 5, False),
    ("MAT1791", "Mathematics 10C", 5, False),
    ("SST1771", "Social Studies 10-1", 5, False),
    ("SCN1270", "Science 10", 5, False),
    ("PED1445", "Physical Education 10", 5, False),
    ("ELA2105", "English Language Arts 20-1", 5, False),
    ("MAT2791", "Mathematics 20-1", 5, False),
    ("SST2771", "Social Studies 20-1", 5, False),
    ("SCN2231", "Biology 20", 5, False),
    ("ELA3105", "English Language Arts 30-1", 5, True),
    ("MAT3791", "Mathematics 30-1", 5, True),
    ("SST3771", "Social Studies 30-1", 5, True),
    ("SCN3230", "Biology 30", 5, True),
    ("PED0770", "Career and Life Management", 3, False),
)
TOGETHER = {"PED0770": ("PED1445",)}  # taught in one room
NOT_TAUGHT = ("LDC1959", "Lantern Making 15", 3, False)  # no longer in anybody's timetable

# What a student of a grade takes at the main school, in which term.
OF_GRADE = {
    "09": (("ELA9000", FIRST), ("MAT9000", SECOND)),
    "10": (("ELA1105", FIRST), ("MAT1791", FIRST), ("SST1771", SECOND), ("SCN1270", SECOND)),
    "11": (("ELA2105", FIRST), ("MAT2791", FIRST), ("SST2771", SECOND), ("SCN2231", SECOND)),
    "12": (("ELA3105", FIRST), ("MAT3791", FIRST), ("SST3771", SECOND), ("SCN3230", SECOND)),
}
# What a student takes at the concurrent school.
CONCURRENT = {
    made_up.SCHOOL_A: (("MAT9000", FIRST),),
    made_up.SCHOOL_C: (("MAT1791", FIRST), ("PED1445", SECOND)),
    made_up.SCHOOL_D: (("PED0770", FIRST), ("ELA3105", SECOND)),
}
EARLIER = {"11": ("ELA1105", "MAT1791"), "12": ("ELA2105", "MAT2791")}  # marks of the year before
CHALLENGED = "MAT3791"
DROPPED_EVERY = 40


@dataclass
class Timetable:
    """The sections of the current year by school code, course code and name of the term."""

    sections: dict[tuple[str, str, str], Section]
    terms: dict[tuple[str, SchoolYear, str], Term]
    courses: dict[str, Course]


def make(schools: dict[str, School], enrolments: Iterable[SchoolEnrolment], today: dt.date) -> None:
    """Calendars and terms of three years; courses, sections, course enrolments and stored grades of this one."""
    year = SchoolYear.of(today)
    terms = _years(schools, year)
    courses = {
        code: Course(code=code, name=name, credits_offered=credits, diploma=diploma, external_id=f"course-{code}")
        for code, name, credits, diploma in (*COURSES, NOT_TAUGHT)
    }
    courses[NOT_TAUGHT[0]].active = False
    Course.objects.bulk_create(courses.values())
    table = Timetable(_sections(schools, year, terms, courses), terms, courses)
    here = [stay for stay in enrolments if stay.school_year == year and not stay.deleted]
    sittings = _sittings(here, table, today)
    challenges = _challenges(here, table, today)
    for number, sitting in enumerate((*sittings, *challenges), 1):
        sitting.external_id = f"course-enrolment-{number}"
    CourseEnrolment.objects.bulk_create([*sittings, *challenges], batch_size=200)
    _grades([*sittings, *challenges], here, table)


def _years(schools: dict[str, School], current: SchoolYear) -> dict[tuple[str, SchoolYear, str], Term]:
    calendars, terms = [], {}
    for code, school in schools.items():
        for year in (current - 1, current, current + 1):
            first, last = dt.date(year.ending - 1, 9, 1), dt.date(year.ending, *CLOSING)
            calendar = SchoolCalendar(
                school=school,
                school_year=year,
                first_day=first,
                last_day=last,
                external_id=f"calendar-{code}-{year.ending}",
            )
            calendars.append(calendar)
            # School B stores its first semester under another code: a concurrent enrolment there shows the difference.
            rows = [
                (FIRST, "1/2", first, dt.date(year.ending, 1, 29), "F1" if code == made_up.SCHOOL_B else "S1", False),
                (SECOND, "1/2", dt.date(year.ending, 2, 1), last, "S2", False),
            ]
            if code == made_up.SCHOOL_D:
                # It ends on 31 July, so that it belongs to the closing school year (Summer School with PASI Direct Connect).
                rows.append((SUMMER, "1", dt.date(year.ending, 7, 2), dt.date(year.ending, 7, 31), "SU", True))
            for name, portion, begins, ends, store_code, is_summer in rows:
                terms[code, year, name] = Term(
                    calendar=calendar,
                    name=name,
                    portion=portion,
                    first_day=begins,
                    last_day=ends,
                    store_code=store_code,
                    alternate_code=ALTERNATE[name],
                    is_summer=is_summer,
                    external_id=f"term-{code}-{year.ending}-{store_code}",
                )
    SchoolCalendar.objects.bulk_create(calendars)
    Term.objects.bulk_create(terms.values())
    return terms


def _sections(
    schools: dict[str, School],
    year: SchoolYear,
    terms: dict[tuple[str, SchoolYear, str], Term],
    courses: dict[str, Course],
) -> dict[tuple[str, str, str], Section]:
    nine, high = ("ELA9000", "MAT9000"), tuple(row[0] for row in COURSES[2:])
    offered = {
        made_up.SCHOOL_A: nine,
        made_up.SCHOOL_B: nine,
        made_up.SCHOOL_C: high,
        made_up.SCHOOL_D: ("PED0770", "ELA3105", "MAT3791", "SST3771"),
    }
    wanted = [(school, code, name) for school, codes in offered.items() for code in codes for name in (FIRST, SECOND)]
    wanted += [(made_up.SCHOOL_D, code, SUMMER) for code in ("MAT1791", "MAT2791")]
    sections = {}
    for number, (school, code, name) in enumerate(wanted, 1):
        term = terms[school, year, name]
        sections[school, code, name] = Section(
            school=schools[school],
            school_year=year,
            course=courses[code],
            term=term,
            number="1" if name != SECOND else "2",
            teacher=f"{made_up.FIRST[number % len(made_up.FIRST)][0]}. {made_up.LAST[number % len(made_up.LAST)]}",
            start_date=term.first_day,
            end_date=term.last_day,
            term_code=term.alternate_code,
            delivery="VTL" if school == made_up.SCHOOL_D and name != SUMMER else REGULAR,
            schedule=schedule_of(term.is_summer),
            credits_offered=courses[code].credits_offered,
            course_codes=" ".join(sorted((code, *TOGETHER.get(code, ())))),
            local_section_id=str(number),
            external_id=f"section-{number}",
        )
        section = sections[school, code, name]
        section.description = description_of(code, section.number, courses[code].name)
    Section.objects.bulk_create(sections.values())
    SectionCourse.objects.bulk_create(
        SectionCourse(section=section, course=courses[code])
        for section in sections.values()
        for code in section.course_codes.split()
    )
    return sections


def _taken(stay: SchoolEnrolment) -> tuple[tuple[str, str], ...]:
    """Courses and terms of a stay."""
    code = stay.school.code
    if stay.programming_type == "SummerSchool":
        return (("MAT2791", SUMMER),)
    return CONCURRENT.get(code, ()) if stay.concurrent else OF_GRADE.get(stay.grade, ())


def _sittings(stays: Iterable[SchoolEnrolment], table: Timetable, today: dt.date) -> list[CourseEnrolment]:
    sittings: list[CourseEnrolment] = []
    for stay in stays:
        for code, name in _taken(stay):
            section = table.sections.get((stay.school.code, code, name))
            if section and (sitting := _sitting(stay, section, today)):
                sittings.append(sitting)
                begun = (
                    sitting.status == CourseEnrolment.Status.ACTIVE
                    and sitting.entry_date + dt.timedelta(days=30) < today
                )
                if begun and len(sittings) % DROPPED_EVERY == 0 and not stay.concurrent:
                    sitting.status = CourseEnrolment.Status.WITHDRAWN
                    sitting.exit_date = sitting.entry_date + dt.timedelta(days=25)
    return sittings


def _sitting(stay: SchoolEnrolment, section: Section, today: dt.date) -> CourseEnrolment | None:
    """None when the stay and the section have no day in common."""
    entry, last = max(stay.start_date, section.start_date), min(stay.exit_date, section.end_date)
    if entry > last:
        return None
    over = last < today
    left = over and last < section.end_date
    status = (
        CourseEnrolment.Status.WITHDRAWN
        if left
        else CourseEnrolment.Status.COMPLETED
        if over
        else open_status(entry, today)
    )
    return CourseEnrolment(
        student=stay.student,
        enrolment=stay,
        section=section,
        entry_date=entry,
        exit_date=last if over else None,
        status=status,
        credits_attempted=section.course.credits_offered,
    )


def _challenges(stays: Iterable[SchoolEnrolment], table: Timetable, today: dt.date) -> list[CourseEnrolment]:
    """Two students of the high school challenge a course at the outreach school; one of them has no mark yet."""
    section = table.sections[made_up.SCHOOL_D, CHALLENGED, FIRST]
    at_d = [stay for stay in stays if stay.concurrent and stay.school.code == made_up.SCHOOL_D]
    sittings = [sitting for stay in at_d[:2] if (sitting := _sitting(stay, section, today))]
    for sitting in sittings:
        sitting.challenge = True
    for sitting in sittings[:1]:
        if sitting.status == CourseEnrolment.Status.ACTIVE:
            sitting.status, sitting.exit_date = CourseEnrolment.Status.COMPLETED, today
    return sittings


def _grades(sittings: Iterable[CourseEnrolment], stays: Iterable[SchoolEnrolment], table: Timetable) -> None:
    now = clock.now()
    grades = [
        StoredGrade(
            student=sitting.student,
            course=sitting.section.course,
            school=sitting.section.school,
            school_year=sitting.section.school_year,
            term=sitting.section.term,
            store_code=sitting.section.term.store_code,
            course_enrolment=sitting,
            credits=sitting.credits_attempted,
        )
        for sitting in sittings
        if sitting.status == CourseEnrolment.Status.COMPLETED
    ]
    for stay in stays:
        if stay.concurrent or stay.school.code != made_up.SCHOOL_C:
            continue
        for code in EARLIER.get(stay.grade, ()):
            term = table.terms[made_up.SCHOOL_C, stay.school_year - 1, FIRST]
            course = table.courses[code]
            grades.append(
                StoredGrade(
                    student=stay.student,
                    course=course,
                    school=stay.school,
                    school_year=stay.school_year - 1,
                    term=term,
                    store_code=term.store_code,
                    credits=course.credits_offered,
                )
            )
    for number, grade in enumerate(grades, 1):
        grade.mark, grade.stored_at = str(52 + number * 7 % 47), now
        grade.external_id = f"stored-grade-{number}"
    StoredGrade.objects.bulk_create(grades, batch_size=200)
