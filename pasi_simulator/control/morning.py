"""A busy morning: a dozen varied changes that other people make in PASI, all allowed by its rules."""

from __future__ import annotations

import random
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pasi_simulator.clock import current_school_year
from pasi_simulator.contract import Document
from pasi_simulator.control.http import ControlError, Request, Response, as_json
from pasi_simulator.core import Core
from pasi_simulator.state import RECORD_TYPES, Writer

KIND = RECORD_TYPES["StudentSchoolEnrolment"]
GRADES = ("EC", *(f"{n:02d}" for n in range(1, 13)))
# Made-up people; {school} and {authority} are those of the enrolment.
PEOPLE = (
    ("Rosalind Achterberg", "S.{school}"),
    ("Teo Lindqvist", "A.{authority}"),
    ("Marguerite Osei", "O.1"),
    ("Dale Whitefeather", "S.{school}"),
    ("Inès Carvalho", "A.{authority}"),
)


@dataclass(frozen=True, slots=True)
class Deed:
    """One change in words and as a function of the enrolment and today; `deleted` says which enrolments it needs."""

    words: str
    change: Callable[[Document, date], dict[str, Any]]
    deleted: bool = False


def _day(enrolment: Document, member: str) -> date:
    return date.fromisoformat(enrolment[member])


def _earlier_exit(enrolment: Document, today: date) -> dict[str, Any]:
    start, end = _day(enrolment, "RegistrationStartDate"), _day(enrolment, "RegistrationExitDate")
    return {"RegistrationExitDate": max(start, end - timedelta(days=14)).isoformat()}


def _later_exit(enrolment: Document, today: date) -> dict[str, Any]:
    end = _day(enrolment, "RegistrationExitDate")
    return {"RegistrationExitDate": min(end + timedelta(days=2), date(end.year, 12, 31)).isoformat()}


def _withdrawal(enrolment: Document, today: date) -> dict[str, Any]:
    start, end = _day(enrolment, "RegistrationStartDate"), _day(enrolment, "RegistrationExitDate")
    last = max(start, min(end, today) - timedelta(days=1))
    return {"RegistrationExitDate": last.isoformat(), "ExitDateType": "WithdrawalDate"}


def _later_start(enrolment: Document, today: date) -> dict[str, Any]:
    start, end = _day(enrolment, "RegistrationStartDate"), _day(enrolment, "RegistrationExitDate")
    return {"RegistrationStartDate": min(start + timedelta(days=3), end).isoformat()}


def _grade(enrolment: Document, today: date) -> dict[str, Any]:
    """One grade lower: never into the grades where language programs are refused."""
    grade = enrolment.get("Grade")
    return {"Grade": GRADES[max(GRADES.index(grade) - 1, 0)] if grade in GRADES[1:] else "01"}


def _with_key(enrolment: Document, **values: str) -> dict[str, Any]:
    """The extended list with each key's values replaced by the one given."""
    pairs = (enrolment.get("ExtendedSchoolEnrolmentInfo") or {}).get("KeyValues") or []
    kept = [pair for pair in pairs if pair["Key"] not in values]
    return {
        "ExtendedSchoolEnrolmentInfo": {
            "Name": "SISV1",
            "KeyValues": kept + [{"Key": key, "Value": value} for key, value in values.items()],
        }
    }


def _value(enrolment: Document, key: str) -> str | None:
    pairs = (enrolment.get("ExtendedSchoolEnrolmentInfo") or {}).get("KeyValues") or []
    return next((pair["Value"] for pair in pairs if pair["Key"] == key), None)


def _percentage(enrolment: Document, today: date) -> dict[str, Any]:
    percentage = 40 if enrolment.get("SchoolProvidedProgramPercentage") == 60 else 60
    return {"SchoolProvidedProgramPercentage": percentage} | _with_key(enrolment, GrantsProgramCodes="610")


def _other(enrolment: Document, key: str, first: str, second: str) -> dict[str, Any]:
    return _with_key(enrolment, **{key: second if _value(enrolment, key) == first else first})


def _flip(enrolment: Document, member: str, first: str, second: str) -> dict[str, Any]:
    return {member: second if enrolment.get(member) == first else first}


