"""Work for anyone who tries the demo: changes made in PASI, and one change of ours that needs a person.

Made once, after everything has first been in step, through the doors that everybody uses: PASI's side by the simulator's
control, ours by the SIS's services. The first 60 plain enrolments of school 7101 and their students are left as they are.
"""

import datetime as dt
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, QuerySet

from operations import clock
from operations.actor import SYNC, of_user
from operations.models import AuditEntry, User
from operations.services import audit
from pasi_connect.demo import district as made_up
from pasi_connect.demo.asking import ask
from pasi_connect.entities import SCHOOL_ENROLMENT, mapping
from pasi_connect.models import Discrepancy, EnrolmentCopy, Submission
from pasi_connect.models.submission import STUCK
from pasi_connect.services.queue import submissions
from sis.models import SchoolEnrolment
from sis.rules.school_year import SchoolYear
from sis.services import enrolments as sis_enrolments

DONE = audit.Verb.DEMO_WORK_MADE
LEFT_ALONE = 60  # plain enrolments of school A, from either end of a list
PATIENCE_SECONDS = 60.0
SOMEBODY = {"name": "Rosalind Achterberg", "organization": f"S.{made_up.SCHOOL_A}"}
OFFICE = {"name": "Teo Brandvold", "organization": f"A.{made_up.AUTHORITY[0]}"}
ALIKE = 12  # changes at school B that one person made alike


@dataclass(frozen=True)
class Tasks:
    """What there is to try: a record that PASI has changed, and a submission that needs a person; None when it is over."""

    changed: Discrepancy | None
    stuck: Submission | None
    waiting: int


def make(control_port: int, say: Callable[[str], None] = print) -> bool:
    """True when the work was made now. A start that was broken off makes the rest."""
    if AuditEntry.objects.filter(action=DONE).exists():
        return False
    control = f"http://127.0.0.1:{control_port}/control"
    year = SchoolYear.of(clock.today())
    mine = list(_free(year)[:5])
    if len(mine) < 5:
        return False
    _stick(control, mine[0], say)
    for enrolment, members in zip(mine[1:4], _changes(year), strict=True):
        _edit(control, enrolment, members, SOMEBODY)
    _delete(control, mine[4])
    created = _create(control, year)
    day = dt.date(year.ending, 6, 24)
    alike = _plain(made_up.SCHOOL_B, year).order_by("id")[:ALIKE]
    for enrolment in alike:
        _edit(control, enrolment, {"RegistrationExitDate": day}, OFFICE)
    renamed = _rename(control, mine[3])
    expected = ALIKE + len(mine) + created + renamed
    if not _until(lambda: Discrepancy.objects.filter(status="open", undecided__gt=0).count() >= expected):
        say("Not every change of the demo has come from PASI yet; the rest follows by itself.")
    audit.record(SYNC, audit.Entry(DONE, "authority", made_up.AUTHORITY[0]))
    return True


def tasks() -> Tasks:
    """What of it is still to be done, at school A."""
    items = Discrepancy.objects.filter(status="open", undecided__gt=0)
    stuck = Submission.objects.filter(school_code=made_up.SCHOOL_A, status__in=STUCK).order_by("id")
    here = items.filter(school_code=made_up.SCHOOL_A, kind="changed_in_pasi").exclude(key__in=stuck.values("key"))
    return Tasks(here.order_by("id").first(), stuck.first(), items.count())


def _plain(school: str, year: SchoolYear) -> QuerySet[SchoolEnrolment]:
    """Live, regular, this year, the student's only stay."""
    stays = SchoolEnrolment.objects.annotate(stays=Count("student__enrolments"))
    return stays.filter(
        school__code=school, school_year=year, deleted=False, concurrent=False, programming_type="Regular", stays=1,
        exit_date_type="CompletionDate", grants_program_codes="",
    )  # fmt: skip


