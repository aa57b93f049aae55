"""The one door through which sections are written."""

import datetime as dt
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from operations.actor import Actor
from operations.services import audit
from sis.models import Course, Section, SectionCourse, Term
from sis.models.event import Origin
from sis.rules import section as rules
from sis.rules.enrolment import canonical_codes, codes
from sis.services import events

# School, school year and term make it another section (40112, 40115). The course that it is known by follows `course_codes`.
EDITABLE = (
    "number", "teacher", "course_codes", "start_date", "end_date", "term_code", "language", "delivery", "schedule",
    "credits_offered", "minutes_offered", "local_section_id", "description", "deleted",
)  # fmt: skip
WITH = ("school", "course", "term")


class StaleSection(Exception):
    """Somebody else changed the section in the meantime; `current` is what stands there now."""

    def __init__(self, current: Section) -> None:
        super().__init__(current.pk)
        self.current = current


def check(section: Section, *, course_left: bool = False) -> None:
    """Raises ValidationError {field: [sentences]} with every broken rule. `course_left` as in `rules.faults`."""
    alive = Section.objects.filter(deleted=False).exclude(pk=section.pk)
    twins = alive.filter(term_id=section.term_id, course_id=section.course_id, number=section.number)
    alike = alive.filter(school_id=section.school_id, school_year=section.school_year).filter(
        **{name: getattr(section, name) for name in rules.UNIQUE}
    )
    record = {
        **{name: getattr(section, name) for name in EDITABLE},
        "school_year": section.school_year,
        "live_course_enrolments": section.pk is not None and section.course_enrolments.filter(deleted=False).exists(),
        "twin": not section.deleted and twins.exists(),
        "same_in_pasi": not section.deleted and alike.exists(),
        "course_left": course_left,
    }
    problems: dict[str, list[str]] = {}
    for rule in rules.faults(record):
        message = _(rule.message)
        problems.setdefault(rule.field, []).append(f"{message} ({_('rule')} {rule.number})" if rule.number else message)
    if problems:
        raise ValidationError(problems)


@transaction.atomic
def create(
    actor: Actor, term: Term, course: Course, given: Mapping[str, Any], *, origin: str = Origin.SIS, reason: str = ""
) -> Section:
    """A new section at the school of the term. What is not given follows from its term and course; the local section ID is its
    own id.

    Raises ValidationError {field: [sentences]}; records that come from PASI are taken as they are.
    """
    _refuse_unknown(given)
    calendar, number = term.calendar, given.get("number", "")
    derived = {
        "start_date": term.first_day,
        "end_date": term.last_day,
        "term_code": term.alternate_code,
        "schedule": rules.schedule_of(term.is_summer),
        "credits_offered": course.credits_offered,
        "description": rules.description_of(course.code, number, course.name),
    }
    values = {**derived, **given, "course_codes": canonical_codes(given.get("course_codes") or course.code)}
    section = Section(school=calendar.school, school_year=calendar.school_year, course=course, term=term, **values)
    taught = _courses(section)
    if origin == Origin.SIS:
        if course.code not in codes(section.course_codes):
            raise ValidationError({"course_codes": [_("The main course must be one of the section’s courses.")]})
        has_id = bool(section.local_section_id)
        section.local_section_id = section.local_section_id or "0"  # its own id is not known yet
        check(section)
        section.local_section_id = section.local_section_id if has_id else ""
    section.save(force_insert=True)
    if not section.local_section_id:
        section.local_section_id = str(section.pk)[-8:]
        section.save(update_fields=["local_section_id"])
    _teach(section, taught)
    changes = {name: [None, _text(getattr(section, name))] for name in EDITABLE if getattr(section, name)}
    _tell(actor, audit.Verb.SECTION_CREATED, section, changes, reason, origin)
    return section


@transaction.atomic
def change(
    actor: Actor,
    section_id: int,
    wanted: Mapping[str, Any],
    *,
    expected_revision: int | None = None,
    origin: str = Origin.SIS,
    reason: str = "",
) -> Section:
    """Changes the named fields. Nothing is written when nothing differs.

    Raises ValidationError {field: [sentences]}, and StaleSection when the section has changed since `expected_revision`.
    """
    _refuse_unknown(wanted)
    section = Section.objects.select_for_update(of=("self",)).select_related(*WITH).get(pk=section_id)
    if expected_revision is not None and section.revision != expected_revision:
        raise StaleSection(section)
    fresh = dict(wanted)
    if "course_codes" in fresh:
        fresh["course_codes"] = canonical_codes(fresh["course_codes"])
    changes = {
        name: [_text(getattr(section, name)), _text(value)]
        for name, value in fresh.items()
        if getattr(section, name) != value
    }
    if not changes:
        return section
    for name in changes:
        setattr(section, name, fresh[name])
    written = [*changes, "revision"]
    taught, course_left = None, False
    if "course_codes" in changes:
        taught = _courses(section)
        course_left = section.course not in taught
        if course_left and taught:
            section.course = taught[0]
            written.append("course")
    if origin == Origin.SIS:
        check(section, course_left=course_left)
    section.revision += 1
    section.save(update_fields=written)
    if taught is not None:
        _teach(section, taught)
    _tell(actor, audit.Verb.SECTION_CHANGED, section, changes, reason, origin)
    return section


@transaction.atomic
def follow_term(actor: Actor, term: Term, before: str, reason: str = "") -> int:
    """The sections of a term whose Alternate Term Code was `before` take the new one; those that somebody set otherwise stay.
    Gives how many."""
    found = list(
        Section.objects.select_for_update(of=("self",)).filter(term=term, term_code=before).select_related("school")
    )
    Section.objects.filter(pk__in=[one.pk for one in found]).update(
        term_code=term.alternate_code, revision=F("revision") + 1
    )
    changes = {"term_code": [before, term.alternate_code]}
    audit.record_all(
        actor,
        [
            audit.Entry(audit.Verb.SECTION_CHANGED, events.SECTION, str(one.pk), one.school.code, changes, reason)
            for one in found
        ],
    )
    events.leave_all(actor, [(events.subject_of(one), changes) for one in found])
    return len(found)


def _refuse_unknown(given: Mapping[str, Any]) -> None:
    unknown = set(given) - set(EDITABLE)
    if unknown:
        raise ValidationError({name: [_("This field cannot be changed.")] for name in sorted(unknown)})


def _courses(section: Section) -> list[Course]:
    """The courses of its codes, in their order. Raises ValidationError for a code that no course has."""
    wanted = codes(section.course_codes)
    found = {course.code: course for course in Course.objects.filter(code__in=wanted)}
    missing = [code for code in wanted if code not in found]
    if missing:
        raise ValidationError({"course_codes": [_("No course has the code %s.") % ", ".join(missing)]})
    return [found[code] for code in wanted]


def _teach(section: Section, courses: Sequence[Course]) -> None:
    """Its rows in the table of courses, as many as there are courses."""
    section.taught.exclude(course__in=courses).delete()
    present = set(section.taught.values_list("course_id", flat=True))
    SectionCourse.objects.bulk_create(
        [SectionCourse(section=section, course=course) for course in courses if course.pk not in present]
    )


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _tell(
    actor: Actor, action: audit.Verb, section: Section, changes: Mapping[str, Any], reason: str, origin: str
) -> None:
    entry = audit.Entry(action, events.SECTION, str(section.pk), section.school.code, changes, reason)
    audit.record(actor, entry)
    events.leave(actor, section, changes, origin)
