"""What every submit does: a full replacement of each record behind an optimistic lock. [Source: Rules 3004 and 9014]"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Generic

from pasi_simulator.core import Caller, Core, Reply
from pasi_simulator.faults import Fault
from pasi_simulator.rules.case import C, Rejection, Rule, failed
from pasi_simulator.rules.structure import Problem
from pasi_simulator.state import Call, Record, RecordType, Writer

LOOK_AGAIN_S = 0.02
Document = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Submit(Generic[C]):
    """How records of one kind are submitted.

    `problems` end in fault 3002; `case` gathers what the rules look at; `stored_form` is what is kept of a submission.
    """

    kind: RecordType
    problems: Callable[[Mapping[str, Any]], Iterator[Problem]]
    case: Callable[[Core, Caller, Document, Record | None], C]
    rejections: Sequence[Rule[C]]
    stored_form: Callable[[Document], Document]


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one record. `version` is the new one, the current one of a record that was refused, or 0."""

    key: str
    version: int
    rejections: tuple[Rejection, ...]

    @property
    def word(self) -> str:
        if not self.rejections:
            return "accepted"
        return "no_change" if [r.code for r in self.rejections] == ["9023"] else "rejected"

    @property
    def answer(self) -> dict[str, Any]:
        """A SubmitResponse."""
        rejections = [{"Code": r.code, "Message": r.message} for r in self.rejections]
        return {"Id": self.key, "PASICoreVersion": self.version, "Rejections": rejections}


def one(submit: Submit[C], core: Core, caller: Caller, record: Document, call: Call) -> Reply:
    """Answers with a SubmitResponse."""
    [outcome] = _submitted(submit, core, caller, [record], call)
    return Reply(outcome.answer, call, logged=True)


def batch(submit: Submit[C], core: Core, caller: Caller, records: list[Document], call: Call) -> Reply:
    """Answers with a MultipleSubmitResponse: each record is judged alone, in the order in which it came."""
    outcomes = _submitted(submit, core, caller, records, call)
    return Reply({"SubmitResponses": [outcome.answer for outcome in outcomes]}, call, logged=True)


def _submitted(submit: Submit[C], core: Core, caller: Caller, records: list[Document], call: Call) -> list[Outcome]:
    call.key = " ".join(record["RefId"].lower() for record in records)
    for record in records:
        for member, problem in submit.problems(record):
            raise Fault("3002", f"{member}: {problem}")
    await_node(core, max((record["PASICoreVersion"] for record in records), default=0))
    with core.state.writing() as writer:
        outcomes = [_judged(submit, core, caller, record, writer) for record in records]
        words = {outcome.word for outcome in outcomes} or {"accepted"}
        call.outcome = words.pop() if len(words) == 1 else "partly"
        call.applied = any(not outcome.rejections for outcome in outcomes)
        call.version = max((outcome.version for outcome in outcomes), default=None)
        call.rejections = [row for outcome in outcomes for row in outcome.answer["Rejections"]]
        writer.log(call)
    return outcomes


def _judged(submit: Submit[C], core: Core, caller: Caller, record: Document, writer: Writer) -> Outcome:
    key = record["RefId"].lower()
    current = core.state.record(submit.kind.name, key)
    conflict = version_conflict(current, record["PASICoreVersion"])
    if conflict and core.knobs["version_conflict_as_fault"]:
        raise Fault("3004", conflict.message)
    case = submit.case(core, caller, record, current)
    rejections = [conflict] if conflict else failed(submit.rejections, case)
    if rejections:
        return Outcome(key, current.version if current else 0, tuple(rejections))
    by = {"name": caller.user, "organization": caller.organization.code}
    version = writer.put(submit.kind, submit.stored_form(record), by, core.knobs["node_lag_ms"])
    return Outcome(key, version, ())


def version_conflict(current: Record | None, version: int) -> Rejection | None:
    """New: 0. Existing: the current version. Deleted: the current version or 0, and the message then shows 0."""
    accepted, current_version = {0}, 0
    if current is not None:
        deleted = current.document.get("IsDeleted")
        accepted = {current.version, 0} if deleted else {current.version}
        current_version = 0 if deleted else current.version
    return (
        None if version in accepted else Rejection("3004", conflict_words(current_version, version), "PASICoreVersion")
    )


def conflict_words(core: int, client: int) -> str:
    """The text of rule 3004. [Source: Rule 3004]"""
    return f"Core ({core}) and Client ({client}) versions are not equal"


def await_node(core: Core, version: int) -> None:
    """The node waits up to 5 s for a version that it does not know yet, then answers 9014."""
    deadline = time.monotonic() + core.knobs["node_wait_ms"] / 1000
    while version > core.state.newest_known_to_node(core.knobs["node_lag_ms"]):
        if time.monotonic() >= deadline:
            raise Fault("9014")
        time.sleep(LOOK_AGAIN_S)
