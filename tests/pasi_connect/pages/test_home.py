"""Home: the title is the answer, in each state of the link and of the work."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from operations import clock
from pasi_connect.models import LinkState, SyncSettings
from tests.factories import EnrolmentFactory, changed_in_pasi, link_and_copy, submission

pytestmark = pytest.mark.django_db


def title(response) -> str:
    return re.search(r"<h1[^>]*>(.*?)</h1>", response.content.decode(), re.S)[1].strip()


def test_nothing_waits(here, as_person, enrolment):
    response = as_person(here.registrar).get("/")
    assert response.status_code == 200
    assert title(response) == "Everything is in step"
    assert "1 of 1" in response.content.decode()


def test_the_title_counts_changes_and_what_is_stuck(here, as_person, item):
    other = EnrolmentFactory(school=here.school)
    submission(other, "rejected", rejections=[{"code": "10016", "message": "Exit date before start date"}])
    page = as_person(here.registrar).get("/")
    assert title(page) == "1 change from PASI waits for you, 1 submission is stuck"
    text = page.content.decode()
    assert "The exit date lies before the start date. (10016)" in text
    assert "Correct the exit date." in text
    assert f"/changes/{item.pk}/?group=safe" in text


def test_another_school_sees_none_of_it(here, as_person, item):
    page = as_person(here.stranger).get("/")
    assert title(page) == "Everything is in step"
    assert item.enrolment.student.name not in page.content.decode()


def test_time_to_pasi_is_the_median_of_today(here, as_person):
    now = clock.now()
    for seconds in (2, 4, 90):
        one = EnrolmentFactory(school=here.school)
        submission(one, "accepted", created_at=now - dt.timedelta(seconds=seconds), finished_at=now)
    submission(
        EnrolmentFactory(school=here.school),
        "accepted",
        created_at=now - dt.timedelta(days=3),
        finished_at=now - dt.timedelta(days=2),
    )
    text = as_person(here.registrar).get("/").content.decode()
    assert '<dd class="big">4 s</dd>' in text
    assert "95 of 100 within 90 s" in text
    assert '<dd class="big">3</dd>' in text


@pytest.mark.parametrize(
    ("state", "words"), [("down", "PASI has been away since"), ("not_authorised", "PASI refuses us since")]
)
def test_works_while_pasi_is_away(here, as_person, state, words):
    LinkState.objects.update(state=state, since=clock.now())
    submission(EnrolmentFactory(school=here.school), "waiting")
    page = as_person(here.registrar).get("/")
    text = page.content.decode()
    assert title(page) == "1 change waits for PASI, nothing is lost"
    assert words in text
    assert "What works as always" in text


def test_says_when_synchronisation_is_off(here, as_person):
    SyncSettings.objects.update(regular_synchronization=False)
    assert "Regular synchronisation is off" in as_person(here.registrar).get("/").content.decode()


def test_an_administrator_sees_all_and_is_offered_no_decision(here, as_person, item):
    text = as_person(here.admin).get("/").content.decode()
    assert "Safe changes from PASI" in text
    assert "Start with the oldest" not in text
    assert "Look at them" in text


def test_anonymous_people_sign_in_first(client, db):
    response = client.get("/")
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))


def test_a_recent_decision_can_be_taken_back_from_here(here, as_person, item):
    registrar = as_person(here.registrar)
    registrar.post(f"/changes/{item.pk}/", {"version": item.version, "do": "save", "field-grade": "pasi"})
    decision = item.decisions.get()
    assert f"/decisions/{decision.pk}/undo/" in registrar.get("/").content.decode()


def test_the_number_of_queries_does_not_follow_the_number_of_rows(here, as_person, item, django_assert_num_queries):
    registrar = as_person(here.registrar)
    submission(EnrolmentFactory(school=here.school), "rejected")
    registrar.get("/")
    with CaptureQueriesContext(connection) as few:
        registrar.get("/")
    for _n in range(6):
        one = EnrolmentFactory(school=here.school)
        link_and_copy(one)
        changed_in_pasi(one, grade="10")
        submission(EnrolmentFactory(school=here.school), "rejected")
    with django_assert_num_queries(len(few)):
        registrar.get("/")
