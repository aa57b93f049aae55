"""The year end over the API: rehearse, run, once; and exit codes in bulk."""

import datetime as dt

import pytest

from operations import clock
from operations.models import Job
from operations.services import jobs
from pasi_connect.models import Action
from registrar.models import YearEndRehearsal
from sis.models import SchoolEnrolment
from sis.rules.school_year import SchoolYear
from tests import factories
from tests.api.conftest import client_of, conflict, faulty_fields, problem

YEAR = SchoolYear(2027)
LATER = dt.date(2027, 7, 9)


@pytest.fixture(autouse=True)
def in_july(on_a_fixed_day):
    with clock.moved_to(dt.datetime(2027, 7, 2, 18, tzinfo=dt.UTC)):
        yield


@pytest.fixture
def officer(house):
    return client_of(house.district)


@pytest.fixture
def stays(house):
    """Closes, keeps its date, is closed already, at school A; not ended at B."""
    factories.CalendarFactory(school=house.a, school_year=YEAR)
    factories.CalendarFactory(school=house.b, school_year=YEAR, last_day=dt.date(2027, 7, 5))
    given = {"school_year": YEAR, "concurrent": True, "exit_date": LATER}
    return [
        factories.EnrolmentFactory(school=house.a, **given),
        factories.EnrolmentFactory(school=house.a, **{**given, "exit_date": dt.date(2027, 2, 12)}),
        factories.EnrolmentFactory(school=house.a, **given, exit_code="A7"),
        factories.EnrolmentFactory(school=house.b, **given),
    ]


def rehearsed(client, **given):
    answer = client.post("year-end/rehearsals/", {"school_year": "2026-2027", **given})
    assert (answer.status_code, set(answer.json())) == (202, {"id", "job"})
    jobs.run(answer.json()["job"])
    return answer.json()["id"]


def test_the_rehearsal_tells_every_concurrent_enrolment(house, officer, stays):
    made = rehearsed(officer)
    told = officer.get(f"year-end/rehearsals/{made}/").json()
    closing, kept, closed, later = (stay.pk for stay in stays)
    assert told | {"at": "", "job": 0} == {
        "id": made, "job": 0, "status": "completed", "at": "", "by": f"{house.district.name_for_others}, by Test", "run": None,
        "school_year": "2026-2027", "school": None, "early": False, "exit_code": "10000",
        "closing": [closing, kept],
        "not_closing": [{"id": closed, "reason": "has_exit_code"}, {"id": later, "reason": "not_ended"}],
        "counts": {
            "closing": 2, "exit_dates": 1, "not_closing": 2,
            "reasons": [
                {
                    "reason": "has_exit_code", "count": 1, "next_step": "Nothing to do.",
                    "message": "It has an exit code, so it is already closed.",
                },
                {
                    "reason": "not_ended", "count": 1, "next_step": "Rehearse again after the closing date.",
                    "message": "Its school year is not over.",
                },
            ],
        },
        "schools": [
            {
                "school": "2001", "name": house.a.name, "last_day": "2027-06-26", "closing": 2, "exit_dates": 1,
                "not_closing": 1,
            },
            {
                "school": "2002", "name": house.b.name, "last_day": "2027-07-05", "closing": 0, "exit_dates": 0,
                "not_closing": 1,
            },
        ],
    }  # fmt: skip
    rows = officer.get(f"year-end/rehearsals/{made}/rows/").json()["results"]
    assert rows[0] | {"id": 0} == {
        "id": 0, "enrolment": closing, "school": "2001", "revision": 1, "closing_date": "2027-06-26",
        "exit_date_before": "2027-07-09", "exit_date_after": "2027-06-26", "reason": "", "message": "",
    }  # fmt: skip
    assert (rows[1]["exit_date_after"], rows[3]["message"]) == (None, "Its school year is not over.")


def test_a_dry_run_tells_the_same_and_keeps_nothing(officer, stays):
    asked = {"school_year": "2026-2027", "dry_run": True}
    answer = officer.post("year-end/rehearsals/", asked)
    assert (answer.status_code, YearEndRehearsal.objects.count(), Job.objects.count()) == (200, 0, 0)
    told = officer.get(f"year-end/rehearsals/{rehearsed(officer)}/").json()
    assert {name: told[name] for name in answer.json()} == answer.json()


