"""Which of PASI's published services, entities and rules are simulated."""

from __future__ import annotations

from pasi_simulator.control.http import ControlError, Request, Response
from pasi_simulator.pages.html import Html, page, table, tag
from pasi_simulator.published.listing import sections
from pasi_simulator.published.rows import NOT, STATES, Row, Section

COLUMNS = ("Name", "What", "State", "Lacks", "Source", "INFERRED")


def published(request: Request) -> Response:
    """The whole list, or with `?state=` the rows of one state."""
    parts = sections(request.core.contract)
    chosen = request.query.get("state", "")
    if chosen not in ("", *STATES):
        raise ControlError(400, "Unknown state", f"Rows are {', '.join(STATES)}")
    return page(
        "What is published",
        tag(
            "p",
            "Every service, entity and rule that PASI's public pages name within the scope of this program: whether it is"
            " simulated, the page it comes from, and what is INFERRED because no page says it.",
        ),
        _summary(parts),
        tag("nav", [_choice(state, chosen) for state in ("", *STATES)], class_="actions", aria_label="Shown"),
        [_section(section, chosen) for section in parts],
    )


def _summary(parts: tuple[Section, ...]) -> Html:
    rows = [[_link(section), *(str(section.count(state)) for state in STATES)] for section in parts]
    rows.append(["All", *(str(sum(section.count(state) for section in parts)) for state in STATES)])
    return table("How much is simulated", ("Section", *STATES), rows)


def _link(section: Section) -> Html:
    return tag("a", section.title, href=f"#{_place(section)}")


def _place(section: Section) -> str:
    return section.title.lower().replace(" ", "-")


def _choice(state: str, chosen: str) -> Html:
    return tag(
        "a",
        state or "all",
        href=f"/published/?state={state}" if state else "/published/",
        aria_current="true" if state == chosen else None,
    )


def _section(section: Section, chosen: str) -> list[Html]:
    rows = [_cells(row) for row in section.rows if chosen in ("", row.state)]
    return [
        tag("h2", section.title, id=_place(section)),
        tag("p", section.intro),
        table(section.title, COLUMNS, rows),
    ]


def _cells(row: Row) -> list[str | Html]:
    state = tag("span", row.state, class_="mark") if row.state == NOT else row.state
    return [row.name, row.what, state, row.lacks, row.source, row.inferred]
