"""Enrolments over the API: the items, the filters, the change, the new one."""

import datetime as dt
from uuid import uuid4

import pytest

from operations import offers
from operations.models import AuditEntry, Notice
from pasi_connect.models import EnrolmentCopy, Submission
from sis.models import DataEvent, SchoolEnrolment
from tests import factories
from tests.api.conftest import client_of, faulty_fields, problem

ITEM = {
    "id", "external_id", "ref_id", "asn", "school", "school_year", "grade", "start_date", "exit_date", "exit_date_type",
    "programming_type", "programming_timeframe", "concurrent", "exit_code", "deleted", "version", "pasi", "program_percentage",
    "local_student_id", "resident_board", "francophone_board", "fnmi_declaration", "french_hours", "enrolment_type_codes",
    "exception_codes", "grants_program_codes", "entry_code", "student",
}  # fmt: skip


def address(house):
    return f"enrolments/{house.enrolment.pk}/"


def day(house, month, number):
    return dt.date(house.enrolment.school_year.ending, month, number).isoformat()


def test_an_item_has_the_fields_that_others_build_on(api, house):
    listed = api.get("enrolments/").json()
    assert (listed["next"], listed["previous"]) == (None, None)
    item = listed["results"][0]
    assert set(item) == ITEM
    assert item["school_year"] == str(house.enrolment.school_year)
    assert item["ref_id"] == factories.link_of(house.enrolment).key
    assert item["version"] == "1.10"
    assert item["pasi"] == {"state": "in_step", "reason": "", "core_version": 10}
    assert item["grants_program_codes"] == []
    one = api.get(address(house))
    assert one.json() == item
    assert one["ETag"] == '"1.10"'


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("school=2001", True),
        ("school=2002", False),
        ("asn={asn}", True),
        ("asn={shown}", True),
        ("asn=999999999", False),
        ("school_year={year}", True),
        ("school_year=1999-2000", False),
        ("concurrent=false&deleted=false", True),
        ("concurrent=true", False),
        ("deleted=true", False),
        ("ref_id={ref_id}", True),
        ("ref_id=6f1c2f0e-8d52-4b7e-9d0a-2b1d4f3a7c55", False),
    ],
)
def test_filters(api, house, query, found):
    student = house.enrolment.student
    query = query.format(
        asn=student.asn,
        shown=student.asn_shown,
        year=house.enrolment.school_year,
        ref_id=factories.link_of(house.enrolment).key,
    )
    assert len(api.get(f"enrolments/?{query}").json()["results"]) == found


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("asn=12", "asn"),
        ("school=17", "school"),
        ("school_year=2026", "school_year"),
        ("school_year=2026-2028", "school_year"),
        ("deleted=perhaps", "deleted"),
        ("ref_id=x", "ref_id"),
        ("schol=2001", "schol"),
        ("after=x", "after"),
    ],
)
def test_a_filter_that_cannot_be_used_is_named(api, query, field):
    assert faulty_fields(api.get(f"enrolments/?{query}")) == {field}


def test_pages_hold_a_hundred_and_lose_none(api, house):
    made = [factories.EnrolmentFactory(school=house.a).pk for _ in range(204)]
    seen, url, sizes = [], "enrolments/", []
    while url:
        page = api.get(url).json()
        sizes.append(len(page["results"]))
        seen += [row["id"] for row in page["results"]]
        previous, url = page["previous"], page["next"]
    assert sizes == [100, 100, 5]
    assert seen == [house.enrolment.pk, *made]
    back = api.get(previous).json()
    assert [row["id"] for row in back["results"]] == seen[100:200]


# --- Change ------------------------------------------------------------------------------------------------------


def test_a_change_is_written_and_waits_for_pasi(api, house):
    answer = api.patch(address(house), {"exit_date": day(house, 5, 14)})
    assert answer.status_code == 200
    item = answer.json()
    assert (item["exit_date"], item["version"], item["pasi"]["state"]) == (day(house, 5, 14), "2.10", "waiting")
    assert answer["ETag"] == '"2.10"'
    event = DataEvent.objects.get()
    assert (event.fields, event.seen_version, event.user) == (["exit_date"], 10, house.registrar_a)
    assert AuditEntry.objects.get(action="enrolment changed").user == house.registrar_a


