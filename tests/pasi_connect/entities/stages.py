"""One record of each kind that is sent, and a field of it: what the walk of `test_whole_way.py` needs to know of a kind."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pasi_connect import entities
from pasi_connect.entities import Entity
from sis.models import Course, School, SchoolEnrolment, Section, Student
from sis.models.organization import State
from sis.services import enrolments, sections, students
from tests import factories, made_up
from tests.pasi_connect import students as students_of_both
from tests.pasi_connect.world import YEAR, World


@dataclass(frozen=True)
class Stage:
    """`create` makes a record through the door of the SIS, `bare` one as an import leaves it, `change` is that door. A kind that is
    made on neither side alone has no `create`, and `both` makes records that both sides hold.

    `field` with PASI's `member` or its path: `here` are two values that somebody enters here, `there` one that somebody enters in PASI;
    `refused` one that PASI refuses, None where the SIS refuses it first. A record of `create` has none of these.
    """

    entity: Entity
    create: Callable[[World], Any] | None
    bare: Callable[[World], Any] | None
    change: Callable[..., Any]
    field: str
    member: str
    here: tuple[Any, Any]
    there: Any
    refused: Any = None
    both: Callable[[World, int], list[Any]] | None = None

    def __str__(self) -> str:
        return self.entity.kind


def _enrolment(world: World) -> SchoolEnrolment:
    given = {
        "grade": "08",
        "start_date": YEAR.first_day,
        "exit_date": YEAR.last_day,
        "programming_type": "Regular",
        "programming_timeframe": "Day",
    }
    return enrolments.create(world.actor, world.student(), world.school, YEAR, given)


def _course_and_term(world: World) -> tuple[Any, Any]:
    School.objects.update(course_marks_integration=State.ACTIVE)
    calendar = factories.CalendarFactory(school=world.school, school_year=YEAR)
    given = {"calendar": calendar, "name": "Semester 1", "alternate_code": "S1", "store_code": "S1"}
    term = calendar.terms.first() or factories.TermFactory(**given)
    course = Course.objects.filter(code="MAT3791").first() or factories.CourseFactory(code="MAT3791")
    return course, term


def _section(world: World) -> Section:
    course, term = _course_and_term(world)
    return sections.create(world.actor, term, course, {"number": "1", "minutes_offered": 7500})


def _bare_section(world: World) -> Section:
    course, term = _course_and_term(world)
    place = {"school": world.school, "school_year": YEAR, "term": term, "course": course}
    return factories.SectionFactory(**place, local_section_id=str(Section.objects.count() + 1), term_code="S1")


def _students(world: World, count: int) -> list[Student]:
    return [students_of_both.in_step(world) for _ in range(count)]


STAGES = (
    Stage(
        entities.SCHOOL_ENROLMENT,
        create=_enrolment,
        bare=lambda world: world.here(),
        change=enrolments.change,
        field="grade",
        member="Grade",
        here=("09", "10"),
        there="11",
    ),
    Stage(
        entities.SECTION,
        create=_section,
        bare=_bare_section,
        change=sections.change,
        field="minutes_offered",
        member="InstructionalMinutesOffered",
        here=(7000, 6500),
        there=6000,
    ),
    Stage(
        entities.by_kind("student"),
        create=None,
        bare=None,
        both=_students,
        change=students.change,
        field="legal_middle_name",  # whatever it is, the simulator has no other student of this name
        member="IdentificationRecord/MiddleName",
        here=("Joy", "Rose"),
        there="Ann",
    ),
    *(stage for steps in made_up.rooms("steps") for stage in steps.stages()),
)
