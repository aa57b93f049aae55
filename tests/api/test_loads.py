"""`PUT /api/v1/bulk/{resource}/`: a few lines at once, many as a job that resumes, one load at a time."""

import json

import pytest

from operations.models import Job
from operations.services import jobs
from sis.models import Load, LoadPart, Student
from sis.services.loading import loads
from tests import factories
from tests.api.conftest import client_of, conflict, problem

LINES = "application/x-ndjson"


@pytest.fixture
def office(house):
    return client_of(house.district)


def person(number, **more):
    return {
        "external_id": f"st-{number}", "legal_first_name": "Ada", "legal_last_name": f"Varga {number}", "birth_date": "2011-03-04",
        **more,
    }  # fmt: skip


def put(api, records, resource="students", query=""):
    body = b"".join(json.dumps(record).encode() + b"\n" for record in records)
    return api.generic("PUT", f"bulk/{resource}/{query}", body, content_type=LINES)


def many(number=loads.AT_ONCE + 2):
    return [person(n) for n in range(number)]


def test_a_few_lines_are_answered_at_once(office):
    answer = put(office, [person(1), person(2, birth_date="soon"), person(3)])
    assert answer.status_code == 200
    assert answer.json() == {
        "created": 2,
        "changed": 0,
        "unchanged": 0,
        "refused": [
            {
                "line": 2,
                "external_id": "st-2",
                "errors": [{"field": "birth_date", "message": "Enter a day like 2026-09-01, in quotes."}],
            }
        ],
    }
    assert put(office, [person(1, gender="Female"), person(3)]).json()["changed"] == 1
    assert list(Load.objects.values_list("created", "changed", "unchanged", "refused", "active")) == [
        (0, 1, 1, 0, False),
        (2, 0, 0, 1, False),
    ]


def test_what_the_source_did_not_change_is_listed(office):
    put(office, [person(1, legal_suffix="Jr.")])
    Student.objects.update(legal_suffix="Sr.")
    answer = put(office, [person(1, legal_suffix="Jr.")]).json()
    assert (answer["unchanged"], answer["differences"]) == (
        1,
        [{"line": 1, "external_id": "st-1", "field": "legal_suffix", "delivered": "Jr.", "here": "Sr."}],
    )


def test_a_dry_run_keeps_nothing(office):
    answer = put(office, [person(1)], query="?dry_run=true")
    assert (answer.status_code, answer.json()["created"], answer["Dry-Run"]) == (200, 1, "true")
    assert not Student.objects.filter(external_id="st-1").exists()
    assert not Load.objects.exists()


def test_many_lines_are_a_job_with_a_row_for_each_that_is_refused(office):
    records = many()
    records[500]["birth_date"] = "soon"
    answer = put(office, records)
    assert answer.status_code == 202
    assert set(answer.json()) == {"job", "id"}
    job = Job.objects.get(pk=answer.json()["job"])
    jobs.run(job.pk)
    told = office.get(f"jobs/{job.pk}/").json()
    assert (told["status"], told["total"], told["done"], told["failed"]) == ("completed_with_problems", 502, 501, 1)
    assert told["result"] == {"created": 501, "changed": 0, "unchanged": 0, "refused": 1}
    (row,) = office.get(f"jobs/{job.pk}/rows/").json()["results"]
    assert row["message"].startswith("Line 501: birth_date: ")
    assert Student.objects.filter(external_id__startswith="st-").count() == 501
    assert not LoadPart.objects.exists()
    assert put(office, [person(1)]).json()["unchanged"] == 1


def test_one_load_at_a_time_a_resource(office):
    waiting = put(office, many()).json()["job"]
    conflict(put(office, [person(1)]), "load_at_work")
    assert put(office, [{"external_id": "co-1", "code": "LAN9999", "name": "Studies"}], "courses").status_code == 200
    assert office.post(f"jobs/{waiting}/cancel/").status_code == 200
    assert put(office, [person(1)]).status_code == 200
    # The older one is not resumed any more: it would bring back what the newer one has changed.
    assert office.post(f"jobs/{waiting}/resume/").status_code == 200
    jobs.run(waiting)
    job = Job.objects.get(pk=waiting)
    assert (job.status, job.done) == ("failed", 0)
    assert "A later load of these records has begun since." in job.detail


def test_a_dry_run_of_many_lines_is_a_job_that_keeps_nothing(office):
    job = put(office, many(), query="?dry_run=true").json()["job"]
    jobs.run(job)
    assert Job.objects.get(pk=job).result["created"] == 502
    assert not Student.objects.filter(external_id__startswith="st-").exists()


def test_a_load_that_was_received_by_nobody_blocks_the_next_for_a_while_only(office, monkeypatch):
    factories.LoadFactory(active=True)
    conflict(put(office, [person(1)]), "load_at_work")
    monkeypatch.setattr(loads, "RECEIVED_WITHIN", -loads.RECEIVED_WITHIN)
    assert put(office, [person(1)]).status_code == 200


def test_who_may_load_and_what(house, office, api):
    problem(put(api, [person(1)]), 403)
    problem(put(client_of(house.admin), [person(1)]), 403)
    problem(put(office, [person(1)], "schools-and-more"), 404)
    problem(put(office, [person(1)], query="?source=" + "x" * 41), 400)
    problem(put(office, [person(1)], query="?nonsense=1"), 400)
    assert put(office, [], "schools").json() == {"created": 0, "changed": 0, "unchanged": 0, "refused": []}
    assert put(office, [person(1)], query="?source=Larkspur").json()["created"] == 1
    assert put(office, [person(1)]).json()["created"] == 1
    assert set(Student.objects.filter(external_id="st-1").values_list("source", flat=True)) == {"", "Larkspur"}


def test_lines_may_be_long_blank_or_end_in_any_way(office):
    lines = [
        b"\xef\xbb\xbf" + json.dumps(person(1)).encode(),
        b"",
        b"  ",
        b"x" * 200_000,
        json.dumps(person(2)).encode(),
    ]
    answer = office.generic("PUT", "bulk/students/", b"\r\n".join(lines), content_type="application/json").json()
    assert (answer["created"], [row["line"] for row in answer["refused"]]) == (2, [4])
