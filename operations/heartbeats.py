"""Processes record that they are alive, for health to read. The first one to come up marks the start of the product."""

import datetime as dt
import os
import socket
import threading

from django.db import close_old_connections, connection

from operations import clock, silence
from operations.models import Heartbeat

FRESH_SECONDS = 30
EVERY_SECONDS = 5
PRODUCT = silence.PRODUCT


def beat(name: str) -> None:
    now = clock.now()
    if not Heartbeat.objects.filter(name=name, told_at=None).update(at=now, host=_host(), pid=os.getpid()):
        silence.heard_again(name, now)
        Heartbeat.objects.update_or_create(
            name=name, defaults={"at": now, "host": _host(), "pid": os.getpid(), "told_at": None}
        )


def _host() -> str:
    return socket.gethostname()[:100]


def age_seconds(name: str) -> float | None:
    row = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    return (clock.now() - row).total_seconds() if row else None


def is_fresh(age: float | None) -> bool:
    """Of a sign of life so many seconds ago. One far in the future says nothing: a clock has been set."""
    return age is not None and abs(age) < FRESH_SECONDS


def mark_start() -> None:
    """Called by a process that comes up. When no other one is alive, it is the product that starts."""
    if not any(_lives(row) for row in Heartbeat.objects.exclude(name=PRODUCT)):
        beat(PRODUCT)


def _lives(row: Heartbeat) -> bool:
    """Beat a moment ago; on this machine its process must be there as well, so that a quick restart of all counts as one."""
    if abs((clock.now() - row.at).total_seconds()) >= FRESH_SECONDS:
        return False
    if row.host != socket.gethostname()[:100]:
        return True
    try:
        os.kill(row.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # it is there, and somebody else's
        return True
    return row.pid != os.getpid()


def started_at() -> dt.datetime | None:
    """When the product was last started; None where no process has ever come up."""
    return Heartbeat.objects.filter(name=PRODUCT).values_list("at", flat=True).first()


def beat_in_background(name: str) -> threading.Event:
    """A thread that beats every few seconds until the returned event is set. Not for forking processes before they fork."""
    stop = threading.Event()
    try:
        mark_start()
    except Exception:  # noqa: BLE001 - without a database nothing begins anyway
        connection.close()

    def run() -> None:
        while True:
            close_old_connections()
            try:
                beat(name)
                silence.look()
            except Exception:  # noqa: BLE001 - a busy or absent database shows as an old heartbeat
                connection.close()
            if stop.wait(EVERY_SECONDS):
                return

    threading.Thread(target=run, name=f"heartbeat-{name}", daemon=True).start()
    return stop
