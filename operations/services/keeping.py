"""Retention: the tick removes old traces of work and visits, in short pieces.

Each app offers what it keeps (`offers.retention`); the settings page says for how long.
"""

import datetime as dt
import logging
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from axes.models import AccessAttempt, AccessFailureLog, AccessLog
from django.conf import settings
from django.contrib.sessions.models import Session
from django.db import models
from django.utils.translation import gettext_lazy as _

from operations import clock, offers
from operations.models import ErrorEntry, IdempotencyKey, Invitation, KeepingSettings, ReadEntry

log = logging.getLogger(__name__)

CHUNK = 500  # rows of one kind in one transaction; SQLite keeps no writer waiting for longer
LOOK_AGAIN = 600.0  # seconds; while something is left to remove, the next tick goes on

_next: dict[str, float] = {}


def sweep() -> None:
    """The tick's round. A kind that fails keeps no other from being looked at."""
    for name, kind in offers.retention.items():
        if time.monotonic() < _next.get(name, 0.0):
            continue
        _next[name] = time.monotonic() + LOOK_AGAIN
        if remove(kind) >= CHUNK:
            _next[name] = 0.0


def remove(kind: offers.Retention) -> int:
    """One piece of what is too old. Gives the number of rows."""
    try:
        return kind.remove(clock.now() - dt.timedelta(days=days_of(kind)), CHUNK)
    except Exception:
        log.exception("What is too old of one kind could not be removed; it is tried again.")
        return 0


def days_of(kind: offers.Retention) -> int:
    return kind.days() if kind.days else KeepingSettings.load().days(kind.setting)


def rows(model: type[models.Model], moment: str, order: str = "pk", **only: Any) -> Callable[[dt.datetime, int], int]:
    """Removes rows by the moment in one of their columns. Looks at the oldest alone, so that it costs the same however many there are.

    `order`: in which they grow old; by default in that of their keys.
    """

    def remove_rows(before: dt.datetime, most: int) -> int:
        queryset = model._default_manager.filter(**only).order_by(order).values_list("pk", moment)[:most]
        old = [pk for pk, at in queryset if at < before]
        if old:
            model._default_manager.filter(pk__in=old).delete()
        return len(old)

    return remove_rows


def several(*parts: Callable[[dt.datetime, int], int]) -> Callable[[dt.datetime, int], int]:
    """Of rows in several tables; the largest number, so that whoever asks goes on while one of them has more."""
    return lambda before, most: max(part(before, most) for part in parts)


def remove_mail_files(before: dt.datetime, most: int) -> int:
    """Without a mail server each mail is a file in the data folder."""
    folder = Path(settings.EMAIL_FILE_PATH) if settings.EMAIL_FILE_PATH else None
    if folder is None or not folder.is_dir():
        return 0
    removed = 0
    for path in folder.iterdir():
        if removed < most and path.is_file() and path.stat().st_mtime < before.timestamp():
            path.unlink(missing_ok=True)
            removed += 1
    return removed


OWN = {
    "reads": offers.Retention(_("Access log"), rows(ReadEntry, "at"), "reads_days"),
    "sign-ins": offers.Retention(
        _("Sign-in log"),
        several(*(rows(model, "attempt_time") for model in (AccessAttempt, AccessFailureLog, AccessLog))),
        "sign_ins_days",
    ),
    "sessions": offers.Retention(
        _("Ended sessions"),
        several(rows(Session, "expire_date", order="expire_date"), rows(Invitation, "expires_at")),
        "sessions_days",
    ),
    "answers": offers.Retention(_("Answers to repeated requests"), rows(IdempotencyKey, "created_at"), "answers_days"),
    "errors": offers.Retention(_("Errors"), rows(ErrorEntry, "at"), "errors_days"),
}
