"""The simulator with two operations more: `python -m tests.lockers.simulator`, with the arguments of the simulator itself."""

import sys
from collections.abc import Iterator, Mapping
from typing import Any

from pasi_simulator.state import RECORD_TYPES, Call, Record, RecordType

LOCKER = RecordType("Locker", "LockerInfo", "RefId", ("IsDeleted",), own=True, open=True, told_to_owner=True)
RECORD_TYPES[LOCKER.name] = LOCKER  # before the operations read the table

from pasi_simulator.core import Caller, Core, Reply  # noqa: E402
from pasi_simulator.operations import SERVICES, SUBMIT_MARKS, VIEW_MARKS, Service, records, submit  # noqa: E402
from pasi_simulator.rules.case import Facts, Rule  # noqa: E402

LABELS = {"LockerNumber": "Number", "LentUntil": "Lent until", "ShelfCount": "Shelves"}  # of what its page would show
MOST_SHELVES = 4


class Case:
    def __init__(self, locker: Mapping[str, Any]) -> None:
        self.locker = locker

    @property
    def deleting(self) -> bool:
        return bool(self.locker.get("IsDeleted"))


def _too_many(case: Case) -> Facts | None:
    return {"most": MOST_SHELVES} if (case.locker.get("ShelfCount") or 0) > MOST_SHELVES else None


def _problems(locker: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if not locker.get("LockerNumber"):
        yield "Locker.LockerNumber", "mandatory value missing"


def _case(core: Core, caller: Caller, locker: dict[str, Any], current: Record | None) -> Case:
    return Case(locker)


def _stored(locker: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in locker.items() if name not in ("EffectiveUtc", "LastUpdate")}


RULES = (Rule("49999", "Too many shelves", "A locker has at most {most} shelves", "", "ShelfCount", _too_many),)
SUBMIT = submit.Submit(LOCKER, _problems, _case, RULES, _stored)


def _get(core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    return records.get(core, caller, LOCKER.name, request["RefIds"], "RefId", call)


def _submit(core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    return submit.one(SUBMIT, core, caller, request["Locker"], call)


for service in (Service("GetLocker", VIEW_MARKS, _get), Service("SubmitLocker", SUBMIT_MARKS, _submit)):
    SERVICES[service.name] = service

if __name__ == "__main__":
    from pasi_simulator.__main__ import main  # after the operations: it reads their table too

    sys.exit(main())