DEEDS = (
    Deed("exit date two weeks earlier", _earlier_exit),
    Deed("exit date two days later", _later_exit),
    Deed("withdrawn", _withdrawal),
    Deed("start date three days later", _later_start),
    Deed("grade changed", _grade),
    Deed("deleted", lambda enrolment, today: {"IsDeleted": True}),
    Deed("undeleted", lambda enrolment, today: {"IsDeleted": False}, deleted=True),
    Deed("programming type", lambda e, _: _flip(e, "ProgrammingType", "ContinuingEducation", "Regular")),
    Deed("programming timeframe", lambda e, _: _flip(e, "ProgrammingTimeframe", "Evening", "Day")),
    Deed("resident board", lambda e, _: _other(e, "ResidentBoard", "0042", "0017")),
    Deed("program percentage with grants program code 610", _percentage),
    Deed("FNMI declaration", lambda e, _: _other(e, "FNMIDeclaration", "333", "331")),
)


def busy_morning(request: Request) -> Response:
    body = request.json()
    seed = body.get("seed") if isinstance(body, dict) else body
    if seed is not None and (not isinstance(seed, int) or isinstance(seed, bool)):
        raise ControlError(400, "Bad member", "seed is a whole number, or absent")
    return as_json({"changes": make_busy(request.core, seed)})


def make_busy(core: Core, seed: int | None = None) -> list[dict[str, Any]]:
    """Makes the changes in one transaction and says what it did, a row each. The same seed takes the same records."""
    today, dice = core.today(), random.Random(seed)
    with core.state.writing() as writer:
        places = _schools(core)
        live = _enrolments(core, list(places), deleted=False)
        gone = _enrolments(core, list(places), deleted=True)
        dice.shuffle(live)
        dice.shuffle(gone)
        done = []
        for number, deed in enumerate(DEEDS):
            stock = gone if deed.deleted else live
            if stock:
                enrolment = stock.pop()
                changed = enrolment | deed.change(enrolment, today)
                done.append(_put(core, writer, changed, deed.words, _person(number, changed, places)))
        if live:
            done.append(_created(core, writer, live[-1], places, today))
    return done


def _created(core: Core, writer: Writer, like: Document, places: dict[str, str], today: date) -> dict[str, Any]:
    """A new enrolment of a known student, made in PASI: evening courses beside the day school."""
    fresh: Document = {
        name: like[name]
        for name in ("StateProvinceId", "SchoolCode", "SchoolYear", "Grade", "RegistrationExitDate")
        if name in like
    }
    fresh |= {
        "RefId": str(uuid.uuid4()),
        "RegistrationStartDate": max(
            like["RegistrationStartDate"], min(today.isoformat(), like["RegistrationExitDate"])
        ),
        "ExitDateType": "CompletionDate",
        "ProgrammingType": "ContinuingEducation",
        "ProgrammingTimeframe": "Evening",
        "IsDeleted": False,
    }
    return _put(core, writer, fresh, "created in PASI", _person(0, fresh, places))


def _put(core: Core, writer: Writer, document: Document, words: str, by: dict[str, str]) -> dict[str, Any]:
    version = writer.put(KIND, document, by, core.knobs["node_lag_ms"])
    return {
        "RefId": document["RefId"],
        "SchoolCode": document["SchoolCode"],
        "change": words,
        "_as": by,
        "version": version,
    }


def _person(number: int, enrolment: Document, places: dict[str, str]) -> dict[str, str]:
    name, organization = PEOPLE[number % len(PEOPLE)]
    school = enrolment["SchoolCode"]
    return {"name": name, "organization": organization.format(school=school, authority=places[school])}


def _schools(core: Core) -> dict[str, str]:
    """The schools of all registered clients, each with its authority."""
    represented = {organization for client in core.clients.all() for organization in client.organizations}
    rows = core.state.reader().execute("SELECT key, authority_code FROM records WHERE type = 'School'").fetchall()
    return {key: authority for key, authority in rows if {f"S.{key}", f"A.{authority}"} & represented}


def _enrolments(core: Core, schools: list[str], *, deleted: bool) -> list[Document]:
    """Whole enrolments of the current school year."""
    marks = ", ".join("?" * len(schools))
    records = core.state.records(
        f"type = ? AND school_year = ? AND deleted = ? AND school_code IN ({marks})",
        (KIND.name, current_school_year(core.today()), deleted, *schools),
    )
    return [r.document for r in records if {"RegistrationStartDate", "RegistrationExitDate"} <= set(r.document)]
