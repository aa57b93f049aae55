"""What each address shows of students: the whole table, one line for each address of the product.

An address that is not in it fails a test (tests/contract/test_reads.py), and so does one that says NOTHING and shows a student.
"""

from collections.abc import Mapping
from typing import Any

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils.translation import gettext_lazy as _

from operations.models import ReadEntry
from operations.reading import Reads, StudentOf
from pasi_connect.models import Action, ActionRecord, Discrepancy, Exchange, Submission
from sis.models import CourseEnrolment, SchoolEnrolment, StoredGrade, Student
from sis.rules import asn as asn_rules
from sis.services.events import COURSE_ENROLMENT, SCHOOL_ENROLMENT, STUDENT

Kind = ReadEntry.Kind
Address = Mapping[str, Any]
NOTHING = None
OF_MANY = (Action.Kind.BULK_DECISION, Action.Kind.YEAR_END, Action.Kind.EXIT_CODES)


# --- Whose record it is: each becomes a part of the one INSERT -----------------------------------------------------


def _student(address: Address) -> int:
    return int(address["pk"])


def _by_asn(address: Address) -> Any:
    try:
        asn = asn_rules.normalize(str(address["asn"]))
    except ValueError:
        return None
    return Subquery(Student.objects.filter(asn=asn).order_by().values("pk")[:1])


def _of(rows: "QuerySet[Any]") -> Subquery:
    return Subquery(rows.order_by().values("student_id")[:1])


def _self(rows: "QuerySet[Any]") -> Subquery:
    """Of rows about a student's own data."""
    return Subquery(Student.objects.filter(pk__in=rows.values("subject_id")).order_by().values("pk")[:1])


def _enrolment(address: Address) -> Any:
    return _of(SchoolEnrolment.objects.filter(pk=int(address["pk"])))


def _course_enrolment(address: Address) -> Any:
    return _of(CourseEnrolment.objects.filter(pk=int(address["pk"])))


def _stored_grade(address: Address) -> Any:
    return _of(StoredGrade.objects.filter(pk=int(address["pk"])))


def _of_items(items: "QuerySet[Discrepancy]") -> Subquery:
    """A change of a record that is not here yet names its student by ASN."""
    named = Student.objects.filter(asn=OuterRef("asn")).exclude(asn="").order_by()
    rows = items.annotate(whose=Coalesce(F("school_enrolment__student_id"), Subquery(named.values("pk")[:1])))
    return Subquery(rows.order_by().values("whose")[:1])


def _change(address: Address) -> Any:
    return _of_items(Discrepancy.objects.filter(pk=int(address["pk"])))


def _decision(address: Address) -> Any:
    return _of_items(Discrepancy.objects.filter(decisions=int(address["pk"])))


def _submission(address: Address) -> Any:
    sent = Submission.objects.filter(pk=int(address["pk"])).order_by()
    stays = sent.filter(entity=SCHOOL_ENROLMENT).values("subject_id")
    return Coalesce(_of(SchoolEnrolment.objects.filter(pk__in=stays)), _self(sent.filter(entity=STUDENT)))


def _exchange(address: Address) -> Any:
    """Of a call that read by RefId the number of the call has to do: looking for the record by its text costs too much."""
    calls = Exchange.objects.filter(pk=int(address["pk"]))
    sent = calls.filter(submission__entity=SCHOOL_ENROLMENT).order_by().values("submission__subject_id")
    by_key = Student.objects.filter(asn__in=calls.exclude(key="").order_by().values("key")).order_by()
    return Coalesce(_of(SchoolEnrolment.objects.filter(pk__in=sent)), Subquery(by_key.values("pk")[:1]))


def _action(address: Address) -> Any:
    """The student of an action on one student's records; one on many is a list."""
    records = ActionRecord.objects.filter(action=int(address["pk"])).exclude(action__kind__in=OF_MANY).order_by()
    stays = records.filter(entity=SCHOOL_ENROLMENT).values("subject_id")
    seats = records.filter(entity=COURSE_ENROLMENT).values("subject_id")
    return Coalesce(
        _of(SchoolEnrolment.objects.filter(pk__in=stays)),
        _of(CourseEnrolment.objects.filter(pk__in=seats)),
        _self(records.filter(entity=STUDENT)),
    )


