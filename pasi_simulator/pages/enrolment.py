"""One enrolment: a form of all its fields, saved through the same rules as a submit."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

from pasi_simulator.clients import Client, Organization
from pasi_simulator.clock import written_school_years
from pasi_simulator.codes import FIXED
from pasi_simulator.contract import ContractError
from pasi_simulator.control.http import ControlError, Request, Response
from pasi_simulator.control.records import NOBODY_SAID, existing, school_year
from pasi_simulator.core import Caller, Core
from pasi_simulator.operations.submit import KIND, case_of, stored_form
from pasi_simulator.pages import html
from pasi_simulator.pages.calls import calls_table
from pasi_simulator.pages.html import Html, notice, page, redirect, tag
from pasi_simulator.pages.listing import schools, year_words
from pasi_simulator.rules.case import failed
from pasi_simulator.rules.enrolment import REJECTIONS, version_conflict
from pasi_simulator.rules.extended import KEYS, LIST_NAME
from pasi_simulator.rules.structure import CONTENT_RULE, enrolment_problems
from pasi_simulator.state import Record

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
DONE = {"save": "Saved", "delete": "Deleted", "undelete": "Undeleted"}
WHO = dict(NOBODY_SAID)  # who acted last on these pages: filled in for the next form
NOBODY = Client("PASIprep", "PASIprep", "", True, True, (), frozenset(), None)


@dataclass(slots=True)
class Form:
    """What the page shows: the entered texts by field name, and what is wrong by field name ("" for the whole)."""

    values: dict[str, str]
    version: int
    problems: dict[str, list[str]] = field(default_factory=dict)

    def wrong(self, name: str, problem: str) -> None:
        self.problems.setdefault(name, []).append(problem)

    def problem(self, name: str) -> str:
        return ". ".join(self.problems.get(name, ()))


def show(request: Request, key: str) -> Response:
    record = existing(request.core, KIND, key)
    values = _texts(record.document) | {"name": WHO["name"], "organization": WHO["organization"]}
    return _page(request.core, record, Form(values, record.version), DONE.get(request.query.get("done", "")))


def save(request: Request, key: str) -> Response:
    """Saves, deletes or undeletes, by the button; what is wrong stands at its field, and nothing entered is lost."""
    posted = request.form()
    action = posted.get("action", "save")
    if action not in DONE:
        raise ControlError(400, "Bad form", "The action is save, delete or undelete")
    record = existing(request.core, KIND, key)
    form = Form(posted, _number(posted.get("version", "")))
    who = _who(form)
    if action == "save":
        document = _document(request.core, record, form)
    else:
        document = record.document | {"IsDeleted": action == "delete"}
    if not form.problems:
        with request.core.state.writing() as writer:
            record = existing(request.core, KIND, key)
            _apply_rules(request.core, record, document, form, Organization(who["organization"]))
            if not form.problems:
                writer.put(KIND, stored_form(document), who, request.core.knobs["node_lag_ms"])
    if form.problems:
        return _page(request.core, record, form, None)
    WHO.update(who)
    return redirect(f"/enrolments/{record.key}/?done={action}")


def _who(form: Form) -> dict[str, str]:
    name, organization = form.values.get("name", "").strip(), form.values.get("organization", "").strip()
    if not name:
        form.wrong("name", "Say who you are")
    elif CONTENT_RULE.search(name):
        form.wrong("name", "No double blanks, and only Latin-1 characters")
    if not re.fullmatch(r"[SA]\.[0-9]{4}|O\.[0-9]{1,4}", organization):
        form.wrong("organization", "An organization code is written S.1234, A.1234 or O.1")
    return {"name": name, "organization": organization}


def _document(core: Core, record: Record, form: Form) -> dict[str, Any]:
    """The enrolment as entered: checked for form here, against the rules later."""
    document: dict[str, Any] = {"RefId": record.key, "PASICoreVersion": form.version, "IsDeleted": False}
    document["IsDeleted"] = bool(record.document.get("IsDeleted"))
    entered = {name: form.values.get(name, "").strip() for name in LABELS}
    entered["StateProvinceId"] = re.sub(r"[\s-]", "", entered["StateProvinceId"])
    for name, text in entered.items():
        if text:
            document[name] = text
    if entered["SchoolYear"]:
        try:
            document["SchoolYear"] = school_year(entered["SchoolYear"])
        except ControlError:
            form.wrong("SchoolYear", "A school year is written 2026-2027")
            del document["SchoolYear"]
    percentage = entered["SchoolProvidedProgramPercentage"]
    if percentage:
        document["SchoolProvidedProgramPercentage"] = _number(percentage, -1)
        if document["SchoolProvidedProgramPercentage"] < 0:
            form.wrong("SchoolProvidedProgramPercentage", "A whole number is expected")
    pairs = [
        {"Key": key.name, "Value": text}
        for key in KEYS.values()
        for n in range(key.most)
        if (text := form.values.get(f"{key.name}.{n}", "").strip())
    ]
    document["ExtendedSchoolEnrolmentInfo"] = {"Name": LIST_NAME, "KeyValues": pairs}
    if not form.problems:
        try:
            core.contract.read_json(KIND.contract_type, document, "StudentSchoolEnrolment")
        except ContractError as problem:
            form.wrong(_field(problem.member), problem.problem)
    for member, problem_words in enrolment_problems(document):
        if not form.problem(_field(member)):
            form.wrong(_field(member), problem_words)
    return document


def _apply_rules(core: Core, record: Record, document: dict[str, Any], form: Form, organization: Organization) -> None:
    if form.version != record.version:
        form.wrong("", f"{version_conflict(record.version, form.version)}: somebody changed it meanwhile")
        return
    caller = Caller(NOBODY, organization, "")
    case = case_of(core.state, caller, document, record, written_school_years(core.today()))
    for rejection in failed(REJECTIONS, case):
        name = "" if rejection.member == "StudentSchoolEnrolment" else rejection.member
        form.wrong(name, f"{rejection.message} ({rejection.code})")


def _field(member: str) -> str:
    """StudentSchoolEnrolment.Grade -> Grade; anything in the list belongs to the whole list."""
    return member.removeprefix("StudentSchoolEnrolment.").split(".")[0]


def _texts(document: dict[str, Any]) -> dict[str, str]:
    values = {name: str(document[name]) for name in LABELS if document.get(name) is not None}
    values["SchoolYear"] = year_words(document.get("SchoolYear"))
    places: dict[str, int] = {}
    for pair in (document.get("ExtendedSchoolEnrolmentInfo") or {}).get("KeyValues") or ():
        place = places[pair["Key"]] = places.get(pair["Key"], -1) + 1
        values[f"{pair['Key']}.{place}"] = pair["Value"]
    return values


def _options(code_class: str) -> list[tuple[str, str]]:
    return [(code.text, code.english) for code in FIXED if code.code_class == code_class]


def _page(core: Core, record: Record, form: Form, done: str | None) -> Response:
    document = record.document
    student = core.state.reader().execute(
        "SELECT name FROM records WHERE type = 'Student' AND key = ?", (document.get("StateProvinceId"),)
    )
    name = (student.fetchone() or ("Unknown student",))[0]
    deleted = bool(document.get("IsDeleted"))
    by = document.get("LastUpdate") or {}
    state = tag(
        "p",
        tag("span", "Deleted", class_="mark") if deleted else "Live",
        f", version {record.version}, last changed by {by.get('UserName')} ({by.get('OrganizationCode')})",
        f" at {document.get('EffectiveUtc')}",
    )
    wrong = None
    if form.problems:
        words = ["Nothing was saved.", *form.problems.get("", [])]
        wrong = notice([tag("p", text) for text in words], "wrong")
    return page(
        f"Enrolment of {name}",
        notice(tag("p", f"{done}.")) if done else None,
        wrong,
        state,
        _form(core, form, deleted),
        tag("h2", "Calls about this enrolment"),
        calls_table(core, "key = ?", (record.key,)),
        status=400 if form.problems else 200,
    )


def _form(core: Core, form: Form, deleted: bool) -> Html:
    def plain(name: str, label: str, **more: Any) -> Html:
        return html.field(name, label, form.values.get(name), problem=form.problem(name), **more)

    def member(name: str, **more: Any) -> Html:
        return plain(name, LABELS[name], **more)

    enrolment = [
        member("StateProvinceId"),
        member("SchoolCode", options=schools(core)),
        member("SchoolYear", hint="2026-2027"),
        *[member(n, options=_options(n)) for n in ("Grade", "ProgrammingType", "ProgrammingTimeframe", "ExitDateType")],
        member("RegistrationStartDate", kind="date"),
        member("RegistrationExitDate", kind="date"),
        member("SchoolProvidedProgramPercentage", hint="Only with grants program code 610 or 612"),
    ]
    extended = []
    for key in KEYS.values():
        for n in range(key.most):
            label = KEY_LABELS[key.name] + (f" {n + 1}" if key.most > 1 else "")
            options = _options(key.codes) if key.codes else None
            hint = "" if key.codes else key.words
            extended.append(plain(f"{key.name}.{n}", label, options=options, hint=hint))
    trouble = form.problem("ExtendedSchoolEnrolmentInfo")
    who = [plain("name", "Your name"), plain("organization", "Your organization", hint="S.1234, A.1234 or O.1")]
    other = ("undelete", "Undelete") if deleted else ("delete", "Delete")
    return tag(
        "form",
        html.hidden({"version": form.version}),
        tag("fieldset", tag("legend", "Enrolment"), tag("div", enrolment, class_="fields")),
        tag(
            "fieldset",
            tag("legend", "Extended information (SISV1)"),
            tag("p", trouble, class_="problem") if trouble else None,
            tag("div", extended, class_="fields"),
        ),
        tag("fieldset", tag("legend", "Who am I"), tag("div", who, class_="fields")),
        tag(
            "div",
            tag("button", "Save", type="submit", name="action", value="save"),
            tag("button", other[1], type="submit", name="action", value=other[0], class_="quiet"),
            class_="actions",
        ),
        method="post",
        novalidate=True,
    )


def _number(text: str, otherwise: int = 0) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise
