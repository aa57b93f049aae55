"""Decisions over the API: the item, accept, reject, undo, and what has moved meanwhile."""

import pytest

from pasi_connect.models import Decision, Discrepancy
from sis.models import DataEvent, SchoolEnrolment
from sis.models.event import Origin
from tests import factories
from tests.api.conftest import client_of, conflict, faulty_fields, problem


@pytest.fixture
def item(house):
    """Grade and exit code list changed in PASI, at version 11."""
    return factories.changed_in_pasi(house.enrolment, grade="09", grants_program_codes="500 600")


def address(item, what=""):
    return f"discrepancies/{item.pk}/{what}"


def test_an_item_has_the_fields_that_others_build_on(api, house, item):
    (told,) = api.get("discrepancies/").json()["results"]
    fields = told.pop("fields")
    assert told | {"changed_at": None, "opened_at": None} == {
        "id": item.pk,
        "entity": "school_enrolment",
        "key": factories.link_of(house.enrolment).key,
        "ref_id": factories.link_of(house.enrolment).key,
        "subject_id": house.enrolment.pk,
        "kind": "changed_in_pasi",
        "status": "open",
        "version": "1.11",
        "undecided": 2,
        "first_comparison": False,
        "changed_by": "Ola Brandt, A.1750",
        "changed_at": None,
        "enrolment": house.enrolment.pk,
        "asn": house.enrolment.student.asn,
        "school": "2001",
        "school_year": str(house.enrolment.school_year),
        "core_version": 11,
        "opened_at": None,
        "settled_at": None,
        "settled_by": "",
        "warnings": [],
    }
    state = {"state": "changed_in_pasi"}
    assert fields == [
        {"name": "grade", "agreed": "08", "sis": "08", "pasi": "09", **state},
        {"name": "grants_program_codes", "agreed": [], "sis": [], "pasi": ["500", "600"], **state},
    ]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=open", 1),
        ("status=settled", 0),
        ("kind=changed_in_pasi", 1),
        ("kind=created_in_pasi", 0),
        ("school=2001&status=open", 1),
        ("school_year={year}", 1),
        ("ref_id={ref}", 1),
    ],
)
def test_filters(api, item, query, found):
    query = query.format(ref=item.key, year=item.school_year)
    assert len(api.get(f"discrepancies/?{query}").json()["results"]) == found


@pytest.mark.parametrize("query", ["status=closed", "kind=x", "ref_id=1", "school=a", "sort=-id"])
def test_filters_that_cannot_be_used(api, item, query):
    assert faulty_fields(api.get(f"discrepancies/?{query}")) == {query.partition("=")[0]}


def test_accept_takes_all_of_pasi_and_settles(api, house, item):
    answer = api.post(address(item, "accept/"), {})
    assert (answer.status_code, answer.json()["status"], answer.json()["settled_by"]) == (200, "settled", "accept")
    house.enrolment.refresh_from_db()
    assert (house.enrolment.grade, house.enrolment.grants_program_codes) == ("09", "500 600")
    assert not DataEvent.objects.filter(origin=Origin.SIS).exists()
    assert api.get(f"enrolments/{house.enrolment.pk}/").json()["pasi"]["state"] == "in_step"


def test_accept_one_field_and_reject_the_other(api, house, item):
    first = api.post(address(item, "accept/"), {"fields": ["grade"], "version": "1.11"}).json()
    assert ([row["name"] for row in first["fields"]], first["version"]) == (["grants_program_codes"], "2.11")
    kept = {"fields": ["grants_program_codes"], "reason": "No such program here.", "version": first["version"]}
    second = api.post(address(item, "reject/"), kept).json()
    assert (second["status"], second["undecided"]) == ("open", 0)
    assert [row["state"] for row in second["fields"]] == ["reset"]
    event = DataEvent.objects.filter(origin=Origin.SIS).get()
    assert (event.fields, event.seen_version, event.user) == (["grants_program_codes"], 11, house.registrar_a)
    decided = [(row.accepted, row.rejected, row.reason) for row in Decision.objects.order_by("id")]
    assert decided == [(["grade"], [], ""), ([], ["grants_program_codes"], "No such program here.")]


