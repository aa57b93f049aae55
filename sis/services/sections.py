"""The one door through which sections are written."""

import datetime as dt
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from operations import statements
from operations.actor import Actor
from operations.services import audit
from sis.models import Course, CourseEnrolment, School, Section, SectionCourse, Term
from sis.models.event import Origin
from sis.rules import section as rules
from sis.rules.enrolment import canonical_codes, codes
from sis.rules.school_year import SchoolYear
from sis.services import events
from sis.services.section_checks import EDITABLE, MOST, Around, check, hold, values

__all__ = [
    "EDITABLE",
    "Many",
    "StaleSection",
    "change",
    "change_many",
    "create",
    "create_from_pasi",
    "nearest",
    "twins",
    "with_students",
]

WITH = ("school", "course", "term")


class StaleSection(Exception):
    """Somebody else has changed the section in the meantime; `current` is the present one."""

    def __init__(self, current: Section) -> None:
        super().__init__(current.pk)
        self.current = current


@dataclass
class Many:
    """What became of a set. `changed` and `unchanged` hold the records as they are now, by id.

    `moved` are those that somebody changed in between, `refused` those that break a rule: nothing was written for either.
    """

    changed: dict[int, Section] = field(default_factory=dict)
    unchanged: dict[int, Section] = field(default_factory=dict)
    moved: set[int] = field(default_factory=set)
    refused: dict[int, ValidationError] = field(default_factory=dict)


@transaction.atomic
def create(
    actor: Actor, term: Term, course: Course, fields: Mapping[str, Any], *, origin: str = Origin.SIS, reason: str = ""
) -> Section:
    """A new section at the school of the term. Absent fields follow from its term and course; the local section ID is its
    own id.

    Raises ValidationError {field: [sentences]}; of what comes from PASI only for what cannot be held here.
    """
    _refuse_unknown(fields)
    calendar, number = term.calendar, fields.get("number", "")
    derived = {
        "start_date": term.first_day,
        "end_date": term.last_day,
        "term_code": term.alternate_code,
        "schedule": rules.schedule_of(term.is_summer),
        "credits_offered": course.credits_offered,
        "description": rules.description_of(course.code, number, course.name),
    }
    wanted = {**derived, **fields, "course_codes": canonical_codes(fields.get("course_codes") or course.code)}
    section = Section(school=calendar.school, school_year=calendar.school_year, course=course, term=term, **wanted)
    around = Around([section])
    taught = around.courses_of(section)
    if course not in taught:
        raise ValidationError({"course_codes": [_("The main course must be one of the section’s courses.")]})
    if origin == Origin.SIS:
        local_id = section.local_section_id
        section.local_section_id = local_id or "0"  # its own id is not known yet
        check(section, around)
        section.local_section_id = local_id
    else:
        hold(section, around)
    section.save(force_insert=True)
    if not section.local_section_id and origin == Origin.SIS:
        section.local_section_id = str(section.pk)[-MOST["local_section_id"] :]
        section.save(update_fields=["local_section_id"])
    _teach([(section, taught)])
    changes = {name: [None, _text(getattr(section, name))] for name in EDITABLE if getattr(section, name)}
    entry = audit.Entry(
        audit.Verb.SECTION_CREATED, events.SECTION, str(section.pk), section.school.code, changes, reason
    )
    audit.record(actor, entry)
    events.leave(actor, section, EDITABLE, origin)
    return section


def create_from_pasi(
    actor: Actor, school: School, school_year: SchoolYear, fields: Mapping[str, Any], *, reason: str = ""
) -> Section:
    """The section of PASI's record: in the term with its Alternate Term Code, known by its first course, numbered as PASI names it.

    Raises ValidationError {field: [sentences]} when the school has no such term, or there is no such course.
    """
    code = fields.get("term_code", "")
    terms = Term.objects.filter(calendar__school=school, calendar__school_year=school_year, alternate_code=code)
    term = terms.select_related("calendar__school").first() if code else None
    if term is None:
        raise ValidationError(
            {"term_code": [_("No term of the school has the Alternate Term Code %s.") % (code or "–")]}
        )
    wanted = codes(fields.get("course_codes", ""))
    course = Course.objects.filter(code__in=wanted[:1]).first()
    if course is None:
        raise ValidationError({"course_codes": [_("No course has the code %s.") % (", ".join(wanted[:1]) or "–")]})
    number = _free_number(term, course, fields.get("local_section_id", ""))
    days = {name: fields[name] for name in rules.NO_DAY if fields.get(name) is not None}
    rest = {name: value for name, value in fields.items() if name not in rules.NO_DAY}
    return create(actor, term, course, {"number": number, **rest, **days}, origin=Origin.PASI, reason=reason)


