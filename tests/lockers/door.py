"""The one door through which lockers are written, as each kind of record of the SIS has one."""

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from operations.actor import Actor
from operations.services import audit
from sis.models import School
from sis.models.event import Origin
from sis.services import events
from tests.lockers.models import Locker

EDITABLE = ("number", "lent_until", "shelves", "key_holder", "deleted")
KIND = "locker"


@dataclass
class Many:
    """As that of sections."""

    changed: dict[int, Locker] = field(default_factory=dict)
    unchanged: dict[int, Locker] = field(default_factory=dict)
    moved: set[int] = field(default_factory=set)
    refused: dict[int, ValidationError] = field(default_factory=dict)


@transaction.atomic
def create(
    actor: Actor, whose: Mapping[str, Any], given: Mapping[str, Any], *, origin: str = Origin.SIS, reason: str = ""
) -> Locker:
    school: School = whose["school"]
    locker = Locker.objects.create(school=school, **given)
    _tell(actor, locker, {name: [None, _text(getattr(locker, name))] for name in given}, origin, reason)
    return locker


@transaction.atomic
def change(
    actor: Actor,
    pk: int,
    wanted: Mapping[str, Any],
    *,
    origin: str = Origin.SIS,
    seen_version: int | None = None,
    reason: str = "",
) -> Locker:
    locker = Locker.objects.select_for_update(of=("self",)).select_related("school").get(pk=pk)
    changes = _laid_on(locker, wanted)
    if changes:
        locker.save()
        _tell(actor, locker, changes, origin, reason, seen_version)
    return locker


def change_many(
    actor: Actor,
    wanted: Mapping[int, Mapping[str, Any]],
    *,
    origin: str = Origin.SIS,
    reason: str = "",
    revisions: Mapping[int, int] | None = None,
    compared: bool = False,
) -> Many:
    done = Many()
    rows = Locker.objects.select_for_update(of=("self",)).select_related("school")
    for locker in rows.filter(pk__in=list(wanted)).order_by("pk"):
        if revisions and revisions.get(locker.pk, locker.revision) != locker.revision:
            done.moved.add(locker.pk)
            continue
        changes = _laid_on(locker, wanted[locker.pk])
        (done.changed if changes else done.unchanged)[locker.pk] = locker
        if changes:
            locker.save()
            _tell(actor, locker, changes, origin, reason, taken_up=compared and origin == Origin.PASI)
    return done


def _laid_on(locker: Locker, wanted: Mapping[str, Any]) -> dict[str, list[Any]]:
    if unknown := set(wanted) - set(EDITABLE):
        raise ValidationError({name: ["This field cannot be changed."] for name in sorted(unknown)})
    changes = {
        name: [_text(getattr(locker, name)), _text(value)]
        for name, value in wanted.items()
        if getattr(locker, name) != value
    }
    for name in changes:
        setattr(locker, name, wanted[name])
    locker.revision += bool(changes)
    return changes


def _text(value: Any) -> Any:
    return value.isoformat() if isinstance(value, dt.date) else value


def _tell(
    actor: Actor,
    locker: Locker,
    changes: Mapping[str, Any],
    origin: str,
    reason: str,
    seen_version: int | None = None,
    taken_up: bool = False,
) -> None:
    verb = audit.Verb.SECTION_CHANGED  # the verbs are the product's own
    audit.record(actor, audit.Entry(verb, KIND, str(locker.pk), locker.school.code, dict(changes), reason))
    events.leave_all(actor, [(events.subject_of(locker), list(changes))], origin, seen_version, taken_up=taken_up)
