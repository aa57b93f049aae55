"""Deciding in bulk over the API: by filter or keys, always a job; the preview; the entries and their undo."""

import pytest

from operations.actor import of_user
from operations.models import Job
from operations.services import jobs
from pasi_connect.models import Action, Decision
from sis.services import enrolments
from tests import factories
from tests.api.conftest import client_of, conflict, faulty_fields, problem

DECIDE = "discrepancies/decide/"


@pytest.fixture
def items(house):
    made = []
    for _ in range(3):
        enrolment = factories.EnrolmentFactory(school=house.a)
        factories.link_and_copy(enrolment)
        made.append(factories.changed_in_pasi(enrolment, grade="09"))
    return made


def body(decision="accept", reason="As told", **given):
    return {"filter": given.pop("filter", {"school": "2001"}), "decision": decision, "reason": reason, **given}


def run(answer):
    assert answer.status_code == 202, answer.content
    jobs.run(answer.json()["job"])
    return answer.json()


def test_a_bulk_is_a_job_and_one_entry(api, house, items):
    answer = api.post(DECIDE, body())
    made = run(answer)
    assert set(made) == {"id", "job"}
    job = api.get(f"jobs/{made['job']}/").json()
    assert (job["status"], job["done"], job["total"], job["failed"]) == ("completed", 3, 3, 0)
    (entry,) = api.get(f"decisions/?ref_id={items[1].key}").json()["results"]
    assert (entry["id"], entry["kind"], entry["status"], entry["job"]) == (
        made["id"],
        "bulk_decision",
        "done",
        made["job"],
    )
    assert (entry["record_count"], entry["by"], entry["reason"]) == (
        3,
        f"{house.registrar_a.name_for_others}, by Test",
        "As told",
    )
    (record,) = entry["records"]
    assert (record["ref_id"], record["enrolment"]) == (items[1].key, items[1].subject_id)
    assert (record["before"], record["after"], record["school"]) == ({"grade": "08"}, {"grade": "09"}, "2001")
    assert len(api.get(f"decisions/{made['id']}/").json()["records"]) == 3
    assert len(api.get(f"decisions/{made['id']}/records/").json()["results"]) == 3


def test_a_list_of_keys(api, items):
    run(api.post(DECIDE, body(filter={"ref_id": [items[0].key, items[2].key]})))
    for item in items:
        item.refresh_from_db()
    assert [item.status for item in items] == ["settled", "open", "settled"]


def test_the_list_takes_several_keys_too(api, items):
    keys = f"{items[0].key},{items[2].key}"
    assert [row["id"] for row in api.get(f"discrepancies/?ref_id={keys}").json()["results"]] == [
        items[0].pk,
        items[2].pk,
    ]


@pytest.mark.parametrize(("moved", "found"), [("pasi", 3), ("both", 1)])
def test_who_moved(api, house, items, moved, found):
    enrolments.change(of_user(house.registrar_a), house.enrolment.pk, {"grade": "12"})
    factories.changed_in_pasi(house.enrolment, grade="09")
    assert len(api.get(f"discrepancies/?moved={moved}").json()["results"]) == found


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"filter": {"colour": "red"}}, "filter.colour"),
        ({"filter": {"kind": "odd"}}, "filter.kind"),
        ({"filter": {"ref_id": ["x"]}}, "filter.ref_id"),
        ({"filter": {"ref_id": []}}, "filter.ref_id"),
        ({"filter": {"school": ["2001"]}}, "filter.school"),
        ({"filter": "all"}, "filter"),
        ({"decision": "maybe"}, "decision"),
        ({"decision": "reject", "reason": " "}, "reason"),
        ({"kinds": ["odd"]}, "kinds.0"),
        ({"kinds": []}, "kinds"),
        ({"fields": ["grade"]}, "fields"),
    ],
)
def test_what_cannot_be_used_is_named(api, items, given, field):
    assert faulty_fields(api.post(DECIDE, {**body(), **given})) == {field}
    assert not Job.objects.exists()


@pytest.mark.parametrize("missing", ["filter", "decision"])
def test_what_is_needed(api, items, missing):
    given = body()
    del given[missing]
    assert faulty_fields(api.post(DECIDE, given)) == {missing}


def test_the_preview_changes_nothing(api, house, items):
    factories.created_in_pasi("123456782", "2001")
    answer = api.post(DECIDE, body("reject", dry_run=True))
    assert answer.status_code == 200
    seen = answer.json()
    assert (seen["total"], seen["changed_here"], seen["submissions"], seen["left_out"], seen["conflicts"]) == (
        3,
        0,
        3,
        1,
        0,
    )
    assert seen["by_kind"] == [
        {"kind": "changed_in_pasi", "decided": 3, "left_out": 0},
        {"kind": "created_in_pasi", "decided": 0, "left_out": 1},
    ]
    year = str(house.enrolment.school_year)
    assert seen["by_school"] == [
        {"school": "2001", "school_year": year, "count": 3, "live": 4, "needs_approval": False}
    ]
    assert seen["needs_approval"] == ""
    assert not (Action.objects.exists() or Job.objects.exists() or Decision.objects.exists())


def test_only_items_of_ones_own_schools(house, items):
    made = run(client_of(house.registrar_b).post(DECIDE, body(filter={"status": "open"})))
    assert Job.objects.get(pk=made["job"]).total == 0
    assert not Decision.objects.exists()


