"""What an enrolment here can hold, whatever the source. PASI holds more: days of the year 0001, a start without an exit, reversed
days, longer texts. Pure: a table of rows, read by one function.
"""

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from operations.rules.words import gettext_noop


@dataclass(frozen=True)
class Row:
    """`field` names where it is shown; `message` takes the record's values by name, and `most` for texts."""

    field: str
    broken: Callable[[Mapping[str, Any]], bool]
    message: str


def _is_day(value: Any) -> bool:
    return isinstance(value, dt.date)


def _odd(name: str) -> Callable[[Mapping[str, Any]], bool]:
    return lambda r: r[name] not in (None, "") and not _is_day(r[name])


ROWS: tuple[Row, ...] = (
    Row("start_date", lambda r: r["start_date"] in (None, ""), gettext_noop("An enrolment here must have a start date.")),
    Row("exit_date", lambda r: r["exit_date"] in (None, ""), gettext_noop("An enrolment here must have an exit date.")),
    Row("start_date", _odd("start_date"), gettext_noop("%(start_date)s cannot be stored here as a start date.")),
    Row("exit_date", _odd("exit_date"), gettext_noop("%(exit_date)s cannot be stored here as an exit date.")),
    Row(
        "exit_date",
        lambda r: _is_day(r["start_date"]) and _is_day(r["exit_date"]) and r["exit_date"] < r["start_date"],
        gettext_noop("The exit date %(exit_date)s is before the start date %(start_date)s, so they cannot be stored "
                     "together here."),
    ),
    Row(
        "program_percentage",
        lambda r: r["program_percentage"] is not None and not 0 <= r["program_percentage"] <= 32767,
        gettext_noop("%(program_percentage)s cannot be stored here as a percentage."),
    ),
)  # fmt: skip
TOO_LONG = gettext_noop("It has %(length)s characters; an enrolment here can store %(most)s.")


def faults(record: Mapping[str, Any], most: Mapping[str, int]) -> list[tuple[str, str, dict[str, Any]]]:
    """(field, message, its values) of all that cannot be held; `most` are the lengths of the text fields."""
    problems = [(row.field, row.message, dict(record)) for row in ROWS if row.broken(record)]
    for name, length in most.items():
        if len(record[name]) > length:
            problems.append((name, TOO_LONG, {"length": len(record[name]), "most": length}))
    return problems


def nearest(record: Mapping[str, Any], most: Mapping[str, int], first: dt.date, last: dt.date) -> dict[str, Any]:
    """The record as an enrolment here can hold it: days that it cannot become the school year's. For a record deleted here."""
    held = dict(record)
    start, end = record["start_date"], record["exit_date"]
    held["start_date"] = start if _is_day(start) else min(first, end) if _is_day(end) else first
    held["exit_date"] = end if _is_day(end) and end >= held["start_date"] else max(last, held["start_date"])
    percentage = record["program_percentage"]
    held["program_percentage"] = percentage if percentage is None or 0 <= percentage <= 32767 else None
    return {**held, **{name: held[name][:length] for name, length in most.items() if name in held}}