# --- The table ----------------------------------------------------------------------------------------------------


def _opened(label: Any, student: StudentOf, *names: str) -> dict[str, Reads | None]:
    return dict.fromkeys(names, Reads(label, Kind.OPENED, student))


def _of_lists(
    label: Any, *names: str, kind: str = Kind.LISTED, posted: tuple[str, ...] = ()
) -> dict[str, Reads | None]:
    return dict.fromkeys(names, Reads(label, kind, posted=posted))


def _nothing(*names: str) -> dict[str, Reads | None]:
    return dict.fromkeys(names, NOTHING)


GUIDED = (
    "withdraw", "correct-last-day", "never-attended", "entered-in-error", "undelete", "withdrawal-was-a-mistake", "end-courses",
    "close-concurrent", "transfer-out",
)  # fmt: skip

ONE_STUDENT: dict[str, Reads | None] = {
    **_opened(_("Student"), _student, "sis:student", "pasi_connect:student-standing", "pasi_connect:identification", "api:student-detail"),
    **_opened(_("New enrolment"), _student, "registrar:action-enrol"),
    **_opened(_("Enrolments of a student"), _by_asn, "api:student-enrolments"),
    **_opened(
        _("Enrolment"), _enrolment, "pasi_connect:enrolment", "pasi_connect:enrolment-state", "pasi_connect:enrolment-live",
        "pasi_connect:enrolment-live-send", "pasi_connect:enrolment-live-take", "pasi_connect:enrolment-send",
        "api:enrolment-detail", "api:enrolment-send", "api:enrolment-historical",
    ),
    **_opened(
        _("Guided action"), _enrolment, *(f"registrar:action-{name}" for name in GUIDED),
        *(f"api:enrolment-{name}" for name in GUIDED),
    ),
    **_opened(_("Add a course"), _enrolment, "sis:course-add"),
    **_opened(_("Course enrolment"), _course_enrolment, "sis:course-enrolment", "api:course-enrolment-detail"),
    **_opened(_("Stored grade"), _stored_grade, "api:stored-grade-detail"),
    **_opened(
        _("Change from PASI"), _change, "pasi_connect:change", "pasi_connect:change-state", "alerts:assign", "alerts:snooze",
        *(f"api:discrepancy-{name}" for name in ("detail", "accept", "reject", "undo", "take-former", "link-anew")),
    ),
    **_opened(_("Change from PASI"), _decision, "pasi_connect:decision-undo", "pasi_connect:decision-take-former"),
    **_opened(
        _("Submission"), _submission,
        *(f"pasi_connect:submission{name}" for name in ("", "-state", "-send-again", "-cancel", "-take-pasi", "-spelling")),
        "api:submission-detail", "api:submission-send-again", "api:submission-cancel",
    ),
    **_opened(_("Exchange with PASI"), _exchange, "pasi_connect:exchange", "api:exchange-detail"),
    **_opened(
        _("Action"), _action, "pasi_connect:action", "pasi_connect:action-undo",
        *(f"api:decision-{name}" for name in ("detail", "records", "undo")),
    ),
}  # fmt: skip