def test_one_school_alone(officer, stays):
    told = officer.get(f"year-end/rehearsals/{rehearsed(officer, school='2002', early=True)}/").json()
    assert (told["school"], told["early"], told["closing"], told["not_closing"]) == ("2002", True, [stays[3].pk], [])


def test_the_run_does_what_was_rehearsed_once(house, officer, stays):
    rehearsal = rehearsed(officer)
    dry = officer.post("year-end/runs/", {"rehearsal": rehearsal, "dry_run": True})
    assert (dry.status_code, dry.json()) == (
        200,
        {"rehearsal": rehearsal, "closing": 2, "exit_dates": 1, "changed_since": [], "new_since": []},
    )
    assert not Action.objects.exists()
    answer = officer.post("year-end/runs/", {"rehearsal": rehearsal})
    assert answer.status_code == 202
    run = answer.json()
    assert officer.get(f"year-end/runs/{run['id']}/").json()["result"] is None
    conflict(officer.post("year-end/runs/", {"rehearsal": rehearsal}), "rehearsal_state")
    problem(officer.post("year-end/runs/", {"rehearsal": rehearsal, "dry_run": True}), 409)
    jobs.run(run["job"])
    job = officer.get(f"jobs/{run['job']}/").json()
    assert (job["status"], job["done"], job["total"], job["failed"]) == ("completed", 2, 2, 0)
    told = officer.get(f"year-end/runs/{run['id']}/").json()
    assert told | {"at": ""} == {
        "id": run["id"], "rehearsal": rehearsal, "job": run["job"], "status": "completed", "school_year": "2026-2027",
        "school": None, "early": False, "exit_code": "10000", "at": "", "by": f"{house.district.name_for_others}, by Test",
        "result": {"closed": 2, "exit_dates": 1, "changed_since": 0, "new_since": 0, "historical_years": None},
        "undone_at": None, "undone_by": "",
    }  # fmt: skip
    assert officer.get(f"year-end/rehearsals/{rehearsal}/").json()["run"] == run["id"]
    found = officer.get(f"enrolments/?action={run['id']}").json()["results"]
    assert [(row["id"], row["exit_code"], row["exit_date"]) for row in found] == [
        (stays[0].pk, "10000", "2027-06-26"),
        (stays[1].pk, "10000", "2027-02-12"),
    ]


def test_a_run_is_an_entry_that_is_taken_back(officer, stays):
    run = officer.post("year-end/runs/", {"rehearsal": rehearsed(officer)}).json()
    jobs.run(run["job"])
    assert faulty_fields(officer.post(f"decisions/{run['id']}/undo/", {})) == {"reason"}
    answer = officer.post(f"decisions/{run['id']}/undo/", {"reason": "The wrong year."})
    assert answer.status_code == 202
    jobs.run(answer.json()["job"])
    told = officer.get(f"year-end/runs/{run['id']}/").json()
    assert told["undone_at"] and codes() == ["", "", "A7", ""]
    problem(officer.post(f"decisions/{run['id']}/undo/", {"reason": "Again."}), 409)


@pytest.mark.parametrize(
    ("given", "fields"),
    [
        ({"school_year": "2026-2028"}, {"school_year"}),
        ({}, {"school_year"}),
        ({"school_year": "2027-2028", "early": True}, {"school_year"}),
        ({"school_year": "2026-2027", "school": "9999"}, {"school"}),
        ({"school_year": "2026-2027", "school": "2002"}, {"early"}),
        ({"school_year": "2026-2027", "force": True}, {"force"}),
    ],
)
def test_a_rehearsal_that_cannot_be_names_the_field(officer, stays, given, fields):
    assert faulty_fields(officer.post("year-end/rehearsals/", given)) == fields
    assert not YearEndRehearsal.objects.exists()


def test_before_the_year_has_ended_early_is_named(officer, stays):
    with clock.moved_to(dt.datetime(2027, 6, 26, 18, tzinfo=dt.UTC)):
        assert faulty_fields(officer.post("year-end/rehearsals/", {"school_year": "2026-2027"})) == {"early"}
        told = officer.get(f"year-end/rehearsals/{rehearsed(officer, early=True)}/").json()
    assert told["closing"] == [stays[0].pk, stays[1].pk, stays[3].pk]