def test_an_empty_list_is_a_job_all_the_same(api, house):
    made = run(api.post(DECIDE, body(filter={"kind": "never_agreed"})))
    job = api.get(f"jobs/{made['job']}/").json()
    assert (job["status"], job["total"]) == ("completed", 0)


def test_the_administrator_decides_nothing(house, items):
    problem(client_of(house.admin).post(DECIDE, body()), 403)


def test_the_same_request_twice_is_one_bulk(api, items):
    first = api.post(DECIDE, body(), headers={"Idempotency-Key": "k1"})
    second = api.post(DECIDE, body(), headers={"Idempotency-Key": "k1"})
    assert first.json() == second.json()
    assert Job.objects.count() == 1


def test_a_job_over_the_guard_is_approved_by_a_district_officer(api, house, items):
    for _ in range(48):
        enrolment = factories.EnrolmentFactory(school=house.a)
        factories.link_and_copy(enrolment)
        factories.changed_in_pasi(enrolment, grade="09")
    made = api.post(DECIDE, body()).json()
    job = api.get(f"jobs/{made['job']}/").json()
    assert (job["status"], job["total"]) == ("waiting_approval", 51)
    assert "51 of the 52" in job["detail"]
    problem(api.post(f"jobs/{made['job']}/approve/"), 403)
    assert client_of(house.district).post(f"jobs/{made['job']}/approve/").status_code == 200
    jobs.run(made["job"])
    assert api.get(f"jobs/{made['job']}/").json()["done"] == 51
    assert api.get(f"decisions/{made['id']}/").json()["by"] == Action.objects.get().actor_name


# Entries and undo ------------------------------------------------------------------------------------------------


def decided(api, item):
    assert api.post(f"discrepancies/{item.pk}/accept/", {}).status_code == 200
    return Action.objects.latest("id")


def test_every_decision_is_an_entry_that_goes_back(api, house, items):
    action = decided(api, items[0])
    seen = api.post(f"decisions/{action.pk}/undo/", {"dry_run": True}).json()
    assert (seen["can"], seen["cannot"], seen["why_not"]) == (1, 0, "")
    answer = api.post(f"decisions/{action.pk}/undo/")
    assert answer.status_code == 200
    assert (answer.json()["status"], answer.json()["undone_by"]) == ("undone", action.actor_name)
    items[0].refresh_from_db()
    assert items[0].status == "open"
    told = conflict(api.post(f"decisions/{action.pk}/undo/"), "not_undone")
    assert "already" in told["detail"]
    assert told["current"]["id"] == action.pk
    assert [row["id"] for row in api.get("decisions/?undone=true").json()["results"]] == [action.pk]
    assert api.get("decisions/?undone=false").json()["results"] == []


def test_too_late_is_told_in_words(api, house, items):
    action = decided(api, items[0])
    enrolments.change(of_user(house.registrar_a), items[0].subject_id, {"grade": "12"})
    seen = api.post(f"decisions/{action.pk}/undo/", {"dry_run": True}).json()
    assert (seen["can"], seen["cannot"]) == (0, 1)
    assert "changed here since" in seen["why_not"]
    assert "changed here since" in problem(api.post(f"decisions/{action.pk}/undo/"), 409)["detail"]


def test_a_bulk_goes_back_as_a_job_and_asks_for_a_reason(api, items):
    made = run(api.post(DECIDE, body()))
    assert faulty_fields(api.post(f"decisions/{made['id']}/undo/", {})) == {"reason"}
    back = run(api.post(f"decisions/{made['id']}/undo/", {"reason": "The wrong filter"}))
    assert back["id"] == made["id"]
    entry = api.get(f"decisions/{made['id']}/").json()
    assert (entry["status"], entry["undo_reason"]) == ("undone", "The wrong filter")
    assert {row["undone_at"] is not None for row in entry["records"]} == {True}


def test_foreign_entries_do_not_exist(api, house, items):
    action = decided(api, items[0])
    stranger = client_of(house.registrar_b)
    assert stranger.get("decisions/").json()["results"] == []
    problem(stranger.get(f"decisions/{action.pk}/"), 404)
    problem(stranger.post(f"decisions/{action.pk}/undo/"), 404)
    problem(client_of(house.admin).post(f"decisions/{action.pk}/undo/"), 403)


def test_of_a_bulk_over_two_schools_each_sees_their_records_and_none_takes_it_back(api, house, items):
    enrolment = factories.EnrolmentFactory(school=house.b)
    factories.link_and_copy(enrolment)
    factories.changed_in_pasi(enrolment, grade="09")
    made = run(client_of(house.district).post(DECIDE, body(filter={"status": "open"})))
    entry = api.get(f"decisions/{made['id']}/").json()
    assert (entry["record_count"], {row["school"] for row in entry["records"]}) == (3, {"2001"})
    problem(api.post(f"decisions/{made['id']}/undo/", {"reason": "x"}), 403)
    assert client_of(house.district).post(f"decisions/{made['id']}/undo/", {"reason": "x"}).status_code == 202


@pytest.mark.parametrize("query", ["kind=x", "undone=perhaps", "ref_id=1", "sort=id"])
def test_filters_of_entries_that_cannot_be_used(api, items, query):
    decided(api, items[0])
    assert faulty_fields(api.get(f"decisions/?{query}")) == {query.partition("=")[0]}


def test_by_kind(api, items):
    decided(api, items[0])
    assert len(api.get("decisions/?kind=decision").json()["results"]) == 1
    assert api.get("decisions/?kind=year_end").json()["results"] == []
