"""The operations of the end point: one table of name, role and function. [Source: roles on the service pages]"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pasi_simulator.core import Caller, Core, Reply
from pasi_simulator.operations import enrolment, generic, identification, notifications, records, section
from pasi_simulator.state import Call


@dataclass(frozen=True, slots=True)
class Service:
    """`run` gets the core, the caller, the decoded request and the call's log entry."""

    name: str
    role: str
    run: Callable[[Core, Caller, dict[str, Any], Call], Reply]


HELLO, CLIENT, VIEW, SUBMIT = "Hello World User", "PASI Client Role", "View Enrolment User", "Submit Enrolment User"
VIEW_MARKS, SUBMIT_MARKS = "View Academic Record User", "Submit Academic Record User"
SUBMIT_STUDENT = "Submit Student User"

SERVICES = {
    service.name: service
    for service in (
        Service("HelloWorld", HELLO, generic.hello_world),
        Service("GetCodeValues", HELLO, generic.get_code_values),
        Service("GetAcceptedRegistrationStatus", CLIENT, generic.get_accepted_registration_status),
        Service("IsDataAvailable", CLIENT, notifications.is_data_available),
        Service("GetSchoolInformation", CLIENT, records.get_school_information),
        Service("GetSchoolAuthorityInformation", CLIENT, records.get_school_authority_information),
        Service("GetStudent", CLIENT, records.get_student),
        Service("GetSourceDocumentTypeQualityValues", HELLO, identification.get_source_document_type_quality_values),
        Service("SubmitIdentificationInformation", SUBMIT_STUDENT, identification.submit_identification_information),
        Service("SubmitName", SUBMIT_STUDENT, identification.submit_name),
        Service("SubmitPreferredName", SUBMIT_STUDENT, identification.submit_preferred_name),
        Service("GetStudentSchoolEnrolment", VIEW, records.get_student_school_enrolment),
        Service("SubmitStudentSchoolEnrolment", SUBMIT, enrolment.submit_student_school_enrolment),
        Service("GetSection", VIEW_MARKS, records.get_section),
        Service("SubmitSection", SUBMIT_MARKS, section.submit_section),
    )
}