@pytest.mark.parametrize(
    ("what", "body", "fields"),
    [
        ("reject/", {}, {"reason"}),
        ("reject/", {"reason": "  "}, {"reason"}),
        ("accept/", {"fields": ["exit_date"]}, {"fields"}),
        ("accept/", {"fields": []}, {"fields"}),
        ("accept/", {"fields": "grade"}, {"fields"}),
        ("accept/", {"field": "grade"}, {"field"}),
        ("accept/", ["grade"], {""}),
    ],
)
def test_a_bad_decision_names_its_fields_and_decides_nothing(api, house, item, what, body, fields):
    assert faulty_fields(api.post(address(item, what), body)) == fields
    assert not Decision.objects.exists()


@pytest.mark.parametrize("way", ["header", "body"])
def test_what_has_moved_is_shown_and_not_decided(api, house, item, way):
    factories.changed_in_pasi(house.enrolment, grade="10")
    body = {"version": "1.11"} if way == "body" else {}
    headers = {"HTTP_IF_MATCH": '"1.11"'} if way == "header" else {}
    moved = conflict(api.post(address(item, "accept/"), body, **headers), "conflict")
    assert moved["current"] == api.get(address(item)).json()
    assert (moved["current"]["version"], moved["current"]["fields"][0]["pasi"]) == ("1.12", "10")
    assert SchoolEnrolment.objects.get().grade == "08"


def test_a_settled_item_is_not_decided_again(api, item):
    assert api.post(address(item, "accept/"), {}).status_code == 200
    assert conflict(api.post(address(item, "accept/"), {}), "settled")["current"]["status"] == "settled"


def test_the_same_decision_twice_with_a_key_is_one(api, item):
    first = api.post(address(item, "accept/"), {}, HTTP_IDEMPOTENCY_KEY="once")
    again = api.post(address(item, "accept/"), {}, HTTP_IDEMPOTENCY_KEY="once")
    assert (again.status_code, again.json()) == (200, first.json())
    assert Decision.objects.count() == 1


def test_undo_opens_the_item_again_and_sends_nothing(api, house, item):
    api.post(address(item, "accept/"), {})
    answer = api.post(address(item, "undo/"))
    assert (answer.status_code, answer.json()["status"]) == (200, "open")
    house.enrolment.refresh_from_db()
    assert house.enrolment.grade == "08"
    assert not DataEvent.objects.filter(origin=Origin.SIS).exists()


def test_undo_says_why_not(api, house, item):
    conflict(api.post(address(item, "undo/")), "not_undone")
    api.post(address(item, "accept/"), {})
    api.patch(f"enrolments/{house.enrolment.pk}/", {"exit_code": "W1"})
    refused = problem(api.post(address(item, "undo/")), 409)
    assert refused["current"]["id"] == item.pk


def test_a_record_created_in_pasi_is_taken_over_whole(api, house):
    student = house.enrolment.student
    made = factories.created_in_pasi(student.asn, "2001", grade="07")
    told = api.get(address(made)).json()
    assert (told["kind"], told["enrolment"]) == ("created_in_pasi", None)
    assert {row["name"]: row["pasi"] for row in told["fields"]}["grade"] == "07"
    assert all(set(row) == {"name", "agreed", "sis", "pasi", "state"} for row in told["fields"])
    answer = api.post(address(made, "accept/"), {})
    assert (answer.status_code, answer.json()["status"]) == (200, "settled")
    (found,) = api.get(f"enrolments/?ref_id={made.key}").json()["results"]
    assert (found["grade"], found["pasi"]["state"]) == ("07", "in_step")


@pytest.mark.parametrize("what", ["accept/", "reject/", "undo/"])
@pytest.mark.parametrize(("who", "status"), [("registrar_b", 404), ("admin", 403), (None, 401)])
def test_who_may_not_decide(house, item, what, who, status):
    client = client_of(getattr(house, who) if who else None)
    problem(client.post(address(item, what), {"reason": "x"} if what == "reject/" else {}), status)
    assert not Decision.objects.exists()


