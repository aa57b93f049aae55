"""Home: the title is the answer, in each state of the link and of the work."""

import datetime as dt
import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from operations import clock
from operations.actor import SYNC, of_user
from operations.models import Job
from pasi_connect.models import Action, BulkSelection, LinkState, Submission, SyncCursor, SyncSettings
from pasi_connect.services import decisions
from pasi_connect.services.decisions import bulk
from sis.services import sections
from tests.factories import EnrolmentFactory, SectionFactory, changed_in_pasi, job, link_and_copy, submission, take_up
from tests.markup import squeezed

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
    assert title(page) == "1 change from PASI is waiting for you, 1 submission is stuck"
    text = page.content.decode()
    assert "The exit date is before the start date. (10016)" in text
    assert "Correct the exit date." in text
    assert f"/changes/{item.pk}/?group=safe" in text


def test_another_school_sees_none_of_it(here, as_person, item):
    page = as_person(here.stranger).get("/")
    assert title(page) == "Everything is in step"
    assert item.school_enrolment.student.name not in page.content.decode()


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
    text = squeezed(as_person(here.registrar).get("/").content.decode())
    assert '<dd class="big">4 s</dd>' in text
    assert "95 percent within 90 s" in text
    assert '<dd class="big">3</dd>' in text


@pytest.mark.parametrize(
    ("state", "words"),
    [("down", "PASI has been unavailable since"), ("not_authorized", "PASI has been refusing our connection since")],
)
def test_works_while_pasi_is_away(here, as_person, state, words):
    LinkState.objects.update(state=state, since=clock.now())
    submission(EnrolmentFactory(school=here.school), "waiting")
    page = as_person(here.registrar).get("/")
    text = page.content.decode()
    assert title(page) == "1 change is waiting for PASI; nothing is lost"
    assert words in text
    assert "What still works" in text


def test_says_when_synchronization_is_off(here, as_person):
    SyncSettings.objects.update(regular_synchronization=False)
    assert "Regular synchronization is off" in as_person(here.registrar).get("/").content.decode()


def test_an_administrator_sees_all_and_is_offered_no_decision(here, as_person, item):
    text = as_person(here.admin).get("/").content.decode()
    assert "Safe changes from PASI" in text
    assert "Start with the oldest" not in text
    assert "Review them" in text


def test_anonymous_people_sign_in_first(client, db):
    response = client.get("/")
    assert response.status_code == 302
    assert response["Location"].startswith(reverse("login"))


def test_a_recent_decision_can_be_taken_back_from_here(here, as_person, item):
    registrar = as_person(here.registrar)
    registrar.post(f"/changes/{item.pk}/", {"version": item.version, "do": "save", "field-grade": "pasi"})
    decision = item.decisions.get()
    assert f"/decisions/{decision.pk}/undo/" in registrar.get("/").content.decode()


def test_what_was_deleted_and_restored_is_told_by_these_words(here, as_person):
    section = SectionFactory(school=here.school)
    for deleted in (True, False):
        sections.change(SYNC, section.pk, {"deleted": deleted})
    told = [entry["text"] for entry in as_person(here.registrar).get("/").context["activity"]]
    assert told == ["Restored", "Deleted"]


def test_the_number_of_queries_does_not_follow_the_number_of_rows(here, as_person, item, django_assert_num_queries):
    registrar = as_person(here.registrar)
    submission(EnrolmentFactory(school=here.school), "rejected")
    changed(here, 5, grade="11")
    registrar.get("/")
    with CaptureQueriesContext(connection) as few:
        registrar.get("/")
    for _n in range(6):
        one = EnrolmentFactory(school=here.school)
        link_and_copy(one)
        changed_in_pasi(one, grade=f"{_n + 1:02}")
        submission(EnrolmentFactory(school=here.school), "rejected")
    changed(here, 30, grade="12")
    with django_assert_num_queries(len(few)):
        registrar.get("/")


# Alike changes, and each problem once ------------------------------------------------------------------------------


def changed(here, number, by="Tove Vandermolen", **theirs):
    made = []
    for _ in range(number):
        one = EnrolmentFactory(school=here.school)
        link_and_copy(one)
        made.append(changed_in_pasi(one, by=by, **theirs))
    return made


def rows(page):
    return [(row["count"], row["title"]) for row in page.context["waits"]]


def test_alike_changes_are_one_and_what_stands_out_is_apart(here, as_person):
    many = changed(here, 7, exit_date=dt.date(2027, 6, 24))
    outlier, other = changed(here, 1, exit_date=dt.date(2027, 6, 2)), changed(here, 2, by="Somebody else", grade="09")
    registrar = as_person(here.registrar)
    page = registrar.get("/")
    before = many[0].school_enrolment.exit_date.isoformat()
    assert rows(page) == [
        ("7", f"Exit date {before} → 2027-06-24"),
        ("3", "Other safe changes from PASI"),
    ]
    alike, rest = page.context["waits"]
    assert alike["text"] == "Only PASI changed, by Tove Vandermolen, A.1750"
    listed = registrar.get(alike["url"]).context
    assert [row["item"].pk for row in listed["rows"]] == [one.pk for one in many]
    assert [chip["text"] for chip in listed["chips"]] == [f"Similar: Exit date {before} → 2027-06-24"]
    review = registrar.get(alike["action"])
    assert (review.context["number"], review.context["selection"].here) == (7, 7)
    assert [row["item"].pk for row in registrar.get(rest["url"]).context["rows"]] == [
        one.pk for one in (*outlier, *other)
    ]
    assert rest["action"].startswith(f"/changes/{outlier[0].pk}/?group=safe&not_alike=")
    assert registrar.get("/changes/?alike=nonsense").status_code == 400


