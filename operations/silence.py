"""Parts of the product that have fallen silent: one notice to those who run it, and a banner for as long as it lasts.

Every part that lives looks at the others, so that it does not depend on any one of them.
"""

import datetime as dt
from typing import Any

from django.db import transaction

from operations import clock, rights
from operations.models import Heartbeat, Notice
from operations.rules import silence as rules
from operations.services import notices

KIND = "part_silent"
PRODUCT = "product"  # the heartbeat that holds the moment of the product's last start


def is_told(user: Any) -> bool:
    """Whether the person runs the product, or sets it up."""
    return rights.can(user, "set_up", "connection")


def silent() -> dict[str, dt.datetime]:
    """The silent parts by name, with their last sign of life, or with the product's start if they have given none since."""
    now = clock.now()
    rows = dict(Heartbeat.objects.values_list("name", "at"))
    started = rows.get(PRODUCT)
    since = {name: max(at, started) if started else at for name, at in rows.items() if name in rules.BY_NAME}
    if started:
        since |= {part.name: started for part in rules.PARTS if part.everybody and part.name not in since}
    return {name: at for name, at in since.items() if rules.is_silent((now - at).total_seconds())}


def look() -> None:
    """Leaves a notice of every part that has fallen silent since the last look, whoever looks first."""
    for name, at in silent().items():
        with transaction.atomic():
            row, _is_new = Heartbeat.objects.get_or_create(name=name, defaults={"at": at, "host": "", "pid": 0})
            if Heartbeat.objects.filter(name=name, at=row.at, told_at=None).update(told_at=clock.now()):
                notices.leave(notices.WHOLE, KIND, {"part": name, "since": at.isoformat()})


def heard_again(name: str, now: dt.datetime) -> None:
    """The notice says from then on how long it was."""
    for notice in Notice.objects.filter(kind=KIND, seen_at=None, values__part=name):
        if "until" not in notice.values:
            notice.values = {**notice.values, "until": now.isoformat()}
            notice.save(update_fields=["values"])
