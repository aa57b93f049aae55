"""Four eyes: the one who started a guarded job does not release it, on no page and by no token; and nobody signs as another."""

import pytest
from django.contrib.auth.models import Group

from operations.actor import of_user
from operations.models import ApprovalSettings, AuditEntry, Job, User
from operations.services import accounts, jobs
from pasi_connect import selectors
from pasi_connect.services.decisions import bulk
from tests import factories
from tests.api.conftest import client_of

pytestmark = pytest.mark.django_db


@pytest.fixture
def school():
    factories.synchronizing()
    made = factories.SchoolFactory(code="2001")
    for _ in range(51):
        enrolment = factories.EnrolmentFactory(school=made)
        factories.link_and_copy(enrolment)
        factories.changed_in_pasi(enrolment, grade="09")
    return made


@pytest.fixture
def officer(school):
    return factories.UserFactory(role="District officer")


@pytest.fixture
def on():
    ApprovalSettings.objects.create(pk=1, four_eyes=True)


def started(officer, confirmed=False):
    items = selectors.discrepancies(officer)
    _action, job, _found = bulk.start(of_user(officer), items, bulk.Choice("accept"), {}, confirmed=confirmed)
    return job


def status(job):
    return Job.objects.get(pk=job.pk).status


def approve_by_api(user, job):
    return client_of(user).post(f"/api/v1/jobs/{job.pk}/approve/", {}, format="json")


def test_it_is_off_until_it_is_switched_on_here_or_by_the_installation(settings):
    assert not jobs.four_eyes()
    settings.FOUR_EYES = True
    assert jobs.four_eyes()
    ApprovalSettings.objects.create(pk=1, four_eyes=False)
    assert not jobs.four_eyes()


def test_off_the_own_confirmation_is_the_approval(officer, client):
    assert status(started(officer, confirmed=True)) == "queued"
    job = started(officer)
    client.force_login(officer)
    assert "Approve: 51 records" in client.get(f"/jobs/{job.pk}/").content.decode()
    assert approve_by_api(officer, job).status_code == 200
    assert status(job) == "queued"


def test_on_the_starter_releases_it_on_no_page_and_by_no_token(officer, client, on):
    job = started(officer, confirmed=True)
    assert status(job) == "waiting_approval"
    client.force_login(officer)
    page = client.get(f"/jobs/{job.pk}/").content.decode()
    assert "Approve: 51 records" not in page
    assert "Another person with the permission Approve" in page
    answer = client.post(f"/jobs/{job.pk}/approve/", follow=True).content.decode()
    assert "You started this job. Another person with the permission Approve must approve it." in answer
    refused = approve_by_api(officer, job)
    assert refused.status_code == 409
    assert "Another person" in refused.json()["detail"]
    assert status(job) == "waiting_approval"
    shown = client.get("/changes/bulk/", {"decision": "accept", "all": "1"}).content.decode()
    assert "Your confirmation is the approval" not in shown
    assert "Job waiting for approval" not in client.get("/").content.decode()


def test_on_another_person_releases_it(officer, client, on):
    job, other = started(officer), factories.UserFactory(role="District officer")
    client.force_login(other)
    assert "Job waiting for approval" in client.get("/").content.decode()
    assert approve_by_api(other, job).status_code == 200
    job.refresh_from_db()
    assert (job.status, job.approved_by) == ("queued", f"{other.full_name}, by Test")


def test_who_is_to_be_watched_does_not_switch_it_off(officer, client, on):
    client.force_login(officer)
    assert client.get("/setup/approval/").status_code == 403
    assert client.post("/setup/approval/", {"version": "1"}).status_code == 403
    admin = factories.UserFactory(role="Administrator")
    client.force_login(admin)
    assert "Second person required" in client.get("/setup/approval/").content.decode()
    assert client.post("/setup/approval/", {"version": "1"}).status_code == 302
    assert not jobs.four_eyes()
    entry = AuditEntry.objects.get(entity="settings")
    assert entry.changes == {"four_eyes": [True, False]}
    assert (entry.actor_username, entry.actor_full_name) == (admin.username, admin.full_name)


# The name that PASI is told --------------------------------------------------------------------------------------------


@pytest.fixture
def lucja():
    return factories.UserFactory(first_name="Łucja", last_name="Wiśniewska")


def profile(client, name):
    return client.post("/profile/", {"plain_name": name, "theme": "", "language": ""})


def test_a_person_takes_no_name_but_the_own_one(lucja, client):
    client.force_login(lucja)
    answer = profile(client, "Marisol Eklund")
    assert answer.status_code == 422
    assert "not a spelling of your name" in answer.content.decode()
    assert User.objects.get(pk=lucja.pk).plain_name == ""
    assert profile(client, "Lucja Wisniewska").status_code == 302
    assert User.objects.get(pk=lucja.pk).plain_name == "Lucja Wisniewska"


def person_form(person, **more):
    values = {name: getattr(person, name) for name in accounts.BY_ADMINISTRATORS if name != "is_active"}
    return {**values, "is_active": "on", "role": str(person.groups.get().pk), **more}


def test_an_administrator_agrees_to_another_one_which_the_person_keeps(lucja, client):
    client.force_login(factories.UserFactory(role="Administrator"))
    assert client.post(f"/people/{lucja.pk}/", person_form(lucja, plain_name="Lucia Wisnewsky")).status_code == 302
    client.force_login(lucja)
    assert profile(client, "Lucia Wisnewsky").status_code == 302
    lucja.refresh_from_db()
    actor = of_user(lucja)
    assert (actor.name, actor.username, actor.full_name) == ("Lucia Wisnewsky", lucja.username, "Łucja Wiśniewska")


def test_an_administrator_takes_none_for_themselves(client):
    admin = factories.UserFactory(role="Administrator")
    client.force_login(admin)
    assert client.post(f"/people/{admin.pk}/", person_form(admin, plain_name="Marisol Eklund")).status_code == 422
    admin.refresh_from_db()
    assert admin.plain_name == ""


def test_what_was_agreed_for_one_name_does_not_hold_for_the_next(lucja, client):
    User.objects.filter(pk=lucja.pk).update(plain_name="Lucja Wisniewska")
    lucja.refresh_from_db()
    client.force_login(factories.UserFactory(role="Administrator"))
    client.post(f"/people/{lucja.pk}/", person_form(lucja, last_name="Nowak"))
    lucja.refresh_from_db()
    assert (lucja.last_name, lucja.plain_name) == ("Nowak", "")


def test_the_audit_keeps_user_name_and_full_name_also_of_a_job(officer, lucja):
    lucja.groups.set(Group.objects.filter(name="District officer"))
    User.objects.filter(pk=lucja.pk).update(plain_name="Lucja Wisniewska")
    job = started(User.objects.get(pk=lucja.pk), confirmed=True)
    jobs.run(job.pk)
    entries = AuditEntry.objects.filter(user=lucja)
    assert set(entries.values_list("actor_name", "actor_username", "actor_full_name")) == {
        ("Lucja Wisniewska", lucja.username, "Łucja Wiśniewska")
    }
    assert entries.filter(entity="job").exists()
