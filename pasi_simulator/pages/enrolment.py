"""The page of one enrolment."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import partial
from typing import Any

from pasi_simulator.core import Core
from pasi_simulator.operations.enrolment import ENROLMENT
from pasi_simulator.pages import form as forms
from pasi_simulator.pages.form import Editor, Form, field_set, options
from pasi_simulator.pages.html import Html, tag
from pasi_simulator.pages.listing import schools, year_words
from pasi_simulator.rules.extended import KEYS, LIST_NAME

LABELS = {
    "StateProvinceId": "ASN",
    "SchoolCode": "School",
    "SchoolYear": "School year",
    "Grade": "Grade",
    "RegistrationStartDate": "Start date",
    "RegistrationExitDate": "Exit date",
    "ExitDateType": "Exit date type",
    "ProgrammingType": "Programming type",
    "ProgrammingTimeframe": "Programming timeframe",
    "SchoolProvidedProgramPercentage": "School provided program percentage",
}
KEY_LABELS = {
    "LocalStudentId": "Local student ID",
    "ResidentBoard": "Resident board",
    "FrancophoneBoard": "Francophone board",
    "FNMIDeclaration": "FNMI declaration",
    "FrenchHoursOfInstruction": "French hours of instruction",
    "EnrolmentTypeCodes": "Enrolment type code",
    "ExceptionCodes": "Exception code",
    "GrantsProgramCodes": "Grants program code",
}


def _entered(form: Form) -> dict[str, Any]:
    document: dict[str, Any] = {name: text for name in LABELS if (text := form.entered(name))}
    if "StateProvinceId" in document:
        document["StateProvinceId"] = re.sub(r"[\s-]", "", document["StateProvinceId"])
    document.pop("SchoolYear", None)
    form.school_year(document)
    form.whole_number("SchoolProvidedProgramPercentage", document)
    pairs = [
        {"Key": key.name, "Value": text}
        for key in KEYS.values()
        for n in range(key.most)
        if (text := form.entered(f"{key.name}.{n}"))
    ]
    document["ExtendedSchoolEnrolmentInfo"] = {"Name": LIST_NAME, "KeyValues": pairs}
    return document


def _texts(document: Mapping[str, Any]) -> dict[str, str]:
    values = {name: str(document[name]) for name in LABELS if document.get(name) is not None}
    values["SchoolYear"] = year_words(document.get("SchoolYear"))
    places: dict[str, int] = {}
    for pair in (document.get("ExtendedSchoolEnrolmentInfo") or {}).get("KeyValues") or ():
        place = places[pair["Key"]] = places.get(pair["Key"], -1) + 1
        values[f"{pair['Key']}.{place}"] = pair["Value"]
    return values


def _fields(core: Core, form: Form) -> list[Html]:
    def member(name: str, **more: Any) -> Html:
        return form.plain(name, LABELS[name], **more)

    enrolment = [
        member("StateProvinceId"),
        member("SchoolCode", options=schools(core)),
        member("SchoolYear", hint="2026-2027"),
        *[member(n, options=options(n)) for n in ("Grade", "ProgrammingType", "ProgrammingTimeframe", "ExitDateType")],
        member("RegistrationStartDate", kind="date"),
        member("RegistrationExitDate", kind="date"),
        member("SchoolProvidedProgramPercentage", hint="Only with grants program code 610 or 612"),
    ]
    extended = []
    for key in KEYS.values():
        for n in range(key.most):
            label = KEY_LABELS[key.name] + (f" {n + 1}" if key.most > 1 else "")
            choices = options(key.codes) if key.codes else None
            extended.append(form.plain(f"{key.name}.{n}", label, options=choices, hint="" if key.codes else key.words))
    trouble = form.problem("ExtendedSchoolEnrolmentInfo")
    of_the_student = _link(core, form.entered("StateProvinceId"))
    return [
        *of_the_student,
        field_set("Enrolment", enrolment),
        field_set("Extended information (SISV1)", extended, trouble),
    ]


def _link(core: Core, asn: str) -> list[Html]:
    """To the page of the student, by the record's number."""
    row = core.state.reader().execute("SELECT id FROM records WHERE type = 'Student' AND key = ?", (asn,)).fetchone()
    return [tag("p", tag("a", "Identification and names", href=f"/students/{row[0]}/"))] if row else []


def _title(core: Core, document: Mapping[str, Any]) -> str:
    student = core.state.reader().execute(
        "SELECT name FROM records WHERE type = 'Student' AND key = ?", (document.get("StateProvinceId"),)
    )
    return f"Enrolment of {(student.fetchone() or ('Unknown student',))[0]}"


EDITOR = Editor(ENROLMENT, "enrolment", "/enrolments/", _texts, _entered, _fields, _title)
show, save = partial(forms.show, EDITOR), partial(forms.save, EDITOR)
