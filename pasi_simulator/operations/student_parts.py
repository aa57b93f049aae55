"""A submit of one part of the student: the aggregate's version is the lock, and the answer names its new version.

[Source: StudentInfo; Submit services of student parts]. Order: structure, node, lock, 9002, 9011, 9010, 9006, content, 9023.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from pasi_simulator.core import Caller, Core, Reply
from pasi_simulator.faults import Fault
from pasi_simulator.operations.submit import await_node, conflict_words
from pasi_simulator.rules.case import Rejection, Rule, failed
from pasi_simulator.rules.names import completed, parts
from pasi_simulator.rules.structure import Problem
from pasi_simulator.rules.student import UNCHANGED, StudentCase
from pasi_simulator.state import RECORD_TYPES, Call, Record, State
from pasi_simulator.visibility import may_see

KIND = RECORD_TYPES["Student"]
DAYS_OF_THE_ORIGINAL = 30  # Rule 9049

Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Part:
    """A part of the student. `member` is the record in the request ("": the request itself), `delete` its flag.

    `change` makes the student as it would be, and the id to answer: from the stored student, the request, and whether the
    student is fresh. `same` says whether two students hold the same of this part. `twins`: other students are looked at.
    """

    rules: Sequence[Rule[StudentCase]]
    problems: Callable[[Mapping[str, Any]], Iterable[Problem]]
    change: Callable[[Document, Mapping[str, Any], bool], tuple[Document, int]]
    same: Callable[[Document, Document], bool]
    member: str = ""
    delete: str = ""
    twins: bool = False


def submit_part(part: Part, core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    call.key = asn = request["StateProvinceId"]
    for member, problem in part.problems(request):
        raise Fault("3002", f"{member}: {problem}")
    version, by = request["StudentPASICoreVersion"], {"name": caller.user, "organization": caller.organization.code}
    await_node(core, version)
    with core.state.writing() as writer:
        current = core.state.record(KIND.name, asn)
        conflict = _conflict(current, version)
        if conflict and core.knobs["version_conflict_as_fault"]:
            raise Fault("3004", conflict.message)
        if conflict:
            rejections, student, ref_id = [conflict], None, 0
        else:
            rejections, student, ref_id = judged(part, core, caller, request, current)
        if rejections or student is None:
            call.outcome = "no_change" if [r.code for r in rejections] == ["9023"] else "rejected"
            call.version, ref_id = current.version if current else 0, 0
        else:
            call.version = writer.put(KIND, student, by, core.knobs["node_lag_ms"])
            call.applied = True
        call.rejections = [{"Code": r.code, "Message": r.message} for r in rejections]
        writer.log(call)
    return Reply({"Id": str(ref_id), "PASICoreVersion": call.version, "Rejections": call.rejections}, call, logged=True)


def judged(
    part: Part, core: Core, caller: Caller, request: Mapping[str, Any], current: Record | None
) -> tuple[list[Rejection], Document | None, int]:
    """The rejections, and the student as it would be with the RefId of the part. "Nothing changes" is rejected only on its own."""
    stored, today = completed(current.document) if current else None, core.today()
    submitted = request[part.member] if part.member else request
    fresh = stored is not None and _is_fresh(stored, today)
    changed, ref_id = part.change(stored, request, fresh) if stored else (None, 0)
    case = StudentCase(
        asn=request["StateProvinceId"],
        part=submitted,
        student=stored,
        associated=current is not None and _associated(core, caller, current, today),
        ministry=caller.organization.kind == "O",
        roles=caller.client.roles,
        twins=_twins(core.state, stored, submitted) if part.twins and stored else (),
        fresh=fresh,
        changed=changed is None or stored is None or not part.same(stored, changed),
        deleting=bool(part.delete and request[part.delete]),
    )
    rejections = failed(part.rules, case)
    return [one for one in rejections if one.code != UNCHANGED.number] or rejections, changed, ref_id


def _conflict(current: Record | None, version: int) -> Rejection | None:
    if current is None or version == current.version:
        return None  # the rules reject a student that does not exist
    return Rejection("3004", conflict_words(current.version, version), "StudentPASICoreVersion")


def _associated(core: Core, caller: Caller, record: Record, today: date) -> bool:
    if caller.organization.kind == "O":
        return True
    return not record.document.get("IsDeactivated") and may_see(core.state.reader(), caller.organization, record, today)


def _is_fresh(stored: Document, today: date) -> bool:
    try:
        created = date.fromisoformat(stored["CreatedOnUtc"][:10])
    except ValueError:  # a year that no calendar reaches
        return False
    return today - created <= timedelta(days=DAYS_OF_THE_ORIGINAL)


def _twins(state: State, stored: Document, submitted: Mapping[str, Any]) -> list[str]:
    """Others whose legal name and birth date would be the same; the middle name counts where one is given.

    A change of neither looks at nobody. [Source: Rules 11404 and 11406]
    """
    record = stored.get("IdentificationRecord") or {}
    if parts(record) == parts(submitted) and record.get("BirthDate") == submitted["BirthDate"]:
        return []
    own = {stored["StateProvinceId"], *(stored.get("SecondaryStateProvinceIds") or ())}
    asns = []
    for other in state.records(
        "type = 'Student' AND name = ?", (f"{submitted['LastName']}, {submitted['FirstName']}",)
    ):
        theirs = other.document.get("IdentificationRecord") or {}
        middle = submitted.get("MiddleName") or ""
        if (
            theirs.get("BirthDate") == submitted["BirthDate"]
            and (not middle or middle == (theirs.get("MiddleName") or ""))
            and other.key not in own
            and other.document.get("PrimaryStateProvinceId") not in own
            and not other.document.get("IsDeactivated")
        ):
            asns.append(other.key)
    return asns
