"""The set-up guide: each step with its state, what it waits for, who can do it, and a button that does it."""

import pytest
from django.db import connection as database
from django.test.utils import CaptureQueriesContext

from operations import clock
from operations.actor import of_user
from operations.models import AuditEntry, Job
from operations.services import jobs
from pasi_connect.models import CodeValue, ConnectionSettings, Exchange, SyncSettings
from pasi_connect.services import first_reading, steps
from sis.models import Authority, Load, School
from sis.services import organizations
from tests.factories import AuthorityFactory, EnrolmentFactory, UserFactory
from tests.factories.courses import TermFactory
from tests.moments import machine_now
from tests.pasi_connect.world import OTHER_SCHOOL, SCHOOL_CODES, World
from tests.simulator_process import AUTHORITY, OTHER_AUTHORITY


@pytest.fixture
def empty(db):
    """An installation right behind its first start."""
    AuthorityFactory(code=AUTHORITY)
    return UserFactory(role="District officer")


@pytest.fixture
def pasi(simulator):
    """On the machine's day, on which its certificates are valid."""
    simulator.clear(machine_now().date())
    World.hang_up()
    return simulator


@pytest.fixture
def connected(empty, pasi):
    """The same, with the certificate and the address of a PASI that knows two schools of ours and one of others."""
    files = pasi.files
    ConnectionSettings.objects.create(
        pk=1,
        endpoint_url=pasi.url,
        certificate_file=str(files.client),
        key_file=str(files.key_of(files.client)),
        ca_file=str(files.ca),
    )
    pasi.load(
        SchoolAuthority=[{"SchoolAuthorityCode": AUTHORITY, "Name": "Prairie Lantern", "IsActive": True}],
        School=[
            {"SchoolCode": code, "Name": f"Lantern School {code}", "SchoolAuthorityCode": owner, "IsActive": True}
            for owner, codes in ((AUTHORITY, SCHOOL_CODES), (OTHER_AUTHORITY, (OTHER_SCHOOL,)))
            for code in codes
        ],
    )
    return empty


def states(client):
    guide = client.get("/setup/").context["guide"]
    return {step.key: (step.state, step.after) for phase in guide.phases for step in phase.steps}


def test_an_empty_installation_begins_with_the_certificate(empty, as_person):
    client = as_person(empty)
    assert states(client) == {
        "certificate": ("now", ""),
        "connection": ("blocked", "Waits for step 1"),
        "code_values": ("blocked", "Waits for step 2"),
        "current_year": ("blocked", "Waits for step 2"),
        "schools": ("blocked", "Waits for step 2"),
        "calendars": ("blocked", "Waits for step 5"),
        "data": ("blocked", "Waits for step 5"),
        "active_schools": ("blocked", "Waits for step 5"),
        "regular": ("blocked", "Waits for steps 3, 4 and 8"),
        "in_step": ("blocked", "Waits for step 9"),
    }
    text = client.get("/setup/").content.decode()
    assert (
        "0 of 10 steps are done" in text
        and "Next: Certificate. Who can do it: District officer or Administrator." in text
    )
    assert "0000-0000" in text and "Waits for steps 3, 4 and 8" in text


def test_the_guide_is_followed_to_the_switch(connected, as_person):
    client = as_person(connected)
    assert states(client)["certificate"][0] == "done"
    assert states(client)["connection"] == ("now", "")
    client.post("/setup/test/")
    assert {states(client)[key][0] for key in ("code_values", "current_year", "schools")} == {"now"}
    client.post("/setup/read/")
    assert {states(client)[key][0] for key in ("code_values", "current_year", "schools")} == {"running"}
    assert "It is being read from PASI now" in client.get("/setup/").content.decode()
    job = Job.objects.get()
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.status == "completed", job.detail
    assert states(client)["active_schools"] == ("now", "")
    assert set(School.objects.values_list("enrolment_sync", flat=True)) == {"inactive"}
    school = School.objects.order_by("code").first()
    organizations.set_state(of_user(connected), school.pk, "enrolment_sync", "active")
    assert states(client)["regular"] == ("now", "")
    assert not Exchange.objects.filter(operation__startswith="Submit").exists()


def test_the_job_reads_what_is_of_no_student_and_is_in_the_audit(connected, as_person, pasi):
    as_person(connected).post("/setup/read/")
    jobs.run(Job.objects.get().pk)
    assert CodeValue.objects.exists() and SyncSettings.load().current_school_year is not None
    operations = set(Exchange.objects.values_list("operation", flat=True))
    assert operations == {
        "GetAcceptedRegistrationStatus", "GetCodeValues", "IsDataAvailable", "GetSchoolInformation",
        "GetSchoolAuthorityInformation",
    }  # fmt: skip
    entry = AuditEntry.objects.get(action="code values read")
    assert entry.actor_username == connected.username
    assert not SyncSettings.load().regular_synchronization


def test_the_schools_are_those_of_the_authority_alone(connected, as_person):
    as_person(connected).post("/setup/read/")
    jobs.run(Job.objects.get().pk)
    assert set(School.objects.values_list("code", flat=True)) == set(SCHOOL_CODES)


