"""The log of calls, knobs, reset, health."""

from __future__ import annotations

import json
from typing import Any

from pasi_simulator.control.http import ControlError, Request, Response, as_json, filters, keyset_page
from pasi_simulator.knobs import KnobError

COLUMNS = (
    "id", "operation", "key", "outcome", "applied", "at", "request", "client", "organization", "user", "fault_code",
    "rejections", "version", "message_id",
)  # fmt: skip
OF_KEY = "instr(' ' || key || ' ', ' ' || ? || ' ') > 0"  # one of the call's records


def list_calls(request: Request) -> Response:
    """Oldest first."""
    wanted = filters(request, "operation", "key", "outcome")
    if "key" in wanted:
        wanted["key"] = wanted["key"].lower()  # a GUID; all other keys are digits
    conditions = "".join(f" AND {OF_KEY if name == 'key' else f'{name} = ?'}" for name in wanted)

    def fetch(order: str, bound: int, limit: int) -> list[tuple[int, Any]]:
        side = ">" if order == "ASC" else "<"
        rows = request.core.state.reader().execute(
            f"SELECT {', '.join(COLUMNS)} FROM calls WHERE id {side} ?{conditions} ORDER BY id {order} LIMIT ?",
            (bound, *wanted.values(), limit),
        )
        return [(row[0], plain(row)) for row in rows]

    return keyset_page(request, fetch)


def plain(row: tuple[Any, ...]) -> dict[str, Any]:
    call = dict(zip(COLUMNS, row, strict=True))
    call["applied"] = bool(call["applied"])
    call["request"] = json.loads(call["request"]) if call["request"] else None
    call["rejections"] = json.loads(call["rejections"])
    return call


def get_knobs(request: Request) -> Response:
    return as_json(request.core.knobs.all())


def set_knobs(request: Request) -> Response:
    try:
        return as_json(request.core.knobs.merge(request.json()))
    except KnobError as problem:
        raise ControlError(400, "Bad knob", str(problem)) from None


def reset(request: Request) -> Response:
    """Clears knobs and calls, never records."""
    request.core.knobs.clear()
    with request.core.state.writing() as writer:
        writer.connection.execute("DELETE FROM calls")
    return as_json({"status": "reset"})


def health(request: Request) -> Response:
    state = request.core.state
    return as_json({"status": "ok", "version": state.version(), "records": state.counts()})