LISTS: dict[str, Reads | None] = {
    **_of_lists(_("Students"), "sis:student-list", "api:student-list"),
    **_of_lists(_("Students"), "sis:student-find", kind=Kind.SEARCHED, posted=("q",)),
    **_of_lists(_("Students"), "sis:student-export", kind=Kind.EXPORTED),
    **_of_lists(_("Access"), "sis:reads", "api:read-list"),
    **_of_lists(_("Access"), "sis:reads-find", kind=Kind.SEARCHED, posted=("q",)),
    **_of_lists(_("Access"), "sis:reads-export", kind=Kind.EXPORTED),
    **_of_lists(_("Enrolments"), "api:enrolment-list"),
    **_of_lists(_("Section"), "sis:section"),
    **_of_lists(_("Course enrolments"), "api:course-enrolment-list"),
    **_of_lists(_("Stored grades"), "api:stored-grade-list"),
    **_of_lists(_("Home"), "home"),
    **_of_lists(_("Changes from PASI"), "pasi_connect:changes", "pasi_connect:bulk", "api:discrepancy-list", "api:discrepancy-decide"),
    **_of_lists(_("First comparison"), "pasi_connect:first-comparison"),
    **_of_lists(_("Changes from PASI"), "pasi_connect:changes-export", kind=Kind.EXPORTED),
    **_of_lists(_("Actions"), "pasi_connect:actions", "registrar:planned", "api:decision-list"),
    **_of_lists(_("Submissions"), "pasi_connect:submissions", "api:submission-list"),
    **_of_lists(_("Failed records"), "pasi_connect:set-aside", "api:failure-list", "api:failure-detail", "api:failure-try-again"),
    **_of_lists(_("Exchange log"), "pasi_connect:exchanges", "api:exchange-list"),
    **_of_lists(_("Notices"), "alerts:notices", "alerts:other-records"),
    **_of_lists(_("Job"), "operations:job", "operations:job-state", "api:job-rows"),
    **_of_lists(_("Records missing in PASI"), "pasi_connect:guard-item"),
    **_of_lists(_("Records missing in PASI"), "pasi_connect:guard-export", kind=Kind.EXPORTED),
    **_of_lists(
        _("Year end"), "registrar:year-end-rehearsal", "registrar:year-end-progress", "registrar:year-end-run",
        "api:year-end-rehearsal-rows",
    ),
    **_of_lists(_("Year end"), "registrar:year-end-file", kind=Kind.EXPORTED),
    **_of_lists(_("Exit codes"), "registrar:exit-codes", "api:enrolment-exit-codes"),
    **_of_lists(
        _("Reconciliation"), "reconciliation:run", "reconciliation:unusable", "reconciliation:choose", "reconciliation:summary",
        "api:reconciliation-rows",
    ),
    **_of_lists(_("Reconciliation"), "reconciliation:find", kind=Kind.SEARCHED, posted=("student",)),
    **_of_lists(_("Reconciliation"), "reconciliation:download", "api:reconciliation-download", kind=Kind.DOWNLOADED),
}  # fmt: skip

NOTHING_OF_STUDENTS = _nothing(
    "livez", "healthz", "metrics", "login", "invitation", "sign-in-again", "logout", "set_language",
    *(f"operations:{name}" for name in (
        "theme", "words", "styleguide", "jobs", "job-approve", "job-cancel", "job-resume", "profile", "password", "tokens",
        "token-revoke", "people", "person-add", "person", "person-link", "person-unlock", "service-add", "person-tokens",
        "person-token-revoke", "roles", "errors", "list-columns", "list-reset",
    )),
    *(f"sis:{name}" for name in ("access", "school-list", "school", "school-state", "term")),
    *(f"sis:section-{name}" for name in ("list", "export", "add", "edit", "delete")),
    *(f"pasi_connect:{name}" for name in (
        "link", "pulse", "setup", "connection-test", "first-reading", "settings-synchronization", "settings-connection", "settings-caller", "settings-retention",
        "archive", "archive-run", "archive-file",
        "settings-approval", "certificate", "guard", "school-send", "set-aside-try",
    )),
    "registrar:year-end",
    *(f"alerts:{name}" for name in ("mine", "notice-seen", "record-seen", "own", "mail-test", "absence", "absence-end")),
    *(f"reconciliation:{name}" for name in ("runs", "keeping", "new", "progress", "cancel", "remove")),
    *(f"api:{name}" for name in (
        "root", "school-list", "school-detail", "school-send", "course-list", "course-detail", "section-list", "section-detail",
        "job-list", "job-detail", "job-approve", "job-cancel", "job-resume", "year-end-rehearsal-list", "year-end-rehearsal-detail",
        "year-end-run-list", "year-end-run-detail", "reconciliation-list", "reconciliation-detail", "schema", "docs",
        "no-such-address", "bulk",
    )),
)  # fmt: skip

TABLE = {**ONE_STUDENT, **LISTS, **NOTHING_OF_STUDENTS}
