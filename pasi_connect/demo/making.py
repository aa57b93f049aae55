"""Writes the made-up district into the SIS and loads the same records into the simulator, in PASI's own terms."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from django.conf import settings
from django.contrib.auth.models import Group
from django.db import transaction
from django.urls import reverse

from operations import clock
from operations.actor import SYNC
from operations.models import User
from operations.services import audit
from pasi_connect.demo import courses, samples, work
from pasi_connect.demo import district as made_up
from pasi_connect.demo.asking import ask
from pasi_connect.entities import SCHOOL_ENROLMENT, SECTION, mapping
from pasi_connect.models import ConnectionSettings, Link, SyncSettings
from pasi_connect.rules.pasiprep import PLACEHOLDER
from pasi_connect.services.compare import values
from sis.models import Authority, School, SchoolAccess, SchoolEnrolment, Section, Student
from sis.models.organization import State
from sis.rules.school_year import SchoolYear

PASSWORD = "lantern-demo-2026"  # noqa: S105 - of a made-up district on the person's own machine
PEOPLE = (
    ("registrar_a", "Rhea", "Molnar", "Registrar", (made_up.SCHOOL_A,)),
    ("registrar_b", "Tobin", "Achterberg", "Registrar", (made_up.SCHOOL_B,)),
    ("district", "Marisol", "Ferreira", "District officer", ()),
    ("admin", "Anders", "Lindqvist", "Administrator", ()),
)


class OtherDistrict(Exception):
    """The data folder holds a district of the other kind: the demo's, or one that is not the demo's. A sentence for the terminal."""


def connect(simulator_port: int, certificates: Path) -> None:
    """The connection to the simulator, with the throw-away certificate."""
    connection = ConnectionSettings.load()
    connection.endpoint_url = f"https://127.0.0.1:{simulator_port}/2020/PASIService2020.svc"
    connection.certificate_file = str(certificates / "client.pem")
    connection.key_file = str(certificates / "client.key")
    connection.ca_file = str(certificates / "ca.pem")
    connection.save()


def prepare(simulator_port: int, certificates: Path) -> bool:
    """Users, settings and SIS records. True when the district was made now; connection settings follow the ports each time.

    Raises OtherDistrict where people have begun a district of their own.
    """
    with transaction.atomic():
        if User.objects.exists() and not User.objects.filter(is_demo=True).exists():
            raise OtherDistrict(
                f"{settings.DATA_DIR} holds a district that is not the demo's. Start it with DEMO=0, or set DATA_DIR to a "
                "new folder."
            )
        connect(simulator_port, certificates)
        if Authority.objects.exists():
            return False
        _settings()
        schools = _organizations()
        _people(schools)
        _records(schools, made_up.Builder(clock.today()).build())
        audit.record(SYNC, audit.Entry(audit.Verb.DEMO_DISTRICT_MADE, "authority", made_up.AUTHORITY[0]))
    return True


def _settings() -> None:
    current = SyncSettings.load()
    current.regular_synchronization = (
        False  # on when the simulator holds the records: before, all of them would be missing there
    )
    current.historical_years = 1
    current.start_delay_minutes = 0
    current.web_service_timeout_minutes = 1
    current.save()


def _organizations() -> dict[str, School]:
    code, name = made_up.AUTHORITY
    authority = Authority.objects.create(code=code, name=name, external_id=f"authority-{code}")
    schools = {}
    for school_code, school_name in made_up.SCHOOLS.items():
        school = School.objects.create(
            authority=authority,
            code=school_code,
            name=school_name,
            external_id=f"school-{school_code}",
            enrolment_sync=State.ACTIVE,
            course_marks_integration=State.ACTIVE,
        )
        schools[school_code] = school
    return schools


def _people(schools: dict[str, School]) -> None:
    for username, first, last, role, codes in PEOPLE:
        user = User.objects.create_user(
            username,
            f"{username}@lantern.example",
            PASSWORD,
            first_name=first,
            last_name=last,
            local_id=username,
            is_demo=True,
        )
        user.groups.add(Group.objects.get(name=role))
        SchoolAccess.objects.bulk_create([SchoolAccess(user=user, school=schools[code]) for code in codes])


def _records(schools: dict[str, School], district: made_up.District) -> None:
    students = {}
    for person in district.people:
        student = Student(
            external_id=f"student-{person.number}",
            asn=person.asn,
            local_number=person.local_number,
            legal_first_name=person.first,
            legal_last_name=person.last,
            legal_suffix=person.suffix,
            legal_name_exact=person.exact,
            identity_document_type=person.document_type,
            identity_document_issued=person.document_issued,
            identity_document_number=person.document_number,
            preferred_first_name=person.preferred,
            preferred_last_name=person.last if person.preferred else "",
            birth_date=person.birth_date,
            gender=person.gender,
        )
        student.search_name = student.make_search_name()
        students[person.number] = student
    Student.objects.bulk_create(students.values(), batch_size=200)
    enrolments = [
        SchoolEnrolment(
            external_id=f"enrolment-{number}",
            student=students[stay.person.number],
            school=schools[stay.school],
            school_year=stay.year,
            **stay.values,
        )
        for number, stay in enumerate(district.stays, 1)
    ]
    SchoolEnrolment.objects.bulk_create(enrolments, batch_size=200)
    links = [
        Link(school_enrolment=enrolment, key=str(stay.key))
        for enrolment, stay in zip(enrolments, district.stays, strict=True)
    ]
    Link.objects.bulk_create(links, batch_size=200)
    courses.make(schools, enrolments, clock.today())
    taught = Section.objects.order_by("pk")
    Link.objects.bulk_create(
        Link(entity=SECTION.kind, subject_id=one.pk, key=str(uuid5(NAMESPACE_URL, one.external_id or "")))
        for one in taught
    )


# --- The simulator's side ----------------------------------------------------------------------------------------


def fill_simulator(control_port: int) -> bool:
    """Loads the district into the simulator unless it holds records already. True when it was filled now.

    The first time it also switches regular synchronization on; afterwards that is the district officer's choice.
    """
    control = f"http://127.0.0.1:{control_port}/control"
    empty = not any(ask(f"{control}/health/")["records"].values())
    if empty:
        ask(f"{control}/load/", documents(made_up.Builder(clock.today()).build(), SECTION.links_along.order_by("pk")))
    SyncSettings.objects.filter(first_in_step_at=None).update(
        regular_synchronization=True,
        student_identity=True,
        pasiprep_link=f"http://127.0.0.1:{control_port}/enrolments/{PLACEHOLDER}/",
    )
    return empty


def documents(district: made_up.District, sections: Iterable[Link]) -> dict[str, Any]:
    """The district in PASI's member names; `sections` are the links of those that PASI holds."""
    authorities = [
        {"SchoolAuthorityCode": code, "Name": name, "IsActive": True}
        for code, name in (made_up.AUTHORITY, made_up.OTHER_AUTHORITY)
    ]
    schools = [
        {"SchoolCode": code, "Name": name, "SchoolAuthorityCode": authority, "IsActive": True}
        for authority, names in (
            (made_up.AUTHORITY[0], made_up.SCHOOLS),
            (made_up.OTHER_AUTHORITY[0], made_up.OTHER_SCHOOLS),
        )
        for code, name in names.items()
    ]
    return {
        "SchoolAuthority": authorities,
        "School": schools,
        "Student": [_student(person) for person in [*district.people, *district.pasi_only_people]],
        "StudentSchoolEnrolment": [_enrolment(stay) for stay in [*district.stays, *district.others]],
        "Section": [_section(link) for link in sections],
        "_as": {"name": "Prairie Lantern data load", "organization": f"A.{made_up.AUTHORITY[0]}"},
    }