def test_code_lists_go_in_and_out_as_lists(api, house):
    answer = api.patch(address(house), {"grants_program_codes": ["610", "500"], "program_percentage": 50})
    assert answer.status_code == 200, answer.json()
    item = answer.json()
    assert item["grants_program_codes"] == ["500", "610"]
    assert SchoolEnrolment.objects.get(pk=house.enrolment.pk).grants_program_codes == "500 610"


def test_nothing_different_is_nothing_done(api, house):
    answer = api.patch(address(house), {"grade": house.enrolment.grade})
    assert (answer.status_code, answer.json()["version"]) == (200, "1.10")
    assert not DataEvent.objects.exists()


def test_an_old_version_is_refused_with_the_present_item(api, house):
    assert api.patch(address(house), {"grade": "09"}, HTTP_IF_MATCH='"1.10"').status_code == 200
    refused = problem(api.patch(address(house), {"grade": "07"}, HTTP_IF_MATCH='"1.10"'), 412)
    assert refused["current"] == api.get(address(house)).json()
    assert refused["current"]["grade"] == "09"


def test_a_foreign_change_in_pasi_makes_the_version_old(api, house):
    factories.changed_in_pasi(house.enrolment, local_student_id="77")
    refused = problem(api.patch(address(house), {"grade": "07"}, HTTP_IF_MATCH='"1.10"'), 412)
    assert refused["current"]["version"] == "1.11"
    assert refused["current"]["pasi"]["state"] == "differs"
    assert not DataEvent.objects.exists()


def test_our_own_accepted_submission_does_not(api, house):
    first = api.patch(address(house), {"grade": "09"})
    factories.submission(house.enrolment, "accepted", base_version=10, core_version=11, seen_version=10)
    EnrolmentCopy.objects.update(core_version=11)
    second = api.patch(address(house), {"grade": "10"}, HTTP_IF_MATCH=first["ETag"])
    assert (second.status_code, second.json()["version"]) == (200, "3.11")
    assert DataEvent.objects.latest("id").seen_version == 10


@pytest.mark.parametrize("version", ["abc", '""', '"1"', '"1.10.2"', '"9999999999999999999999.1"', '"²."'])
def test_a_version_that_is_none_of_ours_is_old(api, house, version):
    problem(api.patch(address(house), {"grade": "07"}, HTTP_IF_MATCH=version), 412)


@pytest.mark.parametrize(
    ("body", "fields"),
    [
        ({"exit_date": "2027-02-30"}, {"exit_date"}),
        ({"exit_date": None}, {"exit_date"}),
        ({"grade": "13"}, {"grade"}),
        ({"grade": ["08"]}, {"grade"}),
        ({"program_percentage": 50}, {"program_percentage"}),
        ({"program_percentage": "half"}, {"program_percentage"}),
        ({"enrolment_type_codes": ["1", "2", "3", "4"]}, {"enrolment_type_codes"}),
        ({"enrolment_type_codes": "100"}, {"enrolment_type_codes"}),
        ({"local_student_id": "x" * 16}, {"local_student_id"}),
        ({"local_student_id": "a\x00b"}, {"local_student_id"}),
        ({"nonsense": 1, "school": "2002", "version": "1.10", "pasi": {}}, {"nonsense", "school", "version", "pasi"}),
        ([{"grade": "09"}], {""}),
        ("grade", {""}),
    ],
)
def test_a_bad_body_names_its_fields_and_changes_nothing(api, house, body, fields):
    assert faulty_fields(api.patch(address(house), body)) == fields
    house.enrolment.refresh_from_db()
    assert house.enrolment.revision == 1


@pytest.mark.parametrize(
    ("name", "value", "action"),
    [
        ("school", "2002", "/withdraw/"),
        ("school_year", "2027-2028", "POST /api/v1/enrolments/"),
        ("student", 7, "/link-anew/"),
        ("asn", "123456789", "/link-anew/"),
    ],
)
def test_what_makes_another_enrolment_is_no_edit_and_the_action_is_named(api, house, name, value, action):
    (row,) = problem(api.patch(address(house), {name: value}), 400)["errors"]
    assert row["field"] == name
    assert action in row["message"]
    assert "not known" not in row["message"]


