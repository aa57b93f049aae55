"""Processes say that they are alive; health reads it."""

import os
import socket
import threading

from django.db import close_old_connections, connection

from operations import clock
from operations.models import Heartbeat

FRESH_SECONDS = 30
EVERY_SECONDS = 5


def beat(name: str) -> None:
    Heartbeat.objects.update_or_create(
        name=name, defaults={"at": clock.now(), "host": socket.gethostname()[:100], "pid": os.getpid()}
    )


def age_seconds(name: str) -> float | None:
    row = Heartbeat.objects.filter(name=name).values_list("at", flat=True).first()
    return (clock.now() - row).total_seconds() if row else None


def fresh(name: str) -> bool:
    age = age_seconds(name)
    return age is not None and age < FRESH_SECONDS


def beat_in_background(name: str) -> threading.Event:
    """A thread that beats every few seconds until the returned event is set. Not for forking processes before they fork."""
    stop = threading.Event()

    def run() -> None:
        while True:
            close_old_connections()
            try:
                beat(name)
            except Exception:  # noqa: BLE001 - a busy or absent database shows as an old heartbeat
                connection.close()
            if stop.wait(EVERY_SECONDS):
                return

    threading.Thread(target=run, name=f"heartbeat-{name}", daemon=True).start()
    return stop
