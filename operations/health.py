"""Does the product work? The database, the broker, the processes, and what the apps' probes add."""

import tempfile
from typing import Any

from celery import current_app
from django.conf import settings
from django.db import connection

from operations import heartbeats, offers

PROCESSES = ("worker", "jobs", "tick", "listener")


def report() -> tuple[bool, dict[str, Any]]:
    """(all is well, the answer of /healthz). `link` says when PASI is unavailable, which never makes it false."""
    checks: dict[str, Any] = {"database": _database()}
    if checks["database"]["ok"]:
        for name in PROCESSES:
            age = heartbeats.age_seconds(name)
            checks[name] = {
                "ok": heartbeats.is_fresh(age),
                "age_seconds": None if age is None else round(age, 1),
            }
    checks["broker"] = broker()
    checks["disk"] = _disk()
    body: dict[str, Any] = {"checks": checks}
    if checks["database"]["ok"]:
        for name, probe in offers.probes.items():
            answer = probe()
            if "ok" in answer:
                checks[name] = answer
            else:
                body[name] = answer
    well = all(check["ok"] for check in checks.values())
    return well, {"status": "ok" if well else "not_ready", **body}


def _database() -> dict[str, Any]:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
        return {"ok": True}
    except Exception as error:  # noqa: BLE001 - any failure is the answer
        return {"ok": False, "error": type(error).__name__}


def broker() -> dict[str, Any]:
    """Whether a message can be written now, by writing one where it disturbs nobody."""
    try:
        with current_app.connection_for_write() as line:
            line.ensure_connection(max_retries=1, timeout=2)
            channel = line.default_channel
            if hasattr(channel, "probe"):
                channel.probe()
            elif hasattr(channel, "client"):  # Redis: it answers, and takes nothing, when its disk is full
                channel.client.set("pasi-connect.probe", "1", ex=60)
        return {"ok": True}
    except Exception as error:  # noqa: BLE001
        cause = error.__cause__ or error
        return {
            "ok": False,
            "error": type(cause).__name__,
            "detail": "no message can be written; the tick does the work",
        }


def _disk() -> dict[str, Any]:
    """Whether the data folder takes a file: uploads, results and, on SQLite, everything is stored there."""
    try:
        with tempfile.TemporaryFile(dir=settings.DATA_DIR) as file:
            file.write(bytes(4096))
            file.flush()
        return {"ok": True}
    except OSError as error:
        return {"ok": False, "error": type(error).__name__, "detail": error.strerror or ""}