def _free(year: SchoolYear) -> QuerySet[SchoolEnrolment]:
    """Plain enrolments of school A that nothing else expects to be in step."""
    live = SchoolEnrolment.objects.filter(school__code=made_up.SCHOOL_A, school_year=year, deleted=False)
    kept: set[int] = set()
    for order in (("id",), ("-id",), ("student__legal_last_name", "student__legal_first_name", "id")):
        plain = live.filter(concurrent=False).annotate(stays=Count("student__enrolments")).filter(stays=1)
        kept |= set(plain.order_by(*order).values_list("pk", flat=True)[:LEFT_ALONE])
    return _plain(made_up.SCHOOL_A, year).exclude(pk__in=kept).select_related("student").order_by("id")


def _changes(year: SchoolYear) -> tuple[dict[str, Any], ...]:
    return (
        {"Grade": "10"},
        {"RegistrationExitDate": dt.date(year.ending, 6, 20)},
        {"Grade": "EC", "RegistrationStartDate": dt.date(year.ending - 1, 9, 8)},
    )


def _stick(control: str, enrolment: SchoolEnrolment, say: Callable[[str], None]) -> None:
    """PASI's record changes, and somebody here saves an older page: neither is overwritten, a person decides."""
    link = submissions.link_of(enrolment)
    version = EnrolmentCopy.objects.get(key=link.key).core_version
    _edit(control, enrolment, {"Grade": "EC" if enrolment.grade != "EC" else "01"}, SOMEBODY)
    if not _until(lambda: EnrolmentCopy.objects.get(key=link.key).core_version > version):
        say("PASI's change of the record that is to need a person has not come yet.")
        return
    registrar = User.objects.get(username="registrar_a")
    day = dt.date(enrolment.school_year.ending, 6, 19)
    sis_enrolments.change(of_user(registrar), enrolment.pk, {"exit_date": day}, seen_version=version)
    _until(lambda: Submission.objects.filter(subject_id=enrolment.pk, status__in=STUCK).exists())


def _address(control: str, enrolment: SchoolEnrolment) -> str:
    ref_id = submissions.link_of(enrolment).key
    return f"{control}/records/StudentSchoolEnrolment/{ref_id}/"


def _edit(control: str, enrolment: SchoolEnrolment, members: dict[str, Any], by: dict[str, str]) -> None:
    ask(_address(control, enrolment), {**members, "_as": by}, method="PATCH")


def _delete(control: str, enrolment: SchoolEnrolment) -> None:
    ask(_address(control, enrolment), {"_as": SOMEBODY}, method="DELETE")


def _rename(control: str, enrolment: SchoolEnrolment) -> bool:
    """PASI corrects the spelling of a student's legal name."""
    student = enrolment.student
    address = f"{control}/records/Student/{student.asn}/"
    identity = ask(address)["IdentificationRecord"] | {"MiddleName": "Marie"}
    ask(address, {"IdentificationRecord": identity, "_as": OFFICE}, method="PATCH")
    return True


def _create(control: str, year: SchoolYear) -> bool:
    """Somebody who was here last year comes back, and only PASI knows. False when there is nobody."""
    returning = (
        SchoolEnrolment.objects.annotate(stays=Count("student__enrolments"))
        .filter(school__code=made_up.SCHOOL_A, school_year=year - 1, deleted=False, stays=1)
        .select_related("student")
        .order_by("id")
        .first()
    )
    if returning is None:
        return False
    values = {name: getattr(returning, name) for name in SCHOOL_ENROLMENT.compared}
    values |= {
        "grade": "08",
        "start_date": dt.date(year.ending - 1, 9, 1),
        "exit_date": dt.date(year.ending, 6, 26),
    }
    ref_id = made_up.uuid.uuid5(made_up.uuid.NAMESPACE_URL, f"demo:{returning.external_id}")
    entity = SCHOOL_ENROLMENT
    whose = mapping.identity_of(
        entity, {"asn": returning.student.asn or "", "school": made_up.SCHOOL_A, "school_year": year}
    )
    document = mapping.lay_on(entity, mapping.new_document(entity, str(ref_id), whose), values, entity.compared)
    ask(f"{control}/records/StudentSchoolEnrolment/{ref_id}/", {**document, "_as": SOMEBODY}, method="PUT")
    return True


def _until(holds: Callable[[], bool]) -> bool:
    end = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < end:
        if holds():
            return True
        time.sleep(0.25)
    return False