def test_a_rehearsal_that_does_not_exist_or_is_not_complete(officer, stays):
    assert faulty_fields(officer.post("year-end/runs/", {"rehearsal": 99})) == {"rehearsal"}
    waiting = officer.post("year-end/rehearsals/", {"school_year": "2026-2027"}).json()["id"]
    problem(officer.post("year-end/runs/", {"rehearsal": waiting}), 409)


def test_the_same_run_sent_twice_with_a_key_is_one(officer, stays):
    body = {"rehearsal": rehearsed(officer)}
    first, again = (officer.post("year-end/runs/", body, HTTP_IDEMPOTENCY_KEY="once") for _ in range(2))
    assert (again.status_code, again.json()) == (202, first.json())


@pytest.mark.parametrize(("who", "status"), [("registrar_a", 403), ("admin", 403), (None, 401)])
def test_only_a_district_officer_closes_a_year(house, officer, stays, who, status):
    made = rehearsed(officer)
    client = client_of(getattr(house, who) if who else None)
    problem(client.post("year-end/rehearsals/", {"school_year": "2026-2027"}), status)
    problem(client.post("year-end/runs/", {"rehearsal": made}), status)
    problem(client.get(f"year-end/rehearsals/{made}/"), status)
    assert not Action.objects.exists()


# Exit codes in bulk ------------------------------------------------------------------------------------------------


def codes():
    return list(SchoolEnrolment.objects.filter(concurrent=True).order_by("id").values_list("exit_code", flat=True))


def test_exit_codes_by_ids(api, stays):
    body = {"ids": [stays[0].pk, stays[2].pk], "exit_code": "A7", "reason": "As told."}
    dry = api.post("enrolments/exit-codes/", {**body, "dry_run": True})
    assert (dry.status_code, dry.json()) == (200, {"id": None, "job": None, "changed": 1, "unchanged": 1, "left": []})
    assert codes() == ["", "", "A7", ""]
    done = api.post("enrolments/exit-codes/", body).json()
    assert (done["changed"], done["left"], codes()) == (1, [], ["A7", "", "A7", ""])
    assert Action.objects.get(pk=done["id"]).kind == "exit_codes"


def test_exit_codes_by_filter_reach_the_persons_schools_alone(api, stays):
    body = {"filter": {"concurrent": "true", "school_year": "2026-2027"}, "exit_code": "B2", "reason": "x"}
    assert api.post("enrolments/exit-codes/", body).json()["changed"] == 3
    assert codes() == ["B2", "B2", "B2", ""]


def test_many_exit_codes_are_a_job(api, stays, monkeypatch):
    monkeypatch.setattr("registrar.services.exit_codes.AT_ONCE", 1)
    body = {"filter": {"exit_code": ""}, "exit_code": "B2", "reason": "x"}
    assert faulty_fields(api.post("enrolments/exit-codes/", body)) == {"filter.exit_code"}
    body["filter"] = {"school_year": "2026-2027", "concurrent": "true"}
    answer = api.post("enrolments/exit-codes/", body)
    assert answer.status_code == 202
    jobs.run(answer.json()["job"])
    assert codes() == ["B2", "B2", "B2", ""]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"exit_code": "A7", "reason": "x"}, "ids"),
        ({"ids": [1], "filter": {"school": "2001"}, "exit_code": "A7", "reason": "x"}, "ids"),
        ({"ids": [10**9], "exit_code": "A7", "reason": "x"}, "ids"),
        ({"filter": {"schol": "2001"}, "exit_code": "A7", "reason": "x"}, "filter.schol"),
        ({"filter": {"school": "x"}, "exit_code": "A7", "reason": "x"}, "filter.school"),
        ({"filter": {}, "exit_code": "A7", "reason": "x"}, "filter"),
        ({"filter": {"school": "2001"}, "exit_code": "12345678901", "reason": "x"}, "exit_code"),
        ({"filter": {"school": "2001"}, "exit_code": "A7"}, "reason"),
    ],
)
def test_exit_codes_that_cannot_be_set(api, stays, body, field):
    assert faulty_fields(api.post("enrolments/exit-codes/", body)) == {field}
    assert not Action.objects.exists()
