"""Postponing a change."""

import datetime as dt

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from alerts.models import Snooze
from operations import clock
from operations.actor import Actor
from operations.services import audit
from pasi_connect.models import Discrepancy

LONGEST = dt.timedelta(days=92)


@transaction.atomic
def snooze(actor: Actor, item_id: int, until: dt.date | None, reason: str = "") -> bool:
    """Until the morning of that day; None wakes it. False when nothing differed. Raises ValidationError {field: [sentences]}."""
    item = Discrepancy.objects.select_for_update().get(pk=item_id)
    held = Snooze.objects.select_for_update().filter(key=item.key).first()
    before = held.until if held else None
    if until is None:
        if held is None:
            return False
        held.delete()
    else:
        _check(item, until, reason)
        if held and held.until == until and held.reason == reason:
            return False
        Snooze.objects.update_or_create(
            key=item.key,
            defaults={
                "until": until,
                "reason": reason,
                "user_id": actor.user_id,
                "who": actor.name,
                "at": clock.now(),
            },
        )
    changes = {"snoozed_until": [before.isoformat() if before else None, until.isoformat() if until else None]}
    audit.record(actor, audit.Entry(audit.Verb.SNOOZED, "assignment", item.key, item.school_code, changes, reason))
    return True


def _check(item: Discrepancy, until: dt.date, reason: str) -> None:
    faults: dict[str, list[str]] = {}
    today = clock.today()
    if not item.is_open:
        raise ValidationError(_("This change is already settled."))
    if until <= today:
        faults["until"] = [_("Choose a day in the future.")]
    elif until - today > LONGEST:
        faults["until"] = [_("Choose a day within the next three months.")]
    if not reason.strip():
        faults["reason"] = [_("Say why it can wait. Everyone who opens the change sees this.")]
    if faults:
        raise ValidationError(faults)
