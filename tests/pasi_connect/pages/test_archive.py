"""The pages of the archive: its files, the events in one, and the button."""

import datetime as dt

import pytest
from django.test import Client

from operations import clock
from operations.actor import SYNC
from operations.models import Job
from operations.services import jobs
from pasi_connect.services import archiving
from sis.models import DataEvent
from tests.factories import UserFactory

pytestmark = pytest.mark.django_db


@pytest.fixture
def file(tmp_path, settings):
    settings.DATA_DIR = tmp_path
    for record, days in ((1, 400), (2, 390), (3, 0)):
        at = clock.now() - dt.timedelta(days=days)
        DataEvent.objects.create(
            at=at, entity="school_enrolment", subject_id=record, school_code="1234", fields=["exit_date"], actor_name="Rhea Molnar",
            collected_at=at,
        )  # fmt: skip
    jobs.run(archiving.start(SYNC).pk)
    return archiving.files()[0].name


def test_the_page_lists_files_and_shows_events(file, client):
    client.force_login(UserFactory(role="District officer"))
    assert file in client.get("/setup/archive/").content.decode()
    page = client.get(f"/setup/archive/{file}/").content.decode()
    assert page.count("school_enrolment") == 2
    assert "Rhea Molnar" in page
    later = client.get(f"/setup/archive/{file}/", {"after": next(archiving.read(file))["id"]}).content.decode()
    assert later.count("school_enrolment") == 1
    assert client.get("/setup/archive/secret_key/").status_code == 404


def test_archiving_begins_by_a_button_and_not_for_a_registrar():
    client = Client()
    client.force_login(UserFactory(role="Registrar"))
    assert client.post("/setup/archive/run/").status_code == 403
    client.force_login(UserFactory(role="District officer"))
    assert client.post("/setup/archive/run/").status_code == 302
    assert Job.objects.get(kind=archiving.JOB).actor_name != ""
