"""What the tick looks after: whatever a lost message, a killed process or the passing of time has left behind."""

import datetime as dt

from django.conf import settings

from operations import clock, wake
from pasi_connect.models import LinkState, Submission
from pasi_connect.models.submission import FLYING
from pasi_connect.services import reference, sending, submissions
from pasi_connect.soap import gateway
from sis.services import events

RELEASE_EVERY = dt.timedelta(seconds=30)
PROBE_SECONDS = 10.0
WAKE_SECONDS = 10.0

_released_at = dt.datetime.min.replace(tzinfo=dt.UTC)


def sweep() -> None:
    """One tick's round. Bounded: what it leaves the next tick finds."""
    _collect()
    _release()
    probe()
    if sending.may_call():
        for pk in sending.dead_leases().values_list("pk", flat=True)[: settings.SENDERS]:
            wake.now(submissions.SEND, pk)
        if sending.due().exists():
            # As many as are idle, and only while the message is fresh: a slow PASI must not fill the broker with wakes.
            # One that is at work may hold two rows: that of its call, and the next one or the one before.
            busy = Submission.objects.filter(status__in=FLYING).order_by().values("lease_holder").distinct().count()
            for _ in range(max(settings.SENDERS - busy, 0)):
                wake.now(submissions.SEND, 0, expires=WAKE_SECONDS)


def _collect() -> None:
    """Events whose wake was lost: older than a tick, so that the woken task has had its chance."""
    before = clock.now() - dt.timedelta(seconds=settings.TICK_SECONDS)
    lost = events.uncollected().filter(at__lt=before).order_by("id").values_list("subject_id", flat=True)[:200]
    for subject_id in dict.fromkeys(lost):
        submissions.collect(subject_id)


def collect_between(first: int, last: int) -> None:
    """Takes up what a bulk has left: the events from `first` to `last` of which nobody has yet made a submission."""
    left = events.uncollected().filter(pk__gte=first, pk__lte=last, subject_type=events.SCHOOL_ENROLMENT).order_by("id")
    told = list(left.values_list("subject_id", "fields"))
    to_send = dict.fromkeys(pk for pk, fields in told if not events.is_silent(events.SCHOOL_ENROLMENT, fields))
    submissions.look_again(list(dict.fromkeys(pk for pk, _fields in told if pk not in to_send)))
    for subject_id in to_send:
        submissions.collect(subject_id)


def _release() -> None:
    global _released_at
    if clock.now() - _released_at >= RELEASE_EVERY:
        _released_at = clock.now()
        submissions.release_held()


def probe() -> None:
    """While PASI is away or refuses us, a light HelloWorld asks whether it is back (Connecting to PASI)."""
    link = LinkState.load()
    if link.state not in (LinkState.State.DOWN, LinkState.State.NOT_AUTHORISED):
        return
    if link.next_probe_at is None or link.next_probe_at <= clock.now():
        gateway.call("HelloWorld", {}, reference.purpose(), seconds=PROBE_SECONDS)
