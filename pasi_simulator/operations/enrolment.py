"""SubmitStudentSchoolEnrolment: one enrolment a call. [Source: Submit Student School Enrolment]"""

from __future__ import annotations

from typing import Any

from pasi_simulator.clock import written_school_years
from pasi_simulator.core import Caller, Core, Reply
from pasi_simulator.operations.submit import Document, Submit, one
from pasi_simulator.rules.case import Case
from pasi_simulator.rules.enrolment import REJECTIONS
from pasi_simulator.rules.structure import enrolment_problems
from pasi_simulator.state import RECORD_TYPES, Call, Record
from pasi_simulator.visibility import owns_school


def case_of(core: Core, caller: Caller, enrolment: Document, current: Record | None) -> Case:
    """Gathers what the rules look at."""
    state, reader = core.state, core.state.reader()
    student = state.record("Student", enrolment["StateProvinceId"])
    school = state.record("School", enrolment["SchoolCode"])
    return Case(
        enrolment=enrolment,
        current=current.document if current else None,
        student=student.document if student else None,
        school=school.document if school else None,
        accepted_years=written_school_years(core.today()),
        owns_submitted=owns_school(reader, caller.organization, enrolment["SchoolCode"]),
        owns_current=current is None or owns_school(reader, caller.organization, current.document.get("SchoolCode")),
    )


def stored_form(enrolment: Document) -> Document:
    """What is kept of a submission: without what PASI sets, an empty list like none."""
    kept = {name: value for name, value in enrolment.items() if name not in ("EffectiveUtc", "LastUpdate")}
    if not (kept.get("ExtendedSchoolEnrolmentInfo") or {}).get("KeyValues"):
        kept.pop("ExtendedSchoolEnrolmentInfo", None)
    return kept


ENROLMENT = Submit(RECORD_TYPES["StudentSchoolEnrolment"], enrolment_problems, case_of, REJECTIONS, stored_form)


def submit_student_school_enrolment(core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    return one(ENROLMENT, core, caller, request["StudentSchoolEnrolment"], call)
