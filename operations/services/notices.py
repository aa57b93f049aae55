"""Notices to schools, to single people, or to those who run the product: left in the transaction of what they tell of, ended by
a person."""

from typing import Any

from django.db import transaction

from operations import clock, offers
from operations.actor import Actor
from operations.models import Notice, User
from operations.services import audit

WHOLE = ""  # in the place of a school's code: for those who run the product


def leave(school_code: str, kind: str, values: dict[str, Any], url: str = "") -> Notice:
    return Notice.objects.create(school_code=school_code, kind=kind, values=values, url=url, at=clock.now())


def tell(person: User, kind: str, values: dict[str, Any], url: str = "") -> Notice:
    """For one person, also sent in the ways that higher apps offer (mail)."""
    notice = Notice.objects.create(person=person, kind=kind, values=values, url=url, at=clock.now())
    for way in offers.ways_to_tell:
        way(person, notice)
    return notice


@transaction.atomic
def mark_seen(actor: Actor, notice_id: int) -> bool:
    """False when somebody had seen it already."""
    changed = Notice.objects.filter(pk=notice_id, seen_at=None).update(seen_at=clock.now(), seen_by=actor.name)
    if changed:
        code = Notice.objects.values_list("school_code", flat=True).get(pk=notice_id)
        audit.record(actor, audit.Entry(audit.Verb.NOTICE_SEEN, "notice", str(notice_id), code))
    return bool(changed)
