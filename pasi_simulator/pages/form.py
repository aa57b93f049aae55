"""One record as a form of all its fields, saved through the same rules as a submit. What differs by kind is an `Editor`."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic

from pasi_simulator.clients import Client, Organization
from pasi_simulator.codes import FIXED
from pasi_simulator.contract import ContractError
from pasi_simulator.control.http import ControlError, Request, Response
from pasi_simulator.control.records import NOBODY_SAID, existing, school_year
from pasi_simulator.core import Caller, Core
from pasi_simulator.operations.submit import Submit, conflict_words
from pasi_simulator.pages import html
from pasi_simulator.pages.calls import calls_about
from pasi_simulator.pages.html import Child, Html, notice, page, redirect, tag
from pasi_simulator.rules.case import C, failed
from pasi_simulator.rules.structure import CONTENT_RULE
from pasi_simulator.state import Record

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

    def entered(self, name: str) -> str:
        return self.values.get(name, "").strip()

    def whole_number(self, name: str, document: dict[str, Any]) -> None:
        """Takes the entered number into the document."""
        if text := self.entered(name):
            document[name] = number(text, -1)
            if document[name] < 0:
                self.wrong(name, "A whole number is expected")

    def school_year(self, document: dict[str, Any]) -> None:
        if text := self.entered("SchoolYear"):
            try:
                document["SchoolYear"] = school_year(text)
            except ControlError:
                self.wrong("SchoolYear", "A school year is written 2026-2027")

    def plain(self, name: str, label: str, **more: Any) -> Html:
        return html.field(name, label, self.values.get(name), problem=self.problem(name), **more)


@dataclass(frozen=True, slots=True)
class Editor(Generic[C]):
    """What a kind of record has of its own. `noun` begins the titles; `address` is that of its list.

    `texts` fills the form from a document; `entered` is the document as entered, checked for form; `fields` the field sets;
    `title` names a record.
    """

    submit: Submit[C]
    noun: str
    address: str
    texts: Callable[[Mapping[str, Any]], dict[str, str]]
    entered: Callable[[Form], dict[str, Any]]
    fields: Callable[[Core, Form], list[Html]]
    title: Callable[[Core, Mapping[str, Any]], str]


def show(editor: Editor[C], request: Request, key: str) -> Response:
    record = existing(request.core, editor.submit.kind, key)
    values = editor.texts(record.document) | {"name": WHO["name"], "organization": WHO["organization"]}
    done = DONE.get(request.query.get("done", ""))
    return _page(editor, request.core, record, Form(values, record.version), done)


def save(editor: Editor[C], request: Request, key: str) -> Response:
    """Saves, deletes or undeletes, by the button; errors appear at their fields, and no entry is lost."""
    posted, kind = request.form(), editor.submit.kind
    action = posted.get("action", "save")
    if action not in DONE:
        raise ControlError(400, "Bad form", "The action is save, delete or undelete")
    record = existing(request.core, kind, key)
    form = Form(posted, number(posted.get("version", "")))
    person = signed(form)
    if action == "save":
        document = _document(editor, request.core, record, form)
    else:
        document = record.document | {"IsDeleted": action == "delete"}
    if not form.problems:
        with request.core.state.writing() as writer:
            record = existing(request.core, kind, key)
            _apply_rules(editor, request.core, record, document, form, Organization(person["organization"]))
            if not form.problems:
                writer.put(kind, editor.submit.stored_form(document), person, request.core.knobs["node_lag_ms"])
    if form.problems:
        return _page(editor, request.core, record, form, None)
    WHO.update(person)
    return redirect(f"{editor.address}{record.key}/?done={action}")


def signed(form: Form) -> dict[str, str]:
    name, organization = form.entered("name"), form.entered("organization")
    if not name:
        form.wrong("name", "Say who you are")
    elif CONTENT_RULE.search(name):
        form.wrong("name", "No double blanks, and only Latin-1 characters")
    if not re.fullmatch(r"[SA]\.[0-9]{4}|O\.[0-9]{1,4}", organization):
        form.wrong("organization", "An organization code is written S.1234, A.1234 or O.1")
    return {"name": name, "organization": organization}


def _document(editor: Editor[C], core: Core, record: Record, form: Form) -> dict[str, Any]:
    """The record as entered: checked for form here, against the rules later."""
    deleted = bool(record.document.get("IsDeleted"))
    document = editor.entered(form)
    document |= {"RefId": record.key, "PASICoreVersion": form.version, "IsDeleted": deleted}
    kind = editor.submit.kind
    if not form.problems:
        try:
            core.contract.read_json(kind.contract_type, document, kind.name)
        except ContractError as problem:
            form.wrong(_field(editor, problem.member), problem.problem)
    for member, words in editor.submit.problems(document):
        if not form.problem(_field(editor, member)):
            form.wrong(_field(editor, member), words)
    return document


def _apply_rules(
    editor: Editor[C], core: Core, record: Record, document: dict[str, Any], form: Form, organization: Organization
) -> None:
    if form.version != record.version:
        form.wrong("", f"{conflict_words(record.version, form.version)}: somebody changed it meanwhile")
        return
    case = editor.submit.case(core, Caller(NOBODY, organization, ""), document, record)
    for rejection in failed(editor.submit.rejections, case):
        name = "" if rejection.member == editor.submit.kind.name else rejection.member
        form.wrong(name, f"{rejection.message} ({rejection.code})")


def _field(editor: Editor[C], member: str) -> str:
    """StudentSchoolEnrolment.Grade -> Grade; anything in a list belongs to the whole list."""
    return member.removeprefix(f"{editor.submit.kind.name}.").split(".")[0].split("[")[0]


def options(code_class: str) -> list[tuple[str, str]]:
    return [(code.text, code.english) for code in FIXED if code.code_class == code_class]


def field_set(title: str, fields: Child, problem: str = "") -> Html:
    return tag(
        "fieldset",
        tag("legend", title),
        tag("p", problem, class_="problem") if problem else None,
        tag("div", fields, class_="fields"),
    )


def _page(editor: Editor[C], core: Core, record: Record, form: Form, done: str | None) -> Response:
    document = record.document
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
        editor.title(core, document),
        notice(tag("p", f"{done}.")) if done else None,
        wrong,
        state,
        _form(editor, core, form, deleted),
        tag("h2", f"Calls about this {editor.noun}"),
        calls_about(core, record.key),
        status=400 if form.problems else 200,
    )


def _form(editor: Editor[C], core: Core, form: Form, deleted: bool) -> Html:
    who = [
        form.plain("name", "Your name"),
        form.plain("organization", "Your organization", hint="S.1234, A.1234 or O.1"),
    ]
    other = ("undelete", "Undelete") if deleted else ("delete", "Delete")
    return tag(
        "form",
        html.hidden({"version": form.version}),
        editor.fields(core, form),
        field_set("Who am I", who),
        tag(
            "div",
            tag("button", "Save", type="submit", name="action", value="save"),
            tag("button", other[1], type="submit", name="action", value=other[0], class_="quiet"),
            class_="actions",
        ),
        method="post",
        novalidate=True,
    )


def number(text: str, otherwise: int = 0) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else otherwise
