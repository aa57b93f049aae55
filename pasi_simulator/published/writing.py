"""The list as a page of the documentation."""

from __future__ import annotations

from collections.abc import Iterable

from pasi_simulator.published.rows import STATES, Section

OPENING = """# What PASI publishes, and what the simulator does of it

Made by `python -m pasi_simulator.published > docs/developer/published.md` from the tables that the simulator runs on; not
edited by hand. The same list stands on the simulator's own pages under `/published/`.

Every service, entity, code class and rule number that PASI's public pages name is here, whether it is simulated or not; those
that are not follow with the kinds of records they belong to. *Source* names the public page. INFERRED says what no public
page states and had to be decided; for the whole contract these are the XML namespaces, the order of members and the shape
of a fault ([pasi-contract.md](pasi-contract.md)). A rule that is not simulated is never raised by the simulator: what PASI
would refuse there, the simulator takes.
"""


def markdown(sections: Iterable[Section]) -> str:
    sections = tuple(sections)
    parts = [OPENING, "\n".join(_summary(sections))]
    for section in sections:
        lines = [
            f"## {section.title}",
            "",
            section.intro,
            "",
            *_head("Name", "What", "State", "Lacks", "Source", "INFERRED"),
        ]
        lines += [
            _line(row.name, row.what, row.state, row.lacks, row.source, row.inferred) for row in section.rows
        ]  # fmt: skip
        parts.append("\n".join(lines))
    return "\n\n".join(part.strip("\n") for part in parts) + "\n"


def _summary(sections: tuple[Section, ...]) -> Iterable[str]:
    yield from _head("Section", *STATES)
    for section in sections:
        yield _line(section.title, *(str(section.count(state)) for state in STATES))
    yield _line("All", *(str(sum(section.count(state) for section in sections)) for state in STATES))


def _head(*columns: str) -> tuple[str, str]:
    return _line(*columns), "|" + "---|" * len(columns)


def _line(*cells: str) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
