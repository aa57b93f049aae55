"""SubmitSection: several sections a call, each with its outcome. [Source: Submit Section]"""

from __future__ import annotations

from typing import Any

from pasi_simulator.clock import current_school_year, written_school_years
from pasi_simulator.core import Caller, Core, Reply
from pasi_simulator.operations.submit import Document, Submit, batch
from pasi_simulator.rules.section import REJECTIONS, SectionCase
from pasi_simulator.rules.structure import section_problems
from pasi_simulator.state import RECORD_TYPES, Call, Record
from pasi_simulator.visibility import owns_school

KIND = RECORD_TYPES["Section"]


def case_of(core: Core, caller: Caller, section: Document, current: Record | None) -> SectionCase:
    """Gathers what the rules look at."""
    reader, school, today = core.state.reader(), section["SchoolCode"], core.today()
    others = core.state.records(
        "type = ? AND school_code = ? AND school_year = ? AND deleted = 0 AND key <> ?",
        (KIND.name, school, section["SchoolYear"], section["RefId"].lower()),
    )
    return SectionCase(
        section=section,
        current=current.document if current else None,
        others=[record.document for record in others],
        accepted_years=written_school_years(today),
        mark_year=current_school_year(today),
        owns_submitted=owns_school(reader, caller.organization, school),
        owns_current=current is None or owns_school(reader, caller.organization, current.document.get("SchoolCode")),
    )


def stored_form(section: Document) -> Document:
    """What is kept of a submission: without what PASI sets. The language is English where none is given (INFERRED from the
    screen's default)."""
    kept = {name: value for name, value in section.items() if name not in ("EffectiveUtc", "LastUpdate")}
    kept["InstructionalLanguage"] = kept.get("InstructionalLanguage") or "EN"
    return kept


SECTION = Submit(KIND, section_problems, case_of, REJECTIONS, stored_form)


def submit_section(core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    return batch(SECTION, core, caller, request["Sections"], call)
