"""Changes of ASNs that only the ministry makes. [Source: Managing Alberta Student Numbers; Submit Student State Province ID Status]"""

from __future__ import annotations

from pasi_simulator.control.http import ControlError, Request, Response, as_json
from pasi_simulator.control.records import body_and_actor, existing
from pasi_simulator.state import RECORD_TYPES

STUDENT, ENROLMENT = RECORD_TYPES["Student"], RECORD_TYPES["StudentSchoolEnrolment"]


def link_asn(request: Request) -> Response:
    """{"secondary", "primary"}: the records of the secondary ASN move to the primary, each with a new version, and so do both students.

    Exact duplicates are not deleted here. Answers the RefIds that moved.
    """
    body, by = body_and_actor(request.json())
    if set(body) != {"secondary", "primary"}:
        raise ControlError(400, "Bad body", "secondary and primary are expected, both ASNs")
    names = {name: str(value).replace("-", "") for name, value in body.items()}
    secondary, primary = names["secondary"], names["primary"]
    lag = request.core.knobs["node_lag_ms"]
    with request.core.state.writing() as writer:
        students = {name: existing(request.core, STUDENT, asn) for name, asn in names.items()}
        chosen = students["primary"].document
        if secondary == primary or chosen.get("IsDeactivated") or chosen.get("PrimaryStateProvinceId") != primary:
            raise ControlError(400, "Rule 11451", "The primary ASN must itself be a live primary, and another one")
        moved = request.core.state.records("type = ? AND asn = ?", (ENROLMENT.name, secondary))
        for record in moved:
            writer.put(ENROLMENT, record.document | {"StateProvinceId": primary}, by, lag)
        secondaries = chosen.get("SecondaryStateProvinceIds")
        both = {"SecondaryStateProvinceIds": [*secondaries, secondary]} if isinstance(secondaries, list) else {}
        writer.put(STUDENT, students["secondary"].document | {"PrimaryStateProvinceId": primary}, by, lag)
        writer.put(STUDENT, chosen | both, by, lag)
    return as_json({"moved": [record.key for record in moved]})