@pytest.mark.parametrize(
    ("body", "field"), [(r'{"local_student_id": "\ud800"}', "local_student_id"), (r'{"\ud800": 1}', "?")]
)
def test_half_a_character_is_refused_like_any_bad_value(api, house, body, field):
    assert faulty_fields(api.generic("PATCH", address(house), body, content_type="application/json")) == {field}


def test_rules_speak_with_their_number(api, house):
    body = problem(api.patch(address(house), {"exit_date": "2000-01-01"}), 400)
    messages = [row["message"] for row in body["errors"]]
    assert {row["field"] for row in body["errors"]} == {"exit_date"}
    assert any("10016" in message for message in messages)


def test_text_outside_latin_1_is_kept_as_it_was_written(api, house):
    item = api.patch(address(house), {"local_student_id": "Łą 1"}).json()
    assert item["local_student_id"] == "Łą 1"
    factories.take_up(house.enrolment)
    assert api.get(address(house)).json()["pasi"]["state"] == "held"
    assert api.get(address(house)).json()["pasi"]["reason"] == "text_outside"


@pytest.mark.parametrize("character", ["\x1a", "\x1f", "\t", "\x7f"])
def test_a_control_character_is_refused_with_its_field(api, house, character):
    body = problem(api.patch(address(house), {"local_student_id": f"A{character}1"}), 400)
    assert [row["field"] for row in body["errors"]] == ["local_student_id"]
    assert "control character" in body["errors"][0]["message"]


def test_what_is_no_json_and_what_says_it_is_none(api, house):
    problem(api.generic("PATCH", address(house), "{grade", content_type="application/json"), 400)
    problem(api.generic("PATCH", address(house), "[" * 100_000, content_type="application/json"), 400)
    problem(api.generic("PATCH", address(house), "grade=09", content_type="text/plain"), 415)
    problem(api.put(address(house), {"grade": "09"}), 405)
    problem(api.delete(address(house)), 405)


@pytest.mark.parametrize("who", ["registrar_a", "registrar_b", "district", "admin", None])
def test_who_may_change(house, who):
    client = client_of(getattr(house, who) if who else None)
    answer = client.patch(address(house), {"grade": "09"})
    expected = {"registrar_a": 200, "registrar_b": 404, "district": 200, "admin": 403, None: 401}[who]
    assert answer.status_code == expected
    if expected != 200:
        problem(answer, expected)
        assert not DataEvent.objects.exists()


def test_a_change_of_synchronization_off_is_kept(api, house):
    factories.synchronizing(regular_synchronization=False)
    assert api.patch(address(house), {"grade": "09"}).status_code == 200
    factories.take_up(house.enrolment)
    assert api.get(address(house)).json()["pasi"] == {"state": "held", "reason": "sync_off", "core_version": 10}


# --- The same request twice --------------------------------------------------------------------------------------


def test_a_repeated_request_is_done_once(api, house):
    first = api.patch(address(house), {"grade": "09"}, HTTP_IDEMPOTENCY_KEY="k1")
    again = api.patch(address(house), {"grade": "09"}, HTTP_IDEMPOTENCY_KEY="k1")
    assert (again.status_code, again.json(), again["ETag"]) == (200, first.json(), first["ETag"])
    assert again["Idempotent-Replay"] == "true"
    assert DataEvent.objects.count() == 1
    problem(api.patch(address(house), {"grade": "10"}, HTTP_IDEMPOTENCY_KEY="k1"), 422)


def test_a_refused_request_may_be_corrected_under_its_key(api, house):
    assert api.patch(address(house), {"grade": "13"}, HTTP_IDEMPOTENCY_KEY="k2").status_code == 400
    assert api.patch(address(house), {"grade": "09"}, HTTP_IDEMPOTENCY_KEY="k2").status_code == 200


def test_keys_of_two_people_are_two_keys(api, house):
    other = client_of(house.district)
    assert api.patch(address(house), {"grade": "09"}, HTTP_IDEMPOTENCY_KEY="k").status_code == 200
    assert other.patch(address(house), {"grade": "10"}, HTTP_IDEMPOTENCY_KEY="k").json()["grade"] == "10"


# --- A new one ---------------------------------------------------------------------------------------------------


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
    assert all("school 2002" in offers.notices[one.kind](one.inputs) for one in notices)


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
