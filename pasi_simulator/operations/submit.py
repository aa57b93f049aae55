"""SubmitStudentSchoolEnrolment: a full replacement behind an optimiztic lock. [Source: Rules 3004 and 9014]"""

from __future__ import annotations

import time
from typing import Any

from pasi_simulator.clock import written_school_years
from pasi_simulator.core import Caller, Core, Reply
from pasi_simulator.faults import Fault
from pasi_simulator.rules.case import Case, Rejection, failed
from pasi_simulator.rules.enrolment import REJECTIONS, version_conflict
from pasi_simulator.rules.structure import enrolment_problems
from pasi_simulator.state import RECORD_TYPES, Call, Record, State
from pasi_simulator.visibility import owns_school

KIND = RECORD_TYPES["StudentSchoolEnrolment"]
LOOK_AGAIN_S = 0.02


def submit_student_school_enrolment(core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    enrolment = request["StudentSchoolEnrolment"]
    call.key = enrolment["RefId"].lower()
    for member, problem in enrolment_problems(enrolment):
        raise Fault("3002", f"{member}: {problem}")
    _await_node(core, enrolment["PASICoreVersion"])
    with core.state.writing() as writer:
        current = core.state.record(KIND.name, call.key)
        conflict = _conflict(current, enrolment["PASICoreVersion"])
        if conflict and core.knobs["version_conflict_as_fault"]:
            raise Fault("3004", conflict.message)
        case = case_of(core.state, caller, enrolment, current, written_school_years(core.today()))
        rejections = [conflict] if conflict else failed(REJECTIONS, case)
        if rejections:
            call.outcome = "no_change" if [r.code for r in rejections] == ["9023"] else "rejected"
            call.version = current.version if current else 0
        else:
            by = {"name": caller.user, "organization": caller.organization.code}
            call.version = writer.put(KIND, stored_form(enrolment), by, core.knobs["node_lag_ms"])
            call.applied = True
        call.rejections = [{"Code": r.code, "Message": r.message} for r in rejections]
        writer.log(call)
    result = {"Id": call.key, "PASICoreVersion": call.version, "Rejections": call.rejections}
    return Reply(result, call, logged=True)


def case_of(
    state: State, caller: Caller, enrolment: dict[str, Any], current: Record | None, accepted_years: range
) -> Case:
    """Gathers what the rules look at."""
    reader = state.reader()
    student = state.record("Student", enrolment["StateProvinceId"])
    school = state.record("School", enrolment["SchoolCode"])
    return Case(
        enrolment=enrolment,
        current=current.document if current else None,
        student=student.document if student else None,
        school=school.document if school else None,
        accepted_years=accepted_years,
        owns_submitted=owns_school(reader, caller.organization, enrolment["SchoolCode"]),
        owns_current=current is None or owns_school(reader, caller.organization, current.document.get("SchoolCode")),
    )


def stored_form(enrolment: dict[str, Any]) -> dict[str, Any]:
    """What is kept of a submission: without what PASI sets, an empty list like none."""
    kept = {name: value for name, value in enrolment.items() if name not in ("EffectiveUtc", "LastUpdate")}
    if not (kept.get("ExtendedSchoolEnrolmentInfo") or {}).get("KeyValues"):
        kept.pop("ExtendedSchoolEnrolmentInfo", None)
    return kept


def _conflict(current: Record | None, given: int) -> Rejection | None:
    """New: 0. Existing: the current version. Deleted: the current version or 0, and the message then shows 0."""
    accepted, shown = {0}, 0
    if current is not None:
        deleted = current.document.get("IsDeleted")
        accepted = {current.version, 0} if deleted else {current.version}
        shown = 0 if deleted else current.version
    if given in accepted:
        return None
    return Rejection("3004", version_conflict(shown, given), "PASICoreVersion")


def _await_node(core: Core, version: int) -> None:
    """The node waits up to 5 s for a version that it does not know yet, then answers 9014."""
    deadline = time.monotonic() + core.knobs["node_wait_ms"] / 1000
    while version > core.state.newest_known_to_node(core.knobs["node_lag_ms"]):
        if time.monotonic() >= deadline:
            raise Fault("9014")
        time.sleep(LOOK_AGAIN_S)
