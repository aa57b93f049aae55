"""Requests that once ended as faults of the product: each is answered in words, below /api/ always as a problem."""

import pytest
from django.test import Client
from django.urls import reverse

from tests.api.conftest import client_of
from tests.contract import world
from tests.contract.test_schema_holds import RECORDS

HALF, NUL = "%ED%A0%80", "%00"
LISTS = [name for name in RECORDS if name not in {"rehearsals", "runs"}] + [
    "year-end/rehearsals",
    "year-end/runs",
    "reads",
]


@pytest.fixture
def everything(db, on_a_fixed_day):
    return world.build()


@pytest.fixture
def officer(everything):
    return client_of(everything["district"])


def is_a_problem(answer, *statuses):
    assert answer.status_code in statuses, (answer.status_code, answer.content[:300])
    assert answer["Content-Type"] == "application/problem+json"
    body = answer.json()
    assert body["status"] == answer.status_code
    assert body["detail"]
    return body


@pytest.mark.parametrize("text", [HALF, NUL, "a" * 5000])
def test_a_filter_that_no_text_can_be(officer, everything, text):
    for name in LISTS:
        known = officer.get(f"/api/v1/{name}/?nothing=1")
        names = (
            []
            if known.status_code != 400
            else is_a_problem(known, 400)["errors"][0]["message"].partition("Possible: ")[2]
        )
        for member in names.rstrip(".").split(", ") if names else []:
            answer = officer.get(f"/api/v1/{name}/?{member}={text}")
            if answer.status_code != 200:
                is_a_problem(answer, 400, 403, 404)


@pytest.mark.parametrize("text", [HALF, NUL, "a" * 3000, "%E2%80%AE", "-1", "99999999999999999999"])
def test_a_key_in_the_path_that_no_key_can_be(officer, text):
    for name in LISTS:
        is_a_problem(officer.get(f"/api/v1/{name}/{text}/"), 404, 400)
    is_a_problem(officer.get(f"/api/v1/students/{text}/enrolments/"), 404, 400)


@pytest.mark.parametrize(
    "path", ["students", "schools", "changes", "enrolments", "jobs", "reconciliation", "submissions"]
)
@pytest.mark.parametrize("text", [HALF, NUL, "99999999999999999999"])
def test_a_page_below_such_a_path_is_not_found(everything, path, text):
    person = Client()
    person.force_login(everything["district"])
    assert person.get(f"/{path}/{text}/").status_code in {400, 404}


@pytest.mark.parametrize(
    "path",
    [
        "reconciliations/{reconciliation}/rows/?moved=true",
        "reconciliations/{reconciliation}/rows/?format=file",
        "students/0/?format=file",
        "students/?format=file",
        "nowhere/?format=file",
    ],
)
def test_a_member_that_an_address_does_not_have(officer, everything, path):
    is_a_problem(officer.get(f"/api/v1/{path.format(**everything)}"), 400, 404, 409)


@pytest.mark.parametrize("given", [0, 1, "no", [], None, "", 0.0])
def test_a_dry_run_that_is_neither_true_nor_false_changes_nothing(officer, everything, given):
    answer = officer.post(f"/api/v1/jobs/{everything['waiting_job']}/cancel/", {"dry_run": given}, format="json")
    assert "dry_run" in is_a_problem(answer, 400)["detail"]


@pytest.mark.parametrize("name", ["a" * 300, "a\0b", "\ud800", "a" * 100_000, ""])
def test_a_sign_in_name_that_nobody_can_have(everything, name):
    data = f"username={name}&password=x".encode("utf-8", "surrogatepass")
    answer = Client().post(reverse("login"), data, content_type="application/x-www-form-urlencoded")
    assert answer.status_code in {200, 400, 403, 422, 429}


@pytest.mark.parametrize("method", ["get", "post", "put", "patch", "delete", "options", "trace"])
@pytest.mark.parametrize("path", ["", "students/", "students/1/", "enrolments/1/withdraw/", "nowhere/", "schema/"])
def test_every_refusal_below_the_api_is_a_problem(everything, method, path):
    for client in (client_of(None), client_of(everything["registrar_b"])):
        answer = client.generic(method.upper(), f"/api/v1/{path}")
        if answer.status_code >= 400:
            is_a_problem(answer, *range(400, 500))
