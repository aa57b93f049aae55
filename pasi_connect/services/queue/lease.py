"""The lease on a submission: renewed while the call lasts, void when its holder dies.

Renewal is the holder's sign of life (`claiming.free_the_dead`); its end is for people to read.
"""

import logging
import os
import socket
import threading
from types import TracebackType

from django.conf import settings
from django.db import DatabaseError, connection

from operations import clock
from operations.alarms import Alarm
from pasi_connect.models import Submission
from pasi_connect.models.submission import FLYING

log = logging.getLogger(__name__)


def holder() -> str:
    return f"{socket.gethostname()[:60]}:{os.getpid()}:{threading.get_ident()}"


def until() -> clock.dt.datetime:
    return clock.now() + clock.dt.timedelta(seconds=settings.LEASE_SECONDS)


class Keeper:
    """Renews the lease of what one call carries every heartbeat while the `with` block runs; a thread of its own, since calls block.

    Most calls end before the first heartbeat: the thread begins with it.
    """

    def __init__(self, *submissions: Submission) -> None:
        self.fences = {submission.pk: submission.fence for submission in submissions}
        self.done = threading.Event()
        self.thread = threading.Thread(target=self._run, name=f"lease-{min(self.fences)}", daemon=True)

    def _run(self) -> None:
        try:
            while not self.done.is_set():
                try:
                    for pk, fence in self.fences.items():
                        mine = Submission.objects.filter(pk=pk, fence=fence, status__in=FLYING)
                        mine.exclude(lease_holder="").update(lease_until=until())
                except DatabaseError as error:
                    # A connection cut or a busy database costs one renewal, not the lease.
                    log.warning("Submission %s: its lease was not renewed: %s.", min(self.fences), type(error).__name__)
                    connection.close()
                self.done.wait(settings.LEASE_HEARTBEAT_SECONDS)
        finally:
            connection.close()

    def begin(self) -> None:
        self.alarm = Alarm(settings.LEASE_HEARTBEAT_SECONDS, self.thread.start)

    def end(self) -> None:
        self.alarm.cancel()
        self.done.set()
        if self.thread.is_alive():
            self.thread.join(timeout=5)

    def __enter__(self) -> "Keeper":
        self.begin()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.end()
