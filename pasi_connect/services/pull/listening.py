"""The listener: one process that keeps a question open at PASI and stores what it answers."""

import datetime as dt
import logging
import os
import random
import socket
import threading
import time

from django.conf import settings
from django.db import close_old_connections, connection, transaction

from operations import clock, faults, heartbeats, liveness
from operations.rules import back_off
from pasi_connect.models import LinkState, ListenerLease, SyncSettings
from pasi_connect.services import starting
from pasi_connect.services.compare import comparing
from pasi_connect.services.compare.context import Context
from pasi_connect.services.pull import pulling, reference
from sis.rules.school_year import SchoolYear

log = logging.getLogger(__name__)

HASH_EVERY_SECONDS = 24 * 3600.0
LONGEST_STORE_SECONDS = 300.0  # storing and comparing the largest answer, with room


class Listener:
    """Runs until `stop` is set. A database lease lets one listener work; another waits for its turn."""

    def __init__(self) -> None:
        self.stop = threading.Event()
        self.name = f"{socket.gethostname()[:60]}:{os.getpid()}"
        self.fence = 0
        self.watch: liveness.Watch[int] = liveness.Watch()
        self.puller = pulling.Puller(may_write=self.holds)
        self.failures = 0
        self.hash_due_at = 0.0  # at the start, then daily: what notices never told shows in the hash alone
        self.years: frozenset[SchoolYear] | None = None
        # The main thread promises to be back by then; while it keeps that, the keeper speaks for it.
        self.alive_until = time.monotonic() + 60

    def holds(self) -> bool:
        """Nobody has taken it over: who does so moves the fence."""
        return ListenerLease.objects.filter(pk=1, holder=self.name, fence=self.fence).exists()

    def acquire(self) -> bool:
        """Takes or renews the lease. One that is not ours is taken when its holder has shown no sign of life for its length."""
        until = clock.now() + dt.timedelta(seconds=settings.LEASE_SECONDS)
        with transaction.atomic():
            if self.fence and ListenerLease.objects.filter(pk=1, holder=self.name, fence=self.fence).update(
                until=until
            ):
                return True
            row = ListenerLease.objects.select_for_update().filter(pk=1).first()
            if row is None:
                row = ListenerLease.objects.create(pk=1, holder=self.name, until=until, fence=1)
            elif row.holder != self.name and not self.watch.silent({1: (row.fence, row.until)}, settings.LEASE_SECONDS):
                return False
            else:
                row.holder, row.until, row.fence = self.name, until, row.fence + 1
                row.save()
            self.fence = row.fence
            return True

    def _keep(self) -> None:
        """Renews lease and heartbeat while the main thread waits for PASI."""
        while not self.stop.is_set():
            close_old_connections()
            try:
                if time.monotonic() < self.alive_until:
                    self.acquire()
                    heartbeats.beat("listener")
            except Exception as error:  # noqa: BLE001 - a busy or absent database: the next turn tries again
                log.warning("The listener could not renew its lease: %s.", type(error).__name__)
                connection.close()
            self.stop.wait(min(settings.LEASE_HEARTBEAT_SECONDS, heartbeats.EVERY_SECONDS))
        connection.close()

    def run(self) -> None:
        keeper = threading.Thread(target=self._keep, name="listener-lease", daemon=True)
        keeper.start()
        marked = False
        while not self.stop.is_set():
            close_old_connections()
            self.alive_until = time.monotonic() + LONGEST_STORE_SECONDS
            try:
                if not marked:
                    heartbeats.mark_start()
                    marked = True
                self._turn()
            except Exception as error:  # noqa: BLE001
                # The class and the place, never the exception's own words: they may carry what PASI sent.
                log.error("A turn of the listener failed; it goes on: %s", faults.place(error))
                connection.close()
                self.stop.wait(2)
        keeper.join(timeout=5)

    def _turn(self) -> None:
        current = SyncSettings.load()
        if (
            not current.regular_synchronization
            or starting.begins_at(current) is not None
            or not self.fence
            or not self.holds()
        ):
            self.stop.wait(0.5)
            return
        link = LinkState.load()
        if link.state in (LinkState.State.DOWN, LinkState.State.NOT_AUTHORIZED):
            self.stop.wait(0.5)  # the probe finds out when PASI is back
            return
        if reference.due() and not reference.refresh():
            self._wait_after_failure()
            return
        self._follow_years()
        self.alive_until = time.monotonic() + current.data_available_wait_minutes * 60 + LONGEST_STORE_SECONDS
        with_hash = self.hash_due_at <= time.monotonic() and not self.puller.full
        answer = self.puller.ask(current.data_available_wait_minutes, with_hash)
        if with_hash and answer.good:
            self.hash_due_at = (
                time.monotonic() + HASH_EVERY_SECONDS
            )  # also after a drift: a second one right behind says no more
        if answer.good and not self.puller.short:
            self.failures = 0
        else:
            self._wait_after_failure()

    def _follow_years(self) -> None:
        """The window moves on 1 January and by the settings: what takes part now is looked at again."""
        years = Context().years
        if self.years is not None and years != self.years:
            comparing.evaluate_all()
        self.years = years

    def _wait_after_failure(self) -> None:
        self.failures += 1
        self.stop.wait(
            back_off.seconds(self.failures, settings.BACK_OFF_SECONDS, settings.BACK_OFF_MAX_SECONDS, random.random())
        )
