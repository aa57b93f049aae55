"""Waking work after commit. A lost wake costs time, never work: the tick's sweep finds every waiting row again.

Most wakes say no more than "look": whoever reads one does whatever is due then. While enough of them lie unread, one more would
say nothing new, so however many records change, a handful of messages waits.
"""

import logging
import time
from functools import partial

from celery import current_app
from django.conf import settings
from django.db import transaction
from kombu import Queue
from kombu.exceptions import ChannelError

log = logging.getLogger(__name__)

LOOK_SECONDS = 10.0  # then the sweep has looked anyway

PAUSE_SECONDS = 2.0  # after a failure: a save, and the tick, must not wait for a broker that is away again and again

AWAY_SECONDS = 10.0  # for so long a failure says that the next message would fail too

_paused_until = 0.0
_failed_at: float | None = None


def away() -> bool:
    """Whether the broker has just refused a message of this process and taken none since."""
    return _failed_at is not None and time.monotonic() - _failed_at < AWAY_SECONDS


def after_commit(task: str, *args: int | str) -> None:
    """Sends the task named `task` when the transaction has been committed (at once outside of one)."""
    transaction.on_commit(partial(now, task, *args), robust=True)


def now(task: str, *args: int | str, expires: float | None = None) -> bool:
    """Sends at once. `expires`: seconds after which a message that nobody fetched says nothing new any more.

    False when the broker does not take it.
    """
    global _failed_at
    if time.monotonic() < _paused_until:
        return False
    try:
        current_app.send_task(task, args=args, ignore_result=True, retry=False, expires=expires)
    except Exception as error:  # noqa: BLE001 - a broker that is away, full or read-only must not undo a committed change
        _failed(task, error)
        return False
    _failed_at = None
    return True


def _failed(task: str, error: Exception) -> None:
    global _paused_until, _failed_at
    _failed_at = time.monotonic()
    _paused_until = _failed_at + PAUSE_SECONDS
    log.warning("Could not wake %s: %s. The tick will.", task, type(error).__name__)


def look_after_commit(task: str, *args: int) -> None:
    """`look` when the transaction has been committed (at once outside of one)."""
    transaction.on_commit(partial(look, task, *args), robust=True)


def look(task: str, *args: int) -> bool:
    """Wakes one more worker for `task`, unless so many wakes lie unread that every worker will come by anyway.

    For tasks whose rows the tick finds again. False when the broker does not take it.
    """
    if time.monotonic() < _paused_until:
        return False
    try:
        enough = unread(task) >= settings.SENDERS + 2
    except Exception as error:  # noqa: BLE001 - as above
        _failed(task, error)
        return False
    return enough or now(task, *args, expires=LOOK_SECONDS)


def unread(task: str) -> int:
    """How many messages wait in the queue of this task."""
    queue = settings.CELERY_TASK_ROUTES.get(task, {}).get("queue", settings.CELERY_TASK_DEFAULT_QUEUE)
    with current_app.connection_or_acquire() as line:
        try:
            declared = Queue(queue, channel=line.default_channel).queue_declare(passive=True)
        except ChannelError:
            return 0  # Redis knows a queue only while something is in it
    return int(declared.message_count)
