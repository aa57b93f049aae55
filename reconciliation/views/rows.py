"""Lines of a result as the page draws them: before over after, with what changed and what was repaired marked."""

from collections.abc import Mapping
from typing import Any

from operations.models import User
from reconciliation import selectors
from reconciliation.models import Run
from reconciliation.rules.invisible import look_alike, made_visible
from reconciliation.rules.statuses import DIFFERENT, PERFECT
from reconciliation.services.answers import LineReader
from reconciliation.views.words import LABELS

SIDES = ("before", "after")
LEVELS = {PERFECT: 1, DIFFERENT: 2, "Added New to PASI": 3, "Missing from PASI": 4}  # colours of the bar


def table(run: Run, user: User, rows: list[Mapping[str, Any]], *, only: bool, blank: bool) -> dict[str, Any]:
    """`columns` and `pairs`: first the columns in which a row of this page differs, with `only` no others. `blank`: equal cells of
    pairs stay empty."""
    reader = LineReader(run)
    lines = [reader.line(row) for row in rows]
    changed = {name for line in lines for name in line["differences"]}
    columns = [name for name in reader.compared if name in changed]
    if not only:
        columns += [name for name in reader.compared if name not in changed]
    students = _students(run, user, lines)
    return {
        "columns": columns,
        "pairs": [_pair(line, columns, students, blank=blank) for line in lines],
        "hidden": len(reader.compared) - len(columns),
    }


def _students(run: Run, user: User, lines: list[dict[str, Any]]) -> dict[str, Any]:
    if not selectors.has_students(run):
        return {}
    return selectors.known_students(user, {line["key"]["ASN"] for line in lines})


def _pair(line: dict[str, Any], columns: list[str], students: dict[str, Any], *, blank: bool) -> dict[str, Any]:
    key: dict[str, str] = line["key"]
    asn = key.get("ASN", "")
    repaired = set(line["repaired"])
    there = [side for side in SIDES if line[side] is not None]
    return {
        "line": line["line"],
        "status": LABELS[line["status"]],
        "seg": LEVELS[line["status"]],
        "asn": asn,
        "student": students.get(asn),
        "rest": " · ".join(text for name, text in key.items() if name != "ASN"),
        "key_repaired": [name for name in key if any(f"{name} ({side})" in repaired for side in SIDES)],
        "sides": [
            {
                "side": side,
                "row": line[f"{side}_row"],
                "cells": [_cell(line, name, side, repaired, blank=blank) for name in columns],
            }
            for side in there
        ],
    }


def _cell(line: dict[str, Any], name: str, side: str, repaired: set[str], *, blank: bool) -> dict[str, Any]:
    differs = name in line["differences"]
    paired = line["before"] is not None and line["after"] is not None
    text = line[side][name]
    if differs and look_alike(line["before"][name], line["after"][name]):
        text = made_visible(text)
    return {
        "text": text,
        "differs": differs,
        "hidden": blank and paired and not differs,
        "repaired": f"{name} ({side})" in repaired,
    }
