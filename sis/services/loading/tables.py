"""Schools, calendars, terms and courses: tables that are written rarely, and that PASI hears nothing of."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import models
from django.utils.translation import gettext as _

from operations import statements
from operations.actor import Actor
from operations.services import audit
from sis.models import Authority, Course, School, SchoolCalendar, Term
from sis.rules.loading import plain
from sis.services import terms
from sis.services.loading.definition import EXTERNAL, Changed, Line, Reference, Resource, Way, members

SCHOOL = Reference("school", School, (Way({"school_external_id": EXTERNAL}), Way({"school": "code"})))
CALENDAR = Reference(
    "calendar",
    SchoolCalendar,
    (
        Way({"calendar_external_id": EXTERNAL}),
        Way({"school_external_id": "school__external_id", "school_year": "school_year"}),
        Way({"school": "school__code", "school_year": "school_year"}),
    ),
    ("school",),
)


def _check(record: models.Model) -> None:
    """Raises ValidationError {field: [sentences]}; what must stand once is looked at before."""
    exclude = [field.name for field in record._meta.concrete_fields if field.remote_field]
    record.clean_fields(exclude=exclude)
    days = getattr(record, "first_day", None), getattr(record, "last_day", None)
    if days[0] and days[1] and days[1] <= days[0]:
        raise ValidationError({"last_day": [_("The last day must be after the first day.")]})


def _create(resource: Resource, actor: Actor, lines: Sequence[Line], reason: str) -> dict[int, Any]:
    results: dict[int, Any] = {}
    for line in lines:
        record = resource.model(**line.targets, **line.values)
        if isinstance(record, School):
            record.authority = Authority.objects.get()
        try:
            _check(record)
            results[line.number] = record
        except ValidationError as error:
            results[line.number] = error
    records = [record for record in results.values() if isinstance(record, models.Model)]
    statements.insert_all(records)
    _tell(resource, actor, audit.Verb.RECORD_LOADED, [(one, _all(resource, one)) for one in records], reason)
    return results


def _all(resource: Resource, record: Any) -> dict[str, Any]:
    values = {name: plain(getattr(record, name)) for name in resource.members}
    return {name: [None, value] for name, value in values.items() if value not in ("", None)}


def _change(resource: Resource, actor: Actor, wanted: Mapping[int, Mapping[str, Any]], reason: str) -> Changed:
    done = Changed()
    rows = resource.model._default_manager.select_for_update(of=("self",)).select_related(*resource.related)
    changed, names = [], set[str]()
    for record in rows.filter(pk__in=list(wanted)).order_by("pk"):
        values = dict(wanted[record.pk])
        changes = {name: [plain(getattr(record, name)), plain(value)] for name, value in values.items()}
        for name, value in values.items():
            setattr(record, name, value)
        try:
            _check(record)
        except ValidationError as error:
            done.refused[record.pk] = error
            continue
        done.changed.add(record.pk)
        if "alternate_code" in values:  # sections that took it over follow
            terms.set_alternate_code(actor, record.pk, values.pop("alternate_code"), reason)
            del changes["alternate_code"]
        if values:
            changed.append((record, changes))
            names |= set(values)
    statements.update_all([record for record, _changes in changed], sorted(names))
    _tell(resource, actor, audit.Verb.RECORD_CHANGED_BY_LOAD, changed, reason)
    return done


def _tell(
    resource: Resource, actor: Actor, verb: audit.Verb, records: Iterable[tuple[Any, Mapping[str, Any]]], reason: str
) -> None:
    audit.record_all(
        actor,
        [
            audit.Entry(verb, resource.kind, str(one.pk), _code(resource, one), changes, reason)
            for one, changes in records
        ],
    )


def _code(resource: Resource, record: Any) -> str:
    for name in resource.school.split("__") if resource.school else ():
        record = getattr(record, name)
    return record if resource.school else ""


def _table(name: str, kind: str, model: type[models.Model], **parts: Any) -> Resource:
    def create(actor: Actor, lines: Sequence[Line], reason: str) -> dict[int, Any]:
        return _create(table, actor, lines, reason)

    def change(actor: Actor, wanted: Mapping[int, Mapping[str, Any]], reason: str) -> Changed:
        return _change(table, actor, wanted, reason)

    table = Resource(name, kind, model, create=create, change=change, step=100, **parts)
    return table


SCHOOLS = _table(
    "schools",
    "school",
    School,
    members=members(School, "code", "name"),
    needed=("code", "name"),
    fixed=("code",),
    own=("code",),
    school="code",
)
CALENDARS = _table(
    "calendars",
    "calendar",
    SchoolCalendar,
    members=members(SchoolCalendar, "school_year", "first_day", "last_day"),
    references=(SCHOOL,),
    needed=("school_year", "first_day", "last_day"),
    fixed=("school_year",),
    own=("school", "school_year"),
    related=("school",),
    school="school__code",
)
TERMS = _table(
    "terms",
    "term",
    Term,
    members=members(Term, "name", "portion", "first_day", "last_day", "store_code", "alternate_code", "is_summer"),
    references=(CALENDAR,),
    needed=("name", "portion", "first_day", "last_day"),
    own=("calendar", "name"),
    related=("calendar__school",),
    school="calendar__school__code",
)
COURSES = _table(
    "courses",
    "course",
    Course,
    members=members(Course, "code", "name", "credits_offered", "diploma", "active"),
    needed=("code", "name"),
    fixed=("code",),
    own=("code",),
)