def _free_number(term: Term, course: Course, wished: str) -> str:
    taken = set(Section.objects.filter(term=term, course=course, deleted=False).values_list("number", flat=True))
    number, place = wished or "1", 1
    while number in taken:
        place += 1
        number = f"{wished}-{place}"[-MOST["number"] :] if wished else str(place)
    return number


@dataclass(frozen=True)
class Update:
    """A checked change of a locked section; `taught` are its courses where those change."""

    section: Section
    changes: dict[str, list[Any]]
    taught: list[Course] | None


def _changed(section: Section, wanted: Mapping[str, Any], around: Around, origin: str) -> Update | None:
    """The section with its new values; None when nothing differs. Raises ValidationError, and then leaves it as it was."""
    fresh = _clean(wanted)
    changes = {
        name: [_text(getattr(section, name)), _text(value)]
        for name, value in fresh.items()
        if getattr(section, name) != value
    }
    if not changes:
        return None
    before, course, taught = values(section), section.course, None
    for name in changes:
        setattr(section, name, fresh[name])
    try:
        course_left = False
        if "course_codes" in changes:
            taught = around.courses_of(section)
            course_left = course not in taught
            if course_left and taught:
                section.course = taught[0]
        if origin == Origin.SIS:
            check(section, around, changes, course_left=course_left)
        else:
            hold(section, around)
    except ValidationError:
        for name, value in before.items():
            setattr(section, name, value)
        section.course = course
        raise
    section.revision += 1
    around.take(section)
    return Update(section, changes, taught)


def _planned(sections: Iterable[Section], wanted: Mapping[int, Mapping[str, Any]]) -> Around:
    """What is around the sections, with all courses that they have or are to have."""
    records = list(sections)
    around = Around(records)
    wanted_codes = {code for fields in wanted.values() for code in codes(fields.get("course_codes", ""))}
    more = wanted_codes - set(around.courses)
    if more:
        around.courses |= {course.code: course for course in Course.objects.filter(code__in=more)}
    return around


@transaction.atomic
def change(
    actor: Actor,
    section_id: int,
    wanted: Mapping[str, Any],
    *,
    origin: str = Origin.SIS,
    seen_version: int | None = None,
    expected_revision: int | None = None,
    reason: str = "",
) -> Section:
    """Changes the named fields. Nothing is written when nothing differs.

    Raises ValidationError {field: [sentences]}, of what comes from PASI only for what cannot be held here, and StaleSection when
    the section has changed since `expected_revision`.
    """
    _refuse_unknown(wanted)
    section = Section.objects.select_for_update(of=("self",)).select_related(*WITH).get(pk=section_id)
    if expected_revision is not None and section.revision != expected_revision:
        raise StaleSection(section)
    update = _changed(section, wanted, _planned([section], {section_id: wanted}), origin)
    if update:
        _write(actor, [update], reason, origin, seen_version=seen_version)
    return section


def change_many(
    actor: Actor,
    wanted: Mapping[int, Mapping[str, Any]],
    *,
    origin: str = Origin.SIS,
    reason: str = "",
    revisions: Mapping[int, int] | None = None,
    compared: bool = False,
) -> Many:
    """The same as `change` for a set of sections, {id: {field: value}}, in a handful of statements however many they are.

    For chunks: call it inside the transaction of the chunk. `revisions` are those that were seen; `compared`: the caller compares
    the sections with PASI in this transaction, so the events of origin `pasi` leave nothing to take up.
    """
    for fields in wanted.values():
        _refuse_unknown(fields)
    rows = Section.objects.select_for_update(of=("self",)).select_related(*WITH)
    records = list(rows.filter(pk__in=list(wanted)).order_by("pk"))
    around, done, updates = _planned(records, wanted), Many(), []
    for section in records:
        if revisions and revisions.get(section.pk, section.revision) != section.revision:
            done.moved.add(section.pk)
            continue
        try:
            update = _changed(section, wanted[section.pk], around, origin)
        except ValidationError as error:
            done.refused[section.pk] = error
            continue
        if update is None:
            done.unchanged[section.pk] = section
        else:
            done.changed[section.pk] = section
            updates.append(update)
    if updates:
        _write(actor, updates, reason, origin, taken_up=compared and origin == Origin.PASI)
    return done


