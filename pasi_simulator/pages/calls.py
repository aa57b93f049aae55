"""The last calls, newest first."""

from __future__ import annotations

import json
from collections.abc import Sequence

from pasi_simulator.control.http import Request, Response
from pasi_simulator.core import Core
from pasi_simulator.pages.html import Html, page, table, tag

SHOWN = 100
COLUMNS = ("At", "Operation", "Outcome", "By", "Record", "Version", "Codes")


def calls(request: Request) -> Response:
    return page(
        "Calls",
        tag("p", f"The last {SHOWN} calls of PASI clients, newest first."),
        calls_table(request.core, "1 = 1", ()),
    )


def calls_table(core: Core, condition: str, values: Sequence[str]) -> Html:
    rows = core.state.reader().execute(
        "SELECT at, operation, outcome, user, organization, key, version, fault_code, rejections FROM calls"
        f" WHERE {condition} ORDER BY id DESC LIMIT ?",
        (*values, SHOWN),
    )
    return table(
        "Calls of clients",
        COLUMNS,
        [
            (at, operation, outcome, f"{user or '?'} ({organization or '?'})", _record(operation, key),
             str(version or ""), ", ".join([fault] if fault else [r["Code"] for r in json.loads(rejections)]))
            for at, operation, outcome, user, organization, key, version, fault, rejections in rows
        ],
    )  # fmt: skip


def _record(operation: str | None, key: str | None) -> Html | str:
    """Only enrolments are named: their key is not a student's number."""
    if key and operation and operation.endswith("StudentSchoolEnrolment"):
        return tag("a", key, href=f"/enrolments/{key.lower()}/")
    return ""
