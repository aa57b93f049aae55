"""Sections: the list, and the page of one."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import partial
from typing import Any

from pasi_simulator.control.http import ControlError, Request, Response
from pasi_simulator.control.records import school_year
from pasi_simulator.core import Core
from pasi_simulator.operations.section import KIND, SECTION
from pasi_simulator.pages import form as forms
from pasi_simulator.pages.form import Editor, Form, field_set, options
from pasi_simulator.pages.html import Child, Html, field, page, table, tag
from pasi_simulator.pages.listing import page_of, schools, year_words

COLUMNS = ("Section", "Courses", "School", "School year", "Term", "Start", "End", "State", "Version")
LABELS = {
    "CourseCodes": "Course codes",
    "SchoolCode": "School",
    "SchoolYear": "School year",
    "SectionTerm": "Term",
    "InstructionalLanguage": "Instructional language",
    "LocalSectionId": "Local section ID",
    "Description": "Description",
    "CreditsOffered": "Credits offered",
    "PrimaryDeliveryMethod": "Primary delivery method",
    "DeliverySchedule": "Delivery schedule",
    "InstructionalMinutesOffered": "Instructional minutes offered",
    "StartDate": "Start date",
    "EndDate": "End date",
}
CODED = ("SectionTerm", "InstructionalLanguage", "PrimaryDeliveryMethod", "DeliverySchedule")


def listing(request: Request) -> Response:
    """Sections by school and year: neither names a student, so both may stand in the address."""
    conditions, values, problems = ["e.type = ?"], [KIND.name], {}
    criteria = {name: request.query.get(name, "").strip() for name in ("school", "year")}
    if criteria["school"]:
        conditions.append("e.school_code = ?")
        values.append(criteria["school"])
    if criteria["year"]:
        try:
            values.append(str(school_year(criteria["year"])))
            conditions.append("e.school_year = CAST(? AS INTEGER)")
        except ControlError as problem:
            problems["year"] = problem.detail
    kept = {name: value for name, value in criteria.items() if value}
    documents, links = (
        ([], None) if problems else page_of(request, "/sections/", "records e", "e.document", conditions, values, kept)
    )
    search = tag(
        "form",
        field_set(
            "Search",
            [
                field("school", "School", criteria["school"], options=schools(request.core)),
                field("year", "School year", criteria["year"], hint="2026-2027", problem=problems.get("year", "")),
                tag("div", tag("button", "Search", type="submit")),
            ],
        ),
        method="get",
        action="/sections/",
        role="search",
    )
    rows = [_row(json.loads(document)) for (document,) in documents]
    return page(
        "Sections", search, table("Sections in PASI", COLUMNS, rows), links, status=400 if problems else 200
    )  # fmt: skip


def _row(section: dict[str, Any]) -> list[Child]:
    name = section.get("Description") or section.get("LocalSectionId") or "Section"
    return [
        tag("a", name, href=f"/sections/{section['RefId']}/"),
        ", ".join(section.get("CourseCodes") or ()),
        section.get("SchoolCode"),
        year_words(section.get("SchoolYear")),
        section.get("SectionTerm"),
        section.get("StartDate"),
        section.get("EndDate"),
        tag("span", "Deleted", class_="mark") if section.get("IsDeleted") else "Live",
        str(section.get("PASICoreVersion")),
    ]


def _entered(form: Form) -> dict[str, Any]:
    numbers = ("CreditsOffered", "InstructionalMinutesOffered")
    document: dict[str, Any] = {
        name: text
        for name in LABELS
        if name not in ("CourseCodes", "SchoolYear", *numbers) and (text := form.entered(name))
    }
    form.school_year(document)
    for name in numbers:
        form.whole_number(name, document)
    document["CourseCodes"] = form.entered("CourseCodes").replace(",", " ").split()
    return document


def _texts(document: Mapping[str, Any]) -> dict[str, str]:
    values = {name: str(document[name]) for name in LABELS if document.get(name) is not None}
    values["SchoolYear"] = year_words(document.get("SchoolYear"))
    return values | {"CourseCodes": ", ".join(document.get("CourseCodes") or ())}


def _fields(core: Core, form: Form) -> list[Html]:
    more: dict[str, dict[str, Any]] = {
        "CourseCodes": {"hint": "Several with commas between them"},
        "SchoolCode": {"options": schools(core)},
        "SchoolYear": {"hint": "2026-2027"},
        "LocalSectionId": {"hint": "At most 8 characters"},
        "StartDate": {"kind": "date", "hint": "Empty: that of the term"},
        "EndDate": {"kind": "date", "hint": "Empty: that of the term"},
        **{name: {"options": options(name)} for name in CODED},
    }
    fields = [form.plain(name, label, **more.get(name, {})) for name, label in LABELS.items()]
    return [field_set("Section", fields)]


def _title(core: Core, document: Mapping[str, Any]) -> str:
    return f"Section {document.get('Description') or document.get('LocalSectionId') or ''}".strip()


EDITOR = Editor(SECTION, "section", "/sections/", _texts, _entered, _fields, _title)
show, save = partial(forms.show, EDITOR), partial(forms.save, EDITOR)
