"""A new enrolment over the API, and what the other school hears of it."""

import datetime as dt
from uuid import uuid4

import pytest

from operations import offers
from operations.models import Notice
from pasi_connect.models import Submission
from sis.models import DataEvent, SchoolEnrolment
from tests import factories
from tests.api.conftest import client_of, faulty_fields, problem
from tests.api.paths import address, day


def new(house, **more):
    year = house.enrolment.school_year
    return {
        "asn": house.enrolment.student.asn_shown,
        "school": "2001",
        "school_year": str(year),
        "grade": "08",
        "start_date": day(house, 2, 1),
        "exit_date": day(house, 6, 26),
        "programming_timeframe": "Evening",
        **more,
    }


def test_a_new_enrolment_is_made_and_goes_out(api, house):
    answer = api.post("enrolments/", new(house, external_id="host-1"))
    assert answer.status_code == 201
    item = answer.json()
    assert (item["ref_id"], item["version"], item["pasi"]["state"]) == (None, "1.0", "waiting")
    assert item["external_id"] == "host-1"
    assert api.get(answer["Location"]).json() == item
    made = SchoolEnrolment.objects.get(pk=item["id"])
    assert (made.student, made.school) == (house.enrolment.student, house.a)
    assert factories.take_up(made).seen_version == 0
    assert Submission.objects.get().status == "waiting"


@pytest.mark.parametrize(
    ("change", "fields"),
    [
        ({"school": "2002"}, {"school"}),
        ({"school": "20"}, {"school"}),
        ({"school": None}, {"school"}),
        ({"asn": "1"}, {"asn"}),
        ({"asn": "999999999"}, {"asn"}),
        ({"student": 1}, {"asn"}),
        ({"school_year": 2027}, {"school_year"}),
        ({"school_year": "9998-9999"}, {"school_year"}),
        ({"start_date": "1999-01-01"}, {"start_date"}),
        ({"ref_id": str(uuid4())}, {"ref_id"}),
    ],
)
def test_a_new_enrolment_that_cannot_be(api, house, change, fields):
    before = SchoolEnrolment.objects.count()
    assert faulty_fields(api.post("enrolments/", new(house, **change))) == fields
    assert SchoolEnrolment.objects.count() == before


@pytest.mark.parametrize(
    ("change", "field", "step"),
    [
        ({"programming_timeframe": "Day"}, "start_date", "Withdraw"),  # a twin of the live stay
        ({"exit_date_type": "WithdrawalDate"}, "exit_date_type", "Withdraw"),
        ({"exit_date_type": "WithdrawalDate", "exit_date": "past"}, "exit_date_type", "Withdraw"),
        ({"deleted": True}, "deleted", "Entered in error"),
        ({"school_year": "2061-2062", "start_date": "2061-09-01", "exit_date": "2062-06-26"}, "school_year", "up to"),
    ],
)
def test_a_new_enrolment_goes_around_no_guided_action(api, house, change, field, step):
    if change.get("exit_date") == "past":
        change = {**change, "exit_date": day(house, 2, 5)}
    before = SchoolEnrolment.objects.count()
    errors = problem(api.post("enrolments/", new(house, **change)), 400)["errors"]
    assert step in next(row["message"] for row in errors if row["field"] == field)
    assert SchoolEnrolment.objects.count() == before


def test_a_guided_new_stay_holds_to_the_same_rules(api, house):
    asn = house.enrolment.student.asn
    body = {name: value for name, value in new(house).items() if name != "asn"}
    for change, field in (
        ({"programming_timeframe": "Day"}, "start_date"),
        ({"exit_date_type": "WithdrawalDate"}, "exit_date_type"),
        ({"school_year": "2061-2062", "start_date": "2061-09-01", "exit_date": "2062-06-26"}, "school_year"),
    ):
        for dry_run in (True, False):
            body_now = {**body, **change, "dry_run": dry_run}
            assert field in faulty_fields(api.post(f"students/{asn}/enrolments/", body_now))
    assert SchoolEnrolment.objects.count() == 1


@pytest.mark.parametrize(
    ("present", "change", "action"),
    [
        ({}, {"exit_date_type": "WithdrawalDate"}, "withdraw"),
        ({}, {"deleted": True}, "entered-in-error"),
        ({"exit_date_type": "WithdrawalDate"}, {"exit_date": "2099-01-01"}, "correct-last-day"),
        ({"exit_date_type": "WithdrawalDate"}, {"exit_date_type": "CompletionDate"}, "withdrawal-was-a-mistake"),
        ({"deleted": True}, {"deleted": False}, "undelete"),
        ({"deleted": True}, {"grade": "09"}, "undelete"),
    ],
)
def test_a_change_that_is_a_guided_action_names_it(api, house, present, change, action):
    SchoolEnrolment.objects.filter(pk=house.enrolment.pk).update(**present)
    refused = problem(api.patch(address(house), change), 409)
    assert (refused["action"], refused["current"]["id"]) == (action, house.enrolment.pk)
    assert "Use “" in refused["detail"]
    house.enrolment.refresh_from_db()
    assert (house.enrolment.revision, DataEvent.objects.count()) == (1, 0)


