"""What the student and school pages show of PASI: why something is not sent, what PASI holds, and "send now"."""

import datetime as dt
from typing import Any

from django.http import HttpRequest
from django.utils.text import capfirst
from django.utils.translation import gettext as _

from operations import offers, rights
from operations.actor import user_of
from operations.models import User
from operations.wording import label_of
from pasi_connect.entities import SCHOOL_ENROLMENT as ENTITY
from pasi_connect.entities import by_kind
from pasi_connect.models import StudentCopy, SyncSettings
from pasi_connect.services import pick_lists, words
from pasi_connect.services.compare import columns
from pasi_connect.services.queue import forcing
from pasi_connect.views import standing
from sis import selectors as sis_selectors
from sis.models import School, Student
from sis.models.organization import State
from sis.services.events import STUDENT
from sis.views import genders

DOCUMENT = "identity_document_type"
YOUNGER = (
    *("legal_suffix", "legal_name_exact", "identity_document_type", "identity_document_issued"),
    *("identity_document_number", "preferred_middle_name", "preferred_suffix"),
)


def synchronization(request: HttpRequest, student: Student) -> offers.Panel | None:
    """Each of the student's enrolments in the person's schools: its state, why, and what comes next."""
    context = standing_of(user_of(request), student)
    return offers.Panel(20, "pasi_connect/student_synchronization.html", context) if context else None


def standing_of(user: User, student: Student) -> dict[str, Any]:
    """What the panel shows; empty for a student without an enrolment."""
    own = sis_selectors.enrolments(user).filter(student=student).order_by("-school_year", "-start_date", "-pk")
    lines = standing.lines(user, list(own))
    if not lines:
        return {}
    return {
        "student": student,
        "mark": standing.mark(lines),
        "moving": any(line.state.is_moving for line in lines),
        "apart": any(not line.calm for line in lines),
        "loud": [line for line in lines if not line.quiet],
        "quiet": [line for line in lines if line.quiet],
        "states": words.RECORD,
        "kinds": words.KIND,
        "forces": rights.can(user, "force", "school_enrolment"),
    }


def send_school(request: HttpRequest, school: School) -> offers.Panel | None:
    """The way to read and send a whole school at once."""
    if not rights.can(request.user, "force", "school_enrolment"):
        return None
    context = {
        "school": school,
        "active": school.enrolment_sync == State.ACTIVE,
        "records": forcing.records(ENTITY, school.code).count(),
    }
    return offers.Panel(120, "pasi_connect/school_send.html", context)


def local_copy(request: HttpRequest, student: Student) -> offers.Panel | None:
    """What PASI tells of the student, beside the SIS record."""
    copy = StudentCopy.objects.defer("document").filter(asn=student.asn).first() if student.asn else None
    if copy is None:
        text = _("PASI has not sent us this student yet.") if student.asn else _("The student has no ASN yet.")
        return offers.Panel(120, "pasi_connect/student_copy.html", {"missing": text})
    pairs: list[tuple[str, Any, Any]] = [
        (_("ASN"), student.asn_shown, _grouped(copy.asn)),
        (_("Legal first name"), student.legal_first_name, copy.legal_first_name),
        (_("Legal middle name"), student.legal_middle_name, copy.legal_middle_name),
        (_("Legal last name"), student.legal_last_name, copy.legal_last_name),
        (_("Preferred first name"), student.preferred_first_name, copy.preferred_first_name),
        (_("Preferred last name"), student.preferred_last_name, copy.preferred_last_name),
        (_("Birth date"), _iso(student.birth_date), _iso(copy.birth_date)),
        *_younger(student, copy),
        (_("Gender"), genders.gender(student.gender), genders.gender(copy.gender)),
    ]
    fixed = (_("ASN"), _("Birth date"))  # read digit by digit: never broken
    rows = [
        {"label": label, "sis": ours, "pasi": theirs, "differs": ours != theirs, "fixed": label in fixed}
        for label, ours, theirs in pairs
    ]
    context = {
        "rows": [row for row in rows if row["sis"] or row["pasi"]],
        "copy": copy,
        "compared": SyncSettings.load().student_identity,
        "secondary": _grouped(copy.primary_asn) if copy.primary_asn and copy.primary_asn != copy.asn else "",
    }
    return offers.Panel(120, "pasi_connect/student_copy.html", context)


def _younger(student: Student, copy: StudentCopy) -> list[tuple[str, Any, Any]]:
    """Fields whose columns may wait to be filled from the stored document: of those nothing is known yet."""
    unknown = columns.unfilled(by_kind(STUDENT), copy)
    return [
        (capfirst(label_of(Student, name)), _text(name, getattr(student, name)), _text(name, getattr(copy, name)))
        for name in YOUNGER
        if name not in unknown
    ]


def _text(name: str, value: Any) -> str:
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if name == DOCUMENT:
        return _word(name, value) if value else ""
    return value.isoformat() if isinstance(value, dt.date) else value


def _word(name: str, code: str) -> str:
    return pick_lists.word(by_kind(STUDENT), name, code) if name == DOCUMENT else ""


def edit_identification(request: HttpRequest, student: Student) -> offers.Panel | None:
    if not rights.can(request.user, "edit", "student"):
        return None
    return offers.Panel(30, "pasi_connect/cells/edit_identification.html", {"student": student})


def _iso(day: Any) -> str:
    return day.isoformat() if day else ""


def _grouped(asn: str) -> str:
    return f"{asn[:4]}-{asn[4:8]}-{asn[8:]}"


offers.code_words.append(_word)
offers.panel_makers["sis.student-actions"].append(edit_identification)
offers.panel_makers["sis.student"].append(synchronization)
offers.panel_makers["sis.student"].append(local_copy)
offers.panel_makers["sis.school"].append(send_school)
