"""Whatever goes wrong under /api/ is answered as problem+json, with a sentence in `detail`."""

import pytest
from rest_framework.test import APIClient

from operations.api import jobs
from tests.api.conftest import client_of, problem

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("get", "/api/", 404),
        ("get", "/api/v2/schools/", 404),
        ("get", "/api/v1/nonsense/", 404),
        ("get", "/api/v1/enrolments/999999/", 404),
        ("get", "/api/v1/enrolments/x/", 404),
        ("get", "/api/v1/enrolments/?nonsense=1", 400),
        ("get", "/api/v1/?nonsense=1", 400),
        ("delete", "/api/v1/schools/", 405),
        ("put", "/api/v1/", 405),
        ("post", "/api/v1/schema/", 405),
        ("post", "/api/v1/docs/", 405),
        ("post", "/api/v1/jobs/999999/approve/", 403),
        ("patch", "/api/v1/enrolments/999999/", 404),
    ],
)
def test_a_refusal_is_a_problem(house, method, path, status):
    client = client_of(house.registrar_a)
    if path.endswith("/docs/"):
        client = APIClient()
        client.force_login(house.registrar_a)
    problem(getattr(client, method)(path), status)


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"[]", "application/json", 400),
        (b'"text"', "application/json", 400),
        (b"null", "application/json", 400),
        (b"\xff\xfe", "application/json", 400),
        (b"a=b", "application/x-www-form-urlencoded", 415),
        (b"<a/>", "application/xml", 415),
    ],
)
def test_a_body_that_cannot_be_read_is_a_problem(house, api, body, kind, status):
    problem(api.generic("PATCH", f"enrolments/{house.enrolment.pk}/", body, content_type=kind), status)


def test_without_a_token_and_with_a_wrong_host(house, settings):
    problem(client_of(None).get("/api/v1/"), 401)
    settings.ALLOWED_HOSTS = ["pasi-connect.example.org"]
    problem(client_of(house.registrar_a).get("/api/v1/schools/"), 400)


def test_a_browser_session_without_the_forms_token(house):
    client = APIClient(enforce_csrf_checks=True)
    client.force_login(house.registrar_a)
    session = client_of(None)
    session.cookies = client.cookies
    answer = APIClient(enforce_csrf_checks=True)
    answer.cookies = client.cookies
    assert problem(answer.patch(f"/api/v1/enrolments/{house.enrolment.pk}/", {"grade": "10"}, format="json"), 403)


def test_a_fault_of_ours(house, monkeypatch):
    def breaks(user):
        raise ZeroDivisionError

    monkeypatch.setattr(jobs.selectors, "jobs", breaks)
    client = client_of(house.registrar_a)
    client.raise_request_exception = False
    problem(client.get("jobs/"), 500)