def twins(wanted: Mapping[int, Mapping[str, Any]]) -> dict[int, str]:
    """For values that an undo restores: a sentence by id where they now conflict with another section."""
    records = list(Section.objects.filter(pk__in=list(wanted)).select_related(*WITH).order_by("pk"))
    around, by_id = _planned(records, wanted), {}
    for section in records:
        for name, value in _clean(wanted[section.pk]).items():
            setattr(section, name, value)
        around.take(section)
    for section in records:
        if around.is_twin(section) or around.is_same_in_pasi(section):
            by_id[section.pk] = _("The school now has another section that PASI could not tell from this one.")
    return by_id


def with_students(ids: Collection[int]) -> dict[int, str]:
    """Why sections can no longer be removed, by id."""
    rows = CourseEnrolment.objects.filter(section__in=ids).order_by().values_list("section_id", flat=True).distinct()
    return dict.fromkeys(rows, _("The section now has students. Delete the section instead."))


def nearest(theirs: Mapping[str, Any], year: SchoolYear) -> dict[str, Any]:
    """What a section here can hold of PASI's values."""
    return rules.nearest(theirs, MOST)


@transaction.atomic
def follow_term(actor: Actor, term: Term, before: str, reason: str = "") -> int:
    """The sections of a term whose Alternate Term Code was `before` take the new one; those with another code keep it.
    Returns how many."""
    rows = Section.objects.select_for_update(of=("self",)).filter(term=term, term_code=before)
    records = list(rows.select_related("school").order_by("pk"))
    Section.objects.filter(pk__in=[one.pk for one in records]).update(
        term_code=term.alternate_code, revision=F("revision") + 1
    )
    changes = {"term_code": [before, term.alternate_code]}
    _tell(actor, [(one, changes) for one in records], reason, Origin.SIS)
    return len(records)


def _refuse_unknown(fields: Mapping[str, Any]) -> None:
    unknown = set(fields) - set(EDITABLE)
    if unknown:
        raise ValidationError({name: [_("This field cannot be changed.")] for name in sorted(unknown)})


def _clean(fields: Mapping[str, Any]) -> dict[str, Any]:
    return {name: canonical_codes(value) if name == "course_codes" else value for name, value in fields.items()}


def _write(
    actor: Actor,
    updates: Sequence[Update],
    reason: str,
    origin: str,
    *,
    seen_version: int | None = None,
    taken_up: bool = False,
) -> None:
    names = sorted({name for update in updates for name in update.changes})
    statements.update_all([update.section for update in updates], (*names, "course", "revision"))
    _teach([(update.section, update.taught) for update in updates if update.taught is not None])
    pairs = [(update.section, update.changes) for update in updates]
    _tell(actor, pairs, reason, origin, seen_version=seen_version, taken_up=taken_up)


def _teach(taught: Sequence[tuple[Section, Sequence[Course]]]) -> None:
    """The rows of the sections' courses, as many as there are courses."""
    if not taught:
        return
    wanted = {(section.pk, course.pk) for section, courses in taught for course in courses}
    rows = SectionCourse.objects.filter(section__in=[section for section, _courses in taught])
    present = {(row.section_id, row.course_id): row.pk for row in rows}
    gone = [pk for pair, pk in present.items() if pair not in wanted]
    if gone:
        SectionCourse.objects.filter(pk__in=gone).delete()
    SectionCourse.objects.bulk_create(
        [SectionCourse(section_id=one, course_id=course) for one, course in sorted(wanted - set(present))]
    )


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _tell(
    actor: Actor,
    pairs: Sequence[tuple[Section, Mapping[str, Any]]],
    reason: str,
    origin: str,
    *,
    seen_version: int | None = None,
    taken_up: bool = False,
) -> None:
    verb = audit.Verb.SECTION_CHANGED
    audit.record_all(
        actor,
        [audit.Entry(verb, events.SECTION, str(one.pk), one.school.code, changes, reason) for one, changes in pairs],
    )
    left = [(events.subject_of(one), list(changes)) for one, changes in pairs]
    events.leave_all(actor, left, origin, seen_version, taken_up=taken_up)
