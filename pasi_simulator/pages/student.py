"""One student: identification and names, changed through the same rules as a submit.

The address has the record's internal number: no address has an ASN.
"""

from __future__ import annotations

from typing import Any

from pasi_simulator.clients import Organization
from pasi_simulator.contract import ContractError
from pasi_simulator.control.http import ControlError, Request, Response
from pasi_simulator.core import Caller, Core
from pasi_simulator.operations.identification import IDENTIFICATION_PART, IDENTITY, NAME, NAME_PART, PREFERRED_NAME_PART
from pasi_simulator.operations.student_parts import KIND, Part, judged
from pasi_simulator.operations.submit import conflict_words
from pasi_simulator.pages import html
from pasi_simulator.pages.form import NOBODY, WHO, Form, number, options, signed
from pasi_simulator.pages.html import Html, notice, page, redirect, table, tag
from pasi_simulator.rules.names import PARTS, completed
from pasi_simulator.state import Record

LABELS = {
    "FirstName": "First name",
    "MiddleName": "Middle name",
    "LastName": "Last name",
    "Suffix": "Suffix",
    "IsNameExact": "Name is exact",
    "BirthDate": "Birth date",
    "DocumentType": "Source document type",
    "DocumentIssueDate": "Issue date",
    "DocumentNumber": "Last four characters",
}
ALIAS_LABELS = {name: LABELS[name] for name in PARTS}
YES_OR_NO = (("true", "Yes"), ("false", "No"))
COLUMNS = ("Name", "Type", "Exact", "State", "Use")
# By the button: the part, and what the request holds besides.
ACTIONS: dict[str, Part] = {
    "identification": IDENTIFICATION_PART,
    "alias": NAME_PART,
    "prefer": PREFERRED_NAME_PART,
    "remove": NAME_PART,
}

TYPES = {IDENTITY: "DocumentIdentityInfo", NAME: "StudentName"}


def show(request: Request, place: str) -> Response:
    record = _student(request.core, place)
    values = _texts(completed(record.document)) | {"name": WHO["name"], "organization": WHO["organization"]}
    done = "Saved" if request.query.get("done") else None
    return _page(request.core, record, Form(values, record.version), done)


def save(request: Request, place: str) -> Response:
    """Errors appear at their fields, and no entry is lost."""
    posted = request.form()
    action, _, ref_id = posted.get("action", "").partition(".")
    if action not in ACTIONS:
        raise ControlError(400, "Bad form", f"The action is one of {', '.join(ACTIONS)}")
    record = _student(request.core, place)
    form = Form(posted, number(posted.get("version", "")))
    person = signed(form)
    with request.core.state.writing() as writer:
        record = _student(request.core, place)
        submission = _request(record, form, action, _ref_id(ref_id))
        student = _judged(request.core, record, ACTIONS[action], submission, form, person["organization"])
        if student is not None:
            writer.put(KIND, student, person, request.core.knobs["node_lag_ms"])
    if form.problems:
        return _page(request.core, record, form, None)
    WHO.update(person)
    return redirect(f"/students/{record.id}/?done=1")


