"""The one door through which sections are written."""

import datetime as dt
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from operations.actor import Actor
from operations.services import audit
from sis.models import Course, Section, Term
from sis.models.event import Origin
from sis.rules import section as rules
from sis.services import events

# School, school year, course and term make it another section (40112, 40115).
EDITABLE = ("number", "teacher", "start_date", "end_date", "language", "delivery", "deleted")


def check(section: Section) -> None:
    """Raises ValidationError {field: [sentences]} with every broken rule."""
    twins = Section.objects.filter(
        term_id=section.term_id, course_id=section.course_id, number=section.number, deleted=False
    )
    record = {
        **{name: getattr(section, name) for name in EDITABLE},
        "school_year": section.school_year,
        "live_course_enrolments": section.pk is not None and section.course_enrolments.filter(deleted=False).exists(),
        "twin": not section.deleted and twins.exclude(pk=section.pk).exists(),
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
    """A new section at the school of the term. Its dates are the term's where none are given.

    Raises ValidationError {field: [sentences]}; records that come from PASI are taken as they are.
    """
    calendar = term.calendar
    dates = {"start_date": term.first_day, "end_date": term.last_day}
    section = Section(
        school=calendar.school, school_year=calendar.school_year, course=course, term=term, **{**dates, **given}
    )
    if origin == Origin.SIS:
        check(section)
    section.save(force_insert=True)
    changes = {name: [None, _text(getattr(section, name))] for name in EDITABLE if getattr(section, name)}
    _tell(actor, audit.Verb.SECTION_CREATED, section, changes, reason, origin)
    return section


@transaction.atomic
def change(
    actor: Actor, section_id: int, wanted: Mapping[str, Any], *, origin: str = Origin.SIS, reason: str = ""
) -> Section:
    """Changes the named fields. Nothing is written when nothing differs. Raises ValidationError {field: [sentences]}."""
    unknown = set(wanted) - set(EDITABLE)
    if unknown:
        raise ValidationError({name: [_("This field cannot be changed.")] for name in sorted(unknown)})
    section = Section.objects.select_for_update(of=("self",)).select_related("school").get(pk=section_id)
    changes = {
        name: [_text(getattr(section, name)), _text(value)]
        for name, value in wanted.items()
        if getattr(section, name) != value
    }
    if not changes:
        return section
    for name in changes:
        setattr(section, name, wanted[name])
    if origin == Origin.SIS:
        check(section)
    section.revision += 1
    section.save(update_fields=[*changes, "revision"])
    _tell(actor, audit.Verb.SECTION_CHANGED, section, changes, reason, origin)
    return section


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _tell(
    actor: Actor, action: audit.Verb, section: Section, changes: Mapping[str, Any], reason: str, origin: str
) -> None:
    entry = audit.Entry(action, events.SECTION, str(section.pk), section.school.code, changes, reason)
    audit.record(actor, entry)
    events.leave(actor, section, changes, origin)
