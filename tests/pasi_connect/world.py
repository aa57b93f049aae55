"""A small district on both sides of the wire, and the product's own steps by their plain names."""

from typing import Any
from uuid import UUID

from operations.actor import Actor, of_user
from operations.models import User
from pasi_connect.models import (
    ConnectionSettings,
    Discrepancy,
    EnrolmentCopy,
    Link,
    LinkState,
    Submission,
    SyncSettings,
)
from pasi_connect.services.compare import values
from pasi_connect.services.pull import pulling
from pasi_connect.services.queue import sending, submissions
from pasi_connect.soap import gateway
from sis.models import School, SchoolEnrolment, Student
from sis.rules.school_year import SchoolYear
from sis.services import enrolments
from tests import factories
from tests.factories import documents as mapping
from tests.moments import FIXED_DAY
from tests.simulator_process import AUTHORITY, OTHER_AUTHORITY, SimulatorProcess, new_asn

TODAY = FIXED_DAY
YEAR = SchoolYear(2027)
SCHOOL_CODES = ("4801", "4802")
OTHER_SCHOOL = "4901"
ALL_YEARS = [2025, 2026, 2027, 2028]


def pasi_student(asn: str, **more: Any) -> dict[str, Any]:
    """A student in PASI's member names."""
    identity = {
        "FirstName": "Ines",
        "LastName": f"Varga {asn[-4:]}",
        "BirthDate": "2012-03-04",
        "Gender": "Female",
        "IsNameExact": True,
    }
    return {
        "StateProvinceId": asn,
        "PrimaryStateProvinceId": asn,
        "IsDeactivated": False,
        "IsDeceased": False,
        "IdentificationRecord": identity,
        **more,
    }


