"""The knobs as a form."""

from __future__ import annotations

import json
from typing import Any

from pasi_simulator.control.http import Request, Response
from pasi_simulator.knobs import DEFAULTS, KnobError
from pasi_simulator.pages.html import field, notice, page, redirect, tag

HINTS = {
    "delay_ms": "Every answer comes this much later",
    "today": "The day that PASI believes it is; empty: the real one",
    "version_conflict_as_fault": "3004 as a fault instead of a rejection",
    "node_lag_ms": "New versions stay invisible to Gets and submits for this long",
    "node_wait_ms": "How long a submit waits for a version before fault 9014",
    "fault": '{"code": "2001", "operation": null, "times": 3}; empty: none',
    "answer_dropped": "The next submits are saved, then the connection is closed",
    "truncated": "The next answers are cut in the middle (long polls excepted)",
    "html": "The next answers are an HTML page (long polls excepted)",
    "unavailable": "Connections are closed before TLS begins",
    "block_limit": "Most pairs of one type in an answer of IsDataAvailable",
    "overall_limit": "Most pairs in an answer of IsDataAvailable",
    "long_poll_max_s": "A long poll ends after this many seconds; empty: as asked",
}
YES_NO = (("true", "true"), ("false", "false"))


def knobs(request: Request) -> Response:
    return _page(request, {name: _text(value) for name, value in request.core.knobs.all().items()})


def save(request: Request) -> Response:
    posted = request.form()
    entered = {name: posted.get(name, "").strip() for name in DEFAULTS}
    values, problems = {}, {}
    for name, text in entered.items():
        values[name], problem = _value(name, text)
        if not problem:
            try:
                request.core.knobs.check({name: values[name]})
            except KnobError as wrong:
                problem = str(wrong)
        if problem:
            problems[name] = problem
    if problems:
        return _page(request, entered, problems)
    request.core.knobs.merge(values)
    return redirect("/knobs/?done=1")


def _page(request: Request, texts: dict[str, str], problems: dict[str, str] | None = None) -> Response:
    wrong = problems or {}
    fields = [
        field(
            name,
            name,
            texts[name],
            hint=HINTS[name],
            problem=wrong.get(name, ""),
            options=YES_NO if isinstance(DEFAULTS[name], bool) else None,
            kind="date" if name == "today" else "text",
        )
        for name in DEFAULTS
    ]
    return page(
        "Knobs",
        notice(tag("p", "Saved.")) if request.query.get("done") and not wrong else None,
        notice(tag("p", "Nothing was saved."), "wrong") if wrong else None,
        tag("p", "How PASI behaves badly. Counting knobs show what is left."),
        tag(
            "form",
            tag("fieldset", tag("legend", "Knobs"), tag("div", fields, class_="fields")),
            tag("div", tag("button", "Save", type="submit"), class_="actions"),
            method="post",
            action="/knobs/",
            novalidate=True,
        ),
        status=400 if wrong else 200,
    )


def _text(value: Any) -> str:
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def _value(name: str, text: str) -> tuple[Any, str]:
    """The entered text as a knob's value, or what is wrong with it."""
    if name == "today" or not text:
        return (text or DEFAULTS[name]), ""
    try:
        return json.loads(text), ""
    except (ValueError, RecursionError):
        return None, f"not understood; for instance {_text(DEFAULTS[name]) or HINTS[name]}"
