"""What the student's page shows of PASI: why something is not sent, and what PASI holds beside what the SIS holds."""

from typing import Any

from django.http import HttpRequest
from django.utils.translation import gettext as _

from operations import offers
from pasi_connect import selectors
from pasi_connect.models import Discrepancy, StudentCopy
from pasi_connect.models.submission import FLYING, LIVE
from pasi_connect.views import words
from sis import selectors as sis_selectors
from sis.models import Student
from sis.services.events import SCHOOL_ENROLMENT


def synchronisation(request: HttpRequest, student: Student) -> offers.Panel | None:
    """Open changes and submissions of the student's enrolments in the person's schools, each with why and what next."""
    own = {one.pk: one for one in sis_selectors.enrolments(request.user).filter(student=student)}  # type: ignore[arg-type]
    live = (
        selectors.submissions(request.user)  # type: ignore[arg-type]
        .defer("sent_document")
        .filter(subject_type=SCHOOL_ENROLMENT, subject_id__in=own, status__in=LIVE)
        .exclude(status__in=FLYING)
        .order_by("-id")
    )
    stuck = [{"submission": one, "enrolment": own[one.subject_id], "why": words.why(one)} for one in live]
    items = [
        {"item": one, "fields": words.field_labels(row["name"] for row in one.fields)}
        for one in selectors.discrepancies(request.user).filter(status=Discrepancy.Status.OPEN, enrolment__in=own)  # type: ignore[arg-type]
    ]
    if not stuck and not items:
        return None
    context = {"stuck": stuck, "items": items, "states": words.SUBMISSION, "kinds": words.KIND}
    return offers.Panel(20, "pasi_connect/student_synchronisation.html", context)


def local_copy(request: HttpRequest, student: Student) -> offers.Panel | None:
    """What PASI tells of the student, beside the SIS record. Not compared: shown."""
    copy = StudentCopy.objects.defer("document").filter(asn=student.asn).first() if student.asn else None
    if copy is None:
        text = _("PASI has not told us of this student yet.") if student.asn else _("The student has no ASN yet.")
        return offers.Panel(120, "pasi_connect/student_copy.html", {"missing": text})
    pairs: list[tuple[str, Any, Any]] = [
        (_("ASN"), student.asn_shown, _grouped(copy.asn)),
        (_("Legal first name"), student.legal_first_name, copy.first_name),
        (_("Legal middle name"), student.legal_middle_name, copy.middle_name),
        (_("Legal last name"), student.legal_last_name, copy.last_name),
        (_("Preferred first name"), student.preferred_first_name, copy.preferred_first_name),
        (_("Preferred last name"), student.preferred_last_name, copy.preferred_last_name),
        (_("Birth date"), _iso(student.birth_date), _iso(copy.birth_date)),
        (_("Gender"), student.gender, copy.gender),
    ]
    rows = [{"label": label, "sis": ours, "pasi": theirs, "differs": ours != theirs} for label, ours, theirs in pairs]
    context = {
        "rows": [row for row in rows if row["sis"] or row["pasi"]],
        "copy": copy,
        "secondary": _grouped(copy.primary_asn) if copy.primary_asn and copy.primary_asn != copy.asn else "",
    }
    return offers.Panel(120, "pasi_connect/student_copy.html", context)


def _iso(day: Any) -> str:
    return day.isoformat() if day else ""


def _grouped(asn: str) -> str:
    return f"{asn[:4]}-{asn[4:8]}-{asn[8:]}"


offers.panel_makers["sis.student"].append(synchronisation)
offers.panel_makers["sis.student"].append(local_copy)