def _student(person: made_up.Person) -> dict[str, Any]:
    document: dict[str, Any] = {
        "StateProvinceId": person.asn,
        "PrimaryStateProvinceId": person.asn,
        "IsDeactivated": False,
        "IsDeceased": False,
        # Long ago: the original name is not to be changed any more.
        "CreatedOnUtc": f"{person.birth_date.year + 5}-09-01T15:00:00Z",
        "IdentificationRecord": {
            "FirstName": person.first,
            "LastName": person.last,
            "Suffix": person.suffix or None,
            "BirthDate": person.birth_date,
            "Gender": person.gender,
            "IsNameExact": person.exact,
            "DocumentType": person.document_type,
            "DocumentIssueDate": person.document_issued,
            "DocumentNumber": person.document_number or None,
        },
    }
    if person.preferred:
        document["PreferredName"] = {
            "FirstName": person.preferred,
            "LastName": person.last,
            "IsNameExact": True,
            "IsPreferred": True,
        }
    return document


def _enrolment(stay: made_up.Stay) -> dict[str, Any]:
    entity = SCHOOL_ENROLMENT
    whose = mapping.identity_of(entity, {"asn": stay.person.asn, "school": stay.school, "school_year": stay.year})
    base = mapping.new_document(entity, str(stay.key), whose)
    return mapping.lay_on(entity, base, {**entity.empty, **stay.values}, entity.compared)


