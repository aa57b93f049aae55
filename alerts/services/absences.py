"""A person is away and a colleague stands in."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from alerts import selectors
from alerts.models import Absence
from operations import clock
from operations.actor import Actor
from operations.models import User
from operations.services import audit


@transaction.atomic
def plan(actor: Actor, user: User, stand_in_id: int, first_day: dt.date, last_day: dt.date) -> Absence:
    """From the first to the last day, both whole. Raises ValidationError {field: [sentences]}."""
    User.objects.select_for_update().get(pk=user.pk)  # two windows of one person wait for each other
    faults: dict[str, list[str]] = {}
    if last_day < first_day:
        faults["last_day"] = [_("The last day is before the first day.")]
    elif last_day < clock.today():
        faults["last_day"] = [_("This day is in the past. Choose a later one.")]
    stand_in = selectors.who_can_stand_in(user).filter(pk=stand_in_id).first()
    if stand_in is None:
        faults["stand_in"] = [_("Choose a person who decides on changes at all of your schools.")]
    if selectors.absences(user).filter(first_day__lte=last_day, last_day__gte=first_day).exists():
        faults["first_day"] = [_("You already have an absence on these days. End it first.")]
    if faults or stand_in is None:
        raise ValidationError(faults)
    absence = Absence.objects.create(
        user=user, stand_in=stand_in, first_day=first_day, last_day=last_day, made_at=clock.now()
    )
    changes = {
        "first_day": [None, first_day.isoformat()],
        "last_day": [None, last_day.isoformat()],
        "stand_in": [None, stand_in.full_name],
    }
    audit.record(actor, audit.Entry(audit.Verb.ABSENCE_PLANNED, "user", str(user.pk), changes=changes))
    return absence


@transaction.atomic
def end(actor: Actor, absence_id: int) -> bool:
    """Ends it now. False when it has ended already."""
    ended = Absence.objects.filter(pk=absence_id, ended_at=None).update(ended_at=clock.now())
    if ended:
        user_id = Absence.objects.values_list("user_id", flat=True).get(pk=absence_id)
        audit.record(actor, audit.Entry(audit.Verb.ABSENCE_ENDED, "user", str(user_id)))
    return bool(ended)
