"""Two schools, the five actors, and a client that speaks JSON."""

from dataclasses import dataclass
from typing import Any

import pytest
from rest_framework.test import APIClient

from operations.api.problems import CONFLICTS
from operations.models import User
from sis.models import School, SchoolEnrolment
from tests import factories


@dataclass
class House:
    """School A with one enrolment that is in step at version 10, school B with none; who works where."""

    a: School
    b: School
    enrolment: SchoolEnrolment
    registrar_a: User
    registrar_b: User
    district: User
    admin: User


@pytest.fixture
def house(db: None, on_a_fixed_day: None) -> House:
    factories.synchronizing()
    a, b = factories.SchoolFactory(code="2001"), factories.SchoolFactory(code="2002")
    enrolment = factories.EnrolmentFactory(school=a)
    factories.link_and_copy(enrolment, version=10)
    return House(
        a,
        b,
        enrolment,
        registrar_a=factories.UserFactory(username="registrar_a", role="Registrar", schools=[a]),
        registrar_b=factories.UserFactory(username="registrar_b", role="Registrar", schools=[b]),
        district=factories.UserFactory(username="district", role="District officer"),
        admin=factories.UserFactory(username="admin", role="Administrator"),
    )


class Client(APIClient):
    """Addresses below /api/v1/; JSON both ways."""

    def generic(self, method: str, path: str, *args: Any, **kwargs: Any) -> Any:
        return super().generic(method, path if path.startswith(("/", "http")) else f"/api/v1/{path}", *args, **kwargs)


def client_of(user: User | None) -> Client:
    client = Client()
    client.default_format = "json"
    if user is not None:
        client.credentials(HTTP_AUTHORIZATION=f"Token {factories.token_of(user)}")
    return client


@pytest.fixture
def api(house: House) -> Client:
    """As the registrar of school A."""
    return client_of(house.registrar_a)


def problem(response: Any, status: int) -> dict[str, Any]:
    """The body of an error, after checking that it is one."""
    assert response.status_code == status, response.content
    assert response["Content-Type"].startswith("application/problem+json")
    body = response.json()
    assert body["status"] == status
    assert "{" not in body["title"]
    assert body["title"] and body["detail"] and body["type"].startswith("urn:pasi-connect:problem:")
    return body


def conflict(response: Any, kind: str) -> dict[str, Any]:
    """The body of a 409 of that kind, with the kind's own title."""
    body = problem(response, 409)
    assert body["type"] == f"urn:pasi-connect:problem:{kind}"
    assert body["title"] == str(CONFLICTS[kind])
    return body


def faulty_fields(response: Any) -> set[str]:
    return {row["field"] for row in problem(response, 400)["errors"]}
