"""The start delay: PASI is asked nothing and sent nothing until the product has run for this long.

Counted from the start of the product, not of a process: one that restarts after a fault must not pause synchronization.
"""

import datetime as dt
import time

from operations import clock, heartbeats
from pasi_connect.models import SyncSettings

TRUST_SECONDS = 10.0  # for so long a process does not ask again whether the delay is over
_over_at = -TRUST_SECONDS


def begins_at(settings: SyncSettings) -> dt.datetime | None:
    """When synchronization begins; None when the delay is over."""
    global _over_at
    if not settings.start_delay_minutes or time.monotonic() - _over_at < TRUST_SECONDS:
        return None
    delay = dt.timedelta(minutes=settings.start_delay_minutes)
    started, now = heartbeats.started_at(), clock.now()
    # A start that lies ahead was written by a clock that has been set back since: it must not stop the line.
    if started is not None and started <= now < started + delay:
        return started + delay
    if started is not None:
        _over_at = time.monotonic()
    return None