def test_the_person_and_the_values_make_changes_alike(here, as_person):
    changed(here, 4, grade="09")
    changed(here, 4, by="Somebody else", grade="09")
    assert rows(as_person(here.registrar).get("/")) == [("8", "Safe changes from PASI")]


def test_a_decided_one_is_no_longer_among_the_alike(here, as_person):
    many = changed(here, 6, grade="09")
    decisions.accept(of_user(here.registrar), many[0].pk)
    assert rows(as_person(here.registrar).get("/")) == [("5", "Grade 08 → 09")]
    decisions.accept(of_user(here.registrar), many[1].pk)
    assert rows(as_person(here.registrar).get("/")) == [("4", "Safe changes from PASI")]


def test_who_does_not_decide_is_led_to_look(here, as_person):
    changed(here, 5, grade="09")
    (row,) = as_person(here.admin).get("/").context["waits"]
    assert (row["label"], row["action"]) == ("Review them", row["url"])
    assert as_person(here.stranger).get("/").context["waits"] == []


def test_each_problem_stands_once(here, as_person, item):
    """A change to decide whose own submission waits for it is one thing to do, not two."""
    submission(item.school_enrolment, "needs_review", key=item.key)
    alone = submission(EnrolmentFactory(school=here.school), "rejected")
    page = as_person(here.registrar).get("/")
    assert title(page) == "1 change from PASI is waiting for you, 1 submission is stuck"
    assert rows(page) == [("1", "Safe changes from PASI")]
    assert [row["submission"].pk for row in page.context["stuck"]] == [alone.pk]


def test_a_reset_that_pasi_refused_waits_once(here, as_person, item):
    decisions.reject(of_user(here.registrar), item.pk, reason="Ours is right.")
    take_up(item.school_enrolment)
    Submission.objects.update(status="rejected", rejections=[{"code": "10016", "message": "x"}])
    page = as_person(here.registrar).get("/")
    assert title(page) == "1 change from PASI is waiting for you"
    assert rows(page) == [("1", "Resets that PASI refused")]
    assert page.context["stuck"] == []
    listed = as_person(here.registrar).get(page.context["waits"][0]["url"]).context["rows"]
    assert [row["item"].pk for row in listed] == [item.pk]


def action_of(page):
    """The entry of the only action in the recent activity."""
    return next(entry for entry in page.context["activity"] if entry["name"] == "record by record")


def test_jobs_that_wait_for_approval_wait_for_those_who_approve(here, as_person):
    made = job(here.registrar, "waiting_approval", kind=bulk.JOB)
    assert rows(as_person(here.district).get("/")) == [(1, "Job waiting for approval")]
    assert as_person(here.district).get("/").context["waits"][0]["action"] == f"/jobs/{made.pk}/"
    assert rows(as_person(here.registrar).get("/")) == []


@pytest.mark.parametrize(("total", "once"), [(6, True), (5, False)], ids=["all of them", "a part"])
def test_alike_changes_that_a_job_holds_for_approval_stand_once(here, as_person, total, once):
    many = changed(here, 6, grade="09")
    key, held = many[0].alike, [one.pk for one in many[:total]]
    made = job(here.registrar, "waiting_approval", kind=bulk.JOB, total=total)
    given = {"kind": "bulk_decision", "at": clock.now(), "inputs": {"filter": {"alike": key}}, "job": made}
    action = Action.objects.create(**given, user=here.registrar, actor_name=here.registrar.full_name)
    BulkSelection.objects.create(action=action, ids=held)
    Job.objects.filter(pk=made.pk).update(inputs={"action": action.pk})
    group = ("6", "Grade 08 → 09")
    district, registrar = (as_person(who).get("/") for who in (here.district, here.registrar))
    assert rows(district) == [(1, "Job waiting for approval"), *([] if once else [group])]
    assert rows(registrar) == [group]
    (row,) = registrar.context["waits"]
    assert (row["label"], row["action"]) == ("View the job", f"/jobs/{made.pk}/") or not once
    assert once or row["label"] == "Review all 6"
    assert action_of(registrar)["look"] == ""
    Job.objects.filter(pk=made.pk).update(started_at=clock.now())
    assert action_of(as_person(here.registrar).get("/"))["look"] == f"/actions/{action.pk}/undo/"


def test_a_set_that_the_guard_stopped_waits_for_those_who_approve(here, as_person):
    SyncCursor.objects.create(notification_type="Student", guard_stopped_at=clock.now())
    assert rows(as_person(here.district).get("/")) == [(1, "Records missing from what PASI sent")]
    assert rows(as_person(here.registrar).get("/")) == []