def _section(link: Link) -> dict[str, Any]:
    base = mapping.new_document(SECTION, link.key, mapping.identity(SECTION, link.record))
    return mapping.lay_on(SECTION, base, values.ours(link.record, link), SECTION.compared)


def welcome(port: str, control_port: str) -> str:
    """What `make run` prints when everything works."""
    from operations.services.people import demo_token

    lines = [
        "",
        f"  PASI Connect     http://127.0.0.1:{port}/",
        f"  API              http://127.0.0.1:{port}/api/v1/docs/",
        f"  PASIprep (simulator)  http://127.0.0.1:{control_port}/",
        "",
        f"  Sign in with the password {PASSWORD}",
    ]
    tokens = {user.username: demo_token(user) for user in User.objects.filter(is_demo=True)}
    for username, first, last, role, codes in PEOPLE:
        where = ", ".join(made_up.SCHOOLS[code] for code in codes) or "all schools"
        lines.append(f"    {username:<12} {first} {last}, {role}, {where}")
        lines.append(f"    {'':<12} API token {tokens.get(username, '(manage.py demo_token ' + username + ')')}")
    lines += ["", *_try_first(port, control_port), "", f"  Data: {settings.DATA_DIR}", ""]
    return "\n".join(lines)


def give_work(control_port: int) -> bool:
    """Once, after the first time in step: changes to decide, a change that needs a person, sample exports."""
    samples.write(samples_folder(), SchoolYear.of(clock.today()))
    return work.make(control_port)


def samples_folder() -> Path:
    return Path(settings.DATA_DIR) / "samples"


def _try_first(port: str, control_port: str) -> list[str]:
    """What is left to try, with its addresses. Steps already done are not offered again."""
    page, prep = f"http://127.0.0.1:{port}", f"http://127.0.0.1:{control_port}"
    tasks = work.tasks()
    lines = [
        "  Try first, as registrar_a:",
        "    Open a student, change the exit date: it is in PASI within seconds.",
    ]
    if tasks.changed is not None:
        lines += [
            f"    Decide on a change from PASI: {page}{reverse('pasi_connect:change', args=[tasks.changed.pk])}",
            f"      (the same record in PASIprep: {prep}/enrolments/{tasks.changed.key}/)",
        ]
    if tasks.stuck is not None:
        lines += [
            f"    Look at a change that is stuck: {page}{reverse('pasi_connect:submission', args=[tasks.stuck.pk])}",
            f"      (the same record in PASIprep: {prep}/enrolments/{tasks.stuck.key}/)",
        ]
    lines.append(
        "    Change an enrolment in PASIprep yourself, come back to Changes from PASI, accept one field, keep another."
    )
    lines.append("  As district:")
    if tasks.waiting:
        lines.append(f"    Decide on several changes at once: {page}{reverse('pasi_connect:changes')}")
    if samples_folder().is_dir():
        lines.append(f"    Reconcile two exports ({page}{reverse('reconciliation:runs')}): the pairs of files in")
        lines.append(f"      {samples_folder()} are clean, saved by a spreadsheet, and cut.")
    return lines
