"""What a job has said of its records is read by those who see their schools now: on its page and by the API."""

import pytest
from django.test import Client

from operations import clock
from operations.actor import of_user
from operations.models import Job, JobRow
from operations.services import jobs
from pasi_connect.models import Action
from pasi_connect.services import decisions
from pasi_connect.services.decisions import taking_back
from reconciliation.services import runs
from sis.models import SchoolAccess
from sis.services.events import SCHOOL_ENROLMENT
from tests import factories
from tests.api.conftest import client_of
from tests.contract.conftest import plain_static_files  # noqa: F401 - a fixture

pytestmark = pytest.mark.usefixtures("plain_static_files")
SENTENCES = {"a": "Said of the first school", "b": "Said of the second school", "": "Said of nobody knows which"}


@pytest.fixture
def person(house):
    """Works at both schools."""
    return factories.UserFactory(role="Registrar", schools=[house.a, house.b])


def job_of(house, person, **given):
    made = Job.objects.create(
        kind="pasi_connect.force_send", status=Job.Status.COMPLETED_WITH_PROBLEMS, user=person, actor_name=person.full_name,
        actor_local_id="1", actor_ip="127.0.0.1", total=3, done=3, failed=3, created_at=clock.now(), **given,
    )  # fmt: skip
    codes = {"a": house.a.code, "b": house.b.code, "": ""}
    for number, (at, said) in enumerate(SENTENCES.items(), 1):
        JobRow.objects.create(
            job=made, entity=SCHOOL_ENROLMENT, subject_id=str(number), school_code=codes[at], code="left", message=said
        )  # fmt: skip
    return made


def page_of(user, job):
    client = Client()
    client.force_login(user)
    return client.get(f"/jobs/{job.pk}/").content.decode()


def test_rows_of_a_lost_school_are_shown_no_more(house, person):
    job = job_of(house, person)
    both, one = [SENTENCES["a"], SENTENCES["b"]], [SENTENCES["a"]]
    for seen in (both, one):
        rows = client_of(person).get(f"jobs/{job.pk}/rows/").json()["results"]
        assert [row["message"] for row in rows] == seen
        body = page_of(person, job)
        assert [said for said in SENTENCES.values() if said in body] == seen
        assert f"{3 - len(seen)} more record" in body
        SchoolAccess.objects.filter(user=person, school=house.b).delete()


def test_who_sees_all_schools_reads_every_row(house, person):
    job = job_of(house, person)
    assert len(client_of(house.district).get(f"jobs/{job.pk}/rows/").json()["results"]) == 3
    assert all(said in page_of(house.district, job) for said in SENTENCES.values())


def test_the_guards_list_names_the_present_schools_alone(house, person):
    held = [{"school": one.code, "school_year": 2027, "count": 60, "live": 100} for one in (house.a, house.b)]
    job = job_of(house, person, result={"guard": held, "moved": 1})
    SchoolAccess.objects.filter(user=person, school=house.b).delete()
    for address in (f"jobs/{job.pk}/", "jobs/"):
        body = client_of(person).get(address).json()
        result = (body["results"][0] if "results" in body else body)["result"]
        assert result == {"guard": held[:1], "moved": 1}
    assert client_of(house.district).get(f"jobs/{job.pk}/").json()["result"]["guard"] == held


def test_what_a_check_of_files_found_goes_with_its_school(house):
    person = factories.UserFactory(role="District officer", schools=[house.a])
    job = job_of(house, person, inputs={"school_code": house.a.code}, result={"check": {"rows": 12}})
    Job.objects.filter(pk=job.pk).update(kind=runs.PREVIEW)
    person.groups.get().permissions.remove(*person.groups.get().permissions.filter(codename="all_schools"))
    assert client_of(person).get(f"jobs/{job.pk}/").json()["result"] == {"check": {"rows": 12}}
    SchoolAccess.objects.filter(user=person).delete()
    assert client_of(person).get(f"jobs/{job.pk}/").json()["result"] == {}


def test_taking_decisions_back_asks_for_each_school_that_a_record_was_moved_from(house):
    """Accepting that PASI has moved a record writes at two schools; so does its undo."""
    item = factories.moved_in_pasi(house.enrolment, school_code=house.b.code)
    decision = decisions.accept(of_user(house.district), item.pk)
    action = Action.objects.get(records__decision=decision)
    undo = factories.job(house.district, kind=taking_back.JOB, inputs={"action": action.pk, "reason": "x"})
    assert jobs.right_of(undo).schools == {house.a.code, house.b.code}
