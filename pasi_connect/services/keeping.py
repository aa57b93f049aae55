"""Removes bodies from the exchange log when their retention period ends."""

import datetime as dt

from django.utils.translation import gettext_lazy as _

from operations import offers
from operations.services import keeping
from pasi_connect.models import Exchange
from pasi_connect.models.exchange import WITH_BODIES


def remove_bodies(before: dt.datetime, most: int) -> int:
    """The calls stay in the log, without their bodies."""
    kept = Exchange.objects.filter(WITH_BODIES).order_by("pk").values_list("pk", "sent_at")[:most]
    old = [pk for pk, at in kept if at < before]
    if old:
        Exchange.objects.filter(pk__in=old).update(request_body="", answer_body="")
    return len(old)


OFFERS = {
    "exchanges": offers.Retention(_("Exchange log"), keeping.rows(Exchange, "sent_at"), "exchanges_days"),
    "bodies": offers.Retention(_("Message bodies"), remove_bodies, "bodies_days"),
}
