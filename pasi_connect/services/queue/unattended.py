"""How the tick sends submissions that no sender takes because the broker or the workers are away."""

from typing import Any

from django.conf import settings

from operations import offers
from pasi_connect.models import Exchange, Submission
from pasi_connect.models.submission import FLYING
from pasi_connect.services.queue import sending


def idle_hands() -> int:
    """How many senders could be at work and are not, while something is due or its sender has died."""
    if not sending.may_call() or not (sending.due().exists() or sending.orphans().exists()):
        return 0
    busy = Submission.objects.filter(status__in=FLYING).exclude(lease_holder="")
    return max(settings.SENDERS - busy.order_by().values("lease_holder").distinct().count(), 0)


def mark() -> Any:
    """The last call and the first submission that is due: one of them changes with whatever a sender does."""
    last = Exchange.objects.exclude(submission=None).order_by("-id").values_list("id", flat=True).first()
    return last, sending.due().values_list("pk", flat=True).first()


def send() -> None:
    for pk in list(sending.orphans().values_list("pk", flat=True)[: settings.SENDERS]):
        sending.attempt(pk)
    sending.drain()


ERRAND = offers.Errand(idle_hands, mark, send)