def test_dates_and_programs_may_not_run_into_another_stay(api, house):
    """The return's start on the last day of the first stay, the first stay's end over the return, a program that makes twins."""
    SchoolEnrolment.objects.filter(pk=house.enrolment.pk).update(exit_date=day(house, 2, 5))
    made = factories.EnrolmentFactory(student=house.enrolment.student, school=house.a, start_date=day(house, 2, 6))
    other = factories.EnrolmentFactory(student=made.student, school=house.a, programming_timeframe="Evening")
    assert faulty_fields(api.patch(f"enrolments/{made.pk}/", {"start_date": day(house, 2, 5)})) == {"start_date"}
    assert faulty_fields(api.patch(address(house), {"exit_date": day(house, 2, 6)})) == {"exit_date"}
    assert faulty_fields(api.patch(f"enrolments/{other.pk}/", {"programming_timeframe": "Day"})) == {
        "start_date",
        "exit_date",
    }
    assert api.patch(f"enrolments/{made.pk}/", {"start_date": day(house, 2, 9)}).status_code == 200


def test_stays_that_overlap_already_can_still_be_mended(api, house):
    """They came from PASI: what does not make it worse is not refused."""
    factories.EnrolmentFactory(student=house.enrolment.student, school=house.a)
    assert api.patch(address(house), {"grade": "09"}).status_code == 200
    assert api.patch(address(house), {"exit_date": day(house, 5, 14)}).status_code == 200


def test_a_student_of_another_school_does_not_exist(house):
    body = new(house, school="2002")
    assert faulty_fields(client_of(house.registrar_b).post("enrolments/", body)) == {"asn"}


def test_an_external_id_stands_once(api, house):
    assert api.post("enrolments/", new(house, external_id="host-1")).status_code == 201
    other = factories.EnrolmentFactory(school=house.a).student.asn
    again = new(house, asn=other, external_id="host-1", start_date=day(house, 3, 1))
    assert faulty_fields(api.post("enrolments/", again)) == {"external_id"}


def test_a_second_main_stay_at_another_of_our_schools_is_named_before_it_is_made(house):
    body = new(house, school="2002")
    told = client_of(house.district).post("enrolments/", {**body, "dry_run": True}).json()
    named = next(row for row in told["expected"] if row["code"] == "second_main_stay")
    assert [(row["school"], row["enrolment"]) for row in named["stays"]] == [("2001", None)]
    concurrent = client_of(house.district).post("enrolments/", {**body, "concurrent": True, "dry_run": True}).json()
    assert "second_main_stay" not in [row["code"] for row in concurrent["expected"]]
    body = {name: value for name, value in body.items() if name != "asn"}
    asn = house.enrolment.student.asn
    looked = client_of(house.registrar_a).post(f"students/{asn}/enrolments/", {**body, "dry_run": True}).json()
    assert "second_main_stay" in [row["code"] for row in looked["records"][0]["expected"]]


@pytest.mark.parametrize(
    ("more", "told"),
    [({}, ["2001"]), ({"concurrent": True}, []), ({"dry_run": True}, []), ({"start_date": "LATER"}, [])],
)
def test_the_school_of_the_first_main_stay_hears_of_a_second_one(house, more, told):
    ends = house.enrolment.exit_date
    later = {
        "start_date": (ends + dt.timedelta(days=1)).isoformat(),
        "exit_date": (ends + dt.timedelta(days=9)).isoformat(),
    }
    body = {**new(house, school="2002"), **(later if "start_date" in more else more)}
    assert client_of(house.district).post("enrolments/", body).status_code in (200, 201)
    notices = Notice.objects.filter(kind="second_main_stay")
    assert [one.school_code for one in notices] == told
    assert all("school 2002" in offers.notices[one.kind](one.values) for one in notices)


@pytest.mark.parametrize(
    ("first", "then", "told"),
    [
        ({"concurrent": True}, {"concurrent": False}, ["2001"]),
        ({"start_date": "LATER"}, {"start_date": "BEFORE"}, ["2001"]),
        ({"concurrent": True}, {"grade": "10"}, []),
        ({}, {"grade": "10"}, []),  # it was one before: they have heard of that
    ],
)
def test_the_school_of_the_first_main_stay_hears_of_one_that_becomes_a_second(house, first, then, told):
    ends = house.enrolment.exit_date
    days = {"LATER": (ends + dt.timedelta(days=1)).isoformat(), "BEFORE": (ends - dt.timedelta(days=1)).isoformat()}
    first, then = ({name: days.get(value, value) for name, value in one.items()} for one in (first, then))
    if "start_date" in first:
        first["exit_date"] = (ends + dt.timedelta(days=9)).isoformat()
    client = client_of(house.district)
    made = client.post("enrolments/", {**new(house, school="2002"), **first}).json()
    Notice.objects.all().delete()
    assert client.patch(f"enrolments/{made['id']}/", then).status_code == 200
    assert [one.school_code for one in Notice.objects.filter(kind="second_main_stay")] == told


def test_a_record_that_pasi_has_already_is_named_before_a_second_one_is_made(api, house):
    factories.created_in_pasi(house.enrolment.student.asn, house.a.code, programming_timeframe="Evening")
    told = api.post("enrolments/", {**new(house), "dry_run": True}).json()
    assert {"10069", "twin_in_pasi"} <= {row["code"] for row in told["expected"]}


@pytest.mark.parametrize("on", [True, False])
def test_the_preview_of_a_change_says_whether_it_will_be_held(api, house, on):
    factories.synchronizing(regular_synchronization=on)
    told = api.patch(address(house), {"grade": "09", "dry_run": True}).json()
    assert (told["pasi"]["state"], told["pasi"]["reason"]) == (("waiting", "") if on else ("held", "sync_off"))
    house.enrolment.refresh_from_db()
    assert house.enrolment.grade != "09"
