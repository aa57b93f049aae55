"""The tick: a process of its own that finds what a lost message has left behind and what has become due.

It needs the database alone. What a message usually begins and nobody takes, because the broker or the workers are away, it
does itself (`offers.errands`): slower, but without a hand. All waiting is counted by a clock that nobody can set.
"""

import logging
import threading
import time

from django.conf import settings
from django.db import close_old_connections, connection

from operations import health, heartbeats, offers, silence, wake
from operations.services import errors

log = logging.getLogger(__name__)

NAME = "tick"
BEAT_SECONDS = 5.0


def chores() -> None:
    """Runs every app's chores; one that fails does not keep the others from running."""
    for name, chore in offers.chores.items():
        try:
            chore()
        except Exception as error:
            log.exception("The chore %s failed; it runs again at the next tick.", name)
            connection.close()
            errors.note_error(f"chore: {name}", error)


class Ticker:
    """Runs until `stop` is set. On several hosts several may run: everything they do is claimed row by row."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.attendants = {name: _Attendant(name, errand) for name, errand in offers.errands.items()}
        self.beats_at = 0.0

    def run(self) -> None:
        self._come_up()
        while not self.stop.is_set():
            close_old_connections()
            try:
                self.turn()
            except Exception:
                log.exception("A turn of the tick failed; it goes on.")
                connection.close()
            self.stop.wait(settings.TICK_SECONDS)

    def _come_up(self) -> None:
        try:
            heartbeats.mark_start()
        except Exception as error:  # noqa: BLE001 - a database that is away or full: the turns wait for it
            log.warning("The start could not be marked: %s.", type(error).__name__)
            connection.close()

    def turn(self) -> None:
        if time.monotonic() >= self.beats_at:
            self.beats_at = time.monotonic() + BEAT_SECONDS
            heartbeats.beat(NAME)
            if health.broker()["ok"]:
                heartbeats.beat("broker")
            silence.look()
        chores()
        for name, attendant in self.attendants.items():
            try:
                attendant.look()
            except Exception:
                log.exception("The errand %s could not be looked at; it is at the next tick.", name)
                connection.close()


class _Attendant:
    """One errand, and since when it has been waiting untouched."""

    def __init__(self, name: str, errand: offers.Errand) -> None:
        self.name, self.errand = name, errand
        self.mark: object = None
        self.since: float | None = None
        self.at_work: list[threading.Thread] = []

    def look(self) -> None:
        self.at_work = [thread for thread in self.at_work if thread.is_alive()]
        hands = self.errand.hands()
        mark = self.errand.mark() if hands else None
        now = time.monotonic()
        if not hands or mark != self.mark or self.since is None:
            self.mark, self.since = mark, now if hands else None
        patience = settings.UNATTENDED_SECONDS if self.errand.patience is None else self.errand.patience
        if wake.away():
            patience = 0.0
        if self.at_work or self.since is None or now - self.since < patience:
            return
        log.warning("Nobody takes the errand %s: the tick does it itself.", self.name)
        for _ in range(hands):
            thread = threading.Thread(target=self._do, name=f"errand-{self.name}", daemon=True)
            self.at_work.append(thread)
            thread.start()

    def _do(self) -> None:
        try:
            self.errand.do()
        except Exception:
            log.exception("The errand %s failed; it is tried again.", self.name)
        finally:
            connection.close()
