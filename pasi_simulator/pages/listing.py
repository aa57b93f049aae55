"""The start page: search, enrolments, a busy morning."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import urlencode

from pasi_simulator.control.http import ControlError, Request, Response
from pasi_simulator.control.morning import make_busy
from pasi_simulator.control.records import school_year
from pasi_simulator.core import Core
from pasi_simulator.pages.html import Child, Html, field, notice, page, redirect, table, tag
from pasi_simulator.pages.search import Searches

ROWS = 50
COLUMNS = ("Student", "ASN", "School", "School year", "Grade", "Start", "Exit", "State", "Version")
SEARCHES = Searches()


def schools(core: Core) -> list[tuple[str, str]]:
    return core.state.reader().execute("SELECT key, name FROM records WHERE type = 'School' ORDER BY key").fetchall()


def year_words(year: int | None) -> str:
    return f"{year - 1}-{year}" if year else ""


def search(request: Request) -> Response:
    form = request.form()
    criteria = {name: form.get(name, "").strip() for name in ("school", "year", "asn", "name")}
    return redirect(f"/?{urlencode({'s': SEARCHES.keep({k: v for k, v in criteria.items() if v})})}")


def busy_morning(request: Request) -> Response:
    done = make_busy(request.core)
    token = SEARCHES.keep({f"done.{n}": json.dumps(row) for n, row in enumerate(done)} or {"nothing": "1"})
    return redirect(f"/?{urlencode({'done': token})}")


def start(request: Request) -> Response:
    criteria = SEARCHES.find(request.query.get("s", ""))
    problems = {}
    conditions, values = ["e.type = 'StudentSchoolEnrolment'"], []
    if criteria.get("school"):
        conditions.append("e.school_code = ?")
        values.append(criteria["school"])
    if criteria.get("year"):
        try:
            values.append(str(school_year(criteria["year"])))
            conditions.append("e.school_year = CAST(? AS INTEGER)")
        except ControlError as problem:
            problems["year"] = problem.detail
    if criteria.get("asn"):
        asn = re.sub(r"[\s-]", "", criteria["asn"])
        if re.fullmatch(r"[0-9]{9}", asn):
            conditions.append("e.asn = ?")
            values.append(asn)
        else:
            problems["asn"] = "An ASN has nine digits"
    if criteria.get("name"):
        conditions.append("s.name LIKE ? ESCAPE '\\'")
        values.append("%" + re.sub(r"([\\%_])", r"\\\1", criteria["name"]) + "%")
    rows, links = ([], None) if problems else _rows(request, conditions, values)
    return page(
        "Enrolments",
        _done(request),
        _search_form(request.core, criteria, problems),
        table("Enrolments in PASI", COLUMNS, rows),
        links,
        tag(
            "form",
            tag("h2", "A busy morning"),
            tag("p", "Other people make a dozen different changes to enrolments of the clients' schools."),
            tag("button", "A busy morning", type="submit"),
            method="post",
            action="/busy-morning/",
        ),
        status=400 if problems else 200,
    )


def _search_form(core: Core, criteria: dict[str, str], problems: dict[str, str]) -> Html:
    return tag(
        "form",
        tag(
            "fieldset",
            tag("legend", "Search"),
            tag(
                "div",
                field("school", "School", criteria.get("school"), options=schools(core)),
                field("year", "School year", criteria.get("year"), hint="2026-2027", problem=problems.get("year", "")),
                field("asn", "ASN", criteria.get("asn"), problem=problems.get("asn", "")),
                field("name", "Name", criteria.get("name")),
                tag("div", tag("button", "Search", type="submit")),
                class_="fields",
            ),
        ),
        method="post",
        action="/search/",
        role="search",
    )


def _rows(request: Request, conditions: list[str], values: list[str]) -> tuple[list[list[Child]], Html | None]:
    source = "records e LEFT JOIN records s ON s.type = 'Student' AND s.key = e.asn"
    token = {"s": request.query["s"]} if "s" in request.query else {}
    rows, links = page_of(request, "/", source, "e.document, s.name", conditions, values, token)
    return [_row(json.loads(document), name) for document, name in rows], links


def page_of(
    request: Request,
    address: str,
    source: str,
    columns: str,
    conditions: list[str],
    values: list[str],
    query: Mapping[str, str],
) -> tuple[list[Sequence[Any]], Html | None]:
    """One page by internal id of the records `e` in `source`, and the links to its neighbours, which carry `query` along."""
    after, before = (_number(request.query.get(name, "")) for name in ("after", "before"))
    side, order, bound = ("<", "DESC", before) if before else (">", "ASC", after)
    rows = request.core.state.reader().execute(
        f"SELECT e.id, {columns} FROM {source}"
        f" WHERE {' AND '.join(conditions)} AND e.id {side} ? ORDER BY e.id {order} LIMIT ?",
        (*values, bound, ROWS + 1),
    )
    records = rows.fetchall()
    more = len(records) > ROWS
    records = records[:ROWS][::-1] if before else records[:ROWS]
    links = []
    if records and (more if before else after):
        links.append(tag("a", "Previous", href=f"{address}?{urlencode({**query, 'before': records[0][0]})}"))
    if records and (more or before):
        links.append(tag("a", "Next", href=f"{address}?{urlencode({**query, 'after': records[-1][0]})}"))
    neighbours = tag("nav", links, class_="actions", aria_label="More records") if links else None
    return [row[1:] for row in records], neighbours


def _row(enrolment: dict[str, Any], name: str | None) -> list[Child]:
    asn = enrolment.get("StateProvinceId") or ""
    deleted = enrolment.get("IsDeleted")
    return [
        tag("a", name or "Unknown student", href=f"/enrolments/{enrolment['RefId']}/"),
        f"{asn[:4]}-{asn[4:8]}-{asn[8:]}" if len(asn) == 9 else asn,
        enrolment.get("SchoolCode"),
        year_words(enrolment.get("SchoolYear")),
        enrolment.get("Grade"),
        enrolment.get("RegistrationStartDate"),
        [enrolment.get("RegistrationExitDate"), " ", (enrolment.get("ExitDateType") or "").removesuffix("Date")],
        tag("span", "Deleted", class_="mark") if deleted else "Live",
        str(enrolment.get("PASICoreVersion")),
    ]


def _done(request: Request) -> Html | None:
    """What the busy morning did, once it has happened."""
    if "done" not in request.query:
        return None
    rows = [json.loads(text) for name, text in SEARCHES.find(request.query["done"]).items() if name[:5] == "done."]
    if not rows:
        return notice("There was nothing to change: load enrolments of a client's schools first.")
    items = [
        tag(
            "li",
            tag("a", row["change"], href=f"/enrolments/{row['RefId']}/"),
            f", {row['_as']['name']}, school {row['SchoolCode']}",
        )
        for row in rows
    ]
    return notice([tag("p", f"A busy morning: {len(rows)} changes."), tag("ul", items)])


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