def test_two_who_press_at_once_start_one_job(connected, as_person):
    for _ in range(2):
        assert as_person(connected).post("/setup/read/").status_code == 302
    assert Job.objects.count() == 1


def test_the_job_ends_when_its_person_may_no_longer_set_up(connected, as_person, pasi):
    as_person(connected).post("/setup/read/")
    connected.groups.clear()
    job = Job.objects.get()
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.status == "failed" and "no longer has the permission" in job.detail
    assert not School.objects.exists()


def test_the_job_says_why_pasi_did_not_answer(connected, as_person):
    ConnectionSettings.objects.update(endpoint_url="https://127.0.0.1:1/2020/PASIService2020.svc")
    as_person(connected).post("/setup/read/")
    job = Job.objects.get()
    jobs.run(job.pk)
    job.refresh_from_db()
    assert job.status == "failed" and "PASI could not be reached." in job.detail


def test_a_refusal_is_said_in_words(connected, as_person, pasi):
    pasi.files.clients.write_text("[]")
    client = as_person(connected)
    client.post("/setup/test/")
    text = client.get("/setup/").content.decode()
    assert states(client)["connection"] == ("now", "")
    assert "PASI does not know our certificate." in text


def test_nothing_is_read_by_a_button_while_the_listener_reads(here, as_person):
    client = as_person(here.district)
    answer = client.post("/setup/read/", follow=True)
    assert "Regular synchronization is on" in answer.content.decode()
    assert not Job.objects.exists()
    assert "/setup/read/" not in client.get("/setup/").content.decode()


def test_before_the_first_start_nothing_is_read(db, as_person):
    assert not Authority.objects.exists()
    as_person(UserFactory(role="District officer")).post("/setup/read/")
    assert not Job.objects.exists() and first_reading.under_way() is None


def test_the_guide_says_who_can_do_what(here, as_person):
    roles = {role.name: role.people for role in as_person(here.district).get("/setup/").context["guide"].roles}
    assert roles["District officer"] == here.district.full_name
    assert roles["Administrator"] == here.admin.full_name
    assert here.registrar.full_name in roles["Registrar"]  # decides on changes from PASI


def test_a_button_is_not_for_those_without_the_permission(here, as_person):
    page = as_person(here.admin).get("/setup/")  # an administrator decides on no changes
    steps_of = {step.key: step for phase in page.context["guide"].phases for step in phase.steps}
    assert not steps_of["in_step"].may and steps_of["certificate"].may
    assert "Open Changes from PASI" not in page.content.decode()


def test_people_do_not_cost_a_query_each(here, as_person):
    def count():
        client = as_person(here.district)
        with CaptureQueriesContext(database) as queries:
            client.get("/setup/")
        return len(queries)

    count()
    before = count()
    for _ in range(8):
        UserFactory(role="District officer")
    assert count() == before
    assert "and 4 more" in as_person(here.district).get("/setup/").content.decode()


def test_until_it_is_set_up_every_page_leads_those_who_may_to_the_guide(empty, as_person):
    text = as_person(empty).get("/").content.decode()
    assert "PASI Connect is not set up yet." in text and "Synchronization has not started yet" in text
    assert "Everything is in step" not in text
    text = as_person(UserFactory(role="Registrar")).get("/").content.decode()
    assert "PASI Connect is not set up yet." not in text and "Regular synchronization is off." in text


def test_health_names_what_is_not_set_up(db):
    assert steps.report()["missing"][:2] == ["first_start", "certificate"]
    AuthorityFactory()
    assert steps.report()["missing"][0] == "certificate"


def test_health_says_when_all_is_set_up(connected, as_person):
    client = as_person(connected)
    client.post("/setup/test/")
    client.post("/setup/read/")
    jobs.run(Job.objects.get().pk)
    School.objects.update(enrolment_sync="active")
    assert steps.report() == {"complete": False, "missing": ["calendars", "data", "regular", "in_step"]}
    enrolment = EnrolmentFactory(school=School.objects.first())
    TermFactory(calendar__school=enrolment.school)
    row = SyncSettings.load()
    row.regular_synchronization, row.first_in_step_at = True, row.reference_read_at
    row.save()
    assert steps.report() == {"complete": True, "missing": []}
    assert client.get("/setup/").context["guide"].title == "Everything is set up"


def test_data_that_are_in_are_counted_with_what_the_last_load_refused(here, enrolment, as_person):
    TermFactory(calendar__school=here.school)
    Load.objects.create(resource="students", active=False, created_at=clock.now(), created=4, refused=2)
    guide = as_person(here.district).get("/setup/").context["guide"]
    steps_of = {step.key: step for phase in guide.phases for step in phase.steps}
    assert steps_of["data"].state == steps_of["calendars"].state == "done"
    assert steps_of["data"].words.text == "Students: 1. Enrolments: 1. 2 lines of the last load were refused."
    assert steps_of["calendars"].words.text == "1 of 2 schools have a calendar for the current school year."
