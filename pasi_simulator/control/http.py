"""Requests and answers of the control port, and how an address finds its function."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlencode

from pasi_simulator.core import Core

PAGE = 100


class ControlError(Exception):
    """Answers {"title", "detail"}."""

    def __init__(self, status: int, title: str, detail: str) -> None:
        super().__init__(detail)
        self.status, self.title, self.detail = status, title, detail


@dataclass(slots=True)
class Request:
    core: Core
    method: str
    path: str
    query: dict[str, str]
    body: bytes

    def json(self) -> Any:
        try:
            return json.loads(self.body or b"{}", parse_constant=_no_constant)
        except (ValueError, RecursionError) as problem:
            raise ControlError(400, "Not JSON", str(problem)) from None

    def form(self) -> dict[str, str]:
        """A posted form; a field that occurs twice keeps its last value."""
        try:
            fields = parse_qs(self.body.decode(), keep_blank_values=True, max_num_fields=200)
        except ValueError:
            raise ControlError(400, "Bad form", "The form could not be read") from None
        return {name: values[-1] for name, values in fields.items()}


@dataclass(frozen=True, slots=True)
class Response:
    status: int
    body: bytes
    content_type: str = "application/json"
    headers: tuple[tuple[str, str], ...] = ()


def as_json(value: object, status: int = 200) -> Response:
    return Response(status, json.dumps(value, ensure_ascii=False).encode())


def _no_constant(name: str) -> None:
    raise ValueError(f"{name} is not JSON")


Handler = Callable[..., Response]


@dataclass(frozen=True, slots=True)
class Route:
    """An address pattern and its function for each method; groups of the pattern become its arguments."""

    pattern: re.Pattern[str]
    methods: Mapping[str, Handler]


def route(pattern: str, **methods: Handler) -> Route:
    return Route(re.compile(pattern + r"\Z"), methods)


def dispatch(routes: tuple[Route, ...], request: Request) -> Response:
    for entry in routes:
        match = entry.pattern.match(request.path)
        if match:
            handler = entry.methods.get(request.method)
            if handler is None:
                allowed = ", ".join(sorted(entry.methods))
                raise ControlError(405, "Method not allowed", f"{request.path} takes {allowed}")
            return handler(request, **match.groupdict())
    raise ControlError(404, "Not found", f"There is nothing at {request.path}")


def filters(request: Request, *names: str) -> dict[str, str]:
    """The query's filters; an unknown name answers 400."""
    for name in request.query:
        if name not in (*names, "after", "before"):
            raise ControlError(400, "Unknown filter", f"{name!r} is not one of {', '.join(names)}")
    return {name: value for name, value in request.query.items() if name in names}


def keyset_page(request: Request, fetch: Callable[[str, int, int], list[tuple[int, Any]]]) -> Response:
    """A page of 100 by internal id. `fetch(order, bound, limit)` gives (id, item) after or before a bound.

    Answers {"next", "previous", "results"} with addresses that begin with "/".
    """
    try:
        after, before = int(request.query.get("after", 0)), int(request.query.get("before", 0))
    except ValueError:
        raise ControlError(400, "Bad page", "after and before are numbers") from None
    if before:
        rows = fetch("DESC", before, PAGE + 1)
        more_before, more_after = len(rows) > PAGE, True
        rows = rows[:PAGE][::-1]
    else:
        rows = fetch("ASC", after, PAGE + 1)
        more_before, more_after = bool(after), len(rows) > PAGE
        rows = rows[:PAGE]
    query = {name: value for name, value in request.query.items() if name not in ("after", "before")}

    def link(name: str, bound: int) -> str:
        return f"{request.path}?{urlencode({**query, name: bound})}"

    return as_json(
        {
            "next": link("after", rows[-1][0]) if more_after and rows else None,
            "previous": link("before", rows[0][0]) if more_before and rows else None,
            "results": [item for _, item in rows],
        }
    )
