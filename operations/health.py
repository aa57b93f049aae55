"""Does the product work? The database, the broker, the processes, and what the apps' probes add."""

from typing import Any

from celery import current_app
from django.db import connection

from operations import heartbeats, offers

PROCESSES = ("worker", "jobs", "beat", "listener")


def report() -> tuple[bool, dict[str, Any]]:
    """(all is well, the answer of /healthz). PASI being away is told in `link` and never makes it false."""
    checks: dict[str, Any] = {"database": _database()}
    if checks["database"]["ok"]:
        for name in PROCESSES:
            age = heartbeats.age_seconds(name)
            checks[name] = {
                "ok": age is not None and age < heartbeats.FRESH_SECONDS,
                "age_seconds": None if age is None else round(age, 1),
            }
    checks["broker"] = _broker()
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


def _broker() -> dict[str, Any]:
    try:
        with current_app.connection_for_write() as broker:
            broker.ensure_connection(max_retries=1, timeout=2)
        return {"ok": True}
    except Exception as error:  # noqa: BLE001
        return {"ok": False, "error": type(error).__name__}
