"""Failed steps are retried automatically until they succeed or the record is set aside."""

import datetime as dt
from typing import Any

from operations import clock, offers
from pasi_connect import entities
from pasi_connect.models import Failure
from pasi_connect.services.compare import comparing, failures
from pasi_connect.services.pull import pulling, reference
from pasi_connect.services.queue import claiming, collecting

AT_ONCE = 20  # in one round
CLAIM = dt.timedelta(seconds=60)  # for so long nobody else tries the same


def retry_due() -> None:
    """A round over the failures whose next try is due. What asks PASI waits while it is away."""
    may_call = claiming.may_call()
    for row in list(failures.due()[:AT_ONCE]):
        if row.step == failures.Step.PULL and not may_call:
            continue
        claimed = Failure.objects.filter(pk=row.pk, next_at=row.next_at).update(next_at=clock.now() + CLAIM)
        if claimed:
            _retry(row)


def _retry(row: Failure) -> None:
    if row.step == failures.Step.COLLECT:
        collecting.alone(collecting.Lane(row.entity, int(row.key)))
    elif row.step == failures.Step.COMPARE:
        comparing.evaluate(entities.by_kind(row.entity), keys=[row.key])
    elif row.entity == reference.CODE_VALUE:
        reference.refresh(whole=True)
    elif row.step == failures.Step.PULL:
        pulling.retry(row)


def _first() -> Any:
    return failures.due().values_list("pk", "next_at").first()


ERRAND = offers.Errand(lambda: int(failures.due().exists()), _first, retry_due)
