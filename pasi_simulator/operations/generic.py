"""HelloWorld, code values, accepted registration statuses."""

from __future__ import annotations

from typing import Any

from pasi_simulator.clock import accepted_school_years, current_school_year, utc_now
from pasi_simulator.codes import code_values
from pasi_simulator.core import Caller, Core, Reply
from pasi_simulator.state import Call


def hello_world(core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    return Reply({"Message": "Hello from PASI Core", "ServerUtcTime": utc_now()}, call)


def get_code_values(core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    """All values when any is newer than the caller's, else none. [Source: Get Code Values]"""
    version = core.code_version()
    newer = version > request["LastKnownSourceVersion"]
    values = list(code_values(core.today(), version)) if newer else []
    call.version = version
    return Reply({"CodeValues": values, "SourceVersion": version}, call)


ENDED = ["Completed", "Withdrawn", "CreatedInError"]
PRE_REGISTRATION = ["Registered", "CreatedInError"]
ALL = ["Registered", "Active", "Completed", "Withdrawn", "CreatedInError"]


def get_accepted_registration_status(core: Core, caller: Caller, request: dict[str, Any], call: Call) -> Reply:
    """Past years: ended statuses only; the current year: all; the next: pre-registration.

    [Source: Accepted Registration Statuses]. Which statuses make up each of the three is INFERRED.
    """
    today = core.today()
    current = current_school_year(today)
    rows = [
        {
            "IsCurrentSchoolYear": year == current,
            "RegistrationStatuses": ENDED if year < current else ALL if year == current else PRE_REGISTRATION,
            "SchoolYear": year,
        }
        for year in accepted_school_years(today)
    ]
    return Reply({"AcceptedRegistrationStatuses": rows}, call)
