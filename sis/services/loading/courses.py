"""Sections, course enrolments and stored grades of a load: row by row through their own doors."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models, transaction
from django.utils.translation import gettext as _

from operations import statements
from operations.actor import Actor
from sis.models import Course, CourseEnrolment, SchoolEnrolment, Section, StoredGrade, Term
from sis.rules.loading import Kind
from sis.services import course_enrolments, events, grades, sections
from sis.services.loading.definition import EXTERNAL, Changed, Line, Reference, Resource, Way, members
from sis.services.loading.enrolments import STUDENT
from sis.services.loading.tables import SCHOOL

TERM = Reference(
    "term",
    Term,
    (
        Way({"term_external_id": EXTERNAL}),
        Way({"school": "calendar__school__code", "school_year": "calendar__school_year", "term": "name"}),
    ),
    ("calendar__school",),
)
COURSE = Reference("course", Course, (Way({"course_external_id": EXTERNAL}), Way({"course": "code"})))
SECTION = Reference(
    "section", Section, (Way({"section_external_id": EXTERNAL}),), ("school", "course", "term__calendar")
)
STAY = Reference(
    "enrolment", SchoolEnrolment, (Way({"enrolment_external_id": EXTERNAL}),), ("school", "student"), optional=True
)
SITTING = Reference(
    "course_enrolment", CourseEnrolment, (Way({"course_enrolment_external_id": EXTERNAL}),), optional=True
)


def _each(lines: Sequence[Line], create: Callable[[Line], models.Model]) -> dict[int, Any]:
    """Each line by itself; one that is refused leaves nothing. The new records get their external IDs."""
    results: dict[int, Any] = {}
    for line in lines:
        try:
            with transaction.atomic():
                record: Any = create(line)
        except ValidationError as error:
            results[line.number] = error
            continue
        record.external_id, record.source = line.values[EXTERNAL], line.values["source"]
        results[line.number] = record
    statements.update_all([one for one in results.values() if isinstance(one, models.Model)], (EXTERNAL, "source"))
    return results


def _values(line: Line) -> dict[str, Any]:
    return {name: value for name, value in line.values.items() if name not in (EXTERNAL, "source")}


# --- Sections -----------------------------------------------------------------------------------------------------


def _create_sections(actor: Actor, lines: Sequence[Line], reason: str) -> dict[int, Any]:
    def create(line: Line) -> Section:
        values = _values(line)
        if Section.objects.filter(
            term=line.targets["term"], course=line.targets["course"], number=values["number"], deleted=False
        ).exists():
            raise ValidationError({"number": [_("The course has a section with this number in the term already.")]})
        return sections.create(actor, line.targets["term"], line.targets["course"], values, reason=reason)

    return _each(lines, create)


def _change_sections(actor: Actor, wanted: Mapping[int, Mapping[str, Any]], reason: str) -> Changed:
    result = sections.change_many(actor, wanted, reason=reason)
    return Changed(set(result.changed), dict(result.refused))


SECTIONS = Resource(
    "sections",
    events.SECTION,
    Section,
    members=members(
        Section,
        *(name for name in sections.EDITABLE if name not in ("deleted", "course_codes")),
        course_codes=Kind.CODES,
    ),
    create=_create_sections,
    change=_change_sections,
    references=(TERM, COURSE),
    needed=("number",),
    own=("term", "course", "number"),
    own_once=False,
    related=("school", "course", "term"),
    school="school__code",
    ref_ids=True,
)


# --- Course enrolments ----------------------------------------------------------------------------------------------


def _stays(lines: Sequence[Line]) -> dict[int, SchoolEnrolment]:
    """The stay at the school of the section that each line belongs to, where it names none: the last one that has begun by then."""
    students = {line.targets["student"].pk for line in lines}
    rows = SchoolEnrolment.objects.filter(student__in=students, deleted=False).select_related("school", "student")
    by_student: dict[int, list[SchoolEnrolment]] = {}
    for row in rows.order_by("start_date", "pk"):
        by_student.setdefault(row.student_id, []).append(row)
    result = {}
    for line in lines:
        section, day = line.targets["section"], line.values["entry_date"]
        mine = [
            row
            for row in by_student.get(line.targets["student"].pk, ())
            if (row.school_id, row.school_year) == (section.school_id, section.school_year)
        ]
        begun = [row for row in mine if row.start_date <= day]
        if mine:
            result[line.number] = (begun or mine)[-1 if begun else 0]
    return result


def _create_sittings(actor: Actor, lines: Sequence[Line], reason: str) -> dict[int, Any]:
    own = _stays([line for line in lines if "enrolment" not in line.targets])

    def create(line: Line) -> CourseEnrolment:
        stay = line.targets.get("enrolment") or own.get(line.number)
        if stay is None:
            raise ValidationError(
                {"enrolment_external_id": [_("The student is not enrolled at the school of the section.")]}
            )
        if stay.student_id != line.targets["student"].pk:
            raise ValidationError({"enrolment_external_id": [_("This is another student’s enrolment.")]})
        return course_enrolments.create(actor, stay, line.targets["section"], _values(line), reason=reason)

    return _each(lines, create)


def _change_each(
    actor: Actor, wanted: Mapping[int, Mapping[str, Any]], reason: str, change: Callable[..., Any]
) -> Changed:
    done = Changed()
    for pk, values in wanted.items():
        try:
            with transaction.atomic():
                change(actor, pk, values, reason=reason)
        except ValidationError as error:
            done.refused[pk] = error
        else:
            done.changed.add(pk)
    return done


def _change_sittings(actor: Actor, wanted: Mapping[int, Mapping[str, Any]], reason: str) -> Changed:
    return _change_each(actor, wanted, reason, course_enrolments.change)


COURSE_ENROLMENTS = Resource(
    "course-enrolments",
    events.COURSE_ENROLMENT,
    CourseEnrolment,
    members=members(CourseEnrolment, *(name for name in course_enrolments.EDITABLE if name != "deleted")),
    create=_create_sittings,
    change=_change_sittings,
    references=(STUDENT, SECTION, STAY),
    needed=("entry_date",),
    own=("student", "section", "entry_date"),
    own_once=False,
    related=("section__school", "student", "enrolment"),
    school="section__school__code",
)


# --- Stored grades --------------------------------------------------------------------------------------------------


def _create_grades(actor: Actor, lines: Sequence[Line], reason: str) -> dict[int, Any]:
    def create(line: Line) -> StoredGrade:
        mark = grades.Mark(line.values["mark"], line.values.get("credits", 0))
        code, targets = line.values.get("store_code", ""), line.targets
        if sitting := targets.get("course_enrolment"):
            return grades.store(actor, sitting.pk, mark, store_code=code, reason=reason)
        missing = [name for name in ("student", "course", "school") if name not in targets]
        missing += [] if line.values.get("school_year") else ["school_year"]
        if missing:
            raise ValidationError({name: [_("A new record needs this member.")] for name in missing})
        return grades.store_elsewhere(
            actor, targets["student"], targets["course"], targets["school"], line.values["school_year"], code, mark,
            reason=reason,
        )  # fmt: skip

    return _each(lines, create)


def _change_grades(actor: Actor, wanted: Mapping[int, Mapping[str, Any]], reason: str) -> Changed:
    return _change_each(actor, wanted, reason, grades.change)


def _optional(reference: Reference) -> Reference:
    return Reference(reference.name, reference.model, reference.ways, reference.related, optional=True)


STORED_GRADES = Resource(
    "stored-grades",
    events.STORED_GRADE,
    StoredGrade,
    members=members(StoredGrade, "school_year", "store_code", "mark", "credits"),
    create=_create_grades,
    change=_change_grades,
    references=(SITTING, *map(_optional, (STUDENT, COURSE, SCHOOL))),
    needed=("mark",),
    fixed=("school_year", "store_code"),
    related=("school",),
    school="school__code",
)
