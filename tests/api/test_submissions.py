"""Submissions and exchanges over the API."""

import datetime as dt
from uuid import uuid4

import pytest

from operations import clock
from operations.models import AuditEntry
from pasi_connect.models import Exchange, Submission
from pasi_connect.models.submission import Status
from tests import factories
from tests.api.conftest import client_of, conflict, faulty_fields, problem


@pytest.fixture
def rejected(api, house):
    """A submission of a real change that PASI refused."""
    api.patch(f"enrolments/{house.enrolment.pk}/", {"grade": "09"})
    made = factories.take_up(house.enrolment)
    made.status, made.reason = Status.REJECTED, "10016"
    made.rejections = [{"code": "10016", "message": "RegistrationExitDate"}]
    made.save()
    return made


def address(submission, what=""):
    return f"submissions/{submission.pk}/{what}"


def test_an_item_says_where_it_is_in_words(api, house, rejected):
    (item,) = api.get("submissions/").json()["results"]
    assert set(item) == {
        "id", "entity", "key", "part", "item", "ref_id", "subject_id", "enrolment", "asn", "school", "status", "reason",
        "message", "next_step", "detail", "rejections", "fields", "attempts", "seen_version", "core_version", "actor", "created_at", "changed_at", "finished_at",
    }  # fmt: skip
    assert (item["enrolment"], item["asn"]) == (house.enrolment.pk, house.enrolment.student.asn)
    assert (item["status"], item["fields"], item["actor"]) == (
        "rejected",
        ["grade"],
        f"{house.registrar_a.full_name}, by Test",
    )
    assert item["message"].startswith("The exit date is before the start date.")
    assert item["next_step"] == "Correct the exit date."
    assert item["rejections"] == [{"code": "10016", "message": "RegistrationExitDate"}]
    assert api.get(address(rejected)).json() == item


@pytest.mark.parametrize("status", Status.values)
def test_every_state_has_words(api, house, status):
    made = factories.submission(house.enrolment, status)
    assert api.get(address(made)).json()["message"]


def test_filters(api, rejected):
    assert len(api.get("submissions/?status=rejected").json()["results"]) == 1
    assert len(api.get("submissions/?status=accepted").json()["results"]) == 0
    assert len(api.get(f"submissions/?ref_id={rejected.key}").json()["results"]) == 1
    assert len(api.get(f"submissions/?ref_id={uuid4()}").json()["results"]) == 0
    assert faulty_fields(api.get("submissions/?status=lost")) == {"status"}
    assert faulty_fields(api.get("submissions/?ref=1")) == {"ref"}


def test_send_again_queues_it_in_the_name_of_who_asks(house, rejected):
    answer = client_of(house.district).post(address(rejected, "send-again/"))
    assert (answer.status_code, answer.json()["status"], answer.json()["rejections"]) == (200, "waiting", [])
    rejected.refresh_from_db()
    assert (rejected.status, rejected.seen_version, rejected.user) == ("waiting", 10, house.district)


def test_send_again_with_a_version_that_is_not_the_present_one(api, house, rejected):
    factories.changed_in_pasi(house.enrolment, local_student_id="7")
    refused = conflict(api.post(address(rejected, "send-again/"), {"seen_version": 10}), "conflict")
    assert refused["current"]["status"] == "rejected"
    assert api.post(address(rejected, "send-again/"), {"seen_version": 11}).status_code == 200


def test_cancel_leaves_the_difference_for_a_decision(api, house, rejected):
    answer = api.post(address(rejected, "cancel/"), {"reason": "Typed by mistake."})
    assert (answer.status_code, answer.json()["status"], answer.json()["reason"]) == (200, "cancelled", "by_person")
    assert api.get(f"enrolments/{house.enrolment.pk}/").json()["pasi"]["state"] == "differs"
    assert AuditEntry.objects.filter(entity="submission", user=house.registrar_a).exists()


@pytest.mark.parametrize(
    ("what", "status"), [("send-again/", "waiting"), ("cancel/", "in_flight"), ("cancel/", "accepted")]
)
def test_what_the_state_does_not_allow_is_refused_with_the_item(api, house, what, status):
    made = factories.submission(house.enrolment, status)
    assert conflict(api.post(address(made, what)), "submission_state")["current"]["status"] == status


@pytest.mark.parametrize("what", ["send-again/", "cancel/"])
@pytest.mark.parametrize(("who", "status"), [("registrar_b", 404), ("admin", 403), (None, 401)])
def test_who_may_not(house, rejected, what, who, status):
    problem(client_of(getattr(house, who) if who else None).post(address(rejected, what)), status)
    assert Submission.objects.get().status == "rejected"


def test_bad_bodies(api, rejected):
    assert faulty_fields(api.post(address(rejected, "send-again/"), {"seen_version": -1})) == {"seen_version"}
    assert faulty_fields(api.post(address(rejected, "send-again/"), {"seen": 1})) == {"seen"}
    assert faulty_fields(api.post(address(rejected, "cancel/"), {"reason": ["x"]})) == {"reason"}


# --- Exchanges ---------------------------------------------------------------------------------------------------


def exchange(school_code="2001", **more):
    now = clock.now()
    return Exchange.objects.create(
        **{
            "message_id": uuid4(),
            "operation": "SubmitStudentSchoolEnrolment",
            "school_code": school_code,
            "organization": f"S.{school_code}",
            "person_name": "Rhea Molnar",
            "person_local_id": "registrar_a",
            "person_ip": "127.0.0.1",
            "sent_at": now - dt.timedelta(seconds=1),
            "answered_at": now,
            "milliseconds": 1000,
            "outcome": "accepted",
            "request_body": "<secret/>",
            **more,
        }
    )


def test_exchanges_are_told_without_their_bodies(api, house):
    made = factories.submission(house.enrolment, "accepted")
    exchange(submission=made, key=made.key)
    exchange(outcome="unavailable")
    exchange(school_code="2002")
    answer = api.get("exchanges/")
    assert [row["outcome"] for row in answer.json()["results"]] == ["accepted", "unavailable"]
    assert b"secret" not in answer.content
    for query, found in (
        (f"submission={made.pk}", 1),
        (f"ref_id={made.key}", 1),
        ("outcome=unavailable", 1),
        ("operation=HelloWorld", 0),
    ):
        assert len(api.get(f"exchanges/?{query}").json()["results"]) == found, query
    assert faulty_fields(api.get("exchanges/?outcome=lost")) == {"outcome"}
    for number in ("x", "1.5", "-1", 10**30):
        assert faulty_fields(api.get(f"exchanges/?submission={number}")) == {"submission"}


def test_calls_of_internal_processes_are_for_those_who_see_all_schools(api, house):
    made = exchange(school_code="", operation="IsDataAvailable")
    problem(api.get(f"exchanges/{made.pk}/"), 404)
    assert client_of(house.district).get(f"exchanges/{made.pk}/").json()["operation"] == "IsDataAvailable"


def test_a_key_is_found_however_it_is_spelled(api, house):
    api.patch(f"enrolments/{house.enrolment.pk}/", {"grade": "09"})
    made = factories.take_up(house.enrolment)
    for path in ("submissions/", "decisions/", "discrepancies/", "exchanges/"):
        assert api.get(path, {"key": made.key.upper()}).status_code == 200
    assert [one["id"] for one in api.get("submissions/", {"key": f" {made.key.upper()} "}).json()["results"]] == [
        made.pk
    ]
    assert api.get("submissions/", {"key": "x" * 61}).status_code == 400
