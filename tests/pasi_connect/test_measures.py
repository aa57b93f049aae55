"""The figures of the queue for `/metrics`: what they count, and that a long history costs nothing."""

import datetime as dt

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from prometheus_client.parser import text_string_to_metric_families

from operations import clock
from pasi_connect.models import LinkState, Submission
from pasi_connect.models.submission import Status
from pasi_connect.panels import measures
from sis.models import DataEvent
from tests import factories

pytestmark = pytest.mark.django_db


def submission(number, status, minutes=0, **more):
    at = clock.now() - dt.timedelta(minutes=minutes)
    return Submission.objects.create(
        entity="school_enrolment", subject_id=number, lane=f"student:{number}", key=f"key-{number}", school_code="1234",
        status=status, seen_version=1, next_attempt_at=at, created_at=at, changed_at=at, **more,
    )  # fmt: skip


def event(seconds_ago):
    at = clock.now() - dt.timedelta(seconds=seconds_ago)
    return DataEvent.objects.create(at=at, entity="school_enrolment", subject_id=1, collected_at=at)


def values(answers, name):
    return {
        tuple(labels.values()): value
        for measure in answers
        if measure.name == name
        for labels, value in measure.samples
    }


def test_the_queue_is_counted_by_status_and_what_has_ended_is_not():
    submission(1, Status.WAITING)
    submission(2, Status.WAITING)
    submission(3, Status.DEAD)
    submission(4, Status.ACCEPTED)
    assert values(measures.queue(), "submissions") == {
        ("waiting",): 2, ("held",): 0, ("in_flight",): 0, ("checking",): 0, ("rejected",): 0, ("needs_review",): 0,
        ("dead",): 1,
    }  # fmt: skip


def test_the_oldest_of_each_status_has_an_age():
    submission(1, Status.HELD, minutes=30)
    submission(2, Status.HELD, minutes=5)
    submission(3, Status.WAITING, minutes=1)
    answers = values(measures.queue(), "oldest_submission_age_seconds")
    assert answers == {("held",): pytest.approx(1800, abs=60), ("waiting",): pytest.approx(60, abs=30)}


def test_time_to_pasi_is_from_the_save_to_the_acceptance():
    for number, seconds in enumerate((2, 4, 8, 600)):
        submission(number, Status.ACCEPTED, place=event(seconds).pk, finished_at=clock.now())
    submission(9, Status.ACCEPTED, place=event(7200).pk, finished_at=clock.now() - dt.timedelta(hours=1))
    answers = measures.time_to_pasi()
    assert values(answers, "accepted_recently") == {(): 4}
    quantiles = values(answers, "time_to_pasi_seconds")
    assert quantiles[("0.5",)] == pytest.approx(4, abs=1)
    assert quantiles[("1",)] == pytest.approx(600, abs=2)


def test_the_state_of_the_connection_is_the_one_that_is_1():
    LinkState.objects.update_or_create(pk=1, defaults={"state": "down"})
    answers = measures.connection()
    assert values(answers, "connection") == {("up",): 0, ("down",): 1, ("not_authorized",): 0, ("unknown",): 0}
    assert values(answers, "connection_last_answer_age_seconds") == {(): float("inf")}


def test_a_scrape_asks_as_many_questions_whatever_the_queue_holds():
    def questions():
        with CaptureQueriesContext(connection) as queries:
            assert Client().get("/metrics").status_code == 200
        return len(queries)

    before = questions()
    for number in range(40):
        status = list(Status)[number % 2]
        submission(number, status, place=event(3).pk)
        submission(100 + number, Status.ACCEPTED, place=event(3).pk, finished_at=clock.now())
    assert questions() <= before + 1  # the events of what was accepted


def test_no_figure_tells_of_a_student_or_a_school():
    enrolment = factories.EnrolmentFactory()
    submission(enrolment.pk, Status.REJECTED, detail=enrolment.student.legal_last_name)
    text = Client().get("/metrics").content.decode()
    for private in (enrolment.student.legal_last_name, enrolment.student.asn, enrolment.school.name, "1234", "key-"):
        assert private not in text
    labels = {
        name for family in text_string_to_metric_families(text) for sample in family.samples for name in sample.labels
    }
    assert labels == {"status", "state", "address", "method", "part", "le"}
