"""Send now over the API: one enrolment, or a school as a job."""

import pytest

from operations.models import Job
from pasi_connect.models import LinkState, Submission
from tests import factories
from tests.api.conftest import client_of, conflict, problem

pytestmark = pytest.mark.django_db


@pytest.fixture
def district(house):
    LinkState.objects.create(pk=1, state="down")
    return client_of(house.district)


def test_an_enrolment_is_answered_as_it_stands(house, district):
    answer = district.post(f"enrolments/{house.enrolment.pk}/send/")
    assert answer.status_code == 200
    assert answer.json()["pasi"]["state"] == "in_step"
    assert answer["ETag"] == f'"{answer.json()["version"]}"'


def test_what_waits_is_let_go_also_while_pasi_is_away(house, district):
    district.patch(f"enrolments/{house.enrolment.pk}/", {"grade": "10"})
    answer = district.post(f"enrolments/{house.enrolment.pk}/send/").json()
    assert answer["pasi"] == {"state": "waiting", "reason": "", "core_version": 10}
    assert Submission.objects.get().subject_id == house.enrolment.pk


def test_only_who_may_synchronize_sends(house, api):
    assert "synchronization" in problem(api.post(f"enrolments/{house.enrolment.pk}/send/"), 403)["detail"]
    problem(api.post(f"schools/{house.a.code}/send/"), 403)
    problem(client_of(None).post(f"enrolments/{house.enrolment.pk}/send/"), 401)
    problem(client_of(house.district).post("enrolments/999999/send/"), 404)
    problem(client_of(house.district).post("schools/9999/send/"), 404)


def test_a_school_is_a_job_once_by_its_key(house, district):
    first = district.post(f"schools/{house.a.code}/send/", headers={"Idempotency-Key": "k"})
    again = district.post(f"schools/{house.a.code}/send/", headers={"Idempotency-Key": "k"})
    job = Job.objects.get()
    assert (first.status_code, first.json()) == (202, {"id": job.pk, "job": job.pk})
    assert again.json() == first.json()
    assert (job.kind, job.inputs) == ("pasi_connect.force_send", {"school": "2001", "entity": "school_enrolment"})


def test_an_inactive_school_is_refused(house, district):
    type(house.a).objects.update(enrolment_sync="inactive")
    assert "inactive" in conflict(district.post(f"schools/{house.a.code}/send/"), "school_state")["detail"]


def test_a_stuck_one_is_told_by_its_state(house, district):
    factories.submission(house.enrolment, "needs_review", reason="changed_in_pasi")
    state = district.post(f"enrolments/{house.enrolment.pk}/send/").json()["pasi"]
    assert (state["state"], state["reason"]) == ("needs_review", "changed_in_pasi")