def _ref_id(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0


def _student(core: Core, place: str) -> Record:
    records = core.state.records("type = 'Student' AND id = ?", (int(place),)) if len(place) < 18 else []
    if not records:
        raise ControlError(404, "Unknown student", "There is no such student")
    return records[0]


def _request(record: Record, form: Form, action: str, ref_id: int) -> dict[str, Any]:
    """The submit that the button stands for."""
    base = {"StateProvinceId": record.key, "StudentPASICoreVersion": form.version}
    if action == "identification":
        entered = {name: form.values.get(name, "").strip() for name in LABELS}
        part: dict[str, Any] = {name: text for name, text in entered.items() if text}
        part |= {"RefId": 0, "IsNameExact": entered["IsNameExact"] != "false"}
        return base | {IDENTITY: part}
    if action == "prefer":
        return base | {"PreferredNameRefId": ref_id}
    names = completed(record.document).get("StudentNames") or ()
    name_part = next((name for name in names if name["RefId"] == ref_id), None) if action == "remove" else None
    if name_part is None:
        name_part = {name: text for name in PARTS if (text := form.values.get(f"alias.{name}", "").strip())}
        name_part |= {"RefId": ref_id, "Type": "Alias", "IsNameExact": True}
    return base | {NAME: name_part, "IsPreferred": False, "DeleteName": action == "remove"}


def _judged(
    core: Core, record: Record, part: Part, submission: dict[str, Any], form: Form, organization: str
) -> dict[str, Any] | None:
    """The student as it would be, or None with the problems in the form."""
    prefix = "alias." if part is NAME_PART else ""
    if part.member and not form.problems:
        try:
            core.contract.read_json(TYPES[part.member], submission[part.member], part.member)
        except ContractError as problem:
            form.wrong(prefix + problem.member.split(".")[-1], problem.problem)
    for member, problem_words in part.problems(submission):
        name = prefix + member.split(".")[-1]
        if not form.problem(name):
            form.wrong(name, problem_words)
    if form.version != record.version:
        form.wrong("", f"{conflict_words(record.version, form.version)}: somebody changed it meanwhile")
    if form.problems:
        return None
    caller = Caller(NOBODY, Organization(organization), form.values["name"])
    rejections, student, _ref_id = judged(part, core, caller, submission, record)
    for rejection in rejections:
        has_field = rejection.member in LABELS and part is not PREFERRED_NAME_PART
        form.wrong(prefix + rejection.member if has_field else "", f"{rejection.message} ({rejection.code})")
    return None if rejections else student


def _texts(student: dict[str, Any]) -> dict[str, str]:
    record = student.get("IdentificationRecord") or {}
    values = {name: str(record[name]) for name in LABELS if record.get(name) is not None}
    values["IsNameExact"] = "true" if record.get("IsNameExact", True) else "false"
    return values


def _page(core: Core, record: Record, form: Form, done: str | None) -> Response:
    student = completed(record.document)
    wrong = None
    if form.problems:
        words = ["Nothing was saved.", *form.problems.get("", [])]
        wrong = notice([tag("p", text) for text in words], "wrong")
    rows = core.state.reader().execute("SELECT name FROM records WHERE type = 'Student' AND key = ?", (record.key,))
    name = (rows.fetchone() or ("Unknown student",))[0] or "Unknown student"
    return page(
        name,
        notice(tag("p", f"{done}.")) if done else None,
        wrong,
        tag(
            "p",
            f"ASN {record.key}, version {record.version}, {'deactivated' if student.get('IsDeactivated') else 'live'}",
        ),
        _form(form, student),
        status=400 if form.problems else 200,
    )


def _form(form: Form, student: dict[str, Any]) -> Html:
    plain, choices = form.plain, {"IsNameExact": list(YES_OR_NO), "DocumentType": options("SourceDocumentType")}
    kinds = {"BirthDate": "date", "DocumentIssueDate": "date"}
    identity = [
        plain(name, label, options=choices.get(name), kind=kinds.get(name, "text")) for name, label in LABELS.items()
    ]
    return tag(
        "form",
        html.hidden({"version": form.version}),
        tag("fieldset", tag("legend", "Who am I"), tag("div", _who(plain), class_="fields")),
        tag(
            "fieldset",
            tag("legend", "Identification"),
            tag("div", identity, class_="fields"),
            tag("button", "Save identification", type="submit", name="action", value="identification"),
        ),
        tag("h2", "Names"),
        table("Names of the student", COLUMNS, [_row(name, student) for name in student.get("StudentNames") or ()]),
        tag(
            "fieldset",
            tag("legend", "Another name"),
            tag("div", [plain(f"alias.{name}", label) for name, label in ALIAS_LABELS.items()], class_="fields"),
            tag("button", "Add name", type="submit", name="action", value="alias"),
        ),
        method="post",
        novalidate=True,
    )


def _who(plain: Any) -> list[Html]:
    return [plain("name", "Your name"), plain("organization", "Your organization", hint="S.1234, A.1234 or O.1")]


def _row(name: dict[str, Any], student: dict[str, Any]) -> list[html.Child]:
    ref_id, deleted = name["RefId"], bool(name.get("IsDeleted"))
    words = " ".join(name[part] for part in PARTS if name.get(part))
    uses = {
        "Legal name": (student.get("IdentificationRecord") or {}).get("NameRefId"),
        "Preferred name": student.get("PreferredNameRefId"),
        "Original name": student.get("OriginalNameRefId"),
    }
    buttons = [("prefer", "Make preferred"), ("remove", "Remove")] if not deleted else []
    return [
        words,
        name.get("Type"),
        "Yes" if name.get("IsNameExact") else "No",
        tag("span", "Deleted", class_="mark") if deleted else "Live",
        [
            ", ".join(use for use, pointer in uses.items() if pointer == ref_id),
            [
                tag(
                    "button", label, type="submit", name="action", value=f"{action}.{ref_id}", class_="quiet",
                    aria_label=f"{label}: {words}",
                )
                for action, label in buttons
            ],
        ],
    ]  # fmt: skip
