"""Made-up items for the API's description."""

from typing import Any

REF_ID = "6f1c2f0e-8d52-4b7e-9d0a-2b1d4f3a7c55"

ENROLMENT: dict[str, Any] = {
    "id": 17,
    "external_id": "enrolment-17",
    "ref_id": REF_ID,
    "asn": "700000441",
    "student": 9,
    "school": "2001",
    "school_year": "2026-2027",
    "grade": "08",
    "start_date": "2026-09-01",
    "exit_date": "2027-06-26",
    "exit_date_type": "CompletionDate",
    "programming_type": "Regular",
    "programming_timeframe": "Day",
    "program_percentage": None,
    "local_student_id": "L00441",
    "resident_board": "1750",
    "francophone_board": "",
    "fnmi_declaration": "",
    "french_hours": "",
    "enrolment_type_codes": ["100"],
    "exception_codes": [],
    "grants_program_codes": ["500"],
    "deleted": False,
    "entry_code": "",
    "exit_code": "",
    "concurrent": False,
    "version": "3.40118",
    "pasi": {"state": "in_step", "reason": "", "core_version": 40118},
}
EDIT = {"exit_date": "2027-02-12"}
CHANGED = {
    **ENROLMENT,
    **EDIT,
    "version": "4.40118",
    "pasi": {"state": "waiting", "reason": "", "core_version": 40118},
}
NEW = {
    "asn": "7000-0044-1",
    "school": "2001",
    "school_year": "2026-2027",
    "grade": "08",
    "start_date": "2027-03-01",
    "exit_date": "2027-06-26",
}
CREATED = {
    **ENROLMENT,
    "id": 812,
    "external_id": None,
    "ref_id": None,
    "start_date": "2027-03-01",
    "version": "1.0",
    "pasi": {"state": "waiting", "reason": "", "core_version": None},
}
SUBMISSION: dict[str, Any] = {
    "id": 5,
    "enrolment": 17,
    "ref_id": REF_ID,
    "asn": "700000441",
    "school": "2001",
    "status": "rejected",
    "reason": "10016",
    "message": "The exit date is before the start date. (10016)",
    "next_step": "Correct the exit date.",
    "detail": "",
    "rejections": [{"code": "10016", "message": "The exit date is earlier than the start date."}],
    "fields": ["exit_date"],
    "attempts": 1,
    "seen_version": 40118,
    "core_version": 40118,
    "actor": "Rhea Molnar",
    "created_at": "2027-02-12T09:14:02.113000-07:00",
    "changed_at": "2027-02-12T09:14:03.021000-07:00",
    "finished_at": None,
}
HISTORICAL: dict[str, Any] = {
    "enrolment": 9,
    "version": 31877,
    "in_pasi": True,
    "hidden": False,
    "fields": [
        {"name": "grade", "sis": "08", "pasi": "07", "differs": True},
        {"name": "start_date", "sis": "2021-09-01", "pasi": "2021-09-01", "differs": False},
    ],
    "confirmable": True,
    "why_not": "",
    "submission": 5,
}
CONFIRM = {"version": 31877}
CONFIRMED = {
    **SUBMISSION,
    "enrolment": 9,
    "status": "waiting",
    "reason": "",
    "message": "It goes to PASI in its turn.",
    "next_step": "Nothing to do.",
    "rejections": [],
    "fields": ["grade"],
    "attempts": 0,
    "seen_version": 31877,
    "core_version": 31877,
}
QUEUED_AGAIN = {
    **SUBMISSION,
    "status": "waiting",
    "reason": "",
    "message": "Waiting for its turn to be sent.",
    "next_step": "Nothing to do.",
    "rejections": [],
    "attempts": 0,
}
DISCREPANCY: dict[str, Any] = {
    "id": 3,
    "ref_id": REF_ID,
    "kind": "changed_in_pasi",
    "status": "open",
    "version": "3.40120",
    "fields": [
        {
            "name": "exit_date",
            "agreed": "2027-06-26",
            "sis": "2027-06-26",
            "pasi": "2027-05-14",
            "state": "changed_in_pasi",
        }
    ],
    "undecided": 1,
    "changed_by": "Ola Brandt, A.9999",
    "changed_at": "2027-02-12T10:02:44.500000-07:00",
    "enrolment": 17,
    "asn": "700000441",
    "school": "2001",
    "school_year": "2026-2027",
    "core_version": 40120,
    "opened_at": "2027-02-12T10:02:46.200000-07:00",
    "settled_at": None,
    "settled_by": "",
}
SETTLED = {
    **DISCREPANCY,
    "status": "settled",
    "version": "4.40120",
    "fields": [],
    "undecided": 0,
    "settled_at": "2027-02-12T10:05:01-07:00",
    "settled_by": "accept",
}
ONE_FIELD = {"fields": ["exit_date"], "version": "3.40120"}
KEEP_OURS = {"fields": ["exit_date"], "reason": "The student is still with us.", "version": "3.40120"}
ACTION: dict[str, Any] = {
    "id": 12,
    "kind": "decision",
    "status": "done",
    "at": "2027-02-12T10:05:01-07:00",
    "by": "Rhea Molnar",
    "school": "2001",
    "reason": "",
    "note": "",
    "given": {"accepted": ["exit_date"], "rejected": []},
    "due_on": None,
    "detail": "",
    "job": None,
    "record_count": 1,
    "records": [
        {
            "ref_id": REF_ID,
            "entity": "school_enrolment",
            "subject_id": 17,
            "enrolment": 17,
            "school": "2001",
            "before": {"exit_date": "2027-06-26"},
            "after": {"exit_date": "2027-05-14"},
            "undone_at": None,
        }
    ],
    "undone_at": None,
    "undone_by": "",
    "undo_reason": "",
}
BULK = {
    "filter": {"school": "2001", "kind": "changed_in_pasi", "changed_by": "Ola Brandt"},
    "decision": "accept",
    "reason": "Agreed with the registrar of the other school.",
}
BULK_BY_KEYS = {
    "filter": {"ref_id": [REF_ID]},
    "decision": "reject",
    "reason": "Entered by mistake in PASIprep.",
    "kinds": ["created_in_pasi"],
    "dry_run": True,
}
