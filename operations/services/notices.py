"""Notices to schools: left in the transaction of what they tell of, ended by a person."""

from typing import Any

from django.db import transaction

from operations import clock
from operations.actor import Actor
from operations.models import Notice
from operations.services import audit


def leave(school_code: str, kind: str, given: dict[str, Any], url: str = "") -> Notice:
    return Notice.objects.create(school_code=school_code, kind=kind, given=given, url=url, at=clock.now())


@transaction.atomic
def seen(actor: Actor, notice_id: int) -> bool:
    """False when somebody had seen it already."""
    changed = Notice.objects.filter(pk=notice_id, seen_at=None).update(seen_at=clock.now(), seen_by=actor.name)
    if changed:
        code = Notice.objects.values_list("school_code", flat=True).get(pk=notice_id)
        audit.record(actor, audit.Entry("notice seen", "notice", str(notice_id), code))
    return bool(changed)