def test_a_twin_made_in_pasi_is_named_before_it_is_accepted(api, house):
    asn = house.enrolment.student.asn
    item = factories.created_in_pasi(asn, house.a.code)
    for told in (api.get(f"discrepancies/{item.pk}/").json(), api.get("discrepancies/").json()["results"][0]):
        (warning,) = told["warnings"]
        assert (warning["code"], warning["level"]) == ("10069", "warning")
        assert [row["enrolment"] for row in warning["stays"]] == [house.enrolment.pk]
    assert api.post(f"discrepancies/{item.pk}/accept/", {}).status_code == 200  # PASI holds it: named, not refused


def test_a_moved_record_is_linked_anew_and_that_is_taken_back(api, house):
    other = factories.EnrolmentFactory(school=house.a)
    item = factories.moved_in_pasi(house.enrolment, asn=other.student.asn)
    told = api.get(address(item)).json()
    assert (told["kind"], told["asn"]) == ("identity_changed_in_pasi", house.enrolment.student.asn)
    assert told["fields"] == [
        {
            "name": "asn",
            "agreed": house.enrolment.student.asn,
            "sis": house.enrolment.student.asn,
            "pasi": other.student.asn,
            "state": "identity_changed_in_pasi",
        }
    ]
    assert len(api.get("discrepancies/?kind=identity_changed_in_pasi").json()["results"]) == 1
    done = api.post(address(item, "link-anew/"), {"version": told["version"]}).json()
    assert (done["status"], done["settled_by"]) == ("settled", "link_anew")
    assert api.post(address(item, "undo/")).json()["status"] == "open"
    assert api.get(f"enrolments/{house.enrolment.pk}/").json()["ref_id"] == item.key


def test_what_lies_outside_of_ones_schools_is_not_accepted(api, house):
    item = factories.moved_in_pasi(house.enrolment, school_code=house.b.code)
    refused = problem(api.post(address(item, "accept/"), {}), 400)
    assert "Ask a district officer" in str(refused)
    assert client_of(house.district).post(address(item, "accept/"), {}).json()["status"] == "settled"


def reset(house, item):
    """The reset has arrived: PASI holds our values."""
    agreed = factories.link_of(house.enrolment).agreed
    with pytest.raises(Discrepancy.DoesNotExist):
        factories.changed_in_pasi(house.enrolment, grade="08", grants_program_codes="")
    assert agreed
    return item


def test_pasis_former_values_are_taken_after_a_reset(api, house, item):
    assert conflict(api.post(address(item, "take-former/")), "no_former")
    api.post(address(item, "reject/"), {"reason": "Ours."})
    DataEvent.objects.all().delete()
    reset(house, item)
    answer = api.post(address(item, "take-former/"))
    assert (answer.status_code, answer.json()["settled_by"]) == (200, "former")
    house.enrolment.refresh_from_db()
    assert (house.enrolment.grade, house.enrolment.grants_program_codes) == ("09", "500 600")
    assert DataEvent.objects.filter(origin=Origin.SIS).get().fields == ["grade", "grants_program_codes"]


def test_undo_takes_the_newest_decision_that_can_still_be_taken_back(api, house, item):
    api.post(address(item, "accept/"), {"fields": ["grade"]})
    api.post(address(item, "reject/"), {"fields": ["grants_program_codes"], "reason": "Ours."})
    DataEvent.objects.all().delete()
    with pytest.raises(Discrepancy.DoesNotExist):
        factories.changed_in_pasi(house.enrolment, grants_program_codes="")
    item.refresh_from_db()
    assert (item.status, item.settled_by) == ("settled", "mixed")
    answer = api.post(address(item, "undo/"))
    assert ([row["name"] for row in answer.json()["fields"]], answer.status_code) == (["grade"], 200)
    assert "former value" in str(problem(api.post(address(item, "undo/")), 409))
