"""The last calls, newest first."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence

from pasi_simulator.control.calls import OF_KEY
from pasi_simulator.control.http import Request, Response
from pasi_simulator.core import Core
from pasi_simulator.pages.html import Child, Html, page, table, tag

ROWS = 100
COLUMNS = ("At", "Operation", "Outcome", "By", "Record", "Version", "Codes")


def calls(request: Request) -> Response:
    return page(
        "Calls",
        tag("p", f"The last {ROWS} calls of PASI clients, newest first."),
        calls_table(request.core, "1 = 1", ()),
    )


def calls_about(core: Core, key: str) -> Html:
    """The calls that sent or asked for a record."""
    return calls_table(core, OF_KEY, (key,))


def calls_table(core: Core, condition: str, values: Sequence[str]) -> Html:
    rows = core.state.reader().execute(
        "SELECT at, operation, outcome, user, organization, key, version, fault_code, rejections FROM calls"
        f" WHERE {condition} ORDER BY id DESC LIMIT ?",
        (*values, ROWS),
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


# Of these alone the records are named: their key is not a student's number.
NAMED = {"StudentSchoolEnrolment": "/enrolments/", "Section": "/sections/"}


def _record(operation: str | None, key: str | None) -> list[Child]:
    address = NAMED.get(re.sub("^(Get|Submit)", "", operation or ""))
    if not key or not address:
        return []
    return [[tag("a", one, href=f"{address}{one.lower()}/"), " "] for one in key.split()]
