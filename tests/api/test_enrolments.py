"""Enrolments over the API: the items, the filters, the change, the new one."""

import pytest

from operations.models import AuditEntry
from pasi_connect.models import EnrolmentCopy
from sis.models import DataEvent, SchoolEnrolment
from tests import factories
from tests.api.conftest import client_of, faulty_fields, problem
from tests.api.paths import address, day

ITEM = {
    "id", "external_id", "ref_id", "asn", "school", "school_year", "grade", "start_date", "exit_date", "exit_date_type",
    "programming_type", "programming_timeframe", "concurrent", "exit_code", "deleted", "version", "pasi", "program_percentage",
    "local_student_id", "resident_board", "francophone_board", "fnmi_declaration", "french_hours", "enrolment_type_codes",
    "exception_codes", "grants_program_codes", "entry_code", "student",
}  # fmt: skip


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
