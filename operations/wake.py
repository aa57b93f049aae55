"""Waking work after commit. A lost wake costs time, never work: the tick's sweep finds every waiting row again."""

import logging
from functools import partial

from celery import current_app
from django.db import transaction

log = logging.getLogger(__name__)


def after_commit(task: str, *args: int | str) -> None:
    """Sends the task named `task` when the transaction has been committed (at once outside of one)."""
    transaction.on_commit(partial(now, task, *args), robust=True)


def now(task: str, *args: int | str, expires: float | None = None) -> None:
    """Sends at once. `expires`: seconds after which a message that nobody fetched says nothing new any more."""
    try:
        current_app.send_task(task, args=args, ignore_result=True, retry=False, expires=expires)
    except Exception as error:  # noqa: BLE001 - a broker that is away, full or read-only must not undo a committed change
        log.warning("Could not wake %s: %s. The sweep will.", task, type(error).__name__)
