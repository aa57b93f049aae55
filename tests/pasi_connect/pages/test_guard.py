"""What the guard stopped is seen and released by those whose schools it is about, and by nobody else."""

import pytest
from django.contrib.auth.models import Group, Permission

from operations import clock
from operations.actor import of_user
from operations.models import Job
from pasi_connect import selectors
from pasi_connect.models import EnrolmentCopy, MissingRecord, SyncCursor
from pasi_connect.services.decisions import bulk
from tests import factories

pytestmark = pytest.mark.django_db
NAME = f"{EnrolmentCopy.notification_type}.2027"


@pytest.fixture
def schools():
    factories.synchronizing()
    return [factories.SchoolFactory(code=code) for code in ("2001", "2002")]


@pytest.fixture
def approver(schools):
    """May approve, at the first school alone."""
    role = Group.objects.create(name="Principal")
    names = ("approve", "setup", "view_records", "view_synchronization")
    role.permissions.set(Permission.objects.filter(content_type__app_label="operations", codename__in=names))
    made = factories.UserFactory(schools=schools[:1])
    made.groups.set([role])
    return made


def missing(*schools):
    """The guard's list, with a record of each of the schools."""
    cursor, _made = SyncCursor.objects.update_or_create(
        notification_type=NAME, defaults={"guard_stopped_at": clock.now()}
    )
    for school in schools:
        enrolment = factories.EnrolmentFactory(school=school)
        factories.link_and_copy(enrolment)
        key = factories.link_of(enrolment).key
        MissingRecord.objects.create(cursor=cursor, stopped_at=cursor.guard_stopped_at, key=key)
    return {"stopped_at": cursor.guard_stopped_at.isoformat()}


def test_a_list_of_ones_own_school_is_seen_and_released(client, approver, schools):
    given = missing(schools[0])
    client.force_login(approver)
    assert f"/setup/guard/{NAME}/" in client.get("/setup/guard/").content.decode()
    assert client.get(f"/setup/guard/{NAME}/").status_code == 200
    assert "2001" in client.get(f"/setup/guard/{NAME}/export/csv/").getvalue().decode()
    assert client.post(f"/setup/guard/{NAME}/", given).status_code == 302
    assert Job.objects.get().inputs["schools"] == ["2001"]


def test_a_list_with_a_record_of_another_school_does_not_exist(client, approver, schools):
    given = missing(*schools)
    client.force_login(approver)
    assert NAME not in client.get("/setup/guard/").content.decode()
    assert client.get(f"/setup/guard/{NAME}/").status_code == 404
    assert client.get(f"/setup/guard/{NAME}/export/csv/").status_code == 404
    assert client.post(f"/setup/guard/{NAME}/", given).status_code == 404
    assert not Job.objects.exists()
    assert "/setup/guard/" not in client.get("/").content.decode()
    client.force_login(factories.UserFactory(role="District officer"))
    assert client.get(f"/setup/guard/{NAME}/").status_code == 200


def waiting(*schools):
    """A bulk decision of another person at these schools, which the guard has stopped."""
    starter = factories.UserFactory(schools=schools)
    for school in schools:
        for _ in range(51):
            enrolment = factories.EnrolmentFactory(school=school)
            factories.link_and_copy(enrolment)
            factories.changed_in_pasi(enrolment, grade="09")
    _action, job, _found = bulk.start(of_user(starter), selectors.discrepancies(starter), bulk.Choice("accept"), {})
    assert job.status == "waiting_approval"
    return job


def test_another_persons_job_at_ones_own_school_is_released(client, approver, schools):
    job = waiting(schools[0])
    client.force_login(approver)
    assert f"/jobs/{job.pk}/" in client.get("/jobs/", {"state": "waiting"}).content.decode()
    assert client.get(f"/api/v1/jobs/{job.pk}/").status_code == 200
    assert client.post(f"/jobs/{job.pk}/approve/").status_code == 302
    job.refresh_from_db()
    assert (job.status, job.approved_by) == ("queued", approver.full_name)


def test_another_persons_job_that_goes_over_ones_schools_does_not_exist(client, approver, schools):
    job = waiting(*schools)
    client.force_login(approver)
    assert client.get(f"/jobs/{job.pk}/").status_code == 404
    assert client.post(f"/jobs/{job.pk}/approve/").status_code == 404
    assert client.get(f"/api/v1/jobs/{job.pk}/").status_code == 404
    assert client.post(f"/api/v1/jobs/{job.pk}/approve/", content_type="application/json").status_code == 404
    job.refresh_from_db()
    assert job.status == "waiting_approval"