class World:
    """Two schools of our authority, one of another, all active; regular synchronization is on and PASI is reachable."""

    def __init__(self, pasi: SimulatorProcess) -> None:
        self.pasi = pasi
        authority = factories.AuthorityFactory(code=AUTHORITY)
        self.school, self.other = (factories.SchoolFactory(code=code, authority=authority) for code in SCHOOL_CODES)
        self.user: User = factories.UserFactory(role="Registrar", schools=[self.school])
        self.actor: Actor = of_user(self.user, ip="10.1.2.3")
        factories.synchronizing(
            current_school_year=YEAR, accepted_school_years=ALL_YEARS, web_service_timeout_minutes=1
        )
        files = pasi.files
        self.connect(files.client)
        LinkState.objects.update_or_create(pk=1, defaults={"state": LinkState.State.UP})
        pasi.load(
            SchoolAuthority=[
                {"SchoolAuthorityCode": code, "Name": f"Authority {code}", "IsActive": True}
                for code in (AUTHORITY, OTHER_AUTHORITY)
            ],
            School=[
                {"SchoolCode": code, "Name": f"Lantern School {code}", "SchoolAuthorityCode": owner, "IsActive": True}
                for owner, codes in ((AUTHORITY, SCHOOL_CODES), (OTHER_AUTHORITY, (OTHER_SCHOOL,)))
                for code in codes
            ],
        )
        self.puller = pulling.Puller()

    def connect(self, certificate: Any) -> None:
        """Points the connection at the simulator, with the client certificate of that file."""
        connection = ConnectionSettings.load()
        connection.endpoint_url = self.pasi.url
        connection.certificate_file = str(certificate)
        connection.key_file = str(self.pasi.files.key_of(certificate))
        connection.ca_file = str(self.pasi.files.ca)
        connection.save()

    @staticmethod
    def hang_up() -> None:
        """The next call opens a connection of its own, as the first call of a process does."""
        gateway._local.__dict__.clear()

    # Records -------------------------------------------------------------------------------------------------

    def student(self, in_pasi: bool = True, **more: Any) -> Student:
        student = factories.StudentFactory(**{"asn": new_asn(), **more})
        if in_pasi and student.asn:
            self.pasi.load(Student=[pasi_student(student.asn)])
        return student

    def here(self, school: School | None = None, **given: Any) -> SchoolEnrolment:
        """A record that only the SIS has, as an import would leave it: no event, no link."""
        if "student" not in given:
            given["student"] = self.student()
        return factories.EnrolmentFactory(school=school or self.school, school_year=given.pop("year", YEAR), **given)

    def document(self, enrolment: SchoolEnrolment, ref_id: UUID) -> dict[str, Any]:
        base = mapping.new_document(ref_id, enrolment.student.asn or "", enrolment.school.code, enrolment.school_year)
        return mapping.lay_on(base, values.ours(enrolment, None), mapping.NAMES)

    def in_step(self, school: School | None = None, **given: Any) -> SchoolEnrolment:
        """A record that both sides hold, linked and pulled."""
        return self.all_in_step(1, school, **given)[0]

    def all_in_step(self, count: int, school: School | None = None, **given: Any) -> list[SchoolEnrolment]:
        """Several of them, with one load and one pull."""
        made = [self.here(school, **given) for _ in range(count)]
        links = [submissions.link_of(enrolment) for enrolment in made]
        self.pasi.load(
            StudentSchoolEnrolment=[
                self.document(enrolment, link.key) for enrolment, link in zip(made, links, strict=True)
            ]
        )
        self.pull()
        return made

    def in_pasi_only(self, school_code: str = SCHOOL_CODES[0], **members: Any) -> str:
        """A record that was made in PASIprep. Gives its RefId; nothing is pulled."""
        ghost = factories.EnrolmentFactory.build(
            student=factories.StudentFactory.build(asn=new_asn()),
            school=School(code=school_code),
            school_year=YEAR,
        )
        ref_id = str(UUID(int=int(ghost.student.asn) << 64 | 4 << 76))
        self.pasi.load(
            Student=[pasi_student(ghost.student.asn)],
            StudentSchoolEnrolment=[{**self.document(ghost, ref_id), **members}],
        )
        return ref_id

    # The product's steps -------------------------------------------------------------------------------------

    def edit(self, enrolment: SchoolEnrolment, seen_version: int | None = None, **wanted: Any) -> SchoolEnrolment:
        reason = "Entered twice." if wanted.get("deleted") else ""
        return enrolments.change(self.actor, enrolment.pk, wanted, seen_version=seen_version, reason=reason)

    def queue(self, enrolment: SchoolEnrolment, seen_version: int | None = None, **wanted: Any) -> Submission:
        """An edit, and the submission that it became."""
        self.edit(enrolment, seen_version, **wanted)
        return self.take_up(enrolment)

    def take_up(self, enrolment: SchoolEnrolment) -> Submission:
        return factories.take_up(enrolment)

    def send(self, submission: Submission) -> Submission:
        """The sender's one step with it. Gives the row as it stands then."""
        sending.attempt(submission.pk)
        submission.refresh_from_db()
        return submission

    def sync(self, enrolment: SchoolEnrolment, **wanted: Any) -> Submission:
        """Edit, collect and send."""
        return self.send(self.queue(enrolment, **wanted))

    def pull(self) -> None:
        """Asks for news until nothing new comes."""
        for _ in range(20):
            before = list(EnrolmentCopy.objects.order_by("id").values_list("pk", "digest", "vanished_at"))
            answer = self.puller.ask(0)
            assert answer.good, answer
            after = list(EnrolmentCopy.objects.order_by("id").values_list("pk", "digest", "vanished_at"))
            if before == after and not self.puller.full:
                return
        raise AssertionError("PASI's news never end")

    # Looking -------------------------------------------------------------------------------------------------

    def link(self, enrolment: SchoolEnrolment) -> Link:
        return Link.objects.get(entity="school_enrolment", subject_id=enrolment.pk)

    def copy(self, enrolment: SchoolEnrolment) -> EnrolmentCopy:
        return EnrolmentCopy.objects.get(key=self.link(enrolment).key)

    def theirs(self, enrolment: SchoolEnrolment) -> dict[str, Any]:
        """PASI's own record, asked through its control port."""
        return self.pasi.enrolment(self.link(enrolment).key)

    def change_in_pasi(self, enrolment: SchoolEnrolment, **members: Any) -> None:
        """Somebody changes the record in PASIprep; we do not know yet."""
        self.pasi.change(self.link(enrolment).key, **members)

    def item(self, enrolment: SchoolEnrolment) -> Discrepancy | None:
        """The open item of the record."""
        return Discrepancy.objects.filter(key=self.link(enrolment).key, status="open").first()

    def set(self, **values: Any) -> None:
        """Changes the synchronization settings."""
        SyncSettings.objects.filter(pk=1).update(**values)
